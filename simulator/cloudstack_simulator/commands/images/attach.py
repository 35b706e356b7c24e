"""attachIso and detachIso."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ... import access
from ...call import Call, Caller
from ...errors import CloudRuntime, InvalidParameter
from ...model.images import PERHOST
from ...model.instances import is_behind_share
from ...registry import command
from . import rows

TOOLS = (
    ("xs-tools.iso", "XenServer", "Xenserver PV drivers"),
    ("vmware-tools.iso", "VMware", "VMware tools drivers"),
)
"""ISOs with drivers, and the hypervisor that they are for."""


def _vm(call: Call) -> Any:
    return call.params.virtualmachineid


@command("attachIso", sync=lambda call: ("vm", _vm(call)), instance=_vm)
def attach_iso(call: Call) -> Generator[float, None, Any]:
    vm, iso = _vm(call), call.params.id
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter(f"Unable to find a virtual machine with id {vm.id}")
    if is_behind_share(vm):
        raise InvalidParameter("Operation not supported on Shared FileSystem Instance")
    if vm.hypervisor == "External":
        raise InvalidParameter("Attach ISO operation is not allowed for External hypervisor type")
    if not iso or iso.removed is not None:
        raise InvalidParameter(f"Unable to find an ISO with id {iso.id}")
    if iso.kind != PERHOST and not call.db.template_zones.where(template_id=iso.id, zone_id=vm.zone_id):
        raise InvalidParameter("ISO is not available in the zone the VM is in.")
    access.check_launch(call.caller, iso, call.db)
    call.check_access(vm)
    access.check_launch(_owner_of(call, vm), iso, call.db)
    _check_state(vm)
    for name, hypervisor, drivers in TOOLS:
        if iso.unique_name == name and vm.hypervisor != hypervisor:
            raise InvalidParameter(f"Cannot attach {drivers} to incompatible hypervisor {vm.hypervisor}")
    yield 0.1
    _check_mountable(call, vm, iso)
    vm.iso_id = iso.id
    call.event("ISO.ATTACH", f"Successfully completed attaching ISO. Vm Id: {vm.uuid}", vm)
    return _answer(call, vm)


@command("detachIso", sync=lambda call: ("vm", _vm(call)), instance=_vm)
def detach_iso(call: Call) -> Generator[float, None, Any]:
    vm = _vm(call)
    if not vm or vm.removed is not None:
        raise InvalidParameter("Please specify a valid VM.")
    call.check_access(vm)
    if getattr(vm, "iso_id", None) is None:
        raise InvalidParameter("The specified VM has no ISO attached to it.")
    _check_state(vm)
    yield 0.1
    vm.iso_id = None
    call.event("ISO.DETACH", f"Successfully completed detaching ISO. Vm Id: {vm.uuid}", vm)
    return _answer(call, vm)


def _owner_of(call: Call, vm: Any) -> Caller:
    """The instance's owner, who has to be allowed to use the ISO as well."""
    account = call.db.accounts[vm.account_id]
    return Caller(call.caller.user, account, call.db.domains[account.domain_id], call.caller.role)


def _check_mountable(call: Call, vm: Any, iso: Any) -> None:
    """A running instance gets it at once, and for that it has to lie in the zone; a stopped one gets it later."""
    there = rows.is_ready(call.sim, iso, call.db.zones[vm.zone_id])
    if vm.state == "Running" and not (iso.is_iso and there):
        raise CloudRuntime("Failed to prepare ISO ready to mount on hypervisor resource level")


def _check_state(vm: Any) -> None:
    if vm.state not in ("Running", "Stopped"):
        raise InvalidParameter("Please specify a VM that is either Stopped or Running.")


def _answer(call: Call, vm: Any) -> dict[str, Any]:
    from ..instances.views import instance_view

    return {"virtualmachine": instance_view(call, vm)}
