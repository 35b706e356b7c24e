"""Which clusters could lose a host, and whether instances would start again then."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from tests.integration.procedures.hosts_cloud import HostsCloud

GIB = 1 << 30


@pytest.fixture
def cloud() -> HostsCloud:
    found = HostsCloud(vms=0, routers=0)
    for host, used in zip(found.sim.db.hosts.where(kind="Routing"), (20, 20, 20), strict=True):
        host.memory, host.memory_used, host.cpu_used = 32 * GIB, used * GIB, 0
    return found


def guard(cloud, **options):
    return cloud.run("capacity_guard", zone="Populated", **options)


def test_a_cluster_that_holds_is_told_with_its_numbers(cloud):
    found = guard(cloud)
    assert (found["changed"], found["holds"], cloud.changes) == (False, True, 0)
    assert found["clusters"][0]["memory_gb"] == {"used": 60.0, "total": 96.0, "without": 64.0}
    assert found["high_availability"] == []


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        ({"threshold": 95}, True),
        ({"threshold": 93}, False),
        ({"spare_hosts": 2}, False),
        ({"memory_factor": 0.9}, False),
        ({"memory_factor": 2.0, "spare_hosts": 2}, True),
        ({"cpu_factor": 0.1}, True),
    ],
)
def test_what_has_to_be_left_is_said_by_options(cloud, options, holds):
    assert guard(cloud, **options)["holds"] is holds


def test_the_largest_host_is_the_one_that_is_lost(cloud):
    cloud.sim.db.hosts.first(name="h1").memory = 48 * GIB
    cloud.sim.db.hosts.first(name="h2").memory = 24 * GIB
    found = guard(cloud)["clusters"][0]
    assert (found["memory_gb"]["without"], found["holds"]) == (56.0, False)
    assert found["reason"] == "without 1 of 3 usable hosts there is not enough memory"


def test_hosts_that_take_nothing_give_nothing(cloud):
    cloud.sim.db.hosts.first(name="h3").resource_state = "Maintenance"
    found = guard(cloud)["clusters"][0]
    assert (found["usable_hosts"], found["memory_gb"]["without"], found["holds"]) == (2, 32.0, False)


def test_a_breach_fails_or_closes_the_cluster_once(cloud):
    cloud.sim.db.hosts.first(name="h3").memory_used = 30 * GIB
    failed = guard(cloud, on_breach="fail")
    assert failed["failed"] and "1 of 1 clusters cannot lose a host" in failed["msg"]
    name = failed["clusters"][0]["cluster"]
    planned = guard(cloud, on_breach="disable", check=True)
    assert (planned["changed"], planned["disabled"], cloud.changes) == (True, [name], 0)
    assert guard(cloud, on_breach="disable")["disabled"] == [name]
    assert cloud.client.list("listClusters", {"name": name})[0]["allocationstate"] == "Disabled"
    assert (guard(cloud, on_breach="disable")["changed"], cloud.changes) == (False, 0)


def test_a_tag_that_no_host_carries_keeps_everything_down(cloud):
    cloud.client.run("updateConfiguration", {"name": "ha.tag", "value": "spare"})
    found = guard(cloud)
    assert found["high_availability"][0]["obstacles"] == [
        "ha.tag is 'spare' and no usable host carries that tag, so no instance is started again"
    ]
    cloud.client.run("updateHost", {"id": cloud.host("h1")["id"], "hosttags": "spare"})
    assert guard(cloud)["high_availability"] == []
    cloud.client.run("updateConfiguration", {"name": "vm.ha.enabled", "value": "false"})
    assert "vm.ha.enabled is false" in guard(cloud)["warnings"][0]


@pytest.mark.parametrize(("option", "value"), [("spare_hosts", 0), ("threshold", 101), ("cpu_factor", 0.0)])
def test_senseless_numbers_are_refused(cloud, option, value):
    with pytest.raises(InvalidInput) as caught:
        guard(cloud, **{option: value})
    assert caught.value.option == option
