# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts as targets: which are meant, how one stands now, and what runs on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..campaign import Target
from ..client import ApiError, CloudStackError, InvalidInput, of_all_owners
from ..model import Option, Row
from .facts import scope_of
from .scope_names import meant

HOSTS = Option("names", "list", help="Names of the hosts.", required=True, aliases=("name",), behaviour=True)

PREPARING = ("PrepareForMaintenance", "ErrorInPrepareForMaintenance")
IN_ERROR = ("ErrorInPrepareForMaintenance", "ErrorInMaintenance")

RESIDENTS: Mapping[str, str] = {
    "instance": "listVirtualMachines",
    "virtual router": "listRouters",
    "internal load balancer": "listInternalLoadBalancerVMs",
    "system VM": "listSystemVms",
}
"""Kinds of machines that run on hosts, and the commands that list them."""


def machines(run: Any, kind: str, params: Mapping[str, Any]) -> list[Row]:
    """Machines of a kind, a key of RESIDENTS, whoever owns them."""
    if kind == "system VM":
        return list(run.client.list(RESIDENTS[kind], params))
    return of_all_owners(run.client, RESIDENTS[kind], params)


def named_hosts(run: Any, *, missing_is_fine: bool = False) -> list[Row]:
    """The hosts that the option ``names`` names, in that order.

    Raises InvalidInput for a name that nobody or more than one has. With ``missing_is_fine`` an unknown name is
    told as a warning: what shall go may be gone.
    """
    if run.option("names") == []:
        raise InvalidInput(
            "names is empty, and nobody knows which hosts are meant", option="names", remedy="name hosts"
        )
    by_name: dict[str, list[Row]] = {}
    for row in run.client.list("listHosts", {"type": "Routing", **scope_of(run)}):
        by_name.setdefault(str(row["name"]), []).append(row)
    wanted = list(dict.fromkeys(run.option("names") or by_name))
    unknown = sorted(name for name in wanted if name not in by_name)
    if unknown and not missing_is_fine:
        raise InvalidInput(
            f"there is no host {', '.join(unknown)} in the scope given",
            option="names",
            remedy=meant(unknown[0], by_name, "check names, zone, pod and cluster"),
        )
    for name in unknown:
        run.task.warn(f"there is no host {name} in the scope given")
    found = [by_name[name] for name in wanted if name in by_name]
    twice = [rows for rows in found if len(rows) > 1]
    if twice:
        raise InvalidInput(
            f"{len(twice[0])} hosts are called {twice[0][0]['name']}: " + ", ".join(row["id"] for row in twice[0]),
            option="names",
            remedy="give zone, pod or cluster too",
        )
    return [rows[0] for rows in found]


def host_target(row: Row, *, interrupts: Sequence[str] = (), cut: float = 0.0, rank: int = 0) -> Target:
    """A host as a target of a campaign; clusters limit how many are worked at a time."""
    return Target(
        id=row["id"],
        name=row["name"],
        kind="host",
        place=(str(row.get("zonename", "")), str(row.get("podname", "")), str(row.get("clustername", ""))),
        host=row["name"],
        cluster=str(row.get("clusterid", "")),
        rank=rank,
        interrupts=tuple(interrupts),
        cut=cut,
        facts=row,
    )


def host_now(run: Any, host_id: str) -> Row:
    """The host as the server tells it now."""
    rows = run.client.list("listHosts", {"id": host_id})
    if not rows:
        raise ApiError("the host is gone", obj=f"host {host_id}", remedy="somebody removed it meanwhile")
    found: Row = rows[0]
    return found


def neighbours(run: Any, row: Mapping[str, Any]) -> list[Row]:
    """The other hosts of a host's cluster; none where it has no cluster."""
    if not row.get("clusterid"):
        return []
    rows = run.client.list("listHosts", {"type": "Routing", "clusterid": row["clusterid"]})
    return [other for other in rows if other["id"] != row["id"]]


def residents(run: Any, host_id: str) -> list[Row]:
    """Everything that runs, starts, stops or moves on a host. Each row gets ``kind``, a key of RESIDENTS."""
    answers = run.client.parallel([partial(machines, run, kind, {"hostid": host_id}) for kind in RESIDENTS])
    found: dict[str, Row] = {}
    for kind, rows in zip(RESIDENTS, answers, strict=True):
        found.update({row["id"]: {**row, "kind": kind} for row in rows if row.get("hostid") == host_id})
    return sorted(found.values(), key=lambda row: (row["kind"], row["name"]))


def resident_now(run: Any, kind: str, resident_id: str) -> Row | None:
    """One machine wherever it is; None where it is gone."""
    rows = machines(run, kind, {"id": resident_id})
    return {**rows[0], "kind": kind} if rows else None


def residents_now(run: Any, known: Iterable[Mapping[str, Any]]) -> list[Row | None]:
    """Machines of which ``kind`` and ``id`` are known, as they are now; in order."""
    found: list[Row | None] = run.client.parallel(
        [partial(resident_now, run, entry["kind"], entry["id"]) for entry in known]
    )
    return found


def titled(row: Mapping[str, Any]) -> str:
    """Its name, with its kind where it is no instance: ``virtual router r-4-VM``."""
    return str(row["name"]) if row["kind"] == "instance" else f"{row['kind']} {row['name']}"


def short_list(texts: Iterable[str], most: int = 10) -> str:
    """The first of many, for a sentence."""
    given = list(texts)
    return ", ".join(given[:most]) + (f" and {len(given) - most} more" if len(given) > most else "")


def reasons(problems: Iterable[tuple[str, Exception]]) -> str:
    """What went wrong with whom, in one sentence."""
    return short_list(
        (
            f"{name} ({error.server_text or error.message})"
            if isinstance(error, CloudStackError)
            else f"{name} ({error})"
        )
        for name, error in problems
    )
