"""What all kinds of rules on public addresses share: ports, CIDRs, conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import contract, net
from ...call import Call
from ...errors import IllegalArgument, InvalidParameter, NetworkRuleConflict
from ...model.networks import Rule
from ...tags import taggable
from . import conflicts, services

if TYPE_CHECKING:
    from ...simulator import Simulator
    from ...tables import Database

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


def services_of(db: Database, ip: Any) -> set[str]:
    """What an address serves."""
    used = {SERVICES[r.purpose] for r in db.firewall_rules.where(ip_id=ip.id) if r.purpose in SERVICES}
    used |= {"SourceNat"} if ip.is_source_nat else set()
    return used | ({"StaticNat"} if ip.is_static_nat else set())


def check_service(call: Call, ip: Any, network: Any, service: str) -> None:
    """Without conserve mode an address serves one thing only."""
    offering = call.db.network_offerings.get(network.offering_id)
    if offering is None or offering.conserve_mode:
        return
    used = services_of(call.db, ip)
    if len(used) > 1:
        raise IllegalArgument(f"There are multiple services used ip {ip.address}.")
    if used and used != {service}:
        raise IllegalArgument(f"The IP {ip.address} is already used as {used.pop()} rather than {service}")


def add(call: Call, rule: Rule) -> Rule:
    """Take a rule in after the check against the others; a refused one has used up its number."""
    made: Rule = call.db.firewall_rules.add(rule)
    try:
        conflicts.check(call, made)
    except NetworkRuleConflict:
        call.db.firewall_rules.delete(made)
        raise
    return made


def open_firewall(call: Call, rule: Rule) -> None:
    """The firewall rule for everybody that comes with a rule, unless there is one for just these ports.

    One for other ports that overlap is in the way: then the rule that was to be opened goes, too.
    """
    for other in call.db.firewall_rules.where(ip_id=rule.ip_id, purpose="Firewall", protocol=rule.protocol):
        if (other.start_port, other.end_port) == (rule.start_port, rule.end_port):
            return
    new = Rule(
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
    try:
        add(call, new)
    except NetworkRuleConflict:
        drop(call.sim, rule)
        raise


def wants_open_firewall(call: Call, ip: Any) -> bool:
    """Whether a rule opens the firewall: by default it does, except on the address of a VPC, which has none."""
    if ip.vpc_id is None:
        return bool(call.params.get("openfirewall", True))
    if call.params.openfirewall:
        raise InvalidParameter("Can't have openFirewall=true when IP address belongs to VPC")
    return False


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
