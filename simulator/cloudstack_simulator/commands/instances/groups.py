"""Instance groups."""

from __future__ import annotations

from typing import Any

from ...access import account_text, entity_owner
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal
from ...model.instances import InstanceGroup
from ...registry import SUCCESS, command
from ..common import has_notes, owner_fields


def group_view(call: Call, group: InstanceGroup) -> dict[str, Any]:
    return {
        "id": group.uuid,
        "name": group.name,
        "created": timestamp(group.created),
        **owner_fields(call, group.account_id),
        "hasannotations": has_notes(call, group),
    }


@command("createInstanceGroup")
def create(call: Call) -> dict[str, Any]:
    owner, name = entity_owner(call), call.params.name
    if call.db.instance_groups.first(account_id=owner.id, name=name):
        raise InvalidParameter(
            f"Unable to create vm group, a group with name {name} already exists for account {_copy_text(call, owner)}"
        )
    group = call.db.instance_groups.add(InstanceGroup(name=name, account_id=owner.id))
    return {"instancegroup": group_view(call, group)}


def _copy_text(call: Call, account: Any) -> str:
    """The account as this text prints it: a copy, whose uuid is a new one each time."""
    return account_text(account).replace(account.uuid, call.sim.ids.uuid())


@command("listInstanceGroups")
def list_groups(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "instancegroup",
        call.db.instance_groups,
        group_view,
        where=[equal("id", p.id), equal("name", p.name)],
        keyword=("name",),
        owned=True,
    )


@command("updateInstanceGroup")
def update(call: Call) -> dict[str, Any]:
    group, name = call.params.id, call.params.name
    if not group or group.removed is not None:
        raise InvalidParameter(f"unable to find a vm group with id {group.id}")
    call.check_access(group)
    if name is not None:
        other = call.db.instance_groups.first(account_id=group.account_id, name=name)
        if other is not None and other.id != group.id:
            raise InvalidParameter(f"Unable to update vm group, a group with name {name} already exists for account")
        group.name = name
    return {"instancegroup": group_view(call, group)}


@command("deleteInstanceGroup")
def delete(call: Call) -> dict[str, Any]:
    group = call.params.id
    if not group or group.removed is not None:
        raise InvalidParameter(f"unable to find a vm group with id {group.id}")
    call.check_access(group)
    for vm in call.db.vms.where(group_id=group.id):
        vm.group_id = None
    call.db.instance_groups.remove(group)
    return SUCCESS
