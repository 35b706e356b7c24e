"""Which services a network has, from whom, and with what capabilities."""

from __future__ import annotations

from typing import Any

from ... import contract
from ...call import Call
from ...envelope import Ready
from ...model.networks import Network
from ...tables import Database

SYSTEM_OFFERINGS = {
    1: "System-Public-Network",
    2: "System-Management-Network",
    3: "System-Control-Network",
    4: "System-Storage-Network",
    5: "System-Private-Gateway-Network-Offering",
}
"""The server's own network offerings, by their number: no list shows them."""


def providers(db: Database, network: Network) -> dict[str, list[str]]:
    """{service: [provider, …]} of a network; the virtual router gives what its offering names no provider for."""
    offering = db.network_offerings.get(network.offering_id)
    if offering is None:
        return {}
    if all(offering.services.values()):
        return offering.services
    default = ["VpcVirtualRouter" if offering.for_vpc else "VirtualRouter"]
    return {service: names or default for service, names in offering.services.items()}


def supports(db: Database, network: Network, service: str) -> bool:
    offering = db.network_offerings.get(network.offering_id)
    return offering is not None and service in offering.services


def may_scale(db: Database, network: Network) -> bool:
    """Whether the offering lets groups of instances grow and shrink behind the network's balancer."""
    offering = db.network_offerings.get(network.offering_id)
    return offering is not None and offering.lb_autoscaling


def has_router(db: Database, network: Network) -> bool:
    """Whether a virtual router of its own serves the network."""
    return network.vpc_id is None and any("VirtualRouter" in names for names in providers(db, network).values())


def service_views(call: Call, network: Network) -> list[dict[str, Any]]:
    """The services with their capabilities; networks of one offering on a page have them in common."""
    found: list[dict[str, Any]] = call.once(("services", network.offering_id), lambda: _service_views(call, network))
    return found


def _service_views(call: Call, network: Network) -> list[dict[str, Any]]:
    known = contract.facts("network_services.json")
    return Ready(
        {
            "name": service,
            "provider": [{"name": name} for name in names],
            "capability": [dict(c) for c in known.get(names[0] if names else "", {}).get(service, [])],
        }
        for service, names in providers(call.db, network).items()
    )


def offering_fields(call: Call, network: Network) -> dict[str, Any]:
    """What a network's answer says about its offering."""
    offering = call.db.network_offerings.get(network.offering_id)
    if offering is None:
        name = SYSTEM_OFFERINGS.get(network.offering_id, "System-Network")
        return {
            "networkofferingid": call.sim.ids.named_uuid(name),
            "networkofferingname": name,
            "networkofferingdisplaytext": f"System Offering for {name}",
            "networkofferingconservemode": True,
            "networkofferingavailability": "Required",
            "specifyvlan": False,
            "ispersistent": False,
            "strechedl2subnet": False,
        }
    return {
        "networkofferingid": offering.uuid,
        "networkofferingname": offering.name,
        "networkofferingdisplaytext": offering.display_text,
        "networkofferingconservemode": offering.conserve_mode,
        "networkofferingavailability": offering.availability,
        "specifyvlan": offering.specify_vlan,
        "ispersistent": offering.persistent,
        "strechedl2subnet": offering.stretched_l2,
        "egressdefaultpolicy": offering.egress_allow if _has_own_egress(offering) else None,
    }


def _has_own_egress(offering: Any) -> bool:
    """Whether it has a default for outgoing traffic: isolated networks outside of VPCs, even without a firewall."""
    return bool(offering.guest_type == "Isolated" and not offering.for_vpc)
