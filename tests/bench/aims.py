"""Absolute figures are printed beside their aims and fail nothing: machines differ. Ratios of one run are asserted."""

from __future__ import annotations


def against(figure: float, aim: float, *, at_least: bool = False) -> str:
    """Return the aim and whether the figure meets it: at most the aim, or at least where more is better."""
    met = figure >= aim if at_least else figure <= aim
    return f"aim {aim:g}, {'met' if met else 'MISSED'}"
