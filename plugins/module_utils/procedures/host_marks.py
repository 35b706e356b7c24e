# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ran on a host before it was emptied, written at the machines themselves: the server forgets it.

A run may be cut off, and whoever brings the host back may sit elsewhere: the cloud is where both look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ..model import Row
from .remarks import remark, remarks, take_away

Entry = dict[str, Any]
"""id, name, kind; ``stopped`` where it was stopped because it could not move."""
SERVER_NAMES = {
    "instance": "VM", "virtual router": "VR", "internal load balancer": "VR", "system VM": "SYSTEM_VM",
}  # fmt: skip
"""What the server calls the object of a remark, by the kinds of hosts.RESIDENTS."""
_TEXT = re.compile(
    rf"cloudstack\.ops: (?P<kind>{'|'.join(SERVER_NAMES)}) (?P<name>.*) ran on host \S+ before its maintenance"
    r"(?P<stopped>, and was stopped for it)?"
)


class HostMarks:
    """Machines by the host that they belong to."""

    def __init__(self, run: Any) -> None:
        self._run = run

    def of(self, host_id: str) -> list[Entry]:
        """What belongs to a host, in the order of kinds and names."""
        found: dict[str, Entry] = {}
        for match, row in self._read(host_id):
            machine = {"id": str(row["entityid"]), "name": match["name"], "kind": match["kind"]}
            entry = found.setdefault(machine["id"], machine)
            if match["stopped"]:
                entry["stopped"] = True
        return sorted(found.values(), key=lambda entry: (entry["kind"], entry["name"]))

    def begin(self, host_id: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Adds what runs on a host that is about to be emptied.

        What ran before a maintenance that somebody has ended since without this collection is forgotten first.
        """
        asked = {"type": "MAINT.CANCEL", "resourcetype": "Host", "resourceid": host_id, "listall": True}
        events = self._run.client.list("listEvents", asked)
        # Servers that do not know the filter tell of all hosts.
        ended = max((str(row["created"]) for row in events if row.get("resourceid") == host_id), default="")
        self._forget(row for _match, row in self._read(host_id) if str(row.get("created")) < ended)
        self.note(host_id, rows)

    def note(self, host_id: str, rows: Iterable[Mapping[str, Any]], *, stopped: bool = False) -> None:
        """Adds machines; what is known already stays, because a second run finds only what the first one left."""
        known = {str(row["entityid"]) for match, row in self._read(host_id) if match["stopped"] or not stopped}
        self._run.client.parallel([partial(self._add, host_id, row, stopped) for row in rows if row["id"] not in known])

    def forget(self, host_id: str) -> None:
        self._forget(row for _match, row in self._read(host_id))

    def _read(self, host_id: str) -> list[tuple[re.Match[str], Row]]:
        found = []
        for row in remarks(self._run, f"ran on host {host_id} before its maintenance"):
            match = _TEXT.fullmatch(str(row.get("annotation")))
            if match:
                found.append((match, row))
        return found

    def _add(self, host_id: str, row: Mapping[str, Any], stopped: bool) -> None:
        why = ", and was stopped for it" if stopped else ""
        text = f"cloudstack.ops: {row['kind']} {row['name']} ran on host {host_id} before its maintenance{why}"
        remark(self._run, SERVER_NAMES[row["kind"]], row, text)

    def _forget(self, rows: Iterable[Row]) -> None:
        self._run.client.parallel([partial(take_away, self._run, str(row["id"])) for row in rows])
