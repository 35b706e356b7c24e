# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold before a store is emptied, and before an empty one may go (G4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import Any

from ..client import InvalidInput
from ..model import Row
from ..reconcile.answers import PlannedId
from .facts import busy_with, setting
from .secondary_storage_contents import IMAGE_JOBS, WRITING_JOBS, Held, gigabytes, is_complete, names

STATISTICS_WITHIN = 600.0
"""Seconds in which the server measures a new store."""
DEFAULT_THRESHOLD, DEFAULT_IMBALANCE = 0.9, 0.3


def zone_filter(store: Row) -> dict[str, str]:
    return {"zoneid": str(store["zoneid"])} if store.get("zoneid") else {}


def destinations(run: Any, source: Row) -> list[Row]:
    """The stores that take what is moved: those named, else every other writable NFS store of the zone."""
    wanted, around = run.option("destinations"), {"zone": run.option("zone")}
    if wanted:
        found = [run.view.find("image_store", value, around) for value in wanted]
        for store in found:
            _check_destination(source, store)
        return found
    rows = run.client.list("listImageStores", zone_filter(source))
    found = [row for row in rows if row["id"] != source["id"] and _is_nfs(row) and not row.get("readonly")]
    if not found:
        raise InvalidInput(
            f"there is no other writable NFS store in zone {source.get('zonename')}",
            option="destinations",
            obj=source["name"],
            remedy="add one first (module image_store), or make one writable",
        )
    return found


def _is_nfs(row: Row) -> bool:
    return str(row.get("providername", "")).upper() == "NFS"


def is_planned(row: Row) -> bool:
    """Whether a store is only going to be made by an earlier task of this run (check mode)."""
    return isinstance(row.get("id"), PlannedId)


def _check_destination(source: Row, store: Row) -> None:
    if is_planned(store):
        return
    problem = (
        "is the store that is to be emptied" if store["id"] == source["id"]
        else f"is a store of kind {store.get('providername')}; only NFS can be moved to" if not _is_nfs(store)
        else "is read-only" if store.get("readonly")
        else "lies in another zone" if store.get("zoneid") != source.get("zoneid")
        else ""
    )  # fmt: skip
    if problem:
        raise InvalidInput(
            f"image store {store['name']} {problem}",
            option="destinations",
            obj=store["name"],
            remedy="name other, writable NFS stores of the same zone",
        )


def check_source(source: Row) -> None:
    if not _is_nfs(source):
        raise InvalidInput(
            f"image store {source['name']} is of kind {source.get('providername')}",
            option="image_store",
            obj=source["name"],
            remedy="the server moves between NFS stores only; copy other stores with their own tools",
        )


def check_quiet(run: Any, source: Row, held: Sequence[Held]) -> None:
    """No job at secondary storage, every object complete, and a secondary storage VM that can do the work."""
    jobs = [job for job in busy_with(run, IMAGE_JOBS) if not (source.get("readonly") and re.match(WRITING_JOBS, job))]
    if jobs:
        raise InvalidInput(
            f"these jobs use secondary storage: {', '.join(jobs)}",
            option="image_store",
            obj=source["name"],
            remedy="wait until they have ended; new snapshots and templates go elsewhere once the store is read-only",
        )
    unfinished = [one for one in held if not one.ready]
    if unfinished:
        raise InvalidInput(
            f"{len(unfinished)} objects are not ready: "
            + ", ".join(f"{one.title} is {one.state}" for one in unfinished[:5]),
            option="image_store",
            obj=source["name"],
            remedy="wait for them, or delete what failed; a complete migration refuses otherwise",
        )
    broken = [one for one in held if one.broken]
    if broken:
        raise InvalidInput(
            f"{broken[0].title} has an incomplete copy on {broken[0].broken[0]}",
            option="destinations",
            obj=source["name"],
            remedy="let it be completed, or remove that copy; a migration would take it for a good one",
        )
    workers = run.client.list("listSystemVms", {"systemvmtype": "secondarystoragevm", **zone_filter(source)})
    if not any(row.get("state") == "Running" and row.get("agentstate") == "Up" for row in workers):
        raise InvalidInput(
            f"no secondary storage VM of zone {source.get('zonename')} is running with its agent up",
            option="image_store",
            obj=source["name"],
            remedy="bring one up first (module system_vm_refresh), since it carries the data",
        )


def check_room(run: Any, held: Sequence[Held], targets: Sequence[Row]) -> None:
    """The largest object fits somewhere, and all of them fit together, below the threshold of the server."""
    stores = _measured(run, targets)
    if stores is None:
        return
    threshold = float(setting(run, "secondary.storage.capacity.threshold") or DEFAULT_THRESHOLD)
    free = [max(0.0, row["disksizetotal"] * threshold - row["disksizeused"]) for row in stores]
    largest = max(held, key=lambda one: one.size)
    total = sum(one.size for one in held)
    if largest.size > max(free) or total > sum(free):
        what = f"{largest.title} ({gigabytes(largest.size)})" if largest.size > max(free) else "what is to be moved"
        raise InvalidInput(
            f"{what} does not fit: {gigabytes(total)} in all, and below {threshold:.0%} there is room for "
            + ", ".join(f"{gigabytes(size)} on {row['name']}" for row, size in zip(stores, free, strict=True)),
            option="destinations",
            remedy="name larger or further stores, or delete what is not needed; the server would skip it silently",
        )


def _measured(run: Any, targets: Sequence[Row]) -> list[Row] | None:
    """The stores with their sizes; new ones are waited for. None in check mode where a size is not known yet."""
    begun, pause = run.clock.monotonic(), 0.5
    ids = {row["id"] for row in targets if not is_planned(row)}
    while True:
        rows = [row for row in run.client.list("listImageStores") if row["id"] in ids]
        if len(rows) == len(targets) and all(row.get("disksizetotal") and "disksizeused" in row for row in rows):
            return rows
        if run.task.check:
            run.task.warn("a store has not been measured by the server yet, so its room was not checked")
            return None
        if run.clock.monotonic() - begun > STATISTICS_WITHIN:
            raise InvalidInput(
                f"the server has not measured {', '.join(row['name'] for row in targets)} yet",
                option="destinations",
                remedy="check that the secondary storage VM can mount them, then run again",
            )
        run.task.tell("waiting for the server to measure the image stores")
        run.clock.sleep(pause)
        pause = min(pause * 2, 10.0)


def imbalance(run: Any, stores: Sequence[Row]) -> tuple[float, float]:
    """How unevenly stores are filled, and from which value on the server levels them."""
    measured = _measured(run, stores)
    allowed = float(setting(run, "image.store.imbalance.threshold") or DEFAULT_IMBALANCE)
    if not measured:
        return 0.0, allowed
    shares = [1 - row["disksizeused"] / row["disksizetotal"] for row in measured]
    return (pstdev(shares) / fmean(shares) if fmean(shares) else 0.0), allowed


def check_system_templates(run: Any, source: Row) -> None:
    """Refuses unless the system VM templates of every hypervisor in the zone are ready on another store too.

    The server does not look at them when a store is removed; without them no system VM starts any more
    [procedures G4].
    """
    zone = zone_filter(source)
    rows = run.client.list("listTemplates", {"templatefilter": "all", "listall": True, **zone})
    kinds = {str(row["hypervisor"]) for row in run.client.list("listHosts", {"type": "Routing", **zone})}
    named = {kind: setting(run, f"router.template.{kind.lower()}") for kind in kinds}
    lost = {
        str(row["name"])
        for row in rows
        if not _is_elsewhere(row, source)
        and (is_on(row, source) or row.get("name") == named.get(str(row.get("hypervisor"))))
    }
    safe = {row.get("hypervisor") for row in rows if row.get("templatetype") == "SYSTEM" and _is_elsewhere(row, source)}
    missing = sorted(lost | {f"a system VM template for {kind}" for kind in kinds - safe})
    if missing:
        raise InvalidInput(
            f"{', '.join(missing)} is ready on no other store of zone {source.get('zonename')}",
            option="remove",
            obj=source["name"],
            remedy="bring it to another store first; without it no system VM and no virtual router starts",
        )


def is_on(row: Row, source: Row) -> bool:
    """Whether a store has a template, whole or not."""
    return any(place.get("datastoreId") == source["id"] for place in row.get("downloaddetails") or ())


def _is_elsewhere(row: Row, source: Row) -> bool:
    places = row.get("downloaddetails") or ()
    return any(
        place.get("datastoreRole") == "Image" and place.get("datastoreId") != source["id"] and is_complete(place)
        for place in places
    )


def summary_of(held: Sequence[Held]) -> list[dict[str, Any]]:
    """For the result: what is to be moved."""
    return [{"kind": one.kind, "id": one.id, "name": one.name, "size": one.size} for one in held]


def refusal_text(left: Sequence[Held], message: str) -> str:
    return f"{len(left)} objects stay ({names(left)})" + (f"; the server says: {message}" if message else "")
