"""Which storage pool takes a volume."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...model.volumes import Volume

if TYPE_CHECKING:
    from ...model.pools import StoragePool
    from ...simulator import Simulator


def tags_of(sim: Simulator, volume: Volume) -> list[str]:
    """Storage tags that the volume's offering asks for."""
    offering = sim.db.disk_offerings.get(volume.disk_offering_id)
    return offering.tags if offering is not None else []


def suits(pool: StoragePool, tags: Iterable[str]) -> bool:
    """Whether a pool has all the tags."""
    return set(tags) <= set(pool.tags)


def allocated(sim: Simulator, pool: StoragePool) -> int:
    """Bytes that volumes and copies of templates take of a pool."""
    volumes = sum(v.size for v in sim.db.volumes.where(pool_id=pool.id) if not v.destroyed)
    return pool.foreign + volumes + sum(t.size for t in sim.db.template_pools.where(pool_id=pool.id))


def has_room(sim: Simulator, pool: StoragePool, size: int, *, to_grow: bool = False) -> bool:
    """Whether so many bytes more leave the pool below its threshold; growing volumes may have one of their own."""
    if pool.capacity == 0:
        return True
    setting = sim.settings.value
    factor = float(setting("storage.overprovisioning.factor", pool) or 1)
    threshold = "pool.storage.allocated.capacity.disablethreshold"
    if to_grow and setting("volume.resize.allowed.beyond.allocation", pool):
        threshold = "pool.storage.allocated.resize.capacity.disablethreshold"
    return allocated(sim, pool) + size <= pool.capacity * factor * float(setting(threshold, pool))


def candidates(
    sim: Simulator, zone_id: int, *, size: int = 0, tags: Iterable[str] = (), cluster: Any = None, local: bool = False
) -> list[StoragePool]:
    """Pools of a zone that can take `size` bytes; with `cluster` only those that its hosts reach."""
    found = []
    for pool in sim.db.storage_pools.where(zone_id=zone_id):
        if pool.state != "Up" or (pool.scope == "HOST") is not local:
            continue
        if cluster is not None and pool.scope == "CLUSTER" and pool.cluster_id != cluster.id:
            continue
        if cluster is not None and pool.scope == "ZONE" and pool.hypervisor not in (cluster.hypervisor, "Any", None):
            continue
        if suits(pool, tags) and has_room(sim, pool, size):
            found.append(pool)
    return found


def choose(
    sim: Simulator, volume: Volume, *, cluster: Any = None, tags: Iterable[str] | None = None
) -> StoragePool | None:
    """A pool for a volume, as `volume.allocation.algorithm` says (at random by default), or None.

    `tags`: those of another offering than the volume has.
    """
    wanted = tags_of(sim, volume) if tags is None else tags
    found = candidates(sim, volume.zone_id, size=volume.size, tags=wanted, cluster=cluster)
    return sim.choose("pool", found, volume=volume) if found else None


def cluster_of_host(sim: Simulator, host_id: int | None) -> Any:
    host = sim.db.hosts.get(host_id)
    return sim.db.clusters.get(host.cluster_id) if host is not None else None
