"""Conditions of the cloud that fault rules bring about and take back; areas of the cloud enter theirs here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..simulator import Simulator

Taken = list[tuple[Any, ...]]
"""What a condition took from which row: the way back."""
CONDITIONS: dict[str, tuple[Callable[[Simulator, str], Taken], Callable[[Simulator, Taken], None]]] = {}
"""How to bring a condition about in what a pattern of names meets, and how to take it back."""
