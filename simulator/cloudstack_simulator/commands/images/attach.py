"""attachIso and detachIso."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...registry import command
from . import rows


def _vm(call: Call) -> Any:
    return call.params.virtualmachineid


@command("attachIso", sync=lambda call: ("vm", _vm(call)), instance=_vm)
def attach_iso(call: Call) -> Generator[float, None, Any]:
    vm, iso = _vm(call), call.params.id
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter(f"Unable to find a virtual machine with id {vm.id}")
    if not iso or iso.removed is not None or not iso.is_iso:
        raise InvalidParameter(f"Unable to find an ISO with id {iso.id}")
    call.check_access(vm)
    zone = call.db.zones[vm.zone_id]
    if iso.kind != "PERHOST" and not rows.is_ready(call.sim, iso, zone):
        raise InvalidParameter("ISO is not available in the zone the VM is in.")
    _check_state(vm)
    if iso.name == "xs-tools.iso" and vm.hypervisor != "XenServer":
        raise InvalidParameter(f"Cannot attach Xenserver PV drivers to incompatible hypervisor {vm.hypervisor}")
    yield 0.1
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


def _check_state(vm: Any) -> None:
    if vm.state not in ("Running", "Stopped"):
        raise InvalidParameter("Please specify a VM that is either Stopped or Running.")


def _answer(call: Call, vm: Any) -> dict[str, Any]:
    from ..instances.views import instance_view

    return {"virtualmachine": instance_view(call, vm)}
