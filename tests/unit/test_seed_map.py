"""The map from the sections of old handbooks to what does their work today says what is so."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.resources import OPERATIONS, RESOURCES
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.seed_map import (
    HOST_ROLES,
    OPEN,
    PROCEDURES,
    headings,
    rows,
)

PLACES = {
    "role": "roles/{}",
    "playbook": "playbooks/{}.yml",
    "guide": "docs/docsite/rst/{}.rst",
    "settings": "playbooks/vars/settings/{}.yml",
}
ENDED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


def pytest_run(*arguments: str, limit: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, text=True, capture_output=True, timeout=limit)


@cache
def collected() -> frozenset[str]:
    files = sorted({row.test.partition("::")[0] for row in rows() if row.test})
    found = pytest_run("--collect-only", *[name for name in files if (ROOT / name).exists()], limit=100)
    return frozenset(found.stdout.splitlines())


def is_there(kind: str, name: str) -> bool:
    return (ROOT / PLACES[kind].format(name)).exists() if kind else name in RESOURCES or name in OPERATIONS


def test_every_section_has_one_row_with_a_procedure_of_its_own() -> None:
    if not PROCEDURES.exists():
        pytest.skip(f"{PROCEDURES} is not there")
    wanted = list(headings(PROCEDURES.read_text()))
    assert len(wanted) > 150
    assert Counter((row.seed, row.section) for row in rows()) == Counter(heading[:2] for heading in wanted)
    serving = defaultdict(set)
    for seed, section, procedures in wanted:
        serving[seed, section] |= procedures
    assert [f"{row}: {row.procedure}" for row in rows() if row.procedure not in serving[row.seed, row.section]] == []


def test_all_that_rows_name_is_there() -> None:
    assert [f"{row}: {kind} {name}" for row in rows() for kind, name in row.parts if not is_there(kind, name)] == []


def test_every_test_that_rows_name_is_collected() -> None:
    assert [f"{row}: {row.test}" for row in rows() if row.test and row.test not in collected()] == []


def test_rows_with_something_to_run_have_a_test_and_the_others_say_why_not() -> None:
    wrong = [str(row) for row in rows() if bool(row.runnable) != bool(row.test) or not row.today]
    assert wrong == []
    left = [str(row) for row in rows() if row.today == OPEN]
    if left:
        print(f"{len(left)} of {len(rows())} sections are open: {'; '.join(left)}")
    assert {row.today for row in rows() if not row.parts and len(row.today.split()) < 4} <= {OPEN, HOST_ROLES}


def by_parts() -> list[tuple[tuple[str, ...], list[str]]]:
    """Every set of parts that a row names, with the tests that must not pass without it."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in rows():
        if row.test:
            found[tuple(sorted(row.runnable))].add(row.test)
    return [(parts, sorted(tests)) for parts, tests in sorted(found.items())]


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
def test_the_mapped_tests_pass_by_themselves() -> None:
    ran = pytest_run("--tb=short", "-W", "ignore", *sorted({row.test for row in rows() if row.test}), limit=550)
    assert ran.returncode == pytest.ExitCode.OK, ran.stdout + ran.stderr


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("parts", "tests"), by_parts(), ids=["+".join(parts) for parts, _tests in by_parts()])
def test_a_mapped_test_fails_without_its_procedure(parts: tuple[str, ...], tests: list[str]) -> None:
    without = [argument for part in parts for argument in ("--without", part)]
    ran = pytest_run("--tb=no", "-rfE", "-W", "ignore", *without, *tests, limit=550)
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout + ran.stderr
    assert set(ENDED.findall(ran.stdout)) == set(tests)
