"""Rules of the tree that no linter knows."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {"build", "__pycache__"}
MAX_LINES = 400

# Written with brackets, so that this file does not break its own rules.
MACHINE_PATH = re.compile(r"(?<![\w.~}])/(?:wor[k]|far[m]|tm[p])/|/roo[t]/[.]|/hom[e]/\w+/")
REGISTRY = re.compile(
    r"py[p]i\.org|pythonhoste[d]\.org|gala[x]y\.ansible\.com|np[m]js\.org|de[b]\.debian\.org"
    r"|prox[y]\.golang\.org|mave[n]\.org|docke[r]\.io|qua[y]\.io|ghc[r]\.io"
)
UNFINISHED = re.compile(r"\b(?:TOD[O]|FIXM[E])\b")
HEADER = (
    "# Copyright: Contributors to the cloudstack.ops project\n"
    "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
    "# SPDX-License-Identifier: GPL-3.0-or-later\n"
)


def files(*suffixes: str, below: str = "") -> Iterator[str]:
    """Yield the project's own files as paths relative to its root: no caches, environments and build results."""
    for folder, folders, names in os.walk(ROOT / below):
        folders[:] = [
            n for n in folders if (n not in LEFT_OUT and not n.endswith(".egg-info") and n[0] != ".") or n == ".ci"
        ]
        yield from (str((Path(folder) / n).relative_to(ROOT)) for n in names if n.endswith(suffixes or ("",)))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def lines_with(pattern: re.Pattern[str], names: Iterator[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in names
        for number, line in enumerate(text(name).splitlines(), 1)
        if pattern.search(line)
    ]


def imported(name: str) -> set[str]:
    """Return the top-level packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text(name))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def test_no_file_names_a_path_of_some_machine() -> None:
    assert lines_with(MACHINE_PATH, files()) == []


def test_no_file_names_a_package_registry() -> None:
    assert lines_with(REGISTRY, (name for name in files() if name != "LICENSE")) == []


def test_nothing_is_left_unfinished() -> None:
    assert lines_with(UNFINISHED, files(".py", ".yml", ".sh", ".rst", ".md", ".j2")) == []


def test_files_are_read_without_scrolling_for_long() -> None:
    generated = ("plugins/modules/", "plugins/action/", "tests/", "docs/")
    long = {
        name: count
        for name in files(".py", ".yml", ".sh", ".js", ".html", ".css", ".j2")
        if not name.startswith(generated) and (count := text(name).count("\n")) > MAX_LINES
    }
    assert long == {}


def test_plugin_files_carry_the_licence() -> None:
    assert [name for name in files(".py", below="plugins") if HEADER not in text(name)[:500]] == []


def test_engine_and_simulator_share_no_code() -> None:
    assert [n for n in files(".py", below="simulator") if imported(n) & {"ansible", "ansible_collections"}] == []
    assert [n for n in files(".py", below="plugins") if "cloudstack_simulator" in imported(n)] == []


def test_what_modules_import_is_shipped_with_them() -> None:
    """Core ships to the target what it sees imported, and only Python files."""
    dynamic = {name for name in files(".py", below="plugins/module_utils") if imported(name) & {"importlib", "pkgutil"}}
    assert dynamic == set()
    assert [name for name in files(below="plugins/module_utils") if not name.endswith(".py")] == []


def test_procedures_can_be_imported_by_themselves() -> None:
    """The resources list the procedures, so a procedure that imports a resource would wait for itself."""
    backwards = re.compile(r"^from \.\.(?:resources|run)\b")
    folders = ("procedures", "campaign", "model", "client", "reconcile")
    code = (name for folder in folders for name in files(".py", below=f"plugins/module_utils/{folder}"))
    assert lines_with(backwards, code) == []


def test_only_the_clock_sleeps() -> None:
    waiting = {"clock.py", "server.py", "doors.py", "patience.py"}  # those serve real sockets in real time
    sleeps = re.compile(r"\b(?:time|asyncio)\.sleep\(|from time import .*sleep")
    code = (n for below in ("plugins", "simulator") for n in files(".py", below=below) if Path(n).name not in waiting)
    assert lines_with(sleeps, code) == []


def test_each_module_has_an_action_of_its_name() -> None:
    modules = {Path(name).stem for name in files(".py", below="plugins/modules")}
    actions = {Path(name).stem for name in files(".py", below="plugins/action")}
    assert modules == actions


def roles() -> list[str]:
    return sorted(path.name for path in (ROOT / "roles").glob("*") if path.is_dir())


def load(name: str) -> dict:
    return yaml.safe_load(text(name)) or {}


@pytest.mark.parametrize("role", roles())
def test_role_describes_exactly_its_defaults(role: str) -> None:
    """Each option has a default or is required, each default is described, and both say the same."""
    specs = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    options = {name: option for entry in specs.values() for name, option in entry["options"].items()}
    defaults = load(f"roles/{role}/defaults/main.yml")
    assert set(defaults) == {name for name, option in options.items() if not option.get("required")}
    assert {n: o["default"] for n, o in options.items() if "default" in o}.items() <= defaults.items()
    assert [name for name in options if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", roles())
def test_role_is_complete(role: str) -> None:
    wanted = {"README.md", "meta/argument_specs.yml", "defaults/main.yml", "tasks/main.yml"}
    assert {name for name in wanted if not (ROOT / "roles" / role / name).is_file()} == set()
