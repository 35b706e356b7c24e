"""Maintenance of storage pools."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, ResourceUnavailable
from ...model.pools import StoragePool
from ...registry import command
from .. import mocks
from ..appliances import router_life, system_vms
from ..instances import placement as hosts
from ..instances.life import set_state
from ..volumes import lifecycle as disks
from ..volumes import placement as pools
from .view import pool_view

if TYPE_CHECKING:
    from ...simulator import Simulator

STEP = 0.2
ROUTERS = ("DomainRouter", "InternalLoadBalancerVm")


@command("enableStorageMaintenance", sync=lambda call: ("pool", call.params.id))
def enable(call: Call) -> Generator[float, None, dict[str, Any]]:
    pool = live(
        call.params.id, "Unable to obtain lock on the storage pool record in preparePrimaryStorageForMaintenance()"
    )
    if pool.state not in ("Up", "ErrorInMaintenance"):
        raise InvalidParameter(f"Primary storage {pool} is not ready for migration, as the status is:{pool.state}")
    for other in call.db.storage_pools.where(cluster_id=pool.cluster_id):
        if pool.cluster_id is not None and other is not pool and other.state == "PrepareForMaintenance":
            raise CloudRuntime(
                f"Only one storage pool in a cluster can be in PrepareForMaintenance mode, {other} is already in "
                "PrepareForMaintenance mode "
            )
    pool.state = "PrepareForMaintenance"
    call.event(
        "MAINT.PREPARE.PS", f"Successfully completed preparing storage pool for maintenance. Pool Id: {pool.uuid}", pool
    )
    yield STEP
    stuck = _clear(call.sim, pool)
    if stuck is not None:
        pool.state = "ErrorInMaintenance"
        raise CloudRuntime(f"Unable to stop {stuck}")
    yield STEP
    pool.state = "Maintenance"
    return {"storagepool": pool_view(call, pool)}


def _clear(sim: Simulator, pool: StoragePool) -> Any:
    """Stop what uses the pool; the server's own VMs go on with a new disk on another pool.

    Ends at the first instance that its host does not stop, and returns it.
    """
    for vm in _users(sim, pool):
        if vm.vm_type == "User":
            if mocks.effect(sim, "StopCommand", sim.db.hosts.get(vm.host_id)).failed:
                return vm
            hosts.leave(sim, vm, keep_place=False)
            set_state(sim, vm, "Stopped")
            pool.waiting.append(vm.id)
            continue
        _move_on(sim, vm, pool)
    return None


def _move_on(sim: Simulator, vm: Any, pool: StoragePool) -> None:
    """A system VM or router: a new disk on another pool that is up; without one it goes down."""
    host = sim.db.hosts.get(vm.host_id)
    cluster = sim.db.clusters.get(host.cluster_id) if host else None
    for volume in sim.db.volumes.where(vm_id=vm.id, pool_id=pool.id):
        other = pools.choose(sim, volume, cluster=cluster)
        if other is not None:
            disks.put_on(sim, volume, other)
            continue
        halt = router_life.halt if vm.vm_type in ROUTERS else system_vms.halt
        halt(sim, vm)
        pool.waiting.append(vm.id)


def _users(sim: Simulator, pool: StoragePool) -> list[Any]:
    """Running VMs with a disk on the pool."""
    numbers = sorted({v.vm_id for v in sim.db.volumes.where(pool_id=pool.id) if v.vm_id is not None})
    found = [sim.db.vms.live.get(number) for number in numbers]
    return [vm for vm in found if vm is not None and vm.state == "Running"]


@command("cancelStorageMaintenance", sync=lambda call: ("pool", call.params.id))
def cancel(call: Call) -> Generator[float, None, dict[str, Any]]:
    pool = live(
        call.params.id, "Unable to obtain lock on the storage pool record in preparePrimaryStorageForMaintenance()"
    )
    if pool.state in ("Up", "PrepareForMaintenance"):
        raise ResourceUnavailable(
            f"Resource [StoragePool:{pool.id}] is unreachable: Primary storage {pool} is not ready to complete "
            "migration, as "
            f"the status is:{pool.state}"
        )
    pool.state = "Up"
    call.event(
        "MAINT.CANCEL.PS", f"Successfully completed cancelling storage pool maintenance. Pool Id: {pool.uuid}", pool
    )
    yield STEP
    yield from _resume(call.sim, pool)
    return {"storagepool": pool_view(call, pool)}


def _resume(sim: Simulator, pool: StoragePool) -> Generator[float, None, None]:
    """Start again what the maintenance stopped; what a host does not start stays down."""
    waiting, pool.waiting = pool.waiting, []
    for number in waiting:
        vm = sim.db.vms.live.get(number)
        if vm is not None and vm.vm_type != "User":
            if vm.vm_type not in ROUTERS:
                system_vms.start_now(sim, vm)
            elif vm.state == "Stopped":
                with contextlib.suppress(CloudRuntime):
                    yield from router_life.start(sim, vm)
            continue
        host = hosts.choose(sim, vm) if vm is not None and vm.state == "Stopped" else None
        if host is not None and not mocks.effect(sim, "StartCommand", host).failed:
            hosts.settle(sim, vm, host)
            set_state(sim, vm, "Running")
