"""Makes `replaying` (beside this file) importable and prints the shares."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the share of equal answers per area."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in getattr(report, "user_properties", ()):
                if name == "share" and report.when == "call":
                    terminalreporter.write_line(f"{report.nodeid.partition('[')[2].rstrip(']')}: {value}")
