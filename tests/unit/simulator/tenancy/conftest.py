"""A zone with tenants, networks, addresses and an instance, on which rules are tried by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloudstack_simulator import Simulator

if TYPE_CHECKING:
    from conftest import Operator


class World:
    """Calls commands with `@table:name` for the id of a row; as admin, or as somebody of `people`."""

    def __init__(self, sim: Simulator, operator: type[Operator]) -> None:
        self.sim = sim
        self.operator = operator
        self.people: dict[str, Any] = {}

    def row(self, text: str) -> Any:
        table, _colon, name = text.removeprefix("@").partition(":")
        rows = self.sim.db.tables[table]
        if not name:
            return rows.first()
        field = "address" if table == "ip_addresses" else "username" if table == "users" else "name"
        return rows.first(**{field: name})

    def given(self, params: dict[str, Any]) -> dict[str, Any]:
        return {
            key: self.row(value).uuid if str(value).startswith("@") else value
            for key, value in params.items()
            if key != "by" and value is not None
        }

    def _by(self, params: dict[str, Any]) -> Operator:
        return self.operator(self.sim, self.people.get(params.get("by", "admin")))

    def do(self, command: str, **params: Any) -> dict[str, Any]:
        return self._by(params).do(command, **self.given(params))

    def refused(self, command: str, **params: Any) -> tuple[int, str]:
        return self._by(params).refused(command, **self.given(params))

    def rows(self, command: str, **params: Any) -> list[dict[str, Any]]:
        return self._by(params).rows(command, **self.given(params))

    def names(self, command: str, **params: Any) -> list[str]:
        return sorted(str(r.get("name", r.get("ipaddress"))) for r in self.rows(command, **params))

    def network(self, name: str, **more: Any) -> Any:
        offering = "@network_offerings:DefaultIsolatedNetworkOfferingWithSourceNatService"
        self.do("createNetwork", **{"name": name, "zoneid": "@zones:", "networkofferingid": offering, **more})
        return self.sim.db.networks.first(name=name)

    def address(self, address: str, **more: Any) -> Any:
        self.do("associateIpAddress", **{"networkid": "@networks:iso", "ipaddress": address, **more})
        return self.sim.db.ip_addresses.first(address=address)

    def person(self, name: str, kind: int, domain: str) -> None:
        self.do(
            "createAccount", username=name, accounttype=kind, domainid=domain, email="e@example.com",
            firstname="F", lastname="L", password="password-of-" + name,
        )  # fmt: skip
        self.people[name] = self.sim.auth.caller_of(self.sim.db.users.first(username=name))


@pytest.fixture(scope="module")
def world(operator: type[Operator]) -> World:
    """Network `iso` with instances `one` and `two`, `other` beside it; VPC `vpc` with tiers `t1` and `t2`; tenants.

    `@ip_addresses:192.168.2.50` to `.53` belong to `iso` (`.53` with static NAT to `two`), `.60` to the VPC.
    Domain `a` has the admin `owner` and the user `ann`, its subdomain `deep` the user `eve`.
    """
    world = World(Simulator(zone="sandbox", seed=1), operator)
    world.do("createDomain", name="a")
    world.do("createDomain", name="deep", parentdomainid="@domains:a")
    for name, kind, domain in (("owner", 2, "a"), ("ann", 0, "a"), ("bob", 0, "ROOT"), ("eve", 0, "deep")):
        world.person(name, kind, f"@domains:{domain}")
    world.network("iso")
    world.network("other")
    template = world.rows("listTemplates", templatefilter="featured")[0]["id"]
    for name in ("one", "two"):
        world.do(
            "deployVirtualMachine", name=name, zoneid="@zones:", templateid=template, networkids="@networks:iso",
            serviceofferingid="@service_offerings:Small Instance",
        )  # fmt: skip
    for last in (50, 51, 52, 53):
        world.address(f"192.168.2.{last}")
    world.do("enableStaticNat", ipaddressid="@ip_addresses:192.168.2.53", virtualmachineid="@vms:two")
    world.do(
        "createVPC", name="vpc", displaytext="vpc", zoneid="@zones:", cidr="10.9.0.0/16",
        vpcofferingid="@vpc_offerings:Default VPC offering",
    )  # fmt: skip
    tier = {"vpcid": "@vpcs:vpc", "netmask": "255.255.255.0"}
    tier["networkofferingid"] = "@network_offerings:DefaultIsolatedNetworkOfferingForVpcNetworks"
    for number in (1, 2):
        world.network(f"t{number}", gateway=f"10.9.{number}.1", **tier)
    world.address("192.168.2.60", networkid=None, vpcid="@vpcs:vpc")
    return world
