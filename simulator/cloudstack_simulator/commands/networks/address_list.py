"""listPublicIpAddresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...access import visible_accounts
from ...call import Call
from ...errors import InvalidParameter
from ...listing import Filter, any_of, equal, matching, tagged
from ...registry import command
from ...tags import taggable
from . import addressing
from .views import address_view

taggable("PublicIpAddress", "ip_addresses")

STATES = ("Allocating", "Allocated", "Releasing", "Free", "Reserved")


@dataclass(slots=True)
class Asked:
    """What a list is asked for."""

    states: list[str]
    only_allocated: bool
    virtual: bool
    """Addresses of public ranges; else those of shared networks."""


def _asked(call: Call) -> Asked:
    p = call.params
    states = [_state(text.strip()) for text in (p.state or "").split(",") if text.strip()]
    unused = "Free" in states or "Reserved" in states
    if unused and p.allocatedonly:
        raise InvalidParameter("Conflict: allocatedonly is true but state is Free")
    allocated = not unused if p.allocatedonly is None else p.allocatedonly or "Allocated" in states
    return Asked(states, allocated, p.get("forvirtualnetwork", True))


def _state(text: str) -> str:
    found = next((s for s in STATES if s.lower() == text.lower()), None)
    if found is None:
        raise InvalidParameter(f"Invalid state: {text}")
    return found


@command("listPublicIpAddresses")
def list_addresses(call: Call) -> dict[str, Any]:
    p, asked = call.params, _asked(call)
    for row in (p.associatednetworkid, p.vpcid):
        if row is not None and row.removed is None:
            call.check_access(row)
    return call.listing(
        "publicipaddress",
        call.db.ip_addresses,
        address_view,
        where=[
            equal("id", p.id),
            equal("address", p.ipaddress),
            any_of("state", asked.states or None),
            equal("zone_id", p.zoneid),
            equal("vlan_id", p.vlanid),
            equal("physical_network_id", p.physicalnetworkid),
            equal("network_id", p.associatednetworkid) if _there(p.associatednetworkid) else None,
            equal("vpc_id", p.vpcid) if _there(p.vpcid) else None,
            equal("is_source_nat", p.issourcenat),
            equal("is_static_nat", p.isstaticnat),
            equal("for_system_vms", p.forsystemvms),
            equal("for_display", p.fordisplay),
            _of_network(call, asked),
            matching(lambda ip: call.db.vlans[ip.vlan_id].virtual is asked.virtual),
            _with_balancing(call),
            _visible(call, asked),
            tagged(call, "PublicIpAddress"),
        ],
        keyword=("address",) if p.ipaddress is None else (),
        sort=lambda ip: ip.number,
    )


def _there(row: Any) -> bool:
    """Whether a network or VPC that the list is narrowed to is still there; else the server overlooks it."""
    return row is not None and row.removed is None


def _of_network(call: Call, asked: Asked) -> Filter | None:
    """Addresses of the ranges of a network (Public or a shared one)."""
    p, db = call.params, call.db
    network = p.networkid
    if not asked.virtual and (network is not None or p.id is not None):
        network = network or db.networks.get(db.vlans[p.id.vlan_id].network_id)
        if not network or network.removed is not None or network.guest_type != "Shared":
            raise InvalidParameter("Please specify a valid network id")
    if network is None:
        return None
    ranges = {v.id for v in db.vlans.where(network_id=network.id)}
    return matching(lambda ip: ip.vlan_id in ranges)


def _with_balancing(call: Call) -> Filter | None:
    if not call.params.forloadbalancing:
        return None
    used = {r.ip_id for r in call.db.firewall_rules.where(purpose="LoadBalancing")}
    return matching(lambda ip: ip.id in used)


def _visible(call: Call, asked: Asked) -> Filter | None:
    """Allocated ones are their owners'; free ones are everybody's who may take them."""
    p, sim = call.params, call.sim
    owned = asked.only_allocated or asked.states == ["Reserved"]
    if not owned and call.caller.is_root_admin and p.domainid is None:
        return None
    accounts = visible_accounts(call)

    def test(ip: Any) -> bool:
        if not owned and ip.state == "Free":
            return not asked.virtual or addressing.may_take(sim, ip, call.caller.account)
        if asked.only_allocated and not asked.states and ip.state != "Allocated":
            return False
        return ip.account_id is not None and (accounts is None or ip.account_id in accounts)

    return matching(test)
