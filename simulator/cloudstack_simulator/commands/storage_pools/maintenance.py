"""Maintenance of storage pools."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, ResourceUnavailable
from ...model.pools import StoragePool
from ...registry import command
from .. import mocks
from ..instances import placement as hosts
from ..instances.life import set_state
from ..volumes import lifecycle as disks
from ..volumes import placement as pools
from .view import pool_view

if TYPE_CHECKING:
    from ...simulator import Simulator

STEP = 0.2


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
        for volume in sim.db.volumes.where(vm_id=vm.id, pool_id=pool.id):
            host = sim.db.hosts.get(vm.host_id)
            cluster = sim.db.clusters.get(host.cluster_id) if host else None
            other = pools.choose(sim, volume, cluster=cluster)
            if other is not None:
                disks.put_on(sim, volume, other)
    return None


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
    _resume(call.sim, pool)
    return {"storagepool": pool_view(call, pool)}


def _resume(sim: Simulator, pool: StoragePool) -> None:
    """Start the instances again that the maintenance stopped; what a host does not start stays down."""
    for number in pool.waiting:
        vm = sim.db.vms.live.get(number)
        host = hosts.choose(sim, vm) if vm is not None and vm.state == "Stopped" else None
        if host is not None and not mocks.effect(sim, "StartCommand", host).failed:
            hosts.settle(sim, vm, host)
            set_state(sim, vm, "Running")
    pool.waiting = []
