"""Rolling maintenance: the server takes KVM hosts one after the other into maintenance and runs their scripts.

Simulated hosts have scripts for every stage, and these always succeed.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime
from ...model.hosts import Host
from ...model.zones import Cluster
from ...registry import check, command
from ..instances import placement
from .maintenance import await_ping, enter, leave

STAGE_SECONDS = 1.0
SETTLED = ("Starting", "Stopping", "Migrating", "Error", "Unknown")
SCOPES = (("podids", "Pod"), ("clusterids", "Cluster"), ("zoneids", "Zone"), ("hostids", "Host"))

Steps = Generator[float, None, None]


@dataclass
class Report:
    """What the job tells in the end."""

    updated: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    disabled: list[Cluster] = field(default_factory=list)

    def skip(self, host: Host, reason: str) -> None:
        self.skipped.append({"hostid": host.uuid, "hostname": host.name, "reason": reason})

    def view(self, details: str, *, success: bool) -> dict[str, Any]:
        found = {"success": success, "details": details, "hostsupdated": self.updated, "hostsskipped": self.skipped}
        return {"rollingmaintenance": found}


class _StopError(Exception):
    """The whole rolling maintenance ends here."""


@check("startRollingMaintenance")
def check_scope(call: Call) -> None:
    _scope(call)


def _scope(call: Call) -> tuple[str, list[Any]]:
    """(kind, rows) of what shall be maintained: the first parameter that is there counts."""
    for parameter, kind in SCOPES:
        rows = call.params.get(parameter)
        if rows:
            return kind, rows
    raise CloudRuntime(
        "Parameters podId, clusterId, zoneId, hostId are mutually exclusive, please set only one of them"
    )


@command("startRollingMaintenance")
def start_rolling(call: Call) -> Generator[float, None, dict[str, Any]]:
    kind, rows = _scope(call)
    report = Report()
    timeout = call.params.timeout or call.setting("kvm.rolling.maintenance.stage.timeout")
    if timeout <= call.setting("kvm.rolling.maintenance.ping.interval"):
        return report.view(
            "The timeout value provided must be greater or equal than the ping interval defined in "
            "'kvm.rolling.maintenance.ping.interval'",
            success=False,
        )
    details, success = "OK", True
    try:
        for cluster, hosts in _by_cluster(call, kind, rows):
            yield from _maintain_cluster(call, cluster, hosts, report)
    except _StopError as reason:
        details, success = str(reason), False
    except CloudRuntime as error:
        details, success = f"Error starting rolling maintenance: {error.text}", False
    for cluster in report.disabled:
        cluster.allocation_state = "Enabled"
    _tell(call, kind, rows, report, "null" if success else details)
    return report.view(details, success=success)


def _tell(call: Call, kind: str, rows: list[Any], report: Report, details: str) -> None:
    """The event of its end. The server writes it before it has noted its own success."""
    numbers = ", ".join(str(row.id) for row in rows)
    call.event(
        f"{kind.upper()}.ROLLING.MAINTENANCE",
        f"Completed rolling maintenance for entity {kind} with IDs: [{numbers}] - Success: false, "
        f"details: {details}, hosts updated: {len(report.updated)}, hosts skipped: {len(report.skipped)}",
        rows[0],
    )


def _by_cluster(call: Call, kind: str, rows: list[Any]) -> list[tuple[Cluster, list[Host]]]:
    found: dict[int, list[Host]] = {}
    for host in call.db.hosts.where(kind="Routing", hypervisor="KVM"):
        number = {"Host": host.id, "Cluster": host.cluster_id, "Pod": host.pod_id, "Zone": host.zone_id}[kind]
        if number in [row.id for row in rows]:
            found.setdefault(host.cluster_id, []).append(host)
    return [(call.db.clusters[number], hosts) for number, hosts in found.items()]


def _maintain_cluster(call: Call, cluster: Cluster, hosts: list[Host], report: Report) -> Steps:
    forced = bool(call.params.forced)
    for host in hosts:
        if any(vm.state in SETTLED for vm in call.db.vms.where(host_id=host.id)):
            report.skip(
                host,
                "There are VMs in starting/stopping/migrating/error/unknown state, not allowing rolling maintenance "
                "in the cluster",
            )
            if forced:
                return
            raise _StopError(f"VMs in invalid states in cluster: {cluster.uuid}")
    if cluster.allocation_state == "Enabled":
        cluster.allocation_state = "Disabled"
        report.disabled.append(cluster)
    hosts = [host for host in hosts if _is_ready(host, report, forced=forced)]
    for host in hosts:
        reason = _why_not(call, host, cluster)
        if reason is not None and not forced:
            raise CloudRuntime(f"Capacity check failed for {host} : {reason}")
    yield STAGE_SECONDS
    for host in hosts:
        yield from _maintain(call, cluster, host, report)
    if cluster in report.disabled:
        report.disabled.remove(cluster)
        cluster.allocation_state = "Enabled"


def _is_ready(host: Host, report: Report, *, forced: bool) -> bool:
    if host.state != "Up":
        reason = f"Host {host.uuid} is not connected, state = {host.state}"
    elif host.resource_state != "Enabled":
        reason = f"Host {host.uuid} is not enabled, state = {host.resource_state}"
    else:
        return True
    if not forced:
        raise CloudRuntime(reason)
    report.skip(host, reason)
    return False


def _why_not(call: Call, host: Host, cluster: Cluster) -> str | None:
    """Why a host cannot be emptied, None when it can."""
    others = [
        h
        for h in call.db.hosts.where(cluster_id=cluster.id, kind="Routing", state="Up", resource_state="Enabled")
        if h is not host
    ]
    if not others:
        raise CloudRuntime(
            f"No host available in cluster {cluster.uuid} ({cluster.name}) to support host {host.uuid} ({host.name}) "
            "in maintenance"
        )
    for vm in call.db.vms.where(host_id=host.id):
        if not placement.candidates(call.sim, vm, avoid=(host.id,), moving=True):
            return f"{vm} cannot be migrated away from {host} to any other host in the cluster"
    return None


def _maintain(call: Call, cluster: Cluster, host: Host, report: Report) -> Steps:
    yield STAGE_SECONDS
    reason = _why_not(call, host, cluster)
    if reason is not None:
        if not call.params.forced:
            raise _StopError(reason)
        report.skip(host, f"Capacity check failed for {host}: {reason}")
        return
    started = call.sim.clock.now()
    yield from _empty(call, host)
    yield STAGE_SECONDS
    leave(host)
    ended = call.sim.clock.now()
    report.updated.append({
        "hostid": host.uuid,
        "hostname": host.name,
        "startdate": timestamp(started),
        "enddate": timestamp(ended),
        "output": "",
    })  # fmt: skip
    yield STAGE_SECONDS


def _empty(call: Call, host: Host) -> Steps:
    """Maintenance mode, waited for."""
    limit = call.setting("kvm.rolling.maintenance.wait.maintenance.timeout")
    enter(call, host)
    await_ping(call.sim, host)
    waited = 0.0
    while host.resource_state != "Maintenance":
        if waited >= limit:
            raise CloudRuntime(
                f"Timeout: waited {int(limit * 1000)}ms for host {host.uuid}({host.name}) to be in Maintenance state, "
                f"but after timeout it is in {host.resource_state} state"
            )
        yield 1.0
        waited += 1.0
