"""Public ranges, guest VLANs, dedication, portable and storage ranges."""

from __future__ import annotations

from typing import Any

import pytest


def new_range(cloud: Any, third: int, **more: Any) -> dict[str, Any]:
    """A range of 203.0.<third>.0/24 with ten addresses."""
    params = {
        "zoneid": cloud.zone, "vlan": str(third), "gateway": f"203.0.{third}.1", "netmask": "255.255.255.0",
        "startip": f"203.0.{third}.10", "endip": f"203.0.{third}.19", "forvirtualnetwork": "true",
    }  # fmt: skip
    return dict(cloud.op.do("createVlanIpRange", **(params | more))["vlan"])


def addresses(cloud: Any, vlan: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.op.rows(
        "listPublicIpAddresses", vlanid=vlan["id"], allocatedonly="false", listall="true"
    )
    return found


def test_every_address_of_a_range_is_one_address(bare: Any) -> None:
    vlan = new_range(bare, 20)
    found = addresses(bare, vlan)
    assert sorted(a["ipaddress"] for a in found) == [f"203.0.20.{n}" for n in range(10, 20)]
    assert {a["state"] for a in found} == {"Free"}
    bare.op.do("updateVlanIpRange", id=vlan["id"], startip="203.0.20.12", endip="203.0.20.15")
    assert len(addresses(bare, vlan)) == 4


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"startip": "203.0.20.15", "endip": "203.0.20.25"}, "overlap"),
        ({"startip": "203.0.20.1", "endip": "203.0.20.5"}, "gateway"),
        ({"startip": "203.0.20.40", "endip": "203.0.20.30"}, "IP range"),
        ({"startip": "192.0.2.30", "endip": "192.0.2.31"}, "range"),
        ({"netmask": "255.0.255.0"}, "netmask"),
        ({"gateway": "203.0.20"}, "gateway"),
    ],
)
def test_a_range_that_is_none_or_overlaps_is_refused_and_nothing_made(
    bare: Any, changed: dict[str, str], named: str
) -> None:
    new_range(bare, 20)
    before = bare.op.rows("listVlanIpRanges")
    good = {
        "zoneid": bare.zone, "vlan": "20", "gateway": "203.0.20.1", "netmask": "255.255.255.0",
        "startip": "203.0.20.30", "endip": "203.0.20.39", "forvirtualnetwork": "true",
    }  # fmt: skip
    code, text = bare.op.refused("createVlanIpRange", **(good | changed))
    assert code == 431
    assert named.lower() in text.lower()
    assert bare.op.rows("listVlanIpRanges") == before


def test_a_range_in_use_is_neither_deleted_nor_cut_off(running: Any) -> None:
    running.deploy("one")
    (vlan,) = running.op.rows("listVlanIpRanges")
    taken = [a["ipaddress"] for a in addresses(running, vlan) if a["state"] == "Allocated"]
    assert taken
    running.op.refused("deleteVlanIpRange", id=vlan["id"])
    free = next(a["ipaddress"] for a in addresses(running, vlan) if a["state"] == "Free")
    running.op.refused("updateVlanIpRange", id=vlan["id"], startip=free, endip=free)
    assert len(addresses(running, vlan)) == 91


def test_addresses_dedicated_to_an_account_serve_it_alone(running: Any, people: dict[str, Any]) -> None:
    vlan = new_range(running, 20)
    running.op.do("dedicatePublicIpRange", id=vlan["id"], account="ann", domainid=people["ann"].domain.uuid)
    assert running.op.only("listVlanIpRanges", id=vlan["id"])["account"] == "ann"
    running.deploy("one")
    used = {a["state"] for a in addresses(running, vlan)}
    assert used == {"Free"}, "the admin's network takes none of them"
    offering = running.op.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")["id"]
    ann = type(running.op)(running.sim, people["ann"])
    network = ann.do("createNetwork", name="n", displaytext="n", zoneid=running.zone, networkofferingid=offering)
    ann.do("associateIpAddress", networkid=network["network"]["id"])
    assert [a["state"] for a in addresses(running, vlan)].count("Allocated") >= 1


def test_guest_vlans_grow_and_shrink_but_not_below_what_is_used(running: Any) -> None:
    running.deploy("one")
    op, network = running.op, running.guest_network
    used = next(n["vlan"] for n in op.rows("listNetworks", listall="true") if n.get("vlan"))
    op.do("updatePhysicalNetwork", id=network, vlan="500-599,700-710")
    assert op.only("listPhysicalNetworks", id=network)["vlan"] == "500-599,700-710"
    left_out = "600-610" if int(used) < 600 else "500-599"
    op.refused("updatePhysicalNetwork", id=network, vlan=left_out)
    assert op.only("listPhysicalNetworks", id=network)["vlan"] == "500-599,700-710"


@pytest.mark.parametrize("text", ["0-5000", "9-1", "x", "100-", "4096"])
def test_vlans_that_are_none_are_refused(bare: Any, text: str) -> None:
    code, _text = bare.op.refused("updatePhysicalNetwork", id=bare.guest_network, vlan=text)
    assert code == 431
    assert bare.op.only("listPhysicalNetworks", id=bare.guest_network)["vlan"] == "500-599"


def test_a_dedicated_guest_vlan_range_is_used_for_its_owner(running: Any, people: dict[str, Any]) -> None:
    running.op.do(
        "dedicateGuestVlanRange", physicalnetworkid=running.guest_network, vlanrange="500-502", account="ann",
        domainid=people["ann"].domain.uuid,
    )  # fmt: skip
    for name in ("one", "two", "three"):
        running.deploy(name)
    vlans = {int(n["vlan"]) for n in running.op.rows("listNetworks", listall="true") if n.get("vlan")}
    assert len(vlans) == 3
    assert not vlans & {500, 501, 502}


@pytest.mark.parametrize("kind", ["zone", "pod", "cluster", "host"])
def test_dedicated_places_take_their_owners_instances_only(running: Any, people: dict[str, Any], kind: str) -> None:
    target = running.hosts[0] if kind == "host" else getattr(running, kind)
    if kind == "host":
        running.op.do("updateHost", id=running.hosts[1], allocationstate="Disable")
    domain = people["eve"].domain.uuid
    running.op.do(f"dedicate{kind.title()}", **{f"{kind}id": target}, domainid=domain)
    code, _text = running.op.refused(f"dedicate{kind.title()}", **{f"{kind}id": target}, domainid=domain)
    assert code in (431, 530), "it is dedicated already"
    offering = running.op.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0]
    if kind != "zone":
        network = running.op.do(
            "createNetwork", name="n", displaytext="n", zoneid=running.zone, networkofferingid=offering["id"]
        )["network"]["id"]
        template = running.op.only("listTemplates", templatefilter="all", name="golden")["id"]
        size = running.op.only("listServiceOfferings", name="Small Instance")["id"]
        code, _text = running.op.refused(
            "deployVirtualMachine", zoneid=running.zone, templateid=template, serviceofferingid=size, networkids=network
        )
        assert code in (530, 533)
    running.op.do(f"releaseDedicated{kind.title()}", **{f"{kind}id": target})
    assert running.deploy("one")["state"] == "Running"


def test_portable_addresses_belong_to_a_region(op: Any) -> None:
    made = op.do(
        "createPortableIpRange", regionid="1", startip="198.51.100.10", endip="198.51.100.12", gateway="198.51.100.1",
        netmask="255.255.255.0", vlan="900",
    )["portableiprange"]  # fmt: skip
    assert len(op.only("listPortableIpRanges", listall="true")["portableipaddress"]) == 3
    code, _text = op.refused(
        "createPortableIpRange", regionid="1", startip="198.51.100.12", endip="198.51.100.20", gateway="198.51.100.1",
        netmask="255.255.255.0", vlan="900",
    )  # fmt: skip
    assert code == 431
    op.do("deletePortableIpRange", id=made["id"])
    assert op.rows("listPortableIpRanges") == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"vlan": "21"}, "has overlapped with the subnet"),
        ({"netmask": "255.255.255.128"}, "has already been added with gateway 203.0.20.1"),
        ({"startip": "10.0.0.60", "endip": "10.0.0.70", "gateway": "10.0.0.1", "vlan": "22"}, "private IP :10.0.0.50"),
        ({"vlan": "510", "gateway": "203.0.9.1", "startip": "203.0.9.2", "endip": "203.0.9.3"}, "dynamic vlan"),
        ({"forvirtualnetwork": "false"}, "Network Id is null"),
        ({"forsystemvms": "true", "account": "admin"}, "ForSystemVMs is enabled"),
        ({"zoneid": ""}, "zone"),
    ],
)
def test_a_public_range_keeps_to_its_own_subnet_and_vlan(bare: Any, changed: dict[str, str], named: str) -> None:
    new_range(bare, 20)
    good = {
        "zoneid": bare.zone, "vlan": "20", "gateway": "203.0.20.1", "netmask": "255.255.255.0",
        "startip": "203.0.20.30", "endip": "203.0.20.39", "forvirtualnetwork": "true",
        "physicalnetworkid": bare.guest_network if "510" in changed.values() else None,
    }  # fmt: skip
    params = {key: value for key, value in (good | changed).items() if value is not None}
    if "forvirtualnetwork" in changed:
        params.pop("physicalnetworkid", None)
    code, text = bare.op.refused("createVlanIpRange", **params)
    assert (code, named in text) == (431, True), text


def test_an_accounts_own_range_counts_for_it_until_it_is_released(running: Any, people: dict[str, Any]) -> None:
    op, account = running.op, people["ann"].account

    def counted() -> int:
        return int(op.only("listAccounts", id=account.uuid, listall="true")["iptotal"])

    vlan = new_range(running, 20)
    op.do("dedicatePublicIpRange", id=vlan["id"], account="ann", domainid=people["ann"].domain.uuid)
    assert counted() == 10
    offering = op.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")["id"]
    ann = type(op)(running.sim, people["ann"])
    network = ann.do("createNetwork", name="n", displaytext="n", zoneid=running.zone, networkofferingid=offering)
    ann.do("associateIpAddress", networkid=network["network"]["id"])
    assert counted() == 10, "taking one of them adds nothing"
    code, text = op.refused("deleteVlanIpRange", id=vlan["id"])
    assert (code, "source nat ip" in text) == (431, True)
    op.do("releasePublicIpRange", id=vlan["id"])
    assert op.only("listVlanIpRanges", id=vlan["id"]).get("account") is None


def test_a_shared_network_gets_further_ranges_of_its_subnet_only(running: Any) -> None:
    op = running.op
    offering = op.only("listNetworkOfferings", name="DefaultSharedNetworkOffering")["id"]
    network = op.do(
        "createNetwork", name="shared", displaytext="s", zoneid=running.zone, networkofferingid=offering, vlan="800",
        gateway="172.31.0.1", netmask="255.255.255.0", startip="172.31.0.10", endip="172.31.0.20",
    )["network"]["id"]  # fmt: skip
    more = {"networkid": network, "forvirtualnetwork": "false", "startip": "172.31.0.30", "endip": "172.31.0.40"}
    assert op.do("createVlanIpRange", **more)["vlan"]["vlan"] == "800", "as the one that is there"
    tagged = {"vlan": "800", "startip": "172.31.0.21", "endip": "172.31.0.22"}
    assert op.do("createVlanIpRange", **(more | tagged))["vlan"]["vlan"] == "vlan://800"
    for changed, named in (
        ({"vlan": "801"}, "only one vlan is allowed"),
        ({"startip": "172.30.0.30", "endip": "172.30.0.40"}, "does not belong to any|dose not belong to any"),
        ({"gateway": "172.31.0.2", "netmask": "255.255.255.0", "startip": "172.31.0.50", "endip": "172.31.0.51"},
         "should be unique"),
        ({"gateway": "172.31.0.1", "netmask": "255.255.0.0"}, "superset"),
        ({"gateway": "172.31.0.33", "netmask": "255.255.255.224", "startip": "172.31.0.34", "endip": "172.31.0.35"},
         "subset"),
        ({"startip": "172.31.0.1", "endip": "172.31.0.5"}, "gateway ip"),
    ):  # fmt: skip
        code, text = op.refused("createVlanIpRange", **(more | changed))
        assert code == 431
        assert any(word in text for word in named.split("|")), text
    assert len(op.rows("listVlanIpRanges", networkid=network)) == 3


def test_a_range_shows_its_ipv6_addresses_and_takes_others(running: Any) -> None:
    six = {"ip6gateway": "2001:db8::1", "ip6cidr": "2001:db8::/64", "startipv6": "2001:db8::10"}
    vlan = new_range(running, 21, **six, endipv6="2001:db8::50")
    assert (vlan["startipv6"], vlan["endipv6"]) == ("2001:db8::10", "2001:db8::50")
    op = running.op
    refused = op.refused("updateVlanIpRange", id=vlan["id"], startipv6="2001:db8::60")
    assert refused == (431, "Invalid IPv6 range 2001:db8::60-2001:db8::50")
    op.do("updateVlanIpRange", id=vlan["id"], endipv6="2001:db8::70")
    assert op.only("listVlanIpRanges", id=vlan["id"])["endipv6"] == "2001:db8::70"
