"""The guide's examples do what the guide says, each against a server started by the guide's own line."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml

from ansible_collections.cloudstack.ops.scripts.doc_examples import Example, examples
from ansible_collections.cloudstack.ops.tests.support.playing import TIME_LIMIT
from ansible_collections.cloudstack.ops.tests.support.ports import reserved_port
from cloudstack_simulator import Simulator
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.faults import KINDS, parse
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator

GUIDE = "docs/docsite/rst/simulator.rst"
ROOT = Path(__file__).parents[3]
PORT = "8096"


def blocks(language: str) -> list[str]:
    return [e.text for e in examples() if e.file == GUIDE and e.language == language]


def one(language: str, word: str) -> str:
    (found,) = [text for text in blocks(language) if word in text]
    return found


def counters(port: str) -> dict[str, object]:
    with urlopen(f"http://127.0.0.1:{port}/simulator/counters", timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def port() -> Iterator[str]:
    with reserved_port() as found:
        yield str(found)


@pytest.fixture
def started(port: str, tmp_path: Path) -> Iterator[str]:
    """The guide's start line with the guide's rules, on a free port."""
    (tmp_path / "rules.yml").write_text(one("yaml", "seed: 7"))
    words = shlex.split(one("bash", "--zone sandbox").replace(PORT, port))
    words[0] = str(Path(sys.executable).with_name(words[0]))
    with subprocess.Popen([*words, "--faults", str(tmp_path / "rules.yml")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"Running on" in process.stdout.readline()
        yield port
        process.terminate()


def test_the_start_the_rules_and_the_switches(started: str) -> None:
    for line in "".join(text for text in blocks("bash") if "curl" in text).strip().splitlines():
        done = subprocess.run(shlex.split(line.replace(PORT, started)), capture_output=True, timeout=60)
        assert "error" not in json.loads(done.stdout), line
    assert counters(started)["total"] == 0


def play(book: Path, text: str, endpoint: str, key: str, secret: str) -> str:
    """What a play prints that ends well."""
    book.write_text(text)
    environment = {
        **os.environ, "CLOUDSTACK_ENDPOINT": endpoint, "CLOUDSTACK_KEY": key, "CLOUDSTACK_SECRET": secret,
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }  # fmt: skip
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [program, book], env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_play(port: str, tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{port}/client/api"
    text = play(tmp_path / "play.yml", one("yaml+jinja", "Try a change"), endpoint, "test-key", "test-secret")
    assert "changed=3" in text


def test_the_rehearsal(port: str, tmp_path: Path) -> None:
    """A cloud of KVM hosts, copied; in it there are the same hosts, and no secret of theirs."""
    sim = Simulator(seed=1, clock=RunningClock())
    populate(sim, Wanted.parse("hosts=2,vms=4,routers=1,hypervisor=KVM"))
    text = one("yaml+jinja", "name: Rehearse\n").replace(PORT, port)
    try:
        with RunningSimulator(sim) as real:
            play(tmp_path / "play.yml", text, real.endpoint, real.key, real.secret)
        assert real.counters["changes"] == 0
        with urlopen(f"http://127.0.0.1:{port}/simulator/counters", timeout=60) as answer:
            assert json.load(answer)["changing"]["addHost"] == 2
    finally:
        order = Request(f"http://127.0.0.1:{port}/simulator/stop", b"{}", {"Content-Type": "application/json"})
        urlopen(order, timeout=60).close()


def test_the_pytest_example(tmp_path: Path) -> None:
    (tmp_path / "test_example.py").write_text(one("python", "cloudstack_simulator"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", tmp_path, tmp_path], capture_output=True, text=True,
        timeout=TIME_LIMIT, cwd=tmp_path,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout


def test_every_kind_of_fault_is_in_the_guide() -> None:
    text = (ROOT / GUIDE).read_text()
    assert [kind for kind in KINDS if f"``{kind}``" not in text] == []
    seed, rules = parse(yaml.safe_load(one("yaml", "seed: 7")))
    assert (seed, len(rules)) == (7, 4)


def test_the_examples_are_found() -> None:
    assert all(isinstance(example, Example) for example in examples())
    assert {"bash", "yaml", "yaml+jinja", "python"} <= {e.language for e in examples() if e.file == GUIDE}
