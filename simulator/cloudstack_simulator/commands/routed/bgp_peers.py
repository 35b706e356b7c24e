"""BGP peers of zones, whom they are for, and which networks and VPCs use them."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import contains, equal, matching
from ...model.routed import BgpPeer
from ...parameters import flat_map
from ...registry import SUCCESS, allocate, command
from ..common import completed
from ..networks.views import network_view
from ..vpcs.vpcs import vpc_view
from .dedication import check_users, owner_in
from .peers import assign, is_dynamic, peer_view, wanted
from .zone_subnets import check_enabled

DETAILS = ("EBGP_MultiHop",)


def _details(call: Call) -> dict[str, str]:
    found = {}
    for name, value in flat_map(call.params.details).items():
        known = next((detail for detail in DETAILS if detail.lower() == name.lower()), None)
        if known is None:
            raise InvalidParameter(f"Unsupported BGP peer detail {name}")
        found[known] = value
    return found


def _check_free(call: Call, zone_id: int, number: int, field: str, address: str | None, own: Any = None) -> None:
    word = "IPv4" if field == "address" else "IPv6"
    for other in call.db.bgp_peers.where(zone_id=zone_id):
        if address and other is not own and other.as_number == number and getattr(other, field) == address:
            raise InvalidParameter(f"There is already a BGP peer with same {word} address and AS number in the zone.")


@allocate("createBgpPeer")
def allocate_peer(call: Call) -> BgpPeer:
    p, zone = call.params, call.params.zoneid
    check_enabled(call, zone)
    if p.ipaddress is None and p.ip6address is None:
        raise InvalidParameter("At least one of IPv4 and IPv6 address must be specified.")
    if p.ipaddress is not None and not net.is_ip4(p.ipaddress):
        raise InvalidParameter("IPv4 address is not valid.")
    _check_free(call, zone.id, p.asnumber, "address", p.ipaddress)
    if p.ip6address is not None and not net.is_ip6(p.ip6address):
        raise InvalidParameter("IPv6 address is not valid.")
    _check_free(call, zone.id, p.asnumber, "address6", p.ip6address)
    details, (domain_id, owner_id) = _details(call), owner_in(call)
    return call.db.bgp_peers.add(
        BgpPeer(
            zone_id=zone.id, as_number=p.asnumber, address=p.ipaddress, address6=p.ip6address, password=p.password,
            details=details, domain_id=domain_id, owner_id=owner_id,
        )
    )  # fmt: skip


@command("createBgpPeer")
def create(call: Call) -> dict[str, Any]:
    completed(call, "BGP.PEER.CREATE", "Creating BGP Peer. Bgp Peer Id", call.created)
    return {"bgppeer": peer_view(call, call.created)}


@command("listBgpPeers")
def list_peers(call: Call) -> dict[str, Any]:
    p = call.params
    domain_id, owner_id = owner_in(call)
    filters = [equal("id", p.id), equal("zone_id", p.zoneid), equal("as_number", p.asnumber), _keyword(call)]
    if p.isdedicated is not None:
        filters += [
            matching(lambda peer: (peer.domain_id is not None) == p.isdedicated),
            equal("domain_id", domain_id),
            equal("owner_id", owner_id),
        ]
    elif owner_id is not None:
        if p.zoneid is None:
            raise InvalidParameter("zoneId is required when list BGP peers for an account.")
        usable = {peer.id for peer in usable_peers(call, p.zoneid.id, call.db.accounts[owner_id])}
        filters.append(matching(lambda peer: peer.id in usable))
    else:
        filters.append(equal("domain_id", domain_id))
    return call.listing("bgppeer", call.db.bgp_peers, peer_view, where=filters)


def _keyword(call: Call) -> Any:
    word = call.params.keyword
    if not (word or "").strip():
        return None
    fields = ("address", "address6", lambda peer: str(peer.as_number))
    tests = [chosen.test for chosen in (contains(field, word) for field in fields) if chosen is not None]
    return matching(lambda peer: any(test(peer) for test in tests))


def usable_peers(call: Call, zone_id: int, account: Any) -> list[BgpPeer]:
    """The peers for an account: its own, its domain's, else (or by the setting also) everybody's."""
    peers = call.db.bgp_peers.where(zone_id=zone_id)
    own = [peer for peer in peers if peer.owner_id == account.id]
    domain = [peer for peer in peers if peer.owner_id is None and peer.domain_id == account.domain_id]
    shared = [peer for peer in peers if peer.domain_id is None]
    if own or domain:
        return own + domain
    return shared if call.setting("use.system.bgp.peers", account) else []


def _users(call: Call, peer: BgpPeer) -> tuple[list[Any], list[Any]]:
    """The living networks and VPCs that use a peer."""
    found = []
    for table, numbers in (("networks", peer.network_ids), ("vpcs", peer.vpc_ids)):
        rows = [call.db.tables[table].get(number) for number in numbers]
        found.append([row for row in rows if row is not None and row.removed is None])
    return found[0], found[1]


@command("updateBgpPeer")
def update(call: Call) -> dict[str, Any]:
    p = call.params
    peer = live(p.id, "Invalid BGP peer ID: {id}")
    number = peer.as_number if p.asnumber is None else p.asnumber
    address = peer.address if p.ipaddress is None else p.ipaddress.strip() or None
    address6 = peer.address6 if p.ip6address is None else p.ip6address.strip() or None
    if address is not None and not net.is_ip4(address):
        raise InvalidParameter("new IPv4 address is not valid.")
    if address6 is not None and not net.is_ip6(address6):
        raise InvalidParameter("new IPv6 address is not valid.")
    if address is None and address6 is None:
        raise InvalidParameter("At least one of IPv4 and IPv6 address must be specified.")
    _check_free(call, peer.zone_id, number, "address", address, peer)
    _check_free(call, peer.zone_id, number, "address6", address6, peer)
    details = _details(call)
    peer.as_number, peer.address, peer.address6 = number, address, address6
    peer.password = p.get("password", peer.password)
    peer.details = {} if p.cleanupdetails else details or peer.details
    completed(call, "BGP.PEER.UPDATE", "Updating a BGP Peer. Bgp Peer Id", peer)
    return {"bgppeer": peer_view(call, peer)}


@command("deleteBgpPeer")
def delete(call: Call) -> dict[str, Any]:
    peer = live(call.params.id, "Invalid BGP peer ID: {id}")
    networks, vpcs = _users(call, peer)
    if networks or vpcs:
        raise InvalidParameter(f"The BGP peer is being used by {len(networks) + len(vpcs)} guest networks.")
    call.db.bgp_peers.remove(peer)
    completed(call, "BGP.PEER.DELETE", "Deleting BGP Peer. Bgp Peer Id", peer)
    return SUCCESS


@command("dedicateBgpPeer")
def dedicate(call: Call) -> dict[str, Any]:
    peer = live(call.params.id, "Cannot find BGP peer with id: ")
    domain_id, owner_id = owner_in(call)
    networks, vpcs = _users(call, peer)
    check_users(call, networks, domain_id, owner_id, "guest networks")
    check_users(call, vpcs, domain_id, owner_id, "vpcs")
    peer.domain_id, peer.owner_id = domain_id, owner_id
    completed(call, "BGP.PEER.DEDICATE", "Dedicating BGP Peer to a domain or an account. Bgp Peer Id", peer)
    return {"bgppeer": peer_view(call, peer)}


@command("releaseBgpPeer")
def release(call: Call) -> dict[str, Any]:
    peer = live(call.params.id, "Cannot find BGP peer with id: ")
    peer.domain_id = peer.owner_id = None
    completed(call, "BGP.PEER.RELEASE", "Releasing a dedicated BGP Peer from a domain or an account. Bgp Peer Id", peer)
    return {"bgppeer": peer_view(call, peer)}


@command("changeBgpPeersForNetwork")
def change_of_network(call: Call) -> dict[str, Any]:
    network = live(call.params.networkid, "Invalid network ID: {id}")
    if network.vpc_id is not None:
        raise InvalidParameter("The BGP peers of VPC tiers will inherit from the VPC, do not add separately.")
    if call.params.bgppeerids and not is_dynamic(call.db.network_offerings[network.offering_id]):
        raise InvalidParameter("The network does not support Dynamic routing")
    peers = wanted(call, call.db.accounts[network.account_id], network.zone_id)
    assign(call, network, "network_ids", peers)
    completed(call, "NETWORK.BGP.PEER.UPDATE", "Changing BGP peers for network. Network Id", network, "Network")
    return {"network": network_view(call, network)}


@command("changeBgpPeersForVpc")
def change_of_vpc(call: Call) -> dict[str, Any]:
    vpc = live(call.params.vpcid, "Invalid VPC ID: {id}")
    if call.params.bgppeerids and not is_dynamic(call.db.vpc_offerings[vpc.offering_id]):
        raise InvalidParameter("The VPC does not support Dynamic routing")
    peers = wanted(call, call.db.accounts[vpc.account_id], vpc.zone_id)
    assign(call, vpc, "vpc_ids", peers)
    completed(call, "VPC.BGP.PEER.UPDATE", "Changing BGP peers for VPC. Vpc Id", vpc, "Vpc")
    return {"vpc": vpc_view(call, vpc)}
