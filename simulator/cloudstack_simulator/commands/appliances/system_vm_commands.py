"""listSystemVms and the commands that change a system VM."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal, like, matching
from ...model.appliances import API_TYPES, CONSOLE_PROXY, ROUTER, SECONDARY_STORAGE_VM, SystemVm
from ...registry import check, command
from .. import hypervisors
from ..instances import migration, placement
from ..instances.journal import journaled
from ..instances.sizes import size_of
from ..offerings import upgrades
from ..volumes import lifecycle as disks
from . import system_vms
from .internal_balancers import INTERNAL_BALANCER
from .system_vm_view import destroyed_view, moved_router_view, system_vm_view

EVENTS = {CONSOLE_PROXY: "PROXY", SECONDARY_STORAGE_VM: "SSVM"}
"""VM type → first word of its events."""


def is_system_vm(row: Any) -> bool:
    return bool(row) and row.removed is None and row.vm_type in API_TYPES


def is_router(row: Any) -> bool:
    return bool(row) and row.removed is None and row.vm_type in (ROUTER, INTERNAL_BALANCER)


@command("listSystemVms")
def list_system_vms(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    rows = [vm for kind in API_TYPES for vm in db.vms.where(vm_type=kind)]
    return call.listing(
        "systemvm",
        rows,
        system_vm_view,
        where=[
            equal("id", p.id),
            like("name", p.name),
            equal("state", p.state),
            equal(lambda vm: API_TYPES[vm.vm_type], p.systemvmtype),
            equal("zone_id", p.zoneid),
            equal("pod_id", p.podid),
            equal("host_id", p.hostid),
            equal("arch", p.arch),
            matching(lambda vm: any(v.pool_id == p.storageid.id for v in disks.of_vm(call.sim, vm)))
            if p.storageid is not None
            else None,
        ],
        keyword=("name", "state"),
        sort=lambda vm: vm.id,
    )


@check("startSystemVm", "stopSystemVm", "rebootSystemVm", "destroySystemVm")
def vm_exists(call: Call) -> None:
    """A VM that is gone is refused before there is a job."""
    vm = call.params.id
    if vm and vm.removed is not None:
        raise InvalidParameter(f"Unable to find UUID for id [{vm.id}] of type [VirtualMachine]")


def _chosen(call: Call) -> SystemVm:
    vm = call.params.id
    if not is_system_vm(vm):
        raise InvalidParameter("unable to find a system vm with specified vmId")
    return vm


def _answer(call: Call, vm: SystemVm) -> dict[str, Any]:
    return {"systemvm": system_vm_view(call, vm)}


def _key(call: Call) -> Any:
    return ("vm", call.params.id)


def _journaled(deed: str, verb: str) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    def kind(call: Call) -> str:
        return f"{EVENTS.get(call.params.id.vm_type, 'SSVM')}.{deed}"

    doing = f"{verb} system Vm"
    return journaled(kind, doing, lambda call: call.params.id, resource_type="SystemVm", scheduled=doing)


@command("startSystemVm", sync=_key)
@_journaled("START", "starting")
def start(call: Call) -> Generator[float, None, Any]:
    vm = _chosen(call)
    if vm.state == "Stopped":
        yield from system_vms.start(call.sim, vm)
    return _answer(call, vm)


@command("stopSystemVm", sync=_key)
@_journaled("STOP", "stopping")
def stop(call: Call) -> Generator[float, None, Any]:
    vm = _chosen(call)
    if vm.state == "Running":
        try:
            yield from system_vms.stop(call.sim, vm)
        except CloudRuntime:
            if not call.params.forced:
                raise
            system_vms.halt(call.sim, vm)
    return _answer(call, vm)


@command("rebootSystemVm", sync=_key)
@_journaled("REBOOT", "rebooting")
def reboot(call: Call) -> Generator[float, None, Any]:
    vm = _chosen(call)
    if vm.state == "Running" and not call.params.forced:
        yield from system_vms.reboot(call.sim, vm)
        return _answer(call, vm)
    if vm.state == "Running":
        yield from system_vms.stop(call.sim, vm)
    yield from system_vms.start(call.sim, vm)
    return _answer(call, vm)


@command("destroySystemVm", sync=_key)
@_journaled("DESTROY", "destroying")
def destroy(call: Call) -> Generator[float, None, Any]:
    vm = _chosen(call)
    view = destroyed_view(call, vm)
    yield from system_vms.destroy(call.sim, vm)
    return {"systemvm": view}


@command("changeServiceForSystemVm")
def change_offering(call: Call) -> dict[str, Any]:
    vm, offering = call.params.id, call.params.serviceofferingid
    if not is_system_vm(vm):
        raise InvalidParameter(f"Unable to find SystemVm with id {vm.id}")
    upgrades.check(call, vm, offering)
    _take_offering(call, vm, offering)
    return _answer(call, vm)


@command("scaleSystemVm", sync=_key)
def scale(call: Call) -> Generator[float, None, Any]:
    vm, offering = call.params.id, call.params.serviceofferingid
    if not is_system_vm(vm):
        raise InvalidParameter(f"Unable to find SystemVm with id {vm.id}")
    upgrades.check(call, vm, offering)
    if vm.state == "Running" and vm.hypervisor != "VMware":
        raise InvalidParameter("Dynamic Scaling operation is not permitted for this hypervisor on system vm")
    yield 0.2
    _take_offering(call, vm, offering)
    return _answer(call, vm)


def _take_offering(call: Call, vm: SystemVm, offering: Any) -> None:
    """The row changes at once; what the host gives it changes with the next start."""
    before = size_of(call.db, vm)
    vm.service_offering_id = offering.id
    placement.resize(call.sim, vm, before)


@command("migrateSystemVm")
def migrate(call: Call) -> Generator[float, None, Any]:
    p, sim = call.params, call.sim
    migration.check_targets(call)
    vm = p.virtualmachineid
    if not (is_system_vm(vm) or is_router(vm)):
        raise InvalidParameter(f"Unable to find the VM by id={vm.id}")
    if p.storageid is not None:
        yield from migration.to_storage(call, vm)
        return {"systemvm": moved_router_view(call, vm)} if is_router(vm) else _answer(call, vm)
    if vm.state != "Running":
        raise InvalidParameter(f"VM is not Running, unable to migrate the vm {vm}")
    host = p.hostid
    if host is None:
        host = _other_host(call, vm)
    else:
        _check_target(call, vm, host)
    yield from system_vms.migrate(sim, vm, host)
    return {"systemvm": moved_router_view(call, vm)} if is_router(vm) else _answer(call, vm)


def _other_host(call: Call, vm: SystemVm) -> Any:
    found = placement.candidates(call.sim, vm, avoid=(vm.host_id,) if vm.host_id is not None else ())
    if not found:
        raise CloudRuntime(f"Unable to find suitable destination to migrate VM {vm.name}")
    return call.sim.choose("host", found, vm=vm)


def _check_target(call: Call, vm: SystemVm, host: Any) -> None:
    if not host or host.removed is not None:
        raise InvalidParameter(f"Unable to find the host with specified hostId {host.id}")
    source = call.db.hosts.get(vm.host_id)
    if source is not None and host.id == source.id:
        raise InvalidParameter(
            f"Cannot migrate VM as it is already present on host {host.name} (ID: {host.uuid}), "
            "please specify valid destination host to migrate the VM"
        )
    if hypervisors.is_fake(vm.hypervisor) and source is not None:
        raise CloudRuntime(
            f"Migration with storage isn't supported for source host {source.name} (ID: {source.uuid}) "
            f"on hypervisor {source.hypervisor} with version {source.hypervisor_version}"
        )
    allowed = disks.clusters_for(call.sim, vm)
    if allowed is not None and host.cluster_id not in allowed:
        raise CloudRuntime(f"Cannot migrate {vm} to a host whose cluster does not reach its disk")
