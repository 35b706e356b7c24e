"""What a BGP peer shows, and whether networks and VPCs may have it."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter
from ...model.routed import BgpPeer
from .dedication import owner_view


def peer_view(call: Call, peer: BgpPeer) -> dict[str, Any]:
    zone = call.db.zones[peer.zone_id]
    return {
        "id": peer.uuid,
        "asnumber": peer.as_number,
        "ipaddress": peer.address,
        "ip6address": peer.address6,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        **owner_view(call, peer),
        "details": peer.details or None,
        "created": timestamp(peer.created),
    }


def wanted(call: Call, owner: Any, zone_id: int) -> list[BgpPeer]:
    """The peers that a network or VPC shall have, each found to be for it."""
    found = []
    for given in call.params.bgppeerids or []:
        peer = live(given, "Invalid BGP peer ID: {id}")
        if peer.zone_id != zone_id:
            raise InvalidParameter(f"BGP peer (ID: {peer.uuid}) belongs to a different zone")
        if peer.domain_id not in (None, owner.domain_id):
            raise InvalidParameter(f"BGP peer (ID: {peer.uuid}) belongs to a different domain")
        if peer.owner_id not in (None, owner.id):
            raise InvalidParameter(f"BGP peer (ID: {peer.uuid}) belongs to a different account")
        found.append(peer)
    return found


def is_routed(offering: Any) -> bool:
    return (offering.network_mode or "").upper() == "ROUTED"


def has_dynamic_routing(offering: Any) -> bool:
    return (offering.routing_mode or "").lower() == "dynamic"


def is_dynamic(offering: Any) -> bool:
    return (is_routed(offering) or offering.internet_protocol == "DualStack") and has_dynamic_routing(offering)


def assign(call: Call, user: Any, field: str, peers: list[BgpPeer]) -> None:
    """Give a network (`network_ids`) or VPC (`vpc_ids`) these peers and no others."""
    for peer in call.db.bgp_peers:
        kept = [number for number in getattr(peer, field) if number != user.id]
        setattr(peer, field, [*kept, user.id] if peer in peers else kept)
