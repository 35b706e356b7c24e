"""Static routes of VPCs: through a private gateway, or to a next hop."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import InvalidParameter, ServerApiError
from ...listing import equal, tagged
from ...model.vpcs import StaticRoute
from ...registry import SUCCESS, allocate, command
from ...tags import taggable
from ..common import done, entity_created, owner_fields

taggable("StaticRoute", "static_routes")
STEP = 0.1


def route_view(call: Call, route: StaticRoute) -> dict[str, Any]:
    gateway = call.db.private_gateways.get(route.gateway_id)
    return {
        "id": route.uuid,
        "state": route.state,
        "vpcid": call.db.vpcs[route.vpc_id].uuid,
        "vpcgatewayid": gateway.uuid if gateway else None,
        "vpcgatewayip": gateway.address if gateway else None,
        "nexthop": route.next_hop,
        "cidr": route.cidr,
        **owner_fields(call, route.account_id),
        "tags": call.sim.tags.views(route),
    }


@allocate("createStaticRoute")
def allocate_route(call: Call) -> StaticRoute:
    p, db, gateway = call.params, call.db, call.params.gatewayid
    if gateway is None and p.nexthop is None:
        raise InvalidParameter("one of gatewayId and nextHop must be specified")
    if gateway is not None and p.nexthop is not None:
        raise InvalidParameter("Only one of gatewayId and nextHop can be specified")
    if gateway is not None and not gateway:
        raise InvalidParameter("Invalid gateway id is given")
    if gateway is not None and gateway.state != "Ready":
        raise InvalidParameter(f"Gateway is not in the Ready state: {gateway.state}")
    if gateway is None and p.vpcid is None:
        raise InvalidParameter("vpcId must be specified")
    if gateway is not None and p.vpcid is not None and p.vpcid.id != gateway.vpc_id:
        raise InvalidParameter("Invalid gateway id is given")
    vpc = db.vpcs[gateway.vpc_id] if gateway is not None else p.vpcid
    if vpc.removed is not None or vpc.state != "Enabled":
        raise InvalidParameter("Can't add static route to VPC that is being deleted")
    call.check_access(vpc)
    _check_route(call, vpc, p.cidr)
    if p.nexthop is not None and not _is_near(call, vpc, p.nexthop):
        raise InvalidParameter(
            f"Next hop {p.nexthop} is invalid. It must be within VPC CIDR or on the same public or private network"
        )
    _check_others(call, vpc, p.cidr)
    route: StaticRoute = db.static_routes.add(
        StaticRoute(
            vpc_id=vpc.id,
            account_id=vpc.account_id,
            cidr=p.cidr,
            gateway_id=gateway.id if gateway is not None else None,
            next_hop=p.nexthop,
            state="Staged",
        )
    )
    entity_created(call, "STATIC.ROUTE.CREATE", f"creating static route. Static route Id: {route.id}", route)
    return route


def _is_near(call: Call, vpc: Any, hop: str) -> bool:
    """Whether the hop is in the VPC, or in a subnet that its routers have a side in."""
    if not net.is_ip4(hop):
        return False
    public = [call.db.vlans[ip.vlan_id] for ip in call.db.ip_addresses.where(vpc_id=vpc.id)]
    private = call.db.private_gateways.where(vpc_id=vpc.id)
    spans = [net.cidr(vpc.cidr), *(net.network(s.gateway, s.netmask) for s in (*public, *private) if s.gateway)]
    return any(span is not None and net.IPv4Address(hop) in span for span in spans)


def _check_route(call: Call, vpc: Any, cidr: str) -> None:
    """Refuse a route into the VPC itself, to link-local addresses, or to what the zone denies."""
    span = net.cidr(cidr)
    if span is None:
        raise InvalidParameter(f"Invalid format for cidr {cidr}")
    whole = net.cidr(vpc.cidr)
    if whole is not None and span.overlaps(whole):
        raise InvalidParameter(f"CIDR should be outside of VPC cidr {vpc.cidr}")
    if span.overlaps(net.IPv4Network("169.254.0.0/16")):
        raise InvalidParameter("CIDR should be outside of link local cidr 169.254.0.0/16")
    for text in str(call.setting("denied.routes", call.db.zones[vpc.zone_id]) or "").split(","):
        denied = net.cidr(text.strip())
        if denied is not None and span.overlaps(denied):
            raise InvalidParameter(
                "The static gateway cidr overlaps with one of the denied routes of the zone the VPC belongs to"
            )


def _check_others(call: Call, vpc: Any, cidr: str) -> None:
    span = net.cidr(cidr)
    for other in call.db.static_routes.where(vpc_id=vpc.id):
        known = net.cidr(other.cidr)
        if known is not None and span is not None and span.overlaps(known):
            raise ServerApiError(537, f"New static route cidr conflicts with existing route {other.uuid}")


@command("createStaticRoute")
def create_route(call: Call) -> Any:
    yield STEP
    call.created.state = "Active"
    return {"staticroute": route_view(call, call.created)}


@command("listStaticRoutes")
def list_routes(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "staticroute",
        call.db.static_routes,
        route_view,
        where=[
            equal("id", p.id),
            equal("vpc_id", p.vpcid),
            equal("gateway_id", p.gatewayid),
            equal("state", p.state),
            tagged(call, "StaticRoute"),
        ],
        owned=True,
        newest_first=True,
    )


@command("deleteStaticRoute")
def delete_route(call: Call) -> Any:
    route = live(call.params.id, "Unable to find static route by id")
    call.check_access(route)
    route.state = "Revoke"
    yield STEP
    call.sim.tags.drop(route)
    call.db.static_routes.delete(route)
    done(call, "STATIC.ROUTE.DELETE", "deleting static route", route)
    return SUCCESS
