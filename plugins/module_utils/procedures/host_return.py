# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that comes back: its agent, its storage, and what ran on it before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..campaign import Target
from ..client import CloudStackError, JobTimeout
from ..model import Row
from .host_places import suitable
from .hosts import host_now, resident_now, residents_now, short_list, titled

STARTS = {
    "instance": "startVirtualMachine", "virtual router": "startRouter", "system VM": "startSystemVm",
    "internal load balancer": "startInternalLoadBalancerVM",
}  # fmt: skip
AT_REST = ("Up", "Maintenance", "Disabled")
"""States in which a storage pool is as its operator left it."""


def wait_for_agent(run: Any, target: Target) -> None:
    """The machine may still be starting. One whose agent stays away is left to the server, which may log in to it."""
    try:
        run.wait_for(target, "its agent", _agent_is_up(run, target), timeout=float(run.option("agent_timeout")))
    except JobTimeout:
        run.task.tell(f"{target.name}: its agent stays away; the server is asked to bring it back")


def _agent_is_up(run: Any, target: Target) -> Any:
    def look() -> bool | str:
        state = host_now(run, target.id).get("state")
        return True if state == "Up" else f"its agent, which is {state}"

    return look


def wait_until_in_service(run: Any, target: Target) -> None:
    """Enabled, the agent up, and the storage of its cluster up: all that a new instance needs of it."""

    def look() -> bool | str:
        row = host_now(run, target.id)
        if row.get("resourcestate") != "Enabled":
            return f"it to be enabled, is {row.get('resourcestate')}"
        if row.get("state") != "Up":
            return f"its agent, which is {row.get('state')}"
        place = {"clusterid": row["clusterid"]} if row.get("clusterid") else {"zoneid": row["zoneid"]}
        pools = run.client.list("listStoragePools", place)
        down = [f"{pool['name']} is {pool.get('state')}" for pool in pools if pool.get("state") not in AT_REST]
        return short_list(down, 3) if down else True

    run.wait_for(target, "service", look)


def lost(run: Any, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What ran before and does not run now, except what was stopped on purpose or is gone."""
    found = []
    for entry, row in zip(entries, residents_now(run, entries), strict=True):
        if row is not None and row.get("state") != "Running" and not entry.get("stopped"):
            found.append({**entry, "state": row.get("state")})
    return found


def tell_of_lost(run: Any, target: Target, gone: Iterable[Mapping[str, Any]]) -> None:
    """An old work item of the server can stop an instance while its host is emptied: nobody else tells."""
    entries = [{**entry, "host": target.name} for entry in gone]
    run.notes.setdefault("not_running", []).extend(entries)
    if entries:
        names = short_list(f"{titled(entry)} ({entry['state']})" for entry in entries)
        run.task.warn(f"{target.name}: these ran before and do not run now: {names}")


def come_back(run: Any, target: Target) -> None:
    """Brings back what belongs to the host, where that is wanted; tells what is not back."""
    ran = run.memory["ran"]
    entries = ran.of(target.id)
    if run.option("return_instances"):
        for entry in entries:
            if run.stopped:
                return
            _return(run, target, entry)
    away = []
    for entry, row in zip(entries, residents_now(run, entries), strict=True):
        if row is not None and row.get("hostid") != target.id:
            away.append({**entry, "host": target.name, "now_on": row.get("hostname", ""), "state": row.get("state")})
    run.notes.setdefault("not_back", []).extend(away)
    tell_of_lost(run, target, [entry for entry in away if entry["state"] != "Running" and not entry.get("stopped")])
    ran.forget(target.id)


def _return(run: Any, target: Target, entry: Mapping[str, Any]) -> None:
    """One machine: started here if it was stopped for the maintenance, moved here if it runs elsewhere."""
    row = resident_now(run, entry["kind"], entry["id"])
    if row is None or row.get("hostid") == target.id:
        return
    try:
        if row.get("state") == "Stopped" and entry.get("stopped"):
            run.change(STARTS[entry["kind"]], {"id": row["id"]}, titled(row))
        elif row.get("state") == "Running":
            _move_here(run, target, row)
    except CloudStackError as error:
        run.task.warn(f"{titled(entry)} did not come back to {target.name}: {error}")


def _move_here(run: Any, target: Target, row: Row) -> None:
    hosts, _why = suitable(run, row, ())
    if target.id not in {host["id"] for host in hosts}:
        run.task.warn(f"{titled(row)} runs on {row.get('hostname')}: {target.name} cannot take it back now")
        return
    params = {"virtualmachineid": row["id"], "hostid": target.id}
    command = "migrateVirtualMachine" if row["kind"] == "instance" else "migrateSystemVm"
    run.change(command, params, titled(row))
