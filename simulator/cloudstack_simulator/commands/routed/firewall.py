"""Firewall rules of routed networks and of IPv6: they protect guest addresses, not public ones."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import InvalidParameter
from ...listing import equal, matching, tagged
from ...model.networks import Rule
from ...registry import SUCCESS, allocate, command
from ..common import completed
from ..networks import rules, services
from ..networks.firewall import rule_view

STEP = 0.05
NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp"}
"""Protocols by their number."""
IPV6_PURPOSE = "Ipv6Firewall"


def _protocol(call: Call) -> str:
    given: str = call.params.protocol.strip()
    if not given.isdigit():
        return given
    if given not in NUMBERS:
        raise InvalidParameter(f"Protocol {given} not supported")
    return NUMBERS[given]


def _traffic(call: Call) -> str:
    given = call.params.traffictype or "Ingress"
    for known in ("Ingress", "Egress"):
        if known.lower() == given.lower():
            return known
    raise InvalidParameter(f"Invalid traffic type {given}")


def _check_cidrs(cidrs: list[str], family: int) -> None:
    for words, cidr in cidrs:
        valid = net.cidr(cidr) is not None if family == 4 else rules.is_ip6_cidr(cidr)
        if not valid:
            raise InvalidParameter(f"Invalid {words} IPv{family} CIDR: {cidr}")


def _check_service(call: Call, network: Any, protocol: str) -> None:
    if services.supports(call.db, network, "Firewall") and protocol.lower() not in (
        *rules.protocols_of(call, network, "Firewall"),
        "all",
    ):
        raise InvalidParameter(f"Protocol {protocol} is not supported in zone")


def _allocate(call: Call, family: int) -> Rule:
    p, network = call.params, call.params.networkid
    everywhere = "0.0.0.0/0" if family == 4 else "::/0"
    sources, destinations = list(p.cidrlist or [everywhere]), list(p.destcidrlist or [everywhere])
    _check_cidrs([("source", c) for c in sources] + [("destination", c) for c in destinations], family)
    end = p.get("endport", p.startport)
    rules.check_ports(p.startport, end)
    if not network or network.removed is not None:
        raise InvalidParameter("Unable to retrieve network id to validate the rule")
    call.check_access(network)
    protocol, traffic = _protocol(call), _traffic(call)
    _check_service(call, network, protocol)
    icmp = protocol.lower() == "icmp"
    if not icmp and (p.icmpcode is not None or p.icmptype is not None):
        raise InvalidParameter("Can specify icmpCode and icmpType for ICMP protocol only")
    if icmp and (p.startport is not None or end is not None):
        raise InvalidParameter("Can't specify start/end port when protocol is ICMP")
    rule = Rule(
        purpose="Firewall" if family == 4 else IPV6_PURPOSE,
        protocol=protocol.lower(),
        network_id=network.id,
        account_id=network.account_id,
        start_port=p.startport,
        end_port=end,
        traffic_type=traffic,
        source_cidrs=sources,
        destination_cidrs=destinations,
        icmp_type=p.icmptype if icmp else None,
        icmp_code=p.icmpcode if icmp else None,
        display=p.get("fordisplay", True),
    )
    return rules.add(call, rule) if family == 4 else call.db.firewall_rules.add(rule)


def _create(call: Call, kind: str, text: str) -> Any:
    rule = call.created
    yield STEP
    rule.state = "Active"
    completed(call, kind, text, rule, "FirewallRule")
    return {"firewallrule": rule_view(call, rule)}


@allocate("createRoutingFirewallRule")
def allocate_routing(call: Call) -> Rule:
    return _allocate(call, 4)


@command("createRoutingFirewallRule", sync=lambda call: ("network", call.params.networkid))
def create_routing(call: Call) -> Any:
    return (yield from _create(call, "ROUTING.IPV4.FIREWALL.RULE.CREATE", "Creating routing firewall rule. Rule Id"))


@allocate("createIpv6FirewallRule")
def allocate_ipv6(call: Call) -> Rule:
    return _allocate(call, 6)


@command("createIpv6FirewallRule", sync=lambda call: ("network", call.params.networkid))
def create_ipv6(call: Call) -> Any:
    return (yield from _create(call, "IPV6.FIREWALL.RULE.CREATE", "Creating ipv6 firewall rule. Rule Id"))


def _is_routed(call: Call, rule: Rule) -> bool:
    """Whether a rule protects the guest addresses of a routed network."""
    network = call.db.networks[rule.network_id]
    offering = call.db.network_offerings[network.offering_id]
    return rule.ip_id is None and (offering.network_mode or "").upper() == "ROUTED"


def _list(call: Call, purpose: str) -> dict[str, Any]:
    p = call.params
    filters = [
        equal("id", p.id),
        equal("purpose", purpose),
        equal("network_id", p.networkid),
        equal("traffic_type", _traffic(call) if p.traffictype else None),
        equal("display", p.fordisplay),
        tagged(call, "FirewallRule"),
        matching(lambda rule: _is_routed(call, rule)) if purpose == "Firewall" else None,
    ]
    return call.listing("firewallrule", call.db.firewall_rules, rule_view, where=filters, owned=True, newest_first=True)


@command("listRoutingFirewallRules")
def list_routing(call: Call) -> dict[str, Any]:
    return _list(call, "Firewall")


@command("listIpv6FirewallRules")
def list_ipv6(call: Call) -> dict[str, Any]:
    return _list(call, IPV6_PURPOSE)


def _rule(call: Call, purpose: str, word: str) -> Rule:
    rule = call.params.id
    if not rule or rule.removed is not None or rule.purpose != purpose:
        raise InvalidParameter(f"Unable to find {word} firewall rule with id {rule.id}")
    call.check_access(rule)
    return rule  # type: ignore[no-any-return]


def _update(call: Call, rule: Rule) -> dict[str, Any]:
    p = call.params
    rule.display = p.get("fordisplay", rule.display)
    if p.customid is not None:
        call.db.firewall_rules.change_uuid(rule, p.customid)
    return {"firewallrule": rule_view(call, rule)}


@command("updateRoutingFirewallRule")
def update_routing(call: Call) -> dict[str, Any]:
    rule = _rule(call, "Firewall", "routing")
    completed(
        call, "ROUTING.IPV4.FIREWALL.RULE.UPDATE", "Updating routing firewall rule. Rule Id", rule, "FirewallRule"
    )
    return _update(call, rule)


@command("updateIpv6FirewallRule")
def update_ipv6(call: Call) -> dict[str, Any]:
    """Whatever else is given, only the display and the id change."""
    rule = _rule(call, IPV6_PURPOSE, "IPv6")
    completed(call, "IPV6.FIREWALL.RULE.UPDATE", "Updating ipv6 firewall rule. Rule Id", rule, "FirewallRule")
    return _update(call, rule)


def _delete(call: Call, rule: Rule, kind: str, text: str) -> Any:
    rule.state = "Revoke"
    yield STEP
    rules.drop(call.sim, rule)
    completed(call, kind, text, rule, "FirewallRule")
    return SUCCESS


@command("deleteRoutingFirewallRule")
def delete_routing(call: Call) -> Any:
    rule = _rule(call, "Firewall", "routing")
    return (
        yield from _delete(call, rule, "ROUTING.IPV4.FIREWALL.RULE.DELETE", "revoking routing firewall rule. Rule Id")
    )


@command("deleteIpv6FirewallRule")
def delete_ipv6(call: Call) -> Any:
    rule = _rule(call, IPV6_PURPOSE, "IPv6")
    return (yield from _delete(call, rule, "IPV6.FIREWALL.RULE.DELETE", "revoking ipv6 firewall rule. Rule Id"))
