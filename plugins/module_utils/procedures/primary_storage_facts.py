# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storage pools as targets: which are meant, how they stand now, who lives on them, how much room is left."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

from ..campaign import Target
from ..client import ApiError, InvalidInput, of_all_owners
from ..model import Option, Row
from .facts import scope_of, setting
from .scope_names import meant
from .volume_marks import Marks

POOLS = Option("names", "list", help="Names of the storage pools.", required=True, aliases=("name",), behaviour=True)
STORAGE_JOBS = r"(Snapshot|MigrateV\w+|AttachVolume|DetachVolume|ResizeVolume|DeployV\w+|StartV\w+|RestoreV\w+)\w*Cmd"
"""Jobs that use primary storage, by the class name that listAsyncJobs tells."""
SYSTEM_TYPES = ("ConsoleProxy", "SecondaryStorageVm", "DomainRouter", "InternalLoadBalancerVm")
GONE = ("Destroy", "Destroyed", "Expunging", "Expunged")
IN_MAINTENANCE = ("PrepareForMaintenance", "Maintenance", "ErrorInMaintenance", "CancelMaintenance")
DEFAULT_ALLOCATED = 0.85


def marks_of_pool(run: Any, pool_id: str) -> Marks:
    """Instances that ran from a pool before its maintenance."""
    return Marks(run, f"after maintenance of storage pool {pool_id}")


def named_pools(run: Any) -> list[Row]:
    """The pools that the option ``names`` names. Raises InvalidInput for a name that nobody or more than one has."""
    rows = run.client.list("listStoragePools", scope_of(run))
    found = []
    for name in dict.fromkeys(run.option("names")):
        same = [row for row in rows if name in (row["name"], row["id"])]
        if len(same) != 1:
            ids = "give the id: " + ", ".join(row["id"] for row in same)
            known = (row["name"] for row in rows)
            what = f"{len(same)} storage pools are called" if same else "there is no storage pool"
            raise InvalidInput(
                f"{what} {name} in the scope given",
                option="names",
                remedy=ids if same else meant(name, known, "check names and zone"),
            )
        found.append(same[0])
    return found


def pool_target(row: Row, interrupts: Sequence[str] = ()) -> Target:
    """Pools of one cluster, and those of a whole zone, are worked one after the other: the server insists on it."""
    area = str(row.get("clusterid") or row.get("zoneid", ""))
    return Target(
        id=row["id"],
        name=row["name"],
        kind="storage pool",
        place=(str(row.get("zonename", "")), str(row.get("podname") or ""), str(row.get("clustername") or "")),
        cluster=str(row.get("clusterid") or ""),
        pair=area,
        interrupts=tuple(interrupts),
        facts=row,
    )


def pool_now(run: Any, target: Target) -> Row:
    rows = run.client.list("listStoragePools", {"id": target.id})
    if not rows:
        raise ApiError("the storage pool is gone", obj=target.title, remedy="somebody removed it meanwhile")
    found: Row = rows[0]
    return found


def volumes_on(run: Any, pool_id: str, gone: Collection[str] = GONE) -> list[Row]:
    """Every volume on a pool that is not destroyed: of accounts, of projects, hidden ones, of system VMs.

    gone: states of those that are left out.
    """
    on_pool = {"storageid": pool_id}
    asked = [
        partial(of_all_owners, run.client, "listVolumes", {**on_pool, **shown})
        for shown in ({}, {"displayvolume": False})
    ]
    of_systems = partial(run.client.list, "listVolumes", {**on_pool, "listall": True, "listsystemvms": True})
    lists = run.client.parallel([*asked, of_systems])
    rows = {row["id"]: row for rows in lists for row in rows if row.get("state") not in gone}
    return sorted(rows.values(), key=lambda row: (str(row.get("vmname", "")), str(row["name"])))


def is_systems(row: Row) -> bool:
    """Whether a volume is that of a system VM or router."""
    return row.get("vmtype") in SYSTEM_TYPES


def running_instances(volumes: Iterable[Row]) -> list[Row]:
    """The instances of users that run with any of the volumes: id and name."""
    found = {
        str(row["virtualmachineid"]): str(row.get("vmname", ""))
        for row in volumes
        if row.get("virtualmachineid") and not is_systems(row) and row.get("vmstate") in ("Running", "Starting")
    }
    return [{"id": key, "name": name} for key, name in sorted(found.items(), key=lambda item: item[1])]


def running_system_vms(volumes: Iterable[Row]) -> list[str]:
    return sorted({str(row.get("vmname")) for row in volumes if is_systems(row) and row.get("vmstate") == "Running"})


def jobs_on(run: Any, volumes: Iterable[Row]) -> list[str]:
    """Running jobs at volumes, their instances or snapshots. A job that does not say what it is about counts too."""
    here = {str(row[field]) for row in volumes for field in ("id", "virtualmachineid") if row.get(field)}
    jobs = [
        job for job in run.client.list("listAsyncJobs", {"listall": True})
        if job.get("jobstatus") == 0 and re.search(STORAGE_JOBS, str(job.get("cmd", "")))
    ]  # fmt: skip
    at = run.client.parallel([partial(_object_of, run, job) for job in jobs])
    return sorted(
        {str(job["cmd"]).rpartition(".")[2] for job, key in zip(jobs, at, strict=True) if not key or key in here}
    )


def _object_of(run: Any, job: Row) -> str:
    """Id of the volume or instance that a job is about: of a snapshot, its volume. Empty: unknown."""
    key = str(job.get("jobinstanceid") or "")
    if not key or job.get("jobinstancetype") != "Snapshot":
        return key
    rows = of_all_owners(run.client, "listSnapshots", {"id": key})
    return str(rows[0].get("volumeid") or "") if rows else ""


def must_be_as_planned(run: Any, target: Target, now: Sequence[Row], planned: Sequence[Row]) -> None:
    """Raises ApiError where jobs use a pool, or instances run from one of which nobody was told when it was planned."""
    jobs = jobs_on(run, now)
    if jobs:
        raise ApiError(f"{', '.join(jobs)} use it now", obj=target.title, remedy="wait for them, then run again")
    running = running_instances(now)
    if running and not running_instances(planned):
        names = ", ".join(instance["name"] for instance in running[:5])
        raise ApiError(
            f"{names} run from it since it was planned, and would be stopped",
            obj=target.title,
            remedy="run again to see and confirm them",
        )


def free_bytes(run: Any, row: Row) -> float:
    """What may still be promised on a pool below the server's threshold; no limit where its size is unknown."""
    total = float(row.get("disksizetotal") or 0)
    if not total:
        return float("inf")
    threshold = float(setting(run, "pool.storage.allocated.capacity.disablethreshold") or DEFAULT_ALLOCATED)
    factor = float(row.get("overprovisionfactor") or 1)
    return max(0.0, total * factor * threshold - float(row.get("disksizeallocated") or 0))
