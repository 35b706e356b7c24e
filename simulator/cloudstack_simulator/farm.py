"""Several management servers of one cloud: whose agents and whose jobs are whose.

A load balancer in front leads every request to a server that is up. Agents of a server that goes away connect to
another one; the jobs of a request belong to the server that took it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model.management import ManagementServer

if TYPE_CHECKING:
    from .model.hosts import Host
    from .simulator import Simulator

SHUTS_DOWN = ("PreparingForShutDown", "ReadyToShutDown", "ShuttingDown")
IN_MAINTENANCE = ("PreparingForMaintenance", "Maintenance")
HOLDS_AGENTS = ("Up", "PreparingForMaintenance", *SHUTS_DOWN)


def add_servers(sim: Simulator, count: int) -> None:
    """Bring a cloud to so many servers, and share the agents among them."""
    for number in range(len(sim.db.management_servers) + 1, count + 1):
        now = sim.clock.now()
        sim.db.management_servers.add(
            ManagementServer(name=f"management-{number}", service_ip=f"127.0.0.{number}", last_start=now, last_boot=now)
        )
    share_agents(sim)


def share_agents(sim: Simulator) -> None:
    """Agents go around among the servers that are up."""
    servers = up(sim)
    for number, host in enumerate(sim.db.hosts.where(kind="Routing")):
        host.server_id = servers[number % len(servers)].id if servers else None


def up(sim: Simulator) -> list[ManagementServer]:
    """The servers that take requests."""
    return [server for server in sim.db.management_servers if server.state == "Up"]


def alive(sim: Simulator) -> list[ManagementServer]:
    """The servers whose process runs."""
    return [server for server in sim.db.management_servers if server.state != "Down"]


def serving(sim: Simulator) -> ManagementServer:
    """The server that takes requests now: one that is up, else one that still answers."""
    return next(iter(up(sim) or alive(sim)), None) or first_server(sim)


def first_server(sim: Simulator) -> ManagementServer:
    """The one that was there before all others."""
    server: ManagementServer = sim.db.management_servers.the()
    return server


def takes_jobs(sim: Simulator) -> bool:
    """Whether the server that takes requests also takes new jobs; one that is to go down does not."""
    return serving(sim).state not in (*IN_MAINTENANCE, *SHUTS_DOWN)


def server_of(sim: Simulator, host: Host) -> ManagementServer:
    """The server that a host's agent is connected to."""
    own = sim.db.management_servers.get(host.server_id)
    return own if own is not None and own.state in HOLDS_AGENTS else serving(sim)


def jobs_of(sim: Simulator, server: ManagementServer) -> int:
    """Running jobs of a server."""
    first = first_server(sim).id
    return sum((job.server_id or first) == server.id for job in sim.db.jobs.where(status=0))


def leave_agents(sim: Simulator, server: ManagementServer) -> None:
    """Its agents connect to the others that are up."""
    others = [other for other in up(sim) if other is not server]
    for number, host in enumerate(sim.db.hosts.where(kind="Routing", server_id=server.id)):
        host.server_id = others[number % len(others)].id if others else None


def take_down(sim: Simulator, server: ManagementServer) -> None:
    """A server's process is gone: others take its agents."""
    server.state_before, server.state = server.state, "Down"
    server.last_stop = sim.clock.now()
    leave_agents(sim, server)


def bring_up(sim: Simulator, server: ManagementServer) -> None:
    """A server starts again. One that was in maintenance stays in it. With the last one all know their settings."""
    server.state = "Maintenance" if server.state_before in IN_MAINTENANCE else "Up"
    server.last_start = sim.clock.now()
    if all(one.last_start > sim.started for one in sim.db.management_servers):
        sim.read_anew()


def start_stopped(sim: Simulator) -> None:
    """Servers that were told to shut down are started again by hand."""
    for server in sim.db.management_servers.where(state="Down", state_before="ShuttingDown"):
        server.state = "Up"
