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


def _check_cidrs(cidrs: list[tuple[str, str]], family: int) -> None:
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
    traffic, protocol = _traffic(call), _protocol(call)
    everywhere = "0.0.0.0/0" if family == 4 else "::/0"
    sources, destinations = list(p.cidrlist or [everywhere]), list(p.destcidrlist or [everywhere])
    _check_cidrs([("source", c) for c in sources] + [("destination", c) for c in destinations], family)
    end = p.get("endport", p.startport)
    rules.check_ports(p.startport, end)
    if not network or network.removed is not None:
        raise InvalidParameter("Unable to retrieve network id to validate the rule")
    call.check_access(network)
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
        icmp_type=p.get("icmptype", -1) if icmp else None,
        icmp_code=p.get("icmpcode", -1) if icmp else None,
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


PURPOSES = ("Firewall", IPV6_PURPOSE)


def _rule(call: Call, word: str, purposes: tuple[str, ...] = PURPOSES) -> Rule:
    """The rule that is meant. Whose purpose is not asked at first: each command takes the rules of the other one."""
    rule = call.params.id
    if not rule or rule.removed is not None:
        raise InvalidParameter(f"Unable to find {word} firewall rule with id {rule.id}")
    if rule.purpose not in purposes:
        wanted = f"[{', '.join(purposes)}]" if len(purposes) > 1 else purposes[0]
        raise InvalidParameter(f"Unable to find {rule.id} having purpose {wanted}")
    call.check_access(rule)
    return rule


def _update(call: Call, rule: Rule) -> dict[str, Any]:
    rule.display = call.params.get("fordisplay", True)
    return {"firewallrule": rule_view(call, rule)}


@command("updateRoutingFirewallRule")
def update_routing(call: Call) -> dict[str, Any]:
    rule = _rule(call, "routing", PURPOSES[:1])
    if call.params.customid is not None:
        call.db.firewall_rules.change_uuid(rule, call.params.customid)
    completed(
        call, "ROUTING.IPV4.FIREWALL.RULE.UPDATE", "Updating routing firewall rule. Rule Id", rule, "FirewallRule"
    )
    return _update(call, rule)


@command("updateIpv6FirewallRule")
def update_ipv6(call: Call) -> dict[str, Any]:
    """The server looks for a rule of IPv4, so that no rule of IPv6 can be updated."""
    rule = _rule(call, "IPv6", PURPOSES[:1])
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
    rule = _rule(call, "routing")
    return (
        yield from _delete(call, rule, "ROUTING.IPV4.FIREWALL.RULE.DELETE", "revoking routing firewall rule. Rule Id")
    )


@command("deleteIpv6FirewallRule")
def delete_ipv6(call: Call) -> Any:
    rule = _rule(call, "IPv6")
    return (yield from _delete(call, rule, "IPV6.FIREWALL.RULE.DELETE", "revoking ipv6 firewall rule. Rule Id"))
