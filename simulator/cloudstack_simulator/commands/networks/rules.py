"""What all kinds of rules on public addresses share: ports, CIDRs, conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...call import Call
from ...errors import IllegalArgument, InvalidParameter, NetworkRuleConflict
from ...model.networks import Rule
from ...tags import taggable
from . import services

if TYPE_CHECKING:
    from ...simulator import Simulator

for kind in ("FirewallRule", "PortForwardingRule", "LoadBalancer"):
    taggable(kind, "firewall_rules")


def same_network(call: Call) -> Any:
    """Key of jobs that must not run side by side: those about rules of one network."""
    row = call.created or call.params.id
    return ("network", call.db.networks.get(getattr(row, "network_id", None)))


def check_ports(start: int | None, end: int | None) -> None:
    for port, words in ((start, "publicPort"), (end, "Public port range")):
        if port is not None and not 0 <= port <= 65535:
            raise InvalidParameter(f"{words} is an invalid value: {port}")
    if start is not None and end is not None and start > end:
        raise InvalidParameter("Start port can't be bigger than end port")


def check_cidrs(cidrs: list[str], text: str) -> None:
    for cidr in cidrs:
        if net.cidr(cidr) is None and not is_ip6_cidr(cidr):
            raise IllegalArgument(f"{text} {cidr}")


def is_ip6_cidr(text: str) -> bool:
    address, slash, size = text.partition("/")
    return bool(slash) and net.is_ip6(address) and size.isdigit() and int(size) <= 128


def protocols_of(call: Call, network: Any, service: str) -> set[str]:
    """Protocols that a service of the network takes, lower case."""
    from ... import contract

    known = contract.facts("network_services.json")
    for provider in services.providers(call.db, network).get(service, []):
        for capability in known.get(provider, {}).get(service, []):
            if capability["name"] == "SupportedProtocols":
                return {p.strip().lower() for p in capability["value"].split(",")}
    return set()


def check_protocol(call: Call, network: Any, protocol: str, service: str) -> None:
    if protocol.lower() not in protocols_of(call, network, service):
        raise InvalidParameter(f"Protocol {protocol} is not supported in zone {network.zone_id}")


SERVICES = {"PortForwarding": "PortForwarding", "LoadBalancing": "Lb", "Vpn": "Vpn"}
"""Purposes of rules that make an address serve something."""


def check_service(call: Call, ip: Any, network: Any, service: str) -> None:
    """Without conserve mode an address serves one thing only."""
    offering = call.db.network_offerings.get(network.offering_id)
    if offering is None or offering.conserve_mode:
        return
    used = {SERVICES[r.purpose] for r in call.db.firewall_rules.where(ip_id=ip.id) if r.purpose in SERVICES}
    used |= {"SourceNat"} if ip.is_source_nat else set()
    used |= {"StaticNat"} if ip.is_static_nat else set()
    if len(used) > 1:
        raise IllegalArgument(f"There are multiple services used ip {ip.address}.")
    if used and used != {service}:
        raise IllegalArgument(f"The IP {ip.address} is already used as {used.pop()} rather than {service}")


def add(call: Call, rule: Rule) -> Rule:
    """Take a rule in after the check against the others; a refused one has used up its number."""
    made: Rule = call.db.firewall_rules.add(rule)
    try:
        _check_conflicts(call, made)
    except NetworkRuleConflict:
        call.db.firewall_rules.delete(made)
        raise
    return made


def _check_conflicts(call: Call, rule: Rule) -> None:
    if rule.ip_id is None:
        rows = [r for r in call.db.firewall_rules.where(network_id=rule.network_id) if r.ip_id is None]
    else:
        rows = call.db.firewall_rules.where(ip_id=rule.ip_id)
    for other in rows:
        if other.id == rule.id or other.traffic_type != rule.traffic_type:
            continue
        if "Firewall" in (other.purpose, rule.purpose) and other.purpose != rule.purpose:
            continue
        if (other.protocol or "").lower() != (rule.protocol or "").lower():
            continue
        _check_pair(rule, other)


def _check_pair(rule: Rule, other: Rule) -> None:
    if rule.purpose == "Firewall" and not (set(rule.source_cidrs) & set(other.source_cidrs)):
        return
    if rule.purpose == "Firewall" and rule.destination_cidrs != other.destination_cidrs:
        return
    if rule.protocol == "icmp":
        if (rule.icmp_type, rule.icmp_code) == (other.icmp_type, other.icmp_code):
            raise InvalidParameter(f"New rule conflicts with existing rule: {other}")
        return
    if rule.start_port is None and other.start_port is None:
        raise NetworkRuleConflict(
            f"There is already a firewall rule specified with protocol = {rule.protocol} and no ports"
        )
    if rule.start_port is None or other.start_port is None:
        return
    if _clash(rule, other):
        raise NetworkRuleConflict(
            f"The range specified, {rule.start_port}-{rule.end_port}, conflicts with rule {other} which has "
            f"{other.start_port}-{other.end_port}"
        )


def _clash(rule: Rule, other: Rule) -> bool:
    """Equal ranges of firewall rules, overlapping ones of all others."""
    if rule.purpose == "Firewall":
        return (rule.start_port, rule.end_port) == (other.start_port, other.end_port)
    return bool((rule.start_port or 0) <= (other.end_port or 0) and (other.start_port or 0) <= (rule.end_port or 0))


def open_firewall(call: Call, rule: Rule) -> None:
    """The firewall rule for everybody that comes with a port forwarding or load balancer rule."""
    call.db.firewall_rules.add(
        Rule(
            purpose="Firewall",
            protocol=rule.protocol,
            network_id=rule.network_id,
            account_id=rule.account_id,
            ip_id=rule.ip_id,
            start_port=rule.start_port,
            end_port=rule.end_port,
            source_cidrs=["0.0.0.0/0"],
            related_id=rule.id,
        )
    )


def wants_open_firewall(call: Call, ip: Any) -> bool:
    """Whether a rule opens the firewall: asked for (the default), and the address is not of a VPC."""
    return ip.vpc_id is None and bool(call.params.get("openfirewall", True))


def drop(sim: Simulator, rule: Rule) -> None:
    """Remove a rule with what hangs on it: its firewall rule, members, policies, tags."""
    db = sim.db
    for related in db.firewall_rules.where(related_id=rule.id):
        drop(sim, related)
    for member in db.lb_members.where(rule_id=rule.id):
        db.lb_members.delete(member)
    for policy in db.lb_stickiness_policies.where(rule_id=rule.id):
        db.lb_stickiness_policies.delete(policy)
    sim.tags.drop(rule)
    db.firewall_rules.delete(rule)


def drop_of_address(sim: Simulator, ip: Any) -> None:
    for rule in sim.db.firewall_rules.where(ip_id=ip.id):
        if rule.removed is None:
            drop(sim, rule)


def network_of_address(call: Call, ip: Any, text: str) -> Any:
    """The guest network that an address serves; `text` is the refusal without one."""
    given = call.params.networkid
    network = given if given is not None else call.db.networks.get(ip.network_id)
    if network is None:
        raise InvalidParameter(text)
    return network
