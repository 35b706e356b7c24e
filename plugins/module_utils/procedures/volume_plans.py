# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of moving volumes: a place for each, so that all fit together; what cannot be moved is refused early."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..campaign import BLOCKED, DUE, Standing, Target
from ..client import ApiError, InvalidInput
from ..model import Row
from .facts import setting
from .secondary_storage_contents import gigabytes
from .volume_destinations import choose, destination_host, room
from .volume_facts import goal_of, pending
from .volume_moves import judged, marks_of

DEFAULT_THRESHOLD = 0.9


def standings(run: Any, targets: Sequence[Target]) -> list[Standing]:
    """How all targets stand; those due get their places one after the other, so that together they fit."""
    seen, marked = run.memory["seen"], marks_of(run).read()
    questions = [partial(judged, run, target, *seen[target.id], marked=target.id in marked) for target in targets]
    found = run.client.parallel(questions)
    run.memory.update(places={}, room={}, offline=0)
    return [_placed(run, target, one) if one.state == DUE else one for target, one in zip(targets, found, strict=True)]


def _placed(run: Any, target: Target, due: Standing) -> Standing:
    """The standing with the places of its volumes, or why there is none."""
    members, machine = run.memory["seen"][target.id]
    rows = pending(run, members)
    live = machine is not None and machine.get("state") == "Running" and run.option("running") == "live"
    if live and goal_of(run).offering:
        return Standing(
            BLOCKED, "the offering of a volume cannot be changed while the instance runs; set running: stop"
        )
    try:
        if live and machine is not None and machine.get("hypervisor") == "KVM" and rows:
            destination_host(run, machine)
        places = _take(run, rows)
    except (ApiError, InvalidInput) as error:
        return Standing(BLOCKED, str(error.message))
    if not rows:
        return due
    largest = 0 if live else max(int(row.get("size") or 0) for row in rows)
    run.memory["offline"] = max(run.memory["offline"], largest)
    return Standing(DUE, f"{due.reason}; to {', '.join(sorted({pool['name'] for pool in places}))}")


def _take(run: Any, rows: Sequence[Row]) -> list[Row]:
    """A place for each of the volumes, with its room taken; all of them, or none and the error."""
    before, places = dict(run.memory["room"]), []
    for row in rows:
        try:
            pool = choose(run, row)
        except InvalidInput:
            run.memory["room"] = before
            raise
        run.memory["room"][pool["id"]] = room(run, pool) - int(row.get("size") or 0)
        run.memory["places"][row["id"]] = pool
        places.append(pool)
    return places


def check_secondary_storage(run: Any, zones: Sequence[str]) -> None:
    """Volumes at rest are copied through secondary storage; a full one has cost data before [procedures C5]."""
    largest = run.memory["offline"]
    if not largest:
        return
    threshold = float(setting(run, "secondary.storage.capacity.threshold") or DEFAULT_THRESHOLD)
    for zone in zones:
        stores = [
            row for row in run.client.list("listImageStores", {"zoneid": zone})
            if not row.get("readonly") and row.get("disksizetotal") and row.get("disksizeused") is not None
        ]  # fmt: skip
        if stores and not any(row["disksizeused"] + largest <= row["disksizetotal"] * threshold for row in stores):
            raise InvalidInput(
                f"no secondary storage of the zone has room for {gigabytes(largest)} below {threshold:.0%}",
                option="running",
                remedy="make room first: volumes at rest are copied through it, and are lost if it runs full",
            )


def refuse_blocked(run: Any) -> None:
    """Nothing is touched while anything could not be moved, unless ``partial`` says so."""
    blocked = [entry for entry in run.timeline.entries.values() if entry.state == "skipped"]
    run.notes["refused"] = [f"{entry.target.title}: {entry.reason}" for entry in blocked]
    if blocked and not run.option("partial"):
        raise InvalidInput(
            f"{len(blocked)} target{'s' * (len(blocked) > 1)} cannot be worked on: "
            + "; ".join(run.notes["refused"][:5]),
            option="partial",
            remedy="mend that first, or set partial to go on with the rest",
        )
