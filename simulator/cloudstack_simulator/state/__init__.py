"""The whole state in a file: `--state FILE`, saved now and then and at the end, restored at the start."""

from __future__ import annotations

from .coding import CodingError
from .file import StateError, StateFile
from .picture import restore, take

__all__ = ["CodingError", "StateError", "StateFile", "restore", "take"]
