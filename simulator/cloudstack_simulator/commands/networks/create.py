"""createNetwork: the checks in the server's order, and the new network."""

from __future__ import annotations

from typing import Any

from ... import net
from ...access import entity_owner
from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter, PermissionDenied
from ...model.networks import Network
from ...registry import command
from ...tags import taggable
from ..common import completed
from ..offerings import usable
from ..routed import peers, use
from ..vpcs import tiers
from ..zones import zone_life
from ..zones.texts import is_domain_name
from . import addressing, associated, basic, create_checks, create_owner, create_vlan, lifecycle, mtu, shared
from .views import network_view

taggable("Network", "networks")

DOMAIN_RULE = (
    "Invalid network domain. Total length shouldn't exceed 190 chars. Each domain label must be between 1 and 63 "
    "characters long, can contain ASCII letters 'a' through 'z', the digits '0' through '9', and the hyphen ('-'); "
    'can\'t start or end with "-"'
)


@command("createNetwork")
def create_network(call: Call) -> dict[str, Any]:
    p = call.params
    owner = entity_owner(call)
    offering = _offering(call)
    physical = _physical(call, offering)
    zone = _zone(call)
    usable.check(call, owner, offering, zone)
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied("Cannot perform this operation since specified Zone is currently disabled")
    acl_type = create_owner.acl_type(call, offering)
    create_checks.check_router_address(call, offering)
    domain_id = create_owner.domain(call, acl_type, offering, owner)
    if acl_type == "Domain":
        owner = call.db.accounts.first(name="system")
    create_checks.check_name(call, owner)
    subnet = _subnet(call, offering)
    use.check_network(call, offering, owner, zone, subnet)
    create_checks.check_addresses(call, offering, zone)
    create_checks.check_caller(call, offering, subnet)
    shared.check_allowed(call, offering, zone)
    bgp_peers = use.wanted_peers(call, offering, owner, zone.id)
    beside = associated.check(call, offering, owner, acl_type)
    create_checks.check_dns(call, offering)
    in_basic_zone = basic.is_basic(zone)
    _check_place(call, offering, subnet)
    if _counts(offering, acl_type):
        call.sim.limits.check(owner, "network")
    _check_enabled(offering, physical)
    if in_basic_zone:
        basic.check_new(call, offering, zone, domain_id)
    else:
        create_vlan.check(call, offering, zone, physical, owner)
    domain_name = _domain_name(call, offering, owner, acl_type, domain_id)
    if not in_basic_zone:
        _check_subnet(offering, subnet)
    routed = _routed(call, offering, owner, zone, subnet)
    if routed is not None:
        subnet = subnet or (use.gateway_of(routed), routed.subnet)
    network = _add(call, offering, owner, acl_type, domain_id, subnet, domain_name, physical)
    associated.give_vlan(call, network, offering, beside)
    if shared.wants_range(call, offering, zone):
        _add_range(call, network)
    if p.sourcenatipaddress is not None and p.vpcid is None:
        _take_source_nat(call, network, owner)
    _route(call, network, offering, routed, bgp_peers)
    completed(call, "NETWORK.CREATE", "creating network. Network Name", network, name=network.name)
    if offering.persistent:
        lifecycle.implement_now(call, network)
    return {"network": network_view(call, network)}


def _check_place(call: Call, offering: Any, subnet: tuple[str, str] | None) -> None:
    """Refuse an offering for VPCs outside of one, and the other way round."""
    if call.params.vpcid is not None:
        tiers.check_new_tier(call, offering, subnet)
    elif offering.for_vpc:
        raise InvalidParameter("Network offering can be used for VPC networks only")
    elif offering.internal_lb:
        raise InvalidParameter("Internal Lb can be enabled on vpc networks only")


def _routed(call: Call, offering: Any, owner: Any, zone: Any, subnet: tuple[str, str] | None) -> Any:
    """The part of a zone's subnet that a routed network gets; None for any other."""
    if not peers.is_routed(offering) or offering.guest_type != "Isolated" or call.params.vpcid is not None:
        return None
    return use.take_subnet(call, owner, zone, subnet[1] if subnet else None)


def _route(call: Call, network: Network, offering: Any, part: Any, bgp_peers: list[Any]) -> None:
    """What a routed network gets; when there is no AS number for it, it is taken back."""
    try:
        use.route(call, "network_id", network, part, bgp_peers, offering)
    except ApiError:
        lifecycle.destroy(call.sim, network)
        raise


def _take_source_nat(call: Call, network: Network, owner: Any) -> None:
    """The source NAT address that the call names; when it is not to be had, the network is taken back."""
    try:
        ip = addressing.public_address(
            call.sim, network.zone_id, owner, call.params.sourcenatipaddress, source_nat=True
        )
    except ApiError:
        lifecycle.destroy(call.sim, network)
        raise
    ip.network_id = network.id


def _add_range(call: Call, network: Network) -> None:
    """The range of a shared network; without one the network is taken back, its number stays used."""
    p = call.params
    if p.startip is None and p.startipv6 is None:
        call.db.networks.delete(network)
        raise CloudRuntime("IPv4 address range needs to be provided")
    try:
        shared.add_first_range(call, network)
    except ApiError:
        call.db.networks.delete(network)
        raise


def _offering(call: Call) -> Any:
    offering = call.params.networkofferingid
    if not offering or offering.removed is not None:
        raise InvalidParameter("Unable to find network offering by specified id")
    return offering


def _zone(call: Call) -> Any:
    p = call.params
    if p.zoneid is None and p.vpcid is not None:
        return call.db.zones[p.vpcid.zone_id]
    if not p.zoneid or p.zoneid.removed is not None:
        raise InvalidParameter("Specified zone id was not found")
    return p.zoneid


def _physical(call: Call, offering: Any) -> Any:
    """The physical network that is named (for shared and L2 networks only), else the zone's with the offering's tag."""
    p = call.params
    if p.physicalnetworkid is not None:
        if offering.guest_type not in ("Shared", "L2"):
            raise InvalidParameter("Physical network ID can be specified for networks of guest type Shared or L2 only.")
        if not p.physicalnetworkid or p.physicalnetworkid.removed is not None:
            raise InvalidParameter("Unable to find a physical network having the specified physical network id")
        return p.physicalnetworkid
    if p.zoneid is None and p.vpcid is None:
        raise InvalidParameter("ZoneId is required as physicalNetworkId is null")
    zone = _zone(call)
    found = zone_life.networks_with_traffic(call.sim, zone, "Guest")
    if not found:
        raise InvalidParameter(f"Unable to find physical network in zone id={zone.id}")
    return zone_life.tagged_among(found, zone, offering.tags)


def _subnet(call: Call, offering: Any) -> tuple[str, str] | None:
    """(gateway, CIDR) as given; None when the network gets the zone's default or none at all."""
    p = call.params
    gateway = p.gateway
    if gateway is not None and not (net.is_ip4(gateway) or net.is_ip6(gateway)):
        raise InvalidParameter("Gateway parameter is invalid")
    create_checks.check_range_given(call, offering)
    if gateway is None:
        return None
    if p.startip is not None:
        shared.check_span(p.startip, p.get("endip", p.startip), gateway, p.netmask)
    if p.netmask is None:
        return None
    if not net.is_ip4(gateway):
        raise InvalidParameter("Invalid gateway")
    if not net.is_netmask(p.netmask):
        raise InvalidParameter("Invalid netmask")
    span = net.network(gateway, p.netmask)
    if net.number(gateway) in (int(span.network_address), int(span.broadcast_address)):
        raise InvalidParameter("Invalid gateway IP provided. Either the IP is broadcast or network IP.")
    return gateway, str(span)


def _check_enabled(offering: Any, physical: Any) -> None:
    if offering.state != "Enabled":
        raise InvalidParameter("Can't use specified network offering id as its state is not Enabled")
    if physical.state != "Enabled":
        raise InvalidParameter(f"Specified physical network id is in incorrect state:{physical.state}")


def _domain_name(call: Call, offering: Any, owner: Any, acl_type: str, domain_id: int) -> str | None:
    """The network domain; one for a network without DNS is kept as it is given, whatever it is."""
    p = call.params
    if p.vpcid is not None:
        return tiers.domain_name(call)
    if "Dns" not in offering.services:
        return p.networkdomain
    if p.networkdomain is not None:
        if not is_domain_name(p.networkdomain):
            raise InvalidParameter(DOMAIN_RULE)
        return str(p.networkdomain)
    return create_owner.default_domain_name(call, owner, acl_type, domain_id)


def _check_subnet(offering: Any, subnet: tuple[str, str] | None) -> None:
    if subnet is None and offering.guest_type == "Shared":
        raise InvalidParameter("Gateway/netmask are required when creating Shared networks.")
    routed = peers.is_routed(offering)
    if subnet is None and offering.guest_type == "Isolated" and "SourceNat" not in offering.services and not routed:
        raise InvalidParameter(
            "gateway/netmask are required when create network of type Isolated with service SourceNat disabled"
        )
    if subnet is not None and offering.guest_type == "Isolated" and not net.is_guest_cidr(subnet[1]):
        raise InvalidParameter(f"Virtual Guest Cidr {subnet[1]} is not RFC 1918 or 6598 compliant")


def _counts(offering: Any, acl_type: str) -> bool:
    """Whether the network counts against its owner's limit."""
    return offering.guest_type == "Isolated" and not offering.specify_vlan and acl_type == "Account"


def _add(
    call: Call,
    offering: Any,
    owner: Any,
    acl_type: str,
    domain_id: int,
    subnet: tuple[str, str] | None,
    domain_name: str | None,
    physical: Any,
) -> Network:
    p, db = call.params, call.db
    zone = _zone(call)
    if subnet is None and offering.guest_type == "Isolated":
        subnet = addressing.zone_subnet(call.sim, zone, offering)
    account = owner if acl_type == "Account" else db.accounts.the(name="system")
    vlan = p.vlan or (basic.UNTAGGED if basic.is_basic(zone) else None)
    network: Network = db.networks.add(
        Network(
            name=p.name,
            display_text=p.displaytext or p.name,
            zone_id=zone.id,
            account_id=account.id,
            domain_id=domain_id,
            offering_id=offering.id,
            physical_network_id=physical.id,
            guest_type=offering.guest_type,
            state="Setup" if vlan else "Allocated",
            vlan=vlan.removeprefix("vlan://") if vlan else None,
            private_vlan=create_vlan.private(call),
            broadcast_type="Pvlan" if create_vlan.private(call) else "Vlan",
            ip6_gateway=p.ip6gateway,
            ip6_cidr=p.ip6cidr,
            gateway=subnet[0] if subnet else None,
            cidr=subnet[1] if subnet else None,
            dns1=p.dns1,
            dns2=p.dns2,
            network_domain=domain_name,
            acl_type=acl_type,
            subdomain_access=p.get("subdomainaccess", True) if acl_type == "Domain" else None,
            specify_ip_ranges=offering.specify_ip_ranges,
            vpc_id=p.vpcid.id if p.vpcid else None,
            acl_id=p.aclid.id if p.aclid else None,
            external_id=p.externalid,
            display=p.get("displaynetwork", True),
            redundant=offering.redundant_router,
            details={"hideIpAddressUsage": "true"} if p.hideipaddressusage else {},
            public_mtu=p.vpcid.public_mtu if p.vpcid and p.publicmtu is not None else mtu.public(call, zone),
            private_mtu=mtu.private(call, zone),
        )
    )
    if _counts(offering, acl_type):
        call.sim.limits.add(account.id, "network", 1)
    return network
