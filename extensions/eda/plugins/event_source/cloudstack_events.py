# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source for ansible-rulebook: new events and alerts of a cloud, by asking for them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

try:
    from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
        Client,
        CloudStackError,
        Unauthorized,
        load_connection,
    )
except ImportError:
    # ansible-rulebook runs this file alone; the collection around it is not on its path.
    _above = Path(__file__).absolute().parents[7]
    sys.path.append(str(_above))
    if "ansible_collections" in sys.modules:
        sys.modules["ansible_collections"].__path__.append(str(_above / "ansible_collections"))
    from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
        Client,
        CloudStackError,
        Unauthorized,
        load_connection,
    )

DOCUMENTATION = r"""
short_description: New events and alerts of a CloudStack cloud
description:
  - Asks the management server for events and alerts that have come since the last time, and passes each on once.
  - Where it got to is kept in a file, so that a restart neither loses nor repeats anything.
  - An unreachable server is asked again, more and more seldom; what happened meanwhile comes later.
options:
  api_url:
    description: URL of the API. This and all other connection settings, such as api_key and api_secret, have the names
      of the modules' options, and may stand in the environment instead (CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY ...).
    type: str
  state_file:
    description: Where it is kept how far this source has got. Each source needs a file of its own.
    type: path
    required: true
  interval:
    description: Seconds between two questions.
    type: float
    default: 10
  kinds:
    description: What to ask for, C(event), C(alert) or both.
    type: list
    elements: str
    default: [event, alert]
  types:
    description: Only events of these types and alerts of these names; patterns such as C(HOST.*).
    type: list
    elements: str
  since:
    description: Minutes to look back at the very first start.
    type: float
    default: 0
"""
EXAMPLES = r"""
- cloudstack.ops.cloudstack_events:
    api_url: https://cloud.example.com/client/api
    api_key: "{{ cloud_key }}"
    api_secret: "{{ cloud_secret }}"
    state_file: /var/lib/eda/cloud.json
    types: ["ALERT.*", "HOST.*"]
"""

FORM = "%Y-%m-%dT%H:%M:%S%z"
OVERLAP = timedelta(seconds=120)
"""Events are told with the moment of their beginning and may be written later; so far back it is asked again."""
SELDOM = 8
"""So many times its interval waits a source at most for a server that is away."""
PAGE = 100
KINDS = ("event", "alert")
_log = logging.getLogger(__name__)


@dataclass
class Place:
    """How far one kind was read: its newest moment, and the ids passed on of what may be told again."""

    upto: datetime
    passed: dict[str, datetime] = field(default_factory=dict)

    @property
    def begin(self) -> datetime:
        return self.upto - OVERLAP

    def note(self, ident: str, moment: datetime) -> None:
        self.upto = max(self.upto, moment)
        self.passed[ident] = moment
        self.passed = {known: at for known, at in self.passed.items() if at >= self.begin}


class Journal:
    """The places of all kinds, in a file that is always whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.places: dict[str, Place] = {}
        with contextlib.suppress(FileNotFoundError):
            for kind, told in json.loads(path.read_text(encoding="utf-8")).items():
                passed = {ident: _moment(at) for ident, at in told["passed"].items()}
                self.places[kind] = Place(_moment(told["upto"]), passed)

    def write(self) -> None:
        told = {
            kind: {
                "upto": place.upto.strftime(FORM),
                "passed": {ident: at.strftime(FORM) for ident, at in place.passed.items()},
            }
            for kind, place in self.places.items()
        }
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(told), encoding="utf-8")
        fresh.replace(self._path)


class Source:
    """Questions to one cloud. ``look`` gives what is new, the oldest first; ``journal`` remembers."""

    def __init__(self, client: Any, journal: Journal, kinds: Sequence[str], types: Sequence[str]) -> None:
        self._client = client
        self.journal = journal
        self._kinds = kinds
        self._types = types

    def begin(self, since: timedelta) -> None:
        """Where nothing was read yet: from now on, or from so long ago. Raises CloudStackError.

        By the server's clock, not by ours: it is later than its newest row, and what is there is passed over.
        """
        fresh = [kind for kind in self._kinds if kind not in self.journal.places]
        for kind in fresh:
            command, name, at = (
                ("listEvents", "event", "created") if kind == "event" else ("listAlerts", "alert", "sent")
            )
            asked = {"listall": True} if kind == "event" else {}
            rows = self._client.call(command, {**asked, "page": 1, "pagesize": 1}).get(name) or []
            newest = max((_moment(row[at]) for row in rows), default=datetime.fromtimestamp(0, UTC))
            start = max(newest, datetime.now(UTC)) - since + OVERLAP if since else newest
            self.journal.places[kind] = Place(start)
        if fresh and not since:
            for kind, row, moment in self.look():
                if kind in fresh:
                    self.journal.places[kind].note(row["id"], moment)
        if fresh:
            self.journal.write()

    def look(self) -> list[tuple[str, dict[str, Any], datetime]]:
        """(kind, row, moment) of all that is new. Raises CloudStackError."""
        found = []
        for kind in self._kinds:
            place = self.journal.places[kind]
            rows = self._events(place) if kind == "event" else self._alerts(place)
            for row in rows:
                moment = _moment(row["created" if kind == "event" else "sent"])
                if moment >= place.begin and row["id"] not in place.passed and self._wanted(kind, row):
                    found.append((kind, row, moment))
        return sorted(found, key=lambda one: one[2])

    def _events(self, place: Place) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._client.list(
            "listEvents", {"startdate": place.begin.strftime(FORM), "listall": True}
        )
        return rows

    def _alerts(self, place: Place) -> Iterator[dict[str, Any]]:
        """Alerts cannot be asked for by time; the newest come first, so pages are read until they are old."""
        page = 1
        while True:
            rows = self._client.call("listAlerts", {"page": page, "pagesize": PAGE}).get("alert") or []
            yield from rows
            if len(rows) < PAGE or _moment(rows[-1]["sent"]) < place.begin:
                return
            page += 1

    def _wanted(self, kind: str, row: Mapping[str, Any]) -> bool:
        name = str(row.get("type" if kind == "event" else "name", ""))
        return not self._types or any(fnmatchcase(name, pattern) for pattern in self._types)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, FORM)


def _told(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """An event as rules see it: ``event.cloudstack.type``, ``event.cloudstack.description`` ..."""
    names = {
        "id": "id", "type": "type", "level": "level", "state": "state", "description": "description",
        "account": "account", "domainpath": "domain", "resourceid": "resource_id", "resourcetype": "resource_type",
        "resourcename": "resource_name", "created": "created", "sent": "created", "name": "name", "zonename": "zone",
        "podname": "pod",
    }  # fmt: skip
    told = {names[key]: value for key, value in row.items() if key in names}
    # Alerts have numbers for types; a rule that compares with the name of an event's type must not stumble over them.
    return {"cloudstack": {"kind": kind, **told, "type": str(told.get("type", ""))}}


def _checked(args: Mapping[str, Any]) -> tuple[Path, float, list[str], list[str]]:
    """state_file, interval, kinds and types. Raises ValueError that names the argument and the remedy."""
    if not args.get("state_file"):
        raise ValueError("cloudstack_events: state_file is missing; give a file that this source alone uses")
    path = Path(args["state_file"]).expanduser()
    if not path.parent.is_dir():
        raise ValueError(f"cloudstack_events: state_file: the folder {path.parent} does not exist; create it")
    interval = float(args.get("interval", 10))
    if interval <= 0:
        raise ValueError("cloudstack_events: interval must be more than 0 seconds")
    kinds = list(args.get("kinds") or KINDS)
    if set(kinds) - set(KINDS):
        raise ValueError(f"cloudstack_events: kinds are {' and '.join(KINDS)}, not {kinds}")
    return path, interval, kinds, list(args.get("types") or [])


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Entry point of ansible-rulebook: puts into the queue until it is cancelled."""
    path, interval, kinds, types = _checked(args)
    journal, since = Journal(path), timedelta(minutes=float(args.get("since", 0)))
    with Client(load_connection(args, os.environ)) as client:
        source, pause, was_heard = Source(client, journal, kinds, types), interval, False
        while True:
            try:
                await asyncio.to_thread(source.begin, since)
                found = await asyncio.to_thread(source.look)
                pause, was_heard = interval, True
            except CloudStackError as error:
                if isinstance(error, Unauthorized) and not was_heard:
                    raise  # wrong keys do not become right by asking again
                _log.warning("no events could be read, asking again in %.0f s: %s", pause, error)
                found, pause = [], min(pause * 2, interval * SELDOM)
            for kind, row, moment in found:
                await queue.put(_told(kind, row))
                # Noted after it was handed over: killed in between it comes twice, but never not at all.
                journal.places[kind].note(row["id"], moment)
                journal.write()
            await asyncio.sleep(pause)
