"""createVlanIpRange: the checks in the server's order, and the new range."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.addresses import VlanRange
from ...model.networks import Network
from ...model.zones import Zone
from ...registry import command
from ..zones.zone_life import default_physical_network, system_network
from . import ip6_checks
from . import range_checks as checks
from .ranges import add_range, range_view


@command("createVlanIpRange")
def create_range(call: Call) -> dict[str, Any]:
    p = call.params
    network = live(p.networkid, "Unable to find network by id {id}") if p.networkid is not None else None
    vlan = _vlan(call, network)
    for_system_vms = p.get("forsystemvms", False)
    if for_system_vms and p.account is not None:
        raise InvalidParameter("Account name should not be provided when ForSystemVMs is enabled")
    if p.startip is None and p.ip6cidr is None:
        raise InvalidParameter("StartIP or IPv6 CIDR is missing in the parameters!")
    if p.ip6cidr is not None:
        ip6_checks.prefix(p.ip6cidr)
    account, domain = checks.owner(
        call, conflict="Account and projectId are mutually exclusive", not_found="Please specify a valid account."
    )
    zone = _zone(call, network)
    virtual = p.get("forvirtualnetwork", True)
    physical_id = _physical(call, zone, network, virtual=virtual)
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone}")
    network = _network(call, zone, network, virtual=virtual)
    vlan, subnet = _place(call, zone, network, vlan)
    _check(call, zone, network, vlan, subnet, physical_id, owned=account is not None or domain is not None)
    size = 0
    if p.startip is not None and virtual and account is not None:
        size = checks.net.size(p.startip, p.endip or p.startip)
        call.sim.limits.check(account, "public_ip", size)
    made = _make(call, zone, network, vlan, subnet, physical_id, account, domain)
    if size:
        call.sim.limits.add(account.id, "public_ip", size)
    call.event("VLAN.IP.RANGE.CREATE", "Successfully completed creating vlan IP range", made)
    return {"vlan": range_view(call, made)}


def _vlan(call: Call, network: Network | None) -> str | None:
    """The VLAN as answers show it; the network's own for a guest range without one."""
    text: str | None = call.params.vlan
    if not (text or "").strip():
        if network is not None and network.traffic_type == "Guest":
            return network.vlan
        return f"vlan://{checks.UNTAGGED}"
    assert text is not None
    if any(character.isspace() for character in text):
        raise CloudRuntime(f"Unable to convert to broadcast URI: {text}")
    return text if text.startswith("vlan") else f"vlan://{text}"


def _zone(call: Call, network: Network | None) -> Zone:
    if network is not None:
        found: Zone = call.db.zones[network.zone_id]
        return found
    zone = call.params.zoneid
    if zone is None:
        raise InvalidParameter("Unable to find zone by id null")
    return live(zone, "Unable to find zone by id {id}")


def _physical(call: Call, zone: Zone, network: Network | None, *, virtual: bool) -> int:
    """The number of the physical network that carries the range."""
    given = call.params.physicalnetworkid
    if network is not None and network.physical_network_id is not None:
        return network.physical_network_id
    if network is None and given is not None:
        row = live(given, "Unable to find Physical Network with id={id}")
        return int(row.id)
    if virtual:
        return default_physical_network(call.sim, zone, "Public").id
    if zone.network_type == "Basic" or zone.security_groups:
        return default_physical_network(call.sim, zone, "Guest").id
    raise InvalidParameter("Physical Network Id is null, please provide the Network id for Direct vlan creation ")


def _network(call: Call, zone: Zone, network: Network | None, *, virtual: bool) -> Network:
    if virtual and zone.security_groups and zone.network_type != "Basic":
        raise InvalidParameter("Can't add virtual ip range into a zone with security group enabled")
    if virtual:
        if network is None:
            return system_network(call.sim, zone.id, "Public")
        if network.guest_type is not None or network.traffic_type != "Public":
            raise InvalidParameter(f"Can't find Public network {network}")
    elif network is None:
        network = _guest_network(call, zone)
    elif network.guest_type is None or (network.guest_type == "Isolated" and _has_source_nat(call, network)):
        raise InvalidParameter(
            f"Can't create direct vlan for network {network} with type: {network.guest_type or 'null'}"
        )
    if network.traffic_type != "Public" and not network.specify_ip_ranges:
        raise InvalidParameter(f"Network {network} doesn't support adding ip ranges")
    return network


def _guest_network(call: Call, zone: Zone) -> Network:
    """The network for guest ranges of zones that have only one: Basic ones, and those with security groups."""
    networks = call.db.networks.where(zone_id=zone.id, traffic_type="Guest")
    if zone.network_type != "Basic":
        offerings = call.db.network_offerings
        networks = [n for n in networks if "SecurityGroup" in offerings[n.offering_id].services]
    if not networks:
        raise InvalidParameter("Network id is required for Direct vlan creation ")
    found: Network = networks[0]
    return found


def _has_source_nat(call: Call, network: Network) -> bool:
    return "SourceNat" in call.db.network_offerings[network.offering_id].services


def _place(call: Call, zone: Zone, network: Network, vlan: str | None) -> tuple[str, tuple[str | None, str | None]]:
    """(VLAN, (gateway, netmask)) of the new range."""
    p = call.params
    subnet: tuple[str | None, str | None] = (p.gateway, p.netmask)
    ranges = call.db.vlans.where(network_id=network.id)
    if zone.network_type == "Basic" and network.traffic_type == "Management":
        raise InvalidParameter("Cannot execute createVLANIpRanges on management network")
    if network.traffic_type == "Guest":
        if zone.network_type == "Advanced":
            vlan = checks.guest_vlan(network, ranges, vlan)
        subnet = checks.subnet_among(call, network, ranges) or subnet
        ip6_checks.of_network(call, network, ranges, subnet)
    if p.ip6cidr is not None and p.ip6gateway is None:
        raise InvalidParameter(
            "Gateway, netmask and zoneId have to be passed in for virtual and direct untagged networks"
        )
    if p.startip is not None:
        checks.pods_own(call, zone, p.startip, p.endip or p.startip)
    return vlan or f"vlan://{checks.UNTAGGED}", subnet


def _check(
    call: Call,
    zone: Zone,
    network: Network,
    vlan: str,
    subnet: tuple[Any, Any],
    physical_id: int,
    *,
    owned: bool,
) -> None:
    p = call.params
    checks.pod(call, zone, network)
    if network.traffic_type == "Guest" and network.vlan and checks.tag(network.vlan) != checks.tag(vlan):
        raise InvalidParameter("Vlan doesn't match vlan of the network")
    if owned and zone.network_type != "Advanced":
        raise InvalidParameter("Vlan owner can be defined only in the zone of type Advanced")
    if p.startip is not None:
        checks.gateway_and_netmask(*subnet)
    if p.ip6cidr is not None:
        ip6_checks.gateway_and_cidr(p.ip6gateway, p.ip6cidr)
    offering = call.db.network_offerings.get(network.offering_id)
    shares_vlan = network.guest_type == "Shared" and offering is not None and not offering.specify_vlan
    if p.startip is not None:
        start, end = p.startip, p.endip or p.startip
        checks.in_network(start, end, *subnet)
        checks.zone_guests(call, zone, physical_id, vlan, subnet)
        checks.span(start, end, *subnet)
        checks.portable(call, vlan, start, end)
        if not shares_vlan:
            checks.overlap(call, network, zone, vlan, subnet, start, end)
    if p.ip6cidr is not None:
        ip6_checks.overlap(call, zone, p.ip6cidr)
    if not shares_vlan and network.traffic_type == "Public":
        checks.vlan_is_free(call, zone, physical_id, vlan)


def _make(
    call: Call,
    zone: Zone,
    network: Network,
    vlan: str,
    subnet: tuple[Any, Any],
    physical_id: int,
    account: Any,
    domain: Any,
) -> VlanRange:
    p = call.params
    virtual = p.get("forvirtualnetwork", True)
    for_system_vms = p.get("forsystemvms", False)
    own_domain = domain is not None and not for_system_vms
    return add_range(
        call.sim,
        VlanRange(
            zone_id=zone.id,
            physical_network_id=physical_id,
            network_id=network.id,
            vlan=vlan,
            gateway=subnet[0],
            netmask=subnet[1],
            start=p.startip,
            end=p.endip or p.startip,
            ip6_gateway=p.ip6gateway,
            ip6_cidr=p.ip6cidr,
            ip6_start=p.startipv6,
            ip6_end=p.endipv6 or p.startipv6,
            virtual=virtual,
            pod_id=p.podid.id if p.podid is not None else None,
            account_id=account.id if account is not None else (None if virtual else network.account_id),
            domain_id=domain.id if own_domain else None,
            for_system_vms=for_system_vms,
            provider=p.provider,
        ),
    )
