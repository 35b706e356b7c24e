"""Shared networks which take a free VLAN, or that of an isolated network beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

RANGE = {"gateway": "172.31.0.1", "netmask": "255.255.255.0", "startip": "172.31.0.10", "endip": "172.31.0.20"}

SPECIFIED = "@network_offerings:DefaultSharedNetworkOffering"


@pytest.fixture(scope="module")
def shared(world: Any) -> Iterator[dict[str, Any]]:
    world.do(
        "createNetworkOffering", name="no vlan", displaytext="no vlan", guestiptype="Shared", traffictype="Guest",
        specifyvlan="false", specifyipranges="true", supportedservices="Dhcp,Dns",
        **{f"serviceproviderlist[{n}].{key}": value for n, service in enumerate(("Dhcp", "Dns"))
           for key, value in (("service", service), ("provider", "VirtualRouter"))},
    )  # fmt: skip
    world.do("updateNetworkOffering", id="@network_offerings:no vlan", state="Enabled")
    yield {"zoneid": "@zones:", "networkofferingid": "@network_offerings:no vlan", "acltype": "Account", **RANGE}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (
            {"vlan": "3000", "networkofferingid": SPECIFIED},
            "Associated network and vlanId are mutually exclusive",
        ),
        (
            {"networkofferingid": SPECIFIED},
            "Can only create Shared network with associated network if specifyVlan is false",
        ),
        (
            {"account": "ann", "domainid": "@domains:a"},
            "The new network and associated network MUST be owned by same account",
        ),
        (
            {"startip": "10.1.1.10", "endip": "10.1.1.20", "gateway": "10.1.1.1"},
            "The IP range (10.1.1.10-10.1.1.20) overlaps with cidr of associated network: iso (10.1.1.0/24)",
        ),
    ],
)
def test_a_network_beside_which_none_can_be(
    world: Any, shared: dict[str, Any], more: dict[str, Any], text: str
) -> None:
    params = {**shared, "name": "n", "associatednetworkid": "@networks:iso", **more}
    assert world.refused("createNetwork", **params) == (431, text)
    assert world.row("@networks:n") is None


def test_a_network_shares_the_vlan_of_another(world: Any, shared: dict[str, Any]) -> None:
    first = world.network("first", cidrsize=None)
    world.do(
        "createNetwork", **{**shared, "name": "beside", "associatednetworkid": "@networks:first", "externalid": "x9"}
    )
    beside = world.rows("listNetworks", associatednetworkid="@networks:first")[0]
    assert (beside["name"], beside["associatednetwork"], beside["externalid"]) == ("beside", "first", "x9")
    assert beside["vlan"] == first.vlan and beside["vlan"]
    code, text = world.refused("deleteNetwork", id="@networks:first")
    assert code == 431 and "which is associated to another network" in text
    for name in ("beside", "first"):
        world.do("deleteNetwork", id=f"@networks:{name}")


def test_a_network_takes_a_free_vlan(world: Any, shared: dict[str, Any]) -> None:
    world.do("createNetwork", **{**shared, "name": "alone"})
    alone = world.row("@networks:alone")
    assert alone.state == "Setup" and alone.vlan
    world.do("deleteNetwork", id="@networks:alone")


def test_a_reservation_leaves_out_what_shares_the_vlan(world: Any, shared: dict[str, Any]) -> None:
    network = world.network("reserved", gateway="10.71.0.1", netmask="255.255.255.0")
    place = {"startip": "172.31.9.10", "endip": "172.31.9.20", "gateway": "172.31.9.1"}
    world.do("createNetwork", **{**shared, **place, "name": "sharing", "associatednetworkid": network.uuid})
    world.sim.db.vlans.where(network_id=world.row("@networks:sharing").id)[0].start = "10.71.0.100"
    world.sim.db.vlans.where(network_id=world.row("@networks:sharing").id)[0].end = "10.71.0.110"
    assert world.refused("updateNetwork", id=network.uuid, guestvmcidr="10.71.0.0/25") == (
        431,
        "The startIp/endIp (10.71.0.0 - 10.71.0.127) overlaps with network sharing (10.71.0.100 - 10.71.0.110)",
    )
    world.do("updateNetwork", id=network.uuid, guestvmcidr="10.71.0.0/26")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"accounts": "nobody"}, "Unable to find account by name nobody"),
        ({"accounts": "bob"}, "Unable to find account by name bob"),
        ({"accountids": "@accounts:bob"}, "Unable to find account {} in domain id={}. No permissions is removed"),
    ],
)
def test_permissions_that_are_refused(world: Any, given: dict[str, str], text: str) -> None:
    if world.row("@networks:of-ann") is None:
        world.network("of-ann", account="ann", domainid="@domains:a")
    named = text.format(world.row("@accounts:bob").id, world.row("@domains:a").uuid)
    for command in ("createNetworkPermissions", "removeNetworkPermissions"):
        assert world.refused(command, networkid="@networks:of-ann", **given) == (431, named)


def test_the_caller_is_passed_over_by_name(world: Any) -> None:
    world.do("createNetworkPermissions", networkid="@networks:of-ann", accounts="owner", by="owner")
    assert world.rows("listNetworkPermissions", networkid="@networks:of-ann") == []
    world.do("createNetworkPermissions", networkid="@networks:of-ann", accounts="owner")
    assert [p["account"] for p in world.rows("listNetworkPermissions", networkid="@networks:of-ann")] == ["owner"]
