"""Checks of createNetwork beyond address, VLAN and domain name."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from . import create_vlan

VIRTUAL_ROUTER = "VirtualRouter"
IP6_BITS = 64
"""Of the subnets that addresses are made of by themselves."""


def check_router_address(call: Call, offering: Any) -> None:
    p = call.params
    if p.routerip is None and p.routeripv6 is None:
        return
    if offering.guest_type != "Shared":
        raise InvalidParameter("Router IP can be specified only for Shared networks")
    if not any(VIRTUAL_ROUTER in names for names in offering.services.values()):
        raise InvalidParameter(
            "Virtual Router is not a supported provider for the Shared network, hence router ip should not be provided"
        )


def _check_router_place(call: Call, offering: Any) -> None:
    """The address that the router of a shared network shall have: of its range, else of its subnet."""
    p = call.params
    if p.routerip is None or offering.guest_type != "Shared":
        return
    if not net.is_ip4(p.routerip):
        raise CloudRuntime("Router IPv4 IP provided is of incorrect format")
    end = p.get("endip", p.startip)
    if p.startip is not None:
        if not net.within(p.routerip, p.startip, end):
            raise CloudRuntime(f"Router IPv4 IP provided is not within the specified range: {p.startip} - {end}")
    elif p.gateway and p.netmask and net.IPv4Address(p.routerip) not in net.network(p.gateway, p.netmask):
        raise CloudRuntime("Router IP provided in not within the network range")


def check_name(call: Call, owner: Any) -> None:
    """Names of networks may be equal unless `allow.duplicate.networkname` says otherwise."""
    allowed = call.setting("allow.duplicate.networkname", owner)
    taken = any(n.name == call.params.name for n in call.db.networks.where(account_id=owner.id))
    if taken and allowed is False:
        raise InvalidParameter(f"Another network with same name already exists within account: {owner.name}")


def check_addresses(call: Call, offering: Any, zone: Any) -> None:
    """IPv6, the router's place, private VLANs and sizes of subnets."""
    _check_ip6(call, offering, zone)
    _check_router_place(call, offering)
    _check_private_vlan(call, offering)
    _check_cidr_size(call, offering)


def _check_ip6(call: Call, offering: Any, zone: Any) -> None:
    """A gateway and a CIDR make a network one of IPv6, too."""
    p = call.params
    if not p.ip6gateway or not p.ip6cidr:
        return
    _check_ip6_range(p)
    if zone.network_type != "Advanced" or offering.guest_type != "Shared":
        raise InvalidParameter("Can only support create IPv6 network with advance shared network!")
    if not any((p.ip6dns1, p.ip6dns2, zone.ip6_dns1, zone.ip6_dns2)):
        raise InvalidParameter(
            "Can only create IPv6 network if the zone has IPv6 DNS! Please configure the zone IPv6 DNS1 and/or IPv6 "
            "DNS2."
        )
    if not p.gateway and any(VIRTUAL_ROUTER in names for names in offering.services.values()):
        raise InvalidParameter("Currently IPv6-only Shared network with Virtual Router provider is not supported.")


def _check_ip6_range(p: Any) -> None:
    if not net.is_ip6(p.ip6gateway):
        raise InvalidParameter("Invalid ip6Gateway")
    address, _slash, size = p.ip6cidr.partition("/")
    if not net.is_ip6(address) or not size.isdigit():
        raise InvalidParameter("Invalid ip6cidr")
    if int(size) != IP6_BITS:
        raise InvalidParameter("The cidr size of IPv6 network must be 64 bits!")
    span = IPv6Network(p.ip6cidr, strict=False)
    for word, given in (("startIPv6", p.startipv6), ("endIPv6", p.endipv6), ("ip6Gateway", p.ip6gateway)):
        if not given:
            continue
        if not net.is_ip6(given):
            raise InvalidParameter(f"Invalid format for the {word} parameter")
        if IPv6Address(given) not in span:
            raise InvalidParameter(f"{word} is not in ip6cidr indicated network!")


def _check_private_vlan(call: Call, offering: Any) -> None:
    """The parameters of a private VLAN: for root admins, in shared and L2 networks with IPv4 and a VLAN."""
    p = call.params
    if p.isolatedpvlan:
        if not call.caller.is_root_admin:
            raise InvalidParameter("Only ROOT admin is allowed to create Private VLAN network")
        if offering.guest_type == "Isolated":
            raise InvalidParameter("Can only support create Private VLAN network with advanced shared or L2 network!")
        if p.ip6gateway and p.ip6cidr:
            raise InvalidParameter("Can only support create Private VLAN network with IPv4!")
    secondary, kind = create_vlan.pair(call)
    if secondary is not None and not secondary.isdigit():
        raise CloudRuntime(f"The secondary VLAN ID: {secondary} is not in numeric format")
    if secondary is None and kind is None:
        return
    if p.vlan is None:
        raise InvalidParameter("VLAN ID has to be set in order to configure a Private VLAN")
    _check_pair(p.vlan, secondary, kind)


def _check_pair(vlan: str, secondary: str | None, kind: str | None) -> None:
    primary = vlan.removeprefix("vlan://")
    if secondary is None:
        if kind not in (None, "Promiscuous"):
            raise InvalidParameter("Private VLAN ID has not been set, therefore Promiscuous type is expected")
        return
    if kind == "Promiscuous" and primary != secondary:
        raise InvalidParameter("Private VLAN type is set to Promiscuous, but VLAN ID and Secondary VLAN ID differ")
    if kind in ("Community", "Isolated") and primary == secondary:
        raise InvalidParameter(f"Private VLAN type is set to {kind}, but VLAN ID and Secondary VLAN ID are equal")


def check_dns(call: Call, offering: Any, network: Any = None) -> None:
    """DNS servers for a new network, or for one that changes."""
    p = call.params
    if not any((p.dns1, p.dns2, p.ip6dns1, p.ip6dns2)):
        return
    if offering.guest_type == "L2":
        raise InvalidParameter("DNS can not be specified L2 networks")
    if (network.vpc_id if network is not None else p.vpcid) is not None:
        raise InvalidParameter("DNS can not be specified for a VPC tier")
    if "Dns" not in offering.services:
        raise InvalidParameter(
            "DNS can not be specified for networks with network offering that do not support DNS service"
        )
    if (p.ip6dns1 or p.ip6dns2) and not p.get("startipv6"):
        raise InvalidParameter("IPv6 DNS cannot be specified for IPv4 only network")


def _check_cidr_size(call: Call, offering: Any) -> None:
    """A size instead of a CIDR is for routed networks only."""
    size = call.params.cidrsize
    if size is not None and (offering.network_mode or "").upper() != "ROUTED":
        raise InvalidParameter(f"network cidr size is only applicable on Isolated networks with ROUTED mode: {size}")


def check_range_given(call: Call, offering: Any) -> None:
    """A shared network needs a range unless `allow.empty.start.end.ipaddress` says otherwise."""
    p = call.params
    if offering.guest_type != "Shared" or p.vpcid is not None or call.setting("allow.empty.start.end.ipaddress"):
        return
    if not any((p.startip, p.endip, p.startipv6, p.endipv6)):
        raise InvalidParameter("Either IPv4 or IPv6 start and end address are mandatory")


def check_caller(call: Call, offering: Any, subnet: tuple[str, str] | None) -> None:
    """Whoever is no root admin makes isolated, L2 and VLAN-less shared networks only, and no large ones."""
    is_root = call.caller.is_root_admin
    if not is_root and offering.traffic_type != "Guest":
        raise InvalidParameter("This user can only create a Guest network")
    if not is_root and offering.guest_type == "Shared" and offering.specify_vlan:
        raise InvalidParameter(
            "This user can only create an Isolated network, a L2 network or a Shared network with specifyVlan=false."
        )
    p = call.params
    if offering.guest_type == "Shared" and not offering.specify_vlan and p.vlan is not None:
        raise InvalidParameter(
            "Cannot specify vlanId when create a network from network offering with specifyvlan=false"
        )
    if is_root:
        return
    if offering.specify_vlan or p.vlan is not None or p.bypassvlanoverlapcheck:
        raise InvalidParameter("Only ROOT admin is allowed to specify vlanId or bypass vlan overlap check")
    limit = int(call.setting("network.guest.cidr.limit"))
    if subnet is not None and int(subnet[1].partition("/")[2]) < limit:
        raise InvalidParameter(f"Cidr size can't be less than {limit}")
