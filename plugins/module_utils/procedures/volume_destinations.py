# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where volumes may go: what the server calls suitable, and whether there is room for all of them at once."""

from __future__ import annotations

from typing import Any

from ..client import ApiError, InvalidInput
from ..model import Row
from .primary_storage_facts import free_bytes
from .secondary_storage_contents import gigabytes
from .volume_facts import goal_of, size_text


def place_for(run: Any, row: Row) -> Row:
    """The place that was planned, or a new one where the plan knows none."""
    return run.memory["places"].get(row["id"]) or choose(run, row)


def room(run: Any, pool: Row) -> float:
    """Bytes that a pool has left after what is planned already."""
    rooms: dict[str, float] = run.memory["room"]
    if pool["id"] not in rooms:
        rooms[pool["id"]] = free_bytes(run, pool)
    return rooms[pool["id"]]


def choose(run: Any, row: Row) -> Row:
    """The suitable pool with the most room left after what is planned already. Raises InvalidInput if there is none."""
    goal = goal_of(run)
    if row.get("storageid") in goal.pools:
        raise InvalidInput(
            f"{row['name']} lies on {row.get('storage')} already, with another offering",
            obj=str(row["name"]),
            remedy="use volume_offering_change",
        )
    rows = run.client.list("findStoragePoolsForMigration", {"id": row["id"]})
    wanted = [pool for pool in rows if not goal.pools or pool["id"] in goal.pools]
    fit = [pool for pool in wanted if _suits(pool, goal.offering)]
    roomy = [pool for pool in fit if room(run, pool) >= int(row.get("size") or 0)]
    if roomy:
        return max(roomy, key=lambda pool: (room(run, pool), pool["name"]))
    if fit:
        why = ", ".join(f"{pool['name']} has room for {gigabytes(room(run, pool))}" for pool in fit)
    elif wanted:
        why = f"{', '.join(pool['name'] for pool in wanted)} does not suit its offering or has no room"
    else:
        why = "none of the pools asked for can be reached" if goal.pools else "there is no other pool"
    raise InvalidInput(
        f"{row['name']} ({size_text(row)}) finds no place: {why}",
        obj=str(row["name"]),
        remedy="check tags and room of the pools, or give disk_offering for another offering",
    )


def _suits(pool: Row, offering: Row | None) -> bool:
    """The server judges by the offering that the volume has; with a new one its tags decide."""
    if offering is None:
        return bool(pool.get("suitableformigration"))
    tags = set(str(offering.get("tags") or "").split(",")) - {""}
    return tags <= set(str(pool.get("tags") or "").split(","))


def destination_host(run: Any, machine: Row) -> Row:
    """The host with the most memory left of those that the server calls suitable."""
    rows = run.client.list("findHostsForMigration", {"virtualmachineid": machine["id"]})
    fit = [row for row in rows if row.get("suitableformigration")]
    if not fit:
        raise ApiError(
            "no other host can take it, which moving its volumes live needs",
            obj=f"instance {machine['name']}",
            remedy="free a host of its cluster, or set running to stop",
        )
    found: Row = min(fit, key=lambda row: int(row.get("memoryallocatedbytes") or row.get("memoryallocated") or 0))
    return found
