"""VPCs, their access lists and routes: what is refused, in which order, and what lists show to whom."""

from __future__ import annotations

from typing import Any

import pytest

GATEWAY = {"vpcid": "@vpcs:vpc", "gateway": "10.99.0.1", "ipaddress": "10.99.0.2", "netmask": "255.255.255.0"}
VPC = {"name": "v", "zoneid": "@zones:", "vpcofferingid": "@vpc_offerings:Default VPC offering", "cidr": "10.77.0.0/16"}
ROUTE = {"vpcid": "@vpcs:vpc", "cidr": "10.50.0.0/24", "nexthop": "10.9.1.9"}


@pytest.fixture(scope="module", autouse=True)
def access_list(world: Any) -> None:
    world.do("createNetworkACLList", name="of-vpc", vpcid="@vpcs:vpc")
    world.do("createNetworkACL", aclid="@network_acls:of-vpc", protocol="all")


@pytest.mark.parametrize(
    ("command", "params", "refusal"),
    [
        ("createVPC", {**VPC, "cidr": None, "cidrsize": None}, (431, "VPC cidr or cidr size must be specified")),
        ("createVPC", {**VPC, "cidrsize": 24}, (431, "VPC cidr and cidr size are mutually exclusive")),
        ("createVPC", {**VPC, "cidr": "8.8.0.0/16", "networkdomain": "-x-"}, (431, "Invalid network domain.")),
        ("createVPC", {**VPC, "cidr": "8.8.0.0/16"}, (431, "Guest Cidr 8.8.0.0/16 is not RFC1918 compliant")),
        (
            "createVPC",
            {**VPC, "sourcenatipaddress": "192.168.2.50"},
            (530, "new source NAT address cannot be acquired"),
        ),
        ("updateVPC", {"id": "@vpcs:vpc"}, (530, "Failed to update VPC")),
        ("updateVPC", {"id": "@vpcs:vpc", "publicmtu": 1500}, (530, "Failed to update VPC")),
        ("updateVPC", {"id": "@vpcs:vpc", "sourcenatipaddress": "192.168.2.50"}, (530, "Failed to update VPC")),
        ("createStaticRoute", {"cidr": "10.50.0.0/24", "nexthop": "10.9.1.9"}, (431, "vpcId must be specified")),
        ("createStaticRoute", {**ROUTE, "cidr": "10.9.0.0/24"}, (431, "CIDR should be outside of VPC cidr")),
        ("createStaticRoute", {**ROUTE, "cidr": "x", "nexthop": "8.8.8.8"}, (431, "Invalid format for cidr x")),
        ("createStaticRoute", {**ROUTE, "nexthop": "8.8.8.8"}, (431, "Next hop 8.8.8.8 is invalid.")),
        (
            "createVpnGateway",
            {"vpcid": "@vpcs:vpc", "ipaddressid": "@ip_addresses:192.168.2.60"},
            (530, "Cannot use requested IP 192.168.2.60 as it is not the Source NAT IP"),
        ),
        (
            "createPrivateGateway",
            {**GATEWAY, "vlan": "150"},
            (431, "The VLAN tag to use for new guest network, 150 is"),
        ),
        ("listNetworkACLs", {"aclid": "@network_acls:of-vpc", "by": "ann"}, (531, "does not have permission")),
        ("listNetworkACLLists", {"vpcid": "@vpcs:vpc", "by": "ann"}, (531, "does not have permission")),
    ],
)
def test_what_is_refused(world: Any, command: str, params: dict[str, Any], refusal: tuple[int, str]) -> None:
    before = len(world.sim.db.vpcs)
    code, text = world.refused(command, **params)
    assert (code, refusal[1] in text) == (refusal[0], True), text
    assert len(world.sim.db.vpcs) == before


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["default_allow", "default_deny", "of-vpc"]),
        ({"by": "ann"}, ["default_allow", "default_deny"]),
        ({"account": "bob", "domainid": "@domains:ROOT"}, ["default_allow", "default_deny"]),
    ],
)
def test_access_lists_that_a_caller_lists(world: Any, params: dict[str, Any], found: list[str]) -> None:
    assert world.names("listNetworkACLLists", **params) == found
    items = {row["aclname"] for row in world.rows("listNetworkACLs", **params)}
    assert sorted(items) == found


def test_a_route_beside_another_one_conflicts(world: Any) -> None:
    route = world.do("createStaticRoute", **ROUTE)["staticroute"]["id"]
    assert world.refused("createStaticRoute", **{**ROUTE, "cidr": "10.50.0.0/16"})[0] == 537
    world.do("deleteStaticRoute", id=route)


def test_another_address_becomes_the_one_of_source_nat_with_new_routers(world: Any) -> None:
    router = world.rows("listRouters", vpcid="@vpcs:vpc", listall="true")[0]["id"]
    world.do("updateVPC", id="@vpcs:vpc", sourcenatipaddress="192.168.2.60")
    shown = world.rows("listPublicIpAddresses", vpcid="@vpcs:vpc", issourcenat="true")
    assert [row["ipaddress"] for row in shown] == ["192.168.2.60"]
    assert router not in [row["id"] for row in world.rows("listRouters", vpcid="@vpcs:vpc", listall="true")]


def test_the_size_of_packets_reaches_the_tiers(world: Any) -> None:
    world.do("updateVPC", id="@vpcs:vpc", publicmtu=1400)
    assert world.row("@networks:t1").public_mtu == 1400
    world.do("updateVPC", id="@vpcs:vpc", publicmtu=9999)
    assert world.row("@vpcs:vpc").public_mtu == 1500
    assert world.rows("listAlerts")[0]["description"].endswith("for public interfaces of the VPC VR")


def test_services_are_counted_with_their_providers(world: Any) -> None:
    assert world.names("listVPCs", supportedservices="Dhcp,Dns") == ["vpc"]
    assert world.names("listVPCs", supportedservices="Lb") == []
    assert world.refused("listVPCs", supportedservices="Dhcp,Tea") == (431, "Invalid service specified Tea")
    assert world.names("listVPCs", supportedservices="Tea", cidr="10.0.0.0/30") == []


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"gateway": None, "netmask": None}, "Gateway/netmask are required when create network for VPC"),
        ({"gateway": "10.50.0.1", "networkdomain": "x.y"}, "Network cidr 10.50.0.0/24 is not within vpc "),
        ({"networkdomain": "x.y"}, "Network domain of the new network should match network domain of vpc "),
    ],
)
def test_tiers_that_are_refused(world: Any, params: dict[str, Any], part: str) -> None:
    offering = "@network_offerings:DefaultIsolatedNetworkOfferingForVpcNetworks"
    place = {"zoneid": "@zones:", "vpcid": "@vpcs:vpc", "gateway": "10.9.200.1", "netmask": "255.255.255.0"}
    code, text = world.refused("createNetwork", name="t", networkofferingid=offering, **{**place, **params})
    assert (code, part in text) == (431, True), text


def test_a_vpc_with_tiers_stays_but_loses_its_tags(world: Any) -> None:
    vpc = world.row("@vpcs:vpc")
    world.do("createTags", resourceids=vpc.uuid, resourcetype="Vpc", **{"tags[0].key": "a", "tags[0].value": "1"})
    assert world.refused("deleteVPC", id=vpc.uuid)[0] == 431
    assert world.rows("listTags", resourceid=vpc.uuid) == []


@pytest.fixture
def three(world: Any) -> dict[str, Any]:
    """A list with the rules 1, 2, 3 and 4, by these numbers."""
    acl = world.do("createNetworkACLList", name="of-order", vpcid="@vpcs:vpc")["networkacllist"]["id"]
    made = {
        number: world.do("createNetworkACL", aclid=acl, protocol="all", number=number)["networkacl"]["id"]
        for number in (1, 2, 3, 4)
    }
    return {"acl": acl, **made}


def order(world: Any, three: dict[str, Any]) -> dict[Any, int]:
    numbers = {row["id"]: row["number"] for row in world.rows("listNetworkACLs", aclid=three["acl"])}
    return {name: numbers[uuid] for name, uuid in three.items() if name != "acl"}


def test_rules_make_room_as_if_the_moved_one_were_still_there(world: Any, three: dict[Any, Any]) -> None:
    world.do("moveNetworkAclItem", id=three[3], previousaclruleid=three[1], nextaclruleid=three[2])
    assert order(world, three) == {1: 1, 3: 2, 2: 3, 4: 5}
    world.do("moveNetworkAclItem", id=three[4], previousaclruleid=three[2])
    assert order(world, three) == {1: 1, 3: 2, 2: 3, 4: 6}
    world.do("moveNetworkAclItem", id=three[4], nextaclruleid=three[1])
    assert order(world, three) == {4: 1, 1: 2, 3: 3, 2: 4}


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"id": "none"}, "Both previous and next ACL rule IDs cannot be blank."),
        ({"id": "none", "nextaclruleid": 1}, "Could not find a rule with ID[none]"),
        ({"id": 1, "nextaclruleid": "none"}, "Could not find rule with ID [none]"),
        ({"id": 1, "nextaclruleid": 2, "aclconsistencyhash": "x"}, "It seems that the access control list"),
        ({"id": 4, "previousaclruleid": 1, "nextaclruleid": 3}, "There are some inconsistencies with the data"),
    ],
)
def test_moves_that_are_refused(world: Any, three: dict[Any, Any], params: dict[str, Any], named: str) -> None:
    code, text = world.refused("moveNetworkAclItem", **{key: three.get(value, value) for key, value in params.items()})
    assert (code, text.startswith(named)) == (431, True), text


def test_global_lists_are_root_admins_and_tiers_only(world: Any) -> None:
    acl = world.do("createNetworkACLList", name="global")["networkacllist"]["id"]
    item = world.do("createNetworkACL", aclid=acl, protocol="1", icmptype=3)["networkacl"]
    assert (item["protocol"], item["icmptype"], item["icmpcode"]) == ("icmp", -1, -1)
    for command, ident, named in (
        ("updateNetworkACLList", acl, "Must be Root Admin to update a global ACL."),
        ("deleteNetworkACLList", acl, "Only Root Admin can delete global ACLs."),
        ("deleteNetworkACL", item["id"], "Only Root Admin can delete global ACL rules."),
        ("updateNetworkACLItem", item["id"], "Only Root Admins can update global ACLs."),
    ):
        assert named in world.refused(command, id=ident, by="ann")[1]
    world.do("createPrivateGateway", **GATEWAY, vlan="901")
    gateway = world.sim.db.private_gateways.first().uuid
    assert world.refused("replaceNetworkACLList", aclid=acl, gatewayid=gateway) == (
        431,
        "Unable to find Vpc associated with the NetworkACL",
    )
    world.do("replaceNetworkACLList", aclid="@network_acls:of-vpc", gatewayid=gateway)
    assert world.rows("listPrivateGateways")[0]["aclname"] == "of-vpc"
    world.do("deletePrivateGateway", id=gateway)
    world.do("replaceNetworkACLList", aclid=acl, networkid="@networks:t2")


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "One of vlanId and associatedNetworkId must be specified"),
        ({"vlan": "950", "associatednetworkid": "@networks:iso"}, "vlanId and associatedNetworkId are mutually exclus"),
        (
            {
                "associatednetworkid": "@networks:iso",
                "networkofferingid": "@network_offerings:DefaultL2NetworkOffering",
            },
            "The network offering cannot be used to create Isolated network",
        ),
        ({"vlan": "950", "gateway": "x"}, "Invalid gateway"),
        ({"vlan": "950", "netmask": "255.0.255.0"}, "Invalid netmask"),
        ({"vlan": "900", "ipaddress": "10.99.0.3"}, "Private network for the vlan: vlan://900 and cidr  10.99.0.0/24"),
        ({"vlan": "900", "gateway": "10.98.0.1", "ipaddress": "10.98.0.3"}, "Network with vlan 900 already exists or"),
    ],
)
def test_private_gateways_that_are_refused(world: Any, params: dict[str, Any], named: str) -> None:
    world.do("createPrivateGateway", **GATEWAY, vlan="900")
    code, text = world.refused("createPrivateGateway", **(GATEWAY | params))
    assert (code, text.startswith(named)) == (431, True), text
    world.do("deletePrivateGateway", id=world.sim.db.private_gateways.first().uuid)


def test_a_gateway_beside_a_network_has_its_vlan(world: Any) -> None:
    made = world.do("createPrivateGateway", **GATEWAY, associatednetworkid="@networks:iso")["privategateway"]
    network = world.rows("listNetworks", id="@networks:iso")[0]
    assert (made["associatednetwork"], made["vlan"]) == ("iso", f"vlan://{network['vlan']}")
    assert "associated to another network" in world.refused("deleteNetwork", id="@networks:iso")[1]
    world.do("deletePrivateGateway", id=made["id"])


@pytest.mark.parametrize("policy", ["des-md5;modp1536", "AES128-sha1;modp1536", "aes128-sha1;modp1536 "])
def test_policies_of_vpns_are_taken_word_by_word(world: Any, policy: str) -> None:
    code, text = world.refused(
        "createVpnCustomerGateway", gateway="203.0.113.9", cidrlist="10.200.0.0/24", ipsecpsk="k", ikepolicy=policy,
        esppolicy="aes128-sha1",
    )  # fmt: skip
    assert (code, text.startswith(f"The customer gateway IKE policy {policy} is invalid!")) == (431, True)


WITHOUT_LB = "@network_offerings:DefaultIsolatedNetworkOfferingForVpcNetworksNoLB"


@pytest.fixture
def moving(world: Any) -> Any:
    """A VPC with a tier in use."""
    world.do("createVPC", **(VPC | {"name": "moving", "cidr": "10.66.0.0/16"}))
    tier = world.network(
        "moved", vpcid="@vpcs:moving", gateway="10.66.1.1", netmask="255.255.255.0",
        networkofferingid="@network_offerings:DefaultIsolatedNetworkOfferingForVpcNetworks",
    )  # fmt: skip
    tier.state = "Implemented"
    yield tier
    world.do("deleteNetwork", id=tier.uuid)
    world.do("deleteVPC", id="@vpcs:moving")


def test_a_vpc_migrates_with_its_tiers(world: Any, moving: Any) -> None:
    given = {"vpcid": "@vpcs:moving", "vpcofferingid": "@vpc_offerings:Redundant VPC offering"}
    assert world.refused("migrateVPC", **given) == (
        431,
        "Failed to migrate VPC as the specified tierNetworkOfferings is not complete",
    )
    place = {"tiernetworkofferings[0].networkid": moving.uuid}
    offering = "tiernetworkofferings[0].networkofferingid"
    assert "does not exist" in world.refused("migrateVPC", **given, **place, **{offering: "none"})[1]
    other = "@network_offerings:DefaultIsolatedNetworkOfferingWithSourceNatService"
    assert (
        "can't be used for VPC networks for network moved("
        in world.refused("migrateVPC", **given, **place, **{offering: other})[1]
    )
    vpc = world.do("migrateVPC", **given, **place, **{offering: WITHOUT_LB})["vpc"]
    assert (vpc["vpcofferingname"], vpc["redundantvpcrouter"]) == ("Redundant VPC offering", True)
    (tier,) = vpc["network"]
    assert (tier["networkofferingname"][-4:], tier["state"]) == ("NoLB", "Implemented")
    assert len(world.rows("listRouters", vpcid="@vpcs:moving", listall="true")) == 2


def test_a_vpc_that_becomes_redundant_gets_the_offering_for_it(world: Any, moving: Any) -> None:
    world.do("restartVPC", id="@vpcs:moving", makeredundant="true")
    vpc = world.rows("listVPCs", id="@vpcs:moving")[0]
    assert (vpc["redundantvpcrouter"], vpc["vpcofferingname"]) == (True, "Redundant VPC offering")


def test_changes_of_vpcs_leave_events(world: Any, three: dict[Any, Any]) -> None:
    world.do("deleteNetworkACL", id=three[1])
    world.do("updateNetworkACLItem", id=three[2], reason="why")
    route = world.do("createStaticRoute", **(ROUTE | {"cidr": "10.51.0.0/24"}))["staticroute"]["id"]
    world.do("deleteStaticRoute", id=route)
    kinds = {(e["type"], e["state"]) for e in world.rows("listEvents")}
    assert {
        ("NETWORK.ACL.ITEM.CREATE", "Completed"), ("NETWORK.ACL.ITEM.UPDATE", "Completed"),
        ("NETWORK.ACL.ITEM.DELETE", "Completed"), ("NETWORK.ACL.CREATE", "Created"),
        ("STATIC.ROUTE.CREATE", "Created"), ("STATIC.ROUTE.DELETE", "Completed"),
    } <= kinds  # fmt: skip


def test_what_is_written_of_a_vpcs_life(world: Any) -> None:
    vpc = world.do("createVPC", **(VPC | {"name": "brief", "cidr": "10.78.0.0/16"}))["vpc"]["id"]
    world.do("updateVPC", id=vpc, displaytext="short")
    world.do("restartVPC", id=vpc)
    world.do("deleteVPC", id=vpc)
    told = [(e["type"], e["description"]) for e in world.rows("listEvents")]
    assert {
        ("VPC.CREATE", "Successfully created entity for creating vpc"),
        ("VPC.UPDATE", f"Successfully completed updating vpc.  Id: {vpc}"),
        ("VPC.RESTART", "Successfully completed restarting vpc"),
        ("VPC.DELETE", f"Successfully completed deleting VPC.  Id: {vpc}"),
    } <= set(told)
