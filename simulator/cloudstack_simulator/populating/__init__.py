"""A large cloud from the start: `--populate hosts=2000,vms=50000,routers=5000`."""

from __future__ import annotations

from .wanted import PopulateError, Wanted
from .whole import populate

__all__ = ["PopulateError", "Wanted", "populate"]
