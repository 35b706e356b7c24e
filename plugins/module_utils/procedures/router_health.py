# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Health checks of virtual routers: listed, run anew, and routers recreated where that can help (F4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target, with_default
from ..client import ApiError, InvalidInput
from ..model import Option, Row
from . import router_probes, routers, system_templates
from .facts import scope_of, setting
from .router_rights import RESTARTS
from .router_room import check_room
from .scope_names import meant

ENABLED = "router.health.checks.enabled"
RECREATED_BY_SERVER = "router.health.checks.failures.to.recreate.vr"
SCRIPTS = tuple(
    f"{name}_check.py"
    for name in ("cpu_usage", "dhcp", "disk_space", "dns", "gateways", "haproxy", "iptables", "memory_usage")
)
KNOWN = (
    *SCRIPTS, "router_version_check.py", "connectivity.test", "filesystem.writable.test", "loadbalancing.service",
    "webserver.service", "dhcp.service",
)  # fmt: skip
"""What the server takes in the setting [description of the setting, 4.22]."""


def _targets(run: Any) -> Sequence[Target]:
    if setting(run, ENABLED).lower() == "false":
        raise InvalidInput(
            f"{ENABLED} is false, so routers are not checked",
            option="fresh",
            remedy="set it to true (module setting); routers are checked from then on",
        )
    if run.option("recreate") and not run.option("checks"):
        raise InvalidInput(
            "recreate without checks would renew a router for any check, again and again",
            option="checks",
            remedy="name the checks that a new router can mend, such as dns_check.py",
        )
    _warn_of_loops(run)
    run.memory.update(unchecked={}, seen=set())
    rows = routers.in_scope(run, routers.all_routers(run, scope_of(run), routers.ROUTERS))
    running = [row for row in rows if row.get("state") == "Running"]
    failing = run.client.parallel([partial(_failing, run, row) for row in running])
    run.memory["failing"] = {row["id"]: names for row, names in zip(running, failing, strict=True)}
    _refuse_unknown_checks(run)
    run.notes["unchecked"] = dict(run.memory["unchecked"])
    run.notes["unhealthy"] = [
        {"name": row["name"], "id": row["id"], "serves": " ".join(routers.serves(row)[::2]), "checks": names}
        for row, names in zip(running, failing, strict=True)
        if names
    ]
    return routers.by_network(run, running)


def _warn_of_loops(run: Any) -> None:
    """The server's own list of checks that recreate a router: a wrong name there recreates it again and again."""
    listed = [name.strip() for name in setting(run, RECREATED_BY_SERVER).split(",") if name.strip()]
    run.notes["recreated_by_server"] = listed
    unknown = sorted(set(listed) - set(KNOWN))
    if unknown:
        run.task.warn(f"{RECREATED_BY_SERVER} names {', '.join(unknown)}, which is no check; correct or clear it")


def _refuse_unknown_checks(run: Any) -> None:
    """A name that no check has would never have a router renewed, and nobody would be told."""
    known = {*KNOWN, *run.memory["seen"]}
    unknown = sorted(set(run.option("checks") or ()) - known)
    if unknown:
        raise InvalidInput(
            f"there is no check {', '.join(unknown)}",
            option="checks",
            remedy=meant(unknown[0], known, f"use names of {', '.join(KNOWN)}"),
        )


def _failing(run: Any, row: Row) -> list[str]:
    """Names of the checks that fail. What cannot be checked is noted, so that one router does not hide the others."""
    question = {"routerid": row["id"], "performfreshchecks": run.option("fresh")}
    try:
        answer = run.client.call("getRouterHealthCheckResults", question, changing=False)
    except ApiError as error:
        run.memory["unchecked"][row["name"]] = str(error.server_text or error.message)
        return []
    checks = (answer.get("routerhealthchecks") or {}).get("healthchecks") or []
    run.memory["seen"].update(str(check["checkname"]) for check in checks)
    return sorted(str(check["checkname"]) for check in checks if not check.get("success"))


def _why(run: Any, row: Row) -> str:
    names = run.memory["failing"].get(row["id"], [])
    return f"{', '.join(names)} failed" if names else ""


def _standings(run: Any, targets: Sequence[Target]) -> list[Standing]:
    return [_judged(run, target.facts["seen"]) for target in targets]


def _standing(run: Any, target: Target) -> Standing:
    seen = routers.look(run, target)
    for row in seen.rows:
        if row.get("state") == "Running":
            run.memory["failing"][row["id"]] = _failing(run, row)
    return _judged(run, seen)


def _judged(run: Any, seen: routers.Seen) -> Standing:
    """Due only if a new router can mend what fails, and if it is not one that was made for the same reason."""
    standing = routers.judged(seen, partial(_why, run))
    if standing.state != DUE:
        return standing if standing.state in (DONE, LEFT) else Standing(LEFT, standing.reason)
    if not run.option("recreate"):
        return Standing(LEFT, standing.reason)
    wanted = set(run.option("checks"))
    if not any(wanted & set(run.memory["failing"].get(row["id"], [])) for row in seen.rows):
        return Standing(LEFT, f"{standing.reason}; none of them is among checks")
    age = min(_age(run, row) for row in seen.rows)
    if age < run.option("youngest") * 3600:
        return Standing(LEFT, f"{standing.reason}; made {age / 3600:.1f} hours ago already, a new one is no help")
    return standing


def _age(run: Any, row: Row) -> float:
    """Seconds since the router was made."""
    try:
        made = datetime.strptime(str(row.get("created")), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return 0.0
    return float(run.now() - made.timestamp())


def _preflight(run: Any, due: Sequence[Target]) -> None:
    router_probes.begin(run, due)
    system_templates.check_ready(run, [row for target in due for row in target.facts["seen"].rows], "recreate")
    check_room(run, due, "recreate")


def _act(run: Any, target: Target) -> None:
    router_probes.remember(run, target)
    routers.restart(run, target, cleanup=True)


def _verify(run: Any, target: Target) -> None:
    """New routers run, and a fresh look at them finds nothing any more."""
    old = {row["id"] for row in target.facts["seen"].rows}
    routers.prove(run, target, lambda row: "it is still the old one" if row["id"] in old else "")
    router_probes.prove(run, target)
    for row in routers.look(run, target).rows:
        names = run.memory["failing"][row["id"]] = _failing(run, row)
        if names:
            raise ApiError(
                f"{row['name']} is new, and {', '.join(names)} failed again",
                obj=target.title,
                remedy="look at the network's rules and services; another new router is no help",
            )


ROUTER_HEALTH = Procedure(
    name="router_health",
    noun="router",
    summary="Check the health of virtual routers",
    description=(
        "Runs the health checks of virtual routers, or reads their last results, and lists what failed.",
        "With O(recreate) it renews routers in which one of O(checks) failed, but never one that is new.",
    ),
    notes=(
        "Reading and fresh checks change nothing; they are done in check mode too.",
        "A router that was renewed and fails again is left alone, so that nothing goes round in circles.",
        "The server has a list of its own, V(router.health.checks.failures.to.recreate.vr).",
    ),
    options=(
        *routers.SCOPE,
        Option("fresh", "bool", default=True, help="Run the checks now, instead of reading the last results.",
               behaviour=True),
        Option("recreate", "bool", default=False, behaviour=True,
               help="Restart networks with cleanup whose router fails one of O(checks)."),
        Option("checks", "list", help="Names of checks that a new router can mend.", behaviour=True),
        Option("youngest", "int", default=24, unit="hours", behaviour=True,
               help="A router younger than this is not recreated."),
        *router_probes.OPTIONS,
        with_default("canaries", 1),
        with_default("retries", 0),
    ),
    returns={
        "unhealthy": ("list", "Routers in which checks failed, with the names of these checks."),
        "unchecked": ("dict", "Routers without results, and what the server said about them."),
        "recreated_by_server": ("list", "Checks for which the server itself recreates routers."),
    },
    sequence=(
        Stage(CHECK, "Run the checks of every running router", each=False),
        Stage(CHECK, "Leave alone what a new router cannot mend, and routers that are new"),
        Stage(ACT, "Restart the network with cleanup, if that was asked for"),
        Stage(VERIFY, "Wait until a new router runs, and run its checks"),
        Stage(VERIFY, "Connect to public addresses: what answered before must answer again"),
    ),
    targets=_targets,
    standing=_standing,
    standings=_standings,
    sends=RESTARTS,
    commands=("restartNetwork", "restartVPC"),
    preflight=_preflight,
    plan_details=router_probes.details,
    act=_act,
    verify=_verify,
)  # fmt: skip
