"""A volume that somebody else works on: what the server refuses meanwhile is done afterwards."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import ZONE, StorageCloud

DAILY = {"interval_type": "daily", "schedule": "0:3", "max_snaps": 3}


@pytest.fixture
def cloud() -> StorageCloud:
    found = StorageCloud()
    found.deploy("busy")
    return found


def root_of(cloud: StorageCloud) -> str:
    return str(cloud.rows("listVolumes", virtualmachineid=cloud.vm("busy")["id"])[0]["id"])


@pytest.mark.parametrize(("module", "options"), [("snapshot_policy", DAILY), ("snapshot", {"name": "mine"})])
def test_a_snapshot_under_way_is_waited_for(cloud, module, options):
    volume = root_of(cloud)
    cloud.client.call("createSnapshot", {"volumeid": volume, "name": "somebody's"})
    cloud.sim.advance(0.2)
    assert cloud.rows("listVolumes", id=volume)[0]["state"] == "Snapshotting"
    assert cloud.run(module, volume=volume, **options)["changed"]
    assert (cloud.run(module, volume=volume, **options)["changed"], cloud.changes) == (False, 0)


def test_a_volume_that_nobody_works_on_is_not_waited_for(cloud):
    cloud.run("volume", name="loose", zone=ZONE, disk_offering="Small")
    begun = cloud.client.clock.monotonic()
    with pytest.raises(ApiError, match="not in Ready state"):
        cloud.run("snapshot_policy", volume="loose", **DAILY)
    assert (cloud.changes, cloud.client.clock.monotonic() - begun < 5) == (1, True)
