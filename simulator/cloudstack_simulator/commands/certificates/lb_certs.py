"""assignCertToLoadBalancer, removeCertFromLoadBalancer."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ... import contract
from ...call import Call, live
from ...errors import InvalidParameter
from ...model.networks import Rule
from ...registry import SUCCESS, command
from ..common import completed
from ..networks import services
from ..networks.firewall import STEP

BALANCING = "LoadBalancing"


def _rule(call: Call, text: str) -> Rule:
    rule: Rule = call.params.lbruleid
    if not rule or rule.removed is not None or rule.purpose != BALANCING:
        raise InvalidParameter(text.format(id=rule.id))
    return rule


def _same_network(call: Call) -> Any:
    rule = call.params.lbruleid
    return ("network", call.db.networks.get(getattr(rule, "network_id", None))) if rule else None


@command("assignCertToLoadBalancer", sync=_same_network)
def assign(call: Call) -> Generator[float, None, Any]:
    rule, cert = _rule(call, "Invalid load balancer id: {id}"), call.params.certid
    live(cert, "Invalid certificate id: {id}")
    call.check_access(rule)
    if rule.account_id != cert.account_id:
        raise InvalidParameter(f"Access denied for account {cert.account_id}")
    if not _ends_tls(call, rule):
        raise InvalidParameter("Ssl termination not supported by the loadbalancer")
    if rule.certificate_id is not None and not call.params.forced:
        raise InvalidParameter("Another certificate is already bound to the LB")
    if rule.lb_protocol != "ssl":
        raise InvalidParameter(f"Bad LB protocol: Expected ssl got {rule.lb_protocol or 'null'}")
    yield STEP
    rule.certificate_id = cert.id
    completed(call, "LB.CERT.ASSIGN", "assigning certificate to load balancer. Rule Id", rule, "LoadBalancerRule")
    return SUCCESS


def _ends_tls(call: Call, rule: Rule) -> bool:
    """Whether a provider of the rule's network says anything about decrypting on behalf of the instances."""
    known = contract.facts("network_services.json")
    providers = services.providers(call.db, call.db.networks[rule.network_id]).get("Lb", [])
    return any(
        capability["name"] == "SslTermination"
        for provider in providers
        for capability in known.get(provider, {}).get("Lb", [])
    )


@command("removeCertFromLoadBalancer", sync=_same_network)
def remove(call: Call) -> Generator[float, None, Any]:
    rule = _rule(call, "Invalid load balancer value: {id}")
    if rule.certificate_id is None:
        raise InvalidParameter(f"No certificate is bound to lb with id: {rule.id}")
    call.check_access(rule)
    yield STEP
    rule.certificate_id = None
    completed(call, "LB.CERT.REMOVE", "removing certificate from load balancer. Rule Id", rule, "LoadBalancerRule")
    return SUCCESS
