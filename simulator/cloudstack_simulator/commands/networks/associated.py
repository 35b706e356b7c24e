"""Shared networks without a VLAN of their own choice: they get a free one, or share that of another network."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import InsufficientCapacity, InvalidParameter
from ...model.networks import Network
from . import addressing, lifecycle


def _is_without_vlan(offering: Any) -> bool:
    return bool(offering.guest_type == "Shared" and not offering.specify_vlan)


def check(call: Call, offering: Any, owner: Any, acl_type: str) -> Network | None:
    """The network whose VLAN the new one shall share, if one is named."""
    p, other = call.params, call.params.associatednetworkid
    if other is None:
        return None
    if p.vlan is not None:
        raise InvalidParameter("Associated network and vlanId are mutually exclusive")
    if not _is_without_vlan(offering):
        raise InvalidParameter("Can only create Shared network with associated network if specifyVlan is false")
    if not other or other.removed is not None:
        raise InvalidParameter(f"Cannot find associated network with id = {other.id}")
    if other.guest_type not in ("Isolated", "L2"):
        raise InvalidParameter("Associated network MUST be an Isolated or L2 network")
    call.check_access(other)
    if acl_type == "Account" and other.account_id != owner.id:
        raise InvalidParameter("The new network and associated network MUST be owned by same account")
    if acl_type == "Domain" and p.domainid is not None and other.domain_id != p.domainid.id:
        raise InvalidParameter("The new network and associated network MUST be in same domain")
    _check_range(call, other)
    return other


def _check_range(call: Call, other: Network) -> None:
    p, span = call.params, net.cidr(other.cidr)
    if p.startip is None:
        return
    start, end = p.startip, p.get("endip", p.startip)
    if span is not None and net.overlap(start, end, str(span.network_address), str(span.broadcast_address)):
        raise InvalidParameter(
            f"The IP range ({start}-{end}) overlaps with cidr of associated network: {other.name} ({other.cidr})"
        )
    check_others(call, other, start, end)


def check_others(call: Call, network: Network, start: str, end: str) -> None:
    """Refuse a range that holds addresses of those who share the network's VLAN."""
    db = call.db
    words = f"The startIp/endIp ({start} - {end}) overlaps with"
    for gateway in db.private_gateways:
        if gateway.associated_network_id == network.id and net.within(gateway.address, start, end):
            raise InvalidParameter(
                f"{words} vpc private gateway vpc-{db.vpcs[gateway.vpc_id].name}-privateNetwork ({gateway.address}):"
            )
    for other in db.networks.where(associated_id=network.id):
        for vlan in db.vlans.where(network_id=other.id):
            if vlan.start and net.overlap(start, end, vlan.start, vlan.end):
                raise InvalidParameter(f"{words} network {other.name} ({vlan.start} - {vlan.end})")


def give_vlan(call: Call, network: Network, offering: Any, other: Network | None) -> None:
    """Plug a new network with a range into its VLAN; without a free one it is taken back."""
    if not _is_without_vlan(offering) or call.params.startip is None:
        return
    if other is not None:
        lifecycle.implement_now(call, other)
        network.vlan, network.associated_id = other.vlan, other.id
    else:
        try:
            addressing.take_vlan(call.sim, network)
        except InsufficientCapacity:
            call.db.networks.delete(network)
            raise InvalidParameter("Cannot allocate a vnet for this Shared network") from None
    network.state = "Setup"
