# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A router that was lost with its host: taken away for good, and made anew, when it is surely dead (F6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import ACT, BLOCKED, CHECK, DUE, VERIFY, Names, Procedure, Stage, Standing, Target, when
from ..client import Ambiguous, InvalidInput, NotFound, of_all_owners
from ..model import Option, Row
from ..reconcile.view import looks_like_id
from . import routers, system_templates
from .router_rights import RESTARTS
from .router_served import LISTS

DEAD_HOSTS = ("Degraded", "Maintenance")
"""Resource states in which nothing runs on a host any more: somebody vouched for it, or it was emptied."""
GONE = ("Stopped", "Error", "Unknown")
"""Router states in which nothing of it runs."""


def _targets(run: Any) -> Sequence[Target]:
    kind, row = _served(run)
    scope = {"vpcid": row["id"]} if kind == "vpc" else {"networkid": row["id"]}
    rows = routers.all_routers(run, scope, routers.ROUTERS)
    own = [one for one in rows if kind == "vpc" or not one.get("vpcid")]
    redundant = bool(row.get("redundantvpcrouter") or row.get("redundantrouter"))
    run.memory.update(expected=2 if redundant else 1)
    hosts = run.client.list("listHosts", {"type": "Routing"})
    run.memory["hosts"] = {host["id"]: host for host in hosts}
    run.memory["rows"] = own
    return routers.by_network(run, own) if own else [_bare_target(kind, row)]


def _served(run: Any) -> tuple[str, Row]:
    """("network" or "vpc", its row), by name or id."""
    kind = "vpc" if run.option("vpc") else "network"
    wanted = run.option(kind)
    question = {"id": wanted} if looks_like_id(wanted) else {"keyword": wanted}
    listed = of_all_owners(run.client, LISTS[kind], question)
    rows = {row["id"]: row for row in listed if wanted in (row["id"], row["name"])}
    if not rows:
        raise NotFound(f"there is no {kind} {wanted!r}", obj=f"{kind} {wanted}", remedy="check the name")
    if len(rows) > 1:
        raise Ambiguous(
            f"{len(rows)} are called {wanted!r}: {', '.join(sorted(rows))}",
            obj=f"{kind} {wanted}",
            ids=sorted(rows),
            remedy=f"give the id as {kind}",
        )
    return kind, next(iter(rows.values()))


def _bare_target(kind: str, row: Row) -> Target:
    """A network whose only router was destroyed already."""
    facts = {"seen": routers.Seen([], []), "serves": (kind, row["id"], row["name"]), "single": False,
             "sources": routers.ROUTERS}  # fmt: skip
    return Target(
        id=row["id"], name=f"the next router of {row['name']}", kind=f"routers of {kind} {row['name']}:",
        place=(str(row.get("zonename", "")),), interrupts=(f"{kind} {row['name']}",), facts=facts,
    )  # fmt: skip


def _host(run: Any, row: Row) -> Row | None:
    found: Row | None = run.memory["hosts"].get(row.get("hostid"))
    return found


def _is_lost(run: Any, row: Row) -> bool:
    """Whether a router does not run, or runs on a host that the server has lost."""
    if row.get("state") != "Running":
        return row.get("state") not in ("Starting", "Migrating")
    host = _host(run, row)
    return host is None or host.get("state") != "Up"


def _is_dead(run: Any, row: Row) -> bool:
    """Whether it surely does not run any more: two routers with one address would be worse than none."""
    if row.get("state") in GONE:
        return True
    host = _host(run, row)
    if host is None:
        return False
    power = str((host.get("outofbandmanagement") or {}).get("powerstate", ""))
    return power == "Off" or host.get("resourcestate") in DEAD_HOSTS


def _standing(run: Any, target: Target) -> Standing:
    seen = routers.look(run, target)
    rows = seen.rows
    lost = [row for row in rows if _is_lost(run, row)]
    missing = run.memory["expected"] - len(rows)
    if not lost and missing <= 0:
        return routers.judged(seen, lambda _row: "")
    told = [f"{row['name']} is {row.get('state')} on {row.get('hostname') or 'no host'}" for row in lost]
    told += [f"{missing} of {run.memory['expected']} routers are missing"] if missing > 0 else []
    alive = [row for row in rows if not _is_lost(run, row)]
    broken = [row for row in alive if row.get("isredundantrouter") and row.get("redundantstate") == "FAULT"]
    if broken:
        return Standing(BLOCKED, f"{'; '.join(told)}; but its partner {broken[0]['name']} is in state FAULT")
    return Standing(DUE, "; ".join(told))


def _confirm(run: Any, due: Sequence[Target]) -> str:
    """The names of routers that nobody but the operator can know to be dead."""
    unsure = [row["name"] for target in due for row in target.facts["seen"].rows
              if _is_lost(run, row) and not _is_dead(run, row)]  # fmt: skip
    return Names(sorted(unsure), after=" is dead")


def _preflight(run: Any, due: Sequence[Target]) -> None:
    _must_be_lost(run)
    rows = [row for target in due for row in target.facts["seen"].rows]
    system_templates.check_ready(run, rows, "vpc" if run.option("vpc") else "network")


def _must_be_lost(run: Any) -> None:
    """A router whose host is up is not lost, whoever says so; and no other is replaced instead of the one named.

    One that is nowhere may have been replaced by a run before.
    """
    wanted = run.option("router")
    if not wanted:
        return
    named = [row for row in run.memory["rows"] if wanted in (row["name"], row["id"])]
    lost = [row["name"] for row in run.memory["rows"] if _is_lost(run, row)]
    if lost and not named:
        raise InvalidInput(
            f"{wanted} is none of the routers here; lost is {', '.join(lost)}",
            option="router",
            remedy=f"name {lost[0]}, or another network or VPC",
        )
    if named and not _is_lost(run, named[0]):
        raise InvalidInput(
            f"{wanted} runs on {named[0].get('hostname')}, which is up; it is not lost",
            option="router",
            remedy="renew it with virtual_router_upgrade or router_health instead",
        )


def _act(run: Any, target: Target) -> None:
    rows = routers.look(run, target).rows
    lost = [row for row in rows if _is_lost(run, row)]
    alive = [row for row in rows if not _is_lost(run, row)]
    if alive:
        ids = {row["id"] for row in alive}
        run.wait_for(target, "the partner to be primary", lambda: _is_primary(run, target, ids))
    for row in lost:
        if row.get("state") not in GONE:
            run.change("stopRouter", {"id": row["id"], "forced": True}, target.title)
        if alive:
            run.change("destroyRouter", {"id": row["id"]}, target.title)
    routers.restart(run, target, cleanup=not alive)


def _stops(run: Any, due: Sequence[Target]) -> bool:
    return any(
        _is_lost(run, row) and row.get("state") not in GONE for target in due for row in target.facts["seen"].rows
    )


def _destroys(run: Any, due: Sequence[Target]) -> bool:
    """Whether a lost router has a partner that lives."""
    return any({_is_lost(run, row) for row in target.facts["seen"].rows} == {True, False} for target in due)


def _is_primary(run: Any, target: Target, alive: set[str]) -> bool | str:
    states = [str(row.get("redundantstate")) for row in routers.look(run, target).rows if row["id"] in alive]
    return "PRIMARY" in states or "its partner to be PRIMARY"


def _verify(run: Any, target: Target) -> None:
    """As many routers as there have to be, all on hosts that are up."""
    routers.prove(run, target, lambda row: "it is on a lost host" if _is_lost(run, row) else "")

    def complete() -> bool | str:
        missing = run.memory["expected"] - len(routers.look(run, target).rows)
        return f"{missing} more routers" if missing > 0 else True

    run.wait_for(target, "all routers", complete)


VIRTUAL_ROUTER_RECOVERY = Procedure(
    name="virtual_router_recovery",
    noun="router",
    summary="Replace a lost virtual router",
    description=(
        "Takes a virtual router away that was lost with its host, and has the server make a new one.",
        "A pair keeps its living partner; a single router is replaced by a restart of its network with cleanup.",
    ),
    notes=(
        "If the lost router still runs, two routers have one address. So it must be surely dead.",
        "It is when it is stopped, or when the power of its host is off by out-of-band management.",
        "So it is too when its host is in maintenance or was declared degraded.",
        "In all other cases O(confirm) asks you to type that it is dead.",
        "What a run that was cut off destroyed is missing afterwards: the next run makes it anew.",
    ),
    options=(
        Option("network", help="Network whose router is lost, by name or id.", behaviour=True),
        Option("vpc", help="VPC whose router is lost, by name or id.", behaviour=True),
        Option("router", help="The router that you take for lost, by name; refused if its host is up.", behaviour=True),
    ),
    constraints={"required_one_of": [("network", "vpc")], "mutually_exclusive": [("network", "vpc")]},
    sequence=(
        Stage(CHECK, "Find routers on lost hosts, and routers that are missing", each=False),
        Stage(CHECK, "Refuse unless they are surely dead, or somebody typed that they are", each=False),
        Stage(CHECK, "Wait until the partner is primary"),
        Stage(ACT, "Stop the lost one by force and destroy it, if it has a partner"),
        Stage(ACT, "Restart the network; with cleanup only if no router is left"),
        Stage(VERIFY, "Wait until all routers run on hosts that are up, and a pair has its roles"),
    ),
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    confirm=_confirm,
    sends=(*when(_stops, "stopRouter"), *when(_destroys, "destroyRouter"), *RESTARTS),
    commands=("restartNetwork", "restartVPC", "stopRouter", "destroyRouter"),
    act=_act,
    verify=_verify,
)  # fmt: skip
