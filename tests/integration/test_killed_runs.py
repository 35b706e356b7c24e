"""A run that is killed in the middle is continued by running again, and nothing is made twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_task
from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud, census
from cloudstack_simulator import Simulator
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator

APPLY = """
import json, sys
from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_task
run_task("apply", json.load(sys.stdin), environ={})
"""
POINTS = range(1, 57)
"""The changing call, of those that the example needs, at whose arrival the run is killed."""
FIXED = (3, 22, 41)


@cache
def whole():
    cloud = VirtualCloud()
    cloud.run("apply", cloud=example())
    return census(cloud.sim)


class Killer:
    """Kills a process when so many changing calls have come."""

    def __init__(self, sim: Simulator, point: int) -> None:
        self.victim: subprocess.Popen[str] | None = None
        answer = sim.reply

        def reply(*arguments, **more):
            found = answer(*arguments, **more)
            if self.victim and sim.counters.changing.total() >= point:
                os.kill(self.victim.pid, signal.SIGKILL)
                self.victim = None
            return found

        sim.reply = reply  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "point", [pytest.param(n, marks=[] if n in FIXED else [pytest.mark.exhaustive]) for n in POINTS]
)
def test_killed(point):
    sim = Simulator(clock=RunningClock(8))
    killer = Killer(sim, point)
    with RunningSimulator(sim) as running:
        options = {"cloud": example(), "parallel": 8, "on_error": "stop", "restore_file": "",
                   "api_url": running.endpoint, "api_key": running.key, "api_secret": running.secret}  # fmt: skip
        with subprocess.Popen(
            [sys.executable, "-c", APPLY], stdin=subprocess.PIPE, text=True, cwd=Path(__file__).parent
        ) as process:
            killer.victim = process
            assert process.stdin
            process.stdin.write(json.dumps(options))
            process.stdin.close()
            assert process.wait(60) == -signal.SIGKILL
        # What the server had begun for the run that is gone ends before somebody starts the next.
        while sim.jobs.running():
            time.sleep(0.05)
        continued = run_task("apply", options, environ={})
        assert not continued.get("failed"), continued.get("msg")
        running.reset_counters()
        again = run_task("apply", options, environ={})
        assert (again["changed"], running.counters["changes"]) == (False, 0)
    sim.clock.advance_to(sim.clock.now() + 300)
    assert census(sim) == whole()
