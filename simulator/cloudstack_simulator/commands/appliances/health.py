"""getRouterHealthCheckResults."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import ServerApiError
from ...model.appliances import ROUTER, Router
from ...registry import command
from .. import hypervisors
from .router_view import check_view

BASIC, ADVANCED = "basic", "advanced"
CHECKS = (
    ("connectivity.test", BASIC), ("filesystem.writable.test", BASIC), ("services.dhcp", BASIC),
    ("services.dns", BASIC), ("services.ssh", BASIC), ("services.webServer", BASIC), ("dns_check.py", ADVANCED),
    ("dhcp_check.py", ADVANCED), ("disk_space_check.py", BASIC), ("memory_usage_check.py", BASIC),
    ("cpu_usage_check.py", BASIC), ("router_version_check.py", BASIC), ("gateways_check.py", BASIC),
    ("iptables_check.py", ADVANCED), ("haproxy_check.py", ADVANCED),
)  # fmt: skip
FALLIBLE = "dns_check.py"
"""The check that the fault rule `check-fails` lets fail."""
FAILED = "Failed to get health check results due to: "


@command("getRouterHealthCheckResults")
def results(call: Call) -> dict[str, Any]:
    router = call.params.routerid
    if not router or router.removed is not None or router.vm_type != ROUTER:
        raise ServerApiError(530, f"{FAILED}Unable to find router with id {router.id}")
    call.check_access(router)
    if not call.setting("router.health.checks.enabled"):
        raise ServerApiError(530, f"{FAILED}Router health checks are not enabled for router {router.id}")
    if call.params.performfreshchecks:
        _check_now(call, router)
    else:
        _catch_up(call, router)
    if not router.health_checks:
        raise ServerApiError(
            530,
            f"{FAILED}No health check results found for the router. This could happen for a newly created router. "
            "Please wait for periodic results to populate or manually call for checks to execute.",
        )
    return {
        "routerhealthchecks": {
            "routerid": router.uuid,
            "healthchecks": [check_view(result) for result in router.health_checks],
        }
    }


def _check_now(call: Call, router: Router) -> None:
    if hypervisors.is_fake(router.hypervisor):
        raise ServerApiError(
            530,
            f"{FAILED}Unable to perform fresh checks on router - Basic tests failed - Unsupported command issued: "
            "com.cloud.agent.api.routing.GetRouterMonitorResultsCommand.  "
            "Are you sure you got the right type of server?",
        )
    if router.state != "Running":
        raise ServerApiError(530, f"{FAILED}Router is not running: {router}")
    router.health_checks = _checked(call, router, call.now)


def _catch_up(call: Call, router: Router) -> None:
    """What the periodic checks of a running router have found by now; the fake hypervisor has none."""
    interval = 60 * float(call.setting("router.health.checks.basic.interval") or 0)
    if hypervisors.is_fake(router.hypervisor) or router.running_since is None or not interval:
        return
    rounds = int((call.now - router.running_since) // interval)
    moment = router.running_since + rounds * interval
    if rounds and all(float(str(result["lastupdated"])) < moment for result in router.health_checks):
        router.health_checks = _checked(call, router, moment)


def _checked(call: Call, router: Router, moment: float) -> list[dict[str, object]]:
    """New results; what failed goes on failing."""
    failing = {str(r["checkname"]) for r in router.health_checks if not r["success"]}
    if call.sim.faults.strikes("check-fails", router.name):
        failing.add(FALLIBLE)
    return [
        {
            "checkname": name,
            "checktype": kind,
            "success": name not in failing,
            "lastupdated": moment,
            "details": "Successfully fetched data" if name not in failing else "Check failed",
        }
        for name, kind in CHECKS
        if name not in (call.setting("router.health.checks.to.exclude") or "").split(",")
    ]
