"""Pods."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, NotModelled, PermissionDenied
from ...listing import equal
from ...model.zones import Pod, PodRange, Zone
from ...registry import SUCCESS, command
from ..common import in_access_group
from ..storage_pools import access as storage_access
from . import dedication, pod_ranges
from .pod_view import pod_view
from .texts import allocation_state


@command("listPods")
def list_pods(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "pod",
        call.db.pods,
        pod_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("zone_id", p.zoneid),
            equal("allocation_state", p.allocationstate),
            in_access_group(call),
        ],
        keyword=("name",),
    )


@command("createPod")
def create_pod(call: Call) -> dict[str, Any]:
    p = call.params
    zone = live(p.zoneid, "Please specify a valid zone.")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone}")
    _check_addresses(call, zone)
    network = net.network(p.gateway, p.netmask)
    cidr = str(network)
    end = p.endip or net.address(int(network.broadcast_address) - 1)
    _check_name(call, zone, p.name)
    pod_ranges.check_range(p.startip, end, cidr)
    pod_ranges.check_public(call, zone, p.startip, end)
    if net.within(p.gateway, p.startip, end):
        raise InvalidParameter("The gateway shouldn't overlap start/end ip addresses")
    _check_subnet(call, zone, cidr, None)
    storage_access.check_new(p.storageaccessgroups, zone=zone)
    pod = call.db.pods.add(
        Pod(
            name=p.name,
            zone_id=zone.id,
            gateway=p.gateway,
            cidr=cidr,
            allocation_state=allocation_state(p.get("allocationstate", "Enabled")),
            storage_access_groups=p.get("storageaccessgroups", []),
        )
    )
    pod_ranges.add(call.sim, pod, PodRange(start=p.startip, end=end))
    call.event("POD.CREATE", f"Successfully completed creating pod. Pod Name: {pod.name}", pod)
    return {"pod": pod_view(call, pod)}


def _check_addresses(call: Call, zone: Zone) -> None:
    """Pods have addresses, but for those of edge zones."""
    p = call.params
    if zone.is_edge:
        if any((p.startip, p.endip, p.gateway, p.netmask)):
            raise InvalidParameter("IP range parameters can not be specified for a pod in an edge zone")
        raise NotModelled(call.command)
    for parameter, what in (("startip", "start IP"), ("endip", "end IP"), ("gateway", "gateway")):
        if (parameter != "endip" or p.endip) and not net.is_ip4(p[parameter] or ""):
            raise InvalidParameter(f"The {what} is invalid")
    if not net.is_netmask(p.netmask or ""):
        raise InvalidParameter("The netmask is invalid")


def _check_name(call: Call, zone: Zone, name: str) -> None:
    if call.db.pods.first(zone_id=zone.id, name=name):
        raise InvalidParameter(
            f"A pod with name: {name} already exists in zone {zone}. Please specify a different pod name. "
        )


def _check_subnet(call: Call, zone: Zone, cidr: str, own: Pod | None) -> None:
    """Refuse a network that touches the zone's guest network or another pod's, unless nobody is to look."""
    if (call.setting("check.pod.cidrs") or "true").strip().lower() != "true":
        return
    wanted = net.cidr(cidr)
    guest = net.cidr(zone.guest_cidr)
    assert wanted is not None
    if guest is not None and wanted.overlaps(guest):
        raise InvalidParameter(
            "The subnet of the pod you are adding conflicts with the subnet of the Guest IP Network. "
            "Please specify a different CIDR."
        )
    for other in call.db.pods.where(zone_id=zone.id):
        if other is not own and wanted.overlaps(net.known_cidr(other.cidr)):
            raise InvalidParameter(
                f"The subnet of the pod you are adding conflicts with the subnet of pod {other.name} in zone "
                f"{zone.name}. "
                "Please specify a different CIDR."
            )


@command("updatePod")
def update_pod(call: Call) -> dict[str, Any]:
    """Ranges are changed by commands of their own: `startip` and `endip` are taken here, and overlooked."""
    p = call.params
    pod = live(p.id, "Unable to find pod by id {id}")
    zone = call.db.zones[pod.zone_id]
    gateway, cidr = _new_network(call, pod)
    if p.name and p.name != pod.name:
        _check_name(call, zone, p.name)
    if cidr != pod.cidr:
        _check_subnet(call, zone, cidr, pod)
    state = allocation_state(p.allocationstate) if p.allocationstate else pod.allocation_state
    _check_ranges(pod, gateway, cidr)
    pod.name = p.name or pod.name
    pod.gateway, pod.cidr, pod.allocation_state = gateway, cidr, state
    call.event("POD.EDIT", f"Successfully completed updating pod. Pod Name: {pod.name}", pod)
    return {"pod": pod_view(call, pod)}


def _new_network(call: Call, pod: Pod) -> tuple[str, str]:
    """Gateway and network after the update; with addresses in use the network may only grow."""
    p = call.params
    old = net.cidr(pod.cidr)
    assert old is not None
    if p.netmask and not net.is_netmask(p.netmask):
        raise InvalidParameter(f"Please enter a valid CIDR for pod: {pod.name}")
    gateway, netmask = p.gateway or pod.gateway, p.netmask or str(old.netmask)
    if not net.is_ip4(gateway):
        raise InvalidParameter("The gateway is not a valid IP address.")
    new = net.network(gateway, netmask)
    if pod.taken and new.prefixlen > old.prefixlen:
        raise CloudRuntime(
            "The specified pod has allocated private IP addresses, so its IP address range can be extended only"
        )
    return gateway, str(new)


def _check_ranges(pod: Pod, gateway: str, cidr: str) -> None:
    """Refuse a network that leaves one of the pod's ranges outside, or a gateway inside of one."""
    network = net.cidr(cidr)
    assert network is not None
    span = range(int(network[0]), int(network[-1]) + 1)
    for part in pod.ranges:
        for what, value in (("start", part.start), ("end", part.end)):
            if net.number(value) not in span:
                raise InvalidParameter(f"The {what} address of the some IP range is not in the CIDR subnet.")
        if net.within(gateway, part.start, part.end):
            raise InvalidParameter("The gateway shouldn't overlap some start/end ip addresses")


@command("deletePod")
def delete_pod(call: Call) -> dict[str, Any]:
    pod = live(call.params.id, "A pod with ID: {id} does not exist.")
    db = call.db
    volumes = db.tables["volumes"].where(pod_id=pod.id) if "volumes" in db.tables else []
    found = (
        ("private IP addresses allocated", pod.taken),
        ("storage volumes", volumes),
        ("servers", db.hosts.where(pod_id=pod.id, kind="Routing")),
        ("virtual machines", db.vms.where(pod_id=pod.id)),
        ("clusters", db.clusters.where(pod_id=pod.id)),
    )
    for what, rows in found:
        if rows:
            raise CloudRuntime(f"The pod cannot be deleted because there are {what} in this pod.")
    dedication.release(call.sim, "pod", pod)
    db.pods.remove(pod)
    call.event("POD.DELETE", f"Successfully completed deleting pod. Pod Name: {pod.name}", pod)
    return SUCCESS
