"""Policies: what to do when all of their conditions hold for a while."""

from __future__ import annotations

from typing import Any

from ...access import check_one_owner
from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.autoscale import ScalingGroup, ScalingPolicy
from ...registry import SUCCESS, allocate, command
from ..common import done, entity_created, owner_fields
from .conditions import condition_view

ACTIONS = ("SCALEUP", "SCALEDOWN")
QUIET_TIME = 300
KIND = "AutoScalePolicy"
SYSTEM = 1
"""The server's own account: what nobody else has belongs to it."""


def policy_view(call: Call, policy: ScalingPolicy) -> dict[str, Any]:
    conditions = [call.db.scaling_conditions[n] for n in policy.condition_ids]
    return {
        "id": policy.uuid,
        "name": policy.name,
        "action": policy.action,
        "duration": policy.duration,
        "quiettime": policy.quiet_time,
        "conditions": [condition_view(call, c) for c in conditions],
        **owner_fields(call, policy.account_id),
    }


def _action(text: str) -> str:
    if text.upper() not in ACTIONS:
        raise InvalidParameter(f"action is invalid. Supported actions are: [{', '.join(ACTIONS)}]")
    return text.upper()


def _check_times(duration: int, quiet_time: int) -> None:
    if duration < 0:
        raise InvalidParameter(f"duration is an invalid value: {duration}")
    if quiet_time < 0:
        raise InvalidParameter(f"quietTime is an invalid value: {quiet_time}")


def _conditions(call: Call, policy: ScalingPolicy) -> list[int]:
    """Numbers of the conditions that the call names: some, all of the policy's account, each on its own counter."""
    given = call.params.conditionids
    if not given:
        raise InvalidParameter("AutoScale policy must have at least one condition")
    found = [condition for condition in given if condition and condition.removed is None]
    check_one_owner([*found, policy])
    for condition in found:
        call.check_access(condition)
    if len(found) < len(given):
        raise InvalidParameter("Unable to find the condition specified")
    if len({c.counter_id for c in found}) < len(found):
        raise InvalidParameter(
            "at least two conditions in the conditionids have the same counter. It is not right to apply two different "
            "conditions for the same counter"
        )
    return [condition.id for condition in found]


@allocate("createAutoScalePolicy")
def allocate_policy(call: Call) -> ScalingPolicy:
    p = call.params
    action = _action(p.action)
    first = p.conditionids[0] if p.conditionids else None
    policy = ScalingPolicy(
        name=p.name,
        action=action,
        duration=p.duration,
        quiet_time=p.get("quiettime", QUIET_TIME),
        account_id=first.account_id if first else SYSTEM,
    )
    _check_times(policy.duration, policy.quiet_time)
    policy.condition_ids = _conditions(call, policy)
    made: ScalingPolicy = call.db.scaling_policies.add(policy)
    entity_created(call, "AUTOSCALEPOLICY.CREATE", "creating autoscale policy", made, KIND)
    return made


@command("createAutoScalePolicy")
def create_policy(call: Call) -> dict[str, Any]:
    return {"autoscalepolicy": policy_view(call, call.created)}


def groups_with(call: Call, policy: ScalingPolicy) -> list[ScalingGroup]:
    return [g for g in call.db.scaling_groups if policy.id in (*g.up_ids, *g.down_ids)]


@command("updateAutoScalePolicy")
def update_policy(call: Call) -> dict[str, Any]:
    p, policy = call.params, live(call.params.id, "Unable to find Auto Scale Policy")
    call.check_access(policy)
    duration, quiet_time = p.get("duration", policy.duration), p.get("quiettime", policy.quiet_time)
    for group in groups_with(call, policy):
        if group.state != "DISABLED":
            raise InvalidParameter(
                "The AutoScale Policy can be updated only if the Vm Group it is associated with is disabled in state"
            )
        if duration < group.interval:
            raise InvalidParameter("duration is less than the associated AutoScaleVmGroup's interval")
    _check_times(duration, quiet_time)
    if p.conditionids is not None:
        policy.condition_ids = _conditions(call, policy)
    policy.name, policy.duration, policy.quiet_time = p.get("name", policy.name), duration, quiet_time
    done(call, "AUTOSCALEPOLICY.UPDATE", "updating autoscale policy", policy, KIND)
    return {"autoscalepolicy": policy_view(call, policy)}


@command("deleteAutoScalePolicy")
def delete_policy(call: Call) -> dict[str, Any]:
    policy = live(call.params.id, "Unable to find AutoScale Policy")
    call.check_access(policy)
    if groups_with(call, policy):
        raise InvalidParameter("Cannot delete AutoScale Policy when it is in use by one or more AutoScale Vm Groups")
    call.db.scaling_policies.remove(policy)
    done(call, "AUTOSCALEPOLICY.DELETE", "deleting autoscale policy", policy, KIND)
    return SUCCESS


@command("listAutoScalePolicies")
def list_policies(call: Call) -> dict[str, Any]:
    p = call.params
    action = _action(p.action) if p.action is not None else None
    return call.listing(
        "autoscalepolicy",
        call.db.scaling_policies,
        policy_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("action", action),
            matching(lambda x: p.conditionid.id in x.condition_ids) if p.conditionid is not None else None,
            matching(lambda x: x.id in (*p.vmgroupid.up_ids, *p.vmgroupid.down_ids)) if p.vmgroupid else None,
        ],
        owned=True,
        newest_first=True,
    )
