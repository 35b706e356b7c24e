"""Zones, pods, clusters and hosts that belong to one domain or account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Cloud


@pytest.fixture
def tenants(running: Cloud) -> dict[str, str]:
    op = running.op
    sales = op.do("createDomain", name="sales")["domain"]["id"]
    north = op.do("createDomain", name="north", parentdomainid=sales)["domain"]["id"]
    other = op.do("createDomain", name="other")["domain"]["id"]
    op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="N",
        password="of-ann", domainid=sales,
    )  # fmt: skip
    return {"sales": sales, "north": north, "other": other}


def test_parts_of_a_dedicated_place_are_for_domains_below(running: Cloud, tenants: dict[str, str]) -> None:
    op = running.op
    op.do("dedicatePod", podid=running.pod, domainid=tenants["sales"])
    name = op.only("listPods", id=running.pod)["name"]
    assert op.refused("dedicateCluster", clusterid=running.cluster, domainid=tenants["other"]) == (
        530, f"Cluster's Pod {name} is already dedicated",
    )  # fmt: skip
    op.do("dedicateCluster", clusterid=running.cluster, domainid=tenants["north"])
    assert op.refused("dedicateHost", hostid=running.hosts[0], domainid=tenants["sales"])[1].startswith(
        "Host's Cluster "
    )


def test_a_place_takes_in_what_is_dedicated_to_the_same(running: Cloud, tenants: dict[str, str]) -> None:
    op = running.op
    op.do("dedicateHost", hostid=running.hosts[0], domainid=tenants["sales"])
    host = op.rows("listHosts", id=running.hosts[0])[0]["name"]
    cluster = op.only("listClusters", id=running.cluster)["name"]
    assert op.refused("dedicateCluster", clusterid=running.cluster, domainid=tenants["other"]) == (
        530, f"Host {host} under this Cluster {cluster} is dedicated to different account/domain",
    )  # fmt: skip
    assert op.refused("dedicateCluster", clusterid=running.cluster, domainid=tenants["sales"], account="ann") == (
        530, f"Cannot dedicate Cluster {cluster} to accountann",
    )  # fmt: skip
    op.do("dedicateCluster", clusterid=running.cluster, domainid=tenants["sales"])
    assert op.rows("listDedicatedHosts") == []


def test_hosts_with_instances_of_others_are_not_given_away(running: Cloud, tenants: dict[str, str]) -> None:
    running.deploy("web")
    told = running.op.refused("dedicateCluster", clusterid=running.cluster, domainid=tenants["sales"])
    assert told[0] == 530 and told[1].endswith("as it is running instances of another domain")


def test_a_dedicated_zone_is_of_its_domain_as_long_as_it_is_dedicated(running: Cloud, tenants: dict[str, str]) -> None:
    op = running.op
    op.do("updateZone", id=running.zone, domain="example.org")
    op.do("dedicateZone", zoneid=running.zone, domainid=tenants["sales"])
    assert op.only("listZones", id=running.zone)["domainid"] == tenants["sales"]
    op.do("releaseDedicatedZone", zoneid=running.zone)
    zone = op.only("listZones", id=running.zone)
    assert "domainid" not in zone and "domain" not in zone


def test_lists_of_an_account_need_its_domain(running: Cloud, tenants: dict[str, str]) -> None:
    op = running.op
    op.do("dedicateHost", hostid=running.hosts[0], domainid=tenants["sales"], account="ann")
    assert op.refused("listDedicatedHosts", account="ann") == (
        431, "Please specify the domain id of the account: ann",
    )  # fmt: skip
    assert len(op.rows("listDedicatedHosts", account="nobody", domainid=tenants["sales"])) == 1


def test_a_domain_that_uses_a_dedicated_zone_stays_below_its_owner(running: Cloud, tenants: dict[str, str]) -> None:
    op = running.op
    op.do(
        "createAccount", username="eve", accounttype=0, email="e@example.com", firstname="E", lastname="V",
        password="of-eve", domainid=tenants["north"],
    )  # fmt: skip
    op.do("dedicateZone", zoneid=running.zone, domainid=tenants["sales"])
    owner = {"account": "eve", "domainid": tenants["north"]}
    template = op.only("listTemplates", templatefilter="all", name="golden")["id"]
    op.do("updateTemplatePermissions", id=template, ispublic="true")
    offering = op.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")["id"]
    network = op.do(
        "createNetwork", name="n", displaytext="n", zoneid=running.zone, networkofferingid=offering, **owner
    )["network"]["id"]
    op.do(
        "deployVirtualMachine", zoneid=running.zone, networkids=network, startvm="false", **owner,
        serviceofferingid=op.only("listServiceOfferings", name="Small Instance")["id"],
        templateid=template,
    )  # fmt: skip
    code, text = op.refused("moveDomain", domainid=tenants["north"], parentdomainid=tenants["other"])
    assert (code, "does not have access to [Dedicated resources] used by domain" in text) == (431, True)
    op.do("releaseDedicatedZone", zoneid=running.zone)
    op.do("moveDomain", domainid=tenants["north"], parentdomainid=tenants["other"])
