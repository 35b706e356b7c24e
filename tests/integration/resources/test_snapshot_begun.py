"""A job that claims success while no snapshot is taken: told soon, with what to do, and that helps."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud


def test_a_snapshot_that_nobody_takes_is_an_error_after_a_minute_and_not_after_hours():
    cloud = StorageCloud()
    cloud.deploy("web")
    cloud.sim.faults.add({"do": "claim-success", "command": "createSnapshot", "times": 1})
    wanted = {"name": "before-upgrade", "vm": "web"}
    begun = cloud.client.clock.monotonic()
    with pytest.raises(ApiError, match="reported success, but nothing was taken: its state is Allocated") as caught:
        cloud.run("snapshot", **wanted)
    assert 60 <= cloud.client.clock.monotonic() - begun < 120
    assert caught.value.obj == "snapshot before-upgrade" and "state=absent" in str(caught.value)
    assert cloud.run("snapshot", state="absent", **wanted)["changed"]
    assert cloud.run("snapshot", **wanted)["resource"]["state"] == "BackedUp"
