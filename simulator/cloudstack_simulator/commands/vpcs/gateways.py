"""Private gateways of VPCs."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal, tagged
from ...model.vpcs import PrivateGateway
from ...registry import SUCCESS, allocate, command
from ..common import completed, owner_fields
from ..networks import create_vlan, lifecycle
from ..zones import zone_life
from .acls import is_default

STEP = 0.1


def gateway_view(call: Call, gateway: PrivateGateway) -> dict[str, Any]:
    db = call.db
    zone, vpc, acl = db.zones[gateway.zone_id], db.vpcs[gateway.vpc_id], db.network_acls.get(gateway.acl_id)
    beside = db.networks.get(gateway.associated_network_id)
    return {
        "id": gateway.uuid,
        "gateway": gateway.gateway,
        "netmask": gateway.netmask,
        "ipaddress": gateway.address,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "vlan": f"vlan://{gateway.vlan}" if gateway.vlan and call.caller.is_root_admin else None,
        "associatednetworkid": beside.uuid if beside else None,
        "associatednetwork": beside.name if beside else None,
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
    _check_vlan_given(call, specify_vlan=_takes_vlan(call))
    physical = _physical(call, db.zones[vpc.zone_id])
    acl = p.aclid if p.aclid is not None else db.network_acls.the(name="default_deny", vpc_id=None)
    _check_acl(acl, vpc)
    _check_addresses(call)
    if p.associatednetworkid is not None:
        lifecycle.implement_now(call, p.associatednetworkid)
    vlan = p.vlan.removeprefix("vlan://") if p.vlan else p.associatednetworkid.vlan
    is_new = not _beside(call, vpc, vlan)
    if p.vlan is not None and is_new:
        bypass = bool(p.bypassvlanoverlapcheck)
        create_vlan.check_unused(call, db.zones[vpc.zone_id], physical, p.vlan, bypass=bypass, of_pool=bypass)
    gateway: PrivateGateway = db.private_gateways.add(
        PrivateGateway(
            vpc_id=vpc.id,
            zone_id=vpc.zone_id,
            account_id=vpc.account_id,
            physical_network_id=physical.id,
            network_id=0,
            associated_network_id=p.associatednetworkid.id if p.associatednetworkid else None,
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


def _takes_vlan(call: Call) -> bool:
    """Whether the offering of the gateway's network wants a VLAN: without one of the caller's, when there is any."""
    offering = call.params.networkofferingid
    if offering is None:
        return call.params.vlan is not None
    live(offering, "Unable to find network offering by id specified")
    if offering.traffic_type != "Guest":
        raise InvalidParameter("The network offering cannot be used to create Guest network")
    if offering.guest_type != "Isolated":
        raise InvalidParameter("The network offering cannot be used to create Isolated network")
    return bool(offering.specify_vlan)


def _check_vlan_given(call: Call, *, specify_vlan: bool) -> None:
    p = call.params
    if p.vlan is None and p.associatednetworkid is None:
        raise InvalidParameter("One of vlanId and associatedNetworkId must be specified")
    if p.vlan is not None and p.associatednetworkid is not None:
        raise InvalidParameter("vlanId and associatedNetworkId are mutually exclusive")
    if not call.caller.is_root_admin and (specify_vlan or p.vlan is not None or p.bypassvlanoverlapcheck):
        raise InvalidParameter("Only ROOT admin is allowed to specify vlanId or bypass vlan overlap check")
    if specify_vlan and p.vlan is None:
        raise InvalidParameter("vlanId must be specified for this network offering")
    if not specify_vlan and p.associatednetworkid is None:
        raise InvalidParameter("associatedNetworkId must be specified for this network offering")


def _physical(call: Call, zone: Any) -> Any:
    """The physical network: the associated network's, the named one, or the one that the offering's tags name."""
    p, named, beside = call.params, call.params.physicalnetworkid, call.params.associatednetworkid
    if beside is not None:
        live(beside, "Unable to find network by ID {id}")
        if named is not None and named.id != beside.physical_network_id:
            raise InvalidParameter(
                "The network can only be created on the same physical network as the associated network"
            )
        return call.db.physical_networks[beside.physical_network_id]
    if named is not None:
        return live(named, "Physical network can't be determined; pass physical network id")
    found = zone_life.networks_with_traffic(call.sim, zone, "Guest")
    return zone_life.tagged_among(found, zone, p.networkofferingid.tags if p.networkofferingid else None)


def _check_acl(acl: Any, vpc: Any) -> None:
    live(acl, "Invalid network acl id passed.")
    if acl.vpc_id != vpc.id and not is_default(acl):
        raise InvalidParameter("Private gateway and network acl are not in the same vpc.")


def _check_addresses(call: Call) -> None:
    p = call.params
    if not net.is_ip4(p.ipaddress):
        raise InvalidParameter("Invalid format for the ip address parameter")
    if not net.is_ip4(p.gateway):
        raise InvalidParameter("Invalid gateway")
    if not net.is_netmask(p.netmask):
        raise InvalidParameter("Invalid netmask")


def _beside(call: Call, vpc: Any, vlan: str | None) -> list[PrivateGateway]:
    """The other gateways of the account in the subnet on the VLAN: one of each VPC, each with its own address."""
    p, span, zone = call.params, net.network(call.params.gateway, call.params.netmask), call.db.zones[vpc.zone_id]
    beside = [
        other
        for other in call.db.private_gateways.where(zone_id=zone.id)
        if other.account_id == vpc.account_id
        and other.vlan == vlan
        and net.network(other.gateway, other.netmask) == span
    ]
    if any(other.vpc_id == vpc.id for other in beside):
        uri = f"vlan://{vlan}" if p.vlan is not None else "null"
        raise InvalidParameter(
            f"Private network for the vlan: {uri} and cidr  {span}  already exists for Vpc {vpc} in zone {zone.name}"
        )
    if any(other.address == p.ipaddress for other in beside):
        raise InvalidParameter(f"Private ip address {p.ipaddress} already used for private gateway in zone {zone.name}")
    return beside


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
    if gateway.associated_network_id is None and not call.caller.is_root_admin:
        raise InvalidParameter("Unable to delete private gateway with specified vlan by non-ROOT accounts")
    routes = db.static_routes.where(gateway_id=gateway.id)
    if routes:
        raise CloudRuntime(
            f"Can't delete private gateway {gateway} as it has {len(routes)} static routes applied. Remove the "
            "routes first"
        )
    gateway.state = "Deleting"
    yield STEP
    db.private_gateways.delete(gateway)
    completed(call, "PRIVATE.GATEWAY.DELETE", "deleting private gateway. Gateway Id", gateway)
    return SUCCESS
