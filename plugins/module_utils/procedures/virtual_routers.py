# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual router upgrade in sequence (F3, F5): patched live, restarted with cleanup, or rebooted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target, given, when
from ..client import InvalidInput, of_all_owners
from ..model import Option, Row
from . import router_probes, routers, system_templates
from .facts import same_version, scope_of, server_version, setting, version_key
from .router_rights import BALANCERS_RENEWED, RESTARTS, any_router
from .router_room import check_room
from .router_stops import BALANCER_COMMANDS, Stops


def _targets(run: Any) -> Sequence[Target]:
    run.memory["version"] = server_version(run)
    run.memory["minimum"] = setting(run, "minreq.sysvmtemplate.version")
    rows = routers.in_scope(run, routers.all_routers(run, scope_of(run)))
    run.memory["stops"] = Stops(run) if any(routers.is_balancer(row) for row in rows) else None
    run.memory["unpatchable"] = _without_tiers(run, rows) if run.option("method") == "patch" else set()
    if run.option("method") == "reboot":
        return routers.by_router(run, rows)
    cut = 0.0 if run.option("method") == "patch" else routers.CUT_BY_RESTART
    return routers.by_network(run, rows, cut)


def _without_tiers(run: Any, rows: Sequence[Row]) -> set[str]:
    """VPCs that have no tier: the server patches their routers through the tiers, and tells success [procedures F5]."""
    if not any(row.get("vpcid") for row in rows):
        return set()
    return {str(row["id"]) for row in of_all_owners(run.client, "listVPCs") if row.get("network") == []}


def behind(run: Any, row: Row) -> str:
    """Why a router is to be upgraded; empty where it is up to date.

    ``requiresupgrade`` alone is not enough: after an update of the code alone it is false though the scripts in the
    router are old, so the software's own version counts too [procedures F5].
    """
    version, minimum = row.get("version"), run.memory["minimum"]
    if version and minimum and version_key(version) < version_key(minimum):
        return f"template version {version} is below {minimum}"
    software = row.get("softwareversion")
    if software and not same_version(software, run.memory["version"]):
        return f"software {software} instead of {run.memory['version']}"
    return "the server says that it requires an upgrade" if row.get("requiresupgrade") else ""


def _judged(run: Any, target: Target, seen: routers.Seen) -> Standing:
    standing = routers.judged(seen, partial(behind, run))
    if standing.state == DUE and (why_not := _why_unpatchable(run, target)):
        return Standing(LEFT, f"{standing.reason}; {why_not}: use method restart")
    return run.memory["stops"].judged(seen.rows, standing) if _is_balancer(target) else standing


def _why_unpatchable(run: Any, target: Target) -> str:
    """What the server would not patch though it told success."""
    if run.option("method") != "patch":
        return ""
    if _is_balancer(target):
        return "the server patches no internal load balancers"
    without = target.facts["serves"][1] in run.memory["unpatchable"]
    return "the server patches the router of a VPC through its tiers, and there is none" if without else ""


def _is_balancer(target: Target) -> bool:
    return target.facts["sources"][0] in routers.BALANCERS


def _standings(run: Any, targets: Sequence[Target]) -> list[Standing]:
    return [_judged(run, target, target.facts["seen"]) for target in targets]


def _standing(run: Any, target: Target) -> Standing:
    return _judged(run, target, routers.look(run, target))


def _preflight(run: Any, due: Sequence[Target]) -> None:
    router_probes.begin(run, due)
    if run.option("method") != "patch":
        system_templates.check_ready(run, [row for target in due for row in target.facts["seen"].rows], "method")
        check_room(run, due, "method")
        return
    old = [target for target in due if "template version" in run.timeline.entries[target.id].reason]
    if old:
        raise InvalidInput(
            f"{len(old)} targets have a template below {run.memory['minimum']}, which a live patch cannot mend: "
            + ", ".join(target.name for target in old[:5]),
            option="method",
            remedy="use restart or reboot for them",
        )


def _act(run: Any, target: Target) -> None:
    method = run.option("method")
    router_probes.remember(run, target)
    if _is_balancer(target):
        _renew_balancer(run, target)
    elif method == "reboot":
        run.change("rebootRouter", {"id": target.id}, target.title)
    elif method == "patch":
        routers.restart(run, target, cleanup=False, livepatch=True)
    else:
        routers.restart(run, target, cleanup=True)


def _renew_balancer(run: Any, target: Target) -> None:
    """No restart of its network or VPC renews it, and rebootRouter does not know it."""
    for row in routers.look(run, target).rows:
        if row.get("state") == "Running" and not behind(run, row):
            run.memory["stops"].forget(row)
        else:
            run.memory["stops"].cycle(target, row)


def _verify(run: Any, target: Target) -> None:
    routers.prove(run, target, partial(behind, run))
    router_probes.prove(run, target)


VIRTUAL_ROUTER_UPGRADE = Procedure(
    name="virtual_router_upgrade",
    noun="router",
    summary="Upgrade virtual routers in order",
    description=(
        "Brings virtual routers and internal load balancers to the version of the management server.",
        "Those of projects and VPCs too, in an order and within limits that you set.",
        "A router counts as done when it runs and tells the right versions, and a redundant pair has its roles again.",
    ),
    notes=(
        "The server's own word that a router requires an upgrade is false after an update of the code alone.",
        "So template and software versions are compared as well.",
        "Stopped routers are left alone; they are upgraded when they start.",
        "An internal load balancer is stopped and started: no restart of its network renews it, and no patch.",
        "Meanwhile it has a remark that admins see, so that the next run starts it if this one is cut off.",
    ),
    options=(
        *routers.SCOPE,
        Option(
            "method", default="restart", choices=("patch", "restart", "reboot"), behaviour=True,
            help=(
                "V(patch): new software while the router runs; only where its template is recent enough.",
                "Routers of VPCs without tiers and internal load balancers cannot be patched; they are left and named.",
                "V(restart): the network is restarted with cleanup, so that it gets new routers.",
                "A new one is there before the old one goes, where the server can.",
                "V(reboot): each router is rebooted with a new root disk; the longest cut.",
            ),
        ),
        *router_probes.OPTIONS,
    ),
    sequence=(
        Stage(CHECK, "List the routers of accounts, projects and VPCs, and internal load balancers", each=False),
        Stage(CHECK, "Refuse a live patch of an old template, and a restart without a ready one", each=False),
        Stage(CHECK, "Refuse a restart where a zone has no room for the new router beside the old one", each=False),
        Stage(CHECK, "Compare template and software versions; leave stopped and unsettled ones alone"),
        Stage(ACT, "Patch, restart with cleanup, or reboot; the backup of a pair first"),
        Stage(ACT, "Stop and start internal load balancers"),
        Stage(VERIFY, "Wait until every router runs and tells the right versions"),
        Stage(VERIFY, "Wait until a pair has one primary and one backup again"),
        Stage(VERIFY, "Connect to public addresses: what answered before must answer again"),
    ),
    targets=_targets,
    standing=_standing,
    standings=_standings,
    preflight=_preflight,
    plan_details=router_probes.details,
    sends=(
        *when(given("method", "patch", "restart"), *RESTARTS),
        *when(given("method", "reboot"), *when(any_router, "rebootRouter")),
        *BALANCERS_RENEWED,
    ),
    commands=("restartNetwork", "restartVPC", "rebootRouter", *BALANCER_COMMANDS),
    act=_act,
    verify=_verify,
)  # fmt: skip
