# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual routers as targets: who they are, what they serve, how they are renewed and when they serve again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..campaign import BLOCKED, DONE, DUE, LEFT, UNDER_WAY, Standing, Target
from ..client import ApiError, of_all_owners
from ..model import Option, Row
from .facts import CLUSTER, NAMES, POD, ZONE, clusters_of_hosts, only_named
from .router_served import has_shut_down, still_requires_restart
from .scope_names import must_exist

SCOPE = (
    ZONE, POD, CLUSTER, NAMES,
    Option("domain", help="Only routers of this domain, by path.", behaviour=True),
    Option("account", help="Only routers of this account.", behaviour=True),
    Option("network", help="Only the routers of this network, by name or id.", behaviour=True),
    Option("vpc", help="Only the routers of this VPC, by name or id.", behaviour=True),
)  # fmt: skip
"""Options that pick routers."""

ROUTERS, BALANCERS = ("routers",), ("balancers",)
SOURCES: Mapping[str, str] = {"routers": "listRouters", "balancers": "listInternalLoadBalancerVMs"}
"""Lists that together show all routers: internal load balancers have one of their own."""

GRACE = 60.0
"""Seconds in which a running router must tell its new state once the server has reported success."""

SETTLING = 10.0
"""Seconds for which the roles of a pair must hold: what the server tells right after a step is from before."""

CUT_BY_RESTART, CUT_OF_A_PAIR, CUT_BY_REBOOT = 20.0, 10.0, 60.0
"""Seconds without service for one network, on a healthy cloud."""

Reason = Callable[[Row], str]
"""Why a router is not at the goal; an empty text where it is."""


class Seen(NamedTuple):
    """Routers of a target, and all those that serve the same network or VPC."""

    rows: Sequence[Row]
    around: Sequence[Row]


def all_routers(run: Any, scope: Mapping[str, Any], sources: Iterable[str] = tuple(SOURCES)) -> list[Row]:
    """Routers of accounts and projects, and internal load balancers. Each row gets ``source``, a key of SOURCES."""
    names = sorted(sources)
    lists = run.client.parallel([partial(_listed, run, name, scope) for name in names])
    return [{**row, "source": name} for name, rows in zip(names, lists, strict=True) for row in rows]


def _listed(run: Any, source: str, scope: Mapping[str, Any]) -> list[Row]:
    rows = of_all_owners(run.client, SOURCES[source], scope)
    if source in BALANCERS and "clusterid" in scope:  # the command knows no cluster, and the server ignores it then
        question = {"type": "Routing", "clusterid": scope["clusterid"]}
        hosts = {row["id"] for row in run.client.list("listHosts", question)} if rows else set()
        return [row for row in rows if row.get("hostid") in hosts]
    return rows


def is_balancer(row: Row) -> bool:
    """Whether a row of ``all_routers`` is an internal load balancer."""
    return row["source"] in BALANCERS


def in_scope(run: Any, rows: Iterable[Row]) -> list[Row]:
    """The rows that the options of SCOPE pick."""
    kept = list(rows)
    for option, field in (("network", "guestnetworkname"), ("vpc", "vpcname"), ("account", "account")):
        wanted = run.option(option)
        if wanted:
            kept = [row for row in kept if wanted in (row.get(field), row.get(field.replace("name", "id")))]
    domain = run.option("domain")
    if domain:
        kept = [row for row in kept if domain in (row.get("domainpath"), row.get("domainid"), row.get("domain"))]
    if not kept:
        must_exist(run, ("network", "vpc", "account", "domain"))
    return only_named(run, kept, "virtual router")


def serves(row: Row) -> tuple[str, str, str]:
    """What a router serves: ("vpc" or "network", id, name)."""
    if row.get("vpcid"):
        return "vpc", str(row["vpcid"]), str(row.get("vpcname") or row["vpcid"])
    network = str(row.get("guestnetworkid", ""))
    return "network", network, str(row.get("guestnetworkname") or network)


def _key(row: Row) -> str:
    """Routers with the same key are renewed together; a load balancer is on its own."""
    return f"balancer:{row['id']}" if is_balancer(row) else ":".join(serves(row)[:2])


def _place(row: Row, clusters: Mapping[str, str]) -> tuple[str, ...]:
    cluster = clusters.get(str(row.get("hostid", "")), "")
    return (str(row.get("zonename", "")), str(row.get("podname", "")), cluster, str(row.get("domainpath", "")),
            str(row.get("account") or row.get("project") or ""))  # fmt: skip


def by_router(run: Any, rows: Iterable[Row], cut: float = CUT_BY_REBOOT) -> list[Target]:
    """One target for each router. The backup of a redundant pair goes first, so that the pair switches over once."""
    clusters, groups = clusters_of_hosts(run), _by_key(rows)
    return [_router_target(row, groups[_key(row)], clusters, cut) for group in groups.values() for row in group]


def _by_key(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_key(row), []).append(row)
    return groups


def _router_target(row: Row, around: Sequence[Row], clusters: Mapping[str, str], cut: float) -> Target:
    kind, _id, name = serves(row)
    redundant = bool(row.get("isredundantrouter"))
    return Target(
        id=row["id"],
        name=row["name"],
        kind="internal load balancer" if is_balancer(row) else "virtual router",
        place=_place(row, clusters),
        host=str(row.get("hostname", "")),
        cluster=clusters.get(str(row.get("hostid", "")), ""),
        pair=_key(row) if redundant else "",
        rank=1 if row.get("redundantstate") == "PRIMARY" else 0,
        interrupts=(f"{kind} {name}",),
        cut=CUT_OF_A_PAIR if redundant else CUT_BY_REBOOT if is_balancer(row) else cut,
        facts={"seen": Seen([row], around), "serves": serves(row), "single": True, "sources": (row["source"],)},
    )


def by_network(run: Any, rows: Iterable[Row], cut: float = CUT_BY_RESTART) -> list[Target]:
    """One network or VPC with all its routers: the server renews them itself, backup first, rolling where it can.

    It renews no internal load balancers by that: these are targets of their own.
    """
    clusters = clusters_of_hosts(run)
    return [
        _router_target(members[0], members, clusters, CUT_BY_REBOOT)
        if is_balancer(members[0])
        else _network_target(members, clusters, cut)
        for members in _by_key(rows).values()
    ]


def _network_target(members: Sequence[Row], clusters: Mapping[str, str], cut: float) -> Target:
    first = min(members, key=lambda row: row["name"])
    kind, target_id, name = serves(first)
    return Target(
        id=target_id,
        name=", ".join(sorted(row["name"] for row in members)),
        kind=f"routers of {kind} {name}:",
        place=_place(first, clusters),
        host=str(first.get("hostname", "")),
        cluster=clusters.get(str(first.get("hostid", "")), ""),
        interrupts=(f"{kind} {name}",),
        cut=min(cut, CUT_OF_A_PAIR) if len(members) > 1 else cut,
        facts={
            "seen": Seen(members, members), "serves": (kind, target_id, name), "single": False,
            "sources": tuple(sorted({row["source"] for row in members})),
        },
    )  # fmt: skip


def look(run: Any, target: Target) -> Seen:
    """The routers of a target as they are now: a cleanup gives them other ids and names."""
    kind, target_id, _name = target.facts["serves"]
    sources = target.facts["sources"]
    if target.facts["single"] and not target.pair:
        rows = all_routers(run, {"id": target.id}, sources)
        return Seen(rows, rows)
    scope = {"vpcid": target_id} if kind == "vpc" else {"networkid": target_id}
    around = [row for row in all_routers(run, scope, sources) if _key(row) == f"{kind}:{target_id}"]
    return Seen([row for row in around if row["id"] == target.id] if target.facts["single"] else around, around)


def judged(seen: Seen, why: Reason) -> Standing:
    """How routers stand: stopped ones are left alone, moving ones awaited, unsettled pairs not touched."""
    rows = seen.rows
    moving = [f"{row['name']} is {row.get('state')}" for row in rows if row.get("state") not in ("Running", "Stopped")]
    if moving:
        return Standing(UNDER_WAY, "; ".join(moving))
    late = [(row, reason) for row in rows if (reason := why(row))]
    unsettled = unsettled_pair(seen.around)
    if not late:
        return Standing(UNDER_WAY, unsettled) if unsettled else Standing(DONE)
    stopped = [row["name"] for row, _reason in late if row.get("state") == "Stopped"]
    if len(stopped) == len(late):
        return Standing(LEFT, f"{', '.join(stopped)} stopped; renewed at the next start")
    if unsettled:
        return Standing(BLOCKED, unsettled)
    return Standing(DUE, "; ".join(f"{row['name']}: {reason}" for row, reason in late))


def unsettled_pair(rows: Sequence[Row]) -> str:
    """A redundant pair must have one primary, and no partner in a fault, before one of it is touched."""
    redundant = [row for row in rows if row.get("isredundantrouter") and row.get("state") == "Running"]
    if len(redundant) < 2:
        return ""
    states = [str(row.get("redundantstate")) for row in redundant]
    if states.count("PRIMARY") == 1 and all(state in ("PRIMARY", "BACKUP") for state in states):
        return ""
    told = ", ".join(f"{row['name']} {row.get('redundantstate')}" for row in redundant)
    return f"the roles of the pair are not settled: {told}"


def _held(since: list[float], now: float) -> bool | str:
    """Whether a pair's roles hold long enough; ``since`` remembers from when on."""
    if not since:
        since.append(now)
    return now - since[0] >= SETTLING or "the roles of the pair to hold"


def restart(run: Any, target: Target, **how: Any) -> None:
    """Restarts the network or VPC of a target: ``cleanup=True``, or ``livepatch=True, cleanup=False``."""
    kind, target_id, _name = target.facts["serves"]
    if how.get("cleanup"):
        run.memory.setdefault("restarted", set()).add(target.id)
    run.change("restartVPC" if kind == "vpc" else "restartNetwork", {"id": target_id, **how}, target.title)


def prove(run: Any, target: Target, why: Reason) -> None:
    """Waits until every router runs, is at the goal and healthy, and a pair has its roles again.

    A router that runs and is still not at the goal some time after the server's success never will be: the server
    swallows failures, of live patches for example.
    """
    begun = run.clock.monotonic()
    settled: list[float] = []
    was_ill = any(row.get("healthchecksfailed") for row in target.facts["seen"].rows)

    def awaited() -> bool | str:
        rows, around = look(run, target)
        if not rows:  # a load balancer goes with its last rule
            gone = target.facts["sources"][0] in BALANCERS or has_shut_down(run, target)
            return gone or "routers to appear"
        late = run.clock.monotonic() - begun >= GRACE
        for row in rows:
            if waiting := _awaited_of(target, row, why(row), late=late):
                return waiting
            if row.get("healthchecksfailed") and not was_ill:
                return f"the health checks of {row['name']} to pass"
        if still_requires_restart(run, target):
            return _required_still(target, late=late)
        if not any(row.get("isredundantrouter") for row in around):
            return True
        unsettled = unsettled_pair(around)
        if unsettled:
            settled.clear()
        return unsettled or _held(settled, run.clock.monotonic())

    run.wait_for(target, "routers that are renewed and run", awaited)


def _awaited_of(target: Target, row: Row, reason: str, *, late: bool) -> str:
    """What a router has yet to do; raises when it never will. ``reason``: why it is not at the goal."""
    if row.get("state") == "Error":
        raise ApiError(f"{row['name']} is in state Error", obj=target.title, remedy="look at the server's alerts")
    if row.get("state") != "Running":
        return f"{row['name']} to run (is {row.get('state')})"
    if reason and late:
        raise ApiError(
            f"the server reported success, but {row['name']} is not renewed: {reason}",
            obj=target.title,
            remedy="look at the router and at the server's log; run again to continue",
        )
    return f"{row['name']}: {reason}" if reason else ""


def _required_still(target: Target, *, late: bool) -> str:
    """The server takes its word back that a restart is required when the restart has ended well."""
    if not late:
        return "the server to require no restart"
    raise ApiError(
        "the server reported success, but says that a restart is still required",
        obj=target.title,
        remedy="look at the server's log: what else serves the network may have failed; run again",
    )
