"""Maintenance and shutdown of management servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import farm
from ...call import Call, live
from ...errors import CloudRuntime
from ...hash_order import in_hash_order
from ...model.management import ManagementServer
from ...registry import command

if TYPE_CHECKING:
    from ...simulator import Simulator

FIRST_CHECK, CHECK_EVERY = 1.0, 3.0
"""Seconds until a server that prepares looks at its jobs and agents, and between two looks."""
ALGORITHMS = in_hash_order(("static", "roundrobin", "shuffle"))
"""How agents may be shared between the servers, in the order of the server's map."""


def _view(call: Call, server: ManagementServer) -> dict[str, Any]:
    agents = [h for h in call.db.hosts if h.state == "Up" and h.kind != "ConsoleProxy"]
    agents = [host for host in agents if farm.server_of(call.sim, host) is server]
    pending = farm.jobs_of(call.sim, server)
    return {
        call.command.lower(): {
            "managementserverid": server.uuid,
            "state": server.state,
            "maintenanceinitiated": server.state in farm.IN_MAINTENANCE,
            "shutdowntriggered": server.state in farm.SHUTS_DOWN,
            "readyforshutdown": pending == 0,
            "pendingjobscount": pending,
            "agentscount": len(agents),
            "agents": [host.uuid for host in agents],
        }
    }


def _server(call: Call, text: str) -> ManagementServer:
    server: ManagementServer = live(call.params.managementserverid, text, CloudRuntime)
    return server


def _check_others(call: Call, doing: str) -> None:
    """One server at a time goes away."""
    if any(other.state in ("PreparingForMaintenance", "PreparingForShutDown") for other in call.db.management_servers):
        raise CloudRuntime(f"Cannot {doing}, there are other management servers preparing for maintenance/shutdown")


def _done(call: Call, server: ManagementServer, kind: str, doing: str) -> dict[str, Any]:
    call.event(kind, f"Successfully completed {doing}", server)
    return _view(call, server)


@command("prepareForMaintenance")
def prepare(call: Call) -> dict[str, Any]:
    algorithm = (call.params.algorithm or "").strip()
    if algorithm and call.params.algorithm not in ALGORITHMS:
        raise CloudRuntime(f"Invalid algorithm {call.params.algorithm}, valid values are: [{', '.join(ALGORITHMS)}]")
    up = farm.up(call.sim)
    if not up:
        raise CloudRuntime("Cannot prepare for maintenance, no active management servers found")
    if len(up) == 1:
        raise CloudRuntime("Prepare for maintenance not supported, there is only one active management server")
    server = _server(call, "Cannot prepare for maintenance, unable to find the management server")
    if server.state != "Up":
        raise CloudRuntime("Management server is not in the right state to prepare for maintenance")
    _check_others(call, "prepare for maintenance")
    server.state, server.preparing_since = "PreparingForMaintenance", call.now
    server.last_agents = [host.id for host in call.db.hosts.where(kind="Routing", server_id=server.id)]
    server.forced = bool(call.params.forced)
    call.sim.scheduler.after(FIRST_CHECK, go_on, call.sim, server)
    return _done(call, server, "MS.MAINTENANCE.PREPARE", "preparing for maintenance")


def go_on(sim: Simulator, server: ManagementServer) -> None:
    """A server that prepares: in maintenance once its jobs have ended and its agents are elsewhere.

    When that takes too long it is up again, or in maintenance all the same where it is forced to.
    """
    if server.state != "PreparingForMaintenance":
        return
    limit = float(sim.settings.value("management.server.maintenance.timeout")) * 60
    if sim.clock.now() - server.preparing_since >= limit:
        server.state = "Maintenance" if server.forced else "Up"
    elif farm.jobs_of(sim, server):
        sim.scheduler.after(CHECK_EVERY, go_on, sim, server)
    else:
        farm.leave_agents(sim, server)
        server.state = "Maintenance"


@command("cancelMaintenance")
def cancel(call: Call) -> dict[str, Any]:
    server = _server(call, "Unable to find the management server, cannot cancel maintenance")
    if server.state not in ("Maintenance", "PreparingForMaintenance"):
        raise CloudRuntime("Management server is not in the right state to cancel maintenance")
    server.state = "Up"
    if call.params.rebalance:
        for number in server.last_agents:
            host = call.db.hosts.get(number)
            if host is not None:
                host.server_id = server.id
    return _done(call, server, "MS.MAINTENANCE.CANCEL", "cancelling maintenance")


@command("readyForShutdown")
def ready(call: Call) -> dict[str, Any]:
    return _view(call, _server(call, "Unable to find the management server"))


@command("prepareForShutdown")
def prepare_for_shutdown(call: Call) -> dict[str, Any]:
    server = _server(call, "Unable to find the management server, cannot prepare for shutdown")
    if server.state != "Up":
        raise CloudRuntime("Management server is not in the right state to prepare for shutdown")
    _check_others(call, "prepare for shutdown")
    server.state = "PreparingForShutDown"
    call.sim.scheduler.after(FIRST_CHECK, wind_down, call.sim, server)
    return _done(call, server, "MS.SHUTDOWN.PREPARE", "preparing for shutdown")


@command("triggerShutdown")
def trigger_shutdown(call: Call) -> dict[str, Any]:
    server = _server(call, "Unable to find the management server, cannot trigger shutdown")
    if server.state not in ("Up", "Maintenance", "PreparingForShutDown", "ReadyToShutDown"):
        raise CloudRuntime("Management server is not in the right state to trigger shutdown")
    if server.state == "Up":
        _check_others(call, "trigger shutdown")
    server.state = "ShuttingDown"
    call.sim.scheduler.after(FIRST_CHECK, wind_down, call.sim, server)
    return _done(call, server, "MS.SHUTDOWN", "triggering shutdown")


@command("cancelShutdown")
def cancel_shutdown(call: Call) -> dict[str, Any]:
    server = _server(call, "Unable to find the management server, cannot cancel shutdown")
    if server.state not in ("PreparingForShutDown", "ReadyToShutDown"):
        raise CloudRuntime("Management server is not in the right state to cancel shutdown")
    server.state = "Up"
    return _done(call, server, "MS.SHUTDOWN.CANCEL", "cancelling shutdown")


def wind_down(sim: Simulator, server: ManagementServer) -> None:
    """A server that is to go down: ready, or gone when that was ordered, once its jobs have ended."""
    if server.state not in ("PreparingForShutDown", "ShuttingDown"):
        return
    if farm.jobs_of(sim, server):
        sim.scheduler.after(CHECK_EVERY, wind_down, sim, server)
    elif server.state == "ShuttingDown":
        farm.take_down(sim, server)
    else:
        server.state = "ReadyToShutDown"
