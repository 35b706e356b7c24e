"""VPC offerings."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter, ServerApiError
from ...listing import contains, equal, matching
from ...model.offerings import VpcOffering
from ...registry import SUCCESS, allocate, command
from . import scopes
from .network_create import MODES, NEEDS_NAT, check_routed, checked_protocol, router_offering
from .services import Capability, Services, capabilities, given_providers, known_services, ordered, service_views

STATES = {"enabled": "Enabled", "disabled": "Disabled"}
SUPPORTED = (
    "Dhcp", "Dns", "UserData", "NetworkACL", "PortForwarding", "Lb", "SourceNat", "StaticNat", "Gateway", "Vpn",
    "Connectivity",
)  # fmt: skip
ALWAYS = ("SourceNat", "NetworkACL")
"""Services that every VPC offering has, asked for or not; routed ones have no source NAT."""
DEFAULT_PROVIDER = "VpcVirtualRouter"


def vpc_offering_view(call: Call, offering: VpcOffering) -> dict[str, Any]:
    return {
        "id": offering.uuid,
        "name": offering.name,
        "displaytext": offering.display_text,
        "created": timestamp(offering.created),
        "isdefault": offering.is_default,
        "state": offering.state,
        "service": service_views(offering.services),
        "distributedvpcrouter": offering.distributed_router,
        "supportsregionLevelvpc": offering.region_level,
        "fornsx": offering.for_nsx,
        "networkmode": offering.network_mode,
        **scopes.scope_fields(call, offering, lambda domain: domain.path),
        "internetprotocol": offering.internet_protocol,
        "specifyasnumber": offering.specify_as_number,
        "routingmode": offering.routing_mode,
    }


@command("listVPCOfferings")
def list_vpc_offerings(call: Call) -> dict[str, Any]:
    p = call.params
    wanted = _wanted_services(call)
    return call.listing(
        "vpcoffering",
        call.db.vpc_offerings,
        vpc_offering_view,
        where=[
            equal("id", p.id),
            contains("name", p.name),
            contains("display_text", p.displaytext),
            equal("is_default", p.isdefault),
            equal("state", p.state),
            matching(lambda o: wanted <= o.services.keys()) if wanted else None,
            scopes.for_domain(call, "VPC"),
            scopes.for_zone(p.zoneid),
            scopes.visible(call),
        ],
        keyword=("name", "display_text"),
        sort=scopes.by_sort_key(call),
    )


def _wanted_services(call: Call) -> set[str]:
    found = set()
    for text in call.params.supportedservices or []:
        name = known_services().get(text.lower())
        if name is None:
            raise InvalidParameter(f"Invalid service specified {text}")
        found.add(name)
    return found


@allocate("createVPCOffering")
def allocate_vpc_offering(call: Call) -> VpcOffering:
    p = call.params
    if not p.supportedservices:
        raise InvalidParameter("Supported services needs to be provided")
    if p.networkmode is not None and p.networkmode.lower() not in MODES:
        raise InvalidParameter(f"Invalid mode passed. Valid values: [{', '.join(MODES.values())}]")
    mode = MODES[p.networkmode.lower()] if p.networkmode is not None else None
    if mode == "ROUTED":
        check_routed(call, "VPCs")
    domains, zones = scopes.given_domains(call), scopes.given_zones(call)
    protocol = checked_protocol(call, "VPC")
    services = _services(call, mode)
    if mode == "ROUTED" and any(name in services for name in NEEDS_NAT):
        raise InvalidParameter(
            "SourceNat/StaticNat/Lb/PortForwarding/Vpn service are not supported by VPC in ROUTED mode"
        )
    flags = _flags(capabilities(call), services, mode)
    router = router_offering(call) if p.serviceofferingid is not None else None
    if call.db.vpc_offerings.first(name=p.name):
        raise ServerApiError(530, "Entity already exists ")
    made: VpcOffering = call.db.vpc_offerings.add(
        VpcOffering(
            name=p.name,
            display_text=p.displaytext or p.name,
            services=services,
            for_nsx=bool(p.fornsx),
            network_mode=mode,
            internet_protocol=protocol,
            specify_as_number=bool(p.specifyasnumber),
            routing_mode=p.routingmode,
            service_offering_id=router.id if router else None,
            domain_ids=domains,
            zone_ids=zones,
            **flags,
        )
    )
    return made


def _services(call: Call, mode: str | None) -> Services:
    found: Services = {}
    for text in call.params.supportedservices:
        name = known_services().get(text.lower())
        if name not in SUPPORTED:
            raise InvalidParameter(f"Service {text} is not supported in VPC")
        found[str(name)] = [DEFAULT_PROVIDER]
    for name in ALWAYS:
        if name != "SourceNat" or mode != "ROUTED":
            found.setdefault(name, [DEFAULT_PROVIDER])
    for service, providers in given_providers(call).items():
        name = known_services().get(service.lower())
        if name not in found:
            raise InvalidParameter(
                f"Service {service} is not enabled for the network offering, can't add a provider to it"
            )
        found[str(name)] = providers
    return ordered(found)


def _flags(given: list[Capability], services: Services, mode: str | None) -> dict[str, Any]:
    """What the capabilities switch on; those of Connectivity need no such service, but its providers are asked."""
    for capability in given:
        for provider in services.get("Connectivity", []):
            if provider != "Ovs" or capability.service != "Connectivity":
                raise InvalidParameter(f"Provider {provider} does not support {capability.name} capability.")
        if capability.value.lower() not in ("true", "false"):
            raise InvalidParameter(f"Invalid Capability value:{capability.value} specified.")
    return {
        "distributed_router": _is_on(given, "DistributedRouter", "Connectivity"),
        "region_level": _is_on(given, "RegionLevelVpc", "Connectivity"),
        "redundant_router": _is_on(given, "RedundantRouter", "Gateway" if mode == "ROUTED" else "SourceNat"),
    }


def _is_on(given: list[Capability], name: str, service: str) -> bool:
    """Whether a capability is switched on; of several entries for it the first one counts."""
    found = next((capability for capability in given if capability.name == name), None)
    if found is None:
        return False
    if found.service != service:
        raise InvalidParameter(
            f"Invalid Service: {found.service} specified. Capability {service} can be specified only for service {name}"
        )
    return found.is_true()


@command("createVPCOffering")
def create_vpc_offering(call: Call) -> dict[str, Any]:
    offering = call.created
    if call.params.enable:
        offering.state = "Enabled"
    call.event("VPC.OFFERING.CREATE", f"Successfully completed creating VPC offering. Id: {offering.id}", offering)
    return {"vpcoffering": vpc_offering_view(call, offering)}


@command("updateVPCOffering")
def update_vpc_offering(call: Call) -> dict[str, Any]:
    p = call.params
    offering = live(p.id, "unable to find vpc offering {id}")
    domains = scopes.new_domains(call, "VPC offering", offering.domain_ids)
    zones = scopes.new_zones(call, "VPC offering", offering.zone_ids)
    scopes.check_changer(call, "VPC", offering)
    if p.state is not None and p.state.lower() not in STATES:
        raise InvalidParameter(f"Incorrect state value: {p.state}")
    offering.state = STATES[p.state.lower()] if p.state is not None else offering.state
    offering.name, offering.display_text = p.name or offering.name, p.displaytext or offering.display_text
    offering.sort_key = offering.sort_key if p.sortkey is None else p.sortkey
    offering.domain_ids, offering.zone_ids = domains, zones
    call.event("VPC.OFFERING.UPDATE", f"Successfully completed updating VPC offering. Id: {offering.id}", offering)
    return {"vpcoffering": vpc_offering_view(call, offering)}


@command("deleteVPCOffering")
def delete_vpc_offering(call: Call) -> dict[str, Any]:
    offering = live(call.params.id, "unable to find vpc offering {id}")
    if offering.is_default:
        raise InvalidParameter("Default network offering can't be deleted")
    scopes.check_changer(call, "VPC", offering, "delete")
    used = len(call.db.vpcs.where(offering_id=offering.id))
    if used:
        raise InvalidParameter(
            f"Can't delete vpc offering {offering} as its used by {used} vpcs. To make the network offering "
            "unavailable, "
            "disable it"
        )
    call.db.vpc_offerings.remove(offering)
    call.event("VPC.OFFERING.DELETE", f"Successfully completed deleting VPC offering. Id: {offering.id}", offering)
    return SUCCESS
