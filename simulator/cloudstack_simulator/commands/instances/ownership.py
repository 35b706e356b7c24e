"""assignVirtualMachine: an instance gets another owner."""

from __future__ import annotations

from typing import Any

from ...access import active_account, may_use_account
from ...call import Call
from ...errors import ApiError, InvalidParameter, PermissionDenied, ServerApiError
from ...model.instances import Instance
from ...registry import command
from ..common import completed
from ..gpu import stock
from ..networks import addressing, defaults
from ..volumes import lifecycle as disks
from . import counting, interfaces
from .sizes import size_of
from .views import instance_view


@command("assignVirtualMachine")
def assign(call: Call) -> dict[str, Any]:
    """Whatever is wrong, the server only says that it failed."""
    vm = call.params.virtualmachineid
    try:
        _move(call, vm)
    except InvalidParameter:
        raise ServerApiError(431, f"Failed to move VM [{vm.id}].") from None
    except ApiError:
        raise ServerApiError(530, f"Failed to move VM [{vm.id}].") from None
    completed(call, "VM.MOVE", "moving VM to another user. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm)}


def _move(call: Call, vm: Instance) -> None:
    if not call.caller.is_root_admin and not call.caller.is_domain_admin:
        raise InvalidParameter("Only root or domain admins are allowed to assign VMs.")
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter(f"There is no VM by ID [{vm.id}].")
    call.check_access(vm)
    if vm.state == "Running":
        raise InvalidParameter(f"Unable to move VM [{vm}] in [{vm.state}] state.")
    new = _new_owner(call)
    if new.id == vm.account_id:
        raise InvalidParameter("The new account is the same as the old account.")
    _check_free(call, vm)
    counting.check(call.sim, new, size_of(call.db, vm), stock.wanted(call.sim, vm)[1])
    networks = _networks(call, vm, new)
    counting.count(call.sim, vm, -1)
    vm.account_id, vm.group_id, vm.affinity_group_ids = new.id, None, []
    counting.count(call.sim, vm, 1)
    for volume in disks.of_vm(call.sim, vm):
        disks.change_owner(call.sim, volume, new.id)
    addressing.drop_nics(call.sim, vm)
    interfaces.give(call, vm, [interfaces.Wanted(n) for n in networks])


def _new_owner(call: Call) -> Any:
    p, db = call.params, call.db
    if p.projectid is not None:
        account = db.accounts[p.projectid.project_account_id]
    else:
        account = active_account(db, p.account or "", p.domainid.id) if p.domainid is not None else None
    if account is None:
        raise InvalidParameter(f"Invalid new account [{p.account}] for VM in domain [{p.domainid}].")
    if account.state != "enabled":
        raise InvalidParameter(f"The new account owner [{account.name}] is disabled.")
    if not may_use_account(call.caller, account, db):
        raise PermissionDenied(f"No access to account {account.name}")
    return account


def _check_free(call: Call, vm: Instance) -> None:
    """Refuse an instance that rules lead to, or whose volumes have snapshots."""
    db = call.db
    if any(
        r.vm_id == vm.id for n in db.nics.where(vm_id=vm.id) for r in db.firewall_rules.where(network_id=n.network_id)
    ):
        raise InvalidParameter(f"Remove any Port Forwarding rules for VM [{vm}] before assigning it to another user.")
    if db.lb_members.where(vm_id=vm.id):
        raise InvalidParameter(f"Remove the Load Balancing rules for VM [{vm}] before assigning it to another user.")
    if any(i.vm_id == vm.id for i in db.ip_addresses.where(account_id=vm.account_id)):
        raise InvalidParameter(f"Remove the StaticNat rules for VM [{vm}] before assigning it to another user.")
    for volume in disks.of_vm(call.sim, vm):
        if db.snapshots.where(volume_id=volume.id):
            raise InvalidParameter(
                f"Snapshots exist for volume [{volume.name}]. Detach volume or remove snapshots for the volume before "
                "assigning VM to another user."
            )


def _networks(call: Call, vm: Instance, owner: Any) -> list[Any]:
    given = list(call.params.networkids or [])
    for network in given:
        if not network or network.removed is not None:
            raise InvalidParameter("Unable to find specified Network ID.")
        defaults.check_reach(call, owner, network)
    return given or [defaults.network_for(call, owner, call.db.zones[vm.zone_id])]
