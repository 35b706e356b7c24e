# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What procedures ask of the cloud in the same way: versions, scope, running jobs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..client import InvalidInput, NotAllowed
from ..model import Option, Row
from .scope_names import meant

ZONE = Option("zone", "ref", help="Only what lies in this zone.", refers_to="zone", behaviour=True)
POD = Option("pod", "ref", help="Only what lies in this pod. Needs O(zone).", refers_to="pod", behaviour=True)
CLUSTER = Option(
    "cluster", "ref", help="Only what runs in this cluster. Needs O(zone).", refers_to="cluster", behaviour=True
)
NAMES = Option("names", "list", help="Only these, by name.", behaviour=True)


def server_version(run: Any) -> str:
    """Version of the management server, ``4.22.0.0`` for example."""
    return str(run.client.call("listCapabilities")["capability"]["cloudstackversion"])


def setting(run: Any, name: str) -> str:
    """Value of a global setting; an empty text where it is not set or not known."""
    rows = [row for row in run.client.list("listConfigurations", {"name": name}) if row["name"] == name]
    return str(rows[0].get("value") or "") if rows else ""


def version_key(text: Any) -> tuple[int, ...]:
    """A version for comparison; what is no version is older than everything."""
    found = re.match(r"[\d.]+", str(text or ""))
    return tuple(int(part) for part in found.group().split(".") if part) if found else ()


def same_version(one: Any, other: Any) -> bool:
    """Equality up to the parts that both have: ``4.22.0`` is ``4.22.0.0-SNAPSHOT``."""
    first, second = version_key(one), version_key(other)
    length = min(len(first), len(second))
    return bool(length) and first[:length] == second[:length]


def scope_of(run: Any) -> dict[str, str]:
    """zoneid, podid, clusterid of the options given."""
    found: dict[str, str] = {}
    around: dict[str, str] = {}
    for option, parameter in (("zone", "zoneid"), ("pod", "podid"), ("cluster", "clusterid")):
        value = run.option(option)
        if value:
            found[parameter] = str(run.view.find(option, value, around)["id"])
            around[option] = value
    return found


def only_named(run: Any, rows: Iterable[Row], noun: str) -> list[Row]:
    """The rows that the option ``names`` picks. A name that is not among them is an error."""
    kept, names = list(rows), run.option("names")
    if not names:
        return kept
    known = {row["name"] for row in kept}
    unknown = sorted(set(names) - known)
    if unknown:
        raise InvalidInput(
            f"there is no {noun} {', '.join(unknown)} in the scope given",
            option="names",
            remedy=meant(unknown[0], known, "check names, zone, pod and cluster"),
        )
    return [row for row in kept if row["name"] in names]


def clusters_of_hosts(run: Any) -> dict[str, str]:
    """Cluster of each host, by the host's id; for the limits. Nothing for tenants, who may not see hosts."""
    try:
        rows = run.client.list("listHosts", {"type": "Routing"})
    except NotAllowed:
        run.memory["tenant"] = True
        return {}
    return {row["id"]: str(row.get("clustername", "")) for row in rows}


def moment(text: Any) -> datetime | None:
    """``2026-01-02T03:04:05+0000`` as a moment; None for what is none."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None


def busy_with(run: Any, pattern: str) -> list[str]:
    """Running jobs whose class name matches."""
    jobs = run.client.list("listAsyncJobs", {"listall": True})
    return sorted(
        {
            str(job.get("cmd", "")).rpartition(".")[2]
            for job in jobs
            if job.get("jobstatus") == 0 and re.search(pattern, str(job.get("cmd", "")))
        }
    )
