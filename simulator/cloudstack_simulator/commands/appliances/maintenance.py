"""patchSystemVm, runDiagnostics, getDiagnosticsData."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.appliances import API_TYPES, ROUTER
from ...registry import command
from .. import hypervisors
from ..images.links import download_link
from ..instances.journal import journaled
from . import recipes, system_vms
from .system_vm_commands import is_system_vm

DIAGNOSTICS = ("ping", "traceroute", "arping")


@command("patchSystemVm")
@journaled("LIVE.PATCH.SYSTEM.VM", "patching system Vm", lambda call: call.params.id, resource_type="SystemVm")
def patch(call: Call) -> Generator[float, None, Any]:
    p, vm = call.params, call.params.id
    if vm is None:
        raise InvalidParameter("Please provide a valid ID of a system VM to be patched")
    if not is_system_vm(vm):
        raise InvalidParameter(
            f"Unable to find SystemVm with id {vm.id}. patchSystemVm API can be used to patch CPVM / SSVM only."
        )
    if vm.state != "Running":
        raise CloudRuntime(
            f"Unable to patch SystemVM: {vm} as it is not in Running state. Please destroy and recreate the SystemVM."
        )
    yield 0.3
    if hypervisors.is_fake(vm.hypervisor):
        raise CloudRuntime(recipes.NO_PATCH)
    current = recipes.code_version(call.sim)
    done = "Successfully patched system Vm" if vm.code_version != current or p.forced else "No change since last patch"
    system_vms.take_scripts(call.sim, vm)
    return {"success": True, "details": done}


def _target(call: Call) -> Any:
    """The job is about the VM; its type is the job's instance type."""
    vm = call.params.targetid
    if vm and call.job is not None:
        call.job.instance_type = vm.vm_type
    return vm


@command("runDiagnostics", instance=_target)
@journaled("SYSTEM.VM.DIAGNOSTICS", "diagnosing system Vm", lambda call: call.params.targetid, resource_type="SystemVm")
def run_diagnostics(call: Call) -> Generator[float, None, Any]:
    p = call.params
    vm = _checked(call)
    if p.type.lower() not in DIAGNOSTICS:
        raise CloudRuntime(f"{p.type} Is not a valid diagnostics command type. ")
    yield 0.2
    word = p.type.upper()
    if hypervisors.is_fake(vm.hypervisor):
        output = f"{word} {p.ipaddress} executed in {vm.instance_name}"
    else:
        output = f"{word} {p.ipaddress}: 4 packets transmitted, 4 received, 0% packet loss"
    return {"diagnostics": {"stdout": output, "stderr": "", "exitcode": "0"}}


def _checked(call: Call) -> Any:
    vm = call.params.targetid
    if not vm or vm.removed is not None or vm.vm_type not in (*API_TYPES, ROUTER):
        raise InvalidParameter(f"Unable to find a virtual machine with id {vm.id}")
    if vm.state != "Running":
        raise CloudRuntime(f"Unable to execute diagnostics command: {vm} is not running")
    return vm


@command("getDiagnosticsData", instance=_target)
def diagnostics_data(call: Call) -> Generator[float, None, Any]:
    vm = _checked(call)
    yield 0.5
    if hypervisors.is_fake(vm.hypervisor):
        raise CloudRuntime("Failed to generate diagnostics file on remote VM: Unsupported command issued")
    return {"diagnostics": {"url": download_link(call.sim, call.db.zones[vm.zone_id], "zip")}}
