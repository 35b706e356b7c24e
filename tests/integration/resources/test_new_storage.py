"""New storage that the server adds although those who are to use it cannot mount it (B1, G1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, JobTimeout
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud


@pytest.fixture(scope="module")
def cloud() -> PopulatedCloud:
    """Hosts h1, h2 and h3 of one cluster; time passes only while the client waits."""
    found = PopulatedCloud("hosts=3,vms=1,routers=1,hypervisor=KVM")
    for number, host in enumerate(found.sim.db.hosts.where(kind="Routing"), 1):
        host.name = f"h{number}"
    return found


@contextmanager
def fault(cloud: PopulatedCloud, **rule: Any) -> Iterator[None]:
    made = cloud.fault(**rule)
    try:
        yield
    finally:
        cloud.sim.faults.remove(made)


def first_host(cloud):
    return cloud.client.list("listHosts", {"name": "h1", "type": "Routing"})[0]


def pool(cloud, number, **more):
    row = first_host(cloud)
    place = {"zone": row["zonename"], "pod": row["podname"], "cluster": row["clustername"]}
    place = {"zone": row["zonename"], "scope": "zone", "hypervisor": "KVM"} if more.pop("of_zone", False) else place
    return {"name": f"ps{number}", **place, "storage_url": f"nfs://10.9.9.{number}/p", **more}


def store(cloud, number):
    zone = first_host(cloud)["zonename"]
    return {"name": f"ss{number}", "zone": zone, "provider": "NFS", "url": f"nfs://10.9.8.{number}/s"}


@pytest.mark.parametrize("of_zone", [False, True])
def test_a_pool_that_a_host_does_not_mount_fails_its_task(cloud, of_zone):
    wish = pool(cloud, 1 + of_zone, of_zone=of_zone)
    with (
        fault(cloud, do="pool-unmounted", object="h2"),
        pytest.raises(ApiError, match=r"was added, and 1 of 3 hosts are not connected to it: h2\."),
    ):
        cloud.run("storage_pool", **wish)
    assert (cloud.run("storage_pool", **wish)["changed"], cloud.changes) == (False, 0)


def test_a_pool_that_all_hosts_mount_is_added_once(cloud):
    assert cloud.run("storage_pool", **pool(cloud, 3))["changed"]
    assert (cloud.run("storage_pool", **pool(cloud, 3))["changed"], cloud.changes) == (False, 0)


def test_hosts_out_of_service_are_told_or_none_of_its_business(cloud):
    alert, disabled = (cloud.sim.db.hosts.first(name=name) for name in ("h2", "h3"))
    alert.state, disabled.resource_state = "Alert", "Disabled"
    try:
        with fault(cloud, do="pool-unmounted", object="h3"):
            done = cloud.run("storage_pool", **pool(cloud, 4))
    finally:
        alert.state, disabled.resource_state = "Up", "Enabled"
    assert [text for text in done["warnings"] if "not up, and yet to mount it: h2 (Alert)" in text]


def test_only_hosts_of_the_groups_of_a_pool_have_to_be_connected(cloud):
    cloud.sim.db.hosts.first(name="h1").storage_access_groups = ["fast"]
    with fault(cloud, do="pool-unmounted", object="h2"):
        assert cloud.run("storage_pool", **pool(cloud, 5, storage_access_groups=["fast"]))["changed"]


def test_a_store_counts_as_there_when_a_storage_vm_has_mounted_it(cloud):
    done = cloud.run("image_store", **store(cloud, 1))
    assert cloud.client.list("listImageStores", {"id": done["resource"]["id"]})[0]["disksizetotal"] > 0
    with (
        fault(cloud, do="store-unmounted", object="ss2"),
        pytest.raises(JobTimeout, match="no secondary storage VM has told its size"),
    ):
        cloud.run("image_store", **store(cloud, 2))
    assert (cloud.run("image_store", **store(cloud, 2))["changed"], cloud.changes) == (False, 0)


def test_a_zone_without_storage_vms_waits_for_none(cloud):
    vms = cloud.sim.db.vms.where(vm_type="SecondaryStorageVm")
    agents = cloud.sim.db.hosts.where(kind="SecondaryStorageVM")
    for agent in agents:
        agent.state = "Down"
    assert vms
    with fault(cloud, do="store-unmounted", object="ss3"):
        assert cloud.run("image_store", **store(cloud, 3))["changed"]
