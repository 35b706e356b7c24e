"""Making network offerings, with the checks in the server's order."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter, ServerApiError
from ...model.offerings import NetworkOffering
from ...registry import command
from . import network_rules, scopes
from .network import availability, check_required, network_offering_view
from .services import Capability, Services, capabilities, given_providers, known_services, ordered, with_providers

TRAFFIC = ("public", "management", "control", "guest", "vlan", "storage")
GUEST_TYPES = {"shared": "Shared", "isolated": "Isolated", "l2": "L2"}
MODES = {"natted": "NATTED", "routed": "ROUTED"}
PROTOCOLS = {"ipv4": "IPv4", "dualstack": "DualStack"}
ONLY_LB = (
    "Only SupportedLBIsolationElasticLbInlineModeLbSchemesVmAutoScaling capabilities can be specified for LB service"
)
ROUTED = "routed.network.vpc.enabled"
NEEDS_NAT = ("SourceNat", "StaticNat", "Lb", "PortForwarding", "Vpn")


@command("createNetworkOffering")
def create_network_offering(call: Call) -> dict[str, Any]:
    p = call.params
    domains, zones = scopes.given_domains(call), scopes.given_zones(call)
    _check_traffic(p.traffictype)
    guest_type = _guest_type(p.guestiptype)
    mode = _mode(call, guest_type)
    protocol = _protocol(call, guest_type)
    wanted = availability(call) or "Optional"
    router = router_offering(call)
    services = with_providers(_services(call, guest_type), given_providers(call))
    for_vpc = network_rules.is_for_vpc(p.forvpc, services)
    _check_user_data(call)
    flags = _flags(capabilities(call), services, guest_type)
    services = ordered(network_rules.with_firewall(services))
    details = network_rules.given_details(call, services)
    _check_kind(call, guest_type, services, mode)
    if wanted == "Required":
        check_required(call, guest_type, services)
    network_rules.check_vpc(guest_type, services, mode)
    if call.db.network_offerings.first(name=p.name):
        raise ServerApiError(530, "Entity already exists ")
    offering = call.db.network_offerings.add(
        NetworkOffering(
            name=p.name,
            display_text=p.displaytext or p.name,
            guest_type=guest_type,
            services=services,
            specify_vlan=bool(p.specifyvlan),
            conserve_mode=p.get("conservemode", True),
            specify_ip_ranges=bool(p.specifyipranges),
            availability=wanted,
            network_rate=p.networkrate,
            state="Enabled" if p.enable else "Disabled",
            service_offering_id=router.id,
            tags=p.tags,
            for_vpc=for_vpc,
            for_nsx=bool(p.fornsx),
            for_tungsten=bool(p.fortungsten),
            network_mode=mode,
            persistent=bool(p.ispersistent),
            egress_allow=p.get("egressdefaultpolicy", True),
            keep_alive=bool(p.keepaliveenabled),
            internet_protocol=protocol,
            specify_as_number=bool(p.specifyasnumber),
            routing_mode=p.routingmode,
            details=details,
            domain_ids=domains,
            zone_ids=zones,
            **flags,
        )
    )
    call.event(
        "NETWORK.OFFERING.CREATE",
        f"Successfully completed creating network offering. Network offering id={offering.id}",
        offering,
    )
    return {"networkoffering": network_offering_view(call, offering)}


def _check_traffic(text: str) -> None:
    if text.lower() not in TRAFFIC:
        raise InvalidParameter(
            "Invalid value for traffictype. Supported traffic types: Public, Management, Control, Guest, Vlan or "
            "Storage"
        )
    if text.lower() != "guest":
        raise InvalidParameter("Only traffic type Guest is supported in the current release")


def _guest_type(text: str) -> str:
    if text.lower() not in GUEST_TYPES:
        raise InvalidParameter('Invalid "type" parameter is given; can have Shared and Isolated values')
    return GUEST_TYPES[text.lower()]


def _mode(call: Call, guest_type: str) -> str | None:
    text = call.params.networkmode
    if text is None:
        return None
    if text.lower() not in MODES:
        raise InvalidParameter(f"Invalid mode passed. Valid values: [{', '.join(MODES.values())}]")
    if guest_type != "Isolated":
        raise InvalidParameter("networkMode should be set only for Isolated network offerings")
    if text.lower() == "routed":
        check_routed(call, "networks")
    return MODES[text.lower()]


def check_routed(call: Call, kind: str) -> None:
    """Routed networks and VPCs are for clouds, and for zones of them, that have them switched on."""
    if not call.setting(ROUTED):
        raise InvalidParameter(f"Configuration {ROUTED} needs to be enabled for Routed {kind}")
    for number in scopes.given_zones(call):
        if not call.setting(ROUTED, call.db.zones[number]):
            raise InvalidParameter(
                f"Configuration {ROUTED} needs to be enabled for Routed {kind} in zone (ID: {number})"
            )


def _protocol(call: Call, guest_type: str) -> str:
    if call.params.internetprotocol is not None and guest_type != "Isolated":
        ip_protocol(call)
        raise InvalidParameter("internetprotocol is supported only for Isolated guest type")
    return checked_protocol(call, "network")


def ip_protocol(call: Call) -> str:
    text: str = call.params.get("internetprotocol", "IPv4")
    if text.lower() not in PROTOCOLS:
        raise InvalidParameter(f"Invalid value for internetprotocol: {text}")
    return PROTOCOLS[text.lower()]


def checked_protocol(call: Call, kind: str) -> str:
    """The protocol that an offering of networks or VPCs is for; IPv6 has to be switched on."""
    found = ip_protocol(call)
    if found != "IPv4" and not call.setting("ipv6.offering.enabled"):
        raise InvalidParameter(
            f"Configuration ipv6.offering.enabled needs to be enabled for creating IPv6 supported {kind} offering"
        )
    return found


def router_offering(call: Call) -> Any:
    """The service offering of the routers: the given one, checked, or the server's own."""
    given = call.params.serviceofferingid
    if given is None:
        return call.db.service_offerings.first(unique_name="domainrouter")
    found = live(given, "Could not find specified service offering [{id}].")
    if found.state != "Active":
        raise InvalidParameter(f"The specified service offering [{found}] is inactive.")
    if found.vm_type != "domainrouter":
        raise InvalidParameter(
            f"The specified service offering [{found}] is of type [{found.vm_type or 'null'}]. Virtual routers can "
            "only be "
            "created with service offering of type [domainrouter]."
        )
    return found


def _services(call: Call, guest_type: str) -> Services:
    """The supported services; but for security groups each without a provider until one is given."""
    found: Services = {}
    for text in call.params.supportedservices or []:
        name = known_services().get(text.lower())
        if name is None:
            raise InvalidParameter(f"Invalid service {text}")
        if name == "SecurityGroup" and guest_type != "Shared":
            raise InvalidParameter(
                "Security group service is supported for network offerings with guest ip type Shared"
            )
        found[name] = ["SecurityGroupProvider"] if name == "SecurityGroup" else []
    return found


def _check_user_data(call: Call) -> None:
    """The router gives user data only to those whom somebody gives addresses."""
    given = {service.lower(): providers for service, providers in given_providers(call).items()}
    if "VirtualRouter" in given.get("userdata", []) and not given.get("dhcp"):
        raise InvalidParameter(
            "Without VR as dhcp provider, User data can't selected for VR. Please select VR as DHCP provider "
        )


def _check_kind(call: Call, guest_type: str, services: Services, mode: str | None) -> None:
    p = call.params
    if p.specifyipranges and not (guest_type == "Shared" or (guest_type == "Isolated" and "SourceNat" not in services)):
        raise InvalidParameter(
            "SpecifyIpRanges can only be true for Shared network offerings and Isolated with no SourceNat service"
        )
    if guest_type == "Shared" and not p.specifyipranges:
        raise InvalidParameter("SpecifyIpRanges should always be true for Shared network offerings")
    if p.ispersistent and guest_type == "Shared":
        raise InvalidParameter(f"isPersistent should be false if network offering's type is {guest_type}")
    if mode == "ROUTED" and any(name in services for name in NEEDS_NAT):
        raise InvalidParameter("SourceNat/StaticNat/Lb/PortForwarding/Vpn service are not supported in ROUTED mode")


def _flags(given: list[Capability], services: Services, guest_type: str) -> dict[str, Any]:
    """The offering's fields that its capabilities set."""
    flags: dict[str, bool] = {}
    of_lb = [c.name for c in given if c.service == "Lb"]
    if of_lb and "Lb" in services and ("SupportedLBIsolation" not in of_lb or len(set(of_lb)) > 4):
        raise InvalidParameter(ONLY_LB)
    if any(c.service == "StaticNat" for c in given):
        flags["associate_public_ip"] = True
    for capability in given:
        if capability.service == "Lb":
            flags |= _lb_flag(capability, services)
        elif capability.service == "SourceNat":
            flags |= _source_nat_flag(capability, services)
        elif capability.service == "StaticNat":
            flags |= _static_nat_flag(capability, services)
        elif capability.service == "Connectivity":
            flags |= _connectivity_flag(capability, services, guest_type)
    if flags.get("associate_public_ip") and not flags.get("elastic_ip"):
        raise InvalidParameter("Capability AssociatePublicIP can only be set when capability ElasticIp is true")
    return flags


def _lb_flag(capability: Capability, services: Services) -> dict[str, bool]:
    if "Lb" not in services:
        raise InvalidParameter(
            "Capabilities for LB service can be specifed only when LB service is enabled for network offering."
        )
    if capability.name == "SupportedLBIsolation":
        if ("dedicated" in capability.value) is ("shared" in capability.value):
            raise InvalidParameter("Either dedicated or shared isolation can be specified for SupportedLBIsolation")
        return {"dedicated_lb": "dedicated" in capability.value}
    fields = {"ElasticLb": "elastic_lb", "InlineMode": "inline_lb", "VmAutoScaling": "lb_autoscaling"}
    if capability.name in fields:
        return {fields[capability.name]: capability.is_true()}
    if capability.name == "LbSchemes":
        internal, public = "internal" in capability.value, "public" in capability.value
        if not internal and not public:
            raise InvalidParameter("Unknown specified value for LbSchemes")
        if internal and public:
            raise InvalidParameter("Public lb and internal lb can't be enabled at the same time on the offering")
        return {"internal_lb": internal}
    raise InvalidParameter(ONLY_LB)


def _source_nat_flag(capability: Capability, services: Services) -> dict[str, bool]:
    if "SourceNat" not in services:
        raise InvalidParameter(
            "Capabilities for source NAT service can be specified only when source NAT service is enabled for network "
            "offering."
        )
    if capability.name == "SupportedSourceNatTypes":
        if capability.value.lower() not in ("peraccount", "perzone"):
            raise InvalidParameter(
                "Either peraccount or perzone source NAT type can be specified for SupportedSourceNatTypes"
            )
        return {"source_nat_per_account": capability.value.lower() == "peraccount"}
    if capability.name == "RedundantRouter":
        return {"redundant_router": capability.is_true()}
    raise InvalidParameter(
        "Only SupportedSourceNatTypes, Network.Capability[name=RedundantRouter] capabilities can be specified for "
        "source "
        "nat service"
    )


def _static_nat_flag(capability: Capability, services: Services) -> dict[str, bool]:
    if "StaticNat" not in services:
        raise InvalidParameter(
            "Capabilities for static NAT service can be specified only when static NAT service is enabled for network "
            "offering."
        )
    fields = {"ElasticIp": "elastic_ip", "AssociatePublicIP": "associate_public_ip"}
    if capability.name not in fields:
        raise InvalidParameter(
            "Only ElasticIp and AssociatePublicIP capability can be sepcified for static nat service"
        )
    return {fields[capability.name]: capability.is_true()}


def _connectivity_flag(capability: Capability, services: Services, guest_type: str) -> dict[str, Any]:
    if "Connectivity" not in services:
        raise InvalidParameter(
            "Capabilities for 'Connectivity' service can be specified only when Connectivity service is enabled "
            "for network "
            "offering."
        )
    fields = {"StretchedL2Subnet": "stretched_l2", "PublicAccess": "public_access"}
    if capability.name not in fields:
        raise InvalidParameter(f"Capability {capability.name} can not be specified with connectivity service.")
    if capability.name == "PublicAccess" and guest_type != "Shared":
        raise InvalidParameter(
            f"Capability {capability.name} can only be enabled for network offerings with guest type Shared."
        )
    return {fields[capability.name]: capability.is_true()}
