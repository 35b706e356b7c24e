# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ran on hosts before they were emptied, kept in a file: the server forgets it, and a run may be cut off."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..client import InvalidInput

Entry = dict[str, Any]
"""id, name, kind; ``stopped`` where it was stopped because it could not move."""


class Record:
    """Machines by the host that they belong to. Without a path it lasts as long as the run."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser() if path else None
        self._lock = threading.Lock()
        self._hosts: dict[str, dict[str, Entry]] = self._read()

    def _read(self) -> dict[str, dict[str, Entry]]:
        path = self._path
        if path is None:
            return {}
        if not path.parent.is_dir():
            raise InvalidInput(
                f"record: the folder {path.parent} does not exist", option="record", remedy="create it, or give another"
            )
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return {host: {entry["id"]: dict(entry) for entry in entries} for host, entries in found["hosts"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInput(
                f"record: {path} cannot be read as a record of hosts",
                option="record",
                remedy="give the file that this module wrote, or a new name",
            ) from None

    def of(self, host_id: str) -> list[Entry]:
        """What belongs to a host."""
        return list(self._hosts.get(host_id, {}).values())

    def note(self, host_id: str, rows: Iterable[Mapping[str, Any]], *, stopped: bool = False) -> None:
        """Adds machines; what is known already stays, because a second run finds only what the first one left."""
        with self._lock:
            known = self._hosts.setdefault(host_id, {})
            for row in rows:
                entry = known.setdefault(row["id"], {"id": row["id"], "name": row["name"], "kind": row["kind"]})
                if stopped:
                    entry["stopped"] = True
            self._write()

    def forget(self, host_id: str) -> None:
        with self._lock:
            if self._hosts.pop(host_id, None) is not None:
                self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        hosts = {host: list(entries.values()) for host, entries in self._hosts.items()}
        fresh.write_text(json.dumps({"hosts": hosts}, indent=1) + "\n", encoding="utf-8")
        fresh.replace(self._path)
