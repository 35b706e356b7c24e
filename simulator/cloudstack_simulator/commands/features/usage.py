"""The usage server as operators see it. None runs unless the simulator was told so: then there are never records."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...model.usage import UsageServer
from ...registry import SUCCESS, at_start, command
from ...usage import life

if TYPE_CHECKING:
    from ...simulator import Simulator

NEAR = 15 * 60
"""Seconds around the job's time in which nothing is removed."""


@at_start
def restarted(sim: Simulator) -> None:
    life.restart(sim)


def _server(call: Call) -> UsageServer | None:
    return call.db.usage_servers.first()


@command("generateUsageRecords")
def generate_usage_records(call: Call) -> dict[str, Any]:
    """Only asks the usage server for a job; that there is none does not show. The days asked for are overlooked."""
    server = _server(call)
    if server is not None:
        server.ordered = True
    return SUCCESS


@command("removeRawUsageRecords")
def remove_raw_usage_records(call: Call) -> dict[str, Any]:
    if call.params.interval <= 0:
        raise InvalidParameter(
            "Invalid interval value. Interval to remove cloud_usage records should be greater than 0"
        )
    if _job_is_near(call):
        return {"success": False}
    oldest = call.now - call.params.interval * 86400
    for record in call.db.usage_records:
        if record.end < oldest:
            call.db.usage_records.delete(record)
    return SUCCESS


def _job_is_near(call: Call) -> bool:
    parts = (call.sim.settings.text("usage.stats.job.exec.time") or "").split(":")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        return False
    now = datetime.fromtimestamp(call.now, life.zone_of(call.sim, "usage.execution.timezone"))
    due = now.replace(hour=int(parts[0]) % 24, minute=int(parts[1]) % 60, second=0, microsecond=0)
    return abs((now - due).total_seconds()) < NEAR


@command("listUsageServerMetrics")
def usage_server_metrics(call: Call) -> dict[str, Any]:
    server = _server(call)
    if server is None:
        told = {"hostname": "N/A", "state": "Down", "lastsuccessfuljob": timestamp(0.0)}
    else:
        counted = server.counted_until
        told = {
            "hostname": server.host_name,
            "state": server.state,
            "lastheartbeat": timestamp(server.heartbeat),
            "lastsuccessfuljob": timestamp(0.0 if counted is None else counted - 1),
        }
    return {"usageMetrics": {"collectiontime": timestamp(call.now), **told}}
