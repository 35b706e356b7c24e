"""Network offerings: lists, changes, removal."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import contains, equal, matching
from ...model.offerings import NetworkOffering
from ...registry import SUCCESS, command
from ..annotations import has_annotations
from ..zones import zone_life
from . import network_rules, scopes
from .services import known_services, service_views

AVAILABILITY = {"required": "Required", "optional": "Optional"}
STATES = {"enabled": "Enabled", "disabled": "Disabled"}


def network_offering_view(call: Call, offering: NetworkOffering) -> dict[str, Any]:
    service_offering = call.db.service_offerings.get(offering.service_offering_id)
    rate = call.setting("network.throttling.rate") if offering.network_rate is None else offering.network_rate
    return {
        "id": offering.uuid,
        "name": offering.name,
        "displaytext": offering.display_text,
        "tags": offering.tags,
        "created": timestamp(offering.created),
        "traffictype": offering.traffic_type,
        "isdefault": offering.is_default,
        "specifyvlan": offering.specify_vlan,
        "conservemode": offering.conserve_mode,
        "specifyipranges": offering.specify_ip_ranges,
        "availability": offering.availability,
        "networkrate": rate,
        "state": offering.state,
        "guestiptype": offering.guest_type,
        "serviceofferingid": service_offering.uuid if service_offering else None,
        "service": service_views(offering.services, _capabilities(offering)),
        "forvpc": offering.for_vpc,
        "fornsx": offering.for_nsx,
        "fortungsten": offering.for_tungsten,
        "networkmode": offering.network_mode,
        "ispersistent": offering.persistent,
        "egressdefaultpolicy": offering.egress_allow,
        "maxconnections": offering.max_connections,
        "supportsstrechedl2subnet": offering.stretched_l2,
        "supportspublicaccess": offering.public_access,
        "supportsinternallb": offering.internal_lb,
        "details": offering.details or None,
        **scopes.scope_fields(call, offering, lambda domain: domain.path),
        "internetprotocol": offering.internet_protocol,
        "specifyasnumber": offering.specify_as_number,
        "routingmode": offering.routing_mode,
        "hasannotations": has_annotations(call, offering),
    }


def _capabilities(offering: NetworkOffering) -> dict[str, dict[str, str]]:
    words = {True: "true", False: "false"}
    return {
        "Lb": {
            "SupportedLBIsolation": "dedicated" if offering.dedicated_lb else "shared",
            "ElasticLb": words[offering.elastic_lb],
            "InlineMode": words[offering.inline_lb],
            "VmAutoScaling": words[offering.lb_autoscaling],
        },
        "SourceNat": {
            "SupportedSourceNatTypes": "peraccount" if offering.source_nat_per_account else "perzone",
            "RedundantRouter": words[offering.redundant_router],
        },
        "StaticNat": {
            "ElasticIp": words[offering.elastic_ip],
            "AssociatePublicIP": words[offering.associate_public_ip],
        },
    }


@command("listNetworkOfferings")
def list_network_offerings(call: Call) -> dict[str, Any]:
    p = call.params
    wanted = _wanted_services(call)
    return call.listing(
        "networkoffering",
        call.db.network_offerings,
        network_offering_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            contains("display_text", p.displaytext),
            equal("traffic_type", p.traffictype),
            equal("guest_type", p.guestiptype),
            equal("availability", p.availability),
            equal("state", p.state),
            equal("is_default", p.isdefault),
            equal("specify_vlan", p.specifyvlan),
            equal("specify_ip_ranges", p.specifyipranges),
            equal("for_vpc", p.forvpc),
            equal("tags", p.tags),
            equal("routing_mode", p.routingmode),
            matching(lambda o: bool(o.tags) is p.istagged) if p.istagged is not None else None,
            matching(lambda o: ("SourceNat" in o.services) is p.sourcenatsupported)
            if p.sourcenatsupported is not None
            else None,
            matching(lambda o: wanted <= o.services.keys()) if wanted else None,
            scopes.for_domain(call, "network"),
            network_rules.for_zone(call),
            scopes.visible(call),
            network_rules.for_network(call),
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


def availability(call: Call) -> str | None:
    """Required or Optional as the call says; None when it doesn't."""
    text = call.params.availability
    if text is None:
        return None
    if text.lower() not in AVAILABILITY:
        raise InvalidParameter("Invalid value for Availability. Supported types: Required, Optional")
    return AVAILABILITY[text.lower()]


def check_required(call: Call, guest_type: str, services: Any, own: NetworkOffering | None = None) -> None:
    """Refuse a second offering that is Required, or one that cannot be."""
    if guest_type != "Isolated" or "SourceNat" not in services:
        raise InvalidParameter(
            "Availability can be Required only for networkOfferings of type Isolated and with SourceNat enabled"
        )
    for other in call.db.network_offerings:
        if other.availability == "Required" and other is not own:
            raise InvalidParameter(f"System already has network offering id={other.id} with availability Required")


@command("updateNetworkOffering")
def update_network_offering(call: Call) -> dict[str, Any]:
    p = call.params
    if p.id is None:
        raise InvalidParameter("Unable to find network offering null")
    # The domains and zones that an offering keeps are looked up before the offering itself.
    keeps = not p.domainid or not p.zoneid
    offering = live(p.id, "Unable to find network offering {id}" if keeps else "unable to find network offering {id}")
    domains = scopes.new_domains(call, "network offering", offering.domain_ids)
    zones = scopes.new_zones(call, "network offering", offering.zone_ids)
    if p.state is not None and p.state.lower() not in STATES:
        raise InvalidParameter(f"Incorrect state value: {p.state}")
    if p.tags is not None:
        _check_tags(call, offering)
    wanted = availability(call)
    if wanted == "Required":
        check_required(call, offering.guest_type, offering.services, offering)
    offering.availability = wanted or offering.availability
    offering.state = STATES[p.state.lower()] if p.state is not None else offering.state
    offering.name, offering.display_text = p.name or offering.name, p.displaytext or offering.display_text
    offering.sort_key = offering.sort_key if p.sortkey is None else p.sortkey
    if p.maxconnections is not None and "Lb" in offering.services:
        offering.max_connections = p.maxconnections
    offering.keep_alive = offering.keep_alive if p.keepaliveenabled is None else p.keepaliveenabled
    if p.tags is not None:
        offering.tags = p.tags if p.tags.strip() else None
    offering.domain_ids, offering.zone_ids = domains, zones
    call.event(
        "NETWORK.OFFERING.EDIT",
        f"Successfully completed updating network offering. Network offering id={offering.id}",
        offering,
    )
    return {"networkoffering": network_offering_view(call, offering)}


def _check_tags(call: Call, offering: NetworkOffering) -> None:
    """New tags have to name a physical network in every zone, and the one that the present tags name."""
    for zone in call.db.zones:
        found = zone_life.networks_with_traffic(call.sim, zone, offering.traffic_type)
        if not found:
            raise InvalidParameter(f"Unable to find physical network in zone id={zone.id}")
        new = zone_life.tagged_among(found, zone, call.params.tags)
        if offering.tags is not None and zone_life.tagged_among(found, zone, offering.tags) is not new:
            raise InvalidParameter(f"New tags: selects different physical network for zone {zone}")


@command("deleteNetworkOffering")
def delete_network_offering(call: Call) -> dict[str, Any]:
    offering = live(call.params.id, "unable to find network offering {id}")
    if offering.is_default:
        raise InvalidParameter("Default network offering can't be deleted")
    scopes.check_changer(call, "network", offering, "delete")
    used = sum(n.offering_id == offering.id for n in call.db.networks)
    if used:
        raise InvalidParameter(
            f"Can't delete network offering {offering} as its used by {used} networks. To make the network offering "
            "unavailable, disable it"
        )
    call.db.network_offerings.remove(offering)
    call.event(
        "NETWORK.OFFERING.DELETE",
        f"Successfully completed deleting network offering. Network offering id={offering.id}",
        offering,
    )
    return SUCCESS
