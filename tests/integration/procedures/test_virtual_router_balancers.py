"""Upgrades of internal load balancers, which no restart of a network renews; and of VPCs without tiers."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.tests.support.balancers import balancer, enable_internal_balancers, vpc
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed
from cloudstack_simulator.commands.appliances.ageing import age

MODULE = "virtual_router_upgrade"
STEPS = ("addAnnotation", "stopInternalLoadBalancerVM", "startInternalLoadBalancerVM", "removeAnnotation")


@pytest.fixture
def cloud() -> PopulatedCloud:
    """A VPC with a tier whose internal load balancer is of the release before."""
    found = PopulatedCloud("hosts=3,routers=1,hypervisor=KVM")
    enable_internal_balancers(found.client)
    balancer(found.client, "shop", "10.20")
    age(found.sim, template="4.22.0")
    return found


def balancers(cloud: PopulatedCloud) -> list[tuple[str, str]]:
    """State and software of each, those of projects too."""
    found: dict[str, tuple[str, str]] = {}
    for scope in ({}, {"projectid": "-1"}):
        for row in cloud.client.list("listInternalLoadBalancerVMs", {"listall": True, **scope}):
            found[row["id"]] = (row["state"], row["softwareversion"])
    return list(found.values())


@pytest.mark.parametrize("method", ["restart", "reboot"])
def test_balancers_of_accounts_and_projects_are_stopped_and_started(cloud, method):
    project = cloud.client.run("createProject", {"name": "rocket", "displaytext": "rocket"})["project"]["id"]
    balancer(cloud.client, "lab", "10.21", projectid=project)
    age(cloud.sim, template="4.22.0")
    planned = cloud.run(MODULE, check=True, method=method)
    assert cloud.changes == 0
    assert sum(step["target"].startswith("b-") for step in planned["plan"]) == 2
    done = cloud.run(MODULE, method=method)
    assert done["counts"] == {"done": 5}
    assert balancers(cloud) == [("Running", "4.22.0.0")] * 2
    assert cloud.sent["stopInternalLoadBalancerVM"] == 2
    assert cloud.client.list("listAnnotations", {"entitytype": "VR", "annotationfilter": "all"}) == []
    again = cloud.run(MODULE, method=method)
    assert (again["changed"], cloud.changes) == (False, 0)


@pytest.mark.parametrize("kind", ["killed_before", "killed_after"])
@pytest.mark.parametrize("at", range(len(STEPS)))
def test_a_balancer_is_not_left_stopped_by_a_run_that_was_killed(cloud, at, kind):
    options = {"vpc": "shop", "method": "reboot"}
    with pytest.raises(Killed):
        cloud.run(MODULE, **options, fault=Fault(kind, at, lambda command: command in STEPS))
    assert not cloud.run(MODULE, **options).get("failed")
    assert balancers(cloud) == [("Running", "4.22.0.0")]
    assert cloud.sent["stopInternalLoadBalancerVM"] == 1
    again = cloud.run(MODULE, **options)
    assert (again["changed"], cloud.changes) == (False, 0)


def test_a_balancer_that_somebody_stopped_stays_stopped(cloud):
    row = cloud.client.list("listInternalLoadBalancerVMs", {"listall": True})[0]
    cloud.client.run("stopInternalLoadBalancerVM", {"id": row["id"]})
    assert cloud.run(MODULE, vpc="shop")["counts"] == {"done": 1, "left": 1}
    assert balancers(cloud) == [("Stopped", "4.20.1.0")]


def test_a_patch_leaves_balancers_and_says_so(cloud):
    result = cloud.run(MODULE, vpc="shop", method="patch")
    assert result["counts"] == {"done": 1, "left": 1}
    (left,) = (target for target in result["report"]["targets"] if target["state"] == "left")
    assert "patches no internal load balancers: use method restart" in left["reason"]


def test_a_patch_leaves_a_vpc_without_tiers_and_a_restart_renews_it(cloud):
    vpc(cloud.client, "bare", "10.30")
    age(cloud.sim, template="4.22.0")
    result = cloud.run(MODULE, vpc="bare", method="patch")
    assert (result["counts"], cloud.changes) == ({"left": 1}, 0)
    assert "through its tiers, and there is none: use method restart" in result["report"]["targets"][0]["reason"]
    assert cloud.run(MODULE, vpc="bare")["counts"] == {"done": 1}
    assert cloud.run(MODULE, vpc="bare", method="patch")["counts"] == {"already": 1}
