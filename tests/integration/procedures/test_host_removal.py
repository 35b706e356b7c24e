"""Hosts are removed when nothing runs on them, by the server's word and by their own."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, InvalidInput
from cloudstack_simulator.commands.instances.placement import settle
from cloudstack_simulator.commands.storage_pools.local import add_local_pool
from tests.integration.procedures.hosts_cloud import HostsCloud


@pytest.fixture
def cloud() -> HostsCloud:
    return HostsCloud()


def remove(cloud, *names, **options):
    return cloud.run("host_removal", names=list(names), zone="Populated", **options)


def names(cloud):
    return {row["name"] for row in cloud.client.list("listHosts", {"type": "Routing"})}


def test_an_empty_host_in_maintenance_is_removed(cloud):
    with pytest.raises(InvalidInput, match=r"it is Enabled; take it into maintenance.* are on it"):
        remove(cloud, "h1")
    cloud.run("host_maintenance", names=["h1"])
    planned = remove(cloud, "h1", check=True)
    assert (planned["changed"], cloud.changes, names(cloud)) == (True, 0, {"h1", "h2", "h3"})
    assert remove(cloud, "h1", running_domains=[])["counts"] == {"done": 1}
    assert names(cloud) == {"h2", "h3"}
    assert cloud.client.list("listAnnotations") == []
    again = remove(cloud, "h1")
    assert (again["changed"], cloud.changes) == (False, 0)
    assert "there is no host h1" in again["warnings"][0]


def test_what_runs_on_the_machine_counts_more_than_the_servers_word(cloud):
    cloud.run("host_maintenance", names=["h1"])
    with pytest.raises(InvalidInput, match="i-2-7-VM run on the machine"):
        remove(cloud, "h1", running_domains=["i-2-7-VM"], force=True, confirm="remove h1")
    assert (cloud.changes, names(cloud)) == (0, {"h1", "h2", "h3"})


def test_force_wants_evidence_and_a_typed_word(cloud):
    here = cloud.machines("h1")
    with pytest.raises(InvalidInput, match="start them twice"):
        remove(cloud, "h1", force=True, confirm="remove h1")
    with pytest.raises(InvalidInput, match="remove h1") as caught:
        remove(cloud, "h1", force=True, running_domains=[])
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    done = remove(cloud, "h1", force=True, running_domains=[], confirm="remove h1")
    assert names(cloud) == {"h2", "h3"}
    assert all(name in done["warnings"][0] for name in here)


def test_power_that_is_off_is_evidence_too(cloud):
    cloud.run("out_of_band_management", names=["h1"], driver="ipmitool", address="10.9.0.1", port=623,
              username="adm", password="power-secret")  # fmt: skip
    cloud.client.run("issueOutOfBandManagementPowerAction", {"hostid": cloud.host("h1")["id"], "action": "OFF"})
    assert remove(cloud, "h1", force=True, confirm="remove h1")["counts"] == {"done": 1}


def test_local_volumes_are_lost_only_by_a_typed_word(cloud):
    cloud.run("host_maintenance", names=["h1"])
    local = add_local_pool(cloud.sim, cloud.sim.db.hosts.first(name="h1"))
    users = {vm.id for vm in cloud.sim.db.vms.where(vm_type="User")}
    volume = next(v for v in cloud.sim.db.volumes if v.vm_id in users)
    volume.pool_id = local.id
    with pytest.raises(InvalidInput, match=f"local storage holds {volume.name}"):
        remove(cloud, "h1")
    with pytest.raises(InvalidInput, match="confirmed"):
        remove(cloud, "h1", destroy_local_storage=True)
    assert cloud.changes == 0
    assert remove(cloud, "h1", destroy_local_storage=True, confirm="remove h1")["counts"] == {"done": 1}
    assert local.name not in {pool["name"] for pool in cloud.client.list("listStoragePools")}


def test_what_came_since_the_plan_is_seen_when_its_turn_has_come(cloud, monkeypatch):
    """As after a window that was waited for: here between two tries."""
    cloud.run("host_maintenance", names=["h1"])
    name = min(n for n in cloud.machines("h2") if n.startswith("vm-"))
    send = cloud.client.run

    def busy(command, *arguments, **more):
        if command == "deleteHost" and name not in cloud.machines("h1"):
            settle(cloud.sim, cloud.sim.db.vms.first(name=name), cloud.sim.db.hosts.first(name="h1"))
            raise ApiError("busy")
        return send(command, *arguments, **more)

    monkeypatch.setattr(cloud.client, "run", busy)
    failed = remove(cloud, "h1", retries=1)
    assert failed["failed"] and f"{name} are on it" in failed["msg"]
    assert (names(cloud), cloud.changes) == ({"h1", "h2", "h3"}, 0)


def test_the_last_host_of_a_zone_stays(cloud):
    cloud.run("host_maintenance", names=["h1"])
    for name in ("h2", "h3"):
        cloud.sim.db.hosts.first(name=name).resource_state = "Disabled"
    with pytest.raises(InvalidInput, match="the last usable KVM host of zone Populated"):
        remove(cloud, "h1")
    assert cloud.changes == 0
    assert remove(cloud, "h1", last_host=True, confirm="remove h1")["counts"] == {"done": 1}


def test_an_answer_that_is_lost_removes_nothing_twice(cloud):
    cloud.run("host_maintenance", names=["h1"])
    with cloud.fault(do="lose-answer", command="deleteHost"):
        assert remove(cloud, "h1")["counts"] == {"done": 1}
    assert cloud.changing["deleteHost"] == 1
