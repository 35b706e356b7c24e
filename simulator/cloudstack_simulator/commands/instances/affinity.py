"""Affinity groups."""

from __future__ import annotations

from typing import Any

from ...access import entity_owner
from ...call import Call
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.instances import AffinityGroup
from ...registry import SUCCESS, allocate, command
from ..common import completed, owner_fields
from . import inputs, life
from .power import same_vm, the_instance
from .views import instance_view

TYPES = ("host anti-affinity", "host affinity", "non-strict host anti-affinity", "non-strict host affinity")
KNOWN = (
    "non-strict host affinity",
    "host affinity",
    "host anti-affinity",
    "ExplicitDedication",
    "non-strict host anti-affinity",
)
"""All types, in the order of the server's text."""


def group_view(call: Call, group: AffinityGroup, *, members: bool = True) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": group.uuid,
        "name": group.name,
        "description": group.description,
        **owner_fields(call, group.account_id),
        "type": group.type,
    }
    vms = [vm.uuid for vm in members_of(call, group)] if members else []
    return view | ({"virtualmachineIds": vms} if vms else {})


def members_of(call: Call, group: AffinityGroup) -> list[Any]:
    rows = call.db.vms.where(account_id=group.account_id, vm_type="User")
    return [vm for vm in rows if group.id in vm.affinity_group_ids]


@command("listAffinityGroupTypes")
def list_types(_call: Call) -> dict[str, Any]:
    return {"count": len(TYPES), "affinityGroupType": [{"type": t} for t in TYPES]}


@allocate("createAffinityGroup")
def allocate_group(call: Call) -> AffinityGroup:
    p = call.params
    if p.type.lower() not in (k.lower() for k in KNOWN):
        raise InvalidParameter(
            f"Unable to create affinity group, invalid affinity group type: {p.type}. Valid values are "
            f"{','.join(KNOWN)}"
        )
    owner = entity_owner(call)
    if call.db.affinity_groups.first(account_id=owner.id, name=p.name):
        raise InvalidParameter(f"Unable to create affinity group, a group with name {p.name} already exists.")
    group: AffinityGroup = call.db.affinity_groups.add(
        AffinityGroup(
            name=p.name,
            type=next(k for k in KNOWN if k.lower() == p.type.lower()),
            account_id=owner.id,
            domain_id=owner.domain_id,
            description=p.description,
        )
    )
    return group


@command("createAffinityGroup")
def create(call: Call) -> dict[str, Any]:
    group = call.created
    completed(call, "AG.CREATE", "Creating Affinity Group. Affinity Group Id", group)
    return {"affinitygroup": group_view(call, group)}


@command("listAffinityGroups")
def list_groups(call: Call) -> dict[str, Any]:
    p = call.params
    vm = p.virtualmachineid
    return call.listing(
        "affinitygroup",
        call.db.affinity_groups,
        group_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("type", p.type),
            matching(lambda g: g.id in getattr(vm, "affinity_group_ids", ())) if vm is not None else None,
        ],
        keyword=("name", "type"),
        owned=True,
    )


def _named(call: Call) -> Any:
    p = call.params
    if p.id is not None:
        return p.id
    owner = entity_owner(call)
    group = call.db.affinity_groups.first(account_id=owner.id, name=p.name) if p.name else None
    if p.name and group is None:
        raise InvalidParameter(f"Unable to find affinity group {p.name}")
    return group


@command("deleteAffinityGroup", instance=_named)
def delete(call: Call) -> Any:
    group = _named(call)
    if group is None:
        raise InvalidParameter("Either the affinity group Id or group name must be specified to delete the group")
    call.check_access(group)
    yield life.STEP
    for vm in members_of(call, group):
        vm.affinity_group_ids = [n for n in vm.affinity_group_ids if n != group.id]
    call.db.affinity_groups.delete(group)
    completed(call, "AG.DELETE", "Deleting Affinity Group. Affinity Group Id", group)
    return SUCCESS


@command("updateVMAffinityGroup", sync=same_vm)
def update_members(call: Call) -> Any:
    vm = the_instance(call, call.params.id, "Unable to find a virtual machine with id {id}")
    if vm.state != "Stopped":
        raise InvalidParameter(
            f"Unable update affinity groups of the virtual machine {vm} in state {vm.state}; make sure the virtual "
            "machine is stopped and not in an error state before updating."
        )
    groups = inputs.affinity_groups(call, call.db.accounts[vm.account_id])
    yield life.STEP
    vm.affinity_group_ids = groups
    completed(call, "VM.AFFINITY.GROUP.UPDATE", "updating VM Affinity Groups. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm, ("affgrp",))}
