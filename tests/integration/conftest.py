"""Simulators for playbooks: time runs fast there, so that what boots and downloads need not be waited for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

RATE = 4.0
"""Not more: a signature expires ten minutes after the client's own clock."""


@pytest.fixture
def empty() -> Iterator[RunningSimulator]:
    """A server as after installation."""
    with RunningSimulator(Simulator(clock=RunningClock(RATE))) as running:
        yield running


@pytest.fixture
def sandbox() -> Iterator[RunningSimulator]:
    """The recorded clean zone."""
    with RunningSimulator(Simulator(clock=RunningClock(RATE), zone="sandbox")) as running:
        yield running
