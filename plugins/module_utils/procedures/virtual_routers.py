# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual router upgrade in sequence (F3, F5): patched live, restarted with cleanup, or rebooted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..campaign import ACT, BLOCKED, CHECK, DONE, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target
from ..client import ApiError, InvalidInput
from ..model import Option, Row
from .facts import (
    CLUSTER,
    NAMES,
    POD,
    ZONE,
    clusters_of_hosts,
    only_named,
    same_version,
    scope_of,
    server_version,
    setting,
    version_key,
)

EXPECTED_CUT = {"patch": 0.0, "restart": 20.0, "reboot": 60.0}
"""Seconds without service for one network, by what the methods do on a healthy cloud."""


def _routers(run: Any, scope: Mapping[str, Any]) -> list[Row]:
    """Routers of accounts and, which a list leaves out unless asked, of projects; internal load balancers too."""
    questions = [
        lambda: run.client.list("listRouters", {"listall": True, **scope}),
        lambda: run.client.list("listRouters", {"listall": True, "projectid": "-1", **scope}),
        lambda: run.client.list("listInternalLoadBalancerVMs", {"listall": True, **scope}),
    ]
    found: dict[str, Row] = {}
    for rows in run.client.parallel(questions):
        found.update({row["id"]: row for row in rows})
    return list(found.values())


def _of(row: Row) -> tuple[str, str, str]:
    """What a router serves: ("vpc" or "network", id, name)."""
    if row.get("vpcid"):
        return "vpc", str(row["vpcid"]), str(row.get("vpcname") or row["vpcid"])
    return (
        "network",
        str(row.get("guestnetworkid", "")),
        str(row.get("guestnetworkname") or row.get("guestnetworkid", "")),
    )


def _key(row: Row) -> str:
    return ":".join(_of(row)[:2])


def _in_scope(run: Any, rows: Iterable[Row]) -> list[Row]:
    kept = list(rows)
    for option, field in (("network", "guestnetworkname"), ("vpc", "vpcname"), ("account", "account")):
        wanted = run.option(option)
        if wanted:
            kept = [row for row in kept if wanted in (row.get(field), row.get(field.replace("name", "id")))]
    domain = run.option("domain")
    if domain:
        kept = [row for row in kept if domain in (row.get("domainpath"), row.get("domainid"), row.get("domain"))]
    return only_named(run, kept, "virtual router")


def _targets(run: Any) -> Sequence[Target]:
    run.memory["version"] = server_version(run)
    run.memory["minimum"] = setting(run, "minreq.sysvmtemplate.version")
    rows = _in_scope(run, _routers(run, scope_of(run)))
    clusters = clusters_of_hosts(run)
    if run.option("method") == "reboot":
        return [_router_target(row, clusters) for row in rows]
    return _network_targets(run, rows, clusters)


def _place(row: Row, clusters: Mapping[str, str]) -> tuple[str, ...]:
    cluster = clusters.get(str(row.get("hostid", "")), "")
    return (str(row.get("zonename", "")), str(row.get("podname", "")), cluster, str(row.get("domainpath", "")),
            str(row.get("account") or row.get("project") or ""))  # fmt: skip


def _router_target(row: Row, clusters: Mapping[str, str]) -> Target:
    """One router. The backup of a redundant pair goes first, so that the pair switches over once only."""
    kind, _id, name = _of(row)
    redundant = bool(row.get("isredundantrouter"))
    return Target(
        id=row["id"],
        name=row["name"],
        kind="virtual router",
        place=_place(row, clusters),
        host=str(row.get("hostname", "")),
        cluster=clusters.get(str(row.get("hostid", "")), ""),
        pair=_key(row) if redundant else "",
        rank=1 if row.get("redundantstate") == "PRIMARY" else 0,
        interrupts=(f"{kind} {name}",),
        cut=10.0 if redundant else EXPECTED_CUT["reboot"],
        facts={"routers": [row["id"]], "serves": _of(row)},
    )


def _network_targets(run: Any, rows: Iterable[Row], clusters: Mapping[str, str]) -> list[Target]:
    """One network or VPC with all its routers: the server renews them itself, backup first, rolling where it can."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_key(row), []).append(row)
    targets = []
    for members in groups.values():
        first = min(members, key=lambda row: row["name"])
        kind, target_id, name = _of(first)
        redundant = len(members) > 1
        targets.append(
            Target(
                id=target_id,
                name=", ".join(sorted(row["name"] for row in members)),
                kind=f"routers of {kind} {name}:",
                place=_place(first, clusters),
                host=str(first.get("hostname", "")),
                cluster=clusters.get(str(first.get("hostid", "")), ""),
                interrupts=(f"{kind} {name}",),
                cut=0.0 if run.option("method") == "patch" else 10.0 if redundant else EXPECTED_CUT["restart"],
                facts={"routers": [row["id"] for row in members], "serves": (kind, target_id, name)},
            )
        )
    return targets


def _members(run: Any, target: Target) -> list[Row]:
    """The routers of a target as they are now: a cleanup gives them other ids and names."""
    kind, target_id, _name = target.facts["serves"]
    if run.option("method") == "reboot":
        rows = run.client.list("listRouters", {"id": target.id})
        return rows or run.client.list("listInternalLoadBalancerVMs", {"id": target.id})
    scope = {"vpcid": target_id} if kind == "vpc" else {"networkid": target_id}
    return [row for row in _routers(run, scope) if _key(row) == f"{kind}:{target_id}"]


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


def _standing(run: Any, target: Target) -> Standing:
    rows = _members(run, target)
    reasons = [(row, behind(run, row)) for row in rows]
    late = [(row, reason) for row, reason in reasons if reason]
    if not late:
        return Standing(DONE)
    stopped = [row["name"] for row, _reason in late if row.get("state") == "Stopped"]
    if len(stopped) == len(late):
        return Standing(LEFT, f"{', '.join(stopped)} stopped; upgraded at the next start")
    moving = [f"{row['name']} is {row.get('state')}" for row in rows if row.get("state") not in ("Running", "Stopped")]
    if moving:
        return Standing(BLOCKED, "; ".join(moving))
    unsettled = _unsettled(rows)
    if unsettled:
        return Standing(BLOCKED, unsettled)
    return Standing(DUE, "; ".join(f"{row['name']}: {reason}" for row, reason in late))


def _unsettled(rows: Sequence[Row]) -> str:
    """A redundant pair must have one primary, and no partner in a fault, before one of it is touched."""
    redundant = [row for row in rows if row.get("isredundantrouter") and row.get("state") == "Running"]
    if len(redundant) < 2:
        return ""
    states = [str(row.get("redundantstate")) for row in redundant]
    if states.count("PRIMARY") != 1 or any(state not in ("PRIMARY", "BACKUP") for state in states):
        return "the roles of the pair are not settled: " + ", ".join(
            f"{row['name']} {row.get('redundantstate')}" for row in redundant
        )
    return ""


def _preflight(run: Any, due: Sequence[Target]) -> None:
    if run.option("method") != "patch":
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
    kind, target_id, _name = target.facts["serves"]
    method = run.option("method")
    if method == "reboot":
        run.change("rebootRouter", {"id": target.id}, target.title)
        return
    command = "restartVPC" if kind == "vpc" else "restartNetwork"
    params = {"cleanup": False, "livepatch": True} if method == "patch" else {"cleanup": True}
    run.change(command, {"id": target_id, **params}, target.title)


def _verify(run: Any, target: Target) -> None:
    """Every router runs, is up to date and healthy, and a pair has its roles again; a swallowed failure shows here."""

    def look() -> bool | str:
        rows = _members(run, target)
        if not rows:
            return "routers to appear"
        for row in rows:
            if row.get("state") == "Error":
                raise ApiError(
                    f"{row['name']} is in state Error", obj=target.title, remedy="look at the server's alerts"
                )
            if row.get("state") != "Running":
                return f"{row['name']} to run (is {row.get('state')})"
            reason = behind(run, row)
            if reason:
                return f"{row['name']}: {reason}"
        return _unsettled(rows) or True

    run.wait_for(target, "an upgraded, running router", look)


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
    ),
    options=(
        ZONE, POD, CLUSTER, NAMES,
        Option("domain", help="Only routers of this domain, by path.", behaviour=True),
        Option("account", help="Only routers of this account.", behaviour=True),
        Option("network", help="Only the routers of this network, by name or id.", behaviour=True),
        Option("vpc", help="Only the routers of this VPC, by name or id.", behaviour=True),
        Option(
            "method", default="restart", choices=("patch", "restart", "reboot"), behaviour=True,
            help=(
                "V(patch): new software while the router runs; only where its template is recent enough.",
                "V(restart): the network is restarted with cleanup, so that it gets new routers.",
                "A new one is there before the old one goes, where the server can.",
                "V(reboot): each router is rebooted with a new root disk; the longest cut.",
            ),
        ),
    ),
    sequence=(
        Stage(CHECK, "List the routers of accounts, projects and VPCs, and internal load balancers", each=False),
        Stage(CHECK, "Refuse a live patch where a template is too old for it", each=False),
        Stage(CHECK, "Compare template and software versions; leave stopped and unsettled ones alone"),
        Stage(ACT, "Patch, restart with cleanup, or reboot; the backup of a pair first"),
        Stage(VERIFY, "Wait until every router runs and tells the right versions"),
        Stage(VERIFY, "Wait until a pair has one primary and one backup again"),
    ),
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    act=_act,
    verify=_verify,
)  # fmt: skip
