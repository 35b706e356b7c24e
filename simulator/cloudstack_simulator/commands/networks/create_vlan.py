"""The VLAN of a new network: who may name one, and which ones are taken."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter

UNTAGGED = "untagged"


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
    if not (bypass and offering.guest_type == "Shared") and any(
        v.vnet == number for v in call.db.vnets.where(physical_network_id=physical.id)
    ):
        raise InvalidParameter(
            f"The VLAN tag to use for new guest network, {vlan} is already being used for dynamic vlan allocation for "
            f"the guest network in zone {zone.name}"
        )
    _check_others(call, zone, vlan, bypass)
    if not bypass:
        _check_dedication(call, zone, vlan, owner)


def _check_others(call: Call, zone: Any, vlan: str, bypass: bool) -> None:
    """Networks of the zone with the same VLAN; a shared one that overlooks overlaps stands beside all but isolated."""
    number = vlan.removeprefix("vlan://")
    others = [n for n in call.db.networks.where(zone_id=zone.id, vlan=number) if n.traffic_type == "Guest"]
    if not bypass and others:
        raise InvalidParameter(
            f"Network with vlan {vlan} already exists or overlaps with other network vlans in zone {zone}"
        )
    if bypass and any(n.guest_type == "Isolated" for n in others):
        raise InvalidParameter(
            f"There is an existing isolated/shared network that overlaps with vlan id:{vlan} in zone {zone}"
        )


def _check_dedication(call: Call, zone: Any, vlan: str, owner: Any) -> None:
    number = vlan.removeprefix("vlan://")
    vnet = next(iter(call.db.vnets.where(zone_id=zone.id, vnet=number)), None)
    dedicated = call.db.guest_vlan_ranges.get(vnet.range_id) if vnet is not None else None
    if dedicated is not None and dedicated.account_id != owner.id:
        raise InvalidParameter(f"Vlan {vlan} is dedicated to a different account")
