"""DRS plans of a cluster: which migrations would spread memory more evenly, and doing them."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal
from ...model.features import DrsPlan
from ...parameters import UUID
from ...registry import command
from ..monitoring.metrics import imbalance

STEP = 0.2


def _move_view(vm: Any, source: Any, target: Any) -> dict[str, Any]:
    return {
        "virtualmachineid": vm.uuid,
        "virtualmachinename": vm.instance_name or vm.name,
        "sourcehostid": source.uuid,
        "sourcehostname": source.name,
        "destinationhostid": target.uuid,
        "destinationhostname": target.name,
    }


class _Load:
    """A host's memory in use, as a plan would change it."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.memory_used = host.memory_used


def _planned(call: Call, cluster: Any, limit: int) -> list[dict[str, Any]]:
    """Moves that each lessen the imbalance, until it is below the setting `drs.imbalance`."""
    hosts = [h for h in call.db.hosts.where(cluster_id=cluster.id, kind="Routing") if h.state == "Up"]
    loads = {host.id: _Load(host) for host in hosts}
    vms = [v for h in hosts for v in call.db.vms.where(host_id=h.id) if v.vm_type == "User" and v.state == "Running"]
    moves: list[dict[str, Any]] = []
    while len(moves) < limit and imbalance(list(loads.values())) > call.setting("drs.imbalance", cluster):
        best = min((_after(call, loads, vm, target) for vm in vms for target in loads.values()), default=None)
        if best is None or best[0] >= imbalance(list(loads.values())):
            break
        _value, number, target_id = best
        vm = next(v for v in vms if v.id == number)
        moves.append(_move_view(vm, loads[vm.host_id].host, loads[target_id].host))
        vms.remove(vm)
        loads[vm.host_id].memory_used -= _memory(call, vm)
        loads[target_id].memory_used += _memory(call, vm)
    return moves


def _memory(call: Call, vm: Any) -> int:
    offering = call.db.service_offerings.get(vm.service_offering_id)
    return (getattr(vm, "memory", None) or getattr(offering, "memory", None) or 0) << 20


def _after(call: Call, loads: dict[int, _Load], vm: Any, target: _Load) -> tuple[float, int, int]:
    """(imbalance after the move, number of the VM, number of the host)."""
    memory = _memory(call, vm)
    used = {number: load.memory_used for number, load in loads.items()}
    used[vm.host_id] -= memory
    used[target.host.id] += memory
    changed = [_Load(loads[number].host) for number in used]
    for load in changed:
        load.memory_used = used[load.host.id]
    return imbalance(changed), vm.id, target.host.id


@command("generateClusterDrsPlan")
def generate_plan(call: Call) -> dict[str, Any]:
    """A proposal; it is not kept."""
    cluster = live(call.params.id, "Unable to find the cluster by id={id}")
    limit = call.params.migrations or call.setting("drs.max.migrations", cluster)
    if limit < 0:
        raise InvalidParameter("Maximum migrations cannot be negative")
    event = call.event("CLUSTER.DRS.GENERATE", f"Generating DRS plan for cluster {cluster.uuid}", cluster)
    return {
        "generateclusterdrsplanresponse": {
            "migrations": _planned(call, cluster, limit),
            "id": call.sim.ids.uuid(),
            "clusterid": cluster.uuid,
            "eventid": event.uuid,
            "type": "MANUAL",
            "status": "UNDER_REVIEW",
        }
    }


def plan_view(call: Call, plan: DrsPlan) -> dict[str, Any]:
    return {
        "migrations": plan.migrations,
        "id": plan.uuid,
        "clusterid": call.db.clusters[plan.cluster_id].uuid,
        "eventid": plan.event,
        "type": plan.type,
        "status": plan.status,
        "created": timestamp(plan.created),
    }


@command("listClusterDrsPlan")
def list_plans(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("id", p.id), equal("cluster_id", p.clusterid)]
    return call.listing("drsPlan", call.db.drs_plans, plan_view, where=filters)


def _wanted_moves(call: Call) -> list[tuple[Any, Any]]:
    moves = []
    for entry in (call.params.migrateto or {}).values():
        vm, host = _row(call, "vms", entry.get("vm")), _row(call, "hosts", entry.get("host"))
        if vm is None or host is None:
            raise InvalidParameter(f"Unable to find the vm or host with ID: {entry.get('vm')}, {entry.get('host')}")
        moves.append((vm, host))
    if not moves:
        raise InvalidParameter("migrateto can not be empty.")
    return moves


def _row(call: Call, table: str, uuid: str | None) -> Any:
    row = call.db.tables[table].find(uuid) if uuid and UUID.fullmatch(uuid) else None
    return row if row is not None and row.removed is None else None


@command("executeClusterDrsPlan")
def execute_plan(call: Call) -> dict[str, Any]:
    """The job ends when the migrations have been started; the plan is completed after them."""
    cluster = live(call.params.id, "Unable to find the cluster by id={id}")
    moves = _wanted_moves(call)
    event = call.event("CLUSTER.DRS", f"Executing DRS plan for cluster {cluster.uuid}", cluster)
    sources = [call.db.hosts[vm.host_id] for vm, _host in moves]
    plan = call.db.drs_plans.add(
        DrsPlan(
            cluster_id=cluster.id,
            event=event.uuid,
            migrations=[_move_view(vm, source, host) for (vm, host), source in zip(moves, sources, strict=True)],
        )
    )
    call.sim.scheduler.after(STEP, _complete, call.sim, plan, moves)
    return {"drsPlan": plan_view(call, plan)}


def _complete(sim: Any, plan: DrsPlan, moves: list[tuple[Any, Any]]) -> None:
    for vm, host in moves:
        if vm.removed is None and vm.state == "Running" and vm.host_id != host.id:
            sim.act("migrateVirtualMachine", virtualmachineid=vm.uuid, hostid=host.uuid)
    plan.status = "COMPLETED"
