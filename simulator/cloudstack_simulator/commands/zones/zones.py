"""Zones."""

from __future__ import annotations

from typing import Any

from ... import net
from ...access import domains_below, in_domain
from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import Filter, equal, matching, tagged
from ...model.zones import Zone
from ...parameters import flat_map
from ...registry import SUCCESS, command
from ..annotations import has_annotations
from ..common import by_ids, in_access_group
from ..offerings.scopes import by_sort_key
from . import dedication, zone_life
from .capacity import zone_capacities
from .texts import allocation_state, is_domain_name

SEARCH_ORDER = "network.guestnetwork.dns.search.order"
NAME_RULE = (
    "Total length shouldn't exceed 190 chars. Each domain label must be between 1 and 63 characters long, can contain "
    "ASCII letters 'a' through 'z', the digits '0' through '9', and the hyphen ('-'); can't start or end with \"-\""
)
ADDRESSES = {
    "dns1": ("dns1", "IP address for DNS1", net.is_ip4),
    "dns2": ("dns2", "IP address for DNS2", net.is_ip4),
    "internaldns1": ("internal_dns1", "IP address for internal DNS1", net.is_ip4),
    "internaldns2": ("internal_dns2", "IP address for internal DNS2", net.is_ip4),
    "ip6dns1": ("ip6_dns1", "IPv6 address for IP6 DNS1", net.is_ip6),
    "ip6dns2": ("ip6_dns2", "IPv6 address for IP6 DNS2", net.is_ip6),
}


def zone_view(call: Call, zone: Zone) -> dict[str, Any]:
    domain = call.db.domains.get(zone.domain_id)
    hosts = call.db.hosts.where(zone_id=zone.id, kind="Routing")
    view: dict[str, Any] = {
        "id": zone.uuid,
        "name": zone.name,
        "domain": zone.network_domain,
        "domainid": domain.uuid if domain else None,
        "domainname": domain.name if domain else None,
        "networktype": zone.network_type,
        "securitygroupsenabled": zone.security_groups,
        "gputotal": sum(h.gpu_total or 0 for h in hosts),
        "gpuused": sum(h.gpu_used for h in hosts),
        "allocationstate": zone.allocation_state,
        "zonetoken": zone.token,
        "dhcpprovider": zone.dhcp_provider,
        "localstorageenabled": zone.local_storage,
        "tags": call.sim.tags.full_views(zone),
        "resourcedetails": zone.details or None,
        "allowuserspecifyvrmtu": call.setting("allow.end.users.to.specify.vr.mtu", zone),
        "routerprivateinterfacemaxmtu": call.setting("vr.private.interface.max.mtu", zone),
        "routerpublicinterfacemaxmtu": call.setting("vr.public.interface.max.mtu", zone),
        "type": "Edge" if zone.is_edge else "Core",
        "isnsxenabled": False,
        "ismultiarch": len({h.arch for h in hosts if h.arch}) > 1,
        "asnrange": "",
        "routedmodeenabled": call.setting("routed.network.vpc.enabled", zone),
        "storageaccessgroups": ",".join(zone.storage_access_groups) or None,
        "hasannotations": has_annotations(call, zone),
    }
    if call.caller.is_root_admin:
        view |= {
            "dns1": zone.dns1,
            "dns2": zone.dns2,
            "internaldns1": zone.internal_dns1,
            "internaldns2": zone.internal_dns2,
            "ip6dns1": zone.ip6_dns1,
            "ip6dns2": zone.ip6_dns2,
            "guestcidraddress": zone.guest_cidr,
        }
    if call.params.showcapacities:
        view["capacity"] = zone_capacities(call, zone)
    return view


@command("listZones")
def list_zones(call: Call) -> dict[str, Any]:
    """An id makes the server overlook the name, either of them the keyword, the domain and `available`."""
    p = call.params
    named = p.id is not None or p.name is not None
    return call.listing(
        "zone",
        call.db.zones,
        zone_view,
        where=[
            by_ids(call),
            equal("name", p.name) if p.id is None else None,
            equal("network_type", p.networktype),
            equal("domain_id", p.domainid) if not named else None,
            _with_own_routers(call) if p.available is False and not named else None,
            _seen_by(call) if not named and not call.caller.is_root_admin else None,
            in_access_group(call),
            tagged(call, "Zone"),
        ],
        keyword=("name",) if not named else (),
        sort=by_sort_key(call),
    )


def _with_own_routers(call: Call) -> Filter:
    """`available=false`: zones where the caller's account has routers."""
    found = {r.zone_id for r in call.db.vms.where(vm_type="DomainRouter", account_id=call.caller.account.id)}
    return matching(lambda zone: zone.id in found)


def _seen_by(call: Call) -> Filter:
    """What others than root admins see: enabled zones that are public or of their domains, and nobody else's own."""
    db, account, asked = call.db, call.caller.account, call.params.domainid
    own = {d.id for d in db.domains if in_domain(db, account.domain_id, d.id)}
    if call.caller.is_domain_admin:
        own |= domains_below(db, account.domain_id)

    def may_see(zone: Zone) -> bool:
        given = dedication.of(call.sim, "zone", zone)
        if given is not None and given.account_id not in (None, account.id) and not call.caller.is_domain_admin:
            return False
        if asked is not None:
            return True
        if zone.domain_id is None:
            return zone.allocation_state == "Enabled" and (given is None or given.domain_id in own)
        return zone.allocation_state == "Enabled" and zone.domain_id in own

    return matching(may_see)


@command("createZone")
def create_zone(call: Call) -> dict[str, Any]:
    p = call.params
    basic = p.networktype.lower() == "basic"
    if not basic and p.networktype.lower() != "advanced":
        raise InvalidParameter("Invalid zone type; only Advanced and Basic values are supported")
    if basic and p.guestcidraddress is not None:
        raise InvalidParameter("guestCidrAddress parameter is not supported for Basic zone")
    if basic and p.isedge:
        raise InvalidParameter("Only advanced network type zones can be edge zones")
    if p.guestcidraddress is not None and not net.is_guest_cidr(p.guestcidraddress):
        raise InvalidParameter("Please enter a valid guest cidr")
    _check_parameters(call, p.name, is_new_name=True)
    if p.domain and not is_domain_name(p.domain):
        raise InvalidParameter(f"Invalid network domain. {NAME_RULE}")
    zone = zone_life.create(
        call.sim,
        Zone(
            name=p.name,
            dns1=p.dns1,
            dns2=p.dns2,
            internal_dns1=p.internaldns1,
            internal_dns2=p.internaldns2,
            ip6_dns1=p.ip6dns1,
            ip6_dns2=p.ip6dns2,
            guest_cidr=p.guestcidraddress,
            network_domain=p.domain,
            domain_id=p.domainid.id if p.domainid else None,
            network_type="Basic" if basic else "Advanced",
            allocation_state=allocation_state(p.get("allocationstate", "Disabled")),
            security_groups=basic or p.get("securitygroupenabled", False),
            local_storage=p.get("localstorageenabled", False),
            is_edge=p.get("isedge", False),
            storage_access_groups=p.get("storageaccessgroups", []),
        ),
    )
    if p.domainid:
        dedication.dedicate(call.sim, "zone", zone, p.domainid, None)
    call.event("ZONE.CREATE", f"Successfully completed creating zone. Zone Name: {zone.name}", zone)
    return {"zone": zone_view(call, zone)}


def _check_parameters(call: Call, name: str, *, is_new_name: bool) -> None:
    p = call.params
    if is_new_name and call.db.zones.first(name=name):
        raise InvalidParameter("A zone with that name already exists. Please specify a unique zone name.")
    if "domainid" in p and not p.domainid:
        raise InvalidParameter("Please specify a valid domain id")
    for parameter, (_field, what, is_valid) in ADDRESSES.items():
        if p[parameter] and not is_valid(p[parameter]):
            raise InvalidParameter(f"Please enter a valid {what}")
    if p.allocationstate:
        allocation_state(p.allocationstate)


@command("updateZone")
def update_zone(call: Call) -> dict[str, Any]:
    p = call.params
    details = _details(call)
    zone = live(p.id, "unable to find zone by id {id}")
    if p.guestcidraddress and not net.is_guest_cidr(p.guestcidraddress):
        raise InvalidParameter("Please enter a valid guest cidr")
    name = p.get("name", zone.name)
    _check_parameters(call, name, is_new_name=name != zone.name)
    if p.domain and not is_domain_name(p.domain):
        raise InvalidParameter(f"Invalid network domain. {NAME_RULE}")
    if p.allocationstate and allocation_state(p.allocationstate) == "Enabled":
        zone_life.check_ready(call.sim, zone)
    _change(call, zone, details)
    call.event("ZONE.EDIT", f"Successfully completed editing zone. Zone Name: {zone.name}", zone)
    return {"zone": zone_view(call, zone)}


def _details(call: Call) -> dict[str, str]:
    details = flat_map(call.params.details)
    if any(key is None or value is None for key, value in details.items()):
        raise InvalidParameter(
            "Invalid Zone Detail specified, fields 'key' and 'value' cannot be null, please specify details in the "
            "form:  details[0].key=XXX&details[0].value=YYY"
        )
    order = call.params.dnssearchorder
    if order:
        if not all(is_domain_name(name) for name in order):
            raise InvalidParameter(f"Invalid network domain suffixes. {NAME_RULE}")
        details[SEARCH_ORDER] = ",".join(order)
    return details


def _change(call: Call, zone: Zone, details: dict[str, str]) -> None:
    p = call.params
    zone.name = p.get("name", zone.name)
    for parameter, (field, _what, _check) in ADDRESSES.items():
        if parameter in p:
            setattr(zone, field, p[parameter] or None)
    if p.guestcidraddress:
        zone.guest_cidr = p.guestcidraddress
    if "domain" in p:
        zone.network_domain = p.domain or None
    if p.localstorageenabled is not None:
        zone.local_storage = p.localstorageenabled
    if p.dhcpprovider:
        zone.dhcp_provider = p.dhcpprovider
    if p.sortkey is not None:
        zone.sort_key = p.sortkey
    if p.ispublic and zone.domain_id is not None:
        zone.domain_id = None
        dedication.release(call.sim, "zone", zone)
    zone.details |= details
    if p.allocationstate:
        zone_life.set_state(call.sim, zone, allocation_state(p.allocationstate))


@command("deleteZone")
def delete_zone(call: Call) -> dict[str, Any]:
    zone = live(call.params.id, "A zone with ID: {id} does not exist.")
    zone_life.check_empty(call.sim, zone)
    zone_life.delete(call.sim, zone)
    call.event("ZONE.DELETE", f"Successfully completed deleting zone. Zone Name: {zone.name}", zone)
    return SUCCESS
