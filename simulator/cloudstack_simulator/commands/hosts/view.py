"""How answers show a host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...envelope import VERSION
from ...farm import server_of
from ...model.hosts import Host
from ..annotations import has_annotations
from ..common import access_groups
from ..extensions import use as extensions
from ..zones.capacity import percent

SECTIONS = ("all", "min", "capacity", "stats", "events")
EVENTS = {
    "Up": "StartAgentRebalance; AgentConnected; ShutdownRequested; ManagementServerDown; AgentDisconnected; Ping; "
    "PingTimeout; HostDown; Remove",
    "Disconnected": "WaitedTooLong; AgentConnected; ShutdownRequested; ManagementServerDown; Ping; AgentDisconnected; "
    "PingTimeout; HostDown; Remove",
    "Connecting": "AgentConnected; Ready; PingTimeout; ShutdownRequested; HostDown; Ping; ManagementServerDown; "
    "AgentDisconnected; Remove",
    "Alert": "AgentConnected; Ping; HostDown; Remove; ManagementServerDown; AgentDisconnected; ShutdownRequested",
    "Down": "AgentConnected; Remove; ManagementServerDown; AgentDisconnected; PingTimeout",
}
"""What may happen next to an agent, by its state."""


def host_view(call: Call, host: Host) -> dict[str, Any]:
    """One host with the sections that the parameter `details` asks for (all, capacity, stats, events, min)."""
    return host_views(call)(call, host)


def host_views(call: Call) -> Callable[[Call, Host], dict[str, Any]]:
    """`host_view` for long lists: what is the same for all hosts of a cluster is looked up once."""
    wanted = set(call.params.details or ("all",)) if call.command == "listHosts" else {"all"}
    known: dict[tuple[int, int | None, int | None], Surroundings] = {}

    def view(_call: Call, host: Host) -> dict[str, Any]:
        place = (host.zone_id, host.pod_id, host.cluster_id)
        around = known.get(place)
        if around is None:
            around = known[place] = Surroundings(call, host)
        return _view(call, host, wanted, around)

    return view


class Surroundings:
    """Where hosts of one cluster (system VMs' agents: of one pod) are, and the settings that hold there."""

    __slots__ = ("always", "cpu_factor", "memory_factor", "places")

    def __init__(self, call: Call, host: Host) -> None:
        db = call.db
        zone, pod, cluster = db.zones[host.zone_id], db.pods.get(host.pod_id), db.clusters.get(host.cluster_id)
        self.always = {
            "zoneid": zone.uuid,
            "podid": pod.uuid if pod else None,
            "clusterid": cluster.uuid if cluster else None,
            **access_groups(cluster=cluster, pod=pod, zone=zone),
        }
        self.places = {"zonename": zone.name, "podname": pod.name if pod else None}
        if cluster is not None:
            self.places |= {"clustername": cluster.name, "clustertype": cluster.cluster_type}
            self.places |= extensions.cluster_fields(call, cluster.id)
        self.cpu_factor = call.setting("cpu.overprovisioning.factor", cluster)
        self.memory_factor = call.setting("mem.overprovisioning.factor", cluster)


def _view(call: Call, host: Host, wanted: set[str], around: Surroundings) -> dict[str, Any]:
    is_hypervisor = host.kind == "Routing"
    view = _always(call, host, around)
    if wanted != {"min"}:
        _add_places(call, host, view, around)
    if is_hypervisor:
        if wanted & {"all", "capacity"}:
            view |= _capacity(host, around)
        if wanted & {"all", "stats"} and host.measured:
            view |= STATISTICS
    if wanted & {"all", "events"}:
        view["events"] = EVENTS.get(host.state)
    return view


STATISTICS: dict[str, Any] = {
    "cpuused": "0%",
    "cpuloadaverage": 0.0,
    "networkkbsread": 32768,
    "networkkbswrite": 16384,
    "memoryused": 0,
}


def _always(call: Call, host: Host, around: Surroundings) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": host.uuid,
        "name": host.name,
        "state": host.state,
        "type": host.kind,
        "ipaddress": host.address,
        **around.always,
        "version": VERSION,
        "hypervisor": host.hypervisor,
        "memoryallocated": 0,
        "lastpinged": timestamp(int(host.last_ping) >> 10),
        "islocalstorageactive": _has_local_volumes(call, host),
        "created": timestamp(host.created),
        "hostha": _ha(host),
        "outofbandmanagement": _power(host),
        "resourcestate": host.resource_state,
        "storageaccessgroups": ",".join(host.storage_access_groups) or None,
        "hasannotations": has_annotations(call, host),
    }
    if host.state in ("Up", "Connecting"):
        server = server_of(call.sim, host)
        view |= {"managementserverid": server.uuid, "managementservername": server.name}
    if host.vm_id is not None:
        view["virtualmachineid"] = call.db.vms[host.vm_id].uuid
    if host.kind == "Routing":
        view |= {
            "cpusockets": host.cpu_sockets,
            "cpunumber": host.cpu_number,
            "cpuspeed": host.cpu_speed,
            "capabilities": host.capabilities,
            "gputotal": host.gpu_total,
            "gpuused": host.gpu_used if host.gpu_total is not None else None,
            "gpugroup": list(host.gpu_groups) or None,
            "ueficapability": host.details.get("host.uefi.enable") == "true",
            **_tags(host),
        }
    return view | _note(call, host) if view["hasannotations"] else view


def _has_local_volumes(call: Call, host: Host) -> bool:
    pools = call.db.storage_pools.where(host_id=host.id)
    return any(call.db.volumes.where(pool_id=pool.id) for pool in pools)


def _tags(host: Host) -> dict[str, Any]:
    if not host.tags:
        return {}
    text = ",".join(host.tags)
    return {"hosttags": text, "explicithosttags": text, "istagarule": host.is_tag_rule}


def _note(call: Call, host: Host) -> dict[str, Any]:
    """The last annotation."""
    notes = call.db.annotations.where(entity_uuid=host.uuid)
    if not notes:
        return {}
    last = notes[-1]
    return {
        "annotation": last.annotation,
        "lastannotated": timestamp(last.created),
        "username": call.db.users[last.user_id].username,
    }


def _ha(host: Host) -> dict[str, Any]:
    return {
        "haenable": host.ha.get("enabled", False),
        "hastate": host.ha.get("state", "Disabled"),
        "haprovider": host.ha.get("provider"),
    }


def _power(host: Host) -> dict[str, Any]:
    fields = ("driver", "address", "port", "username", "password")
    return {
        "powerstate": host.power.get("state", "Disabled"),
        "enabled": host.power.get("enabled", False),
        **{field: host.power.get(field) for field in fields},
    }


def _add_places(call: Call, host: Host, view: dict[str, Any], around: Surroundings) -> None:
    view |= around.places
    if host.os_category_id is not None:
        category = call.db.os_categories[host.os_category_id]
        view |= {"oscategoryid": category.uuid, "oscategoryname": category.name}
    if host.kind == "Routing":
        view |= {
            "hypervisorversion": host.hypervisor_version,
            "hahost": False,
            "arch": host.arch,
            "details": host.details or None,
            "encryptionsupported": True if host.hypervisor == "KVM" else None,
            "instanceconversionsupported": False if host.hypervisor == "KVM" else None,
        }


def _capacity(host: Host, around: Surroundings) -> dict[str, Any]:
    cpu = host.cpu_number * host.cpu_speed
    cpu_over, memory_over = int(cpu * around.cpu_factor), int(host.memory * around.memory_factor)
    cpu_share = share(host.cpu_used, cpu)
    return {
        "cpuallocated": cpu_share,
        "cpuallocatedvalue": host.cpu_used,
        "cpuallocatedpercentage": cpu_share,
        "cpuallocatedwithoverprovisioning": share(host.cpu_used, cpu_over),
        "cpuwithoverprovisioning": str(cpu_over),
        "memorytotal": host.memory,
        "memorywithoverprovisioning": str(memory_over),
        "memoryallocated": host.memory_used,
        "memoryallocatedpercentage": share(host.memory_used, memory_over),
        "memoryallocatedbytes": host.memory_used,
    }


def share(used: float, total: float) -> str:
    """A part of a host's capacity in percent: `0.00%`, `1.56%`, `12.5%`."""
    return percent(used, total) + "%" if used else "0.00%"
