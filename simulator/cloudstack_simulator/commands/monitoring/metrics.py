"""Metrics: the rows of a list command with measurements in front."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import mean, pstdev
from typing import Any

from ...call import Call
from ...registry import COMMANDS, command

GB = 1 << 30


def _measured(
    call: Call, base: str, table: str, key: str, measure: Callable[[Call, Any], dict[str, Any]]
) -> dict[str, Any]:
    handler = COMMANDS[base].handler
    assert handler is not None
    answer: dict[str, Any] = dict(handler(call))
    rows = call.db.tables[table]
    if key in answer:
        answer[key] = [{**measure(call, rows.find(view["id"])), **view} for view in answer[key]]
    return answer


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole if whole else 0.0:.2f}%"


def _ghz(megahertz: float) -> str:
    return f"{megahertz / 1000:.2f} Ghz"


def _gb(count: float) -> str:
    return f"{count / GB:.2f} GB"


def _ratio(call: Call, name: str, cluster: Any) -> float:
    return float(call.setting(name, cluster))


class _Sum:
    """Capacity and use of some hosts, overprovisioning included."""

    def __init__(self, call: Call, hosts: Iterable[Any]) -> None:
        self.cpu = self.memory = self.raw_cpu = self.raw_memory = self.cpu_used = self.memory_used = 0.0
        for host in hosts:
            cluster = call.db.clusters.get(host.cluster_id)
            self.raw_cpu += host.cpu_number * host.cpu_speed
            self.raw_memory += host.memory
            self.cpu += host.cpu_number * host.cpu_speed * _ratio(call, "cpu.overprovisioning.factor", cluster)
            self.memory += host.memory * _ratio(call, "mem.overprovisioning.factor", cluster)
            self.cpu_used += host.cpu_used
            self.memory_used += host.memory_used


def _thresholds(call: Call, total: _Sum, scope: Any) -> dict[str, bool]:
    """Whether notification and disable thresholds are passed; what is really in use is not measured: never."""
    fields: dict[str, bool] = {}
    for name, used, whole in (("cpu", total.cpu_used, total.cpu), ("memory", total.memory_used, total.memory)):
        share = used / whole if whole else 0.0
        prefix = f"cluster.{name}.allocated.capacity"
        fields |= {
            f"{name}threshold": False,
            f"{name}disablethreshold": False,
            f"{name}allocatedthreshold": share > call.setting(f"{prefix}.notificationthreshold", scope),
            f"{name}allocateddisablethreshold": share > call.setting(f"{prefix}.disablethreshold", scope),
        }
    return fields


def _shares(total: _Sum) -> dict[str, str]:
    return {
        "cputotal": _ghz(total.raw_cpu),
        "cpuallocated": _percent(total.cpu_used, total.cpu),
        "memorytotal": _gb(total.raw_memory),
        "memoryallocated": _percent(total.memory_used, total.memory),
    }


def _hypervisor_hosts(call: Call, **where: Any) -> list[Any]:
    return call.db.hosts.where(kind="Routing", **where)


def _zone(call: Call, zone: Any) -> dict[str, Any]:
    clusters = call.db.clusters.where(zone_id=zone.id)
    total = _Sum(call, _hypervisor_hosts(call, zone_id=zone.id))
    enabled = sum(c.allocation_state == "Enabled" for c in clusters)
    return {
        "state": zone.allocation_state,
        "clusters": f"{enabled} / {len(clusters)}",
        **_shares(total),
        **_thresholds(call, total, None),
    }


@command("listZonesMetrics")
def list_zones_metrics(call: Call) -> dict[str, Any]:
    return _measured(call, "listZones", "zones", "zone", _zone)


def imbalance(hosts: list[Any]) -> float:
    """How unevenly memory is used: standard deviation by mean."""
    used = [host.memory_used for host in hosts]
    average = mean(used) if used else 0.0
    return pstdev(used) / average if average else 0.0


def _cluster(call: Call, cluster: Any) -> dict[str, Any]:
    hosts = _hypervisor_hosts(call, cluster_id=cluster.id)
    total = _Sum(call, hosts)
    return {
        "state": "Enabled" if cluster.allocation_state == "Enabled" else "Disabled",
        "hosts": f"{sum(h.state == 'Up' for h in hosts)} / {len(hosts)}",
        **_shares(total),
        **_thresholds(call, total, cluster),
        "drsimbalance": f"{100 * imbalance(hosts):.2f}%",
    }


@command("listClustersMetrics")
def list_clusters_metrics(call: Call) -> dict[str, Any]:
    return _measured(call, "listClusters", "clusters", "cluster", _cluster)


def _host(call: Call, host: Any) -> dict[str, Any]:
    """Network traffic is what the test hypervisor always reports."""
    mine = [vm for vm in call.db.vms.where(host_id=host.id) if vm.vm_type == "User"]
    system = [vm for vm in call.db.vms.where(host_id=host.id) if vm.vm_type != "User"]
    total = _Sum(call, [host])
    return {
        "powerstate": host.power.get("state", "Disabled"),
        "instances": f"{sum(vm.state == 'Running' for vm in mine)} / {len(mine)}",
        "systeminstances": f"{sum(vm.state == 'Running' for vm in system)} / {len(system)}",
        "cputotalghz": _ghz(total.raw_cpu),
        "cpuusedghz": _ghz(0),
        "cpuallocatedghz": _ghz(host.cpu_used),
        "memorytotalgb": _gb(host.memory),
        "memoryusedgb": _gb(0),
        "memoryallocatedgb": _gb(host.memory_used),
        "networkread": "0.03 GB",
        "networkwrite": "0.02 GB",
        **_thresholds(call, total, call.db.clusters.get(host.cluster_id)),
    }


@command("listHostsMetrics")
def list_hosts_metrics(call: Call) -> dict[str, Any]:
    """Only of hypervisor hosts."""
    call.params.set_default("type", "Routing")
    return _measured(call, "listHosts", "hosts", "host", _host)


def _with_pool_sizes(view: dict[str, Any], call: Call, pool: Any) -> dict[str, Any]:
    factor = float(view.get("overprovisionfactor") or 1)
    total, allocated, used = view["disksizetotal"], view["disksizeallocated"], view["disksizeused"]
    share = allocated / (total * factor) if total else 0.0
    busy = used / total if total else 0.0
    return {
        "disksizeusedgb": _gb(used),
        "disksizetotalgb": f"{_gb(total)} (x{factor})",
        "disksizeallocatedgb": _gb(allocated),
        "disksizeunallocatedgb": _gb(total * factor - allocated),
        "storageusagethreshold": busy > call.setting("cluster.storage.capacity.notificationthreshold"),
        "storageusagedisablethreshold": busy > call.setting("pool.storage.capacity.disablethreshold", pool),
        "storageallocatedthreshold": share > call.setting("cluster.storage.allocated.capacity.notificationthreshold"),
        "storageallocateddisablethreshold": share
        > call.setting("pool.storage.allocated.capacity.disablethreshold", pool),
        **view,
    }


@command("listStoragePoolsMetrics")
def list_storage_pools_metrics(call: Call) -> dict[str, Any]:
    answer = _measured(call, "listStoragePools", "storage_pools", "storagepool", lambda _call, _row: {})
    pools = call.db.storage_pools
    return {
        key: [_with_pool_sizes(view, call, pools.find(view["id"])) for view in value]
        if isinstance(value, list)
        else value
        for key, value in answer.items()
    }


@command("listVolumesMetrics")
def list_volumes_metrics(call: Call) -> dict[str, Any]:
    """With its own way of writing the storage type, and without the path of the domain."""
    answer = _measured(call, "listVolumes", "volumes", "volume", lambda _call, _row: {})
    if "volume" in answer:
        answer["volume"] = [_with_volume_sizes(view) for view in answer["volume"]]
    return answer


def _with_volume_sizes(view: dict[str, Any]) -> dict[str, Any]:
    return {
        "sizegb": f"{view['size'] / GB:.2f} GiB",
        "diskiopstotal": 0,
        **view,
        "storagetype": f"{(view.get('storagetype') or '').capitalize()} ({view['type']})",
        "domainpath": None,
    }
