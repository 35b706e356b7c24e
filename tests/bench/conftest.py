"""A simulator to measure against, and the engine in a process of its own beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

HERE = Path(__file__).parent
LATENCY = 0.020


class Server:
    """A simulator in this process, slow to answer when told to be."""

    def __init__(self, running: RunningSimulator) -> None:
        self.running = running

    def run(
        self, document: dict[str, Any], what: str, folder: Path, *, latency: float = LATENCY, **more: Any
    ) -> dict[str, Any]:
        """One run of the engine, in a process of its own."""
        wish = folder / "wish.json"
        access = {"endpoint": self.running.endpoint, "key": self.running.key, "secret": self.running.secret}
        wish.write_text(json.dumps({**access, "document": document, "what": what}))
        self.running.sim.latency = latency
        try:
            done = subprocess.run(
                [sys.executable, str(HERE / "one_run.py"), str(wish)], capture_output=True, text=True, check=True
            )
        finally:
            self.running.sim.latency = 0.0
        told = json.loads(done.stdout)
        assert not told["failed"], told["failed"]
        return told


@pytest.fixture
def server() -> Iterator[Server]:
    with RunningSimulator(Simulator(clock=RunningClock())) as running:
        yield Server(running)
