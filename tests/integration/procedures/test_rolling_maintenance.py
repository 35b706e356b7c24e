"""The server's own rolling maintenance, host after host, once for each label."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from tests.integration.procedures.hosts_cloud import HostsCloud


@pytest.fixture
def cloud() -> HostsCloud:
    return HostsCloud()


def roll(cloud, **options):
    return cloud.run("cluster_rolling_maintenance", **{"label": "kernel 6.12", "zone": "Populated", **options})


def started(cloud):
    return cloud.changing["startRollingMaintenance"]


def test_each_host_is_maintained_once_for_a_label(cloud):
    everything = cloud.running_now()
    planned = roll(cloud, check=True, canaries=1)
    assert (planned["changed"], cloud.changes, [entry["wave"] for entry in planned["plan"]]) == (True, 0, [1, 2, 2])
    assert roll(cloud, canaries=1, names=["h1", "h2"])["counts"] == {"done": 2}
    done = roll(cloud)
    assert (done["counts"], done["not_running"]) == ({"already": 2, "done": 1}, [])
    assert (started(cloud), cloud.running_now()) == (3, everything)
    assert {cloud.state(name) for name in ("h1", "h2", "h3")} == {("Up", "Enabled")}
    assert (roll(cloud)["changed"], cloud.changes) == (False, 0)
    assert roll(cloud, label="firmware", check=True)["counts"] == {"waiting": 3}


def test_a_host_that_the_server_skipped_is_not_done(cloud):
    """The job ends well, its answer says that nothing was done."""
    cloud.client.run("updateConfiguration", {"name": "kvm.rolling.maintenance.ping.interval", "value": "60"})
    failed = roll(cloud, names=["h1"], stage_timeout=30, retries=0)
    assert failed["failed"] and "must be greater or equal than the ping interval" in failed["msg"]
    assert roll(cloud, names=["h1"], stage_timeout=90)["counts"] == {"done": 1}


def test_a_job_that_ends_well_and_says_nothing_is_not_believed_and_not_asked_again(cloud):
    with cloud.fault(do="claim-success", command="startRollingMaintenance"):
        failed = roll(cloud, names=["h1"], retries=0)
    assert failed["failed"] and "the server did not maintain it" in failed["msg"]
    assert roll(cloud, names=["h1"])["counts"] == {"done": 1}


def test_a_maintenance_that_would_stop_half_way_is_refused(cloud):
    with cloud.fault(do="no-capacity", where="h[23]"), pytest.raises(InvalidInput, match="no other host takes it"):
        roll(cloud)
    cloud.sim.db.hosts.first(name="h2").resource_state = "Maintenance"
    with pytest.raises(InvalidInput, match="h2: it is Maintenance"):
        roll(cloud)
    cloud.sim.db.hosts.first(name="h2").hypervisor = "XenServer"
    with pytest.raises(InvalidInput, match=r"h2 \(XenServer\)"):
        roll(cloud)
    assert cloud.changes == 0


def test_a_zone_without_high_availability_keeps_hosts_with_machines_from_it(cloud):
    """The server refuses that only when it has disabled the cluster."""
    zone = cloud.host("h1")["zoneid"]
    cloud.client.run("updateConfiguration", {"name": "vm.ha.enabled", "value": "false", "zoneid": zone})
    for check in (True, False):
        with pytest.raises(InvalidInput, match=r"h1: vm\.ha\.enabled of zone Populated is false.*host_maintenance"):
            roll(cloud, check=check, names=["h1"])
        assert cloud.changes == 0


def test_a_lost_instance_is_told(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    with cloud.fault(do="stopped-instances", where=name, command="startRollingMaintenance"):
        done = roll(cloud, names=["h1"])
        assert [entry["name"] for entry in done["not_running"]] == [name]


def test_a_run_that_is_cut_off_at_any_call_is_resumed(cloud):
    """At each changing call, also where even the job's name is lost: no host is emptied a second time."""
    roll(cloud, names=["h1"])
    changes, runs = cloud.changes, started(cloud)
    for number in range(1, changes + 1):
        label = f"try {number}"
        with cloud.fault(do="lose-answer", command=["startRolling*", "addAnnotation", "removeAnnotation"], nth=number):
            roll(cloud, names=["h1"], label=label, retries=0)
        assert not roll(cloud, names=["h1"], label=label).get("failed")
        assert started(cloud) == runs + number
        assert (roll(cloud, names=["h1"], label=label)["counts"], cloud.changes) == ({"already": 1}, 0)


def test_a_job_that_failed_after_its_name_was_lost_is_begun_again(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    patience = "kvm.rolling.maintenance.wait.maintenance.timeout"
    cloud.client.run("updateConfiguration", {"name": patience, "value": "5"})
    with (
        cloud.fault(do="stuck-instances", where=name),
        cloud.fault(do="lose-answer", command="startRollingMaintenance"),
    ):
        assert roll(cloud, names=["h1"], retries=0)["failed"]
        while cloud.client.list("listAsyncJobs", {"listall": True}):
            cloud.client.clock.sleep(1)
    cloud.client.run("cancelHostMaintenance", {"id": cloud.host("h1")["id"]})
    cloud.client.run("updateConfiguration", {"name": patience, "value": "300"})
    assert roll(cloud, names=["h1"])["counts"] == {"done": 1}
    assert started(cloud) == 2


def test_an_instance_that_was_lost_in_a_run_that_was_cut_off_is_told_by_the_next(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    with cloud.fault(do="stopped-instances", where=name, command="startRollingMaintenance"):
        with cloud.fault(do="lose-answer", command="startRollingMaintenance"):
            assert roll(cloud, names=["h1"], retries=0)["failed"]
        assert [entry["name"] for entry in roll(cloud, names=["h1"])["not_running"]] == [name]


def test_a_note_of_the_maintenance_of_another_host_proves_nothing(cloud):
    """Cut off before the server got the call, while somebody maintains another host."""
    with cloud.fault(do="unavailable", command="startRollingMaintenance"):
        roll(cloud, names=["h1"], retries=0)
    other = cloud.host("h2")["id"]
    cloud.client.run("startRollingMaintenance", {"hostids": other})
    assert roll(cloud, names=["h1"])["counts"] == {"done": 1}
    assert len(cloud.client.list("listEvents", {"type": "HOST.ROLLING.MAINTENANCE"})) == 2
    assert (roll(cloud, names=["h1"])["counts"], cloud.changes) == ({"already": 1}, 0)
