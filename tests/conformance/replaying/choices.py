"""Where the server picks at random (a host, a pool, an address), a replay picks what the recorded server picked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from .matching import Bindings
from .recordings import Exchange, areas, load

LOOK_AHEAD = 60
FIELDS = {"host": "hostid", "pool": "storageid"}
"""What is chosen → the field of the object's answer that shows it."""


@cache
def clean_hosts() -> tuple[str, ...]:
    """Recorded ids of the clean zone's hypervisor hosts, oldest first."""
    for area in areas():
        for exchange in load(area):
            rows = (exchange.content or {}).get("host", []) if exchange.command == "listHosts" else []
            ids = [row["id"] for row in rows if isinstance(row, dict) and row.get("type") == "Routing"]
            if len(ids) == 4:
                return tuple(ids)
    return ()


@cache
def clean_system_vms() -> dict[str, str]:
    """{name: recorded id of its host} of the clean zone's system VMs."""
    found: dict[str, str] = {}
    for area in areas():
        for exchange in load(area):
            if exchange.command == "listSystemVms" and isinstance(exchange.content, dict):
                for row in exchange.content.get("systemvm", []):
                    found.setdefault(row["name"], row.get("hostid", ""))
    return found


class Choices:
    """Chooses for one replay: `at` is the number of the call that is being replayed (0 while the zone is built)."""

    def __init__(self, calls: tuple[Exchange, ...], bindings: Bindings) -> None:
        self.calls = calls
        self.bindings = bindings
        self.at = 0

    def __call__(self, what: str, candidates: Sequence[Any], **about: Any) -> Any:
        if self.at == 0:
            return self._while_building(what, candidates, about)
        subject = next((row for row in about.values() if hasattr(row, "uuid")), None)
        if what in FIELDS and subject is not None:
            wanted = self._recorded_field(FIELDS[what], subject)
            for candidate in candidates:
                if wanted and self.bindings.there.get(wanted) == candidate.uuid:
                    return candidate
        if what == "host":
            return candidates[0]
        return self._mentioned(candidates, vlan=what == "vlan")

    def _while_building(self, what: str, candidates: Sequence[Any], about: dict[str, Any]) -> Any:
        """The hosts of the clean zone's system VMs, and, as the capacities say, late pools and addresses."""
        vm = about.get("vm")
        if what == "host" and vm is not None:
            wanted = clean_system_vms().get(vm.name)
            if wanted in clean_hosts():
                hosts = sorted(candidates, key=lambda host: host.id)
                index = clean_hosts().index(wanted)
                return hosts[min(index, len(hosts) - 1)]
        return candidates[-1]

    def _ahead(self, most: int = LOOK_AHEAD) -> tuple[Exchange, ...]:
        return self.calls[self.at - 1 : self.at - 1 + most]

    def _recorded_field(self, field: str, subject: Any) -> str | None:
        """The next recorded value of a field of the object that `subject` is."""
        recorded = self.bindings.here.get(subject.uuid)
        for exchange in self._ahead(len(self.calls)):
            for found in _objects(exchange.body):
                same = found.get("id") == recorded if recorded else found.get("name") == getattr(subject, "name", None)
                if same and isinstance(found.get(field), str):
                    return found[field]
        return None

    def _mentioned(self, candidates: Sequence[Any], *, vlan: bool) -> Any:
        """The candidate that the next recorded answers speak of first; without one the first."""
        for exchange in self._ahead():
            text = json.dumps(exchange.body)
            for candidate in candidates:
                word = self.bindings.here.get(candidate.uuid, "") if hasattr(candidate, "uuid") else str(candidate)
                marks = (f'vlan://{word}"',) if vlan else (f'"{word}"', f"//{word}", f" {word}")
                if word and any(mark in text for mark in marks):
                    return candidate
        return candidates[0]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
