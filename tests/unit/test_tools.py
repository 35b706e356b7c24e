"""The project's own tools: what they find, link, pick, and refuse to let pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.cloudstack.ops.scripts import doc_examples, link_collection

ROOT = Path(__file__).resolve().parents[2]


def run_suite(folder: Path, test: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on a scratch project that has this project's conftest and one test of the conformance suite."""
    suite = folder / "tests" / "conformance"
    suite.mkdir(parents=True)
    (folder / "tests" / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (suite / "test_it.py").write_text(f"import pytest\n\n{test}\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", *arguments]
    return subprocess.run(command, cwd=folder, check=False, text=True, capture_output=True)


SKIPPED = "def test_it():\n    pytest.skip('no recordings')"
PASSED = "def test_it():\n    pass"
MANY = "@pytest.mark.exhaustive\n@pytest.mark.parametrize('n', range(400))\ndef test_it(n):\n    pass"


@pytest.mark.parametrize(
    ("test", "arguments", "status"),
    [
        (SKIPPED, [], 0),
        (SKIPPED, ["--must-run", "conformance"], 1),
        (PASSED, ["--must-run", "conformance"], 0),
        (PASSED, ["--must-run", "contract"], 1),
    ],
)
def test_a_suite_that_must_run_may_not_be_skipped(tmp_path: Path, test: str, arguments: list[str], status: int) -> None:
    assert run_suite(tmp_path, test, *arguments).returncode == status


def test_a_seed_picks_its_share_of_the_exhaustive_tests(tmp_path: Path) -> None:
    def picked(name: str, seed: str) -> list[str]:
        arguments = ("--share", "0.1", "--seed", seed, "--collect-only")
        return [line for line in run_suite(tmp_path / name, MANY, *arguments).stdout.splitlines() if "::" in line]

    first = picked("first", "7")
    assert 20 < len(first) < 60
    assert picked("again", "7") == first
    assert picked("other", "8") != first


def test_the_clone_is_linked_in_place_of_another(tmp_path: Path) -> None:
    place = tmp_path / "ansible_collections" / "cloudstack" / "ops"
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path)
    assert link_collection.link(tmp_path).resolve() == ROOT


def test_an_installed_collection_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "ansible_collections" / "cloudstack" / "ops").mkdir(parents=True)
    with pytest.raises(FileExistsError):
        link_collection.link(tmp_path)


RST = """\
Text.

.. code-block:: yaml

   - hosts: all
     tasks:
       - block:
           - cloudstack.ops.zone: {name: z, password: !vault x}

More.
"""
MARKDOWN = "Text.\n\n1. Do\n\n   ```yaml\n   a: 1\n   ```\n\n```console\nmake\n```\n"


def test_examples_are_found_in_guides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doc_examples, "ROOT", tmp_path)
    (tmp_path / "docs" / "docsite" / "rst").mkdir(parents=True)
    (tmp_path / "docs" / "docsite" / "rst" / "guide.rst").write_text(RST)
    (tmp_path / "README.md").write_text(MARKDOWN)
    rst, first, second = doc_examples.examples()
    assert (str(rst), rst.tasks()) == (
        "docs/docsite/rst/guide.rst:4",
        [{"cloudstack.ops.zone": {"name": "z", "password": "!vault"}}],
    )
    assert (str(first), first.is_yaml, first.text) == ("README.md:6", True, "a: 1\n")
    assert (str(second), second.is_yaml, second.text) == ("README.md:10", False, "make\n")
