"""Address ranges: public ones of zones and guest ones of shared networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...listing import Filter, equal, matching
from ...model.addresses import PublicIp, VlanRange
from ...registry import SUCCESS, command
from ...tags import domain_path
from ..networks.addressing import release_public
from ..networks.shared import forget_range
from ..zones.pod_ranges import check_range
from . import ip6_checks
from . import range_checks as checks

if TYPE_CHECKING:
    from ...simulator import Simulator


def add_range(sim: Simulator, new: VlanRange) -> VlanRange:
    """Take a range in; a public one gets a row for each of its addresses."""
    made: VlanRange = sim.db.vlans.add(new)
    if made.virtual and made.start and made.end:
        add_addresses(sim, made, made.start, made.end)
    return made


def add_addresses(sim: Simulator, vlan: VlanRange, start: str, end: str) -> None:
    zone = sim.db.zones[vlan.zone_id]
    have = {a.number for a in sim.db.ip_addresses.where(vlan_id=vlan.id)}
    for value in net.numbers(start, end):
        if value in have:
            continue
        sim.db.ip_addresses.add(
            PublicIp(
                address=net.address(value),
                number=value,
                vlan_id=vlan.id,
                zone_id=vlan.zone_id,
                physical_network_id=vlan.physical_network_id,
                mac=zone.next_mac,
                for_system_vms=vlan.for_system_vms,
            )
        )
        zone.next_mac += 1


def range_view(call: Call, vlan: VlanRange) -> dict[str, Any]:
    db = call.db
    network, pod = db.networks.get(vlan.network_id), db.pods.get(vlan.pod_id)
    span = net.network(vlan.gateway, vlan.netmask) if vlan.start and vlan.gateway and vlan.netmask else None
    return {
        "id": vlan.uuid,
        "forvirtualnetwork": vlan.virtual,
        "zoneid": db.zones[vlan.zone_id].uuid,
        "vlan": vlan.vlan,
        **_owner(call, vlan),
        "podid": pod.uuid if pod else None,
        "podname": pod.name if pod else None,
        "gateway": vlan.gateway,
        "netmask": vlan.netmask,
        "cidr": str(span) if span else None,
        "startip": vlan.start,
        "endip": vlan.end,
        "ip6gateway": vlan.ip6_gateway,
        "ip6cidr": vlan.ip6_cidr,
        "startipv6": vlan.ip6_start,
        "endipv6": vlan.ip6_end,
        "networkid": network.uuid if network else None,
        "physicalnetworkid": db.physical_networks[vlan.physical_network_id].uuid,
        "forsystemvms": vlan.for_system_vms,
        "provider": vlan.provider,
    }


def _owner(call: Call, vlan: VlanRange) -> dict[str, Any]:
    """The account or domain that the range belongs to."""
    account = call.db.accounts.get(vlan.account_id)
    domain = call.db.domains.get(account.domain_id if account else vlan.domain_id)
    if domain is None:
        return {}
    whose: dict[str, Any] = {"domainid": domain.uuid, "domain": domain.name, "domainpath": domain_path(domain)}
    project = call.db.projects.first(project_account_id=account.id) if account else None
    if project is not None:
        return whose | {"projectid": project.uuid, "project": project.name}
    return whose | ({"account": account.name} if account else {})


@command("listVlanIpRanges")
def list_ranges(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "vlaniprange",
        call.db.vlans,
        range_view,
        where=[
            equal("id", p.id),
            equal("zone_id", p.zoneid),
            equal("pod_id", p.podid),
            equal("network_id", p.networkid),
            equal("physical_network_id", p.physicalnetworkid),
            equal("virtual", p.forvirtualnetwork),
            matching(lambda v: v.vlan in (p.vlan, f"vlan://{p.vlan}")) if p.vlan else None,
            _of_account(call),
        ],
        keyword=("vlan",),
    )


def _of_account(call: Call) -> Filter | None:
    p = call.params
    if p.projectid:
        return equal("account_id", p.projectid.project_account_id)
    if p.account is None:
        return matching(lambda v: v.domain_id == p.domainid.id) if p.domainid else None
    domain = p.domainid or call.caller.domain
    account = call.db.accounts.first(domain_id=domain.id, name=p.account)
    if account is None:
        raise InvalidParameter(f"Unable to find account {p.account} in domain {domain.uuid}")
    return equal("account_id", account)


@command("updateVlanIpRange")
def update_range(call: Call) -> dict[str, Any]:
    p = call.params
    vlan = live(p.id, "Please specify a valid IP range id.")
    if vlan.gateway is None and any(v is not None for v in (p.startip, p.endip, p.gateway, p.netmask)):
        raise InvalidParameter("IPv4 is not support in this IP range.")
    if vlan.ip6_gateway is None and any(v is not None for v in (p.startipv6, p.endipv6, p.ip6gateway, p.ip6cidr)):
        raise InvalidParameter("IPv6 is not support in this IP range.")
    if p.forsystemvms is not None and p.forsystemvms != vlan.for_system_vms:
        _check_purpose(vlan)
    if vlan.gateway is not None:
        _update_ip4(call, vlan)
    if vlan.ip6_gateway is not None:
        _update_ip6(call, vlan)
    call.event(
        "VLAN.IP.RANGE.UPDATE",
        f"Successfully completed update vlan IP Range. Vlan: {vlan.id}, from {vlan.start} to {vlan.end}",
        vlan,
    )
    return {"vlan": range_view(call, vlan)}


def _update_ip6(call: Call, vlan: VlanRange) -> None:
    p = call.params
    start, end = p.startipv6 or vlan.ip6_start, p.endipv6 or vlan.ip6_end
    if start is not None and end is not None and not ip6_checks.is_span(start, end):
        raise InvalidParameter(f"Invalid IPv6 range {start}-{end}")
    vlan.ip6_gateway, vlan.ip6_cidr = p.ip6gateway or vlan.ip6_gateway, p.ip6cidr or vlan.ip6_cidr
    vlan.ip6_start, vlan.ip6_end = start, end


def _check_purpose(vlan: VlanRange) -> None:
    """Whether it may be turned into a range for system VMs, or back."""
    if not vlan.virtual:
        raise InvalidParameter("forSystemVms is not available for this IP range with vlan type: DirectAttached")
    for owner, word in ((vlan.account_id, "an account"), (vlan.domain_id, "a domain")):
        if owner is not None:
            raise InvalidParameter(f"Specified Public IP range has already been dedicated to {word}")


def _update_ip4(call: Call, vlan: VlanRange) -> None:
    p = call.params
    gateway, netmask = p.gateway or vlan.gateway or "", p.netmask or vlan.netmask or ""
    start, end = p.startip or vlan.start or "", p.endip or vlan.end or ""
    used = [a for a in call.db.ip_addresses.where(vlan_id=vlan.id) if a.state == "Allocated"]
    for what, old, new in (("gateway", vlan.gateway, gateway), ("netmask", vlan.netmask, netmask)):
        if new != old and used:
            raise InvalidParameter(f"Unable to change {what} to {new} because some IPs are in use")
    if not net.is_ip4(gateway) or not net.is_netmask(netmask):
        raise InvalidParameter(f"Invalid gateway ({gateway}) or netmask ({netmask})")
    check_range(start, end, str(net.network(gateway, netmask)))
    if net.within(gateway, start, end):
        raise InvalidParameter("The gateway shouldn't overlap the new start/end ip addresses")
    checks.keeps_used(used, start, end, for_system_vms=p.forsystemvms)
    for other in call.db.vlans.where(network_id=vlan.network_id):
        if other is not vlan and other.start and other.end and net.overlap(start, end, other.start, other.end):
            raise CloudRuntime("Failed to edit VlanRange. Please contact Cloud Support.")
    vlan.gateway, vlan.netmask, vlan.start, vlan.end = gateway, netmask, start, end
    if p.forsystemvms is not None:
        vlan.for_system_vms = p.forsystemvms
    if vlan.virtual:
        _resize(call, vlan)


def _resize(call: Call, vlan: VlanRange) -> None:
    """Make the range's address rows what its ends say."""
    assert vlan.start is not None
    assert vlan.end is not None
    for address in call.db.ip_addresses.where(vlan_id=vlan.id):
        if not net.within(address.address, vlan.start, vlan.end):
            call.db.ip_addresses.delete(address)
        address.for_system_vms = vlan.for_system_vms
    add_addresses(call.sim, vlan, vlan.start, vlan.end)


@command("deleteVlanIpRange")
def delete_range(call: Call) -> dict[str, Any]:
    vlan = live(call.params.id, "Please specify a valid IP range id.")
    addresses = call.db.ip_addresses.where(vlan_id=vlan.id)
    if vlan.virtual and vlan.account_id is not None:
        _take_from_account(call, vlan, addresses)
        call.sim.limits.add(vlan.account_id, "public_ip", -len(addresses))
    else:
        used = checks.addresses_in_use(call, vlan)
        if used:
            raise InvalidParameter(f"{used}  Ips are in use. Cannot delete this vlan")
    for address in addresses:
        call.db.ip_addresses.delete(address)
    call.db.vlans.remove(vlan)
    if not vlan.virtual:
        forget_range(call.db.networks[vlan.network_id], vlan)
    call.event("VLAN.IP.RANGE.DELETE", f"Successfully completed deleting vlan IP range. Id: {vlan.id}", vlan)
    return SUCCESS


def _take_from_account(call: Call, vlan: VlanRange, addresses: list[PublicIp]) -> None:
    """An account's own range goes with the addresses that it has, unless something depends on one."""
    for ip in addresses:
        reason = _why_kept(call, ip)
        if reason is not None:
            raise InvalidParameter(
                f"Can't delete account specific vlan {vlan} as ip {ip} belonging to the range {reason}"
            )
    for ip in addresses:
        if ip.allocated is not None:
            release_public(call.sim, ip)


def _why_kept(call: Call, ip: PublicIp) -> str | None:
    if ip.is_static_nat:
        return "is used for static nat purposes. Cleanup the rules first"
    if ip.is_source_nat:
        network = call.db.networks.get(call.db.vlans[ip.vlan_id].network_id)
        return (
            f"is a source nat ip for the network id={network.id if network else 'null'}. IP range with the source nat "
            "ip address can be removed either as a part of Network, or account removal"
        )
    if call.db.firewall_rules.where(ip_id=ip.id):
        return "has firewall rules applied. Cleanup the rules first"
    return None


@command("dedicatePublicIpRange")
def dedicate_range(call: Call) -> dict[str, Any]:
    account, domain = checks.owner(
        call,
        conflict="accountName and projectId are mutually exclusive",
        not_found="Unable to find account by name {}",
        system="Please specify a valid account. Cannot dedicate IP range to system account",
    )
    vlan = live(call.params.id, "Unable to find vlan by id {id}")
    if vlan.account_id is not None:
        raise InvalidParameter("Specified Public IP range has already been dedicated")
    if vlan.domain_id is not None:
        raise InvalidParameter("Specified Public IP range has already been dedicated to a domain")
    if call.db.zones[vlan.zone_id].network_type == "Basic":
        raise InvalidParameter("Public IP range can be dedicated to an account only in the zone of type Advanced")
    addresses = call.db.ip_addresses.where(vlan_id=vlan.id)
    for address in addresses:
        _check_free_for(call, address, account, domain)
    if account is not None:
        call.sim.limits.check(account, "public_ip", len(addresses))
        call.sim.limits.add(account.id, "public_ip", len(addresses))
        vlan.account_id = account.id
    elif domain is not None:
        vlan.domain_id = domain.id
    call.event("VLAN.IP.RANGE.DEDICATE", f"Successfully completed dedicating vlan IP range. Id: {vlan.id}", vlan)
    return {"vlan": range_view(call, vlan)}


def _check_free_for(call: Call, address: PublicIp, account: Any, domain: Any) -> None:
    """Refuse an address that system VMs or somebody else have."""
    text = f"{address.address} Public IP address in range is"
    if address.for_system_vms or address.is_system:
        raise InvalidParameter(f"{text} dedicated to system vms ")
    if address.account_id is None:
        return
    if account is not None and address.account_id != account.id:
        raise InvalidParameter(f"{text} allocated to another account ")
    if account is None and domain is not None and call.db.accounts[address.account_id].domain_id != domain.id:
        raise InvalidParameter(f"{text} allocated to another domain/account ")


@command("releasePublicIpRange")
def release_range(call: Call) -> dict[str, Any]:
    vlan = live(call.params.id, "Please specify a valid IP range id.")
    if vlan.account_id is None and vlan.domain_id is None:
        raise InvalidParameter(
            f"Can't release Public IP range {vlan.id} as it not dedicated to any domain and any account"
        )
    addresses = call.db.ip_addresses.where(vlan_id=vlan.id)
    for address in addresses:
        if address.allocated is not None and _why_kept(call, address) is None:
            release_public(call.sim, address)
    if vlan.account_id is not None:
        call.sim.limits.add(vlan.account_id, "public_ip", -len(addresses))
    vlan.account_id = vlan.domain_id = None
    call.event("VLAN.IP.RANGE.RELEASE", f"Successfully completed releasing a public IP range. Id: {vlan.id}", vlan)
    return SUCCESS
