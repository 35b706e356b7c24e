# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What earlier tasks of a run in check mode would have made, so that later ones can tell it from a mistyped name.

Each task runs in a process of its own, so it is written down in the folder that Ansible has for one run and removes at
its end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible import constants

from ..module_utils.model import Operation, Resource

FILE = "cloudstack.ops.planned"


class Earlier:
    """The objects planned for one cloud, which is one host of the inventory."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._path = Path(constants.DEFAULT_LOCAL_TMP) / FILE

    def has(self, kind: str, name: str, scope: Mapping[str, Any]) -> bool:
        """Whether an object of this kind and name would be there; a scope that was not told fits every one."""
        return any(
            entry["kind"] == kind
            and entry["name"] == name
            and all(entry["scope"].get(key) in (None, str(value)) for key, value in scope.items())
            for entry in self._entries()
        )

    def note(self, record: Resource | Operation, options: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Keeps what a task in check mode says that it would create: one object, or those of a document."""
        planned = result.get("plan")
        if isinstance(record, Resource) and isinstance(planned, Mapping):
            name = options.get(record.identity[0])
            if planned.get("action") == "create" and isinstance(name, str):
                self._keep(record.name, name, {key: str(options[key]) for key in record.scope if options.get(key)})
        elif isinstance(planned, list):
            for entry in planned:
                if isinstance(entry, Mapping) and entry.get("action") == "create":
                    self._keep(str(entry.get("kind")), str(entry.get("name")), {})

    def _keep(self, kind: str, name: str, scope: Mapping[str, str]) -> None:
        line = json.dumps({"host": self._host, "kind": kind, "name": name, "scope": scope})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def _entries(self) -> Iterator[dict[str, Any]]:
        if not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if entry["host"] == self._host:
                yield entry
