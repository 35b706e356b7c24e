"""Health checks of load balancer rules: virtual routers have none, so that no policy can ever be made."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...registry import allocate, command
from ..common import owner_fields


@command("createLBHealthCheckPolicy")
@allocate("createLBHealthCheckPolicy")
def allocate_policy(call: Call) -> Any:
    p, rule = call.params, call.params.lbruleid
    given = p.intervaltime is not None and p.responsetimeout is not None  # the server overlooks its own defaults
    if given and p.responsetimeout > p.intervaltime:
        raise InvalidParameter(
            "Failed to create HealthCheck policy : Monitor interval must be greater than response timeout"
        )
    if not rule or rule.removed is not None or rule.purpose != "LoadBalancing":
        raise InvalidParameter(f"Failed: LB rule id: {rule.id} not present ")
    call.check_access(rule)
    if rule.state == "Revoke":
        raise InvalidParameter(f"Failed: LB rule: {rule} is in deleting state: ")
    raise InvalidParameter(
        "Failed to create HealthCheck policy: Validation Failed (HealthCheck Policy is not supported by LB Provider "
        f"for the LB rule:{rule})"
    )


@command("listLBHealthCheckPolicies")
def list_policies(call: Call) -> dict[str, Any]:
    db, rule = call.db, call.params.lbruleid
    if not rule or rule.removed is not None:
        return {}
    call.check_access(rule)
    place = {k: v for k, v in owner_fields(call, rule.account_id).items() if k != "domainpath"}
    zone = db.zones[db.networks[rule.network_id].zone_id]
    return {
        "count": 1,
        "healthcheckpolicies": [{"lbruleid": rule.uuid, **place, "zoneid": zone.uuid, "healthcheckpolicy": []}],
    }


@command("deleteLBHealthCheckPolicy")
def delete(call: Call) -> Any:
    raise InvalidParameter(f"Invalid HealthCheck policy id value: {call.params.id.id}")


@command("updateLBHealthCheckPolicy")
def update(call: Call) -> Any:
    """The server's words are those for another kind of policy."""
    raise InvalidParameter(f"Fail to find stickiness policy with {call.params.id.id}")
