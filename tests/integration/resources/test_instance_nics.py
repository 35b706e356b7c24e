"""NICs of instances: put in and taken out, their addresses, the default one, and what the server would refuse."""

from __future__ import annotations

from copy import copy
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    Ambiguous,
    Client,
    CloudStackError,
    Connection,
    Drift,
    InvalidInput,
    NotFound,
)
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import ZONE, StorageCloud

MODULE = "instance_nic"
ISOLATED = "DefaultIsolatedNetworkOfferingWithSourceNatService"
OFFICE = {
    "zone": ZONE, "network_offering": "DefaultSharedNetworkOffering", "gateway": "10.77.0.1",
    "netmask": "255.255.255.0", "start_ip": "10.77.0.10", "end_ip": "10.77.0.99", "acl_type": "Domain",
    "subdomain_access": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def cloud() -> StorageCloud:
    """Networks besides ``inside``. Instances get told addresses there: others could be those that a test wants."""
    found = StorageCloud()
    found.run("network", name="office", vlan="77", **OFFICE)
    for number, name in enumerate(("back", "side", "third"), start=2):
        gateway = f"10.{number}.0.1"
        found.run("network", name=name, zone=ZONE, network_offering=ISOLATED, gateway=gateway, netmask="255.255.255.0")
    found.run("network", name="cable", zone=ZONE, network_offering="DefaultL2NetworkOffering")
    return found


def twice(cloud: StorageCloud, module: str = MODULE, **options: Any) -> dict[str, Any]:
    """Plans, does and repeats; the plan is what is done, and the second run sends nothing."""
    planned = cloud.run(module, check=True, **options)
    assert cloud.changes == 0
    done = cloud.run(module, **options)
    assert (done["changed"], done["plan"]) == (True, planned["plan"])
    assert (cloud.run(module, **options)["changed"], cloud.changes) == (False, 0)
    return done


def refused(cloud: StorageCloud, **options: Any) -> InvalidInput:
    """The refusal of a task, the same in check mode, with nothing sent that changes anything."""
    for check in (True, False):
        with pytest.raises(InvalidInput) as caught:
            cloud.run(MODULE, check=check, **options)
        assert cloud.changes == 0
    assert caught.value.remedy
    return caught.value


def nics(cloud: StorageCloud, name: str) -> dict[str, dict[str, Any]]:
    return {row["networkname"]: row for row in cloud.rows("listNics", virtualmachineid=cloud.vm(name)["id"])}


def test_a_running_instance_gets_a_nic_makes_it_the_default_and_loses_it(cloud):
    cloud.deploy("web")
    made = twice(cloud, vm="web", network="back", ip_address="10.2.0.20", mac_address="2:0:5E:0:0:1")
    assert (made["resource"]["ip_address"], made["resource"]["mac_address"]) == ("10.2.0.20", "02:00:5e:00:00:01")
    changed = twice(cloud, vm="web", network="back", default=True)
    assert changed["diff"] == {"before": {"default": False}, "after": {"default": True}}
    assert [name for name, row in nics(cloud, "web").items() if row["isdefault"]] == ["back"]
    twice(cloud, vm="web", network="inside", default=True)
    with pytest.raises(Drift, match=r"mac_address is '02:00:5e:00:00:01', wanted '02:00:5e:00:00:02'"):
        cloud.run(MODULE, vm="web", network="back", mac_address="02:00:5e:00:00:02")
    twice(cloud, vm="web", network="back", state="absent")
    assert list(nics(cloud, "web")) == ["inside"]


def test_secondary_addresses_are_all_that_are_named_and_change_places_with_the_first(cloud):
    cloud.deploy("many")
    twice(cloud, vm="many", network="side", ip_address="10.3.0.20", secondary_ips=["10.3.0.21", "10.3.0.22"])
    twice(cloud, vm="many", network="side", secondary_ips=["10.3.0.23", "10.3.0.21"])
    assert refused(cloud, vm="many", network="side", ip_address="10.3.0.21").option == "ip_address"
    cloud.run("instance", name="many", state="stopped")
    twice(cloud, vm="many", network="side", ip_address="10.3.0.21", secondary_ips=["10.3.0.20"])
    row = nics(cloud, "many")["side"]
    assert (row["ipaddress"], [entry["ipaddress"] for entry in row["secondaryip"]]) == ("10.3.0.21", ["10.3.0.20"])
    twice(cloud, vm="many", network="side", secondary_ips=[])
    assert "secondaryip" not in nics(cloud, "many")["side"]


def test_an_instance_task_leaves_later_nics_alone_and_still_tells_of_missing_ones(cloud):
    told = {"zone": ZONE, "template": "golden", "compute_offering": "Small Instance", "networks": ["inside"]}
    cloud.run("instance", name="grown", **told)
    cloud.run(MODULE, vm="grown", network="third", ip_address="10.4.0.19")
    assert (cloud.run("instance", name="grown", **told)["changed"], cloud.changes) == (False, 0)
    with pytest.raises(Drift, match="networks is"):
        cloud.run("instance", name="grown", **{**told, "networks": ["inside", "side"]})


def test_a_tenant_goes_into_the_shared_network_of_a_domain_above_or_into_an_own_one_of_that_name(cloud):
    owner = {"domain": "ROOT/shop", "account": "keeper"}
    cloud.run("domain", path="ROOT/shop")
    cloud.run("account", name="keeper", domain="ROOT/shop", account_type="user", username="keeper",
              password="of-the-keeper", email="k@example.com", first_name="Kee", last_name="Per")  # fmt: skip
    cloud.run("network", name="lobby", vlan="78", **OFFICE)
    cloud.run("network", name="shop", zone=ZONE, network_offering=ISOLATED, **owner)
    cloud.do("updateTemplatePermissions", id=cloud.one("listTemplates", templatefilter="all", name="golden")["id"],
             ispublic=True)  # fmt: skip
    cloud.run("instance", name="till", zone=ZONE, template="golden", compute_offering="Small Instance",
              networks=["shop"], state="stopped", **owner)  # fmt: skip
    twice(cloud, vm="till", network="lobby", **owner)
    assert "ipaddress" not in nics(cloud, "till")["lobby"]
    twice(cloud, vm="till", network="lobby", ip_address="10.77.0.44", secondary_ips=["10.77.0.45"], **owner)
    twice(cloud, vm="till", network="lobby", state="absent", **owner)
    cloud.run("network", name="lobby", zone=ZONE, network_offering=ISOLATED, **owner)
    twice(cloud, vm="till", network="lobby", **owner)
    assert nics(cloud, "till")["lobby"]["type"] == "Isolated"


def test_tenants_do_it_without_the_rights_of_an_admin(cloud):
    """They are not told the ranges of shared networks, so there the server alone refuses."""
    cloud.run("network", name="hall", vlan="79", **OFFICE)
    person = {"username": "till", "password": "of-the-tenant", "email": "t@example.com"}
    cloud.run("account", name="till", domain="ROOT", account_type="user", first_name="T", last_name="L", **person)
    keys = cloud.do("registerUserKeys", id=cloud.one("listUsers", username="till", listall=True)["id"])["userkeys"]
    connection = Connection("http://cloud.invalid/client/api", key=keys["apikey"], secret=keys["secretkey"])
    tenant = copy(cloud)
    tenant.client = Client(connection, cloud.client.clock, cloud.transport)
    tenant.run("network", name="of-till", zone=ZONE, network_offering=ISOLATED)
    cloud.do("updateTemplatePermissions", id=cloud.one("listTemplates", templatefilter="all", name="golden")["id"],
             ispublic=True)  # fmt: skip
    tenant.run("instance", name="mine", zone=ZONE, template="golden", compute_offering="Small Instance",
               networks=["of-till"], state="stopped")  # fmt: skip
    with pytest.raises(CloudStackError, match="choose another ip"):
        tenant.run(MODULE, vm="mine", network="hall", ip_address="10.77.0.101")
    twice(tenant, vm="mine", network="hall", ip_address="10.77.0.60", secondary_ips=["10.77.0.61"])
    twice(tenant, vm="mine", network="hall", default=True)
    twice(tenant, vm="mine", network="of-till", default=True)
    twice(tenant, vm="mine", network="hall", state="absent")


def test_tiers_of_one_name_are_told_apart_by_their_vpcs(cloud):
    cloud.deploy("tiered")
    for provider in ("VpcVirtualRouter", "InternalLbVm"):
        cloud.run("network_service_provider", name=provider, zone=ZONE, physical_network="guest", state="enabled")
    offering = cloud.one("listVPCOfferings", name="Default VPC offering")["id"]
    kind = cloud.one("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingForVpcNetworks")["id"]
    ids = {}
    for number, vpc in enumerate(("north-a", "north-b"), start=1):
        made = cloud.do("createVPC", name=vpc, displaytext=vpc, zoneid=cloud.zone, vpcofferingid=offering,
                        cidr=f"10.4{number}.0.0/16")["vpc"]["id"]  # fmt: skip
        ids[vpc] = cloud.do(
            "createNetwork", name="app", displaytext="app", zoneid=cloud.zone, networkofferingid=kind, vpcid=made,
            gateway=f"10.4{number}.1.1", netmask="255.255.255.0",
        )["network"]["id"]  # fmt: skip
    with pytest.raises(Ambiguous):
        cloud.run(MODULE, vm="tiered", network="app")
    for vpc in ids:
        twice(cloud, vm="tiered", network="app", vpc=vpc)
    with pytest.raises(Ambiguous):
        cloud.run(MODULE, vm="tiered", network="app", state="absent")
    twice(cloud, vm="tiered", network="app", vpc="north-a", state="absent")
    twice(cloud, vm="tiered", network=ids["north-b"], state="absent")


@pytest.fixture(scope="module")
def taken(cloud) -> StorageCloud:
    """Two running instances in ``inside``; one of them is in ``back`` and ``cable`` too, the other in ``back``."""
    for name in ("one", "two"):
        cloud.deploy(name)
    cloud.run(MODULE, vm="one", network="back", ip_address="10.2.0.70", secondary_ips=["10.2.0.71"])
    cloud.run(MODULE, vm="one", network="cable")
    cloud.run(MODULE, vm="two", network="back", ip_address="10.2.0.80", mac_address="02:00:5e:00:00:77")
    return cloud


NEW = {"vm": "two", "network": "side"}


@pytest.mark.parametrize(
    ("options", "option", "text"),
    [
        ({**NEW, "ip_address": "10.3.0"}, "ip_address", "no IPv4 address"),
        ({**NEW, "secondary_ips": ["10.3.0.1x"]}, "secondary_ips", "no IP address"),
        ({**NEW, "ip_address": "10.3.0.9", "secondary_ips": ["10.3.0.9"]}, "secondary_ips", "first and a secondary"),
        ({**NEW, "mac_address": "01:00:5e:00:00:01"}, "mac_address", "single interface"),
        ({**NEW, "mac_address": "02:00:5e"}, "mac_address", "single interface"),
        ({**NEW, "account": "admin"}, "domain", "account needs domain"),
        ({**NEW, "ip_address": "10.9.0.9"}, "ip_address", "outside the network, which has 10.3.0.1 - 10.3.0.254"),
        ({**NEW, "ip_address": "10.3.0.1"}, "ip_address", "belongs to the gateway"),
        ({"vm": "two", "network": "office", "ip_address": "10.77.0.100"}, "ip_address", "10.77.0.10 - 10.77.0.99"),
        ({"vm": "two", "network": "back", "secondary_ips": ["10.2.0.71"]}, "secondary_ips", "the instance one"),
        ({"vm": "two", "network": "cable", "ip_address": "10.3.0.9"}, "ip_address", "L2 network"),
        ({"vm": "one", "network": "cable", "secondary_ips": ["10.3.0.9"]}, "secondary_ips", "L2 network"),
        ({"vm": "one", "network": "back", "ip_address": "10.2.0.72"}, "ip_address", "is Running, and only a stopped"),
        ({"vm": "one", "network": "inside", "default": False}, "default", "the default NIC of the instance one"),
        ({"vm": "one", "network": "inside", "state": "absent"}, "state", "the default NIC of the instance one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused_before_anything_is_sent(taken, options, option, text):
    error = refused(taken, **options)
    assert error.option == option
    assert text in error.message


def test_a_mac_address_and_a_host_name_are_in_a_network_once(taken):
    taken.deploy("other")
    error = refused(taken, vm="other", network="back", mac_address="2:0:5e:0:0:77")
    assert (error.option, "the instance two" in error.message) == ("mac_address", True)
    apart = taken.run("network", name="apart", zone=ZONE, network_offering=ISOLATED)["resource"]["id"]
    offering = taken.one("listServiceOfferings", name="Small Instance")["id"]
    template = taken.one("listTemplates", templatefilter="all", name="golden")["id"]
    twin = taken.do("deployVirtualMachine", name="other", zoneid=taken.zone, templateid=template,
                    serviceofferingid=offering, networkids=apart, startvm=False)["virtualmachine"]["id"]  # fmt: skip
    assert refused(taken, vm=twin, network="inside").option == "vm"


def test_what_leads_to_a_nic_is_named_before_it_or_its_address_goes(cloud):
    cloud.deploy("served")
    cloud.run(MODULE, vm="served", network="third", ip_address="10.4.0.20", secondary_ips=["10.4.0.21", "10.4.0.22"])
    vm, network = cloud.vm("served")["id"], nics(cloud, "served")["third"]["networkid"]
    for _number in range(3):
        cloud.do("associateIpAddress", networkid=network)
    addresses = [row["id"] for row in cloud.rows("listPublicIpAddresses", associatednetworkid=network, listall=True)
                 if not row["issourcenat"]]  # fmt: skip
    cloud.do("createPortForwardingRule", ipaddressid=addresses[0], protocol="tcp", publicport=80, privateport=80,
             virtualmachineid=vm, networkid=network, vmguestip="10.4.0.21")  # fmt: skip
    cloud.do("enableStaticNat", ipaddressid=addresses[1], virtualmachineid=vm, networkid=network,
             vmguestip="10.4.0.22")  # fmt: skip
    rule = cloud.do("createLoadBalancerRule", publicipid=addresses[2], name="lb", algorithm="roundrobin",
                    publicport=80, privateport=80, networkid=network)["loadbalancer"]["id"]  # fmt: skip
    cloud.do("assignToLoadBalancerRule", id=rule, virtualmachineids=vm)
    error = refused(cloud, vm="served", network="third", state="absent")
    assert error.option == "state"
    assert all(word in error.message for word in ("port forwarding", "static NAT", "load balancer lb"))
    for left, gone in ((["10.4.0.22"], "10.4.0.21"), (["10.4.0.21"], "10.4.0.22")):
        error = refused(cloud, vm="served", network="third", secondary_ips=left)
        assert (error.option, f"leads to {gone}" in error.message) == ("secondary_ips", True)
    cloud.run("instance", name="served", state="stopped")
    twice(cloud, vm="served", network="third", ip_address="10.4.0.30")
    (member,) = cloud.rows("listLoadBalancerRuleInstances", id=rule, lbvmips=True)
    assert member["lbvmipaddresses"] == ["10.4.0.30"]


def test_snapshots_of_an_instance_hold_its_nics_but_not_their_addresses(cloud):
    cloud.deploy("kept")
    cloud.run(MODULE, vm="kept", network="back", ip_address="10.2.0.89")
    cloud.run("instance", name="kept", state="stopped")
    cloud.run("vm_snapshot", name="before", vm="kept")
    for options, option in (
        ({"network": "side"}, "network"),
        ({"network": "back", "default": True}, "default"),
        ({"network": "back", "state": "absent"}, "state"),
    ):
        error = refused(cloud, vm="kept", **options)
        assert (error.option, "the snapshots before" in error.message) == (option, True)
    twice(cloud, vm="kept", network="back", ip_address="10.2.0.90", secondary_ips=["10.2.0.91"])
    cloud.run("vm_snapshot", name="before", vm="kept", state="absent")
    twice(cloud, vm="kept", network="back", state="absent")


def test_of_a_destroyed_instance_no_nic_is_there_and_none_is_added(cloud):
    cloud.deploy("gone")
    cloud.run("instance", name="gone", state="absent")
    assert (cloud.run(MODULE, vm="gone", network="inside", state="absent")["changed"], cloud.changes) == (False, 0)
    error = refused(cloud, vm="gone", network="side")
    assert (error.option, "is Destroyed" in error.message) == ("network", True)
    told = cloud.run(MODULE, vm="never", network="inside", state="absent")
    assert (told["changed"], "instance 'never' does not exist" in told["warnings"][0]) == (False, True)
    with pytest.raises(NotFound, match="network 'insid' does not exist"):
        cloud.run(MODULE, vm="web", network="insid")


def test_in_a_basic_zone_an_instance_keeps_its_nic(cloud):
    cloud.deploy("simple")
    zone = cloud.sim.db.zones.find(cloud.zone)
    zone.network_type = "Basic"
    try:
        error = refused(cloud, vm="simple", network="side")
    finally:
        zone.network_type = "Advanced"
    assert (error.option, "is basic" in error.message) == ("network", True)


def test_a_document_gives_an_instance_its_nics_before_a_snapshot_holds_them(cloud):
    written = {
        "instances": [{
            "name": "written", "zone": ZONE, "template": "golden", "compute_offering": "Small Instance",
            "networks": ["inside"], "state": "stopped",
            "vm_snapshots": [{"name": "first"}],
            "instance_nics": [
                {"network": "back", "ip_address": "10.2.0.100", "secondary_ips": ["10.2.0.101"]},
                {"network": "side", "ip_address": "10.3.0.100"},
            ],
        }]
    }  # fmt: skip
    planned = cloud.run("apply", check=True, cloud=written)
    done = cloud.run("apply", cloud=written)
    assert done["plan"] == planned["plan"]
    assert set(nics(cloud, "written")) == {"inside", "back", "side"}
    assert (cloud.run("apply", cloud=written)["changed"], cloud.changes) == (False, 0)
