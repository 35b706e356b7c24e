"""listNetworks."""

from __future__ import annotations

from typing import Any

from ...access import in_domain, visible_accounts
from ...call import Call
from ...errors import InvalidParameter
from ...listing import Filter, equal, matching, tagged
from ...registry import command
from . import permissions, services
from .views import network_view

GUEST_TYPES = ("Shared", "Isolated", "L2")
SERVICES = (
    "Vpn",
    "Dhcp",
    "Dns",
    "Gateway",
    "Firewall",
    "Lb",
    "UserData",
    "SourceNat",
    "StaticNat",
    "PortForwarding",
    "SecurityGroup",
    "NetworkACL",
    "Connectivity",
)


def _guest_type(text: str | None) -> str | None:
    if text is None:
        return None
    found = next((t for t in GUEST_TYPES if t.lower() == text.lower()), None)
    if found is None:
        raise InvalidParameter(f"Unexpected Guest type : {text}")
    return found


def _with_services(call: Call, names: list[str] | None) -> Filter | None:
    if not names:
        return None
    for name in names:
        if name.lower() not in (s.lower() for s in SERVICES):
            raise InvalidParameter(f"Invalid service specified {name}")
    wanted = {n.lower() for n in names}
    return matching(lambda n: wanted <= {s.lower() for s in services.providers(call.db, n)})


KINDS = {
    "account": {"Account"},
    "domain": {"Domain"},
    "accountdomain": {"Account", "Domain"},
    "shared": {"Shared"},
    "all": {"Account", "Domain", "Shared"},
}
"""Values of `networkfilter` → own networks, those of the domain, those that other accounts share."""


def _visible(call: Call) -> Filter:
    """Own networks as everywhere, shared ones of the domains that the caller is in, and those of other accounts."""
    p, db = call.params, call.db
    kinds = KINDS.get((p.networkfilter or "all").lower())
    if kinds is None:
        raise InvalidParameter(f"Invalid value of networkfilter: {p.networkfilter}")
    accounts = visible_accounts(call)
    domain = p.domainid.id if p.domainid is not None else call.caller.account.domain_id

    def test(network: Any) -> bool:
        if network.acl_type != "Domain":
            own = accounts is None or network.account_id in accounts
            if own:
                return "Account" in kinds
            return "Shared" in kinds and permissions.is_shared_with(call, network, accounts or set())
        if "Domain" not in kinds:
            return False
        if p.id is not None or (p.listall and call.caller.is_root_admin and p.domainid is None):
            return True
        if p.account or p.projectid is not None:
            return bool(network.subdomain_access) and in_domain(db, domain, network.domain_id)
        if network.domain_id == domain or (p.isrecursive and in_domain(db, network.domain_id, domain)):
            return True
        if p.domainid is not None and call.caller.is_root_admin:
            return False
        return bool(network.subdomain_access) and in_domain(db, domain, network.domain_id)

    return matching(test)


@command("listNetworks")
def list_networks(call: Call) -> dict[str, Any]:
    p = call.params
    is_system = bool(p.issystem)
    if is_system and (p.account is not None or p.domainid is not None):
        raise InvalidParameter("System network belongs to system, account and domainId parameters can't be specified")
    shown = p.get("displaynetwork", True)
    return call.listing(
        "network",
        call.db.networks,
        network_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("zone_id", p.zoneid),
            equal("guest_type", _guest_type(p.type)),
            equal("traffic_type", p.traffictype),
            equal("acl_type", p.acltype),
            equal("physical_network_id", p.physicalnetworkid),
            equal("offering_id", p.networkofferingid),
            equal("vpc_id", p.vpcid),
            equal("vlan", p.vlan),
            equal("restart_required", p.restartrequired),
            matching(lambda n: n.is_system is is_system) if p.id is None or p.issystem is not None else None,
            matching(lambda n: n.display is shown),
            matching(lambda n: (n.vpc_id is not None) is p.forvpc) if p.forvpc is not None else None,
            matching(lambda n: (not n.is_system) is p.canusefordeploy) if p.canusefordeploy is not None else None,
            equal(lambda n: n.specify_ip_ranges or n.traffic_type in ("Public", "Storage"), p.specifyipranges),
            _with_services(call, p.supportedservices),
            None if is_system else _visible(call),
            tagged(call, "Network"),
        ],
        keyword=("name", "display_text"),
        newest_first=True,
    )
