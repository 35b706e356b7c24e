"""How answers show a host."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...envelope import VERSION
from ...model.hosts import Host
from ..annotations import has_annotations
from ..common import running_job
from ..zones.capacity import percent
from .agents import EVENTS

SECTIONS = ("all", "min", "capacity", "stats", "events")


def host_view(call: Call, host: Host) -> dict[str, Any]:
    """One host with the sections that the parameter `details` asks for (all, capacity, stats, events, min)."""
    wanted = set(call.params.details or ("all",)) if call.command == "listHosts" else {"all"}
    is_hypervisor = host.kind == "Routing"
    view = _always(call, host)
    if wanted != {"min"}:
        view |= _places(call, host)
    if is_hypervisor:
        if wanted & {"all", "capacity"}:
            view |= _capacity(call, host)
        if wanted & {"all", "stats"} and host.measured:
            view |= STATISTICS
    if wanted & {"all", "events"}:
        view["events"] = EVENTS.get(host.state)
    return view | running_job(call, host)


STATISTICS: dict[str, Any] = {
    "cpuused": "0%",
    "cpuloadaverage": 0.0,
    "networkkbsread": 32768,
    "networkkbswrite": 16384,
    "memoryused": 0,
}


def _always(call: Call, host: Host) -> dict[str, Any]:
    db = call.db
    cluster, pod = db.clusters.get(host.cluster_id), db.pods.get(host.pod_id)
    is_hypervisor = host.kind == "Routing"
    server = db.management_servers.first() if host.state in ("Up", "Connecting") else None
    vm = db.vms.get(host.vm_id)
    view: dict[str, Any] = {
        "id": host.uuid,
        "name": host.name,
        "state": host.state,
        "type": host.kind,
        "ipaddress": host.address,
        "zoneid": db.zones[host.zone_id].uuid,
        "podid": pod.uuid if pod else None,
        "clusterid": cluster.uuid if cluster else None,
        "version": VERSION,
        "hypervisor": host.hypervisor,
        "memoryallocated": 0,
        "lastpinged": timestamp(int(host.last_ping) >> 10),
        "virtualmachineid": vm.uuid if vm else None,
        "managementserverid": server.uuid if server else None,
        "managementservername": server.name if server else None,
        "islocalstorageactive": any(db.volumes.where(pool_id=s.id) for s in db.storage_pools.where(host_id=host.id)),
        "created": timestamp(host.created),
        "hostha": _ha(host),
        "outofbandmanagement": _power(host),
        "resourcestate": host.resource_state,
        "storageaccessgroups": ",".join(host.storage_access_groups) or None,
        "hasannotations": has_annotations(call, host),
    }
    if is_hypervisor:
        view |= {
            "cpusockets": host.cpu_sockets,
            "cpunumber": host.cpu_number,
            "cpuspeed": host.cpu_speed,
            "capabilities": host.capabilities,
            "gputotal": host.gpu_total,
            "gpuused": 0 if host.gpu_total is not None else None,
            "gpugroup": list(host.gpu_groups) or None,
            "ueficapability": host.details.get("host.uefi.enable") == "true",
            **_tags(host),
        }
    return view | _note(call, host)


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


def _places(call: Call, host: Host) -> dict[str, Any]:
    db = call.db
    cluster, pod = db.clusters.get(host.cluster_id), db.pods.get(host.pod_id)
    categories = db.table_of("GuestOSCategory")
    category = categories.get(host.os_category_id) if categories is not None else None
    view: dict[str, Any] = {
        "zonename": db.zones[host.zone_id].name,
        "podname": pod.name if pod else None,
        "oscategoryid": category.uuid if category else None,
        "oscategoryname": category.name if category else None,
    }
    if host.kind == "Routing":
        view |= {
            "clustername": cluster.name if cluster else None,
            "clustertype": cluster.cluster_type if cluster else None,
            "hypervisorversion": host.hypervisor_version,
            "hahost": False,
            "arch": host.arch,
            "details": host.details or None,
            "encryptionsupported": True if host.hypervisor == "KVM" else None,
            "instanceconversionsupported": False if host.hypervisor == "KVM" else None,
        }
    return view


def _capacity(call: Call, host: Host) -> dict[str, Any]:
    cluster = call.db.clusters.get(host.cluster_id)
    cpu = host.cpu_number * host.cpu_speed
    cpu_over = int(cpu * call.setting("cpu.overprovisioning.factor", cluster))
    memory_over = int(host.memory * call.setting("mem.overprovisioning.factor", cluster))
    return {
        "cpuallocated": share(host.cpu_used, cpu),
        "cpuallocatedvalue": host.cpu_used,
        "cpuallocatedpercentage": share(host.cpu_used, cpu),
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
