"""Portable addresses in use: a region's address that stands in a zone as a public range of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...errors import InsufficientAddressCapacity
from ...model.addresses import PublicIp, VlanRange
from . import addressing

if TYPE_CHECKING:
    from ...simulator import Simulator


def acquire(sim: Simulator, zone: Any, owner: Any) -> PublicIp:
    """The lowest free address of all portable ranges, for an account; it counts against no limit."""
    free = (
        (row, value) for row in sim.db.portable_ranges for value in net.numbers(row.start, row.end)
        if value not in row.taken
    )  # fmt: skip
    found = next(free, None)
    if found is None:
        raise InsufficientAddressCapacity("Unable to find available portable IP addresses")
    row, value = found
    public = addressing.public_network(sim, zone.id)
    address = net.address(value)
    vlan = sim.db.vlans.add(
        VlanRange(
            zone_id=zone.id,
            physical_network_id=public.physical_network_id or 0,
            network_id=public.id,
            vlan=row.vlan or "untagged",
            gateway=row.gateway,
            netmask=row.netmask,
            start=address,
            end=address,
            virtual=True,
        )
    )
    ip: PublicIp = sim.db.ip_addresses.add(
        PublicIp(
            address=address,
            number=value,
            vlan_id=vlan.id,
            zone_id=zone.id,
            physical_network_id=vlan.physical_network_id,
            state="Allocating",
            allocated=sim.clock.now(),
            account_id=owner.id,
            domain_id=owner.domain_id,
            is_portable=True,
        )
    )
    row.taken = {**row.taken, value: {"account": owner.id, "zone": zone.id}}
    return ip


def release(sim: Simulator, ip: PublicIp) -> None:
    """Give the address back to its region; the zone forgets it."""
    for row in sim.db.portable_ranges:
        if ip.number in row.taken:
            row.taken = {value: use for value, use in row.taken.items() if value != ip.number}
    sim.tags.drop(ip)
    vlan = sim.db.vlans[ip.vlan_id]
    sim.db.ip_addresses.delete(ip)
    sim.db.vlans.delete(vlan)
