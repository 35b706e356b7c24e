"""Checks that several commands about zones, pods and clusters share."""

from __future__ import annotations

import re

from ...errors import InvalidParameter

STATES = ("Enabled", "Disabled")
LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


def allocation_state(text: str) -> str:
    """Enabled or Disabled; the case counts."""
    if text not in STATES:
        raise InvalidParameter(f"Unable to resolve Allocation State '{text}' to a supported state")
    return text


def is_domain_name(text: str) -> bool:
    return len(text) <= 190 and all(LABEL.fullmatch(label) for label in text.split("."))
