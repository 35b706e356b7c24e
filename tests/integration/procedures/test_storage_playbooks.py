"""The playbooks of storage, run as an operator runs them."""

from __future__ import annotations

import time

from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import play
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator

RATE = 60.0
BUILT_IN = 900.0
"""Simulated seconds that building takes; the clock begins so much earlier, so that signatures are not too old."""


def test_secondary_storage_moves_to_another_server(tmp_path):
    cloud = StorageCloud(clock=RunningClock(RATE, start=time.time() - BUILT_IN))
    cloud.snapshot(cloud.deploy_on("ps1", "web"))
    wanted = {"zone": "north", "from": "ss1", "to": "ss2", "url": "nfs://10.0.0.6/new", "remove": True,
              "confirm": "ss1"}  # fmt: skip
    variables = {f"secondary_storage_relocation_{name}": value for name, value in wanted.items()}
    with RunningSimulator(cloud.sim) as running:
        done = play(running, tmp_path, ROOT / "playbooks/secondary_storage_relocation.yml", variables=variables)
        done.succeeded()
    (moved,) = [task for task in done.ours if task.action == "cloudstack.ops.secondary_storage_migration"]
    assert (moved.result["counts"], [row["name"] for row in cloud.rows("listImageStores")]) == ({"done": 1}, ["ss2"])
