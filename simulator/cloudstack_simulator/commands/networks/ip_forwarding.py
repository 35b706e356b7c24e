"""Forwarding rules on addresses with static NAT: which ports of the instance the address opens."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter, NetworkRuleConflict, ServerApiError
from ...listing import equal
from ...model.networks import Rule
from ...registry import SUCCESS, allocate, command
from ..common import completed
from . import rules
from .firewall import STEP

PURPOSE = "StaticNat"


def rule_view(call: Call, rule: Rule) -> dict[str, Any]:
    ip, vm = call.db.ip_addresses.get(rule.ip_id), call.db.vms.get(rule.vm_id)
    return {
        "id": rule.uuid,
        "protocol": rule.protocol,
        "virtualmachineid": vm.uuid if vm else None,
        "virtualmachinename": vm.name if vm else None,
        "virtualmachinedisplayname": vm.display_name if vm else None,
        "ipaddressid": ip.uuid if ip else None,
        "ipaddress": ip.address if ip else None,
        "startport": rule.start_port,
        "endport": rule.end_port,
        "state": rule.state,
        "tags": call.sim.tags.views(rule),
    }


@allocate("createIpForwardingRule")
def allocate_rule(call: Call) -> Rule:
    p, ip = call.params, call.params.ipaddressid
    if p.cidrlist is not None:
        raise InvalidParameter(
            "Parameter cidrList is deprecated; if you need to open firewall rule for the specific cidr, please refer "
            "to createFirewallRule command"
        )
    if not ip or ip.account_id is None:
        raise InvalidParameter(f"Unable to create static nat rule; ip id={ip.id} doesn't exist in the system")
    call.check_access(ip)
    if ip.is_source_nat or not ip.is_static_nat or ip.vm_id is None:
        raise NetworkRuleConflict(f"Can't do static nat on ip address: {ip.address}")
    end = p.get("endport", p.startport)
    rules.check_ports(p.startport, end)
    network = call.db.networks[ip.network_id]
    rules.check_protocol(call, network, p.protocol, "Firewall")
    new = Rule(
        purpose=PURPOSE,
        protocol=p.protocol.lower(),
        network_id=network.id,
        account_id=ip.account_id,
        ip_id=ip.id,
        start_port=p.startport,
        end_port=end,
        vm_id=ip.vm_id,
        guest_address=ip.vm_address,
    )
    try:
        rule = rules.add(call, new)
    except NetworkRuleConflict as error:
        raise ServerApiError(537, error.text) from None
    if rules.wants_open_firewall(call, ip):
        rules.open_firewall(call, rule)
    return rule


@command("createIpForwardingRule", sync=rules.same_network)
def create(call: Call) -> Any:
    rule = call.created
    yield STEP
    rule.state = "Active"
    completed(call, "NET.RULEADD", "creating forwarding rule. Rule Id", rule, "FirewallRule")
    return {"ipforwardingrule": rule_view(call, rule)}


@command("listIpForwardingRules")
def list_rules(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "ipforwardingrule",
        call.db.firewall_rules,
        rule_view,
        where=[
            equal("id", p.id),
            equal("purpose", PURPOSE),
            equal("ip_id", p.ipaddressid),
            equal("vm_id", p.virtualmachineid),
        ],
        owned=True,
        newest_first=True,
    )


@command("deleteIpForwardingRule", sync=rules.same_network)
def delete(call: Call) -> Any:
    rule = call.params.id
    if not rule or rule.removed is not None or rule.purpose != PURPOSE:
        raise InvalidParameter(f"Unable to find {rule.id}")
    call.check_access(rule)
    rule.state = "Revoke"
    yield STEP
    rules.drop(call.sim, rule)
    completed(call, "NET.RULEDELETE", "revoking forwarding rule. Rule Id", rule, "FirewallRule")
    return SUCCESS
