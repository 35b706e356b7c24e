"""The file of a state: versioned, written whole or not at all, readable only by its owner (it has keys in it)."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

try:
    import fcntl
except ImportError:  # where the system has no such locks, a state is not claimed
    fcntl = None  # type: ignore[assignment]

from .child import ChildLostError, in_child
from .coding import CodingError
from .picture import restore, take

if TYPE_CHECKING:
    from ..simulator import Simulator

FORMAT, VERSION = "cloudstack-simulator state", 1
SETTLING = 120.0
"""Simulated seconds that running jobs get to end before the last save."""


log = logging.getLogger("cloudstack_simulator")


class StateError(Exception):
    """A state file that cannot be used; the text names it and says why."""


class StateFile:
    """`is_behind`: whether the last attempt to save failed, so that the file lacks the newest changes."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))
        self.is_behind = False
        self._saved: Any = None
        self._lock: int | None = None

    def claim(self) -> None:
        """Keep the file to this process. Raises StateError when it cannot be a state, or another one has it."""
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            self._refuse_unwritable()
        except OSError as error:
            raise StateError(f"cannot read the state {self.path}: {error.strerror}") from None
        else:
            if not stat.S_ISREG(mode):
                raise StateError(f"{self.path} is no regular file; name another one")
            # A superuser may write everything; a file that its owner protected stays as it is all the same.
            if not mode & stat.S_IWUSR or not os.access(self.path.parent, os.W_OK):
                raise StateError(f"{self.path} is read-only; copy it, or make it and its folder writable")
        if fcntl is None:
            return
        try:
            self._lock = os.open(self._beside("lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateError(f"another simulator goes on with {self.path}; stop it, or name another file") from None
        except OSError as error:
            raise StateError(f"cannot claim the state {self.path}: {error.strerror}") from None

    def release(self) -> None:
        """Let others have the file."""
        if self._lock is not None:
            self._beside("lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(f".{self.path.name}.{suffix}")

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
        except (CodingError, LookupError, TypeError) as error:
            raise StateError(f"{self.path} cannot be restored: {error}") from None
        self._saved = fingerprint(sim)
        return True

    def _refuse_unwritable(self) -> None:
        if not os.access(self.path.parent, os.W_OK):
            raise StateError(f"cannot write the state {self.path}: its folder does not exist or is not writable")

    def save(self, sim: Simulator) -> bool:
        """Write the state if anything has changed since the last time; True when it was written."""
        seen = fingerprint(sim)
        if not self._lacks(seen):
            return False
        with self._replaced(seen) as new:
            write_whole(new, document(sim))
        return True

    async def save_meanwhile(self, sim: Simulator) -> bool:
        """`save` as things are now, while the simulator goes on. Who is cancelled has saved nothing."""
        seen = fingerprint(sim)
        if not self._lacks(seen):
            return False
        with self._replaced(seen) as new:
            try:
                await in_child(lambda: write_whole(new, document(sim)))
            except ChildLostError as error:
                log.info("the state %s is saved without a child: %s", self.path, error)
                new.unlink(missing_ok=True)
                write_whole(new, document(sim))
        return True

    def _lacks(self, seen: tuple[int, ...]) -> bool:
        self.is_behind = seen != self._saved
        return self.is_behind

    @contextlib.contextmanager
    def _replaced(self, seen: tuple[int, ...]) -> Iterator[Path]:
        """The name of a file to write, which then takes the old one's place: at any moment there is a whole one.

        What a killed process left half written goes with the next attempt.
        """
        new = self._beside("new")
        try:
            new.unlink(missing_ok=True)
            yield new
            new.replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                new.unlink()
            raise
        self.is_behind = False
        self._saved = seen

    def save_at_end(self, sim: Simulator) -> None:
        """The last save: jobs get a chance to end first."""
        sim.settle(SETTLING)
        self.save(sim)


def document(sim: Simulator) -> bytes:
    return orjson.dumps({"format": FORMAT, "version": VERSION, "state": take(sim)}, option=orjson.OPT_APPEND_NEWLINE)


def write_whole(new: Path, content: bytes) -> None:
    """Write a file that is not there yet, and see that all of it is. Raises OSError when it is not."""
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if new.read_bytes() != content:
        raise OSError(errno.EIO, "what was written does not come back")


def fingerprint(sim: Simulator) -> tuple[int, ...]:
    """Something that differs after every change that a caller can make."""
    return (sum(table.version for table in sim.db.tables.values()), sim.changes, sim.faults.version)
