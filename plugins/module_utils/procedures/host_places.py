# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where what runs on a host may go: what the server calls suitable, and whether there is room for all of it at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..client import ApiError
from ..model import Row
from .hosts import resident_now, titled

MIB = 1 << 20


@dataclass
class Room:
    """What a host has left: MHz and bytes, as the server counts them with overprovisioning."""

    name: str
    cpu: float
    memory: float

    def takes(self, need: Need) -> bool:
        return self.cpu >= need.cpu and self.memory >= need.memory


@dataclass(frozen=True)
class Need:
    """What a machine takes up: MHz and bytes."""

    cpu: float
    memory: float


@dataclass(frozen=True)
class Move:
    """A machine and the host that it is planned to go to; ``why_not`` where no host takes it."""

    row: Row
    to: str = ""
    why_not: str = ""

    def as_dict(self, leaves: str) -> dict[str, str]:
        told = {"name": self.row["name"], "kind": self.row["kind"], "id": self.row["id"], "from": leaves}
        return {**told, "stopped": self.why_not} if self.why_not else {**told, "to": self.to}


def room_of(row: Row) -> Room:
    def number(field: str) -> float:
        return float(row.get(field) or 0)

    memory = number("memorywithoverprovisioning") or number("memorytotal")
    return Room(
        str(row["name"]),
        number("cpuwithoverprovisioning") - number("cpuallocatedvalue"),
        memory - number("memoryallocatedbytes"),
    )


def suitable(run: Any, row: Row, leaving: Collection[str]) -> tuple[list[Row], str]:
    """(hosts that can take a running machine as it is, why there is none).

    leaving: ids of hosts that are being emptied too.
    """
    if row.get("gpucount") or row.get("gpucardname") or row.get("vgpu"):
        return [], "it has a GPU, which cannot move"
    rows = run.client.list("findHostsForMigration", {"virtualmachineid": row["id"]})
    able = [host for host in rows if host.get("suitableformigration") and host.get("resourcestate") == "Enabled"]
    staying = [host for host in able if host["id"] not in leaving]
    fitting = [host for host in staying if not host.get("requiresStorageMotion")]
    if fitting:
        return fitting, ""
    if staying:
        return [], "its disks would have to move too"
    if able:
        return [], "only hosts that are emptied as well could take it"
    return [], "no other host takes it: too full, other tags, an affinity group, or storage out of reach"


def _suitable_unless_gone(run: Any, row: Row, leaving: Collection[str]) -> tuple[list[Row], str]:
    """No host and no reason for a machine that stopped or went to another host since it was listed."""
    try:
        return suitable(run, row, leaving)
    except ApiError as error:
        now = resident_now(run, row["kind"], row["id"])
        if now is not None and now.get("state") == "Running" and now.get("hostid") == row.get("hostid"):
            return [], f"the server says: {error.server_text or error.message}"
        return [], ""


def plan_moves(run: Any, rows: Sequence[Row], leaving: Collection[str], rooms: dict[str, Room]) -> list[Move]:
    """A place for each machine that runs, the largest first; ``rooms`` (by host id) shrink with what they take in."""
    found = run.client.parallel([partial(_suitable_unless_gone, run, row, leaving) for row in rows])
    needs = needs_of(run, rows)
    moves: dict[str, Move] = {}
    for row, (hosts, why) in sorted(zip(rows, found, strict=True), key=lambda pair: -needs[pair[0]["id"]].memory):
        if not hosts and not why:
            moves[row["id"]] = Move(row)
            continue
        need = needs[row["id"]]
        for host in hosts:
            rooms.setdefault(host["id"], room_of(host))
        roomy = [rooms[host["id"]] for host in hosts if rooms[host["id"]].takes(need)]
        if not roomy:
            full = "with all the others, the other hosts have no room for it"
            moves[row["id"]] = Move(row, why_not=why or full)
            continue
        best = max(roomy, key=lambda room: room.memory)
        best.cpu -= need.cpu
        best.memory -= need.memory
        moves[row["id"]] = Move(row, to=best.name)
    return [moves[row["id"]] for row in rows]


def needs_of(run: Any, rows: Iterable[Row]) -> dict[str, Need]:
    """By id. Instances tell their size; of the server's own machines the offering does."""
    kept = list(rows)
    offerings: dict[str, Row] = {}
    if any(row["kind"] != "instance" for row in kept):
        offerings = {row["id"]: row for row in run.client.list("listServiceOfferings", {"issystem": True})}
    return {row["id"]: _need(row, offerings.get(str(row.get("serviceofferingid")), {})) for row in kept}


def _need(row: Row, offering: Row) -> Need:
    told = row if row["kind"] == "instance" else offering
    cpu = float(told.get("cpunumber") or 0) * float(told.get("cpuspeed") or 0)
    return Need(cpu, float(told.get("memory") or 0) * MIB)


def unmovable(moves: Iterable[Move]) -> list[str]:
    """What cannot move and why, for people."""
    return [f"{titled(move.row)}: {move.why_not}" for move in moves if move.why_not]
