"""What all suites share: a marker per folder, seeded shares of exhaustive tests, suites that must not be skipped."""

from __future__ import annotations

import hashlib
from pathlib import Path

import hypothesis
import pytest

TESTS = Path(__file__).parent
SUITES = ("unit", "contract", "conformance", "integration", "faults", "hosts", "browser", "bench")

hypothesis.settings.register_profile("project", deadline=None, print_blob=True)
hypothesis.settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cloudstack.ops")
    group.addoption("--share", type=float, default=1.0, help="part of the exhaustive tests to run, 0 to 1")
    group.addoption("--seed", default="1", help="which part, and what is tried at random: the same seed picks the same")
    group.addoption("--without", action="append", default=[], help="a module, role or playbook that is not there")
    group.addoption("--must-run", action="append", default=[], choices=SUITES, help="fail if a test of it is skipped")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-seed") is None:  # whoever wants to search elsewhere gives one
        config.option.hypothesis_seed = str(number_of(config.getoption("--seed")))
    if config.getoption("--without"):
        from ansible_collections.cloudstack.ops.tests.support import disabled

        for part in config.getoption("--without"):
            try:
                disabled.disable(part)
            except LookupError as wrong:
                raise pytest.UsageError(f"--without: {wrong}") from None


def suite_of(path: Path) -> str:
    """Return the folder below tests that the file lies in, "" for none."""
    return path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""


def number_of(text: str) -> int:
    """Return a number of four octets that is always the same for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest())


def chosen(nodeid: str, seed: str, share: float) -> bool:
    """Return whether a test belongs to the seeded share; independent of which other tests there are."""
    return number_of(f"{seed} {nodeid}") < share * 2**32


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    share, seed = config.getoption("--share"), config.getoption("--seed")
    for item in items:
        suite = suite_of(item.path)
        if suite in SUITES:
            item.add_marker(suite)
    left = [item for item in items if item.get_closest_marker("exhaustive") and not chosen(item.nodeid, seed, share)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def pytest_report_header(config: pytest.Config) -> str | None:
    share = config.getoption("--share")
    return f"exhaustive tests: a share of {share} with --seed {config.getoption('--seed')}" if share < 1 else None


def missing_suites(config: pytest.Config) -> list[str]:
    """Return a sentence for each --must-run suite that ran no test or skipped one."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:  # a worker, which sees a part only
        return []
    sentences = []
    for suite in config.getoption("--must-run"):
        inside = f"tests/{suite}/"
        ran = sum(
            report.nodeid.startswith(inside) for kind in ("passed", "failed") for report in terminal.getreports(kind)
        )
        skipped = sum(report.nodeid.startswith(inside) for report in terminal.getreports("skipped"))
        if skipped or not ran:
            sentences.append(f"{suite} must run here: {ran} ran, {skipped} skipped")
    return sentences


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if missing_suites(session.config) and session.exitstatus in (
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for sentence in missing_suites(config):
        terminalreporter.write_line(f"ERROR {sentence}", red=True)
