"""Management servers and the counts of the whole."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...clock import timestamp
from ...envelope import VERSION
from ...errors import InvalidParameter
from ...farm import first_server, jobs_of, server_of
from ...listing import equal
from ...model.management import ManagementServer
from ...registry import SUCCESS, at_install, command, start_zone
from .alerts import announce_start

if TYPE_CHECKING:
    from ...simulator import Simulator

JAVA = {"javadistribution": "Debian", "javaversion": "17.0.15+6-Debian-1deb12u1"}
SYSTEM = "Debian GNU/Linux 12 (bookworm)"
HEAP = 3 << 30
CLUSTER_PORT = "9090"
"""Where management servers talk to each other."""
COLLECTOR = 60.0
"""Seconds between two rounds of the collector."""
UPTIMES = (240.0, 30.0, 30.0)
"""Seconds that the recorded server ran before each new start, without the long breaks."""
RECENT_SETTINGS = ("enable.dynamic.scale.vm", "quota.enable.service")
"""What was set on the recorded server after its events were cleared."""


@at_install(order=80)
def start(sim: Simulator) -> None:
    server = first_server(sim)
    server.last_start = server.last_boot = sim.clock.now()


@start_zone("sandbox", order=10)
def restarted_for_developer_settings(sim: Simulator) -> None:
    """The recorded server was started once more before its zone was made."""
    _restart(sim)


@start_zone("sandbox", order=90)
def restarted_since(sim: Simulator) -> None:
    """The recorded server was started three times after its zone was made, and its events were cleared."""
    for uptime in UPTIMES:
        sim.advance(uptime)
        _restart(sim)
    for event in sim.db.events:
        sim.db.events.delete(event)
    for name in RECENT_SETTINGS:
        sim.act("updateConfiguration", name=name, value=sim.settings.value(name))


def _restart(sim: Simulator) -> None:
    sim.advance(1)
    server = first_server(sim)
    server.last_stop = server.last_start = sim.clock.now()
    server.last_agents = [h.id for h in sim.db.hosts if h.kind == "Routing"]
    announce_start(sim)
    server.collected_agents = [host.id for host in _agents(sim)]


def _agents(sim: Simulator) -> list[Any]:
    return [host for host in sim.db.hosts if host.state == "Up" and host.kind != "ConsoleProxy"]


def _collected(call: Call, server: ManagementServer) -> list[int]:
    """The agents that the collector met in its latest round."""
    if call.now - call.sim.started < COLLECTOR:
        return server.collected_agents
    return [host.id for host in _agents(call.sim)]


def _uuids(call: Call, numbers: list[int]) -> list[str]:
    hosts = (call.db.hosts.get(number) for number in numbers)
    return [host.uuid for host in hosts if host is not None]


def _peers(call: Call, server: ManagementServer) -> dict[str, Any]:
    """The other servers of the cloud as this one sees them, when the call asks for them."""
    others = [other for other in call.db.management_servers if other is not server]
    if not call.params.get("peers") or not others:
        return {}
    return {"peers": [_peer(other) for other in others]}


def _peer(server: ManagementServer) -> dict[str, Any]:
    gone = server.state == "Down"
    return {
        "state": "Down" if gone else "Up",
        "lastupdated": timestamp(server.last_stop if gone else server.last_start),
        "peerid": server.uuid,
        "peername": server.name,
        "peermsid": str(int(server.uuid.replace("-", "")[:12], 16)),
        "peerrunid": str(int(server.last_start * 1000)),
        "peerstate": server.state,
        "peerserviceip": server.service_ip,
        "peerserviceport": CLUSTER_PORT,
    }


def server_view(call: Call, server: ManagementServer) -> dict[str, Any]:
    agents = [host for host in _agents(call.sim) if server_of(call.sim, host) is server]
    return {
        "id": server.uuid,
        "name": server.name,
        "state": server.state,
        "version": VERSION,
        **JAVA,
        "osdistribution": SYSTEM,
        "lastserverstart": timestamp(server.last_start),
        "lastserverstop": timestamp(server.last_stop),
        "lastboottime": timestamp(server.last_boot),
        "serviceip": server.service_ip,
        "ipaddress": server.service_ip,
        "lastagents": _uuids(call, server.last_agents),
        "agents": [host.uuid for host in agents],
        "agentscount": len(agents),
        "pendingjobscount": jobs_of(call.sim, server),
        **_peers(call, server),
    }


@command("listManagementServers")
def list_management_servers(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("id", p.id), equal("name", p.name)]
    return call.listing("managementserver", call.db.management_servers, server_view, where=filters, keyword=("name",))


def measured_view(call: Call, server: ManagementServer) -> dict[str, Any]:
    """A server with the measurements of this process."""
    threads = threading.active_count()
    return {
        "availableprocessors": 2,
        "agentcount": 0,
        "sessions": len(call.sim.auth.sessions),
        "heapmemoryused": HEAP // 8,
        "heapmemorytotal": HEAP,
        "threadsblockedcount": 0,
        "threadsdaemoncount": 0,
        "threadsrunnablecount": threads,
        "threadsteminatedcount": 0,
        "threadstotalcount": threads,
        "threadswaitingcount": 0,
        "systemmemorytotal": "24.00 GB",
        "systemmemoryfree": "20.00 GB",
        "systemmemoryvirtualsize": "6.00 GB",
        "loginfo": "",
        "systemtotalcpucycles": 5000.0,
        "systemloadaverages": [0.0, 0.0, 0.0],
        "systemcycleusage": [0, 0, 0],
        "dbislocal": True,
        "usageislocal": False,
        "cpuload": "0.00 %",
        "collectiontime": timestamp(call.now),
        **server_view(call, server),
        "kernelversion": "6.1.0",
        "lastagents": _uuids(call, _collected(call, server)),
        "agents": [],
    }


@command("listManagementServersMetrics")
def list_management_servers_metrics(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("id", p.id), equal("name", p.name)]
    return call.listing("managementserver", call.db.management_servers, measured_view, where=filters)


@command("listDbMetrics")
def list_db_metrics(call: Call) -> dict[str, Any]:
    return {
        "dbMetrics": {
            "collectiontime": timestamp(call.now),
            "hostname": "127.0.0.1",
            "replicas": ["localhost", "localhost"],
            "connections": 1,
            "uptime": int(call.now - call.sim.installed),
            "version": "10.11.19-MariaDB-0+deb12u1",
            "versioncomment": "Debian 12",
            "queries": call.sim.counters.calls.total(),
            "dbloadaverages": [0.0],
        }
    }


@command("removeManagementServer")
def remove_management_server(call: Call) -> dict[str, Any]:
    server = live(call.params.id, "Unable to find a Management Server with ID equal to [{uuid}].")
    if server.state != "Down":
        raise InvalidParameter(
            f"Unable to remove Management Server with ID [{server.uuid}]. It can only be removed when it is in the "
            f"[Down] state, however currently it is in the [{server.state}] state."
        )
    call.db.management_servers.remove(server)
    return SUCCESS


@command("listInfrastructure")
def list_infrastructure(call: Call) -> dict[str, Any]:
    db = call.db
    hosts = [host for host in db.hosts if host.kind == "Routing"]
    kinds = [vm.vm_type for vm in db.vms]
    return {
        "infrastructure": {
            "zones": len(db.zones),
            "pods": len(db.pods),
            "clusters": len(db.clusters),
            "hosts": len(hosts),
            "storagepools": len(db.storage_pools),
            "imagestores": len(db.image_stores),
            "backuprepositories": len(db.backup_repositories),
            "objectstores": len(db.object_stores),
            "systemvms": kinds.count("ConsoleProxy") + kinds.count("SecondaryStorageVm"),
            "routers": kinds.count("DomainRouter"),
            "ilbvms": kinds.count("InternalLoadBalancerVm"),
            "cpusockets": sum(host.cpu_sockets or 0 for host in hosts),
            "managementservers": len(db.management_servers),
            "alerts": len(db.alerts),
        }
    }
