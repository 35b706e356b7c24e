"""pytest fixtures: `cloudstack_simulator` (one fresh server per test) and `cloudstack_simulator_factory`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .clock import RunningClock
from .running import RunningSimulator
from .simulator import Simulator


@pytest.fixture
def cloudstack_simulator_factory() -> Iterator[Callable[..., RunningSimulator]]:
    """Starts servers with the options of `Simulator` and of `RunningSimulator`; stops them after the test."""
    started: list[RunningSimulator] = []

    def start(*, system_vm_tls: bool = False, public_ports: bool = False, **options: Any) -> RunningSimulator:
        options.setdefault("clock", RunningClock())
        running = RunningSimulator(Simulator(**options), system_vm_tls=system_vm_tls, public_ports=public_ports).start()
        started.append(running)
        return running

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def cloudstack_simulator(cloudstack_simulator_factory: Callable[..., RunningSimulator]) -> RunningSimulator:
    """A server with the recorded clean zone: `endpoint`, `key`, `secret`, `counters`, `sim`."""
    return cloudstack_simulator_factory(zone="sandbox")
