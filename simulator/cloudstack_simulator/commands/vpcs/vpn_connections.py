"""Site-to-site VPN: connections from gateways of VPCs to customer gateways."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal
from ...model.vpcs import VpnConnection, VpnCustomerGateway, VpnGateway
from ...registry import SUCCESS, allocate, check, command
from ..common import done, entity_created, owner_fields
from .vpn_gateways import customer_fields

STEP = 0.1
EVENT = "VPN.S2S.CONNECTION"


def connection_view(call: Call, connection: VpnConnection) -> dict[str, Any]:
    db = call.db
    gateway, customer = db.vpn_gateways[connection.gateway_id], db.vpn_customer_gateways[connection.customer_gateway_id]
    return {
        "id": connection.uuid,
        "s2svpngatewayid": gateway.uuid,
        "publicip": db.ip_addresses[gateway.ip_id].address,
        "s2scustomergatewayid": customer.uuid,
        **customer_fields(customer),
        "state": connection.state,
        "passive": connection.passive,
        **owner_fields(call, connection.account_id),
        "created": timestamp(connection.created),
        "fordisplay": connection.display,
    }


@allocate("createVpnConnection")
def allocate_connection(call: Call) -> VpnConnection:
    p, db = call.params, call.db
    gateway, customer = p.s2svpngatewayid, p.s2scustomergatewayid
    if not customer or customer.removed is not None:
        raise InvalidParameter(f"Unable to find specified Site to Site VPN customer gateway {customer.id} !")
    call.check_access(customer)
    if not gateway or gateway.removed is not None:
        raise InvalidParameter(f"Unable to find specified Site to Site VPN gateway {gateway.id} !")
    call.check_access(gateway)
    if gateway.account_id != customer.account_id:
        raise InvalidParameter(
            "VPN connection can only be established between same account's VPN gateway and customer gateway!"
        )
    if db.vpn_connections.where(gateway_id=gateway.id, customer_gateway_id=customer.id):
        raise InvalidParameter(
            f"The vpn connection with customer gateway {customer} and vpn gateway {gateway.uuid} already existed!"
        )
    _check_overlaps(call, gateway, customer)
    connection: VpnConnection = db.vpn_connections.add(
        VpnConnection(
            gateway_id=gateway.id,
            customer_gateway_id=customer.id,
            account_id=gateway.account_id,
            passive=p.get("passive", False),
            state="Pending",
            display=p.get("fordisplay", True),
        )
    )
    entity_created(call, f"{EVENT}.CREATE", "creating s2s vpn connection", connection)
    return connection


def _check_overlaps(call: Call, gateway: VpnGateway, customer: VpnCustomerGateway) -> None:
    db = call.db
    vpc_cidr = db.vpcs[gateway.vpc_id].cidr
    whole = net.cidr(vpc_cidr)
    mine = [(c, net.cidr(c)) for c in customer.cidrs.split(",")]
    for text, span in mine:
        if span is not None and whole is not None and span.overlaps(whole):
            raise InvalidParameter(
                f"The subnets of customer gateway {customer} subnet {text} is overlapped with VPC cidr {vpc_cidr}!"
            )
    others = db.vpn_connections.where(gateway_id=gateway.id)
    limit = int(call.setting("site2site.vpn.vpngateway.connection.limit") or 4)
    if len(others) >= limit:
        raise InvalidParameter(f"There are too many VPN connections with current VPN gateway! The limit is {limit}")
    for other in (db.vpn_customer_gateways[c.customer_gateway_id] for c in others):
        for old in other.cidrs.split(","):
            for text, span in mine:
                if span is not None and (known := net.cidr(old)) is not None and span.overlaps(known):
                    raise InvalidParameter(
                        f"The new connection's remote subnet {text} is overlapped with existed VPN connection to "
                        f"customer gateway {other.name}'s subnet {old}"
                    )


@command("createVpnConnection")
def create_connection(call: Call) -> Any:
    """The other side of the world never answers: the connection stays Connecting, a passive one Disconnected."""
    connection = call.created
    yield STEP
    connection.state = "Disconnected" if connection.passive else "Connecting"
    done(call, f"{EVENT}.CREATE", "starting s2s vpn connection", connection)
    return {"vpnconnection": connection_view(call, connection)}


@command("listVpnConnections")
def list_connections(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    return call.listing(
        "vpnconnection",
        db.vpn_connections,
        connection_view,
        where=[
            equal("id", p.id),
            equal("display", p.fordisplay),
            equal(lambda c: db.vpn_gateways[c.gateway_id].vpc_id, p.vpcid),
        ],
        owned=True,
        newest_first=True,
    )


@check("resetVpnConnection", "deleteVpnConnection")
def connection_exists(call: Call) -> None:
    connection = call.params.id
    if not connection or connection.removed is not None:
        raise InvalidParameter(f"Fail to find site to site VPN connection {connection.id}")


@command("resetVpnConnection")
def reset_connection(call: Call) -> Any:
    connection = call.params.id
    call.check_access(connection)
    yield STEP
    connection.state = "Disconnected" if connection.passive else "Connecting"
    entity_created(call, f"{EVENT}.RESET", f"reseting s2s vpn connection.  Id: {connection.id}", connection)
    return {"vpnconnection": connection_view(call, connection)}


@command("updateVpnConnection")
def update_connection(call: Call) -> dict[str, Any]:
    p, connection = call.params, call.params.id
    if not connection or connection.removed is not None:
        raise InvalidParameter(f"Fail to find site to site VPN connection {connection.id}")
    if p.fordisplay is not None:
        connection.display = p.fordisplay
    if p.customid is not None:
        call.db.vpn_connections.change_uuid(connection, p.customid)
    return {"vpnconnection": connection_view(call, connection)}


@command("deleteVpnConnection")
def delete_connection(call: Call) -> Any:
    connection = call.params.id
    call.check_access(connection)
    yield STEP
    call.db.vpn_connections.delete(connection)
    entity_created(call, f"{EVENT}.DELETE", f"deleting s2s vpn connection.  Id: {connection.id}", connection)
    return SUCCESS
