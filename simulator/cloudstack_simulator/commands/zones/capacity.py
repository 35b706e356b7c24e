"""Capacities: what is there and what is in use, counted from time to time as on the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from ... import net
from ...call import Call
from ...model.pools import StoragePool
from ...model.zones import Cluster, Pod, Zone
from ...registry import at_install, command
from ..volumes.placement import allocated
from .zone_life import WHEN_ENABLED

if TYPE_CHECKING:
    from ...simulator import Simulator

MEMORY, CPU, STORAGE, STORAGE_ALLOCATED, PUBLIC_IP, PRIVATE_IP, SECONDARY_STORAGE, VLAN = range(8)
LOCAL_STORAGE, GPU, CPU_CORE = 9, 19, 90
NAMES = {
    MEMORY: "MEMORY",
    CPU: "CPU",
    STORAGE: "STORAGE",
    STORAGE_ALLOCATED: "STORAGE_ALLOCATED",
    PUBLIC_IP: "VIRTUAL_NETWORK_PUBLIC_IP",
    PRIVATE_IP: "PRIVATE_IP",
    SECONDARY_STORAGE: "SECONDARY_STORAGE",
    VLAN: "VLAN",
    LOCAL_STORAGE: "LOCAL_STORAGE",
    GPU: "GPU",
    CPU_CORE: "CPU_CORE",
}
OF_HOSTS = (MEMORY, CPU, CPU_CORE, GPU)

Amounts = dict[int, tuple[int, int]]
"""(used, total) by type number."""


def percent(used: float, total: float) -> str:
    """A share as answers write it: `0`, `6.25`, `16.67`."""
    if not total:
        return "0"
    share = (Decimal(used) * 100 / Decimal(total)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return f"{share.normalize():f}"


def count(sim: Simulator) -> None:
    """Count anew what the server counts only from time to time: addresses, VLANs, promised storage."""
    db = sim.db
    for zone in db.zones:
        addresses = db.ip_addresses.where(zone_id=zone.id)
        virtual = [a for a in addresses if db.vlans[a.vlan_id].virtual]
        vnets = [
            v for n in db.physical_networks.where(zone_id=zone.id) for v in db.vnets.where(physical_network_id=n.id)
        ]
        zone.counted = {
            PUBLIC_IP: (sum(a.state != "Free" for a in virtual), len(virtual)),
            VLAN: (sum(v.taken is not None for v in vnets), len(vnets)),
        }
    for pod in db.pods:
        pod.counted = {PRIVATE_IP: (_private_in_use(sim, pod), sum(net.size(r.start, r.end) for r in pod.ranges))}
    for pool in db.storage_pools:
        pool.allocated = allocated(sim, pool)


def _private_in_use(sim: Simulator, pod: Pod) -> int:
    """Addresses in the pod's ranges that system VMs and hosts have."""
    of_hosts = {
        net.number(h.address) for h in sim.db.hosts.where(pod_id=pod.id, kind="Routing") if net.is_ip4(h.address)
    }
    return sum(
        any(net.within(net.address(value), r.start, r.end) for r in pod.ranges) for value in of_hosts | pod.taken.keys()
    )


@at_install(order=60)
def start_counting(sim: Simulator) -> None:
    sim.scheduler.after(sim.settings.value("capacity.check.period") / 1000, _round, sim)


def _count_with_new_zone(sim: Simulator, _zone: Zone) -> None:
    count(sim)


WHEN_ENABLED.append(_count_with_new_zone)


def _round(sim: Simulator) -> None:
    count(sim)
    sim.scheduler.after(sim.settings.value("capacity.check.period") / 1000, _round, sim)


def amounts(call: Call, zone: Zone, pod: Pod | None = None, cluster: Cluster | None = None) -> Amounts:
    """Capacities of a zone, of one of its pods or of one of its clusters."""
    inside: Callable[[Any], bool] = lambda row: (  # noqa: E731
        (pod is None or row.pod_id == pod.id) and (cluster is None or row.cluster_id == cluster.id)
    )
    hosts = [h for h in call.db.hosts.where(zone_id=zone.id, kind="Routing") if inside(h)]
    pools = [s for s in call.db.storage_pools.where(zone_id=zone.id) if inside(s)]
    found = _of_hosts(call, hosts) | _of_pools(call, pools)
    if cluster is None:
        pods = [pod] if pod is not None else call.db.pods.where(zone_id=zone.id)
        found |= _sum(p.counted for p in pods)
    if cluster is None and pod is None:
        found |= zone.counted
        if zone.counted:
            found[SECONDARY_STORAGE] = (0, 0)
    return found


def _of_hosts(call: Call, hosts: list[Any]) -> Amounts:
    found: Amounts = {}
    if not hosts:
        return found
    cpu = memory = 0.0
    for host in hosts:
        cluster = call.db.clusters.get(host.cluster_id)
        cpu += host.cpu_number * host.cpu_speed * call.setting("cpu.overprovisioning.factor", cluster)
        memory += host.memory * call.setting("mem.overprovisioning.factor", cluster)
    found[MEMORY] = (sum(h.memory_used for h in hosts), int(memory))
    found[CPU] = (sum(h.cpu_used for h in hosts), int(cpu))
    found[CPU_CORE] = (sum(h.cores_used for h in hosts), sum(h.cpu_number for h in hosts))
    found[GPU] = (sum(h.gpu_used for h in hosts), sum(h.gpu_total or 0 for h in hosts))
    return found


def _of_pools(call: Call, pools: list[StoragePool]) -> Amounts:
    shared = [p for p in pools if p.scope != "HOST"]
    local = [p for p in pools if p.scope == "HOST"]
    measured = [p for p in shared if p.measured]
    found: Amounts = {STORAGE: (sum(p.used for p in measured), sum(p.capacity for p in measured))}
    if shared:
        found[STORAGE_ALLOCATED] = (
            sum(p.allocated for p in shared),
            sum(int(p.capacity * overprovisioning(call, p)) for p in shared),
        )
    if local:
        found[LOCAL_STORAGE] = (
            sum(p.allocated for p in local),
            sum(int(p.capacity * overprovisioning(call, p)) for p in local),
        )
    return found


THIN = (
    "NetworkFilesystem",
    "VMFS",
    "Filesystem",
    "Linstor",
    "DatastoreCluster",
    "PowerFlex",
    "RBD",
    "SharedMountPoint",
)


def overprovisioning(call: Call, pool: StoragePool) -> float:
    """The factor by which a pool may be promised over its size; 1 where the type cannot."""
    return float(call.setting("storage.overprovisioning.factor", pool)) if pool.pool_type in THIN else 1.0


def _sum(parts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        for kind, (used, there) in part.items():
            before = total.get(kind, (0, 0))
            total[kind] = (before[0] + used, before[1] + there)
    return total


def zone_capacities(call: Call, zone: Zone) -> list[dict[str, Any]]:
    """The `capacity` field of a zone."""
    return [_fields(kind, amount) for kind, amount in sorted(amounts(call, zone).items())]


def pod_capacities(call: Call, pod: Pod) -> list[dict[str, Any]]:
    """The `capacity` field of a pod."""
    zone = call.db.zones[pod.zone_id]
    return [_fields(kind, amount) for kind, amount in sorted(amounts(call, zone, pod).items())]


def cluster_capacities(call: Call, cluster: Cluster) -> list[dict[str, Any]]:
    """The `capacity` field of a cluster."""
    zone = call.db.zones[cluster.zone_id]
    return [_fields(kind, amount) for kind, amount in sorted(amounts(call, zone, None, cluster).items())]


def _fields(kind: int, amount: tuple[int, int]) -> dict[str, Any]:
    used, total = amount
    return {
        "type": kind,
        "name": NAMES[kind],
        "capacityused": used,
        "capacitytotal": total,
        "percentused": percent(used, total),
    }


@command("listCapacity")
def list_capacity(call: Call) -> dict[str, Any]:
    p = call.params
    if p.fetchlatest:
        count(call.sim)
    rows = [row for zone, pod, cluster in _places(call) for row in _rows(call, zone, pod, cluster)]
    if p.type is not None:
        rows = [r for r in rows if r["type"] == p.type]
    if p.sortby is None:
        return call.listing("capacity", sorted(rows, key=lambda r: r["type"]), lambda _call, row: row)
    return _by_usage(call, rows)


def _places(call: Call) -> list[tuple[Zone, Pod | None, Cluster | None]]:
    p, db = call.params, call.db
    if p.clusterid:
        cluster = p.clusterid
        return [(db.zones[cluster.zone_id], db.pods[cluster.pod_id], cluster)]
    if p.podid:
        return [(db.zones[p.podid.zone_id], p.podid, None)]
    if p.zoneid:
        return [(p.zoneid, None, None)]
    return [(zone, None, None) for zone in db.zones]


def _rows(call: Call, zone: Zone, pod: Pod | None, cluster: Cluster | None) -> list[dict[str, Any]]:
    """The rows of one place. Allocated amounts are shown for zones, and for GPUs everywhere."""
    where: dict[str, Any] = {"zoneid": zone.uuid, "zonename": zone.name}
    of_pod = {"podid": pod.uuid, "podname": pod.name} if pod else {}
    of_cluster = {"clusterid": cluster.uuid, "clustername": cluster.name} if cluster else {}
    rows = []
    for kind, amount in amounts(call, zone, pod, cluster).items():
        row = _fields(kind, amount) | where | of_cluster
        if kind != GPU or cluster is None:
            row |= of_pod
        if kind == GPU or (kind in OF_HOSTS and pod is None and call.params.sortby is None):
            row["capacityallocated"] = amount[0]
        rows.append(row)
    return rows


def _by_usage(call: Call, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The fullest first, as many as the page asks for; the GPU rows follow behind them."""
    gpu = [r for r in rows if r["type"] == GPU]
    others = sorted((r for r in rows if r["type"] != GPU), key=lambda r: -Decimal(r["percentused"]))
    size = call.params.pagesize
    shown = (others if size in (None, -1) else others[:size]) + gpu
    return {"count": len(shown), "capacity": shown} if shown else {}
