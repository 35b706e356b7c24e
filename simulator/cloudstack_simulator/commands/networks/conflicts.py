"""Which rules cannot stand beside each other on one address, or in one network."""

from __future__ import annotations

from ...call import Call
from ...errors import InvalidParameter, NetworkRuleConflict
from ...model.networks import Rule

FIREWALL, FORWARDING, BALANCING, STATIC_NAT, VPN = "Firewall", "PortForwarding", "LoadBalancing", "StaticNat", "Vpn"
BESIDE_OTHER_PROTOCOL = {
    (FORWARDING, FORWARDING),
    (STATIC_NAT, STATIC_NAT),
    (VPN, FORWARDING),
    (FORWARDING, VPN),
    (BALANCING, VPN),
}
"""(old, new) purposes of rules that may have the same ports when their protocols differ."""


def check(call: Call, rule: Rule) -> None:
    """Refuse a new rule that is in the way of one that is there."""
    rows = call.db.firewall_rules
    if rule.ip_id is None:
        others = [r for r in rows.where(network_id=rule.network_id) if r.ip_id is None and r.purpose == FIREWALL]
        others = [r for r in others if r.traffic_type == rule.traffic_type]
    else:
        others = rows.where(ip_id=rule.ip_id)
    for other in others:
        if other.id != rule.id and other.state != "Revoke":
            _check_pair(rule, other)


def _check_pair(rule: Rule, other: Rule) -> None:
    same_protocol = (rule.protocol or "").lower() == (other.protocol or "").lower()
    same_purpose = rule.purpose == other.purpose
    apart = FIREWALL in (rule.purpose, other.purpose) and not (same_purpose and same_protocol)
    if not apart:
        _check_static_nat(rule, other)
    if rule.network_id != other.network_id:
        raise NetworkRuleConflict(f"New rule is for a different network than what's specified in rule {other.uuid}")
    shared = same_purpose and rule.purpose in (FIREWALL, FORWARDING) and _share_cidrs(rule, other)
    if same_protocol and rule.protocol == "icmp":
        if shared and (rule.icmp_type, rule.icmp_code) == (other.icmp_type, other.icmp_code):
            raise InvalidParameter(f"New rule conflicts with existing rule: {other}")
        return
    if rule.start_port is None and other.start_port is None and shared and same_protocol:
        raise NetworkRuleConflict(
            f"There is already a firewall rule specified with protocol = {rule.protocol} and no ports"
        )
    if apart or (same_purpose and rule.purpose in (FIREWALL, FORWARDING) and not shared):
        return
    if (other.purpose, rule.purpose) in BESIDE_OTHER_PROTOCOL and not same_protocol:
        return
    if _overlap(rule, other):
        raise NetworkRuleConflict(
            f"The range specified, {rule.start_port}-{rule.end_port}, conflicts with rule {other} which has "
            f"{other.start_port}-{other.end_port}"
        )


def _check_static_nat(rule: Rule, other: Rule) -> None:
    if other.purpose == STATIC_NAT != rule.purpose:
        raise NetworkRuleConflict(f"There is 1 to 1 Nat rule specified for the ip address id={rule.ip_id}")
    if rule.purpose == STATIC_NAT != other.purpose:
        raise NetworkRuleConflict(f"There is already firewall rule specified for the ip address id={rule.ip_id}")


def _share_cidrs(rule: Rule, other: Rule) -> bool:
    return _share(rule.source_cidrs, other.source_cidrs) and _share(rule.destination_cidrs, other.destination_cidrs)


def _share(one: list[str], another: list[str]) -> bool:
    return not (one or another) or bool(set(one) & set(another))


def _overlap(rule: Rule, other: Rule) -> bool:
    if rule.start_port is None or rule.end_port is None or other.start_port is None or other.end_port is None:
        return False
    return rule.start_port <= other.end_port and other.start_port <= rule.end_port
