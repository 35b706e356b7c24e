"""The role and the module `simulator` in real plays: started, found running, switched, stopped."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from ansible_collections.cloudstack.ops.tests.support.playing import TIME_LIMIT
from ansible_collections.cloudstack.ops.tests.support.ports import reserved_port

ROOT = Path(__file__).parents[3]
PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: cloudstack.ops.simulator}
    - cloudstack.ops.disk_offering: {name: data 7 GB, disk_size: 7}
      when: simulator_state == 'started' and not ansible_check_mode
"""


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_port() as found:
        yield found


@pytest.fixture
def play(port: int, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Runs the play with variables; (return code, output, changed tasks)."""
    book = tmp_path / "play.yml"
    book.write_text(PLAY)
    environment = {
        **os.environ, "CLOUDSTACK_ENDPOINT": f"http://127.0.0.1:{port}/client/api", "CLOUDSTACK_KEY": "role-key",
        "CLOUDSTACK_SECRET": "role-secret-1234", "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
    }  # fmt: skip

    def run(*flags: str, **variables: Any) -> tuple[int, str]:
        program = Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            [program, book, *flags, "-e", json.dumps({"simulator_state": "started", **variables})],
            env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, cwd=ROOT,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    run.url = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
    yield run
    run(simulator_state="stopped")


def faults(url: str) -> list[dict[str, Any]]:
    with urlopen(url + "/simulator/faults", timeout=60) as answer:
        return json.load(answer)["rules"]


def command_lines() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes()


def test_started_used_switched_and_stopped(play: Any) -> None:
    code, text = play("--check")
    assert code == 0, text
    with pytest.raises(URLError):
        faults(play.url)
    code, text = play()
    assert code == 0, text
    assert "changed=2" in text
    code, text = play()
    assert code == 0, text
    assert "changed=0" in text
    assert "role-secret-1234" not in text
    assert b"role-secret-1234" not in b"".join(command_lines())
    rule = {"do": "slow", "command": ["listZones"], "nth": [2]}
    assert "changed=1" in play(simulator_faults=[rule])[1]
    assert faults(play.url)[0]["nth"] == [2]
    assert "changed=0" in play(simulator_faults=[rule])[1]
    assert "changed=1" in play(simulator_state="stopped")[1]
    with pytest.raises(URLError):
        faults(play.url)
    assert "changed=0" in play(simulator_state="stopped")[1]


def test_a_start_that_fails_says_why(play: Any) -> None:
    code, text = play(simulator_zone="nowhere")
    assert code == 2
    assert "--zone nowhere: there is only sandbox" in text
