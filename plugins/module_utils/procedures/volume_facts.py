# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes as targets: which are meant, how they stand now, and what they may be moved by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..campaign import Target
from ..client import InvalidInput, of_all_owners
from ..model import Option, Row
from ..reconcile.view import looks_like_id
from .facts import scope_of
from .primary_storage_facts import GONE, is_systems
from .scope_names import meant, must_exist
from .volume_marks import instance_now

GIB = 1 << 30
COPIED_PER_SECOND = 100 << 20
"""Bytes that are copied at rest over a network of 1 Gb/s: the expected cut of an instance that is stopped for it."""
MOVING_JOBS = r"(MigrateVolume|MigrateVirtualMachineWithVolume|MigrateVMWithVolume|MigrateVM)\w*Cmd"
BUSY_SNAPSHOTS = ("Allocated", "Creating", "CreatedOnPrimary", "BackingUp", "Copying")

INSTANCES = Option("instances", "list", help="Volumes of these instances, by name or id.", behaviour=True)
VOLUMES = Option("names", "list", help="These volumes, by name or id.", behaviour=True, aliases=("name",))
KIND = Option("volume_type", help="Volumes of this kind only.", choices=("ROOT", "DATADISK"), behaviour=True)
ACCOUNT = Option("account", help="Volumes of this account only.", behaviour=True)
DOMAIN = Option("domain", help="Volumes of this domain only, by path.", behaviour=True)
PROJECT = Option("project", help="Volumes of this project only, by name.", behaviour=True)
TAGS = Option("tags", "map", help="Volumes with all these tags only, such as V(backup: daily).", behaviour=True)


@dataclass(frozen=True)
class Goal:
    """reached: whether a volume is where it shall be. pools: ids of the pools that may take it; empty: any.

    offering: the disk offering that it shall have from then on; None: the one it has.
    """

    reached: Callable[[Row], bool]
    pools: frozenset[str]
    offering: Row | None = None


def goal_of(run: Any) -> Goal:
    """The goal of this campaign, which its targets function has set."""
    found: Goal = run.memory["goal"]
    return found


def pending(run: Any, rows: Iterable[Row]) -> list[Row]:
    """The volumes that are not at the goal; those that no storage has yet are none of ours."""
    goal = goal_of(run)
    return [row for row in rows if row.get("storageid") and not (goal.reached(row) and row.get("state") == "Ready")]


def selected_volumes(run: Any, *, everything: bool = False) -> list[Row]:
    """The volumes that the options pick: by name, by instance, or with ``everything`` all, narrowed by the rest.

    Raises InvalidInput for a name that no volume or instance in the scope has.
    """
    zone = {key: value for key, value in scope_of(run).items() if key == "zoneid"}
    rows = {}
    for name in run.option("names") or ():
        found = _listed(run, {**zone, "id" if looks_like_id(name) else "name": name})
        rows.update(_known(found, name, "names", "volume", lambda: _listed(run, zone)))
    for name in run.option("instances") or ():
        found = _of_instance(run, zone, name)
        around = partial(of_all_owners, run.client, "listVirtualMachines", zone)
        rows.update(_known(found, name, "instances", "instance with volumes", around))
    if everything and not rows:
        rows = {row["id"]: row for row in _listed(run, zone)}
    kept = [row for row in rows.values() if _in_scope(run, row) and not is_systems(row)]
    if not kept:
        must_exist(run, ("account", "domain", "project"))
    return sorted(kept, key=lambda row: (str(row.get("vmname", "")), row.get("deviceid") or 0, str(row["name"])))


def volumes_of(run: Any, instance_id: str) -> list[Row]:
    """Every volume of an instance, whoever owns it."""
    return _listed(run, {"virtualmachineid": instance_id})


def _listed(run: Any, params: Mapping[str, Any]) -> list[Row]:
    return [row for row in of_all_owners(run.client, "listVolumes", params) if row.get("state") not in GONE]


def _of_instance(run: Any, zone: Mapping[str, Any], name: str) -> list[Row]:
    rows = of_all_owners(run.client, "listVirtualMachines", {**zone, "id" if looks_like_id(name) else "name": name})
    machines = {row["id"]: row for row in rows if name in (row["name"], row["id"])}
    if len(machines) > 1:
        raise InvalidInput(
            f"{len(machines)} instances are called {name}",
            option="instances",
            remedy="give the id: " + ", ".join(sorted(machines)),
        )
    return [row for machine in machines for row in volumes_of(run, machine)]


def _known(
    rows: Iterable[Row], name: str, option: str, noun: str, around: Callable[[], Iterable[Row]]
) -> dict[str, Row]:
    """Rows by id. Raises InvalidInput where there are none; ``around`` lists those that may have been meant."""
    found = {row["id"]: row for row in rows}
    if not found:
        raise InvalidInput(
            f"there is no {noun} {name} in the scope given",
            option=option,
            remedy=meant(name, (row["name"] for row in around()), f"check {option} and zone"),
        )
    return found


def _in_scope(run: Any, row: Row) -> bool:
    for option, fields in (
        ("volume_type", ("type",)),
        ("account", ("account",)),
        ("domain", ("domainpath", "domain", "domainid")),
        ("project", ("project", "projectid")),
    ):
        wanted = run.option(option)
        if wanted and wanted not in [row.get(field) for field in fields]:
            return False
    tags = {tag.get("key"): tag.get("value") for tag in row.get("tags") or ()}
    return all(tags.get(key) == str(value) for key, value in (run.option("tags") or {}).items())


def by_instance(run: Any, rows: Iterable[Row]) -> list[Target]:
    """A target for each instance with its volumes, and for each volume that is attached to none."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row.get("virtualmachineid") or row["id"]), []).append(row)
    attached = [key for key, members in groups.items() if members[0].get("virtualmachineid")]
    machines = dict(
        zip(attached, run.client.parallel([partial(instance_now, run, key) for key in attached]), strict=True)
    )
    # What was just read need not be read again for the plan.
    run.memory["seen"] = {key: (members, machines.get(key)) for key, members in groups.items()}
    return [_target(run, key, members, machines.get(key) or {}) for key, members in groups.items()]


def place_of(row: Row) -> tuple[str, ...]:
    """Zone, cluster, domain and account, by which targets are ordered."""
    return (
        str(row.get("zonename", "")),
        str(row.get("clustername") or ""),
        str(row.get("domainpath", "")),
        str(row.get("account") or row.get("project") or ""),
    )


def _target(run: Any, key: str, members: Sequence[Row], machine: Row) -> Target:
    first = members[0]
    attached = bool(first.get("virtualmachineid"))
    stops = machine.get("state") == "Running" and run.option("running") == "stop"
    return Target(
        id=key,
        name=str(first.get("vmname") if attached else first["name"]),
        kind="instance" if attached else "volume",
        place=place_of(first),
        host=str(machine.get("hostname") or ""),
        cluster=str(first.get("clusterid") or ""),
        interrupts=(f"instance {first.get('vmname')}",) if stops else (),
        cut=sum(int(row.get("size") or 0) for row in members) / COPIED_PER_SECOND if stops else 0.0,
        facts={"volumes": [row["id"] for row in members], "attached": attached, "zoneid": first.get("zoneid")},
    )


def volumes_now(run: Any, target: Target) -> list[Row]:
    """The target's volumes as they are now; destroyed ones are left out."""
    lists = run.client.parallel([partial(volume_now, run, key) for key in target.facts["volumes"]])
    return [row for row in lists if row is not None]


def volume_now(run: Any, volume_id: str) -> Row | None:
    for shown in ({}, {"displayvolume": False}):
        rows = of_all_owners(run.client, "listVolumes", {"id": volume_id, **shown})
        if rows:
            return None if rows[0].get("state") in GONE else dict(rows[0])
    return None


def obstacle(run: Any, rows: Sequence[Row]) -> str:
    """Why volumes must not be touched now: snapshots under way, snapshots of the instance. Empty: nothing."""
    for row in rows:
        if under_way := snapshot_under_way(run, row):
            return under_way
    machine = rows[0].get("virtualmachineid") if rows else None
    if machine and instance_snapshots(run, machine):
        return "the instance has snapshots of its own (VM snapshots), which forbid it"
    return ""


def snapshots_of(run: Any, volume: Row) -> list[Row]:
    return of_all_owners(run.client, "listSnapshots", {"volumeid": volume["id"]})


def snapshot_under_way(run: Any, volume: Row) -> str:
    """Which snapshot of a volume is not finished; empty where all are. One that is stuck is found by its name."""
    for snapshot in snapshots_of(run, volume):
        if snapshot.get("state") in BUSY_SNAPSHOTS:
            return f"a snapshot of {volume['name']} is being taken ({snapshot.get('name')} is {snapshot['state']})"
    return ""


def instance_snapshots(run: Any, instance_id: str) -> list[Row]:
    """Snapshots of a whole instance (VM snapshots)."""
    return of_all_owners(run.client, "listVMSnapshot", {"virtualmachineid": instance_id})


def is_moved_by_a_job(run: Any, target: Target) -> bool:
    """Whether a job is at the instance or its volumes; one that does not say what it is about may be."""
    ids = {target.id, *target.facts["volumes"]}
    jobs = run.client.list("listAsyncJobs", {"listall": True})
    return any(
        job.get("jobstatus") == 0
        and re.search(MOVING_JOBS, str(job.get("cmd", "")))
        and job.get("jobinstanceid", target.id) in ids
        for job in jobs
    )


def size_text(row: Row) -> str:
    return f"{int(row.get('size') or 0) / GIB:g} GB"
