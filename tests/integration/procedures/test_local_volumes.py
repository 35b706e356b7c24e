"""What lies on the local storage of a host is named before the host is removed, also what lists do not show."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud
from cloudstack_simulator.commands.storage_pools.local import add_local_pool


@pytest.mark.parametrize("how", ["hidden", "deleted, and can be had back"])
def test_a_volume_that_lists_do_not_show_is_lost_only_by_a_typed_word(how):
    cloud = StorageCloud()
    offering = cloud.one("listDiskOfferings", name="Small")["id"]
    made = cloud.do("createVolume", name="ledger", zoneid=cloud.zone, diskofferingid=offering)["volume"]["id"]
    cloud.run("host_maintenance", names=["h1"])
    local = add_local_pool(cloud.sim, cloud.sim.db.hosts.first(name="h1"))
    volume = cloud.sim.db.volumes.first(uuid=made)
    volume.pool_id, volume.state = local.id, "Ready"
    if how == "hidden":
        cloud.do("updateVolume", id=made, displayvolume=False)
        assert cloud.rows("listVolumes", storageid=local.uuid, listall=True) == []
    else:
        cloud.do("destroyVolume", id=made)
    for options in ({}, {"check": True}):
        with pytest.raises(InvalidInput, match=r"local storage holds ledger.*set destroy_local_storage") as caught:
            cloud.run("host_removal", names=["h1"], **options)
        assert (caught.value.option, cloud.changes) == ("names", 0)
    with pytest.raises(InvalidInput, match="remove h1") as caught:
        cloud.run("host_removal", names=["h1"], destroy_local_storage=True)
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    lost = {"names": ["h1"], "destroy_local_storage": True, "confirm": "remove h1"}
    assert cloud.run("host_removal", **lost)["counts"] == {"done": 1}
