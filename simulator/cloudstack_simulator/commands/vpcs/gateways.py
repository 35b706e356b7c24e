"""Private gateways of VPCs and static routes through them."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...listing import equal, tagged
from ...model.vpcs import PrivateGateway, StaticRoute
from ...registry import SUCCESS, allocate, command
from ...tags import taggable
from ..common import completed, owner_fields
from ..networks import create_vlan
from ..zones import zone_life

taggable("StaticRoute", "static_routes")
STEP = 0.1


def gateway_view(call: Call, gateway: PrivateGateway) -> dict[str, Any]:
    db = call.db
    zone, vpc, acl = db.zones[gateway.zone_id], db.vpcs[gateway.vpc_id], db.network_acls.get(gateway.acl_id)
    return {
        "id": gateway.uuid,
        "gateway": gateway.gateway,
        "netmask": gateway.netmask,
        "ipaddress": gateway.address,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "vlan": f"vlan://{gateway.vlan}" if gateway.vlan else None,
        "vpcid": vpc.uuid,
        "vpcname": vpc.name,
        "physicalnetworkid": db.physical_networks[gateway.physical_network_id].uuid,
        **owner_fields(call, gateway.account_id),
        "state": gateway.state,
        "sourcenatsupported": gateway.source_nat,
        "aclid": acl.uuid if acl else None,
        "aclname": acl.name if acl else None,
    }


@allocate("createPrivateGateway")
def allocate_gateway(call: Call) -> PrivateGateway:
    p, db, vpc = call.params, call.db, call.params.vpcid
    if not vpc or vpc.removed is not None or vpc.state != "Enabled":
        raise InvalidParameter("Unable to find Enabled VPC by id specified")
    call.check_access(vpc)
    if p.vlan is None and p.associatednetworkid is None:
        raise InvalidParameter("One of vlanId and associatedNetworkId must be specified")
    if p.vlan is not None and p.associatednetworkid is not None:
        raise InvalidParameter("vlanId and associatedNetworkId are mutually exclusive")
    _check_addresses(call)
    physical = p.physicalnetworkid or zone_life.networks_with_traffic(call.sim, db.zones[vpc.zone_id], "Guest")[0]
    acl = p.aclid if p.aclid is not None else db.network_acls.first(name="default_deny", vpc_id=None)
    if not acl or acl.removed is not None:
        raise InvalidParameter("Invalid network acl id passed.")
    if acl.vpc_id is not None and acl.vpc_id != vpc.id:
        raise InvalidParameter("Private gateway and network acl are not in the same vpc.")
    vlan = p.vlan.removeprefix("vlan://") if p.vlan else p.associatednetworkid.vlan
    for other in db.private_gateways.where(vpc_id=vpc.id):
        if other.address == p.ipaddress and other.vlan == vlan:
            raise InvalidParameter(
                f"Private ip address {p.ipaddress} already used for private gateway in zone "
                f"{db.zones[vpc.zone_id].name}"
            )
    if p.vlan is not None:
        bypass = bool(p.bypassvlanoverlapcheck)
        create_vlan.check_unused(call, db.zones[vpc.zone_id], physical, p.vlan, bypass=bypass, of_pool=bypass)
    gateway: PrivateGateway = db.private_gateways.add(
        PrivateGateway(
            vpc_id=vpc.id,
            zone_id=vpc.zone_id,
            account_id=vpc.account_id,
            physical_network_id=physical.id,
            network_id=0,
            address=p.ipaddress,
            gateway=p.gateway,
            netmask=p.netmask,
            vlan=vlan,
            acl_id=acl.id,
            source_nat=p.get("sourcenatsupported", False),
            state="Creating",
        )
    )
    return gateway


def _check_addresses(call: Call) -> None:
    p = call.params
    for value, words in ((p.ipaddress, "ip address"), (p.gateway, "gateway")):
        if not net.is_ip4(value):
            raise InvalidParameter(f"Invalid format for the {words} parameter")
    if not net.is_netmask(p.netmask):
        raise InvalidParameter("Invalid netmask")
    span = net.network(p.gateway, p.netmask)
    if net.IPv4Address(p.ipaddress) not in span:
        raise InvalidParameter("The gateway ip and the ip address should be in the same subnet")


@command("createPrivateGateway")
def create_gateway(call: Call) -> Any:
    gateway = call.created
    yield STEP
    gateway.state = "Ready"
    completed(call, "PRIVATE.GATEWAY.CREATE", "creating VPC private gateway. Gateway Id", gateway)
    return {"privategateway": gateway_view(call, gateway)}


@command("listPrivateGateways")
def list_gateways(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "privategateway",
        call.db.private_gateways,
        gateway_view,
        where=[
            equal("id", p.id),
            equal("vpc_id", p.vpcid),
            equal("address", p.ipaddress),
            equal("vlan", p.vlan),
            equal("state", p.state),
            tagged(call, "PrivateGateway"),
        ],
        owned=True,
        newest_first=True,
    )


@command("deletePrivateGateway")
def delete_gateway(call: Call) -> Any:
    db, gateway = call.db, call.params.id
    if gateway.removed is not None:
        return SUCCESS
    call.check_access(gateway)
    if gateway.vlan is not None and not call.caller.is_root_admin:
        raise InvalidParameter("Unable to delete private gateway with specified vlan by non-ROOT accounts")
    routes = db.static_routes.where(gateway_id=gateway.id)
    if routes:
        raise CloudRuntime(
            f"Can't delete private gateway {gateway.uuid} as it has {len(routes)} static routes applied. Remove the "
            "routes first"
        )
    gateway.state = "Deleting"
    yield STEP
    db.private_gateways.delete(gateway)
    completed(call, "PRIVATE.GATEWAY.DELETE", "deleting private gateway. Gateway Id", gateway)
    return SUCCESS


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
    return SUCCESS
