"""A job that claims success while no snapshot is taken: told soon, with what to do, and that helps."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud


@pytest.mark.parametrize(
    ("module", "command", "remedy", "ready"),
    [("snapshot", "createSnapshot", "state=absent", "BackedUp"),
     ("vm_snapshot", "createVMSnapshot", "another name", "Ready")],
)  # fmt: skip
def test_a_snapshot_that_nobody_takes_is_told_after_a_minute_and_not_after_hours(module, command, remedy, ready):
    cloud = StorageCloud()
    cloud.deploy("web")
    cloud.sim.faults.add({"do": "claim-success", "command": command, "times": 1})
    wanted = {"name": "before-upgrade", "vm": "web"}
    begun = cloud.client.clock.monotonic()
    with pytest.raises(ApiError, match="reported success, but nothing was taken: its state is Allocated") as caught:
        cloud.run(module, **wanted)
    assert 60 <= cloud.client.clock.monotonic() - begun < 120
    assert "before-upgrade" in str(caught.value.obj) and remedy in str(caught.value)
    if remedy == "another name":
        wanted["name"] += "-2"
    else:
        assert cloud.run(module, state="absent", **wanted)["changed"]
    assert cloud.run(module, **wanted)["resource"]["state"] == ready
