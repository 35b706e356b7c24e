"""What a simulator offers beside the API: counters, faults at run time, and the page in the browser."""

from __future__ import annotations

from .paths import SidePath

__all__ = ["SidePath"]
