"""How the server prints its objects inside texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


def printed(kind: str, **fields: Any) -> str:
    """`Kind {"id":5,"name":"PS1"}`: the server's JSON style, where `/` is escaped and absent values are null."""
    return f"{kind} " + json.dumps(fields, separators=(",", ":")).replace("/", "\\/")


def java_date(moment: float) -> str:
    """`Sat Nov 21 11:05:00 UTC 2026`: a date that the server put into a text without a format."""
    return datetime.fromtimestamp(moment, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
