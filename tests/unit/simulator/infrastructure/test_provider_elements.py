"""Elements of network service providers, whose provider may be deleted before they are made."""

from __future__ import annotations

from typing import Any

import pytest


def without_element(cloud: Any, name: str, table: str) -> dict[str, Any]:
    """A provider that has lost its element, as `createInternalLoadBalancerElement` wants it."""
    provider = cloud.op.only("listNetworkServiceProviders", physicalnetworkid=cloud.guest_network, name=name)
    rows = cloud.sim.db.tables[table]
    number = cloud.sim.db.service_providers.find(provider["id"]).id
    for row in rows.where(provider_id=number):
        rows.delete(row)
    return provider


@pytest.mark.parametrize(
    ("kind", "name", "table", "told"),
    [
        ("InternalLoadBalancer", "InternalLbVm", "internal_lb_elements", (431, "Unable to find InternalLbVm by id")),
        ("VirtualRouter", "VirtualRouter", "router_elements", (530, 'because "provider" is null')),
    ],
)
def test_an_element_whose_provider_is_deleted_meanwhile(
    running: Any, kind: str, name: str, table: str, told: tuple[int, str]
) -> None:
    provider = without_element(running, name, table)
    running.sim.act("deleteNetworkServiceProvider", id=provider["id"])  # its job begins first
    _status, body = running.sim.call(f"create{kind}Element", nspid=provider["id"])
    (job,) = (content["jobid"] for content in body.values())
    code, text = running.op.refused("queryAsyncJobResult", jobid=job)
    assert (code, told[1] in text) == (told[0], True), text
    assert provider["id"] not in {row["nspid"] for row in running.op.rows(f"list{kind}Elements")}


def test_an_element_of_a_load_balancer_is_made_for_its_own_kind_of_provider(running: Any) -> None:
    provider = without_element(running, "InternalLbVm", "internal_lb_elements")
    made = running.op.do("createInternalLoadBalancerElement", nspid=provider["id"])["internalloadbalancerelement"]
    assert (made["nspid"], made["enabled"]) == (provider["id"], False)
    other = running.op.only(
        "listNetworkServiceProviders", physicalnetworkid=running.guest_network, name="VirtualRouter"
    )
    told = running.op.refused("createInternalLoadBalancerElement", nspid=other["id"])
    assert told == (431, "Invalid network service provider is specified")
