"""Public addresses: acquire, reserve, release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...access import entity_owner
from ...call import Call
from ...errors import (
    CloudRuntime,
    IllegalArgument,
    InsufficientCapacity,
    InvalidParameter,
    PermissionDenied,
    ResourceAllocation,
    ServerApiError,
)
from ...registry import SUCCESS, allocate, check, command
from ..common import completed
from . import addressing, portable_ips, rules, services
from .views import address_view

if TYPE_CHECKING:
    from ...simulator import Simulator


@allocate("associateIpAddress")
def acquire(call: Call) -> Any:
    p, sim = call.params, call.sim
    owner = _owner(call)
    zone = _zone(call)
    if p.isportable and (p.networkid is None) is (p.vpcid is None):
        raise InvalidParameter("One of Network id or VPC is should be passed")
    network = _network(call, owner, zone)
    if network is not None:
        _check_network(call, network)
    try:
        ip = (
            portable_ips.acquire(sim, zone, owner)
            if p.isportable
            else addressing.public_address(sim, zone.id, owner, p.ipaddress, state="Allocating")
        )
    except InsufficientCapacity as error:
        raise ServerApiError(533, error.text) from None
    ip.for_display = p.get("fordisplay", True)
    if p.vpcid is not None:
        ip.vpc_id, ip.state = p.vpcid.id, "Allocated"
    else:
        ip.network_id = network.id
    return ip


def _owner(call: Call) -> Any:
    """The account that shall have the address: a named one, the network's or VPC's, else the caller."""
    p, db = call.params, call.db
    if p.account and p.domainid is not None:
        return call.owner()
    if p.projectid is not None:
        return entity_owner(call)
    for row, text in (
        (p.networkid, "Unable to find network by network id specified"),
        (p.vpcid, "Can't find enabled VPC by ID specified"),
    ):
        if row is not None:
            if not row or row.removed is not None:
                raise InvalidParameter(text)
            if getattr(row, "acl_type", "Account") == "Account":
                call.check_access(row)
                return db.accounts[row.account_id]
    return call.caller.account


def _zone(call: Call) -> Any:
    p, zones = call.params, call.db.zones
    if p.zoneid is not None:
        return p.zoneid
    for row in (p.vpcid, p.networkid):
        if row is not None:
            return zones[row.zone_id]
    raise InvalidParameter(
        "Unable to figure out zone to assign IP to. Please specify either zoneId, or networkId, or vpcId in the call"
    )


def _network(call: Call, owner: Any, zone: Any) -> Any:
    """The network that the address is for: the named one, else the only isolated one of the owner in the zone."""
    p, db = call.params, call.db
    if p.vpcid is not None:
        return None
    if p.networkid is not None:
        return p.networkid
    found = [n for n in db.networks.where(account_id=owner.id, zone_id=zone.id) if n.guest_type == "Isolated"]
    if not found:
        domain = p.domainid or call.caller.domain
        raise InvalidParameter(
            f"Account name={p.account or call.caller.account.name} domain={domain.name} doesn't have virtual networks "
            f"in zone={zone.name}"
        )
    if len(found) > 1:
        raise InvalidParameter("Account has more than one isolated network in the zone")
    return found[0]


def _check_network(call: Call, network: Any) -> None:
    if network.guest_type == "Shared" and not {"SourceNat", "StaticNat", "Firewall", "PortForwarding", "Lb"} & set(
        call.db.network_offerings[network.offering_id].services
    ):
        raise InvalidParameter(
            "Associate IP address can only be called on the shared networks in the advanced zone with Firewall/Source "
            "Nat/Static Nat/Port Forwarding/Load balancing services enabled"
        )


@command("associateIpAddress", sync=lambda call: ("network", call.params.networkid or call.params.vpcid))
def associate(call: Call) -> Any:
    """The answer still says Allocating for an address of a network; a moment later it is Allocated."""
    ip, db = call.created, call.db
    yield 0.05
    network = db.networks.get(ip.network_id) if ip.vpc_id is None else None
    if network is not None and network.vpc_id is not None:
        addressing.release_public(call.sim, ip)
        raise InvalidParameter(
            "Can't assign ip to the network directly when network belongs to VPC.Specify vpcId to associate ip address "
            "to VPC"
        )
    if network is not None:
        ip.is_source_nat = _lacks_source_nat(call, network)
    view = address_view(call, ip)
    ip.state = "Allocated"
    kind = "PORTABLE.IPASSIGN" if ip.is_portable else "NET.IPASSIGN"
    completed(call, kind, "associating Ip. Ip Id", ip, "IpAddress")
    return {"ipaddress": view}


def _lacks_source_nat(call: Call, network: Any) -> bool:
    """The first address of an isolated network with source NAT is its source NAT address."""
    if network.guest_type != "Isolated" or not services.supports(call.db, network, "SourceNat"):
        return False
    return not any(ip.is_source_nat for ip in call.db.ip_addresses.where(network_id=network.id))


@check("disassociateIpAddress")
def refuse_free(call: Call) -> None:
    """An address that nobody has breaks the server's bookkeeping."""
    ip = call.params.id
    if ip and ip.account_id is None:
        raise CloudRuntime(
            "Unable to persist on DB, due to: Data truncation: Out of range value for column 'account_id' at row 1"
        )


@command("disassociateIpAddress", sync=lambda call: ("network", getattr(call.params.id, "network_id", None)))
def disassociate(call: Call) -> Any:
    ip = call.params.id
    if not ip or ip.state == "Free":
        raise InvalidParameter("Unable to find ip address by id")
    call.check_access(ip)
    guest = call.db.networks.get(ip.network_id)
    if ip.is_source_nat and (ip.vpc_id is not None or (guest is not None and guest.state != "Allocated")):
        raise IllegalArgument("ip address is used for source nat purposes and can not be disassociated.")
    if not call.db.vlans[ip.vlan_id].virtual:
        raise IllegalArgument("only ip addresses that belong to a virtual network may be disassociated.")
    if ip.is_system:
        raise InvalidParameter(
            "Can't release system IP address with specified id", uuids=((ip.uuid, "systemIpAddrId"),)
        )
    yield 0.05
    release(call.sim, ip)
    if ip.is_portable:
        completed(call, "PORTABLE.IPRELEASE", "disassociating portable Ip", ip, "PortableIpAddress")
    else:
        completed(call, "NET.IPRELEASE", "disassociating Ip. Ip Id", ip, "IpAddress")
    return SUCCESS


def release(sim: Simulator, ip: Any) -> None:
    """Give an address back with all rules on it."""
    rules.drop_of_address(sim, ip)
    for vpn in sim.db.remote_access_vpns.where(ip_id=ip.id):
        sim.db.remote_access_vpns.delete(vpn)
    if ip.is_portable:
        portable_ips.release(sim, ip)
    else:
        addressing.release_public(sim, ip)


@command("updateIpAddress")
def update(call: Call) -> Any:
    p, ip = call.params, call.params.id
    if not ip or ip.removed is not None:
        raise InvalidParameter("Unable to find ip address by id")
    if ip.account_id is not None:
        call.check_access(ip)
    elif not call.caller.is_root_admin:
        raise PermissionDenied("Only Root admin can update non-allocated ip addresses")
    yield 0.05
    if p.fordisplay is not None:
        ip.for_display = p.fordisplay
    if p.customid is not None:
        call.db.ip_addresses.change_uuid(ip, p.customid)
    return {"ipaddress": address_view(call, ip, ranges=False)}


@command("reserveIpAddress")
def reserve(call: Call) -> dict[str, Any]:
    ip, owner = call.params.id, entity_owner(call)
    if not ip or ip.removed is not None:
        raise InvalidParameter(f"Unable to find IP address by ID={ip.id}")
    vlan = call.db.vlans[ip.vlan_id]
    if not vlan.virtual:
        raise InvalidParameter("only ip addresses that belong to a virtual network may be reserved.")
    if ip.is_portable:
        raise InvalidParameter("Unable to reserve a portable IP.")
    if ip.state == "Reserved":
        if ip.account_id == owner.id:
            return {"ipaddress": address_view(call, ip, ranges=False)}
        raise InvalidParameter("Unable to reserve a IP because it has already been reserved for another account.")
    if ip.state != "Free":
        raise InvalidParameter(f"Unable to reserve a IP in {ip.state} state.")
    if not addressing.may_take(call.sim, ip, owner):
        whose = "account" if vlan.account_id is not None else "domain"
        raise InvalidParameter(f"Unable to reserve a IP because it is dedicated to another {whose}.")
    try:
        call.sim.limits.check(owner, "public_ip")
    except ResourceAllocation:
        raise CloudRuntime(
            f"Maximum number of public IP addresses for account: {owner.name} has been exceeded."
        ) from None
    if call.params.fordisplay is not None:
        ip.for_display = call.params.fordisplay
    ip.state, ip.allocated, ip.account_id, ip.domain_id = "Reserved", call.now, owner.id, owner.domain_id
    call.sim.limits.add(owner.id, "public_ip", 1)
    completed(call, "NET.IPRESERVE", "reserving Ip. Ip Id", ip, "IpAddress")
    return {"ipaddress": address_view(call, ip, ranges=False)}


@command("releaseIpAddress")
def release_reserved(call: Call) -> dict[str, Any]:
    ip = call.params.id
    if not ip or ip.removed is not None:
        raise InvalidParameter(f"Unable to find IP address by ID={ip.id}")
    if ip.is_portable:
        raise InvalidParameter("Unable to release a portable IP, please use disassociateIpAddress instead")
    if ip.state == "Allocated":
        raise InvalidParameter(
            "Unable to release a public IP in Allocated state, please use disassociateIpAddress instead"
        )
    if ip.state == "Reserved":
        call.check_access(ip)
        addressing.release_public(call.sim, ip)
    return SUCCESS
