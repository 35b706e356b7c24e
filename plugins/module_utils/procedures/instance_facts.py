# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances as targets: which are meant, how they stand now, and whether they answer from outside."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from ..campaign import Target
from ..client import Ambiguous, ApiError, InvalidInput, of_all_owners
from ..model import Option, Row
from ..reconcile.view import looks_like_id
from .facts import clusters_of_hosts, scope_of
from .scope_names import meant, must_exist
from .volume_marks import instance_now

GONE = frozenset(("Destroyed", "Expunging", "Expunged", "Error"))
SCOPES = ("account", "domain", "project")
PATIENCE = 3.0
"""Seconds for one look at a port."""

NAMES = Option("names", "list", help="These instances, by name or id.", behaviour=True, aliases=("name",))
ACCOUNT = Option("account", help="Only instances of this account.", behaviour=True)
DOMAIN = Option("domain", help="Only instances of this domain, by path.", behaviour=True)
PROJECT = Option("project", help="Only instances of this project, by name.", behaviour=True)
PROBES = (
    Option(
        "probe_port", "int", behaviour=True,
        help="TCP port at which an instance that answered before must answer afterwards, 22 for example.",
    ),
    Option(
        "probe_addresses", "map", behaviour=True,
        help="Where instances are reached from the machine that runs the task, by name. Else at their first address.",
    ),
)  # fmt: skip


def selected_instances(run: Any, params: Mapping[str, Any] | None = None) -> list[Row]:
    """The living instances that the options pick, of accounts and projects. ``params`` narrow the list further.

    Raises InvalidInput for a name that nobody has in the scope, Ambiguous for one that several have.
    """
    zone = {key: value for key, value in scope_of(run).items() if key == "zoneid"}
    names = run.option("names") or ()
    asked = {**zone, **(params or {})}
    if not names:
        found = _in_scope(run, _listed(run, asked))
        if not found:
            must_exist(run, SCOPES)
        return found
    named: dict[str, Row] = {}
    for name in names:
        field = "id" if looks_like_id(name) else "name"
        rows = _in_scope(run, [row for row in _listed(run, {**zone, field: name}) if row[field] == name])
        if not rows:
            must_exist(run, SCOPES)
            around = [row["name"] for row in _in_scope(run, _listed(run, zone))]
            raise InvalidInput(
                f"there is no instance {name} in the scope given",
                option="names",
                remedy=meant(name, around, "check names, zone and owner"),
            )
        if len(rows) > 1:
            ids = ", ".join(sorted(row["id"] for row in rows))
            raise Ambiguous(
                f"{len(rows)} instances are called {name}: {ids}",
                obj=f"instance {name}",
                remedy="give the id, or narrow them by zone, domain, account or project",
            )
        named[rows[0]["id"]] = rows[0]
    kept = params or {}
    return [row for row in named.values() if all(str(row.get(key)) == str(value) for key, value in kept.items())]


def _listed(run: Any, params: Mapping[str, Any]) -> list[Row]:
    return [row for row in of_all_owners(run.client, "listVirtualMachines", params) if row.get("state") not in GONE]


def _in_scope(run: Any, rows: list[Row]) -> list[Row]:
    kept = rows
    for option, fields in (
        ("account", ("account",)), ("domain", ("domainpath", "domain", "domainid")),
        ("project", ("project", "projectid")),
    ):  # fmt: skip
        wanted = run.option(option)
        if wanted:
            kept = [row for row in kept if wanted in [row.get(field) for field in fields]]
    return kept


def target_of(run: Any, row: Row, *, cut: float, interrupts: str) -> Target:
    if "clusters" not in run.memory:
        run.memory["clusters"] = clusters_of_hosts(run)
    cluster = run.memory["clusters"].get(str(row.get("hostid", "")), "")
    return Target(
        id=row["id"],
        name=row["name"],
        kind="instance",
        place=(str(row.get("zonename", "")), cluster, str(row.get("domainpath", "")),
               str(row.get("account") or row.get("project") or "")),
        host=str(row.get("hostname", "")),
        cluster=cluster,
        interrupts=(interrupts,) if cut else (),
        cut=cut,
        facts=row,
    )  # fmt: skip


def present(run: Any, target: Target) -> Row:
    """The instance as it is now. Raises ApiError where it is gone."""
    row = instance_now(run, target.id)
    if row is None:
        raise ApiError("it is gone", obj=target.title, remedy="look at the server's events")
    return row


def remember_answer(run: Any, target: Target) -> None:
    """Looks before the step whether the instance answers at the port asked for."""
    run.memory.setdefault("answered", {})[target.id] = _answers(run, target)


def still_answers(run: Any, target: Target) -> bool:
    """False only for an instance that answered before its step and does not answer now."""
    return not run.memory.get("answered", {}).get(target.id) or _answers(run, target)


def _answers(run: Any, target: Target) -> bool:
    port = run.option("probe_port")
    if not port:
        return False
    addresses = run.option("probe_addresses") or {}
    nics = target.facts.get("nic") or [{}]
    address = addresses.get(target.name) or nics[0].get("ipaddress")
    if not address:
        return False
    host, _colon, own_port = str(address).partition(":") if str(address).count(":") == 1 else (str(address), "", "")
    try:
        with socket.create_connection((host, int(own_port or port)), timeout=PATIENCE):
            return True
    except OSError:
        return False
