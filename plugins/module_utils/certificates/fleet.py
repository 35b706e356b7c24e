# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which system VMs serve which certificate, and waiting until all serve the wanted one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..client import InvalidInput
from .bundle import Bundle
from .probe import WANTED, Served, UnreachableError, look

UNKNOWN = "unknown"
_PAUSE = 5.0
"""Seconds between two rounds of looking."""
_UP_SOON = ("Running", "Starting", "Stopping")
"""States in which an upload leaves system VMs: while it waits, nobody may be missed because he reboots."""


@dataclass(frozen=True)
class Sight:
    """A system VM and what it serves. ``served`` is None where nobody answered; ``detail`` says why.

    refused: it is there, but nothing listens on the port.
    """

    row: Mapping[str, Any]
    address: str
    state: str
    served: Served | None = None
    detail: str = ""
    refused: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """What results show of it."""
        known = {
            "name": self.row.get("name"),
            "id": self.row.get("id"),
            "type": self.row.get("systemvmtype"),
            "zone": self.row.get("zonename"),
            "address": self.address,
            "state": self.state,
        }
        served = self.served.facts if self.served else {}
        return {**known, **served, **({"detail": self.detail} if self.detail else {})}

    def __str__(self) -> str:
        return f"{self.row.get('name')} ({self.detail or self.state})"


class Fleet:
    """All running system VMs, where to look for them, and what they serve.

    field: of the row, the address to look at (``publicip`` or ``privateip``). addresses: overrides by name or
    address, ``host:port``. port: where it isn't overridden.
    """

    def __init__(
        self, client: Any, bundle: Bundle, *, field: str, addresses: Mapping[str, str], port: int, load_balanced: bool
    ) -> None:
        self._client = client
        self._bundle = bundle
        self._field = field
        self._addresses = {name: split_address(address) for name, address in addresses.items()}
        self._port = port
        self._load_balanced = load_balanced

    def look(self, states: Sequence[str] = ("Running",)) -> list[Sight]:
        """What every system VM in one of the states serves right now."""
        rows = [row for row in self._client.list("listSystemVms") if row.get("state") in states]
        rows.sort(key=lambda row: str(row.get("name")))
        return self._client.parallel([partial(self.sight, row) for row in rows])

    def sight(self, row: Mapping[str, Any]) -> Sight:
        """What one system VM serves right now, by its row."""
        if row.get("state") != "Running":
            return Sight(row, "", UNKNOWN, detail=f"is {row.get('state')}")
        host, port = self.place(row)
        if not host:
            return Sight(row, "", UNKNOWN, detail="it has no such address")
        name = self._bundle.domain
        if not self._load_balanced:
            name = f"{str(row.get('publicip', host)).replace('.', '-').replace(':', '-')}.{name}"
        try:
            served = look(host, port, name)
        except UnreachableError as error:
            return Sight(row, f"{host}:{port}", UNKNOWN, detail=error.message, refused=error.refused)
        return Sight(row, f"{host}:{port}", served.state(self._bundle), served)

    def place(self, row: Mapping[str, Any]) -> tuple[str, int]:
        """Where the certificate of a system VM is looked at; an empty host if it has no such address."""
        for key in (row.get("name"), row.get("id"), row.get("publicip"), row.get("privateip")):
            if key in self._addresses:
                return self._addresses[key]
        return str(row.get(self._field) or ""), self._port

    def wait(self, task: Any, kinds: Sequence[tuple[str, str]], timeout: float) -> list[Sight]:
        """Looks until all serve the wanted certificate or the time is over; the last sights either way.

        kinds: zone and type of every VM that ran before, of each of which one must run again.
        """
        clock = task.clock
        end = clock.monotonic() + timeout
        while True:
            sights = self.look(_UP_SOON)
            if done(sights, kinds) or clock.monotonic() >= end:
                return sights
            waiting = [str(sight) for sight in sights if sight.state != WANTED]
            task.tell(f"waiting for {', '.join(waiting) or 'system VMs to come back'}")
            clock.sleep(_PAUSE)


def kinds_of(sights: Sequence[Sight]) -> list[tuple[str, str]]:
    """Zone and type of each, once for each VM."""
    return sorted((str(sight.row.get("zoneid")), str(sight.row.get("systemvmtype"))) for sight in sights)


def done(sights: Sequence[Sight], kinds: Sequence[tuple[str, str]]) -> bool:
    """Whether every running VM serves the wanted certificate, and none of the kinds is missing."""
    running = set(kinds_of(sights))
    return set(kinds) <= running and all(sight.state == WANTED for sight in sights)


def split_address(text: str, option: str = "probe_addresses") -> tuple[str, int]:
    """``host:port`` or ``[host]:port``."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65536 or not host.strip("[]"):
        raise InvalidInput(
            f"{text!r} is no address with a port",
            option=option,
            value=text,
            remedy="give host:port, 203.0.113.7:443 for example",
        )
    return host.strip("[]"), int(port)
