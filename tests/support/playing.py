"""Playbooks run by ansible-playbook against a simulator, each task held against what the server counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cloudstack_simulator.running import RunningSimulator

from . import disabled
from .documents import ROOT

OURS = "cloudstack.ops."
ON_FILES = frozenset({"cloudstack.ops.certificate_request"})
"""Modules that change files where they run and nothing in the cloud."""
TIME_LIMIT = 280
"""Seconds that end what hangs, far beyond what a busy machine takes; a little less than what pytest gives a test."""
PLAY = {"hosts": "all", "gather_facts": False}


@dataclass(frozen=True)
class Told:
    """One task's result and the server's count of its calls."""

    name: str
    action: str
    outcome: str
    check: bool
    calls: int
    changes: int
    result: dict[str, Any]

    @property
    def ours(self) -> bool:
        return self.action.startswith(OURS) and self.outcome not in ("skipped", "unreachable")

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))


@dataclass(frozen=True)
class Played:
    """A run of a playbook: what it printed, its tasks in order."""

    code: int
    stdout: str
    stderr: str
    tasks: tuple[Told, ...]

    @property
    def ours(self) -> list[Told]:
        return [task for task in self.tasks if task.ours]

    @property
    def changes(self) -> int:
        return sum(task.changes for task in self.tasks)

    def succeeded(self) -> Played:
        assert self.code == 0, self.stdout + self.stderr
        return self


def lies(tasks: Sequence[Told]) -> list[str]:
    """A sentence for each task that wrote and said ok, said changed and wrote nothing, or wrote in check mode."""
    found = []
    for task in tasks:
        if not task.ours or task.outcome != "ok":
            continue
        if task.check and task.changes:
            found.append(f"{task.name}: wrote in check mode ({task.changes} changing calls)")
        elif not task.check and task.action not in ON_FILES and task.changed != bool(task.changes):
            found.append(f"{task.name}: changed={task.changed} with {task.changes} changing calls")
    return found


def environment(running: RunningSimulator, folder: Path) -> dict[str, str]:
    """The environment of a run that touches nothing outside ``folder``."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "CLOUDSTACK_"))}
    return {
        **clean,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "ANSIBLE_CONFIG": str(folder / "none.cfg"),
        "ANSIBLE_ASYNC_DIR": str(folder / "async"),
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "counted",
        "ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).parent / "connections"),
        "ANSIBLE_BECOME_PLUGINS": str(Path(__file__).parent / "become"),
        **({"ANSIBLE_COLLECTIONS_PATH": str(disabled.shadow())} if disabled.shadow() else {}),
        "COUNTED_URL": f"{running.url}/simulator/counters",
        "CLOUDSTACK_ENDPOINT": running.endpoint,
        "CLOUDSTACK_KEY": running.key,
        "CLOUDSTACK_SECRET": running.secret,
    }


def play(
    running: RunningSimulator,
    folder: Path,
    plays: Sequence[Mapping[str, Any]] | Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    connection: str = "local",
    variables: Mapping[str, Any] | None = None,
) -> Played:
    """Runs plays (data, or a file) on one local host and checks that no task lied. ``variables`` go into a file.

    connection: ``elsewhere`` runs each task as an ordinary module.
    """
    report = folder / "report.jsonl"
    report.unlink(missing_ok=True)
    (folder / "none.cfg").touch()
    if isinstance(plays, Path):
        book = disabled.in_shadow(plays) if plays.is_relative_to(ROOT) else plays
    else:
        book = folder / "playbook.yml"
        book.write_text(yaml.safe_dump([{**PLAY, **one} for one in plays], sort_keys=False))
    (folder / "variables.json").write_text(json.dumps(variables or {}))
    (folder / "hosts.yml").write_text(yaml.safe_dump({"clouds": {"hosts": {"cloud": {
        "ansible_connection": connection, "ansible_python_interpreter": sys.executable,
    }}}}))  # fmt: skip
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")), str(book), "-i", str(folder / "hosts.yml"),
            "-e", f"@{folder / 'variables.json'}", *arguments,
        ],
        cwd=ROOT, env={**environment(running, folder), "COUNTED_REPORT": str(report), **(env or {})},
        capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
    )  # fmt: skip
    lines = report.read_text().splitlines() if report.exists() else []
    played = Played(done.returncode, done.stdout, done.stderr, tuple(Told(**json.loads(line)) for line in lines))
    assert not lies(played.tasks), "\n".join(lies(played.tasks))
    return played
