"""The cloud in few words, for the page: places with their hosts, system VMs, routers, and what happened last."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from .. import contract
from ..clock import timestamp
from ..model.appliances import API_TYPES, ROUTER
from ..tables import Table

if TYPE_CHECKING:
    from ..simulator import Simulator

SHOWN = 60
"""Jobs, events and calls that the page lists."""
SHOWN_ROUTERS = 240
WORDS = {0: "running", 1: "done", 2: "failed", 3: "cancelled"}


def cloud(sim: Simulator) -> dict[str, Any]:
    """Zones with everything in them."""
    return {"zones": [_zone(sim, zone) for zone in sim.db.zones]}


def _zone(sim: Simulator, zone: Any) -> dict[str, Any]:
    db = sim.db
    routers = db.vms.where(vm_type=ROUTER, zone_id=zone.id)
    return {
        "id": zone.uuid,
        "name": zone.name,
        "state": zone.allocation_state,
        "pods": [_pod(sim, pod) for pod in db.pods.where(zone_id=zone.id)],
        "systemvms": [
            {"id": vm.uuid, "name": vm.name, "kind": word, "state": vm.state}
            for kind, word in API_TYPES.items()
            for vm in db.vms.where(vm_type=kind, zone_id=zone.id)
        ],
        "routers": [{"id": vm.uuid, "name": vm.name, "state": vm.state} for vm in routers[:SHOWN_ROUTERS]],
        "routercount": len(routers),
        "instances": dict(Counter(vm.state for vm in db.vms.where(vm_type="User", zone_id=zone.id)).most_common()),
        "networks": len(db.networks.where(zone_id=zone.id, traffic_type="Guest")),
    }


def _pod(sim: Simulator, pod: Any) -> dict[str, Any]:
    clusters = sim.db.clusters.where(pod_id=pod.id)
    return {
        "id": pod.uuid,
        "name": pod.name,
        "state": pod.allocation_state,
        "clusters": [_cluster(sim, c) for c in clusters],
    }


def _cluster(sim: Simulator, cluster: Any) -> dict[str, Any]:
    db = sim.db
    on_host = db.vms.buckets("host_id") or {}
    return {
        "id": cluster.uuid,
        "name": cluster.name,
        "state": cluster.allocation_state,
        "hypervisor": cluster.hypervisor,
        "hosts": [
            {
                "id": host.uuid, "name": host.name, "state": _host_state(host), "vms": len(on_host.get(host.id, ())),
                "memory": _share(host.memory_used, host.memory),
            }
            for host in db.hosts.where(cluster_id=cluster.id, kind="Routing")
        ],
        "pools": [
            {"id": pool.uuid, "name": pool.name, "state": pool.state, "full": _share(pool.allocated, pool.capacity)}
            for pool in db.storage_pools.where(cluster_id=cluster.id)
        ],
    }  # fmt: skip


def _host_state(host: Any) -> str:
    return host.state if host.state != "Up" or host.resource_state == "Enabled" else str(host.resource_state)


def _share(used: int, whole: int) -> int:
    """Percent."""
    return min(100, round(100 * used / whole)) if whole else 0


def activity(sim: Simulator) -> dict[str, Any]:
    """The last jobs, events and calls, newest first, and the counters."""
    return {
        "counters": {k: v for k, v in sim.counters.view().items() if k in ("total", "changes")}
        | {"errors": sim.counters.errors.total()},
        "jobs": [_job(sim, job) for job in _newest(sim.db.jobs)],
        "events": [
            {"id": e.uuid, "time": timestamp(e.created), "type": e.type, "level": e.level, "text": e.description}
            for e in _newest(sim.db.events)
        ],
        "calls": [
            {"id": call.number, **call.view(), "time": timestamp(call.time)}
            for call in islice(reversed(sim.log.last), SHOWN)
        ],
    }


def _newest(table: Table[Any]) -> list[Any]:
    return list(islice(reversed(table.live.values()), SHOWN))


@cache
def _commands_by_class() -> dict[str, str]:
    return {fact.job_class: name for name, fact in contract.commands().items() if fact.is_async}


def _job(sim: Simulator, job: Any) -> dict[str, Any]:
    command = _commands_by_class().get(job.command, job.command.rpartition(".")[2])
    result = job.result if isinstance(job.result, dict) else {}
    return {
        "id": job.uuid, "time": timestamp(job.created), "command": command, "state": WORDS.get(job.status, "unknown"),
        "ended": timestamp(job.completed), "text": str(result.get("errortext") or ""),
        "kind": job.instance_type or "", "object": _name_of(sim, job.instance) if job.instance else "",
    }  # fmt: skip


def _name_of(sim: Simulator, uuid: str) -> str:
    """The name of what has this id, or the id."""
    found = next((row for row in (table.find(uuid) for table in sim.db.tables.values()) if row is not None), None)
    return str(getattr(found, "name", None) or uuid)


def commands() -> list[str]:
    return sorted(contract.commands())
