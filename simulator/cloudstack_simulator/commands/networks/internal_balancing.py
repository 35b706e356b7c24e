"""Load balancer rules on guest addresses: createLoadBalancer and its relatives."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import InvalidParameter, NetworkRuleConflict, ServerApiError
from ...listing import equal, tagged
from ...model.networks import Network, Rule
from ...registry import SUCCESS, allocate, command
from ..appliances import internal_balancers
from ..common import completed, done, owner_fields
from . import addressing, rules, services
from .balancing import ALGORITHMS
from .firewall import STEP

INTERNAL = "Internal"
PROVIDER = "InternalLbVm"
HIGHEST_PORT = 65535


def internal_view(call: Call, rule: Rule) -> dict[str, Any]:
    db = call.db
    network, source = db.networks[rule.network_id], db.networks[rule.source_network_id or 0]
    members = [(m, db.vms.get(m.vm_id)) for m in db.lb_members.where(rule_id=rule.id)]
    return {
        "id": rule.uuid,
        "name": rule.name,
        "description": rule.description,
        "algorithm": rule.algorithm,
        "networkid": network.uuid,
        "sourceipaddress": rule.source_ip,
        "sourceipaddressnetworkid": source.uuid,
        **owner_fields(call, rule.account_id),
        "loadbalancerrule": [{"sourceport": rule.start_port, "instanceport": rule.private_start, "state": rule.state}],
        "loadbalancerinstance": [
            {"id": vm.uuid, "name": vm.name, "state": vm.state, "ipaddress": member.address}
            for member, vm in members
            if vm is not None
        ],
        "tags": call.sim.tags.views(rule),
        "fordisplay": rule.display if call.caller.is_root_admin else None,
    }


def _network(row: Any, text: str) -> Network:
    if not row or row.removed is not None:
        raise InvalidParameter(text)
    return row


def _check(call: Call, network: Network) -> None:
    p = call.params
    if not services.supports(call.db, network, "Lb"):
        raise InvalidParameter("LB service is not supported in specified network id")
    offering = call.db.network_offerings[network.offering_id]
    if PROVIDER not in services.providers(call.db, network).get("Lb", []):
        raise InvalidParameter(f"Scheme {INTERNAL} is not supported by the network offering {offering}")
    for port, words in ((p.instanceport, "instance port"), (p.sourceport, "source port")):
        if not 0 <= port <= HIGHEST_PORT:
            raise InvalidParameter(f"Invalid value for {words}: {port}")
    if p.algorithm.lower() not in ALGORITHMS:
        raise InvalidParameter(f"Invalid algorithm: {p.algorithm}")


def _source_address(call: Call, source: Network) -> str:
    """The wanted address, which rules may share, or a free one."""
    wanted = call.params.sourceipaddress
    if source.traffic_type != "Guest":
        raise InvalidParameter("Only traffic type Guest is supported")
    span = net.cidr(source.cidr)
    if span is None:
        raise InvalidParameter("Can't create the application load balancer rule for the network having NULL cidr")
    if wanted is None:
        return addressing.guest_address(call.sim, source)
    if any(r.source_ip == wanted for r in call.db.firewall_rules.where(source_network_id=source.id)):
        return str(wanted)
    if not net.is_ip4(wanted) or net.IPv4Address(wanted) not in span:
        raise InvalidParameter("The requested IP is not in the network's CIDR subnet.")
    return addressing.guest_address(call.sim, source, wanted)


def _check_conflicts(call: Call, network: Network, source: Network, address: str) -> None:
    """Rules on the same address: they serve the same network, and each has a port of its own."""
    port = call.params.sourceport
    for other in call.db.firewall_rules.where(source_network_id=source.id):
        if other.source_ip != address or other.state == "Revoke":
            continue
        if other.network_id != network.id:
            raise NetworkRuleConflict(f"New rule is for a different network than what's specified in rule {other.uuid}")
        if other.start_port == port:
            raise NetworkRuleConflict(
                f"The range specified, {port}-{port}, conflicts with rule {other.id} which has "
                f"{other.start_port}-{other.end_port}"
            )


@allocate("createLoadBalancer")
def allocate_balancer(call: Call) -> Rule:
    p = call.params
    if p.scheme.lower() != INTERNAL.lower():
        raise InvalidParameter("Invalid value for scheme. Supported value is internal")
    network = _network(p.networkid, "Can't find guest network by id")
    if network.traffic_type != "Guest":
        raise InvalidParameter("Can't find guest network by id")
    call.check_access(network)
    source = _network(p.sourceipaddressnetworkid, "Can't find source ip network by id")
    _check(call, network)
    address = _source_address(call, source)
    _check_conflicts(call, network, source, address)
    rule: Rule = call.db.firewall_rules.add(
        Rule(
            purpose="LoadBalancing",
            protocol="tcp",
            network_id=network.id,
            account_id=network.account_id,
            start_port=p.sourceport,
            end_port=p.sourceport,
            private_start=p.instanceport,
            private_end=p.instanceport,
            name=p.name,
            description=p.description,
            algorithm=p.algorithm,
            lb_protocol="tcp",
            state="Add",
            display=p.get("fordisplay", True),
            scheme=INTERNAL,
            source_ip=address,
            source_network_id=source.id,
        )
    )
    return rule


@command("createLoadBalancer", sync=rules.same_network)
def create(call: Call) -> Any:
    yield STEP
    completed(call, "LB.CREATE", "creating load balancer. Load Balancer Id", call.created, "LoadBalancerRule")
    return {"loadbalancer": internal_view(call, call.created)}


def _rule(call: Call, text: str) -> Rule:
    rule = call.params.id
    if not rule or rule.removed is not None or rule.scheme != INTERNAL:
        raise InvalidParameter(text.format(id=rule.id))
    call.check_access(rule)
    return rule


@command("updateLoadBalancer", sync=rules.same_network)
def update(call: Call) -> dict[str, Any]:
    p, rule = call.params, _rule(call, "Can't find the load balancer by id")
    if p.fordisplay is not None:
        rule.display = p.fordisplay
    if p.customid:
        call.db.firewall_rules.change_uuid(rule, p.customid)
    done(call, "LB.UPDATE", "updating load balancer", rule, "LoadBalancerRule")
    return {"loadbalancer": internal_view(call, rule)}


@command("deleteLoadBalancer", sync=rules.same_network)
def delete(call: Call) -> Any:
    rule = _rule(call, "Unable to find load balancer rule {id}")
    rule.state = "Revoke"
    yield STEP
    internal_balancers.take_down(call.sim, rule)
    rules.drop(call.sim, rule)
    completed(call, "LB.DELETE", "deleting load balancer. Load Balancer Id", rule, "LoadBalancerRule")
    return SUCCESS


@command("listLoadBalancers")
def list_balancers(call: Call) -> dict[str, Any]:
    """Without `fordisplay` only those that are shown."""
    p = call.params
    if p.scheme is not None and p.scheme.lower() != INTERNAL.lower():
        raise ServerApiError(431, "Invalid value for scheme. Supported value is internal")
    return call.listing(
        "loadbalancer",
        call.db.firewall_rules,
        internal_view,
        where=[
            equal("id", p.id),
            equal("purpose", "LoadBalancing"),
            equal("scheme", INTERNAL),
            equal("name", p.name),
            equal("source_ip", p.sourceipaddress),
            equal("source_network_id", p.sourceipaddressnetworkid),
            equal("network_id", p.networkid),
            equal("display", p.get("fordisplay", True)),
            tagged(call, "LoadBalancer"),
        ],
        keyword=("name", "description"),
        owned=True,
    )
