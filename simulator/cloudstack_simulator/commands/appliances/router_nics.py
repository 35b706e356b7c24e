"""The NICs of virtual routers: guest, control and public side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...model.appliances import Router
from ...model.networks import Network, Nic
from ..networks import addressing
from ..zones.zone_life import system_network
from . import recipes

if TYPE_CHECKING:
    from ...simulator import Simulator

CONTROL_GATEWAY, CONTROL_NETMASK = "169.254.0.1", "255.255.0.0"
MTU = 1500


def of(sim: Simulator, router: Router) -> list[Nic]:
    """The router's NICs by device."""
    found: list[Nic] = sim.db.nics.where(vm_id=router.id)
    return sorted(found, key=lambda nic: nic.device_id)


def with_traffic(sim: Simulator, router: Router, traffic: str) -> Nic | None:
    """The first NIC in a network with this traffic (Guest, Control, Public)."""
    return next((n for n in of(sim, router) if sim.db.networks[n.network_id].traffic_type == traffic), None)


def add_guest(sim: Simulator, router: Router, network: Network) -> Nic:
    """The side of a guest network: its gateway's address, or one of its own where two routers share that."""
    alone = not router.redundant and network.guest_type != "Shared"
    address = network.gateway if alone else addressing.guest_address(sim, network)
    span = net.cidr(network.network_cidr or network.cidr)
    nic: Nic = sim.db.nics.add(
        Nic(
            vm_id=router.id,
            network_id=network.id,
            mac=addressing.next_mac(network),
            device_id=_next_device(sim, router),
            address=address,
            netmask=str(span.netmask) if span is not None else None,
            mtu=network.private_mtu or MTU,
        )
    )
    return nic


def add_control(sim: Simulator, router: Router) -> Nic:
    """The side of the host; it has an address only while the router has a place."""
    network = system_network(sim, router.zone_id, "Control")
    nic: Nic = sim.db.nics.add(Nic(vm_id=router.id, network_id=network.id, mac="", device_id=_next_device(sim, router)))
    return nic


def add_public(sim: Simulator, router: Router, ip: Any, peers: list[Router]) -> Nic:
    """The side of the internet. Routers that take over from each other, or share the address, have one MAC address."""
    network = system_network(sim, router.zone_id, "Public")
    vlan = sim.db.vlans[ip.vlan_id]
    known = (with_traffic(sim, peer, "Public") for peer in peers)
    mac = next((nic.mac for nic in known if nic is not None and nic.address == ip.address), None)
    nic: Nic = sim.db.nics.add(
        Nic(
            vm_id=router.id,
            network_id=network.id,
            mac=mac or recipes.mac(sim, ip.mac),
            device_id=_next_device(sim, router),
            address=ip.address,
            netmask=vlan.netmask,
            gateway=vlan.gateway,
            vlan=vlan.vlan if "://" in vlan.vlan else f"vlan://{vlan.vlan}",
            is_default=True,
            mtu=MTU,
        )
    )
    return nic


def _next_device(sim: Simulator, router: Router) -> int:
    return max((nic.device_id for nic in of(sim, router)), default=-1) + 1


def plug(sim: Simulator, router: Router) -> None:
    """The router has a place: a fresh control address, and its guest sides in their VLANs."""
    for nic in of(sim, router):
        network = sim.db.networks[nic.network_id]
        if network.traffic_type == "Control":
            nic.address, nic.mac = recipes.link_local(sim)
            nic.netmask, nic.gateway = CONTROL_NETMASK, CONTROL_GATEWAY
        elif network.traffic_type == "Guest":
            nic.vlan = network.broadcast_uri


def unplug(sim: Simulator, router: Router) -> None:
    for nic in of(sim, router):
        traffic = sim.db.networks[nic.network_id].traffic_type
        if traffic == "Control":
            nic.address = nic.netmask = nic.gateway = None
            nic.mac = ""
        elif traffic == "Guest":
            nic.vlan = None


def drop(sim: Simulator, nic: Nic) -> None:
    addressing.drop_nic(sim, nic)
