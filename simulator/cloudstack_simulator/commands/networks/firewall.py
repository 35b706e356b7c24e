"""Firewall rules on public addresses, and egress rules of networks."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter, JavaError
from ...listing import equal, tagged
from ...model.networks import Rule
from ...registry import SUCCESS, allocate, command
from ..common import completed, done, entity_created
from ..routed import peers
from . import rules, services

STEP = 0.05
EVERYWHERE = "0.0.0.0/0"


def rule_view(call: Call, rule: Rule) -> dict[str, Any]:
    db = call.db
    ip, network = db.ip_addresses.get(rule.ip_id), db.networks[rule.network_id]
    return {
        "id": rule.uuid,
        "protocol": rule.protocol,
        "startport": rule.start_port,
        "endport": rule.end_port,
        "ipaddressid": ip.uuid if ip else None,
        "networkid": network.uuid,
        "ipaddress": ip.address if ip else None,
        "state": rule.state,
        "cidrlist": ",".join(rule.source_cidrs),
        "icmptype": rule.icmp_type,
        "icmpcode": rule.icmp_code,
        "tags": call.sim.tags.views(rule),
        "fordisplay": rule.display,
        "destcidrlist": ",".join(rule.destination_cidrs),
        "traffictype": rule.traffic_type,
    }


@allocate("createFirewallRule")
def allocate_rule(call: Call) -> Rule:
    p, ip = call.params, call.params.ipaddressid
    cidrs = list(p.cidrlist or [EVERYWHERE])
    rules.check_cidrs(cidrs, "Source CIDRs formatting error")
    if not ip:
        raise JavaError('Cannot invoke "com.cloud.network.IpAddress.getAssociatedWithNetworkId()" because "ip" is null')
    network = call.db.networks.get(ip.network_id)
    if network is None:
        raise InvalidParameter(
            f"Unable to create firewall rule for the IP address ID={ip.id} as IP is not associated with any network "
            "and no networkId is passed in"
        )
    if not services.supports(call.db, network, "Firewall"):
        raise InvalidParameter(f"There is no new provider for IP {ip.address} of service Firewall!")
    rules.check_ports(p.startport, p.get("endport", p.startport))
    call.check_access(ip)
    _refuse_routed(call, network)
    rules.check_protocol(call, network, p.protocol, "Firewall")
    _check_icmp(call)
    rule = rules.add(call, _new(call, network, ip, cidrs, [], "Ingress"))
    entity_created(call, "FIREWALL.OPEN", f"creating firewall rule. Rule Id: {rule.id}", rule, "FirewallRule")
    return rule


def _refuse_routed(call: Call, network: Any) -> None:
    """Routed networks have a firewall of their own."""
    if peers.is_routed(call.db.network_offerings[network.offering_id]):
        raise CloudRuntime("Unable to create routing firewall rule. Please use routing firewall API instead.")


def _check_icmp(call: Call) -> None:
    p = call.params
    if p.protocol.lower() != "icmp" and (p.icmpcode is not None or p.icmptype is not None):
        raise InvalidParameter("Can specify icmpCode and icmpType for ICMP protocol only")
    if p.protocol.lower() == "icmp" and (p.startport is not None or p.endport is not None):
        raise InvalidParameter("Can't specify start/end port when protocol is ICMP")


def _new(call: Call, network: Any, ip: Any, cidrs: list[str], destinations: list[str], traffic: str) -> Rule:
    p = call.params
    icmp = p.protocol.lower() == "icmp"
    return Rule(
        purpose="Firewall",
        protocol=p.protocol.lower(),
        network_id=network.id,
        account_id=ip.account_id if ip else network.account_id,
        ip_id=ip.id if ip else None,
        start_port=p.startport,
        end_port=p.get("endport", p.startport),
        traffic_type=traffic,
        source_cidrs=cidrs,
        destination_cidrs=destinations,
        icmp_type=p.get("icmptype", -1) if icmp else None,
        icmp_code=p.get("icmpcode", -1) if icmp else None,
        display=p.get("fordisplay", True),
    )


def _apply(call: Call) -> Any:
    rule = call.created
    yield STEP
    rule.state = "Active"
    return {"firewallrule": rule_view(call, rule)}


@command("createFirewallRule", sync=rules.same_network)
def create(call: Call) -> Any:
    result = yield from _apply(call)
    completed(call, "FIREWALL.OPEN", "creating firewall rule. Rule Id", call.created, "FirewallRule")
    return result


@allocate("createEgressFirewallRule")
def allocate_egress(call: Call) -> Rule:
    """A rule for everybody in the network is kept as one for the network's CIDR."""
    p, network = call.params, call.params.networkid
    if not network or network.removed is not None:
        raise InvalidParameter("Unable to retrieve network id to validate the rule")
    guest = network.network_cidr or network.cidr
    cidrs = list(p.cidrlist or ([guest] if guest else []))
    rules.check_cidrs(cidrs, "Source CIDRs formatting error")
    _check_inside(cidrs, guest)
    rules.check_cidrs(list(p.destcidrlist or []), "Destination cidrs formatting error")
    if network.guest_type == "Shared":
        raise InvalidParameter("Egress firewall rules are not supported for Shared  networks")
    rules.check_ports(p.startport, p.get("endport", p.startport))
    call.check_access(network)
    _refuse_routed(call, network)
    if not services.supports(call.db, network, "Firewall"):
        raise InvalidParameter(f"Network {network} does not support the service Firewall")
    if p.protocol.lower() != "all":
        rules.check_protocol(call, network, p.protocol, "Firewall")
    _check_icmp(call)
    cidrs = [network.cidr or cidr if cidr == EVERYWHERE else cidr for cidr in cidrs]
    rule = rules.add(call, _new(call, network, None, cidrs, list(p.destcidrlist or []), "Egress"))
    doing = f"creating egress firewall rule for network. Rule Id: {rule.id}"
    entity_created(call, "FIREWALL.EGRESS.OPEN", doing, rule, "FirewallRule")
    return rule


def _check_inside(cidrs: list[str], guest: str | None) -> None:
    whole = net.cidr(guest)
    for cidr in cidrs:
        span = net.cidr(cidr)
        if cidr != EVERYWHERE and whole is not None and span is not None and not span.subnet_of(whole):
            raise IllegalArgument(f"[{cidr}] is not within the guest CIDR [{guest}]. ")


@command("createEgressFirewallRule", sync=lambda call: ("network", call.params.networkid))
def create_egress(call: Call) -> Any:
    result = yield from _apply(call)
    completed(call, "FIREWALL.EGRESS.OPEN", "creating egress firewall rule. Rule Id", call.created, "FirewallRule")
    return result


def _listing(call: Call, traffic: str) -> dict[str, Any]:
    p = call.params
    ip = p.ipaddressid
    if ip is not None and (not ip or ip.account_id is None):
        raise InvalidParameter(f"Ip address id={ip.id} not ready for firewall rules yet")
    if ip is not None:
        call.check_access(ip)
    return call.listing(
        "firewallrule",
        call.db.firewall_rules,
        rule_view,
        where=[
            equal("id", p.id),
            equal("purpose", "Firewall"),
            equal("traffic_type", traffic),
            equal("ip_id", ip),
            equal("network_id", p.networkid),
            equal("display", p.fordisplay),
            tagged(call, "FirewallRule"),
        ],
        owned=True,
        newest_first=True,
    )


@command("listFirewallRules")
def list_rules(call: Call) -> dict[str, Any]:
    return _listing(call, "Ingress")


@command("listEgressFirewallRules")
def list_egress(call: Call) -> dict[str, Any]:
    return _listing(call, "Egress")


def _rule(call: Call, wanted: str) -> Rule:
    """The rule that is meant; `wanted`: the purposes that the refusal names."""
    rule = call.params.id
    if not rule or rule.removed is not None or rule.purpose != "Firewall":
        raise InvalidParameter(f"Unable to find {rule.id} having purpose {wanted}")
    call.check_access(rule)
    return rule


def _words(call: Call) -> tuple[str, str]:
    """(kind of event, its words) of a call about a rule of either direction."""
    if "Egress" in call.command:
        return "FIREWALL.EGRESS", "egress firewall rule"
    return "FIREWALL", "firewall rule"


@command("deleteFirewallRule", "deleteEgressFirewallRule")
def delete(call: Call) -> Any:
    """Each of the two deletes rules of both directions."""
    rule = _rule(call, "[Firewall, Ipv6Firewall]")
    rule.state = "Revoke"
    yield STEP
    rules.drop(call.sim, rule)
    kind, doing = _words(call)
    completed(call, f"{kind}.CLOSE", f"revoking {doing}. Rule Id", rule, "FirewallRule")
    return SUCCESS


@command("updateFirewallRule", "updateEgressFirewallRule")
def update(call: Call) -> Any:
    p, rule = call.params, _rule(call, "Firewall")
    yield STEP
    if p.fordisplay is not None:
        rule.display = p.fordisplay
    if p.customid is not None:
        call.db.firewall_rules.change_uuid(rule, p.customid)
    kind, doing = _words(call)
    done(call, f"{kind}.UPDATE", f"updating {doing}", rule, "FirewallRule")
    return {"firewallrule": rule_view(call, rule)}
