"""Local storage of hosts, in zones that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.pools import StoragePool

if TYPE_CHECKING:
    from ...model.hosts import Host
    from ...simulator import Simulator

TIB = 1 << 40


def add_local_pool(sim: Simulator, host: Host) -> StoragePool:
    uuid = sim.ids.uuid()
    pool: StoragePool = sim.db.storage_pools.add(
        StoragePool(
            name=f"{host.name}-local-{uuid[:8]}",
            zone_id=host.zone_id,
            pod_id=host.pod_id,
            cluster_id=host.cluster_id,
            host_id=host.id,
            pool_type="Filesystem",
            address=host.address or "",
            path=f"/mnt/{uuid}" if host.hypervisor == "Simulator" else "/var/lib/libvirt/images",
            scope="HOST",
            hypervisor=host.hypervisor,
            capacity=TIB,
        ),
        uuid=uuid,
    )
    return pool


def remove(sim: Simulator, pool: StoragePool) -> None:
    """Forget a host's local storage with the volumes on it."""
    for volume in sim.db.volumes.where(pool_id=pool.id):
        sim.db.volumes.remove(volume)
    sim.db.storage_pools.delete(pool)
