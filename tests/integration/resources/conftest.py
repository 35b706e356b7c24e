"""One simulated cloud for all tests of a file, and modules called in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.arguments import argument_spec
from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import get
from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_with
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator


class Cloud:
    """A simulated cloud. ``run`` calls a module with its defaults and counts what it sends."""

    def __init__(self, running: RunningSimulator) -> None:
        self.running = running
        self.client = Client(Connection(running.endpoint, key=running.key, secret=running.secret))
        self.calls = self.changes = 0

    def run(self, module: str, /, *, check: bool = False, **options: Any) -> dict[str, Any]:
        spec = argument_spec(get(module))
        defaults = {name: entry["default"] for name, entry in spec.items() if entry.get("default") is not None}
        counters = self.client.counters
        calls, changes = counters.calls, counters.changes
        try:
            return run_with(self.client, module, {**defaults, **options}, check=check, diff=True)
        finally:
            self.calls, self.changes = counters.calls - calls, counters.changes - changes

    def close(self) -> None:
        self.client.close()
        self.running.stop()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """The recorded clean zone, shared by the tests of a file: they name their own objects."""
    found = Cloud(RunningSimulator(Simulator(clock=RunningClock(), zone="sandbox")).start())
    yield found
    found.close()
