"""A server that misbehaves by rules: `--faults rules.yml`, or switched at run time over the side path."""

from __future__ import annotations

from .book import FaultBook
from .rules import KINDS, FaultError, Rule, keys_of, parse, read

__all__ = ["KINDS", "FaultBook", "FaultError", "Rule", "keys_of", "parse", "read"]
