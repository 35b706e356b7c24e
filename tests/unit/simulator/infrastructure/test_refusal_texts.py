"""What is refused of offerings, settings and places, in the server's words."""

from __future__ import annotations

from typing import Any

import pytest

SERVICE = {"name": "one", "displaytext": "one", "cpunumber": "1", "cpuspeed": "500", "memory": "512"}
DISK = {"name": "one", "displaytext": "one", "disksize": "3"}
NETWORK = {
    "name": "one", "displaytext": "one", "guestiptype": "Isolated", "traffictype": "Guest",
    "supportedservices": "Dhcp", "serviceproviderlist[0].service": "Dhcp",
    "serviceproviderlist[0].provider": "VirtualRouter",
}  # fmt: skip
POLICY = "Please specify a valid vSphere storage policy id"
CACHE = (
    "Invalid cache mode (hot). Please specify one of the following valid cache mode parameters: none, writeback, "
    "writethrough or hypervisor_default."
)


@pytest.mark.parametrize(
    ("command", "good", "changed", "text"),
    [
        ("createServiceOffering", SERVICE, {"storagepolicy": "-1"}, POLICY),
        ("createDiskOffering", DISK, {"storagepolicy": "-1"}, POLICY),
        ("createServiceOffering", SERVICE, {"cachemode": "hot", "storagetype": "tape"}, CACHE),
        ("createDiskOffering", DISK, {"cachemode": "hot", "storagetype": "tape"}, CACHE),
        (
            "createServiceOffering",
            SERVICE,
            {"serviceofferingdetails[0].key": "extraconfig-1", "serviceofferingdetails[0].value": "x"},
            "Only extraconfig for DPDK are supported in service offering details",
        ),
        (
            "createDiskOffering",
            DISK,
            {"bytesreadrate": "10", "bytesreadratemax": "5", "iopswriteratemaxlength": "61"},
            "Bytes Read rate (10) cannot be greater than Bytes Read maximum rate (5)",
        ),
        (
            "createDiskOffering",
            DISK,
            {"iopswriteratemaxlength": "61"},
            (
                "IOPS write max length (61 seconds) cannot be greater than vm.disk.iops.maximum.write.length "
                "(60 seconds)"
            ),
        ),
        (
            "createNetworkOffering",
            NETWORK,
            {"networkmode": "ROUTED"},
            "Configuration routed.network.vpc.enabled needs to be enabled for Routed networks",
        ),
    ],
)
def test_an_offering_that_is_refused(
    op: Any, command: str, good: dict[str, str], changed: dict[str, str], text: str
) -> None:
    op.sim.settings.set("vm.disk.iops.maximum.write.length", "60")
    op.sim.settings.set("routed.network.vpc.enabled", "false")
    assert op.refused(command, **(good | changed)) == (431, text)
    op.do(command, **good)


def test_bursts_of_service_offerings_are_taken_as_they_are(op: Any) -> None:
    """Only disk offerings are checked; limits of zero are none."""
    made = op.do("createServiceOffering", **SERVICE, iopsreadrate=10, iopsreadratemax=5, bytesreadrate=0)
    shown = made["serviceoffering"]
    assert (shown["diskIopsReadRate"], shown["diskIopsReadRateMax"], "diskBytesReadRate" in shown) == (10, 5, False)


def test_guests_keep_their_subnet_on_their_vlans(bare: Any) -> None:
    physical = {"physicalnetworkid": bare.guest_network}
    wanted = {
        "zoneid": bare.zone, "gateway": "10.1.1.1", "netmask": "255.255.255.0", "startip": "10.1.1.10",
        "endip": "10.1.1.20", "forvirtualnetwork": "true",
    }  # fmt: skip
    assert bare.op.refused("createVlanIpRange", **wanted, **physical, vlan="550") == (
        431,
        (
            "The new IP range you have specified has  overlapped with the guest network in zone: northalong with "
            "existing Vlan also. Please specify a different gateway/netmask"
        ),
    )
    bare.op.do("createVlanIpRange", **wanted, **physical, vlan="700")


def test_ip6_addresses_of_a_shared_network_are_its_own(running: Any) -> None:
    op = running.op
    network = op.do(
        "createNetwork", name="lan", displaytext="lan", zoneid=running.zone, vlan="700", gateway="192.168.5.1",
        networkofferingid=op.only("listNetworkOfferings", name="DefaultSharedNetworkOffering")["id"],
        netmask="255.255.255.0", startip="192.168.5.10", endip="192.168.5.20",
    )["network"]["id"]  # fmt: skip
    wanted = {"ip6gateway": "2001:db8::1", "ip6cidr": "2001:db8::/64", "startipv6": "2001:db8::9"}
    assert op.refused("createVlanIpRange", networkid=network, forvirtualnetwork="false", **wanted) == (
        431,
        "The input gateway 2001:db8::1 is not same as network gateway null",
    )


@pytest.mark.parametrize(
    ("command", "changed", "code", "text"),
    [
        ("addHost", {"clusterid": "-1"}, 431, "can not find cluster for specified clusterId"),
        ("addHost", {"url": "10.0.0.30"}, 530, "Unable to add the host: Cannot find the server resources at 10.0.0.30"),
        ("addHost", {"url": "https://h"}, 530, "Unable to add the host: Cannot find the server resources at https://h"),
        ("addHost", {"url": "http://"}, 431, "http:// is not a valid uri"),
        (
            "addCluster",
            {"clustertype": "ExternalManaged", "url": "there"},
            431,
            "uri.scheme is null there, add http:// as a prefix",
        ),
        (
            "addCluster",
            {"clustertype": "ExternalManaged", "url": "http:///there"},
            431,
            "Your host and/or path is wrong.  Make sure it's of the format http://hostname/path",
        ),
        (
            "addCluster",
            {"clustertype": "ExternalManaged", "url": "http://there/all"},
            530,
            "Unable to add the external cluster",
        ),
    ],
)
def test_a_host_or_cluster_that_is_refused(
    cloud: Any, command: str, changed: dict[str, str], code: int, text: str
) -> None:
    place = {"zoneid": cloud.zone, "podid": cloud.pod, "hypervisor": "KVM"}
    good = {
        "addHost": {"clusterid": cloud.cluster, "url": "http://10.0.0.30", "username": "root", "password": "it"},
        "addCluster": {"clustername": "new", "clustertype": "CloudManaged"},
    }[command]
    assert cloud.op.refused(command, **(place | good | changed)) == (code, text)
    cloud.op.do(command, **place, **good)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"details[0].nfsmountopts": "vers=4.1, vers=3"}, "Duplicate NFS option values found for option vers"),
        ({"details[0].nfsmountopts": "vers=4=1"}, "Invalid value for NFS option vers"),
        (
            {"details[0].nfsmountopts": "hard", "url": "clvm://10.0.0.9/group"},
            "NFS options can only be set on pool type NetworkFilesystem",
        ),
        (
            {"details[0].nfsmountopts": "hard", "scope": "zone", "hypervisor": "VMware"},
            "NFS options can not be set for the hypervisor type VMware",
        ),
    ],
)
def test_mount_options_of_a_new_pool(cloud: Any, wanted: dict[str, str], text: str) -> None:
    pool = {
        "zoneid": cloud.zone, "podid": cloud.pod, "clusterid": cloud.cluster, "name": "new",
        "url": "nfs://10.0.0.9/new",
    }  # fmt: skip
    assert cloud.op.refused("createStoragePool", **(pool | wanted)) == (530, text)
    cloud.op.do("createStoragePool", **pool, **{"details[0].nfsmountopts": "vers=4.1,nconnect=4,hard"})


def test_mount_options_change_in_maintenance(running: Any) -> None:
    op = running.op
    wanted = {"id": running.pool, "details[0].nfsmountopts": "vers=4.2"}
    told = op.refused("updateStoragePool", **wanted)
    assert told == (431, "The storage pool should be in maintenance mode to edit nfs options")
    op.do("enableStorageMaintenance", id=running.pool)
    assert op.do("updateStoragePool", **wanted)["storagepool"]["details"]["nfsmountopts"] == "vers=4.2"


def test_access_groups_stand_at_one_level(cloud: Any) -> None:
    op = cloud.op
    op.do("configureStorageAccess", zoneid=cloud.zone, storageaccessgroups="gold,silver")
    for place in ({"podid": cloud.pod}, {"clusterid": cloud.cluster}, {"hostid": cloud.hosts[0]}):
        told = op.refused("configureStorageAccess", **place, storageaccessgroups="gold,bronze")
        assert told == (530, "access groups already exist on the zone: [gold]")
        op.do("configureStorageAccess", **place, storageaccessgroups="")
    op.do("configureStorageAccess", clusterid=cloud.cluster, storageaccessgroups="bronze")


@pytest.mark.parametrize(
    ("name", "place", "word"),
    [
        ("cpu.overprovisioning.factor", "clusterid", "cluster"),
        ("storage.overprovisioning.factor", "storageid", "storage pool"),
        ("expunge.delay", "zoneid", "zone"),
    ],
)
@pytest.mark.parametrize("command", ["updateConfiguration", "resetConfiguration"])
def test_a_setting_of_nothing(op: Any, command: str, name: str, place: str, word: str) -> None:
    value = {"value": "2"} if command == "updateConfiguration" else {}
    assert op.refused(command, name=name, **value, **{place: "-1"}) == (431, f"unable to find {word} by id -1")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"networkmode": "ROUTED"}, "Configuration routed.network.vpc.enabled needs to be enabled for Routed VPCs"),
        (
            {"internetprotocol": "dualstack"},
            "Configuration ipv6.offering.enabled needs to be enabled for creating IPv6 supported VPC offering",
        ),
        ({"internetprotocol": "ipx"}, "Invalid value for internetprotocol: ipx"),
    ],
)
def test_an_offering_of_vpcs_that_is_refused(op: Any, given: dict[str, str], text: str) -> None:
    offering = {"name": "one", "displaytext": "one", "supportedservices": "Dhcp"}
    op.sim.settings.set("routed.network.vpc.enabled", "false")
    assert op.refused("createVPCOffering", **offering, **given) == (431, text)
    op.sim.settings.set("ipv6.offering.enabled", "true")
    made = op.do("createVPCOffering", **offering, internetprotocol="DualStack")["vpcoffering"]
    assert made["internetprotocol"] == "DualStack"


def test_a_system_vm_that_is_none(running: Any) -> None:
    op, guest = running.op, running.deploy("one")["id"]
    number = running.sim.db.vms.find(guest).id
    assert op.refused("migrateSystemVm", virtualmachineid="-1") == (431, "Unable to find the VM by id=-1")
    told = op.refused("runDiagnostics", targetid=guest, type="ping", ipaddress="192.0.2.1")
    assert told == (431, f"Unable to find a virtual machine with id {number}")


def test_a_vlan_that_others_use_is_not_dedicated(running: Any) -> None:
    op = running.op
    network = op.sim.db.networks.find(running.deploy("one")["nic"][0]["networkid"])
    domain = op.do("createDomain", name="d")["domain"]["id"]
    op.do(
        "createAccount", username="ann", accounttype=0, domainid=domain, email="a@example.com", firstname="A",
        lastname="N", password="password-of-ann",
    )  # fmt: skip
    number = str(network.vlan).rpartition("/")[2]
    wanted = {"physicalnetworkid": running.guest_network, "vlanrange": f"{number}-{number}"}
    assert op.refused("dedicateGuestVlanRange", **wanted, account="ann", domainid=domain) == (
        431,
        (
            f"Guest vlan from this range {number} is allocated to a different account. Can only dedicate a range which "
            "has no allocated vlans or has vlans allocated to the same account "
        ),
    )
    op.do("dedicateGuestVlanRange", **wanted, account="admin", domainid=op.sim.db.domains.first().uuid)
