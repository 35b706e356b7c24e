"""The VLAN of a new network: who may name one, and which ones are taken."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.networks import Network

UNTAGGED = "untagged"
KINDS = {"p": "Promiscuous", "c": "Community", "i": "Isolated"}
"""Of private VLANs: they go by the first letter, too."""


def check(call: Call, offering: Any, zone: Any, physical: Any, owner: Any) -> None:
    vlan = call.params.vlan
    if vlan is None and offering.specify_vlan:
        raise InvalidParameter("Vlan has to be specified; corresponding offering says specifyVlan=true")
    if vlan is None:
        return
    if not offering.specify_vlan:
        raise InvalidParameter("Can't specify vlan; corresponding offering says specifyVlan=false")
    number = vlan.removeprefix("vlan://")
    if not number.isdigit() and number.lower() != UNTAGGED:
        raise CloudRuntime(f"string '{vlan}' has an unknown BroadcastDomainType.")
    bypass = bool(call.params.bypassvlanoverlapcheck) and offering.guest_type in ("Shared", "L2")
    check_unused(call, zone, physical, vlan, bypass=bypass, of_pool=bypass and offering.guest_type == "Shared")
    _check_private(call, zone, physical, number)
    if not bypass:
        _check_dedication(call, zone, vlan, owner)


def check_unused(call: Call, zone: Any, physical: Any, vlan: str, *, bypass: bool, of_pool: bool) -> None:
    """Refuse a VLAN that others have (`bypass`: isolated networks only), or may be given (unless `of_pool`)."""
    number = vlan.removeprefix("vlan://")
    if not of_pool and any(v.vnet == number for v in call.db.vnets.where(physical_network_id=physical.id)):
        raise InvalidParameter(
            f"The VLAN tag to use for new guest network, {vlan} is already being used for dynamic vlan allocation for "
            f"the guest network in zone {zone.name}"
        )
    _check_others(call, zone, vlan, bypass)


def _check_others(call: Call, zone: Any, vlan: str, bypass: bool) -> None:
    """Networks of the zone with the same VLAN; a shared one that overlooks overlaps stands beside all but isolated."""
    number = vlan.removeprefix("vlan://")
    same = call.db.networks.where(zone_id=zone.id, vlan=number)
    others = [n for n in same if n.traffic_type == "Guest" and not n.private_vlan]
    gateways = call.db.private_gateways.where(zone_id=zone.id, vlan=number)
    if not bypass and (others or gateways):
        raise InvalidParameter(
            f"Network with vlan {vlan} already exists or overlaps with other network vlans in zone {zone}"
        )
    if bypass and any(n.guest_type == "Isolated" for n in others):
        raise InvalidParameter(
            f"There is an existing isolated/shared network that overlaps with vlan id:{vlan} in zone {zone}"
        )


def pair(call: Call) -> tuple[str | None, str | None]:
    """(secondary VLAN, type) of the private VLAN that is asked for; the type follows from the VLANs where it can."""
    p = call.params
    secondary, kind, primary = p.isolatedpvlan, _kind(p.isolatedpvlantype), _number(p.vlan)
    if kind is None and secondary is not None:
        kind = "Promiscuous" if secondary == primary else "Isolated"
    if secondary is None and kind == "Promiscuous":
        secondary = primary
    return secondary, kind


def _kind(text: str | None) -> str | None:
    if not text or not text.strip():
        return None
    for letter, kind in KINDS.items():
        if text.lower() in (letter, kind.lower()):
            return kind
    raise InvalidParameter(f"Unexpected Private VLAN type: {text}")


def private(call: Call) -> str | None:
    """As the network keeps it: the first letter of the type and the secondary VLAN."""
    secondary, kind = pair(call)
    return f"{kind[0].lower()}{secondary}" if secondary and kind else None


def _number(vlan: str | None) -> str | None:
    return vlan.removeprefix("vlan://") if vlan else None


def _check_private(call: Call, zone: Any, physical: Any, number: str) -> None:
    """Private VLANs of the physical network that the new one would touch."""
    secondary, kind = pair(call)
    if secondary is not None and number.lower() == UNTAGGED:
        raise InvalidParameter("Cannot support pvlan with untagged primary vlan!")
    for other in call.db.networks.where(zone_id=zone.id):
        if not other.private_vlan or other.physical_network_id != physical.id:
            continue
        if secondary is None and number in (other.vlan, other.private_vlan[1:]):
            raise InvalidParameter(
                f"Network with vlan {call.params.vlan} already exists or overlaps with other network pvlans in zone "
                f"{zone}"
            )
        if secondary is not None and _touches(other, number, secondary, str(kind)):
            raise InvalidParameter(
                f"Network with primary vlan {call.params.vlan} and secondary vlan {secondary} type {kind} already "
                f"exists or overlaps with other network pvlans in zone {zone}"
            )


def _touches(other: Network, primary: str, secondary: str, kind: str) -> bool:
    """A secondary VLAN is used once; a primary one has one isolated and one promiscuous secondary VLAN."""
    assert other.private_vlan is not None
    letter, own = other.private_vlan[0], other.private_vlan[1:]
    if secondary == own or (kind != "Promiscuous" and secondary == other.vlan):
        return True
    return primary == other.vlan and kind != "Community" and letter == kind[0].lower()


def _check_dedication(call: Call, zone: Any, vlan: str, owner: Any) -> None:
    number = vlan.removeprefix("vlan://")
    vnet = next(iter(call.db.vnets.where(zone_id=zone.id, vnet=number)), None)
    dedicated = call.db.guest_vlan_ranges.get(vnet.range_id) if vnet is not None else None
    if dedicated is not None and dedicated.account_id != owner.id:
        raise InvalidParameter(f"Vlan {vlan} is dedicated to a different account")
