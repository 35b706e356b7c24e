"""Primary storage: no maintenance for nothing, and only when it is reached."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput

PLACE = {"zone": "Sandbox-simulator", "pod": "POD0", "cluster": "C0"}


def pool(number, **more):
    return {"name": f"ps{number}", **PLACE, "storage_url": f"nfs://10.9.9.{number}/p", **more}


def test_a_pool_with_volumes_is_not_even_put_into_maintenance(cloud):
    zone = {"zoneid": cloud.client.list("listZones")[0]["id"]}
    offering = cloud.client.list("listServiceOfferings")[0]["id"]
    template = cloud.client.list("listTemplates", {"templatefilter": "featured"})[0]["id"]
    instance = cloud.client.run("deployVirtualMachine", {**zone, "serviceofferingid": offering, "templateid": template})
    machine = instance["virtualmachine"]["id"]
    root = cloud.client.list("listVolumes", {"virtualmachineid": machine})[0]
    for check in (True, False):
        with pytest.raises(InvalidInput, match="ROOT-"):
            cloud.run("storage_pool", name=root["storage"], zone=PLACE["zone"], state="absent", check=check)
        assert cloud.changes == 0
    assert cloud.client.list("listVirtualMachines", {"id": machine})[0]["state"] == "Running"


def test_an_empty_pool_is_deleted_through_maintenance(cloud):
    cloud.run("storage_pool", **pool(1), allocation_state="disabled")
    assert cloud.run("storage_pool", **pool(1), state="absent")["changed"] is True
    assert cloud.run("storage_pool", **pool(1), state="absent")["changed"] is False


@pytest.mark.parametrize("before", ["enabled", "disabled", "maintenance"])
@pytest.mark.parametrize("after", ["enabled", "disabled", "maintenance"])
def test_every_way_between_states_is_gone(cloud, before, after):
    cloud.run("storage_pool", **pool(2), allocation_state=before)
    changed = cloud.run("storage_pool", **pool(2), allocation_state=after)
    assert changed["changed"] is (before != after)
    assert cloud.run("storage_pool", **pool(2), allocation_state=after)["changed"] is False


def test_a_pool_that_is_being_emptied_is_waited_for(cloud, monkeypatch):
    cloud.run("storage_pool", **pool(3), allocation_state="maintenance")
    listed, rounds = cloud.client.list, iter(["PrepareForMaintenance"] * 3)

    def preparing(command, params=None):
        state = next(rounds, None) if command == "listStoragePools" else None
        return [{**row, "state": state} if state else row for row in listed(command, params)]

    monkeypatch.setattr(cloud.client, "list", preparing)
    result = cloud.run("storage_pool", **pool(3), allocation_state="maintenance")
    assert (result["changed"], cloud.changes, result["resource"]["state"]) == (True, 0, "Maintenance")
