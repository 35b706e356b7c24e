"""Public addresses: who lists which, for whom they are acquired, and portable ones."""

from __future__ import annotations

from typing import Any

import pytest

HERS = "192.168.2.90"


@pytest.fixture(scope="module", autouse=True)
def hers(world: Any) -> None:
    """An address in a network of `ann`, and one that the admin keeps for later."""
    world.network("anns", by="ann")
    world.address(HERS, networkid="@networks:anns", by="ann")
    world.do("reserveIpAddress", id="@ip_addresses:192.168.2.99")


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"by": "ann"}, [HERS]),
        ({"by": "ann", "state": "Reserved"}, []),
        ({"by": "ann", "ipaddress": "192.168.2.50"}, []),
        ({"by": "ann", "ipaddress": "192.168.2.50", "allocatedonly": "false"}, []),
        ({"by": "ann", "ipaddress": "192.168.2.91", "allocatedonly": "false"}, ["192.168.2.91"]),
        ({"by": "owner", "listall": "true"}, [HERS]),
        ({"state": "reserved"}, ["192.168.2.99"]),
        ({"state": "Reserved,Free", "ipaddress": "192.168.2.98"}, ["192.168.2.98"]),
        ({"ipaddress": "192.168.2.50", "keyword": "nothing"}, ["192.168.2.50"]),
        ({"forloadbalancing": "true"}, []),
        ({"vpcid": "@vpcs:vpc", "issourcenat": "false"}, ["192.168.2.60"]),
    ],
)
def test_addresses_that_a_caller_lists(world: Any, params: dict[str, Any], found: list[str]) -> None:
    assert world.names("listPublicIpAddresses", **params) == found


@pytest.mark.parametrize(
    ("command", "params", "text"),
    [
        ("listPublicIpAddresses", {"state": "Round"}, "Invalid state: Round"),
        (
            "listPublicIpAddresses",
            {"state": "Free", "allocatedonly": "true"},
            "Conflict: allocatedonly is true but state is Free",
        ),
        (
            "listPublicIpAddresses",
            {"forvirtualnetwork": "false", "networkid": "@networks:iso"},
            "Please specify a valid network id",
        ),
        ("associateIpAddress", {"zoneid": "@zones:"}, "Account has more than one isolated network in the zone"),
        (
            "associateIpAddress",
            {"zoneid": "@zones:", "by": "bob"},
            "Account name=bob domain=ROOT doesn't have virtual networks in zone=Sandbox-simulator",
        ),
        (
            "associateIpAddress",
            {"zoneid": "@zones:", "isportable": "true"},
            "One of Network id or VPC is should be passed",
        ),
        (
            "reserveIpAddress",
            {"id": "@ip_addresses:192.168.2.50"},
            "Unable to reserve a IP in Allocated state.",
        ),
    ],
)
def test_what_is_refused_of_addresses(world: Any, command: str, params: dict[str, Any], text: str) -> None:
    assert world.refused(command, **params) == (431, text)


def test_the_address_of_source_nat_stays_while_its_network_lives(world: Any) -> None:
    source = next(ip for ip in world.sim.db.ip_addresses if ip.is_source_nat and ip.vpc_id is None)
    text = "ip address is used for source nat purposes and can not be disassociated."
    assert world.refused("disassociateIpAddress", id=source.uuid) == (530, text)


def test_a_portable_address_comes_and_goes(world: Any) -> None:
    asked = {"networkid": "@networks:iso", "isportable": "true"}
    assert world.refused("associateIpAddress", **asked) == (533, "Unable to find available portable IP addresses")
    span = {"startip": "198.51.100.5", "endip": "198.51.100.5", "gateway": "198.51.100.1", "netmask": "255.255.255.0"}
    world.do("createPortableIpRange", regionid=1, vlan="900", **span)
    made = world.do("associateIpAddress", **asked)["ipaddress"]
    assert (made["ipaddress"], made["isportable"], made["vlanname"]) == ("198.51.100.5", True, "900")
    (row,) = world.rows("listPortableIpRanges")
    assert row["portableipaddress"] == [{"ipaddress": "198.51.100.5", "state": "Allocated"}]
    assert world.refused("releaseIpAddress", id=made["id"])[0] == 431
    assert world.refused("deletePortableIpRange", id=row["id"])[0] == 431
    world.do("disassociateIpAddress", id=made["id"])
    assert world.rows("listPublicIpAddresses", ipaddress="198.51.100.5", allocatedonly="false") == []
    world.do("deletePortableIpRange", id=row["id"])


def test_the_firewall_opens_once_and_only_for_just_these_ports(world: Any) -> None:
    address = world.address("192.168.2.97")
    ports = {"ipaddressid": address.uuid, "protocol": "tcp"}
    world.do("createFirewallRule", startport=90, endport=95, **ports)
    forward = {**ports, "virtualmachineid": "@vms:one"}
    assert world.refused("createPortForwardingRule", publicport=92, privateport=92, **forward)[0] == 537
    assert world.rows("listPortForwardingRules", ipaddressid=address.uuid) == []
    world.do("createPortForwardingRule", publicport=90, publicendport=95, privateport=90, privateendport=95, **forward)
    (opened,) = world.rows("listFirewallRules", ipaddressid=address.uuid)
    assert (opened["startport"], opened["endport"]) == (90, 95)
    world.do("disassociateIpAddress", id=address.uuid)


def test_a_forwarded_range_moves_by_both_its_ends(world: Any) -> None:
    address = world.address("192.168.2.96")
    forward = {"ipaddressid": address.uuid, "protocol": "tcp", "virtualmachineid": "@vms:one"}
    made = {
        public: world.do("createPortForwardingRule", publicport=public, publicendport=end, privateport=public,
                         privateendport=end, **forward)["portforwardingrule"]["id"]
        for public, end in ((20, 22), (30, 30))
    }  # fmt: skip
    told = world.refused("updatePortForwardingRule", id=made[20], privateport=40)
    assert told[1].endswith("is not consistent with the port range : 20 to 22")
    changed = world.do("updatePortForwardingRule", id=made[30], privateendport=40)["portforwardingrule"]
    assert (changed["privateport"], changed["privateendport"]) == ("40", "40")
    world.do("disassociateIpAddress", id=address.uuid)


def test_everybody_in_a_network_is_its_cidr_to_the_firewall(world: Any) -> None:
    network = world.row("@networks:iso")
    asked = {"networkid": network.uuid, "protocol": "tcp", "startport": 7, "endport": 7, "cidrlist": "0.0.0.0/0"}
    rule = world.do("createEgressFirewallRule", **asked)["firewallrule"]
    assert rule["cidrlist"] == network.cidr
    told = [(row["state"], row["description"]) for row in world.rows("listEvents", type="FIREWALL.EGRESS.OPEN")]
    text = "Successfully created entity for creating egress firewall rule for network. Rule Id: "
    assert any(state == "Created" and words.startswith(text) for state, words in told)
    world.do("deleteEgressFirewallRule", id=rule["id"])
