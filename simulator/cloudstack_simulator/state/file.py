"""The file of a state: versioned, written whole or not at all, readable only by its owner (it has keys in it)."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from .coding import CodingError
from .picture import restore, take

if TYPE_CHECKING:
    from ..simulator import Simulator

FORMAT, VERSION = "cloudstack-simulator state", 1
SETTLING = 120.0
"""Simulated seconds that running jobs get to end before the last save."""


class StateError(Exception):
    """A state file that cannot be used; the text names it and says why."""


class StateFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._saved: Any = None

    def load(self, sim: Simulator) -> bool:
        """Restore a fresh simulator from the file; False when there is no file yet."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            self._refuse_unwritable()
            return False
        except OSError as error:
            raise StateError(f"cannot read the state {self.path}: {error.strerror}") from None
        try:
            document = orjson.loads(raw)
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise StateError(f"{self.path} is not a state of this simulator; it stays untouched, name another file")
        if document.get("version") != VERSION:
            raise StateError(
                f"{self.path} is a state of version {document.get('version')}, this simulator reads version {VERSION}"
            )
        try:
            restore(sim, document["state"])
        except (CodingError, KeyError) as error:
            raise StateError(f"{self.path} cannot be restored: {error}") from None
        self._saved = fingerprint(sim)
        return True

    def _refuse_unwritable(self) -> None:
        if not os.access(self.path.parent, os.W_OK):
            raise StateError(f"cannot write the state {self.path}: its folder does not exist or is not writable")

    def save(self, sim: Simulator) -> bool:
        """Write the state if anything has changed since the last time; True when it was written."""
        seen = fingerprint(sim)
        if seen == self._saved:
            return False
        content = orjson.dumps(
            {"format": FORMAT, "version": VERSION, "state": take(sim)}, option=orjson.OPT_APPEND_NEWLINE
        )
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        self._saved = seen
        return True

    def save_at_end(self, sim: Simulator) -> None:
        """The last save: jobs get a chance to end first."""
        sim.settle(SETTLING)
        self.save(sim)


def fingerprint(sim: Simulator) -> tuple[int, ...]:
    """Something that differs after every change that a caller can make."""
    return (sum(table.version for table in sim.db.tables.values()), sim.counters.changing.total(), sim.faults.version)
