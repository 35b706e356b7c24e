"""Routed networks: AS numbers, BGP peers, subnets of zones and their parts, and firewall rules without an address."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.simulator.conftest import Cloud, Operator


def offering(op: Operator, name: str, **more: str) -> str:
    services = ["Dhcp", "Dns", "Firewall", "UserData", *(["Gateway"] if "networkmode" in more else [])]
    made: str = op.do(
        "createNetworkOffering", name=name, displaytext=name, guestiptype="Isolated", traffictype="Guest",
        supportedservices=",".join(services), **more,
        **{
            f"serviceproviderlist[{number}].{field}": value
            for number, service in enumerate(services)
            for field, value in (("service", service), ("provider", "VirtualRouter"))
        },
    )["networkoffering"]["id"]  # fmt: skip
    op.do("updateNetworkOffering", id=made, state="Enabled")
    return made


def network(cloud: Cloud, name: str, offering_id: str, number: int = 50) -> str:
    made: str = cloud.op.do(
        "createNetwork", name=name, displaytext=name, zoneid=cloud.zone, networkofferingid=offering_id,
        gateway=f"10.{number}.0.1", netmask="255.255.255.0",
    )["network"]["id"]  # fmt: skip
    return made


def test_ranges_of_as_numbers_are_made_and_not_crossed(bare: Cloud) -> None:
    op, zone = bare.op, bare.zone
    made = op.do("createASNRange", zoneid=zone, startasn=65001, endasn=65003)["asnumberrange"]
    assert (
        "has conflict with an existing AS number range (65001-65003)"
        in op.refused("createASNRange", zoneid=zone, startasn=65003, endasn=65009)[1]
    )
    numbers = op.rows("listASNumbers", asnrangeid=made["id"])
    assert [row["asnumber"] for row in numbers] == [65001, 65002, 65003]
    assert {row["allocationstate"] for row in numbers} == {"Free"}
    assert op.rows("listASNumbers", isallocated="true") == []
    taken = bare.sim.db.as_numbers.first(number=65002)
    taken.allocated, taken.account_id = bare.sim.clock.now(), bare.sim.admin.account.id
    assert op.only("listASNumbers", account="admin")["asnumber"] == 65002
    assert "There are 1 AS numbers in use" in op.refused("deleteASNRange", id=made["id"])[1]
    op.do("releaseASNumber", zoneid=zone, asnumber=65002)
    assert "Cannot find AS Number 7" in op.refused("releaseASNumber", zoneid=zone, asnumber=7)[1]
    op.do("deleteASNRange", id=made["id"])
    assert (op.rows("listASNRanges"), op.rows("listASNumbers")) == ([], [])


def test_a_bgp_peer_is_made_dedicated_used_and_removed(cloud: Cloud, people: dict[str, Any]) -> None:
    cloud.enable()
    op, zone = cloud.op, cloud.zone
    peer = op.do(
        "createBgpPeer", zoneid=zone, asnumber=65100, ipaddress="10.1.0.1", password="hidden",
        **{"details[0].ebgp_multihop": "2"},
    )["bgppeer"]  # fmt: skip
    assert (peer["details"], "password" in peer) == ({"EBGP_MultiHop": "2"}, False)
    owner = {"account": "ann", "domainid": people["ann"].domain.uuid}
    assert op.do("dedicateBgpPeer", id=peer["id"], **owner)["bgppeer"]["account"] == "ann"
    assert op.only("listBgpPeers", zoneid=zone, isdedicated="true")["id"] == peer["id"]
    op.do("createASNRange", zoneid=zone, startasn=65001, endasn=65003)
    dynamic = network(cloud, "dynamic", offering(op, "dynamic", networkmode="ROUTED", routingmode="Dynamic"))
    change = {"networkid": dynamic, "bgppeerids": peer["id"]}
    assert "belongs to a different domain" in op.refused("changeBgpPeersForNetwork", **change)[1]
    op.do("releaseBgpPeer", id=peer["id"])
    assert op.do("changeBgpPeersForNetwork", **change)["network"]["id"] == dynamic
    assert "used by 1 guest networks of other domains" in op.refused("dedicateBgpPeer", id=peer["id"], **owner)[1]
    assert "is being used by 1 guest networks" in op.refused("deleteBgpPeer", id=peer["id"])[1]
    fixed = network(cloud, "fixed", offering(op, "fixed", networkmode="ROUTED", routingmode="Static"), 51)
    told = op.refused("changeBgpPeersForNetwork", networkid=fixed, bgppeerids=peer["id"])[1]
    assert told == "The network does not support Dynamic routing"
    op.do("changeBgpPeersForNetwork", networkid=dynamic, bgppeerids="")
    op.do("updateBgpPeer", id=peer["id"], asnumber=65101, cleanupdetails="true")
    row = op.only("listBgpPeers", keyword="65101")
    assert (row["asnumber"], row.get("details")) == (65101, None)
    op.do("deleteBgpPeer", id=peer["id"])
    assert op.rows("listBgpPeers") == []
    kinds = {event["type"] for event in op.rows("listEvents", keyword="BGP.PEER")}
    assert kinds == {
        *(f"BGP.PEER.{deed}" for deed in ("CREATE", "DEDICATE", "RELEASE", "UPDATE", "DELETE")),
        "NETWORK.BGP.PEER.UPDATE",
    }


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "At least one of IPv4 and IPv6 address must be specified."),
        ({"ipaddress": "nonsense"}, "IPv4 address is not valid."),
        ({"ip6address": "nonsense"}, "IPv6 address is not valid."),
        ({"ipaddress": "10.1.0.1"}, "same IPv4 address and AS number"),
        ({"ipaddress": "10.1.0.2", "details[0].hops": "2"}, "Unsupported BGP peer detail hops"),
    ],
)
def test_bgp_peers_that_are_refused(bare: Cloud, params: dict[str, str], named: str) -> None:
    bare.op.do("createBgpPeer", zoneid=bare.zone, asnumber=65100, ipaddress="10.1.0.1")
    told = bare.op.refused("createBgpPeer", zoneid=bare.zone, asnumber=65100, **params)
    assert (told[0], named in told[1]) == (431, True), told


def test_a_zone_without_routed_networks_takes_neither_peers_nor_subnets(bare: Cloud) -> None:
    op, off = bare.op, "Routed networks and VPCs are not enabled for the zone."
    op.do("updateConfiguration", name="routed.network.vpc.enabled", value="false", zoneid=bare.zone)
    peer = {"zoneid": bare.zone, "asnumber": 1, "ipaddress": "10.1.0.1"}
    assert op.refused("createBgpPeer", **peer) == (431, off)
    assert op.refused("createIpv4SubnetForZone", zoneid=bare.zone, subnet="10.9.0.0/16") == (431, off)


def test_subnets_of_a_zone_and_their_parts(bare: Cloud, people: dict[str, Any]) -> None:
    op, zone = bare.op, bare.zone
    whole = op.do("createIpv4SubnetForZone", zoneid=zone, subnet="10.9.0.7/16")["zoneipv4subnet"]
    assert whole["subnet"] == "10.9.0.0/16"
    clash = op.refused("createIpv4SubnetForZone", zoneid=zone, subnet="10.9.8.0/24")[1]
    assert clash == "Existing zone subnet 10.9.0.0/16 has overlap with: 10.9.8.0/24"
    first = op.do("createIpv4SubnetForGuestNetwork", parentid=whole["id"], cidrsize=26)["ipv4subnetforguestnetwork"]
    second = op.do("createIpv4SubnetForGuestNetwork", parentid=whole["id"], cidrsize=26)["ipv4subnetforguestnetwork"]
    assert (first["subnet"], second["subnet"], second["state"]) == ("10.9.0.0/26", "10.9.0.64/26", "Free")
    wide = op.do("createIpv4SubnetForGuestNetwork", parentid=whole["id"], cidrsize=24)["ipv4subnetforguestnetwork"]
    assert (wide["subnet"], wide["parentsubnet"]) == ("10.9.1.0/24", "10.9.0.0/16")
    for params, named in (
        ({}, "One of subnet and cidrsize"),
        ({"cidrsize": 26, "subnet": "10.9.5.0/26"}, "mutually exclusive"),
        ({"subnet": "10.8.0.0/26"}, "is not within parent cidr"),
        ({"subnet": "10.9.0.32/27"}, "Existing subnet 10.9.0.0/26 has overlap"),
        ({"cidrsize": 8}, "Failed to automatically allocate"),
    ):
        assert named in op.refused("createIpv4SubnetForGuestNetwork", parentid=whole["id"], **params)[1]
    narrow = op.refused("updateIpv4SubnetForZone", id=whole["id"], subnet="10.9.0.0/24")[1]
    assert "Used subnet for guest network 10.9.1.0/24 is not within new cidr" in narrow
    op.do("dedicateIpv4SubnetForZone", id=whole["id"], account="ann", domainid=people["ann"].domain.uuid)
    assert op.only("listIpv4SubnetsForZone", zoneid=zone)["account"] == "ann"
    op.do("releaseIpv4SubnetForZone", id=whole["id"])
    op.do("deleteIpv4SubnetForGuestNetwork", id=wide["id"])
    assert len(op.rows("listIpv4SubnetsForGuestNetwork", parentid=whole["id"])) == 2
    used = bare.sim.db.guest_subnets.find(first["id"])
    used.network_id, used.state = 204, "Allocated"
    assert "used by 1 guest networks" in op.refused("deleteIpv4SubnetForZone", id=whole["id"])[1]
    assert "which is in use" in op.refused("deleteIpv4SubnetForGuestNetwork", id=first["id"])[1]
    used.network_id, used.state = None, "Free"
    op.do("deleteIpv4SubnetForZone", id=whole["id"])
    assert op.rows("listIpv4SubnetsForGuestNetwork") == []


def test_what_is_dedicated_to_an_account_goes_with_it(bare: Cloud, people: dict[str, Any]) -> None:
    op, ann = bare.op, people["ann"].account
    owner = {"account": "ann", "domainid": people["ann"].domain.uuid, "zoneid": bare.zone}
    op.do("createBgpPeer", asnumber=1, ipaddress="10.1.0.1", **owner)
    op.do("createIpv4SubnetForZone", subnet="10.9.0.0/16", **owner)
    op.do("deleteAccount", id=ann.uuid)
    assert (op.rows("listBgpPeers"), op.rows("listIpv4SubnetsForZone")) == ([], [])


@pytest.mark.parametrize(
    ("kind", "cidr", "event"),
    [
        ("Routing", "192.0.2.0/24", "ROUTING.IPV4.FIREWALL.RULE.CREATE"),
        ("Ipv6", "2001:db8::/32", "IPV6.FIREWALL.RULE.CREATE"),
    ],
)
def test_firewall_rules_without_an_address(cloud: Cloud, kind: str, cidr: str, event: str) -> None:
    cloud.enable()
    op = cloud.op
    owner = network(cloud, "routed", offering(op, "routed", networkmode="ROUTED", routingmode="Static"))
    create = {"networkid": owner, "protocol": "6", "startport": 22, "cidrlist": cidr}
    rule = op.do(f"create{kind}FirewallRule", **create)["firewallrule"]
    assert (rule["protocol"], rule["startport"], rule["endport"], rule["traffictype"], rule["state"]) == (
        "tcp", 22, 22, "Ingress", "Active",
    )  # fmt: skip
    assert "ipaddress" not in rule
    assert op.only(f"list{kind}FirewallRules", networkid=owner, traffictype="ingress")["id"] == rule["id"]
    assert op.rows(f"list{kind}FirewallRules", traffictype="Egress") == []
    assert op.rows("listEvents", type=event)
    bad = op.refused(f"create{kind}FirewallRule", **{**create, "cidrlist": "nonsense"})[1]
    assert bad == f"Invalid source IPv{4 if kind == 'Routing' else 6} CIDR: nonsense"
    assert "Protocol 47 not supported" in op.refused(f"create{kind}FirewallRule", **{**create, "protocol": "47"})[1]
    ping = op.do(f"create{kind}FirewallRule", networkid=owner, protocol="1", cidrlist=cidr)["firewallrule"]
    assert (ping["protocol"], ping["icmptype"], ping["icmpcode"]) == ("icmp", -1, -1)
    op.do(f"delete{kind}FirewallRule", id=ping["id"])
    if kind == "Ipv6":
        told = op.refused("updateIpv6FirewallRule", id=rule["id"], fordisplay="false")
        assert (told[0], told[1].endswith(" having purpose Firewall")) == (431, True)
    else:
        hidden = op.do("updateRoutingFirewallRule", id=rule["id"], fordisplay="false")["firewallrule"]
        assert hidden["fordisplay"] is False
    op.do(f"delete{kind}FirewallRule", id=rule["id"])
    assert op.rows(f"list{kind}FirewallRules") == []


def test_virtual_routers_have_no_health_checks(op: Operator) -> None:
    assert "not present" in op.refused("createLBHealthCheckPolicy", lbruleid=7)[1]


def test_a_network_migrates_to_another_offering(running: Cloud) -> None:
    op, db = running.op, running.sim.db
    second = offering(op, "migrated-to")
    vm = running.deploy("mover")
    mine = vm["nic"][0]["networkid"]
    first = op.only("listNetworks", id=mine)["networkofferingid"]
    router = db.vms.first(vm_type="DomainRouter")
    changed = op.refused("updateNetwork", id=mine, networkofferingid=second, changecidr="true")
    assert "should be stopped before changing CIDR" in changed[1]
    l2 = op.only("listNetworkOfferings", name="DefaultL2NetworkOffering")["id"]
    vpc = op.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingForVpcNetworks")["id"]
    for bad, text in ((l2, "Can't upgrade from network offering"), (vpc, "is a VPC offering")):
        assert text in op.refused("migrateNetwork", networkid=mine, networkofferingid=bad)[1]
    public = op.rows("listNetworks", issystem="true", traffictype="Public")[0]["id"]
    assert "is a system network." in op.refused("migrateNetwork", networkid=public, networkofferingid=second)[1]
    done = op.do("migrateNetwork", networkid=mine, networkofferingid=second)["network"]
    assert (done["networkofferingname"], done["state"], done["id"]) == ("migrated-to", "Implemented", mine)
    assert router.removed is not None
    assert op.only("listRouters", networkid=mine)["state"] == "Running"
    assert op.only("listVirtualMachines", id=vm["id"])["nic"][0]["networkid"] == mine
    assert op.rows("listEvents", type="NETWORK.MIGRATE")
    routers = len(db.vms.all())
    again = op.do("migrateNetwork", networkid=mine, networkofferingid=second)["network"]
    assert (again["state"], len(db.vms.all())) == ("Implemented", routers)
    db.vms.find(vm["id"]).state = "Stopping"
    assert "not in running or stopped state" in op.refused("migrateNetwork", networkid=mine, networkofferingid=first)[1]


def test_a_routed_network_takes_a_subnet_a_number_and_peers(cloud: Cloud, people: dict[str, Any]) -> None:
    cloud.enable()
    op, zone = cloud.op, cloud.zone
    dynamic = offering(op, "dynamic", networkmode="ROUTED", routingmode="Dynamic")
    wish = {"name": "routed", "displaytext": "routed", "zoneid": zone, "networkofferingid": dynamic}
    plain = offering(op, "natted")
    for more, text in (
        ({}, "network cidr or cidr size is required for Isolated networks with ROUTED mode"),
        ({"cidrsize": 31}, "network cidr size cannot be bigger than maximum cidr size"),
        ({"cidrsize": 8}, "network cidr size cannot be smaller than minimum cidr size"),
        ({"cidrsize": 26, "networkofferingid": plain}, "only applicable on Isolated networks with ROUTED mode: 26"),
        ({"cidrsize": 26}, "Failed to allocate a CIDR with requested size."),
    ):
        assert text in op.refused("createNetwork", **{**wish, **more})[1]
    whole = op.do("createIpv4SubnetForZone", zoneid=zone, subnet="10.9.0.0/16")["zoneipv4subnet"]["id"]
    assert op.refused("createNetwork", **wish, cidrsize=26) == (530, "Cannot allocate AS number in zone with ID 1")
    assert op.rows("listNetworks", name="routed") == []
    op.do("createASNRange", zoneid=zone, startasn=65001, endasn=65003)
    peer = op.do("createBgpPeer", zoneid=zone, asnumber=65100, ipaddress="10.1.0.1")["bgppeer"]["id"]
    made = op.do("createNetwork", **wish, cidrsize=26, bgppeerids=peer)["network"]
    told = op.refused("createEgressFirewallRule", networkid=made["id"], protocol="all")
    assert told == (530, "Unable to create routing firewall rule. Please use routing firewall API instead.")
    assert (made["cidr"], made["gateway"], made["asnumber"]) == ("10.9.0.0/26", "10.9.0.1", 65001)
    assert (made["ip4routing"], [one["id"] for one in made["bgppeers"]]) == ("Dynamic", [peer])
    part = op.only("listIpv4SubnetsForGuestNetwork", parentid=whole)
    assert (part["state"], part["networkid"]) == ("Allocated", made["id"])
    assert op.only("listASNumbers", networkid=made["id"])["asnumber"] == 65001
    clash = {**wish, "name": "clash", "gateway": "10.9.0.1", "netmask": "255.255.255.192"}
    assert op.refused("createNetwork", **clash) == (431, "The subnet is in use")
    crossing = op.refused("createNetwork", **{**clash, "netmask": "255.255.255.224"})[1]
    assert crossing == "Existing subnet 10.9.0.0/26 has overlap with: 10.9.0.0/27"
    mine = Operator(cloud.sim, people["ann"]).refused("createNetwork", **clash)
    assert mine == (431, "Only root admin can set the gateway/netmask of Isolated networks with ROUTED mode")
    chosen = offering(op, "chosen", networkmode="ROUTED", routingmode="Dynamic", specifyasnumber="true")
    other = {**wish, "name": "chosen", "networkofferingid": chosen, "cidrsize": 26}
    assert op.refused("createNetwork", **other)[1] == "AS number is required for the network but not passed."
    second = op.do("createNetwork", **other, asnumber=65003)["network"]
    assert (second["cidr"], second["asnumber"]) == ("10.9.0.64/26", 65003)
    op.do("deleteNetwork", id=second["id"])
    op.do("deleteNetwork", id=made["id"])
    assert {part["state"] for part in op.rows("listIpv4SubnetsForGuestNetwork", parentid=whole)} == {"Free"}
    assert op.rows("listASNumbers", isallocated="true") == []
    op.do("deleteBgpPeer", id=peer)


def test_a_routed_network_with_a_cidr_of_its_own(cloud: Cloud) -> None:
    cloud.enable()
    op = cloud.op
    fixed = offering(op, "fixed", networkmode="ROUTED", routingmode="Static")
    made = network(cloud, "fixed", fixed, 61)
    row = op.only("listNetworks", id=made)
    assert (row["ip4routing"], row["cidr"], "asnumber" in row) == ("Static", "10.61.0.0/24", False)
    part = op.only("listIpv4SubnetsForGuestNetwork", networkid=made)
    assert (part["subnet"], part["zoneid"], part.get("parentid")) == ("10.61.0.0/24", cloud.zone, None)
    op.do("deleteNetwork", id=made)
    assert op.rows("listIpv4SubnetsForGuestNetwork") == []
    op.do("updateConfiguration", name="routed.network.vpc.enabled", value="false", zoneid=cloud.zone)
    again = op.refused(
        "createNetwork", name="off", displaytext="off", zoneid=cloud.zone, networkofferingid=fixed, cidrsize=26
    )
    assert again == (431, "Routed network is not enabled in this zone")


def test_a_routed_vpc_takes_a_subnet_and_a_number(cloud: Cloud) -> None:
    cloud.enable()
    op, zone = cloud.op, cloud.zone
    dynamic = op.do(
        "createVPCOffering", name="routed-vpc", displaytext="routed-vpc", networkmode="ROUTED", routingmode="Dynamic",
        supportedservices="Dhcp,Dns,UserData,Gateway,NetworkACL",
        **{
            f"serviceproviderlist[{number}].{field}": value
            for number, service in enumerate(("Dhcp", "Dns", "UserData", "Gateway", "NetworkACL"))
            for field, value in (("service", service), ("provider", "VpcVirtualRouter"))
        },
    )["vpcoffering"]["id"]  # fmt: skip
    op.do("updateVPCOffering", id=dynamic, state="Enabled")
    wish = {"name": "v", "displaytext": "v", "zoneid": zone, "vpcofferingid": dynamic, "start": "false"}
    assert "VPC cidr or cidr size must be specified" in op.refused("createVPC", **wish)[1]
    assert "for VPC." in op.refused("createVPC", **wish, cidrsize=24)[1]
    op.do("createIpv4SubnetForZone", zoneid=zone, subnet="10.9.0.0/16")
    assert "Cannot allocate AS number" in op.refused("createVPC", **wish, cidrsize=24)[1]
    op.do("createASNRange", zoneid=zone, startasn=65001, endasn=65003)
    made = op.do("createVPC", **wish, cidrsize=24)["vpc"]
    assert (made["cidr"], made["asnumber"], made["ip4routing"]) == ("10.9.0.0/24", 65001, "Dynamic")
    assert op.only("listASNumbers", vpcid=made["id"])["asnumber"] == 65001
    op.do("deleteVPC", id=made["id"])
    assert op.rows("listASNumbers", isallocated="true") == []
