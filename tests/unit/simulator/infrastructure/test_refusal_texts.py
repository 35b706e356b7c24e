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
