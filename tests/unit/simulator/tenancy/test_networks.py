"""Networks, addresses and the rules on them: what is refused, in which order, and what lists show to whom."""

from __future__ import annotations

from typing import Any

import pytest

ISOLATED = {
    "name": "n",
    "zoneid": "@zones:",
    "networkofferingid": "@network_offerings:DefaultIsolatedNetworkOfferingWithSourceNatService",
}
SHARED = {**ISOLATED, "networkofferingid": "@network_offerings:DefaultSharedNetworkOffering"}
TIER = {**ISOLATED, "networkofferingid": "@network_offerings:DefaultIsolatedNetworkOfferingForVpcNetworks"}
RANGE = {"gateway": "172.31.0.1", "netmask": "255.255.255.0", "startip": "172.31.0.10", "endip": "172.31.0.20"}


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({**ISOLATED, "acltype": "Domain"}, (431, "AclType should be Account for network of type Isolated")),
        (
            {**ISOLATED, "acltype": "Round", "routerip": "10.0.0.1"},
            (431, "Incorrect aclType specified. Check the API documentation for supported types"),
        ),
        (
            {**ISOLATED, "physicalnetworkid": "@physical_networks:"},
            (431, "Physical network ID can be specified for networks of guest type Shared or L2 only."),
        ),
        (
            {**ISOLATED, "gateway": "10.0.0.1", "startip": "10.0.0.5"},
            (431, "gateway and netmask should be defined when startIP/endIP are passed in"),
        ),
        (
            {**ISOLATED, "by": "ann", "gateway": "10.0.0.1", "netmask": "255.255.0.0"},
            (431, "Cidr size can't be less than 22"),
        ),
        ({**TIER, "by": "ann"}, (431, "Network offering can be used for VPC networks only")),
        (
            {**SHARED, **RANGE, "vlan": "3000", "endip": "172.31.9.9"},
            (431, "Please specify a valid IP range or valid netmask or valid gateway"),
        ),
        (
            {**SHARED, **RANGE, "by": "owner"},
            (431, "AclType must be specified for shared network created by domain admin"),
        ),
    ],
)
def test_a_network_that_is_refused(world: Any, params: dict[str, Any], refusal: tuple[int, str]) -> None:
    before = len(world.sim.db.networks)
    assert world.refused("createNetwork", **params) == refusal
    assert len(world.sim.db.networks) == before


def test_sizes_of_packets_are_the_zones_unless_users_may_choose(world: Any) -> None:
    zone = world.row("@zones:").uuid
    assert world.network("small", publicmtu=1000).public_mtu == 1500
    world.do("updateConfiguration", name="allow.end.users.to.specify.vr.mtu", value="true", zoneid=zone)
    network = world.network("smaller", publicmtu=9000, privatemtu=10)
    assert (network.public_mtu, network.private_mtu) == (1500, 68)
    world.do("updateNetwork", id=network.uuid, privatemtu=1400)
    assert network.private_mtu == 1400
    world.do("resetConfiguration", name="allow.end.users.to.specify.vr.mtu", zoneid=zone)
    for name in ("small", "smaller"):
        world.do("deleteNetwork", id=f"@networks:{name}")


def test_a_network_that_is_hidden_does_not_count(world: Any) -> None:
    account = world.sim.admin.account
    before = world.sim.limits.count(account, "network")
    world.do("updateNetwork", id="@networks:other", displaynetwork="false")
    assert world.sim.limits.count(account, "network") == before - 1
    world.do("updateNetwork", id="@networks:other", displaynetwork="true")
    assert world.sim.limits.count(account, "network") == before


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["iso", "other", "t1", "t2"]),
        ({"listall": "true"}, ["eves", "iso", "other", "t1", "t2"]),
        ({"account": "nobody"}, ["iso", "other", "t1", "t2"]),
        ({"domainid": "@domains:a"}, []),
        ({"domainid": "@domains:a", "isrecursive": "true"}, ["eves"]),
        ({"id": "@networks:eves"}, []),
        ({"id": "@networks:eves", "listall": "true"}, ["eves"]),
        ({"by": "eve"}, ["eves"]),
        ({"by": "owner"}, []),
        ({"by": "owner", "listall": "true"}, ["eves"]),
        ({"by": "bob", "listall": "true", "issystem": "true"}, []),
        ({"keyword": "display of"}, []),
        ({"forvpc": "true"}, ["t1", "t2"]),
        ({"networkfilter": "Domain"}, []),
    ],
)
def test_networks_that_a_caller_lists(world: Any, params: dict[str, Any], found: list[str]) -> None:
    if world.row("@networks:eves") is None:
        world.network("eves", by="eve", displaytext="display of it")
    assert world.names("listNetworks", **params) == found


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"domainid": "@domains:a", "account": "nobody"}, "Unable to find account nobody in specified domain"),
        ({"networkfilter": "round"}, "Invalid value of networkfilter: round"),
        (
            {"issystem": "true", "domainid": "@domains:a"},
            "System network belongs to system, account and domainId parameters can't be specified",
        ),
    ],
)
def test_a_list_of_networks_that_is_refused(world: Any, params: dict[str, Any], text: str) -> None:
    assert world.refused("listNetworks", **params) == (431, text)


IP = "@ip_addresses:192.168.2.50"
VPC_IP = "@ip_addresses:192.168.2.60"
FREE_IP = "@ip_addresses:192.168.2.70"
FORWARD = {"protocol": "tcp", "publicport": 22, "privateport": 22, "virtualmachineid": "@vms:one"}
BALANCE = {"name": "b", "algorithm": "roundrobin", "publicport": 80, "privateport": 80}
OF_VPC = "Can't have openFirewall=true when IP address belongs to VPC"


@pytest.mark.parametrize(
    ("command", "params", "code", "part"),
    [
        ("createPortForwardingRule", {"ipaddressid": FREE_IP}, 431, "Unable to create PF rule, invalid IP address id"),
        ("createPortForwardingRule", {"ipaddressid": VPC_IP, "openfirewall": "true"}, 431, OF_VPC),
        ("createPortForwardingRule", {"ipaddressid": VPC_IP}, 431, "and no networkId is passed in"),
        ("createPortForwardingRule", {"ipaddressid": IP, "cidrlist": "x"}, 431, "The given source CIDR [x] is invalid"),
        (
            "createPortForwardingRule",
            {"ipaddressid": IP, "publicendport": 23, "privateport": 30, "privateendport": 31},
            431,
            "Private port start should be equal to public port start",
        ),
        ("enableStaticNat", {"ipaddressid": FREE_IP}, 431, "as ip is not associated with any network"),
        (
            "enableStaticNat",
            {"ipaddressid": "@ip_addresses:192.168.2.53", "virtualmachineid": "@vms:two"},
            431,
            "is already associated with another public ip 192.168.2.53",
        ),
        (
            "createLoadBalancerRule",
            {"publicipid": VPC_IP, "networkid": "@networks:t1", "openfirewall": "true"},
            431,
            OF_VPC,
        ),
        ("createLoadBalancerRule", {"publicipid": VPC_IP}, 431, "is not associated with any network"),
        ("createLoadBalancerRule", {"networkid": "@networks:iso"}, 431, "Can't define IP owner"),
        (
            "createLoadBalancerRule",
            {"networkid": "@networks:iso", "account": "admin", "domainid": "@domains:ROOT"},
            431,
            "can't find/allocate source IP",
        ),
        (
            "createLoadBalancerRule",
            {"publicipid": "@ip_addresses:192.168.2.53"},
            537,
            "Can't do load balance on ip address: 192.168.2.53",
        ),
        ("createLoadBalancerRule", {"publicipid": IP, "cidrlist": "x"}, 431, "CIDR [x] is invalid."),
        (
            "createFirewallRule",
            {"ipaddressid": VPC_IP, "protocol": "tcp"},
            431,
            "as IP is not associated with any network and no networkId is passed in",
        ),
        (
            "createIpForwardingRule",
            {"ipaddressid": IP, "protocol": "tcp", "startport": 1, "cidrlist": "10.0.0.0/8"},
            431,
            "Parameter cidrList is deprecated",
        ),
        (
            "createIpForwardingRule",
            {"ipaddressid": IP, "protocol": "tcp", "startport": 1},
            537,
            "Can't do static nat on ip address: 192.168.2.50",
        ),
    ],
)
def test_a_rule_that_is_refused(world: Any, command: str, params: dict[str, Any], code: int, part: str) -> None:
    more = {"createPortForwardingRule": FORWARD, "createLoadBalancerRule": BALANCE}.get(command, {})
    if command == "enableStaticNat":
        more = {"virtualmachineid": "@vms:one"}
    found, text = world.refused(command, **{**more, **params})
    assert (found, part in text) == (code, True), text


def _firewall(start: int, end: int, cidrs: str, protocol: str = "tcp") -> tuple[str, dict[str, Any]]:
    return "createFirewallRule", {"protocol": protocol, "startport": start, "endport": end, "cidrlist": cidrs}


def _forwarding(start: int, protocol: str = "tcp", cidrs: str | None = None) -> tuple[str, dict[str, Any]]:
    more = {"publicport": start, "protocol": protocol, "openfirewall": "false", "cidrlist": cidrs}
    return "createPortForwardingRule", {**FORWARD, **more}


Asked = tuple[str, dict[str, Any]]


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        (_firewall(20, 30, "10.0.0.0/8"), _firewall(25, 40, "10.0.0.0/8,192.168.0.0/16"), True),
        (_firewall(20, 30, "10.0.0.0/8"), _firewall(25, 40, "192.168.0.0/16"), False),
        (_firewall(20, 30, "10.0.0.0/8"), _firewall(20, 30, "10.0.0.0/8", "udp"), False),
        (_forwarding(90), _forwarding(90), True),
        (_forwarding(90), _forwarding(90, "udp"), False),
        (_forwarding(90, cidrs="10.0.0.0/8"), _forwarding(90, cidrs="192.168.0.0/16"), False),
        (_forwarding(90, "udp"), ("createLoadBalancerRule", {**BALANCE, "publicport": 90}), True),
        (_firewall(90, 90, "0.0.0.0/0"), ("createLoadBalancerRule", {**BALANCE, "publicport": 90}), False),
    ],
)
def test_rules_that_cannot_stand_beside_each_other(world: Any, old: Asked, new: Asked, refused: bool) -> None:
    address = {"ipaddressid": "@ip_addresses:192.168.2.51", "publicipid": "@ip_addresses:192.168.2.51"}
    world.do(old[0], **old[1], **address)
    try:
        if refused:
            assert world.refused(new[0], **new[1], **address)[0] == 537
        else:
            world.do(new[0], **new[1], **address)
    finally:
        ip = world.row(address["publicipid"])
        for rule in list(world.sim.db.firewall_rules.where(ip_id=ip.id)):
            world.sim.db.firewall_rules.delete(rule)


def test_members_of_a_load_balancer_rule(world: Any) -> None:
    rule = world.do("createLoadBalancerRule", publicipid="@ip_addresses:192.168.2.52", **BALANCE)["loadbalancer"]["id"]
    failed = (530, "Failed to assign load balancer rule")
    world.do("assignToLoadBalancerRule", id=rule, virtualmachineids="@vms:one")
    assert world.refused("assignToLoadBalancerRule", id=rule, virtualmachineids="@vms:one") == failed
    assert world.refused("assignToLoadBalancerRule", id=rule) == failed
    (shown,) = world.rows("listLoadBalancerRules", id=rule)
    assert shown["state"] == "Active"
    world.do("removeFromLoadBalancerRule", id=rule, virtualmachineids="@vms:one")
    assert world.rows("listLoadBalancerRules", id=rule)[0]["state"] == "Add"
    world.do("deleteLoadBalancerRule", id=rule)


@pytest.mark.parametrize(
    ("command", "params", "refusal"),
    [
        (
            "updateNetwork",
            {"id": "@networks:iso", "guestvmcidr": "10.1.1.7/24"},
            (431, "The Start IP and End IP of guestvmcidr: 10.1.1.7/24 and CIDR: 10.1.1.0/24 are same"),
        ),
        (
            "updateNetwork",
            {"id": "@networks:iso", "networkofferingid": "@network_offerings:less"},
            (530, "will remove the following services ["),
        ),
        (
            "createNetwork",
            {**SHARED, **RANGE, "vlan": "3000", "routerip": "172.31.0.9"},
            (530, "Router IPv4 IP provided is not within the specified range: 172.31.0.10 - 172.31.0.20"),
        ),
        (
            "createNetwork",
            {**TIER, "vpcid": "@vpcs:vpc", "gateway": "10.9.3.1", "netmask": "255.255.255.0", "networkofferingid":
             "@network_offerings:balanced"},
            (431, "Public LB service is already supported by network"),
        ),
        ("updateIpAddress", {"id": FREE_IP, "fordisplay": "false", "by": "ann"}, (530, "Only Root admin can update")),
    ],
)  # fmt: skip
def test_what_else_is_refused(world: Any, command: str, params: dict[str, Any], refusal: tuple[int, str]) -> None:
    if world.row("@network_offerings:less") is None:
        for name, services, more in (
            ("less", "Dhcp,Dns,SourceNat", {}),
            ("balanced", "Dhcp,Dns,SourceNat,Lb", {"forvpc": "true"}),
        ):
            router = "VpcVirtualRouter" if more else "VirtualRouter"
            providers = {
                f"serviceproviderlist[{n}].{part}": value
                for n, service in enumerate(services.split(","))
                for part, value in (("service", service), ("provider", router))
            }
            world.do("createNetworkOffering", name=name, displaytext=name, guestiptype="Isolated", traffictype="Guest",
                     supportedservices=services, enable="true", **providers, **more)  # fmt: skip
    code, text = world.refused(command, **params)
    assert (code, refusal[1] in text) == (refusal[0], True), text


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"account": "ann"}, 431, "AccountName and domainId must be specified together"),
        ({"account": "no", "domainid": "@domains:a"}, 431, "Unable to find account no in domain Domain"),
        ({"by": "bob", "account": "ann", "domainid": "@domains:a"}, 531, "Can't create/list resources for account ann"),
        ({"by": "bob", "account": "bob", "domainid": "@domains:ROOT"}, 200, ""),
    ],
)
def test_the_owner_of_something_new(world: Any, params: dict[str, Any], code: int, text: str) -> None:
    asked = {
        "networkid": "@networks:iso",
        "account": "ann",
        "scope": "Local",
        "name": "w",
        "payloadurl": "https://x.example",
    }
    if code == 200:
        world.do("createWebhook", **{**asked, **params})
    else:
        found, words = world.refused("createWebhook", **{**asked, **params})
        assert (found, text in words) == (code, True), words


SIX = {"ip6gateway": "2001:db8::1", "ip6cidr": "2001:db8::/64"}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"ip6gateway": "x"}, "Invalid ip6Gateway"),
        ({"ip6cidr": "2001:db8::"}, "Invalid ip6cidr"),
        ({"ip6cidr": "2001:db8::/48"}, "The cidr size of IPv6 network must be 64 bits!"),
        ({"ip6gateway": "2001:db9::1"}, "ip6Gateway is not in ip6cidr indicated network!"),
        ({"startipv6": "x"}, "Invalid format for the startIPv6 parameter"),
        ({"startipv6": "2001:db8::9", "endipv6": "2001:db9::9"}, "endIPv6 is not in ip6cidr indicated network!"),
        ({}, "Can only create IPv6 network if the zone has IPv6 DNS!"),
        ({"gateway": None, "netmask": None, "ip6dns1": "2001:db8::53"}, "Currently IPv6-only Shared network with"),
        ({**ISOLATED, "startip": None}, "Can only support create IPv6 network with advance shared network!"),
    ],
)
def test_networks_of_ipv6_that_are_refused(world: Any, more: dict[str, Any], text: str) -> None:
    code, told = world.refused("createNetwork", **{**SHARED, **RANGE, "vlan": "3001", **SIX, **more})
    assert (code, told.startswith(text)) == (431, True), told


def test_only_an_offering_with_ranges_takes_one(world: Any) -> None:
    if world.row("@network_offerings:no nat") is None:
        world.do(
            "createNetworkOffering", name="no nat", guestiptype="Isolated", traffictype="Guest",
            supportedservices="Dhcp",
            **{"serviceproviderlist[0].service": "Dhcp", "serviceproviderlist[0].provider": "VirtualRouter"},
        )  # fmt: skip
        world.do("updateNetworkOffering", id="@network_offerings:no nat", state="Enabled")
    wanted = {**ISOLATED, **RANGE, "networkofferingid": "@network_offerings:no nat"}
    assert world.refused("createNetwork", **wanted) == (
        431,
        "Network offering with specified id doesn't support adding multiple ip ranges",
    )


def test_odd_sizes_of_packets_are_alerts(world: Any) -> None:
    world.do("updateConfiguration", name="allow.end.users.to.specify.vr.mtu", value="true", zoneid="@zones:")
    for name, sizes in (("mtu1", {"publicmtu": 9999}), ("mtu2", {"privatemtu": 5})):
        network = world.do("createNetwork", **{**ISOLATED, "name": name, **sizes})["network"]
        world.do("deleteNetwork", id=network["id"])
    told = {(a["name"], a["description"]) for a in world.rows("listAlerts")}
    assert {
        ("ALERT.VR.PUBLIC.IFACE.MTU", "Incorrect MTU configured on network for public interfaces of the VR"),
        ("ALERT.VR.PRIVATE.IFACE.MTU", "Incorrect MTU configured on network for private interfaces of the VR"),
    } <= told
    world.do("updateConfiguration", name="allow.end.users.to.specify.vr.mtu", value="false", zoneid="@zones:")


def test_the_rules_on_an_address_go_with_its_static_nat(world: Any) -> None:
    address = world.address("192.168.2.70")
    world.do("enableStaticNat", ipaddressid=address.uuid, virtualmachineid="@vms:one")
    world.do("createFirewallRule", ipaddressid=address.uuid, protocol="tcp", startport=22, endport=22)
    world.do("disableStaticNat", ipaddressid=address.uuid)
    assert world.rows("listFirewallRules", ipaddressid=address.uuid) == []
    assert world.refused("disableStaticNat", ipaddressid=address.uuid) == (
        431,
        "Specified IP address id is not associated with any vm Id",
    )
    free = "@ip_addresses:192.168.2.71"
    assert world.refused("disableStaticNat", ipaddressid=free)[1].startswith("Unable to create ip forwarding rule on")
    world.do("disassociateIpAddress", id=address.uuid)
