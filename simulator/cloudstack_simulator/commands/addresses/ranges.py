"""Address ranges: public ones of zones and guest ones of shared networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...call import Call, live
from ...errors import InvalidParameter, PermissionDenied
from ...listing import Filter, equal, matching
from ...model.addresses import PublicIp, VlanRange
from ...registry import SUCCESS, command
from ...tags import domain_path
from ..zones.zone_life import networks_with_traffic, system_network
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


@command("createVlanIpRange")
def create_range(call: Call) -> dict[str, Any]:
    p = call.params
    if p.startip is None and p.ip6cidr is None:
        raise InvalidParameter("StartIP or IPv6 CIDR is missing in the parameters!")
    account = checks.dedicated_account(call)
    virtual = p.get("forvirtualnetwork", True)
    network = live(p.networkid, "Unable to find network by id {id}") if p.networkid else None
    zone = _zone(call, network)
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone}")
    if network is None and virtual:
        network = system_network(call.sim, zone.id, "Public")
    checks.network_fits(network, virtual=virtual)
    physical = _physical_network(call, zone, network)
    gateway, netmask = checks.gateway_and_netmask(call, network)
    vlan = checks.vlan_uri(call, network, virtual=virtual)
    end = p.endip or p.startip
    if p.startip:
        checks.span(p.startip, end, gateway, netmask)
    if virtual:
        checks.vlan_is_free(call, zone, physical, vlan)
    if p.startip:
        checks.overlap(call, zone, vlan, gateway, netmask, p.startip, end)
    made = add_range(
        call.sim,
        VlanRange(
            zone_id=zone.id,
            physical_network_id=physical.id,
            network_id=network.id,
            vlan=vlan,
            gateway=gateway,
            netmask=netmask,
            start=p.startip,
            end=end,
            ip6_gateway=p.ip6gateway,
            ip6_cidr=p.ip6cidr,
            virtual=virtual,
            pod_id=p.podid.id if p.podid else None,
            account_id=account.id if account else (None if virtual else network.account_id),
            domain_id=p.domainid.id if p.domainid and account is None else None,
            for_system_vms=p.get("forsystemvms", False),
            provider=p.provider,
        ),
    )
    call.event("VLAN.IP.RANGE.CREATE", "Successfully completed creating vlan IP range", made)
    return {"vlan": range_view(call, made)}


def _zone(call: Call, network: Any) -> Any:
    if network is not None:
        return call.db.zones[network.zone_id]
    p = call.params
    if p.zoneid is None and p.physicalnetworkid:
        physical = live(p.physicalnetworkid, "Unable to find Physical Network with id={id}")
        return call.db.zones[physical.zone_id]
    if p.zoneid is None:
        raise InvalidParameter("Please specify a valid zone.")
    return live(p.zoneid, "Unable to find zone by id {id}")


def _physical_network(call: Call, zone: Any, network: Any) -> Any:
    p = call.params
    if p.physicalnetworkid:
        return live(p.physicalnetworkid, "Unable to find Physical Network with id={id}")
    if network is not None and network.physical_network_id:
        return call.db.physical_networks[network.physical_network_id]
    found = networks_with_traffic(call.sim, zone, "Public")
    if not found:
        raise InvalidParameter("Please specify a valid physical network id")
    return found[0]


@command("updateVlanIpRange")
def update_range(call: Call) -> dict[str, Any]:
    p = call.params
    vlan = live(p.id, "Please specify a valid IP range id.")
    gateway, netmask = p.gateway or vlan.gateway, p.netmask or vlan.netmask
    start, end = p.startip or vlan.start, p.endip or vlan.end
    used = [a for a in call.db.ip_addresses.where(vlan_id=vlan.id) if a.state != "Free"]
    for what, old, new in (("gateway", vlan.gateway, gateway), ("netmask", vlan.netmask, netmask)):
        if new != old and used:
            raise InvalidParameter(f"Unable to change {what} to {new} because some IPs are in use")
    if not net.is_ip4(gateway) or not net.is_netmask(netmask):
        raise InvalidParameter(f"Invalid gateway ({gateway}) or netmask ({netmask})")
    checks.span(start, end, gateway, netmask)
    checks.keeps_used(used, start, end)
    zone = call.db.zones[vlan.zone_id]
    checks.overlap(call, zone, vlan.vlan, gateway, netmask, start, end, own=vlan)
    vlan.gateway, vlan.netmask, vlan.start, vlan.end = gateway, netmask, start, end
    if p.forsystemvms is not None:
        vlan.for_system_vms = p.forsystemvms
    if vlan.virtual:
        _resize(call, vlan)
    call.event(
        "VLAN.IP.RANGE.UPDATE",
        f"Successfully completed update vlan IP Range. Vlan: {vlan.id}, from {start} to {end}",
        vlan,
    )
    return {"vlan": range_view(call, vlan)}


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
    used = checks.addresses_in_use(call, vlan)
    if used:
        raise InvalidParameter(f"{used}  Ips are in use. Cannot delete this vlan")
    for address in call.db.ip_addresses.where(vlan_id=vlan.id):
        call.db.ip_addresses.delete(address)
    call.db.vlans.remove(vlan)
    if not vlan.virtual:
        from ..networks.shared import forget_range

        forget_range(call.db.networks[vlan.network_id], vlan)
    call.event("VLAN.IP.RANGE.DELETE", f"Successfully completed deleting vlan IP range. Id: {vlan.id}", vlan)
    return SUCCESS


@command("dedicatePublicIpRange")
def dedicate_range(call: Call) -> dict[str, Any]:
    p = call.params
    account = checks.dedicated_account(call, found_text="Unable to find account by name {}")
    domain = live(p.domainid, "Please specify a valid domain id")
    vlan = live(p.id, "Unable to find vlan by id {id}")
    if vlan.account_id is not None:
        raise InvalidParameter("Specified Public IP range has already been dedicated")
    if vlan.domain_id is not None:
        raise InvalidParameter("Specified Public IP range has already been dedicated to a domain")
    if account is not None and call.db.zones[vlan.zone_id].network_type == "Basic":
        raise InvalidParameter("Public IP range can be dedicated to an account only in the zone of type Advanced")
    checks.not_used_by_others(call, vlan, account)
    if account is not None:
        vlan.account_id = account.id
    else:
        vlan.domain_id = domain.id
    call.event("VLAN.IP.RANGE.DEDICATE", f"Successfully completed dedicating vlan IP range. Id: {vlan.id}", vlan)
    return {"vlan": range_view(call, vlan)}


@command("releasePublicIpRange")
def release_range(call: Call) -> dict[str, Any]:
    vlan = live(call.params.id, "Please specify a valid IP range id.")
    if vlan.account_id is None and vlan.domain_id is None:
        raise InvalidParameter(
            f"Can't release Public IP range {vlan.id} as it not dedicated to any domain and any account"
        )
    vlan.account_id = vlan.domain_id = None
    call.event("VLAN.IP.RANGE.RELEASE", f"Successfully completed releasing a public IP range. Id: {vlan.id}", vlan)
    return SUCCESS
