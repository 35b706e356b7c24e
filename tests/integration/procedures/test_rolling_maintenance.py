"""The server's own rolling maintenance, host after host, once for each label."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from tests.integration.procedures.hosts_cloud import HostsCloud


@pytest.fixture
def cloud() -> Iterator[HostsCloud]:
    found = HostsCloud()
    yield found
    found.close()


def roll(cloud, **options):
    return cloud.run("cluster_rolling_maintenance", **{"label": "kernel 6.12", "zone": "Populated", **options})


def started(cloud):
    return cloud.sim.counters.changing["startRollingMaintenance"]


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


def test_a_lost_instance_is_told(cloud):
    name = min(n for n in cloud.machines("h1") if n.startswith("vm-"))
    with cloud.fault(do="stopped-instances", where=name, command="startRollingMaintenance"):
        done = roll(cloud, names=["h1"])
        assert [entry["name"] for entry in done["not_running"]] == [name]


@pytest.mark.parametrize(
    ("command", "number", "again"),
    [("startRollingMaintenance", 1, 2), ("addAnnotation", 1, 1), ("addAnnotation", 2, 1)],
)
def test_a_run_that_is_cut_off_is_resumed(cloud, command, number, again):
    """Only where even the job's name was lost is the host emptied a second time."""
    with cloud.fault(do="lose-answer", command=command, nth=number):
        roll(cloud, names=["h1"], retries=0)
    assert not roll(cloud, names=["h1"]).get("failed")
    assert started(cloud) == again
    assert (roll(cloud, names=["h1"])["counts"], cloud.changes) == ({"already": 1}, 0)
