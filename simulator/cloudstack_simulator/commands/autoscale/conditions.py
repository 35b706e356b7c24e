"""Conditions: a counter above or below a threshold."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter, ResourceInUse
from ...listing import equal, matching
from ...model.autoscale import Condition
from ...registry import SUCCESS, allocate, command
from ..common import done, entity_created, owner_fields
from .counters import counter_view

OPERATORS = ("EQ", "GT", "LT", "GE", "LE")


def condition_view(call: Call, condition: Condition) -> dict[str, Any]:
    counter = call.db.counters[condition.counter_id]
    return {
        "id": condition.uuid,
        "threshold": condition.threshold,
        "relationaloperator": condition.operator,
        "counterid": counter.uuid,
        "countername": counter.name,
        "counter": counter_view(call, counter),
        **owner_fields(call, condition.account_id),
    }


def _checked(call: Call, doing: str) -> tuple[str, int]:
    """(operator, threshold) as given."""
    operator, threshold = call.params.relationaloperator.upper(), call.params.threshold
    if operator not in OPERATORS:
        raise InvalidParameter(f"The Operator {operator} does not exist; Unable to {doing} Condition.")
    if threshold < 0:
        raise InvalidParameter(f"The threshold {threshold} must be equal to or greater than 0.")
    return operator, int(threshold)


@allocate("createCondition")
def allocate_condition(call: Call) -> Condition:
    owner = call.owner()
    operator, threshold = _checked(call, "create")
    counter = live(call.params.counterid, "Unable to find counter")
    condition: Condition = call.db.scaling_conditions.add(
        Condition(counter_id=counter.id, operator=operator, threshold=threshold, account_id=owner.id)
    )
    entity_created(call, "CONDITION.CREATE", f"Condition.  Id: {condition.id}", condition)
    return condition


@command("createCondition")
def create_condition(call: Call) -> dict[str, Any]:
    return {"condition": condition_view(call, call.created)}


def _condition(call: Call) -> Any:
    condition = live(call.params.id, "Unable to find Condition")
    call.check_access(condition)
    return condition


def _policies_with(call: Call, condition: Condition) -> list[Any]:
    return [p for p in call.db.scaling_policies if condition.id in p.condition_ids]


@command("updateCondition")
def update_condition(call: Call) -> dict[str, Any]:
    condition = _condition(call)
    operator, threshold = _checked(call, "update")
    policies = {p.id for p in _policies_with(call, condition)}
    groups = [g for g in call.db.scaling_groups if g.state != "DISABLED" and policies & {*g.up_ids, *g.down_ids}]
    if groups:
        raise ResourceInUse(
            f"Cannot update condition {condition.id} as it is being used in {len(groups)} vm groups NOT in Disabled "
            "state."
        )
    condition.operator, condition.threshold = operator, threshold
    done(call, "CONDITION.UPDATE", "update a condition", condition)
    return {"condition": condition_view(call, condition)}


@command("deleteCondition")
def delete_condition(call: Call) -> dict[str, Any]:
    condition = _condition(call)
    if _policies_with(call, condition):
        raise ResourceInUse("Cannot delete Condition when it is in use by one or more AutoScale Policies.")
    call.db.scaling_conditions.remove(condition)
    done(call, "CONDITION.DELETE", "delete a condition", condition)
    return SUCCESS


@command("listConditions")
def list_conditions(call: Call) -> dict[str, Any]:
    p = call.params
    of_policy = set(p.policyid.condition_ids) if p.policyid else set()
    return call.listing(
        "condition",
        call.db.scaling_conditions,
        condition_view,
        where=[
            equal("id", p.id),
            equal("counter_id", p.counterid),
            matching(lambda c: c.id in of_policy) if p.policyid is not None else None,
        ],
        owned=True,
        newest_first=True,
    )
