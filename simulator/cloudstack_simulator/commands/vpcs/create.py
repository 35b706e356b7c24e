"""createVPC: the checks in the server's order, and the new VPC."""

from __future__ import annotations

from typing import Any

from ... import net
from ...access import entity_owner
from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter, PermissionDenied
from ...model.vpcs import Vpc
from ...registry import allocate, command
from ..appliances import routers
from ..common import completed, entity_created
from ..networks import mtu
from ..networks.create import DOMAIN_RULE
from ..offerings import usable
from ..routed import peers, use
from ..zones.texts import is_domain_name
from .vpcs import STEP, destroy, source_nat, vpc_view


@allocate("createVPC")
def allocate_vpc(call: Call) -> Vpc:
    p, zone, offering = call.params, call.params.zoneid, call.params.vpcofferingid
    owner = entity_owner(call)
    call.sim.limits.check(owner, "vpc")
    if not zone or zone.removed is not None:
        raise InvalidParameter("Can't find zone by id specified")
    if offering:
        usable.check(call, owner, offering, zone)
    if not offering or offering.removed is not None or offering.state != "Enabled":
        raise InvalidParameter(
            "Unable to find vpc offering in Enabled state by specified id", uuids=((offering.uuid, "vpcOfferingId"),)
        )
    bgp_peers = use.check_vpc(call, offering, owner, zone)
    if offering.region_level and p.networkdomain is None:
        raise InvalidParameter("Network domain must be specified for region level VPC")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied("Cannot perform this operation since specified Zone is currently disabled")
    _check_dns(call, offering)
    domain = _domain_name(call, owner, zone)
    if p.cidr is not None:
        _check_cidr(call, p.cidr)
    part = use.take_subnet(call, owner, zone, p.cidr, "VPC") if peers.is_routed(offering) else None
    cidr = part.subnet if part is not None else p.cidr
    if p.cidr is None:
        _check_cidr(call, cidr)
    _check_providers(call, zone, offering)
    vpc: Vpc = call.db.vpcs.add(
        Vpc(
            name=p.name,
            display_text=p.displaytext or p.name,
            zone_id=zone.id,
            account_id=owner.id,
            offering_id=offering.id,
            cidr=cidr,
            network_domain=domain,
            state="Enabled",
            display=p.get("fordisplay", True),
            redundant=offering.redundant_router,
            dns1=p.dns1,
            dns2=p.dns2,
            public_mtu=mtu.of_vpc(call, zone, p.get("publicmtu", mtu.USUAL)),
        )
    )
    call.sim.limits.add(owner.id, "vpc", 1)
    entity_created(call, "VPC.CREATE", "creating vpc", vpc)
    if p.sourcenatipaddress is not None:
        _take_source_nat(call, vpc)
    try:
        use.route(call, "vpc_id", vpc, part, bgp_peers, offering)
    except ApiError:
        destroy(call.sim, vpc)
        raise
    return vpc


def _take_source_nat(call: Call, vpc: Vpc) -> None:
    """The source NAT address that the call names; when it is not to be had, the VPC is taken back."""
    try:
        source_nat(call, vpc, call.params.sourcenatipaddress)
    except ApiError:
        destroy(call.sim, vpc)
        raise CloudRuntime("new source NAT address cannot be acquired") from None


def _check_providers(call: Call, zone: Any, offering: Any) -> None:
    db = call.db
    physical = {n.id for n in db.physical_networks.where(zone_id=zone.id)}
    enabled = {x.name for x in db.service_providers if x.physical_network_id in physical and x.state == "Enabled"}
    for names in offering.services.values():
        for name in names:
            if name not in enabled:
                raise InvalidParameter(
                    f"Provider {name} should be enabled in at least one physical network of the zone specified"
                )


def _check_dns(call: Call, offering: Any) -> None:
    p = call.params
    if any((p.dns1, p.dns2, p.ip6dns1, p.ip6dns2)) and "Dns" not in offering.services:
        raise InvalidParameter("DNS can not be specified for VPCs with offering that do not support DNS service")
    if p.ip6dns1 or p.ip6dns2:
        raise InvalidParameter("IPv6 DNS can be specified for IPv6 enabled VPC")


def _domain_name(call: Call, owner: Any, zone: Any) -> str:
    text = call.params.networkdomain
    if text is None:
        return str(
            owner.network_domain or zone.network_domain or f"cs{owner.id:x}{call.setting('guest.domain.suffix', zone)}"
        )
    if not is_domain_name(text):
        raise InvalidParameter(DOMAIN_RULE)
    return str(text)


def _check_cidr(call: Call, text: str) -> None:
    if net.cidr(text) is None:
        raise InvalidParameter(f"Invalid CIDR specified {text}")
    if not (net.is_guest_cidr(text) or call.setting("allow.non.rfc1918.compliant.ips")):
        raise InvalidParameter(f"Guest Cidr {text} is not RFC1918 compliant")


@command("createVPC")
def create(call: Call) -> Any:
    vpc = call.created
    yield STEP
    if call.params.get("start", True):
        source_nat(call, vpc)
        yield from routers.ensure_for_vpc(call, vpc)
    completed(call, "VPC.CREATE", "creating VPC. VPC Id", vpc)
    return {"vpc": vpc_view(call, vpc)}
