"""What fits together in network offerings, and in which zones and for which networks they can be used."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...listing import Filter, matching
from ...parameters import flat_map
from .services import Services

DETAILS = {
    name.lower(): name
    for name in (
        "InternalLbProvider", "PublicLbProvider", "servicepackageuuid", "servicepackagedescription", "PromiscuousMode",
        "MacAddressChanges", "ForgedTransmits", "MacLearning", "RelatedNetworkOffering", "domainid", "zoneid",
        "pvlanType", "internetProtocol",
    )
}  # fmt: skip
VPC_ONLY = ("VpcVirtualRouter", "JuniperContrailVpcRouter", "InternalLbVm")
IN_VPCS = (
    *VPC_ONLY, "NiciraNvp", "Netscaler", "Ovs", "BigSwitchBcf", "NuageVsp", "ConfigDrive", "Tungsten", "Nsx", "Netris",
)  # fmt: skip


def given_details(call: Call, services: Services) -> dict[str, str]:
    """The details in the server's spelling; providers of load balancers must be the offering's."""
    found = {}
    for key, value in (flat_map(call.params.details) or {}).items():
        name = DETAILS.get(key.lower())
        if name is None:
            raise InvalidParameter(f"Unsupported detail {key}")
        if name.endswith("LbProvider") and value.lower() not in [p.lower() for p in services.get("Lb", [])]:
            raise InvalidParameter(
                f"Invalid value {value} for the detail {name}. The provider is not supported by the network offering"
            )
        found[name] = value
    return found


def is_for_vpc(given: bool | None, services: Services) -> bool:
    """Whether an offering is for tiers, if need be by the first service or provider that only one kind has."""
    if given is not None:
        return given
    for name in services:
        if name in ("SecurityGroup", "Firewall", "NetworkACL"):
            return name == "NetworkACL"
    return any(provider in VPC_ONLY for providers in services.values() for provider in providers)


def check_vpc(guest_type: str, services: Services, mode: str | None) -> None:
    """An offering with a router of VPCs has to fit into one."""
    providers = [provider for given in services.values() for provider in given]
    if "VpcVirtualRouter" not in providers:
        return
    for provider in providers:
        if provider not in IN_VPCS:
            raise InvalidParameter(
                f"Provider of type {provider} is not supported for network offerings that can be used in VPC"
            )
    if mode != "ROUTED" and (guest_type != "Isolated" or "SourceNat" not in services):
        raise InvalidParameter("Only network offerings of type Isolated with service SourceNat are valid for vpc ")


def with_firewall(services: Services) -> Services:
    """Whoever forwards ports has a firewall too."""
    if any("VirtualRouter" in services.get(name, []) for name in ("PortForwarding", "StaticNat")):
        services["Firewall"] = ["VirtualRouter"]
    return services


def for_zone(call: Call) -> Filter | None:
    """What a zone has the physical network, with the tags, and the enabled providers for; nothing in Basic zones."""
    zone = call.params.zoneid
    if zone is None:
        return None
    if zone.removed is not None:
        raise InvalidParameter(f"Unable to find the zone by id={zone.id}")
    if zone.network_type == "Basic":
        return matching(lambda _offering: False)
    enabled = _enabled_providers(call, zone)

    def fits(offering: Any) -> bool:
        if offering.zone_ids and zone.id not in offering.zone_ids:
            return False
        usable = enabled.get(offering.tags or None)
        return usable is not None and all(p in usable for given in offering.services.values() for p in given)

    return matching(fits)


def _enabled_providers(call: Call, zone: Any) -> dict[str | None, set[str]]:
    """The enabled providers of the zone's guest networks by tag; None: the one without tags."""
    db = call.db
    found: dict[str | None, set[str]] = {}
    for network in db.physical_networks.where(zone_id=zone.id):
        if not any(t.traffic_type == "Guest" for t in db.traffic_types.where(physical_network_id=network.id)):
            continue
        if not network.tags and None in found:
            raise CloudRuntime(f"There are more than 1 physical network with empty tag in the zone id={zone.id}")
        providers = db.service_providers.where(physical_network_id=network.id)
        for tag in network.tags or [None]:
            found[tag] = {p.name for p in providers if p.state == "Enabled"}
    return found


def _kind(offering: Any) -> tuple[str, str, bool, bool]:
    return offering.guest_type, offering.traffic_type, offering.specify_vlan, "SecurityGroup" in offering.services


def for_network(call: Call) -> Filter | None:
    """What a network may be changed to: alike in type, VLAN and security groups."""
    network = call.params.networkid
    if network is None:
        return None
    if not network or network.removed is not None:
        raise InvalidParameter(f"Unable to find the network by id={network.id}")
    if network.is_system:
        raise InvalidParameter("Can't update system networks")
    call.check_access(network)
    own = call.db.network_offerings.get(network.offering_id)
    for_vpc = call.params.get("forvpc", network.vpc_id is not None)
    return matching(
        lambda o: (
            own is not None
            and o is not own
            and o.state == "Enabled"
            and o.for_vpc is for_vpc
            and _kind(o) == _kind(own)
        )
    )
