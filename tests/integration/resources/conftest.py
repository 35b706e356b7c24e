"""One simulated cloud for all tests of a file, and modules called in process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.arguments import argument_spec
from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import get
from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_with
from cloudstack_simulator.clock import Clock, RunningClock
from cloudstack_simulator.populating import Wanted
from cloudstack_simulator.populating import populate as fill
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator


class FastClock:
    """Time that runs ``rate`` times as fast as the wall; with the server's own ``clock``, the same for both."""

    def __init__(self, rate: float, clock: RunningClock | None = None) -> None:
        self._rate = rate
        self._clock = clock or RunningClock(rate)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def monotonic(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds) / self._rate)


class WaitingClock:
    """Time that passes only while the client waits: nothing depends on how fast this machine is."""

    def __init__(self, running: RunningSimulator) -> None:
        self._running = running

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.monotonic(), UTC)

    def monotonic(self) -> float:
        return self._running.sim.clock.now()

    def sleep(self, seconds: float) -> None:
        self._running.advance(max(0.0, seconds))


class Cloud:
    """A simulated cloud: the recorded zone, or what ``populate`` says (``hosts=4,routers=10,hypervisor=KVM``).

    ``rate``: how much faster than the wall its time passes; None: it passes only while the client waits.
    ``run`` calls a module with its defaults and counts what it sends.
    """

    def __init__(
        self, rate: float | None = 1.0, *, system_vm_tls: bool = False, public_ports: bool = False, populate: str = ""
    ) -> None:
        clock = Clock() if rate is None else RunningClock(rate)
        sim = Simulator(clock=clock, zone=None if populate else "sandbox")
        if populate:
            fill(sim, Wanted.parse(populate))
        self.running = RunningSimulator(sim, system_vm_tls=system_vm_tls, public_ports=public_ports).start()
        connection = Connection(self.running.endpoint, key=self.running.key, secret=self.running.secret)
        of_client = WaitingClock(self.running) if rate is None else FastClock(rate, clock)
        self.client = Client(connection, clock=of_client)
        self.calls = self.changes = 0

    def run(self, module: str, /, *, check: bool = False, **options: Any) -> dict[str, Any]:
        spec = argument_spec(get(module))
        defaults = {name: entry["default"] for name, entry in spec.items() if entry.get("default") is not None}
        if module == "apply":
            options.setdefault("restore_file", "")  # otherwise it lands in the home of whoever runs the tests
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
    found = Cloud()
    yield found
    found.close()
