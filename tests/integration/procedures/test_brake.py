"""Ctrl-C during a campaign in a real run of ansible-playbook: nothing new is begun, what is under way is verified."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import yaml

from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import PLAY, TIME_LIMIT, environment
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.commands.appliances.ageing import age
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator

ROUTERS = 12


def test_ctrl_c_is_a_brake_that_says_what_is_done_and_left(tmp_path):
    cloud = VirtualCloud(clock=RunningClock())
    populate(cloud.sim, Wanted(hosts=2, vms=ROUTERS, routers=ROUTERS, hypervisor="KVM"))
    age(cloud.sim)
    cloud.sim.clock.start_at(time.time())
    report, book = tmp_path / "upgrade", tmp_path / "book.yml"
    task = {"cloudstack.ops.virtual_router_upgrade": {"report": str(report)}}
    book.write_text(yaml.safe_dump([{**PLAY, "hosts": "localhost", "connection": "local", "tasks": [task]}]))
    with RunningSimulator(cloud.sim) as running:
        counted = cloud.sim.counters.calls
        with subprocess.Popen(
            [Path(sys.executable).with_name("ansible-playbook"), book], cwd=ROOT, start_new_session=True, text=True,
            env={**environment(running, tmp_path), "COUNTED_REPORT": str(tmp_path / "counted")},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as playing:  # fmt: skip
            end = time.monotonic() + TIME_LIMIT
            while counted["restartNetwork"] < 2 and playing.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            if playing.poll() is None:
                os.killpg(playing.pid, signal.SIGINT)
            told = playing.communicate(timeout=TIME_LIMIT)[0]
    done = counted["restartNetwork"]
    assert 2 <= done <= 3, told[-3000:]
    assert "stopping: interrupted by the user" in told
    assert f"{done} routers are at their goal, 0 failed, {ROUTERS - done} were left" in told
    written = json.loads(report.with_suffix(".json").read_text())
    assert written["counts"] == {"done": done, "skipped": ROUTERS - done}
    rows = cloud.client.list("listRouters", {"listall": True})
    assert Counter(row["softwareversion"] for row in rows)["4.22.0.0"] == done
    assert {row["state"] for row in rows} == {"Running"}
