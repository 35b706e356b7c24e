"""The tiers (networks) of a VPC."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter

MOST_TIERS = "vpc.max.networks"


def check_new_tier(call: Call, offering: Any, subnet: tuple[str, str] | None) -> None:
    """The checks of a network that shall belong to a VPC: its place in the VPC first, then its offering."""
    p, vpc = call.params, call.params.vpcid
    if not vpc or vpc.removed is not None or vpc.state != "Enabled":
        raise InvalidParameter("Unable to find Enabled VPC ")
    if not offering.for_vpc:
        raise InvalidParameter("Network offering can't be used for VPC networks")
    _check_acl(call, vpc)
    vpc_offering = call.db.vpc_offerings[vpc.offering_id]
    if not vpc_offering.region_level and p.zoneid and vpc.zone_id != p.zoneid.id:
        raise InvalidParameter("New network doesn't belong to vpc zone")
    tiers = call.db.networks.where(vpc_id=vpc.id)
    limit = int(call.setting(MOST_TIERS))
    if len(tiers) >= limit:
        raise CloudRuntime(f"Number of networks per VPC cannot surpass [{limit}].")
    if subnet is None:
        raise InvalidParameter("Gateway/netmask are required when create network for VPC")
    _check_subnet(vpc, tiers, subnet[1])
    if p.networkdomain is not None and p.networkdomain.lower() != (vpc.network_domain or "").lower():
        raise InvalidParameter(f"Network domain of the new network should match network domain of vpc {vpc}")
    _check_gateway(subnet)
    check_services(vpc, vpc_offering, offering)
    _check_balancing(call, vpc, offering)
    if p.aclid is not None and "NetworkACL" not in offering.services:
        raise InvalidParameter("Cannot apply NetworkACL. Network Offering does not support NetworkACL service")


def _check_acl(call: Call, vpc: Any) -> None:
    acl = call.params.aclid
    if acl is None:
        return
    if not acl or acl.removed is not None:
        raise InvalidParameter("Unable to find specified NetworkACL")
    if acl.vpc_id is not None and acl.vpc_id != vpc.id:
        raise InvalidParameter(f"ACL [{acl.uuid}] does not belong to the VPC [{acl.vpc_id}].")


def check_services(vpc: Any, vpc_offering: Any, offering: Any) -> None:
    """Refuse an offering for tiers with services that the VPC's offering doesn't have from the same providers."""
    for service, names in offering.services.items():
        for name in names:
            if name not in vpc_offering.services.get(service, []):
                raise InvalidParameter(f"Service/provider combination {service}/{name} is not supported by VPC {vpc}")


def _check_balancing(call: Call, vpc: Any, offering: Any) -> None:
    """One tier of a VPC balances public load, or several of the same offering."""
    if not _balances(offering):
        return
    for tier in call.db.networks.where(vpc_id=vpc.id):
        if tier.offering_id != offering.id and _balances(call.db.network_offerings[tier.offering_id]):
            raise InvalidParameter(f"Public LB service is already supported by network {tier} in VPC {vpc}")


def _balances(offering: Any) -> bool:
    return "Lb" in offering.services and not offering.internal_lb


def _check_subnet(vpc: Any, tiers: list[Any], cidr: str) -> None:
    whole, span = net.cidr(vpc.cidr), net.cidr(cidr)
    assert whole is not None
    assert span is not None
    if not span.subnet_of(whole):
        raise InvalidParameter(f"Network cidr {cidr} is not within vpc {vpc} cidr")
    for tier in tiers:
        other = net.cidr(tier.cidr)
        if other is not None and span.overlaps(other):
            raise InvalidParameter(
                f"Network cidr {cidr} crosses other network cidr {tier} belonging to the same vpc {vpc}"
            )


def _check_gateway(subnet: tuple[str, str]) -> None:
    gateway, cidr = subnet
    span = net.cidr(cidr)
    assert span is not None
    if net.number(gateway) == int(span.network_address):
        raise InvalidParameter("Invalid gateway specified. It should never be equal to the cidr subnet value")


def domain_name(call: Call) -> str | None:
    """The network domain of a new tier: the VPC's, spelt as the call does."""
    return call.params.networkdomain or call.params.vpcid.network_domain or None
