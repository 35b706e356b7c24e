"""Other people's clients, and zones as ngine_io.cloudstack's own tests expect them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.tests.clients import environment
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

RUNNER = Path(__file__).with_name("ngine_runner.py")


@pytest.fixture(scope="session")
def client_python() -> Path:
    try:
        return environment.python()
    except environment.NoClientsError as error:
        pytest.skip(str(error))


@pytest.fixture
def running() -> Iterator[RunningSimulator]:
    with RunningSimulator(Simulator(zone="sandbox", seed=1, clock=RunningClock())) as server:
        yield server


class Modules:
    """Runs modules of ngine_io.cloudstack one by one."""

    def __init__(self, python: Path, server: RunningSimulator) -> None:
        self.access = {"api_url": server.endpoint, "api_key": server.key, "api_secret": server.secret}
        self.process = subprocess.Popen(
            [str(python), str(RUNNER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, module: str, args: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
        request = {"module": module, "args": {**self.access, "api_timeout": 30, **args}, "check": check}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.fixture
def modules(client_python: Path, running: RunningSimulator) -> Iterator[Modules]:
    started = Modules(client_python, running)
    yield started
    started.stop()
