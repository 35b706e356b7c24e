"""What happens to a zone as a whole: creation with its system networks, readiness, state, deletion."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from hashlib import md5
from typing import TYPE_CHECKING, Any

from ...errors import CloudRuntime, InvalidParameter
from ...model.networks import Network
from ...model.physical import PhysicalNetwork, TrafficType
from ...model.zones import Zone
from . import dedication

if TYPE_CHECKING:
    from ...simulator import Simulator

SYSTEM_NETWORKS = (("Public", "Vlan"), ("Management", "Native"), ("Control", "LinkLocal"), ("Storage", "Storage"))
"""Traffic and broadcast type of each zone's own networks; their offerings have the numbers 1 to 4."""

WHEN_ENABLED: list[Callable[[Simulator, Zone], None]] = []
"""Called with a zone that has just been enabled; the owner of the system VMs adds its function."""


def java_named_uuid(text: str) -> str:
    """`UUID.nameUUIDFromBytes`: the same text always gives the same id."""
    return str(uuid.UUID(bytes=md5(text.encode(), usedforsecurity=False).digest(), version=3))


def create(sim: Simulator, zone: Zone) -> Zone:
    zone.token = java_named_uuid(f"{zone.name}{sim.clock.now() * 1000:.0f}")
    sim.db.zones.add(zone)
    system = sim.db.accounts.the(name="system")
    for number, (traffic, broadcast) in enumerate(SYSTEM_NETWORKS, 1):
        sim.db.networks.add(
            Network(
                traffic_type=traffic,
                broadcast_type=broadcast,
                zone_id=zone.id,
                account_id=system.id,
                domain_id=system.domain_id,
                offering_id=number,
                state="Setup",
            )
        )
    if zone.allocation_state == "Enabled":
        _announce(sim, zone)
    return zone


def system_network(sim: Simulator, zone_id: int, traffic: str) -> Network:
    """The zone's network for Public, Management, Control or Storage traffic."""
    network: Network = sim.db.networks.where(zone_id=zone_id, traffic_type=traffic)[0]
    return network


def networks_with_traffic(sim: Simulator, zone: Zone, traffic: str) -> list[PhysicalNetwork]:
    """The zone's physical networks that carry a kind of traffic."""
    return [
        network
        for network in sim.db.physical_networks.where(zone_id=zone.id)
        if sim.db.traffic_types.first(physical_network_id=network.id, traffic_type=traffic)
    ]


def tagged_among(found: list[PhysicalNetwork], zone: Zone, tags: str | None) -> PhysicalNetwork:
    """The only one of a zone's physical networks, or the one that has an offering's tag."""
    if len(found) == 1:
        return found[0]
    if not tags:
        raise InvalidParameter(
            f"More than one physical networks exist in zone id={zone.id} and no tags are specified in order to make a "
            "choice"
        )
    tagged = [network for network in found if tags in network.tags]
    if not tagged:
        raise InvalidParameter(f"Unable to find physical network which match the tags {tags}")
    return tagged[0]


def default_physical_network(sim: Simulator, zone: Zone, traffic: str) -> PhysicalNetwork:
    found = networks_with_traffic(sim, zone, traffic)
    if not found:
        raise InvalidParameter(
            f"Unable to find the default physical network with traffic={traffic} in the specified zone id"
        )
    return found[0]


def check_ready(sim: Simulator, zone: Zone) -> None:
    """Refuse to enable a zone without the traffic types it needs; storage traffic is put beside management."""
    try:
        management = default_physical_network(sim, zone, "Management")
        if zone.network_type == "Advanced" and not zone.security_groups:
            default_physical_network(sim, zone, "Public")
    except InvalidParameter as error:
        raise InvalidParameter(f"Cannot enable this Zone since: {error.text}") from None
    if not networks_with_traffic(sim, zone, "Storage"):
        beside = sim.db.traffic_types.the(physical_network_id=management.id, traffic_type="Management")
        sim.db.traffic_types.add(
            TrafficType(traffic_type="Storage", physical_network_id=management.id, labels=dict(beside.labels))
        )


def set_state(sim: Simulator, zone: Zone, state: str) -> None:
    was, zone.allocation_state = zone.allocation_state, state
    if state == "Enabled" and was != "Enabled":
        _announce(sim, zone)


def _announce(sim: Simulator, zone: Zone) -> None:
    for listener in WHEN_ENABLED:
        listener(sim, zone)


def check_empty(sim: Simulator, zone: Zone) -> None:
    """Refuse to delete a zone that has something in it, in the server's order."""
    db = sim.db
    found: tuple[tuple[str, Any], ...] = (
        ("servers", db.hosts.where(zone_id=zone.id, kind="Routing")),
        ("pods", db.pods.where(zone_id=zone.id)),
        ("public IP addresses allocated", [a for a in db.ip_addresses.where(zone_id=zone.id) if a.state != "Free"]),
        ("virtual machines", _rows(sim, "vms", zone)),
        ("storage volumes", _rows(sim, "volumes", zone)),
        ("physical networks", db.physical_networks.where(zone_id=zone.id)),
    )
    for what, rows in found:
        if rows:
            raise CloudRuntime(f"The zone cannot be deleted because there are {what} in this zone.")
    if db.image_stores.where(zone_id=zone.id):
        raise CloudRuntime("The zone cannot be deleted because there are Secondary storages in this zone")


def _rows(sim: Simulator, table: str, zone: Zone) -> list[Any]:
    rows = sim.db.tables.get(table)
    return rows.where(zone_id=zone.id) if rows is not None else []


def delete(sim: Simulator, zone: Zone) -> None:
    db = sim.db
    for vlan in db.vlans.where(zone_id=zone.id):
        for address in db.ip_addresses.where(vlan_id=vlan.id):
            db.ip_addresses.delete(address)
        db.vlans.remove(vlan)
    for network in db.networks.where(zone_id=zone.id):
        db.networks.remove(network)
    for place in db.template_zones.where(zone_id=zone.id):
        db.template_zones.remove(place)
    dedication.release(sim, "zone", zone)
    sim.tags.drop(zone)
    db.zones.remove(zone)
