"""A CloudStack 4.22 management server in miniature."""

from __future__ import annotations

from .simulator import Simulator

__all__ = ["Simulator"]
