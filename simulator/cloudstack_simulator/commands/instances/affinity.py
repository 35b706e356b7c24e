"""Affinity groups."""

from __future__ import annotations

from typing import Any

from ...access import entity_owner, in_domain, visible_accounts
from ...call import Call, live
from ...errors import InvalidParameter, PermissionDenied
from ...listing import equal, matching
from ...model.instances import AffinityGroup
from ...registry import SUCCESS, allocate, command
from ..common import completed, owner_fields
from . import guards, inputs, life
from .power import same_vm, the_instance
from .views import instance_view

TYPES = ("host anti-affinity", "host affinity", "non-strict host anti-affinity", "non-strict host affinity")
FOR_ADMINS = "ExplicitDedication"
KNOWN = (
    "non-strict host affinity",
    "host affinity",
    "host anti-affinity",
    FOR_ADMINS,
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
    of_account = {} if group.acl_type == "Domain" else {"account_id": group.account_id}
    rows = call.db.vms.where(**of_account, vm_type="User")
    return [vm for vm in rows if group.id in vm.affinity_group_ids]


@command("listAffinityGroupTypes")
def list_types(_call: Call) -> dict[str, Any]:
    return {"count": len(TYPES), "affinityGroupType": [{"type": t} for t in TYPES]}


@allocate("createAffinityGroup")
def allocate_group(call: Call) -> AffinityGroup:
    p = call.params
    if p.type not in KNOWN:
        raise InvalidParameter(
            f"Unable to create affinity group, invalid affinity group type: {p.type}. Valid values are "
            f"{','.join(KNOWN)}"
        )
    if p.type == FOR_ADMINS and not call.caller.is_root_admin:
        raise PermissionDenied("Cannot create the affinity group")
    if p.projectid is None and p.domainid is not None and p.account is None:
        return _new(call, *_of_domain(call), "Domain")
    owner = entity_owner(call)
    if call.db.affinity_groups.first(account_id=owner.id, name=p.name):
        raise InvalidParameter(f"Unable to create affinity group, a group with name {p.name} already exists.")
    return _new(call, owner, owner.domain_id, "Account")


def _of_domain(call: Call) -> tuple[Any, int]:
    """The server itself and the domain, for a group that all of the domain may use."""
    p, db = call.params, call.db
    if not call.caller.is_root_admin:
        raise InvalidParameter("Unable to create affinity group, account name must be passed with the domainId")
    if p.type != FOR_ADMINS:
        raise InvalidParameter(
            f"Unable to create affinity group, account name is needed. Affinity group type {p.type} cannot be shared "
            "domain wide"
        )
    domain = live(p.domainid, "Unable to find domain by specified id")
    if any(g.domain_id == domain.id and g.acl_type == "Domain" for g in db.affinity_groups.where(name=p.name)):
        raise InvalidParameter(
            f"Unable to create affinity group, a group with name {p.name} already exists under the domain."
        )
    return db.accounts.first(name="system"), domain.id


def _new(call: Call, owner: Any, domain_id: int, acl_type: str) -> AffinityGroup:
    p = call.params
    group: AffinityGroup = call.db.affinity_groups.add(
        AffinityGroup(
            name=p.name,
            type=p.type,
            account_id=owner.id,
            domain_id=domain_id,
            description=p.description,
            acl_type=acl_type,
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
    """Of one instance: its own. Else those of the accounts asked for, and what their domains share."""
    p = call.params
    if p.virtualmachineid is not None:
        vm = _listed_vm(call)
        rows = [call.db.affinity_groups.get(number) for number in vm.affinity_group_ids]
        return call.listing("affinitygroup", [group for group in rows if group is not None], group_view)
    return call.listing(
        "affinitygroup",
        call.db.affinity_groups,
        group_view,
        where=[equal("id", p.id), equal("name", p.name), equal("type", p.type), _visible(call)],
        keyword=("name", "type"),
    )


def _listed_vm(call: Call) -> Any:
    vm = call.params.virtualmachineid
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter(
            f"Unable to list affinity groups for virtual machine instance {vm.id}; instance not found."
        )
    call.check_access(vm)
    return vm


def _visible(call: Call) -> Any:
    accounts, db = visible_accounts(call), call.db
    if accounts is None:
        return None
    homes = {db.accounts[number].domain_id for number in accounts}

    def sees(group: AffinityGroup) -> bool:
        if group.account_id in accounts:
            return True
        return group.acl_type == "Domain" and any(in_domain(db, home, group.domain_id) for home in homes)

    return matching(sees)


def _named(call: Call) -> Any:
    p, db = call.params, call.db
    if p.id is not None:
        return p.id
    if not p.name:
        return None
    if p.account is None and p.domainid is not None:
        shared = [g for g in db.affinity_groups.where(name=p.name) if g.acl_type == "Domain"]
        group = next((g for g in shared if g.domain_id == p.domainid.id), None)
    else:
        group = db.affinity_groups.first(account_id=entity_owner(call).id, name=p.name)
    if group is None:
        raise InvalidParameter(f"Unable to find affinity group {p.name}")
    return group


@command("deleteAffinityGroup", instance=_named)
def delete(call: Call) -> Any:
    group = _named(call)
    if group is None:
        raise InvalidParameter("Either the affinity group Id or group name must be specified to delete the group")
    live(group, "Unable to find affinity group {id}")
    call.check_access(group)
    yield life.STEP
    for vm in members_of(call, group):
        vm.affinity_group_ids = [n for n in vm.affinity_group_ids if n != group.id]
    call.db.affinity_groups.delete(group)
    completed(call, "AG.DELETE", "Deleting Affinity Group. Affinity Group Id", group)
    return SUCCESS


@command("updateVMAffinityGroup", sync=same_vm)
def update_members(call: Call) -> Any:
    p = call.params
    inputs.refuse_two_ways(call)
    if p.affinitygroupids is None and p.affinitygroupnames is None:
        raise InvalidParameter("affinitygroupids parameter or affinitygroupnames parameter must be given")
    owner = call.db.accounts[p.id.account_id] if p.id else None
    named = inputs.affinity_groups_named(call, owner, "Unable to find group by name {name} for account {account}")
    vm = the_instance(call, p.id, "Unable to find a virtual machine with id {id}")
    guards.refuse_share(vm)
    if vm.state != "Stopped":
        raise InvalidParameter(
            f"Unable update affinity groups of the virtual machine {vm} in state {vm.state}; make sure the virtual "
            "machine is stopped and not in an error state before updating."
        )
    groups = [*named, *(p.affinitygroupids or [])]
    inputs.check_affinity_groups(call, owner, groups, "Unable to find affinity group by id {id}")
    yield life.STEP
    vm.affinity_group_ids = [group.id for group in groups]
    completed(call, "VM.AFFINITY.GROUP.UPDATE", "updating VM Affinity Groups. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm, ("affgrp",))}
