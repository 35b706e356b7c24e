"""Stickiness policies of load balancer rules."""

from __future__ import annotations

import json
from typing import Any

from ... import contract
from ...call import Call, live
from ...errors import InvalidParameter
from ...model.networks import Rule, StickinessPolicy
from ...registry import SUCCESS, allocate, command
from ..common import completed, done, entity_created, named_values, owner_fields
from . import services
from .firewall import STEP

EVENT = "LB.STICKINESSPOLICY"


def policies_view(call: Call, rule: Rule, policies: list[StickinessPolicy]) -> dict[str, Any]:
    place = {k: v for k, v in owner_fields(call, rule.account_id).items() if k != "domainpath"}
    return {
        "lbruleid": rule.uuid,
        **place,
        "stickinesspolicy": [
            {
                "id": p.uuid,
                "name": p.name,
                "methodname": p.method,
                "description": p.description,
                "fordisplay": p.display,
                "params": dict(p.params),
            }
            for p in policies
        ],
    }


def methods(call: Call, rule: Rule) -> list[dict[str, Any]]:
    """Methods that the rule's provider knows, with their parameters."""
    network = call.db.networks[rule.network_id]
    known = contract.facts("network_services.json")
    for provider in services.providers(call.db, network).get("Lb", []):
        for capability in known.get(provider, {}).get("Lb", []):
            if capability["name"] == "SupportedStickinessMethods":
                return list(json.loads(capability["value"]))
    return []


@allocate("createLBStickinessPolicy")
def allocate_policy(call: Call) -> StickinessPolicy:
    p, rule = call.params, call.params.lbruleid
    if not rule or rule.removed is not None or rule.purpose != "LoadBalancing":
        raise InvalidParameter(f"Failed: LB rule id: {rule.id} not present ")
    call.check_access(rule)
    if rule.state == "Revoke":
        raise InvalidParameter(f"Failed: LB rule: {rule} is in deleting state: ")
    _check_method(call, rule)
    policy: StickinessPolicy = call.db.lb_stickiness_policies.add(
        StickinessPolicy(
            rule_id=rule.id,
            name=p.name,
            method=p.methodname,
            params=named_values(p.param),
            description=p.description,
            display=p.get("fordisplay", True),
        )
    )
    entity_created(call, f"{EVENT}.CREATE", "create lb stickinesspolicy to load balancer", policy)
    return policy


def _check_method(call: Call, rule: Rule) -> None:
    p, found = call.params, methods(call, rule)
    if not found:
        raise InvalidParameter(f"Failed:  No Stickiness method available for LB rule:{rule.id}")
    method = next((m for m in found if m["methodname"].lower() == p.methodname.lower()), None)
    if method is None:
        raise InvalidParameter(f"Failed to match Stickiness method name for LB rule:{rule.id}")
    known = {q["paramname"].lower(): q for q in method["paramlist"]}
    for entry in (p.param or {}).values():
        fact = known.get(entry.get("name", "null").lower())
        if fact is None:
            raise InvalidParameter(
                f"Failed : Stickiness policy does not support param name :{entry.get('name', 'null')}"
            )
        if not fact["isflag"] and "value" not in entry:
            raise InvalidParameter(f"Failed : Value expected for the Param :{fact['paramname']}")
    given = {entry.get("name") for entry in (p.param or {}).values() if "value" in entry}
    for fact in known.values():
        if fact["required"] and fact["paramname"] not in given:
            raise InvalidParameter(f"Failed : Missing Manadatory Param :{fact['paramname']}")


@command("createLBStickinessPolicy")
def create(call: Call) -> Any:
    """A rule has one policy: a new one takes the place of the one before."""
    policy, table = call.created, call.db.lb_stickiness_policies
    yield STEP
    for other in table.where(rule_id=policy.rule_id):
        if other.id != policy.id:
            table.delete(other)
    completed(call, f"{EVENT}.CREATE", "Apply Stickinesspolicy to load balancer . Rule Id", policy)
    rule = live(call.db.firewall_rules.get(policy.rule_id), "Failed: LB rule id: {id} not present ")
    return {"stickinesspolicies": policies_view(call, rule, [policy])}


@command("listLBStickinessPolicies")
def list_policies(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    rule = p.lbruleid if p.lbruleid is not None else (db.firewall_rules.get(p.id.rule_id) if p.id else None)
    if not rule or rule.removed is not None:
        return {}
    call.check_access(rule)
    policies = db.lb_stickiness_policies.where(rule_id=rule.id)
    if p.id is not None:
        policies = [x for x in policies if x.id == p.id.id]
    if p.fordisplay is not None:
        policies = [x for x in policies if x.display == p.fordisplay]
    return {"count": 1, "stickinesspolicies": [policies_view(call, rule, policies)]}


@command("deleteLBStickinessPolicy")
def delete(call: Call) -> Any:
    policy = live(call.params.id, "Invalid Stickiness policy id value: {id}")
    call.check_access(call.db.firewall_rules[policy.rule_id])
    yield STEP
    call.db.lb_stickiness_policies.delete(policy)
    done(call, f"{EVENT}.DELETE", "revoking LB Stickiness policy ", policy)
    return SUCCESS


@command("updateLBStickinessPolicy")
def update(call: Call) -> Any:
    p, policy = call.params, live(call.params.id, "Fail to find stickiness policy with {id}")
    call.check_access(call.db.firewall_rules[policy.rule_id])
    yield STEP
    if p.fordisplay is not None:
        policy.display = p.fordisplay
    if p.customid is not None:
        call.db.lb_stickiness_policies.change_uuid(policy, p.customid)
    rule = live(call.db.firewall_rules.get(policy.rule_id), "Failed: LB rule id: {id} not present ")
    return {"stickinesspolicies": policies_view(call, rule, [policy])}
