"""How the server prints its objects inside texts."""

from __future__ import annotations

import json
from typing import Any


def printed(kind: str, **fields: Any) -> str:
    """`Kind {"id":5,"name":"PS1"}`: the server's JSON style, where `/` is escaped and absent values are null."""
    return f"{kind} " + json.dumps(fields, separators=(",", ":")).replace("/", "\\/")
