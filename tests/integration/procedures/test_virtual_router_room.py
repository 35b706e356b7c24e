"""A restart with cleanup makes the new router while the old one runs: zones that have no room for both."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from cloudstack_simulator.commands.appliances.ageing import age

MODULE = "virtual_router_upgrade"


def cloud_of() -> PopulatedCloud:
    found = PopulatedCloud("hosts=2,routers=2,hypervisor=KVM")
    age(found.sim)
    return found


def as_vmware(cloud: PopulatedCloud) -> None:
    """The same cloud as if it ran on VMware."""
    for table in (cloud.sim.db.hosts, cloud.sim.db.vms, cloud.sim.db.templates):
        for row in table:
            if getattr(row, "hypervisor", "") == "KVM":
                row.hypervisor = "VMware"
    name = cloud.client.list("listConfigurations", {"name": "router.template.kvm"})[0]["value"]
    cloud.client.run("updateConfiguration", {"name": "router.template.vmware", "value": name})


def fill_hosts(cloud: PopulatedCloud, left: int) -> None:
    """Leaves so many bytes on each host."""
    for host in cloud.sim.db.hosts.where(kind="Routing"):
        host.memory_used = host.memory - left


def use_up(cloud: PopulatedCloud, kind: int, *, of_pods: bool) -> None:
    for row in cloud.sim.db.pods if of_pods else cloud.sim.db.zones:
        row.counted = {**row.counted, kind: (8, 8)}


def refused(cloud: PopulatedCloud, **options: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        cloud.run(MODULE, **options)
    assert cloud.changes == 0
    return caught.value


def test_hosts_without_room_for_a_second_router_are_told_before_the_first_is_touched():
    cloud = cloud_of()
    fill_hosts(cloud, left=100 << 20)
    error = refused(cloud)
    assert "no KVM host of zone Populated has room for one more router (512 MB" in str(error)
    assert error.option == "method"
    assert "network.rolling.restart" in str(error.remedy)
    assert cloud.run(MODULE, method="reboot")["counts"] == {"done": 2}


def test_nothing_more_is_needed_where_the_old_router_goes_first():
    cloud = cloud_of()
    cloud.client.run("updateConfiguration", {"name": "network.rolling.restart", "value": "false"})
    fill_hosts(cloud, left=0)
    assert cloud.run(MODULE, check=True)["counts"] == {"waiting": 2}


def test_routers_that_take_a_reserved_address_need_one_more():
    cloud = cloud_of()
    use_up(cloud, 5, of_pods=True)
    as_vmware(cloud)
    assert "the pods of zone Populated have no reserved address left" in str(refused(cloud, method="restart"))
    other = cloud_of()
    use_up(other, 5, of_pods=True)
    assert other.run(MODULE)["counts"] == {"done": 2}


def test_a_used_up_public_range_is_a_warning_because_networks_keep_their_address():
    cloud = cloud_of()
    use_up(cloud, 4, of_pods=False)
    done = cloud.run(MODULE)
    assert done["counts"] == {"done": 2}
    assert any("zone Populated has no public address left" in text for text in done["warnings"])


def test_what_the_server_does_not_tell_holds_nobody_up():
    cloud = cloud_of()
    for row in (*cloud.sim.db.pods, *cloud.sim.db.zones):
        row.counted = {}
    assert cloud.run(MODULE)["counts"] == {"done": 2}


def test_a_larger_offering_needs_more_room():
    cloud = cloud_of()
    wanted = {"name": "large", "displaytext": "large", "issystem": True, "systemvmtype": "domainrouter",
              "cpunumber": 1, "cpuspeed": 500, "memory": 2048}  # fmt: skip
    cloud.client.run("createServiceOffering", wanted)
    fill_hosts(cloud, left=1 << 30)
    with pytest.raises(InvalidInput, match=r"one more router \(2048 MB"):
        cloud.run("virtual_router_offering", offering="large")
    assert cloud.changes == 0
