"""Site-to-site VPN: gateways of VPCs and customer gateways."""

from __future__ import annotations

import re
from typing import Any

from ... import net
from ...access import entity_owner
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal
from ...model.vpcs import VpnCustomerGateway, VpnGateway
from ...registry import SUCCESS, allocate, command
from ..common import done, entity_created, has_notes, owner_fields

CIPHER = r"(?:3des|aes128|aes192|aes256)-(?:md5|sha1|sha256|sha384|sha512)"
CUSTOMER = "VPN.S2S.CUSTOMER.GATEWAY"
GROUP = r"modp(?:1024|1536|2048|3072|4096|6144|8192)"


def gateway_view(call: Call, gateway: VpnGateway) -> dict[str, Any]:
    vpc, ip = call.db.vpcs[gateway.vpc_id], call.db.ip_addresses[gateway.ip_id]
    return {
        "id": gateway.uuid,
        "publicip": ip.address,
        "vpcid": vpc.uuid,
        "vpcname": vpc.name,
        **owner_fields(call, gateway.account_id),
        "fordisplay": gateway.display,
    }


@allocate("createVpnGateway")
def allocate_gateway(call: Call) -> VpnGateway:
    p, db, vpc = call.params, call.db, call.params.vpcid
    if not vpc or vpc.removed is not None:
        raise InvalidParameter(f"Invalid VPC {vpc.id} for site to site vpn gateway creation!")
    call.check_access(vpc)
    if db.vpn_gateways.where(vpc_id=vpc.id):
        raise InvalidParameter(f"The VPN gateway of VPC {vpc} already existed!")
    ip = next((i for i in db.ip_addresses.where(vpc_id=vpc.id) if i.is_source_nat), None)
    if ip is None:
        raise CloudRuntime(f"Cannot found source nat ip of vpc {vpc.id}")
    if p.ipaddressid is not None and p.ipaddressid.id != ip.id:
        raise CloudRuntime(f"Cannot use requested IP {p.ipaddressid.address} as it is not the Source NAT IP")
    gateway: VpnGateway = db.vpn_gateways.add(
        VpnGateway(vpc_id=vpc.id, account_id=vpc.account_id, ip_id=ip.id, display=p.get("fordisplay", True))
    )
    entity_created(call, "VPN.S2S.VPN.GATEWAY.CREATE", "creating s2s vpn gateway", gateway)
    return gateway


@command("createVpnGateway")
def create_gateway(call: Call) -> dict[str, Any]:
    return {"vpngateway": gateway_view(call, call.created)}


@command("listVpnGateways")
def list_gateways(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "vpngateway",
        call.db.vpn_gateways,
        gateway_view,
        where=[equal("id", p.id), equal("vpc_id", p.vpcid), equal("display", p.fordisplay)],
        owned=True,
        newest_first=True,
    )


@command("updateVpnGateway")
def update_gateway(call: Call) -> dict[str, Any]:
    p, gateway = call.params, call.params.id
    if not gateway or gateway.removed is not None:
        raise InvalidParameter(f"Fail to find vpn gateway with {gateway.id}")
    if p.fordisplay is not None:
        gateway.display = p.fordisplay
    if p.customid is not None:
        call.db.vpn_gateways.change_uuid(gateway, p.customid)
    return {"vpngateway": gateway_view(call, gateway)}


@command("deleteVpnGateway")
def delete_gateway(call: Call) -> dict[str, Any]:
    gateway = live(call.params.id, "Fail to find vpn gateway with {id} !")
    call.check_access(gateway)
    if call.db.vpn_connections.where(gateway_id=gateway.id):
        raise InvalidParameter(
            f"Unable to delete VPN gateway {gateway.uuid} because there is still related VPN connections!"
        )
    call.db.vpn_gateways.delete(gateway)
    done(call, "VPN.S2S.VPN.GATEWAY.DELETE", f"deleting s2s vpn gateway.  Id: {gateway.id}", gateway)
    return SUCCESS


def customer_fields(gateway: VpnCustomerGateway) -> dict[str, Any]:
    """What a customer gateway and a connection to it both show."""
    return {
        "gateway": gateway.gateway,
        "cidrlist": gateway.cidrs,
        "ipsecpsk": gateway.preshared_key,
        "ikepolicy": gateway.ike_policy,
        "esppolicy": gateway.esp_policy,
        "ikelifetime": gateway.ike_lifetime,
        "esplifetime": gateway.esp_lifetime,
        "dpd": gateway.dpd,
        "forceencap": gateway.force_encap,
        "splitconnections": gateway.split_connections,
        "ikeversion": gateway.ike_version,
    }


def customer_view(call: Call, gateway: VpnCustomerGateway) -> dict[str, Any]:
    return {
        "id": gateway.uuid,
        "name": gateway.name,
        **customer_fields(gateway),
        **owner_fields(call, gateway.account_id),
        "hasannotations": has_notes(call, gateway),
    }


def _is_policy(text: str, *, needs_group: bool) -> bool:
    one = f"{CIPHER}(?:;{GROUP})" + ("" if needs_group else "?")
    return re.fullmatch(f"{one}(?:,{one})*", text) is not None


def _is_host(text: str) -> bool:
    return net.is_ip4(text) or (
        not re.fullmatch(r"[\d.]+", text) and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", text) is not None
    )


def _check_customer(call: Call, *, gap: str) -> None:
    """`gap`: the blank that the texts of create and update have or lack before a policy."""
    p = call.params
    if not _is_host(p.gateway):
        raise InvalidParameter(f"The customer gateway ip/Domain {p.gateway} is invalid!")
    if any(net.cidr(c) is None for c in p.cidrlist.split(",")):
        raise InvalidParameter(f"The customer gateway peer cidr list {p.cidrlist} contains an invalid cidr!")
    if not _is_policy(p.ikepolicy, needs_group=True):
        raise InvalidParameter(
            f"The customer gateway IKE policy{gap}{p.ikepolicy} is invalid!  Verify the required Diffie Hellman (DH) "
            "group is specified."
        )
    if not _is_policy(p.esppolicy, needs_group=False):
        raise InvalidParameter(f"The customer gateway ESP policy{gap}{p.esppolicy} is invalid!")
    for value, kind in ((p.ikelifetime, "IKE"), (p.esplifetime, "ESP")):
        if value is not None and value > LONGEST:
            raise InvalidParameter(f"The {kind} lifetime {value} of vpn connection is invalid!")


def _check_subnets(call: Call) -> None:
    cidrs = call.params.cidrlist.split(",")
    limit = int(call.setting("site2site.vpn.customergateway.subnets.limit") or 10)
    if len(cidrs) > limit:
        raise InvalidParameter(f"Too many subnets of customer gateway! The limit is {limit}")
    for index, one in enumerate(cidrs):
        for other in cidrs[index + 1 :]:
            span, second = net.cidr(one), net.cidr(other)
            if span is not None and second is not None and span.overlaps(second):
                raise InvalidParameter(
                    f"The subnet of customer gateway {one} is overlapped with another subnet {other} of customer "
                    "gateway!"
                )


def _check_name(call: Call, name: str, account_id: int, own: VpnCustomerGateway | None = None) -> None:
    other = call.db.vpn_customer_gateways.first(account_id=account_id, name=name)
    if other is not None and other is not own:
        raise InvalidParameter(f"The customer gateway with name {name} already existed!")


@allocate("createVpnCustomerGateway")
def allocate_customer(call: Call) -> VpnCustomerGateway:
    p, owner = call.params, entity_owner(call)
    _check_customer(call, gap=" ")
    name = p.name or f"VPN-{p.gateway}"
    _check_name(call, name, owner.id)
    _check_subnets(call)
    gateway: VpnCustomerGateway = call.db.vpn_customer_gateways.add(
        VpnCustomerGateway(
            name=name, account_id=owner.id, gateway="", cidrs="", preshared_key="", ike_policy="", esp_policy=""
        )
    )
    _fill(call, gateway)
    entity_created(call, f"{CUSTOMER}.CREATE", "creating s2s customer gateway", gateway)
    return gateway


FIELDS = {
    "gateway": "gateway",
    "cidrlist": "cidrs",
    "ipsecpsk": "preshared_key",
    "ikepolicy": "ike_policy",
    "esppolicy": "esp_policy",
    "ikelifetime": "ike_lifetime",
    "esplifetime": "esp_lifetime",
    "dpd": "dpd",
    "forceencap": "force_encap",
    "splitconnections": "split_connections",
    "ikeversion": "ike_version",
}


USUAL = {
    "ike_lifetime": 86400,
    "esp_lifetime": 3600,
    "dpd": False,
    "force_encap": False,
    "split_connections": False,
    "ike_version": "ike",
}
"""What an update sets back when it is left out."""
LONGEST = 86400


def _fill(call: Call, gateway: VpnCustomerGateway) -> None:
    for parameter, field in FIELDS.items():
        if call.params[parameter] is not None:
            setattr(gateway, field, call.params[parameter])


@command("createVpnCustomerGateway")
def create_customer(call: Call) -> dict[str, Any]:
    return {"vpncustomergateway": customer_view(call, call.created)}


@command("listVpnCustomerGateways")
def list_customers(call: Call) -> dict[str, Any]:
    return call.listing(
        "vpncustomergateway",
        call.db.vpn_customer_gateways,
        customer_view,
        where=[equal("id", call.params.id)],
        keyword=("name",),
        owned=True,
        newest_first=True,
    )


@command("updateVpnCustomerGateway")
def update_customer(call: Call) -> dict[str, Any]:
    p, gateway = call.params, call.params.id
    if not gateway or gateway.removed is not None:
        raise InvalidParameter(f"Find to find customer gateway with id {gateway.id}")
    call.check_access(gateway)
    _check_customer(call, gap="")
    _check_subnets(call)
    name = p.name or f"VPN-{p.gateway}"
    _check_name(call, name, gateway.account_id, gateway)
    gateway.name = name
    for field, value in USUAL.items():
        setattr(gateway, field, value)
    _fill(call, gateway)
    # The server takes its changes and removals of customer gateways for creations.
    entity_created(call, f"{CUSTOMER}.UPDATE", f"update s2s vpn customer gateway.  Id: {gateway.id}", gateway)
    return {"vpncustomergateway": customer_view(call, gateway)}


@command("deleteVpnCustomerGateway")
def delete_customer(call: Call) -> dict[str, Any]:
    gateway = live(call.params.id, "Fail to find customer gateway with {id} !")
    call.check_access(gateway)
    if call.db.vpn_connections.where(customer_gateway_id=gateway.id):
        raise InvalidParameter(
            f"Unable to delete VPN customer gateway {gateway} because there is still related VPN connections!"
        )
    call.db.vpn_customer_gateways.delete(gateway)
    entity_created(call, f"{CUSTOMER}.DELETE", f"deleting s2s vpn customer gateway.  Id: {gateway.id}", gateway)
    return SUCCESS
