"""A restart with cleanup makes the new router while the old one runs: zones that have no room for both."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError, InvalidInput
from ansible_collections.cloudstack.ops.tests.support.balancers import enable_internal_balancers
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


def use_up_reserved(cloud: PopulatedCloud) -> None:
    for row in cloud.sim.db.pods:
        row.counted = {**row.counted, 5: (8, 8)}


def use_up_public(cloud: PopulatedCloud) -> None:
    """Nobody has them, and nobody gets them."""
    for row in cloud.sim.db.ip_addresses.where(state="Free"):
        row.state = "Reserved"


def lose_source_nat(cloud: PopulatedCloud, number: int, **where: Any) -> str:
    """A network or VPC forgets its source NAT address, as after a restart that failed half-way. Returns its name."""
    ip = [ip for ip in cloud.sim.db.ip_addresses.where(**where) if ip.is_source_nat][number]
    owner = cloud.sim.db.networks.get(ip.network_id) or cloud.sim.db.vpcs.get(ip.vpc_id)
    ip.network_id = ip.vpc_id = None
    ip.is_source_nat = False
    return str(owner.name)


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
    use_up_reserved(cloud)
    as_vmware(cloud)
    assert "the pods of zone Populated have no reserved address left" in str(refused(cloud, method="restart"))
    other = cloud_of()
    use_up_reserved(other)
    assert other.run(MODULE)["counts"] == {"done": 2}


def test_a_used_up_public_range_stops_nobody_who_has_an_address():
    cloud = cloud_of()
    use_up_public(cloud)
    done = cloud.run(MODULE)
    assert done["counts"] == {"done": 2}
    assert any("each network keeps the source NAT address that it has" in text for text in done["warnings"])


def test_a_network_without_an_address_is_told_where_none_is_free():
    cloud = cloud_of()
    name = lose_source_nat(cloud, 0)
    use_up_public(cloud)
    for options in ({"check": True}, {}):
        error = refused(cloud, **options)
        assert f"network {name}: without a source NAT address, and zone Populated has no public address" in str(error)
    cloud.client.run("updateConfiguration", {"name": "network.rolling.restart", "value": "false"})
    assert error.option == refused(cloud).option == "method"
    assert cloud.run(MODULE, method="reboot")["counts"] == {"done": 2}


def test_the_server_would_have_failed_where_that_is_refused():
    cloud = cloud_of()
    name = lose_source_nat(cloud, 0)
    (network,) = [row for row in cloud.client.list("listNetworks", {"listall": True}) if row["name"] == name]
    use_up_public(cloud)
    with pytest.raises(CloudStackError, match="Insufficient address capacity"):
        cloud.client.run("restartNetwork", {"id": network["id"], "cleanup": True})


def test_a_network_that_has_lost_its_address_gets_another_while_some_are_free():
    cloud = cloud_of()
    lose_source_nat(cloud, 0)
    done = cloud.run(MODULE)
    assert (done["counts"], done.get("warnings")) == ({"done": 2}, None)


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


def test_a_vpc_that_has_lost_its_address_is_told_too():
    cloud = cloud_of()
    (zone,) = cloud.client.list("listZones")
    enable_internal_balancers(cloud.client)
    offerings = {row["name"]: row["id"] for row in cloud.client.list("listVPCOfferings")}
    wanted = {"name": "v", "displaytext": "v", "cidr": "10.9.0.0/16", "zoneid": zone["id"],
              "vpcofferingid": offerings["Default VPC offering"]}  # fmt: skip
    vpc = cloud.client.run("createVPC", wanted)["vpc"]
    age(cloud.sim)
    lose_source_nat(cloud, 0, vpc_id=cloud.sim.db.vpcs.find(vpc["id"]).id)
    use_up_public(cloud)
    assert "vpc v: without a source NAT address" in str(refused(cloud))
    assert cloud.run(MODULE, network=cloud.client.list("listNetworks", {"listall": True})[0]["name"])["changed"]
