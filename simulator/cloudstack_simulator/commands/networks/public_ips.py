"""Public addresses: list, acquire, reserve, release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...access import entity_owner
from ...call import Call
from ...errors import CloudRuntime, InsufficientCapacity, InvalidParameter, ResourceAllocation, ServerApiError
from ...listing import Filter, equal, matching, tagged
from ...registry import SUCCESS, allocate, check, command
from ...tags import taggable
from ..common import completed
from . import addressing, rules, services
from .views import address_view

if TYPE_CHECKING:
    from ...simulator import Simulator

taggable("PublicIpAddress", "ip_addresses")

TAKEN = ("Allocating", "Allocated", "Releasing")
"""States that count as allocated: a reserved address does not."""


@command("listPublicIpAddresses")
def list_addresses(call: Call) -> dict[str, Any]:
    p = call.params
    allocated = p.get("allocatedonly", True) if p.state is None else p.state.lower() == "allocated"
    return call.listing(
        "publicipaddress",
        call.db.ip_addresses,
        address_view,
        where=[
            equal("id", p.id),
            equal("address", p.ipaddress),
            equal("state", p.state),
            equal("zone_id", p.zoneid),
            equal("vlan_id", p.vlanid),
            equal("physical_network_id", p.physicalnetworkid),
            equal("network_id", p.associatednetworkid),
            equal("vpc_id", p.vpcid),
            equal("is_source_nat", p.issourcenat),
            equal("is_static_nat", p.isstaticnat),
            equal("for_system_vms", p.forsystemvms),
            equal("for_display", p.fordisplay),
            _of_network(call),
            matching(lambda ip: call.db.vlans[ip.vlan_id].virtual is p.get("forvirtualnetwork", True)),
            _for_load_balancing(call),
            _mine(call, allocated),
            tagged(call, "PublicIpAddress"),
        ],
        keyword=("address",),
        sort=lambda ip: ip.number,
    )


def _of_network(call: Call) -> Filter | None:
    """Addresses of the ranges of a network (Public or a shared one)."""
    network = call.params.networkid
    if network is None:
        return None
    ranges = {v.id for v in call.db.vlans.where(network_id=network.id)}
    return matching(lambda ip: ip.vlan_id in ranges)


def _for_load_balancing(call: Call) -> Filter | None:
    if not call.params.forloadbalancing:
        return None
    used = {r.ip_id for r in call.db.firewall_rules.where(purpose="LoadBalancing")}
    return matching(
        lambda ip: not ip.is_source_nat and (ip.id in used or not call.db.firewall_rules.where(ip_id=ip.id))
    )


def _mine(call: Call, allocated: bool) -> Filter | None:
    """With `allocatedonly` the caller's own ones; without it every address of the zone, taken or free."""
    from ...access import visible_accounts

    if not allocated:
        return None
    accounts = visible_accounts(call)
    return matching(lambda ip: ip.state in TAKEN and (accounts is None or ip.account_id in accounts))


@allocate("associateIpAddress")
def acquire(call: Call) -> Any:
    p, sim = call.params, call.sim
    owner = _owner(call)
    zone_id = _zone_id(call)
    if p.networkid is not None:
        _check_network(call, p.networkid)
    if p.vpcid is not None and p.vpcid.removed is not None:
        raise InvalidParameter("Invalid vpc id is given")
    try:
        ip = addressing.public_address(sim, zone_id, owner, p.ipaddress, state="Allocating")
    except InsufficientCapacity as error:
        raise ServerApiError(533, error.text) from None
    ip.for_display = p.get("fordisplay", True)
    if p.vpcid is not None:
        ip.vpc_id, ip.state = p.vpcid.id, "Allocated"
    return ip


def _owner(call: Call) -> Any:
    p, db = call.params, call.db
    if p.account is None and p.projectid is None:
        if p.networkid is not None and p.networkid.acl_type == "Account":
            call.check_access(p.networkid)
            return db.accounts[p.networkid.account_id]
        if p.vpcid is not None:
            call.check_access(p.vpcid)
            return db.accounts[p.vpcid.account_id]
    return entity_owner(call)


def _zone_id(call: Call) -> int:
    p = call.params
    for row in (p.networkid, p.vpcid):
        if row is not None:
            return int(row.zone_id)
    if p.zoneid is None:
        raise InvalidParameter(
            "Unable to figure out zone to assign IP to. Please specify either zoneId, or networkId, or vpcId in the "
            "call"
        )
    return int(p.zoneid.id)


def _check_network(call: Call, network: Any) -> None:
    if network.removed is not None:
        raise InvalidParameter("Invalid network id is given")
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
    ip, p = call.created, call.params
    yield 0.05
    if p.networkid is not None and p.networkid.vpc_id is not None:
        addressing.release_public(call.sim, ip)
        raise InvalidParameter(
            "Can't assign ip to the network directly when network belongs to VPC.Specify vpcId to associate ip address "
            "to VPC"
        )
    if p.networkid is not None:
        ip.is_source_nat = _lacks_source_nat(call, p.networkid)
        ip.network_id = p.networkid.id
    view = address_view(call, ip)
    ip.state = "Allocated"
    completed(call, "NET.IPASSIGN", "associating Ip. Ip Id", ip, "IpAddress")
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
    if not call.db.vlans[ip.vlan_id].virtual:
        raise InvalidParameter("only ip addresses that belong to a virtual network may be disassociated.")
    if ip.is_source_nat and (ip.network_id is not None or ip.vpc_id is not None):
        raise CloudRuntime("ip address is used for source nat purposes and can not be disassociated.")
    yield 0.05
    release(call.sim, ip)
    completed(call, "NET.IPRELEASE", "disassociating Ip. Ip Id", ip, "IpAddress")
    return SUCCESS


def release(sim: Simulator, ip: Any) -> None:
    """Give an address back with all rules on it."""
    rules.drop_of_address(sim, ip)
    for vpn in sim.db.remote_access_vpns.where(ip_id=ip.id):
        sim.db.remote_access_vpns.delete(vpn)
    addressing.release_public(sim, ip)


@command("updateIpAddress")
def update(call: Call) -> Any:
    p, ip = call.params, call.params.id
    if not ip or ip.account_id is None:
        raise InvalidParameter("Unable to find ip address by id")
    call.check_access(ip)
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
