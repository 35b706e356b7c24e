"""Remote access VPN and its users."""

from __future__ import annotations

import re
import secrets
import string
from typing import Any

from ... import net
from ...access import account_text, entity_owner
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, NetworkRuleConflict, ServerApiError
from ...listing import equal
from ...model.networks import RemoteAccessVpn, Rule, VpnUser
from ...registry import SUCCESS, allocate, command
from ..common import completed, owner_fields
from . import rules, services
from .firewall import STEP

USER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9@._-]{2,63}")
PASSWORD = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9@+=._-]{2,31}")


def vpn_view(call: Call, vpn: RemoteAccessVpn) -> dict[str, Any]:
    ip = call.db.ip_addresses[vpn.ip_id]
    return {
        "publicipid": ip.uuid,
        "publicip": ip.address,
        "iprange": vpn.ip_range,
        "presharedkey": vpn.preshared_key,
        **owner_fields(call, vpn.account_id),
        "state": vpn.state,
        "id": vpn.uuid,
        "fordisplay": vpn.display,
    }


@allocate("createRemoteAccessVpn")
def allocate_vpn(call: Call) -> RemoteAccessVpn:
    p, db, ip = call.params, call.db, call.params.publicipid
    if not ip or ip.removed is not None:
        raise InvalidParameter(f'Unable to create remote access VPN, invalid public IP address {{"id": {ip.id}}}.')
    if ip.state != "Allocated":
        raise InvalidParameter(f"The Ip address is not ready to be used yet: {ip.address}")
    call.check_access(ip)
    network = db.networks.get(ip.network_id)
    if network is None and ip.vpc_id is None:
        raise InvalidParameter(
            f"Unable to create remote access vpn for the ipAddress: {ip.address} as ip is not associated with any "
            "network or VPC"
        )
    if db.remote_access_vpns.where(ip_id=ip.id):
        raise InvalidParameter(f"A remote Access VPN already exists for the public IP address [{ip.address}].")
    if ip.vpc_id is None and db.remote_access_vpns.where(network_id=ip.network_id):
        raise InvalidParameter(f"A remote access VPN already exists for the network {network}.")
    if not ip.is_source_nat:
        where = f"VPC id={ip.vpc_id}" if ip.vpc_id is not None else f"network id={ip.network_id}"
        raise InvalidParameter(f"Vpn service can only be configured on the Source NAT IP of {where}")
    if network is not None and not services.supports(db, network, "Vpn"):
        raise InvalidParameter(f"Vpn service is not supported in network id={ip.network_id}")
    ip_range = _client_range(call, (db.networks[ip.network_id] if ip.vpc_id is None else db.vpcs[ip.vpc_id]).cidr)
    if ip.vpc_id is None:
        _reserve_ports(call, ip, network)
    vpn: RemoteAccessVpn = db.remote_access_vpns.add(
        RemoteAccessVpn(
            ip_id=ip.id,
            network_id=ip.network_id,
            vpc_id=ip.vpc_id,
            account_id=ip.account_id,
            ip_range=ip_range,
            preshared_key=_new_key(call),
            state="Added",
            display=p.get("fordisplay", True),
        )
    )
    return vpn


PORTS = (500, 1701, 4500)
"""UDP ports of IKE, L2TP and NAT traversal."""


def _reserve_ports(call: Call, ip: Any, network: Any) -> None:
    """Rules that keep the ports of the VPN for it, and, by default, open the firewall for them."""
    for port in PORTS:
        new = Rule(
            purpose="Vpn",
            protocol="udp",
            network_id=network.id,
            account_id=ip.account_id,
            ip_id=ip.id,
            start_port=port,
            end_port=port,
        )
        try:
            rule = rules.add(call, new)
            if call.params.get("openfirewall", True):
                rules.open_firewall(call, rule)
        except NetworkRuleConflict as error:
            _free_ports(call, ip)
            raise ServerApiError(537, error.text) from None


def _free_ports(call: Call, ip: Any) -> None:
    for rule in call.db.firewall_rules.where(ip_id=ip.id, purpose="Vpn"):
        rules.drop(call.sim, rule)


def _client_range(call: Call, cidr: str) -> str:
    """The addresses of clients: as told, else `remote.access.vpn.client.iprange`; the first one is the server's own."""
    text = call.params.iprange or str(call.setting("remote.access.vpn.client.iprange"))
    parts = text.split("-")
    if len(parts) != 2:
        raise InvalidParameter(f"IP range [{text}] is an invalid IP range.")
    start, end = parts
    if not net.is_ip4(start) or not net.is_ip4(end):
        raise InvalidParameter(f"One or both IPs sets in the range [{text}] are invalid IPs.")
    if net.number(start) > net.number(end):
        raise InvalidParameter(f"Range of IPs [{text}] is invalid.")
    span = net.cidr(cidr)
    if span is not None:
        first, last = net.address(int(span.network_address) + 1), net.address(int(span.broadcast_address) - 1)
        if net.overlap(start, end, first, last):
            raise InvalidParameter(f"Invalid ip range: {text} overlaps with guest ip range {first}-{last}")
    return f"{net.address(net.number(start) + 1)}-{end}"


def _new_key(call: Call) -> str:
    length = int(call.setting("remote.access.vpn.psk.length") or 24)
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _place in range(length))


@command("createRemoteAccessVpn", instance=lambda call: call.db.ip_addresses.get(call.created.id))
def create(call: Call) -> Any:
    """The job names the public address that happens to have the VPN's number, as the server's does."""
    vpn = call.created
    yield STEP
    vpn.state = "Running"
    completed(call, "VPN.REMOTE.ACCESS.CREATE", "creating remote access vpn. Vpn Id", vpn)
    return {"remoteaccessvpn": vpn_view(call, vpn)}


@command("listRemoteAccessVpns")
def list_vpns(call: Call) -> dict[str, Any]:
    p = call.params
    ip = p.publicipid
    if ip is not None and (not ip or ip.account_id is None):
        raise InvalidParameter(
            f"Unable to list remote access vpns, IP address {ip.id} is not associated with an account."
        )
    return call.listing(
        "remoteaccessvpn",
        call.db.remote_access_vpns,
        vpn_view,
        where=[
            equal("id", p.id),
            equal("ip_id", ip),
            equal("network_id", p.networkid),
            equal("display", p.fordisplay),
        ],
        owned=True,
        sort=lambda vpn: vpn.ip_id,
        newest_first=True,
    )


@command("deleteRemoteAccessVpn")
def delete(call: Call) -> Any:
    ip = call.params.publicipid
    vpns = call.db.remote_access_vpns.where(ip_id=ip.id)
    yield STEP
    for vpn in vpns:
        call.check_access(vpn)
        _free_ports(call, ip)
        call.db.remote_access_vpns.delete(vpn)
        completed(call, "VPN.REMOTE.ACCESS.DESTROY", "removing remote access vpn. Vpn Id", vpn)
    return SUCCESS


@command("updateRemoteAccessVpn")
def update(call: Call) -> Any:
    p, vpn = call.params, call.params.id
    if not vpn or vpn.removed is not None:
        raise InvalidParameter(f"Can't find remote access vpn by id {vpn.id}")
    yield STEP
    if p.fordisplay is not None:
        vpn.display = p.fordisplay
    if p.customid is not None:
        call.db.remote_access_vpns.change_uuid(vpn, p.customid)
    return {"remoteaccessvpn": vpn_view(call, vpn)}


def user_view(call: Call, user: VpnUser) -> dict[str, Any]:
    return {"id": user.uuid, "username": user.name, **owner_fields(call, user.account_id), "state": user.state}


@allocate("addVpnUser")
def allocate_user(call: Call) -> VpnUser:
    p, owner = call.params, entity_owner(call)
    if not USER_NAME.fullmatch(p.username):
        raise InvalidParameter(
            f"Username [{p.username}] is invalid. Username has to begin with an alphabet have 3-64 characters "
            "including alphabets, numbers and the set '@.-_'."
        )
    if not PASSWORD.fullmatch(p.password):
        raise InvalidParameter("Password has to be 3-32 characters including alphabets, numbers and the set '@+=.-_'")
    if call.db.vpn_users.first(account_id=owner.id, name=p.username):
        raise InvalidParameter(f"VPN User with name {p.username} is already added for account {account_text(owner)}")
    limit = int(call.setting("remote.access.vpn.user.limit") or 8)
    if len(call.db.vpn_users.where(account_id=owner.id)) >= limit:
        raise CloudRuntime(f"Cannot add more than [{limit}] remote access VPN users to {account_text(owner)}.")
    user: VpnUser = call.db.vpn_users.add(VpnUser(name=p.username, account_id=owner.id))
    return user


@command("addVpnUser")
def add_user(call: Call) -> Any:
    yield STEP
    call.created.state = "Active"
    return {"vpnuser": user_view(call, call.created)}


@command("listVpnUsers")
def list_users(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "vpnuser",
        call.db.vpn_users,
        user_view,
        where=[equal("id", p.id), equal("name", p.username)],
        keyword=("name",),
        owned=True,
        sort=lambda user: user.name.lower(),
    )


@command("removeVpnUser")
def remove_user(call: Call) -> Any:
    owner = entity_owner(call)
    user = call.db.vpn_users.first(account_id=owner.id, name=call.params.username)
    if user is None:
        raise InvalidParameter(f"Could not find VPN user=[{call.params.username}]. VPN owner id=[{owner.id}]")
    yield STEP
    call.db.vpn_users.delete(user)
    return SUCCESS
