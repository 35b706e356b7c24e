"""Management ranges of pods, and the addresses that hosts and system VMs take from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...call import Call, live
from ...errors import CloudRuntime, InsufficientAddressCapacity, InvalidParameter, JavaError
from ...model.zones import Pod, PodRange, Zone
from ...registry import SUCCESS, command
from .pod_view import pod_view

if TYPE_CHECKING:
    from ...simulator import Simulator


def check_range(start: str, end: str, cidr: str) -> None:
    """Refuse a range that is none, lies outside of the network or runs backwards."""
    network = net.cidr(cidr)
    assert network is not None
    for what, value in (("start", start), ("end", end)):
        if not net.is_ip4(value):
            raise InvalidParameter(f"The {what} address of the IP range is not a valid IP address.")
    for what, value in (("start", start), ("end", end)):
        if net.number(value) not in range(int(network[0]), int(network[-1]) + 1):
            raise InvalidParameter(f"The {what} address of the IP range is not in the CIDR subnet.")
    if net.number(start) > net.number(end):
        raise InvalidParameter("The start IP address must have a lower value than the end IP address.")


def check_public(call: Call, zone: Zone, start: str, end: str) -> None:
    """Refuse a range with a public address of the zone in it."""
    for ip in call.db.ip_addresses.where(zone_id=zone.id):
        if net.within(ip.address, start, end):
            raise InvalidParameter(f"The Start IP and endIP address range overlap with Public IP :{ip.address}")


def add(sim: Simulator, pod: Pod, new: PodRange) -> None:
    zone = sim.db.zones[pod.zone_id]
    new.first_mac = zone.next_mac
    zone.next_mac += net.size(new.start, new.end)
    pod.ranges.append(new)


def resize(sim: Simulator, pod: Pod, old: PodRange, start: str, end: str) -> None:
    """Give a range new ends; new addresses at its end go on with its MAC numbers where those are the zone's last."""
    zone = sim.db.zones[pod.zone_id]
    if start == old.start and old.first_mac + net.size(old.start, old.end) == zone.next_mac:
        zone.next_mac = old.first_mac + net.size(start, end)
    elif net.size(start, end) > net.size(old.start, old.end):
        old.first_mac = zone.next_mac
        zone.next_mac += net.size(start, end)
    old.start, old.end = start, end


def take_address(sim: Simulator, pod: Pod, user: str, *, for_system_vm: bool = True) -> tuple[str, int]:
    """A free management address of the pod, by chance as on the server, and the number for its MAC.

    `user`: uuid of what it is for. Raises InsufficientAddressCapacity (533) when none is left.
    """
    for own in (True, False) if for_system_vm else (False,):
        for part in (r for r in pod.ranges if r.for_system_vms is own):
            free = [net.address(n) for n in net.numbers(part.start, part.end) if n not in pod.taken]
            if free:
                chosen = str(sim.choose("address", free, pod=pod))
                pod.taken[net.number(chosen)] = user
                return chosen, part.first_mac + net.number(chosen) - net.number(part.start)
    raise InsufficientAddressCapacity(f"Unable to get a management IP address in pod {pod.name}")


def free_addresses(pod: Pod, user: str) -> None:
    """Give back every address of the pod that `user` has."""
    for value in [n for n, holder in pod.taken.items() if holder == user]:
        del pod.taken[value]


@command("createManagementNetworkIpRange")
def create_management_range(call: Call) -> dict[str, Any]:
    p = call.params
    pod = live(p.podid, "Unable to find pod by ID: {id}")
    end = p.endip or p.startip
    if not net.is_ip4(p.gateway):
        raise InvalidParameter("The gateway IP address is invalid.")
    if not net.is_netmask(p.netmask):
        raise InvalidParameter("The netmask IP address is invalid.")
    network = net.cidr(pod.cidr)
    assert network is not None
    if p.gateway != pod.gateway:
        raise InvalidParameter(
            f"Multiple gateways for the POD: {pod} are not allowed. The Gateway should be same as the existing "
            f"Gateway {pod.gateway}"
        )
    if p.netmask != str(network.netmask):
        raise InvalidParameter(
            f"Multiple subnets for the POD: {pod} are not allowed. The Netmask should be same as the existing "
            f"Netmask {network.netmask}"
        )
    check_range(p.startip, end, pod.cidr)
    check_public(call, call.db.zones[pod.zone_id], p.startip, end)
    if net.within(p.gateway, p.startip, end):
        raise InvalidParameter("The gateway shouldn't overlap start/end ip addresses")
    if any(net.overlap(p.startip, end, r.start, r.end) for r in pod.ranges):
        raise InvalidParameter("The new range overlaps with existing range. Please add a mutually exclusive range.")
    add(
        call.sim,
        pod,
        PodRange(
            start=p.startip,
            end=end,
            vlan=f"vlan://{_vlan_number(p.vlan) or 'untagged'}",
            vlan_given=bool(_vlan_number(p.vlan)),
            for_system_vms=p.get("forsystemvms", False),
        ),
    )
    call.event("MANAGEMENT.IP.RANGE.CREATE", "Successfully completed Creating management IP range", pod)
    return {"pod": pod_view(call, pod)}


def _vlan_number(text: str | None) -> str | None:
    """The number in `30` or `vlan://30`; None for no VLAN or `untagged`."""
    bare = (text or "").removeprefix("vlan://")
    if bare in ("", "untagged"):
        return None
    if not bare.isdigit():
        raise CloudRuntime(f"Vlan parameter : {text} is not in valid format")
    return bare


def _authority(text: str) -> str | None:
    """What the server takes from a VLAN when it deletes a range: the host of the URI, nothing from a bare word."""
    return text.partition("://")[2] or None


@command("deleteManagementNetworkIpRange")
def delete_management_range(call: Call) -> dict[str, Any]:
    p = call.params
    vlan = _authority(p.vlan)
    pod = live(p.podid, "Unable to find pod by id {id}")
    for what, value in (("start", p.startip), ("end", p.endip)):
        if not net.is_ip4(value):
            raise InvalidParameter(f"The {what} address of the IP range is not a valid IP address.")
    if net.number(p.startip) > net.number(p.endip):
        raise InvalidParameter("The start IP address must have a lower value than the end IP address.")
    if any(n in pod.taken for n in net.numbers(p.startip, p.endip)):
        raise CloudRuntime("Some IPs of the range has been allocated, so it cannot be deleted.")
    if not pod.ranges:
        raise InvalidParameter("The IP range cannot be found. As the existing IP range is empty.")
    for existing in pod.ranges:
        if (existing.start, existing.end) != (p.startip, p.endip):
            continue
        if vlan is None:
            raise JavaError('Cannot invoke "String.equals(Object)" because "vlan" is null')
        if existing.vlan == f"vlan://{vlan}":
            pod.ranges.remove(existing)
            call.event("MANAGEMENT.IP.RANGE.DELETE", "Successfully completed Deleting management IP range", pod)
            return SUCCESS
    raise InvalidParameter(
        f"The input IP range: {p.startip}-{p.endip} of pod: {pod}is not present. Please input an existing range."
    )


@command("updatePodManagementNetworkIpRange")
def update_management_range(call: Call) -> dict[str, Any]:
    p = call.params
    pod = live(p.podid, "Unable to find pod by id: {id}")
    start, end = p.newstartip or p.currentstartip, p.newendip or p.currentendip
    _check_ends("current", p.currentstartip, p.currentendip)
    _check_ends("current", start, end)
    if (start, end) == (p.currentstartip, p.currentendip):
        raise InvalidParameter(
            "New starting and ending IP address are the same as current starting and ending IP address"
        )
    if not pod.ranges:
        raise InvalidParameter(f"The IP range cannot be found in the pod: {pod} since the existing IP range is empty.")
    check_range(start, end, pod.cidr)
    chosen = _range_to_update(call, pod, start, end)
    old = net.numbers(p.currentstartip, p.currentendip)
    if any(n in old and n not in net.numbers(start, end) for n in pod.taken):
        raise InvalidParameter(
            "The IP range does not contain some IP addresses that have already been taken. Please adjust your IP range "
            "to include all IP addresses already taken."
        )
    resize(call.sim, pod, chosen, start, end)
    call.event("MANAGEMENT.IP.RANGE.UPDATE", "Successfully completed Updating pod management IP range", pod)
    return SUCCESS


def _check_ends(which: str, start: str, end: str) -> None:
    if not net.is_ip4(start):
        raise InvalidParameter(f"The {which} start address of the IP range {start} is not a valid IP address.")
    if not net.is_ip4(end):
        raise InvalidParameter(f"The {which} end address of the IP range {end} is not a valid IP address.")
    if net.number(start) > net.number(end):
        raise InvalidParameter("The start IP address must have a lower value than the end IP address.")


def _range_to_update(call: Call, pod: Pod, start: str, end: str) -> PodRange:
    p = call.params
    chosen = None
    for existing in pod.ranges:
        if (existing.start, existing.end) == (p.currentstartip, p.currentendip):
            chosen = existing
        elif net.overlap(start, end, existing.start, existing.end):
            raise InvalidParameter(
                f"The Start and End IP address range: ({start}-{end}) overlap with the pod IP range: "
                f"{existing.start}-{existing.end}"
            )
    if chosen is None:
        raise InvalidParameter(
            f"The input IP range: {p.currentstartip}-{p.currentendip} of pod: {pod.id} is not present. "
            "Please input an existing range."
        )
    return chosen
