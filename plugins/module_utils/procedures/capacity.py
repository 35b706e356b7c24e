# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether each cluster could lose hosts (K11), and whether instances would be started again then (J3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..client import ApiError, InvalidInput
from ..model import Operation, Option, Row
from .facts import CLUSTER, POD, ZONE, scope_of
from .host_availability import restart_obstacles

GIB = 1 << 30


@dataclass(frozen=True)
class Share:
    """One resource of a cluster: what is given away, and what is left of it without the largest hosts."""

    used: float
    total: float
    without: float

    def holds(self, threshold: float) -> bool:
        return self.used <= self.without * threshold

    def as_dict(self, unit: float) -> dict[str, float]:
        def whole(value: float) -> float:
            return round(value / unit, 2)

        return {"used": whole(self.used), "total": whole(self.total), "without": whole(self.without)}


def is_usable(row: Row) -> bool:
    return (row.get("state"), row.get("resourcestate")) == ("Up", "Enabled")


def _number(row: Row, name: str) -> float:
    return float(row.get(name) or 0)


def memory_of(row: Row, factor: float | None) -> float:
    """Bytes that a host can give away; ``factor`` instead of the cluster's own overprovisioning."""
    if factor is not None:
        return _number(row, "memorytotal") * factor
    return _number(row, "memorywithoverprovisioning") or _number(row, "memorytotal")


def cpu_of(row: Row, factor: float | None) -> float:
    """MHz that a host can give away."""
    if factor is not None:
        return _number(row, "cpunumber") * _number(row, "cpuspeed") * factor
    return _number(row, "cpuwithoverprovisioning")


def share(used: float, capacities: Sequence[float], spare: int) -> Share:
    """Without the ``spare`` largest hosts: a cluster that survives those survives any."""
    kept = sorted(capacities)[: max(0, len(capacities) - spare)]
    return Share(used, sum(capacities), sum(kept))


def _judge(run: Any, cluster: Row, hosts: Sequence[Row]) -> dict[str, Any]:
    usable = [row for row in hosts if is_usable(row)]
    spare, threshold = int(run.option("spare_hosts")), int(run.option("threshold")) / 100
    memory = share(
        sum(_number(row, "memoryallocatedbytes") for row in hosts),
        [memory_of(row, run.option("memory_factor")) for row in usable],
        spare,
    )
    cpu = share(
        sum(_number(row, "cpuallocatedvalue") for row in hosts),
        [cpu_of(row, run.option("cpu_factor")) for row in usable],
        spare,
    )
    short = [name for name, one in (("memory", memory), ("CPU", cpu)) if not one.holds(threshold)]
    return {
        "cluster": cluster["name"],
        "id": cluster["id"],
        "pod": cluster.get("podname"),
        "zone": cluster.get("zonename"),
        "allocation_state": cluster.get("allocationstate"),
        "hosts": len(hosts),
        "usable_hosts": len(usable),
        "memory_gb": memory.as_dict(GIB),
        "cpu_mhz": cpu.as_dict(1.0),
        "holds": not short,
        "reason": f"without {spare} of {len(usable)} usable hosts there is not enough {' and '.join(short)}"
        if short
        else "",
    }


def guard(task: Any) -> dict[str, Any]:
    """Judges the clusters, and closes those that could not lose a host, where that is wanted."""
    _check(task)
    scope = scope_of(task)
    questions: Sequence[Callable[[], list[Row]]] = (
        lambda: task.client.list("listHostsMetrics", {"type": "Routing", **scope}),
        lambda: task.client.list("listClusters", _of_clusters(scope)),
        lambda: task.client.list("listZones", {"id": scope["zoneid"]} if "zoneid" in scope else {}),
    )
    hosts, clusters, zones = task.client.parallel(questions)
    found = [
        _judge(task, cluster, [row for row in hosts if row.get("clusterid") == cluster["id"]]) for cluster in clusters
    ]
    found = [entry for entry in found if entry["hosts"]]
    obstacles = [
        {"zone": zone["name"], "obstacles": restart_obstacles(task, zone["id"], _in_zone(hosts, zone))}
        for zone in zones
    ]
    breaches = [entry for entry in found if not entry["holds"]]
    closed = _close(task, breaches) if task.option("on_breach") == "disable" else []
    result = {
        "changed": bool(closed),
        "holds": not breaches,
        "clusters": found,
        "disabled": closed,
        "high_availability": [entry for entry in obstacles if entry["obstacles"]],
    }
    for entry in result["high_availability"]:
        task.warn(f"zone {entry['zone']}: {'; '.join(entry['obstacles'])}")
    if breaches and task.option("on_breach") == "fail":
        told = "; ".join(f"{entry['cluster']}: {entry['reason']}" for entry in breaches)
        return {**result, "failed": True, "msg": f"{len(breaches)} of {len(found)} clusters cannot lose a host: {told}"}
    return result


def _check(task: Any) -> None:
    if int(task.option("spare_hosts")) < 1:
        raise InvalidInput("spare_hosts must be at least 1", option="spare_hosts", remedy="give 1 or more")
    if not 1 <= int(task.option("threshold")) <= 100:
        raise InvalidInput("threshold is a percentage", option="threshold", remedy="give 1 to 100")
    for name in ("cpu_factor", "memory_factor"):
        value = task.option(name)
        if value is not None and value <= 0:
            raise InvalidInput(f"{name} must be more than 0", option=name, remedy="give for example 2.0")


def _of_clusters(scope: dict[str, str]) -> dict[str, str]:
    """The filters of listClusters, where the cluster itself is the id."""
    if "clusterid" in scope:
        return {"id": scope["clusterid"]}
    return {key: value for key, value in scope.items() if key in ("zoneid", "podid")}


def _in_zone(hosts: Sequence[Row], zone: Row) -> list[Row]:
    return [row for row in hosts if row.get("zoneid") == zone["id"]]


def _close(task: Any, breaches: Sequence[dict[str, Any]]) -> list[str]:
    """Disables clusters, so that nothing new starts in them; returns their names."""
    due = [entry for entry in breaches if entry["allocation_state"] == "Enabled"]
    for entry in due if not task.check else ():
        obj = f"cluster {entry['cluster']}"
        task.client.run("updateCluster", {"id": entry["id"], "allocationstate": "Disabled"}, obj=obj)
        now = task.client.list("listClusters", {"id": entry["id"]})[0].get("allocationstate")
        if now != "Disabled":
            raise ApiError(f"it is {now} after it was disabled", obj=obj, remedy="look at the server's events")
        entry["allocation_state"] = now
    return [entry["cluster"] for entry in due]


CAPACITY_GUARD = Operation(
    name="capacity_guard",
    summary="Tell which clusters could lose a host",
    description=(
        "Compares what is given away in each cluster with what its hosts can give without the largest of them.",
        "Reports, fails, or disables clusters in which a lost host could not be made up for.",
        "Tells too what keeps instances from being started again after a host is lost.",
    ),
    notes=(
        "Affinity, tags and the size of single instances are not looked at: what holds here may still not fit.",
        "A cluster that was disabled is not enabled again by this module.",
    ),
    options=(
        ZONE, POD, CLUSTER,
        Option("spare_hosts", "int", default=1, behaviour=True, help="So many hosts may be lost."),
        Option("threshold", "int", default=100, behaviour=True, unit="percent",
               help="Share of what is left that may be given away."),
        Option("on_breach", default="report", choices=("report", "fail", "disable"), behaviour=True,
               help="What happens where a cluster could not lose a host."),
        Option("cpu_factor", "float", behaviour=True,
               help="Judge as if this were C(cpu.overprovisioning.factor), before it is changed."),
        Option("memory_factor", "float", behaviour=True,
               help="Judge as if this were C(mem.overprovisioning.factor), before it is changed."),
    ),
    run=guard,
    returns={
        "holds": ("bool", "Whether every cluster could lose so many hosts."),
        "clusters": ("list", "Each cluster with its hosts, its memory and CPU, and why it does not hold."),
        "disabled": ("list", "Clusters that were disabled."),
        "high_availability": ("list", "Zones in which instances would not be started again, and why."),
    },
)  # fmt: skip
