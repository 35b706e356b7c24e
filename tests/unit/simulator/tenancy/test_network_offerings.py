"""Network offerings: what fits together, and which zones and networks can use them."""

from __future__ import annotations

from typing import Any

import pytest


def _offering(services: str, provider: str | None = "VirtualRouter", **more: str) -> dict[str, str]:
    names = services.split(",") if provider else []
    return {
        "name": "of-test", "displaytext": "t", "guestiptype": "Isolated", "traffictype": "Guest",
        "supportedservices": services,
        **{f"serviceproviderlist[{n}].{key}": value for n, service in enumerate(names)
           for key, value in (("service", service), ("provider", str(provider)))},
        **more,
    }  # fmt: skip


def _able(service: str, **capabilities: str) -> dict[str, str]:
    return {
        f"servicecapabilitylist[{n}].{key}": value
        for n, (name, given) in enumerate(capabilities.items())
        for key, value in (("service", service), ("capabilitytype", name), ("capabilityvalue", given))
    }


NAT = "Dhcp,Dns,SourceNat,Lb,StaticNat"


@pytest.mark.parametrize(
    ("params", "part"),
    [
        (_offering("Dhcp", **{"details[0].key": "Nonsense", "details[0].value": "x"}), "Unsupported detail Nonsense"),
        (
            _offering(NAT, **{"details[0].key": "publiclbprovider", "details[0].value": "Netscaler"}),
            "Invalid value Netscaler for the detail PublicLbProvider. The provider is not supported",
        ),
        (_offering("UserData"), "Without VR as dhcp provider, User data can't selected for VR."),
        (_offering(NAT, **_able("Lb", ElasticLb="true")), "Only SupportedLBIsolationElasticLb"),
        (_offering(NAT, **_able("Lb", SupportedLBIsolation="Dedicated")), "Either dedicated or shared isolation"),
        (
            _offering(NAT, **_able("Lb", SupportedLBIsolation="dedicated", LbSchemes="public,internal")),
            "Public lb and internal lb can't be enabled at the same time on the offering",
        ),
        (_offering(NAT, **_able("StaticNat", ElasticIp="false")), "AssociatePublicIP can only be set when"),
        (_offering("Dhcp,Dns", "VpcVirtualRouter"), "Isolated with service SourceNat are valid for vpc"),
        (
            _offering("Dhcp,SourceNat", "VpcVirtualRouter", **{"serviceproviderlist[0].provider": "VirtualRouter"}),
            "Provider of type VirtualRouter is not supported for network offerings that can be used in VPC",
        ),
    ],
)
def test_what_does_not_fit_together(world: Any, params: dict[str, str], part: str) -> None:
    code, text = world.refused("createNetworkOffering", **params)
    assert (code, part in text) == (431, True), text
    assert world.row("@network_offerings:of-test") is None


def _providers(offering: dict[str, Any]) -> dict[str, list[str]]:
    return {service["name"]: [provider["name"] for provider in service["provider"]] for service in offering["service"]}


@pytest.mark.parametrize(
    ("params", "for_vpc", "providers"),
    [
        (_offering("Dhcp,StaticNat"), False, {"Dhcp": ["VirtualRouter"], "Firewall": ["VirtualRouter"]}),
        (_offering("Dhcp,SourceNat", "VpcVirtualRouter"), True, {"Dhcp": ["VpcVirtualRouter"]}),
        (_offering("Dhcp,NetworkACL", None), True, {"Dhcp": [], "NetworkACL": []}),
    ],
)
def test_what_an_offering_gets_by_itself(
    world: Any, params: dict[str, str], for_vpc: bool, providers: dict[str, list[str]]
) -> None:
    offering = world.do("createNetworkOffering", **params)["networkoffering"]
    assert offering["forvpc"] is for_vpc
    assert providers.items() <= _providers(offering).items()
    world.do("deleteNetworkOffering", id=offering["id"])


def test_a_zone_shows_what_it_has_providers_and_physical_networks_for(world: Any) -> None:
    place = {"zoneid": "@zones:"}
    world.do("createNetworkOffering", **_offering("Dhcp", tags="elsewhere"))
    before = set(world.names("listNetworkOfferings", **place))
    assert "DefaultIsolatedNetworkOfferingWithSourceNatService" in before
    assert before & {"of-test", "DefaultSharedNetscalerEIPandELBNetworkOffering"} == set()
    provider = next(p for p in world.sim.db.service_providers if p.name == "VirtualRouter")
    world.do("updateNetworkServiceProvider", id=provider.uuid, state="Disabled")
    after = set(world.names("listNetworkOfferings", **place))
    assert "DefaultIsolatedNetworkOfferingWithSourceNatService" in before - after
    assert "DefaultL2NetworkOffering" in after
    world.do("updateNetworkServiceProvider", id=provider.uuid, state="Enabled")
    world.do("deleteNetworkOffering", id="@network_offerings:of-test")


def test_what_a_network_can_be_changed_to(world: Any) -> None:
    world.do("createNetworkOffering", **_offering("Dhcp", tags="elsewhere", enable="true"))
    found = world.names("listNetworkOfferings", networkid="@networks:iso")
    own = "DefaultIsolatedNetworkOfferingWithSourceNatService"
    assert "of-test" in found and own not in found and "DefaultIsolatedNetworkOfferingForVpcNetworks" not in found
    assert "DefaultIsolatedNetworkOfferingForVpcNetworks" in world.names(
        "listNetworkOfferings", networkid="@networks:iso", forvpc="true"
    )
    world.do("deleteNetworkOffering", id="@network_offerings:of-test")


@pytest.mark.parametrize(
    ("command", "params", "refusal"),
    [
        ("listNetworkOfferings", {"domainid": "@domains:ROOT"}, (431, "Unable to list network offerings for domain")),
        ("listNetworkOfferings", {"networkid": "@networks:iso"}, (531, "does not have permission")),
        ("listVPCOfferings", {"domainid": "@domains:ROOT"}, (431, "Unable to list VPC offerings for domain")),
    ],
)
def test_a_list_that_is_refused(world: Any, command: str, params: dict[str, Any], refusal: tuple[int, str]) -> None:
    code, text = world.refused(command, by="owner", **params)
    assert (code, refusal[1] in text) == (refusal[0], True), text


def test_the_router_gives_what_an_offering_names_no_provider_for(world: Any) -> None:
    world.do("createNetworkOffering", **_offering("Dhcp,SourceNat", None, enable="true"))
    world.network("routed", networkofferingid="@network_offerings:of-test")
    shown = world.rows("listNetworks", id="@networks:routed")[0]
    assert _providers(shown) == {"Dhcp": ["VirtualRouter"], "SourceNat": ["VirtualRouter"]}
    world.do("deleteNetwork", id="@networks:routed")
    world.do("deleteNetworkOffering", id="@network_offerings:of-test")


@pytest.mark.parametrize("kind", ["Network", "VPC"])
def test_a_domain_is_shown_what_is_for_one_above_it(world: Any, kind: str) -> None:
    world.do(f"create{kind}Offering", **_offering("Dhcp,SourceNat", None, domainid="@domains:a"))
    table = "network_offerings" if kind == "Network" else "vpc_offerings"
    world.sim.db.tables[table].first(name="of-test").state = "Enabled"
    assert "of-test" in world.names(f"list{kind}Offerings", domainid="@domains:deep")
    assert "of-test" not in world.names(f"list{kind}Offerings", domainid="@domains:ROOT")
    world.do(f"delete{kind}Offering", id=f"@{table}:of-test")


def test_new_tags_name_the_same_physical_network(bare: Any) -> None:
    op = bare.op
    made = op.do("createNetworkOffering", **_offering("Dhcp", tags="guest"))["networkoffering"]
    change = {"id": made["id"]}
    assert op.do("updateNetworkOffering", **change, tags="other")["networkoffering"]["tags"] == "other"
    op.do("updateNetworkOffering", **change, tags="guest")
    op.do("addTrafficType", physicalnetworkid=bare.management_network, traffictype="Guest")
    assert op.refused("updateNetworkOffering", **change, tags="none")[1] == (
        "Unable to find physical network which match the tags none"
    )
    code, text = op.refused("updateNetworkOffering", **change, tags="mgmt")
    assert (code, text.startswith("New tags: selects different physical network for zone Zone {")) == (431, True)
