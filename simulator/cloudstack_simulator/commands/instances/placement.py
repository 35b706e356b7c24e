"""Which host a VM runs on, and what hosts have left. Serves instances, routers and system VMs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..gpu import stock as gpus
from ..volumes import lifecycle as disks
from ..volumes import placement as pools
from .destination import ANYWHERE, Destination
from .sizes import Size, size_of

if TYPE_CHECKING:
    from ...model.hosts import Host
    from ...simulator import Simulator

MIB = 1 << 20


def room(sim: Simulator, host: Host) -> tuple[int, int]:
    """(MHz, bytes) that a host has left, with its cluster's overprovisioning."""
    cluster = sim.db.clusters.get(host.cluster_id)
    cpu = float(sim.settings.value("cpu.overprovisioning.factor", cluster) or 1)
    memory = float(sim.settings.value("mem.overprovisioning.factor", cluster) or 1)
    return (
        int(host.cpu_number * host.cpu_speed * cpu) - host.cpu_used,
        int(host.memory * memory) - host.memory_used,
    )


def fits(sim: Simulator, host: Host, size: Size) -> bool:
    mhz, memory = room(sim, host)
    return mhz >= size.cpu * size.speed and memory >= size.memory * MIB and host.cpu_number > 0


def is_usable(sim: Simulator, host: Host, *, moving: bool = False) -> bool:
    """Whether VMs may start on it: up, enabled, in an enabled cluster and pod (which VMs on the move don't ask for)."""
    if host.kind != "Routing" or host.state != "Up" or host.resource_state != "Enabled":
        return False
    cluster, pod = sim.db.clusters.get(host.cluster_id), sim.db.pods.get(host.pod_id)
    return cluster is not None and (
        moving or (cluster.allocation_state == "Enabled" and (pod is None or pod.allocation_state == "Enabled"))
    )


def candidates(sim: Simulator, vm: Any, *, avoid: Iterable[int] = (), moving: bool = False) -> list[Host]:
    """Hosts that can take the VM (room, tags, dedication, affinity, pools for its disks), the emptiest first."""
    db, size = sim.db, size_of(sim.db, vm)
    skip = set(avoid)
    clusters = disks.clusters_for(sim, vm)
    offering = db.service_offerings.get(vm.service_offering_id)
    tags = set(getattr(offering, "host_tags", ()))
    found = [
        host
        for host in db.hosts.where(zone_id=vm.zone_id, kind="Routing")
        if host.id not in skip
        and (clusters is None or host.cluster_id in clusters)
        and host.hypervisor == vm.hypervisor
        and is_usable(sim, host, moving=moving)
        and tags <= set(host.tags)
        and (fits(sim, host, size) or (vm.last_host_id == host.id and vm.keeps_place))
        and _may_use(sim, vm, host)
        and _disks_fit(sim, vm, host)
        and (moving or _holds_local_disks(sim, vm, host))
        and gpus.fits(sim, host, vm)
    ]
    return _by_affinity(sim, vm, sorted(found, key=lambda host: host.memory_used))


def _may_use(sim: Simulator, vm: Any, host: Host) -> bool:
    """Whether dedication lets the VM's owner use the host."""
    account = sim.db.accounts[vm.account_id]
    places = (("zone", host.zone_id), ("pod", host.pod_id), ("cluster", host.cluster_id), ("host", host.id))
    for kind, number in places:
        for dedication in sim.db.dedications.where(kind=kind, target_id=number):
            if dedication.account_id is not None and dedication.account_id != account.id:
                return False
            if dedication.domain_id is not None and dedication.domain_id != account.domain_id:
                return False
    return True


def _disks_fit(sim: Simulator, vm: Any, host: Host) -> bool:
    """Whether pools take the disks that have none yet, and no other disk is on a pool in maintenance."""
    cluster = sim.db.clusters.get(host.cluster_id)
    return all(
        sim.db.storage_pools[volume.pool_id].state in ("Up", "Disabled")
        if volume.pool_id is not None
        else pools.candidates(sim, vm.zone_id, size=volume.size, tags=pools.tags_of(sim, volume), cluster=cluster)
        for volume in disks.of_vm(sim, vm)
    )


def _holds_local_disks(sim: Simulator, vm: Any, host: Host) -> bool:
    """Whether the disks on local storage, if there are any, are on this host's."""
    pools_of_vm = (sim.db.storage_pools.get(volume.pool_id) for volume in disks.of_vm(sim, vm))
    return all(pool is None or pool.scope != "HOST" or pool.host_id == host.id for pool in pools_of_vm)


def _by_affinity(sim: Simulator, vm: Any, hosts: list[Host]) -> list[Host]:
    for number in getattr(vm, "affinity_group_ids", ()):
        group = sim.db.affinity_groups.get(number)
        if group is None:
            continue
        others = {
            other.host_id
            for other in sim.db.vms.where(account_id=group.account_id, vm_type="User")
            if other.id != vm.id and other.host_id is not None and number in other.affinity_group_ids
        }
        wanted = [h for h in hosts if (h.id in others) is (group.type in ("host affinity", "non-strict host affinity"))]
        if group.type in ("host affinity", "non-strict host affinity") and not others:
            wanted = hosts
        if wanted or not group.type.startswith("non-strict"):
            hosts = wanted
    return hosts


def choose(
    sim: Simulator,
    vm: Any,
    *,
    where: Destination = ANYWHERE,
    avoid: Iterable[int] = (),
    moving: bool = False,
) -> Host | None:
    """The host for a VM: the one asked for, its last one, else any that can take it. None when there is none."""
    wanted = where.host
    if wanted is not None:
        return wanted if is_usable(sim, wanted) and fits(sim, wanted, size_of(sim.db, vm)) else None
    found = [host for host in candidates(sim, vm, avoid=avoid, moving=moving) if where.allows(host)]
    if not found:
        return None
    last = next((h for h in found if h.id == vm.last_host_id), None)
    if last is not None and where.last:
        return last
    chosen: Host = sim.choose("host", _in_emptiest_cluster(sim, found), vm=vm)
    return chosen


def _in_emptiest_cluster(sim: Simulator, hosts: list[Host]) -> list[Host]:
    """Clusters are tried by their share of CPU in use; those of equal share in any order."""
    shares = {number: _cpu_share(sim, number) for number in {host.cluster_id for host in hosts}}
    least = min(shares.values())
    return [host for host in hosts if shares[host.cluster_id] == least]


def _cpu_share(sim: Simulator, cluster_id: int | None) -> float:
    hosts = sim.db.hosts.where(cluster_id=cluster_id, kind="Routing")
    return sum(host.cpu_used for host in hosts) / (sum(host.cpu_number * host.cpu_speed for host in hosts) or 1)


RESERVED = "Message.ReservedCapacityFreed.Flag"
"""Detail of a stopped instance: `false` while its last host keeps its place, `true` afterwards."""


def settle(sim: Simulator, vm: Any, host: Host) -> None:
    """The VM runs on the host from now on."""
    if vm.host_id is not None or vm.keeps_place:
        _count(sim, sim.db.hosts.get(vm.host_id or vm.last_host_id), vm, -1)
    _count(sim, host, vm, 1)
    vm.host_id, vm.pod_id = host.id, host.pod_id
    gpus.take(sim, vm, host)


def unsettle(sim: Simulator, vm: Any) -> None:
    """The VM did not come up where it had settled; a place that was kept for it is kept again."""
    _count(sim, sim.db.hosts.get(vm.host_id), vm, -1)
    gpus.release(sim, vm)
    vm.host_id = None
    if vm.keeps_place:
        _count(sim, sim.db.hosts.get(vm.last_host_id), vm, 1)


def leave(sim: Simulator, vm: Any, *, keep_place: bool) -> None:
    """The VM has stopped. `keep_place`: its host keeps room for it for a while."""
    if vm.host_id is None:
        return
    host = sim.db.hosts.get(vm.host_id)
    vm.last_host_id, vm.host_id = vm.host_id, None
    gpus.stopped(sim, vm)
    vm.keeps_place = keep_place
    if not keep_place:
        _count(sim, host, vm, -1)
        return
    vm.details[RESERVED] = "false"
    sim.scheduler.after(_kept_for(sim), free_place, sim, vm)


def _kept_for(sim: Simulator) -> float:
    return float(sim.settings.value("capacity.skipcounting.hours") or 3600)


def free_place(sim: Simulator, vm: Any) -> None:
    """Free the place that a host keeps for a stopped VM, once its state has not changed for long enough."""
    if vm.host_id is not None or vm.removed is not None or not vm.keeps_place:
        return
    left = (vm.updated or 0) + _kept_for(sim) - sim.clock.now()
    if left > 0:
        sim.scheduler.after(left, free_place, sim, vm)
    else:
        give_up_place(sim, vm)


def give_up_place(sim: Simulator, vm: Any) -> None:
    """A stopped VM's last host no longer keeps room for it."""
    if vm.host_id is None and vm.keeps_place:
        _count(sim, sim.db.hosts.get(vm.last_host_id), vm, -1)
        vm.keeps_place = False
        vm.details[RESERVED] = "true"


def resize(sim: Simulator, vm: Any, before: Size) -> None:
    """The size of a VM changed: its host (or the one that keeps its place) counts the new one."""
    number = vm.host_id or (vm.last_host_id if vm.keeps_place else None)
    host, after = sim.db.hosts.get(number), size_of(sim.db, vm)
    if host is not None:
        host.cpu_used += after.cpu * after.speed - before.cpu * before.speed
        host.cores_used += after.cpu - before.cpu
        host.memory_used += (after.memory - before.memory) * MIB


def _count(sim: Simulator, host: Host | None, vm: Any, sign: int) -> None:
    if host is None:
        return
    size = size_of(sim.db, vm)
    host.cpu_used = max(0, host.cpu_used + sign * size.cpu * size.speed)
    host.cores_used = max(0, host.cores_used + sign * size.cpu)
    host.memory_used = max(0, host.memory_used + sign * size.memory * MIB)
