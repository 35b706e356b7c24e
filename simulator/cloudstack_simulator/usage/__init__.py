"""The usage server: what it counts (spans), and when (life)."""

from __future__ import annotations

from .life import begin, break_down, come_back
from .spans import ALLOCATED_VM, IP_ADDRESS, RUNNING_VM, ended

__all__ = ["ALLOCATED_VM", "IP_ADDRESS", "RUNNING_VM", "begin", "break_down", "come_back", "ended"]
