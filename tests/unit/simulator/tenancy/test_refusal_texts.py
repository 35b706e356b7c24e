"""What is refused of networks and VPCs, in the server's words."""

from __future__ import annotations

from typing import Any

GATEWAY = {"gateway": "10.99.0.1", "ipaddress": "10.99.0.2", "netmask": "255.255.255.0", "vlan": "901"}


def test_private_gateways_of_an_account_have_an_address_each(world: Any) -> None:
    world.do(
        "createVPC", name="second", displaytext="second", zoneid="@zones:", cidr="10.19.0.0/16",
        vpcofferingid="@vpc_offerings:Default VPC offering",
    )  # fmt: skip
    told = world.refused("createPrivateGateway", **GATEWAY, vpcid="@vpcs:vpc", physicalnetworkid="-1")
    assert told == (431, "Physical network can't be determined; pass physical network id")
    assert world.rows("listPrivateGateways") == []
    world.do("createPrivateGateway", **GATEWAY, vpcid="@vpcs:vpc")
    zone = world.sim.db.zones.first().name
    told = world.refused("createPrivateGateway", **GATEWAY, vpcid="@vpcs:second")
    assert told == (431, f"Private ip address 10.99.0.2 already used for private gateway in zone {zone}")
    world.do("createPrivateGateway", **(GATEWAY | {"ipaddress": "10.99.0.3"}), vpcid="@vpcs:second")
