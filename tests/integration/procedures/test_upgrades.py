"""Virtual routers and system VMs brought up to date on a simulated cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from tests.integration.resources.conftest import Cloud

OFFERING = "DefaultIsolatedNetworkOfferingWithSourceNatService"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """Three networks with a router each."""
    found = Cloud(rate=None)
    ask = found.client.list
    offering = ask("listNetworkOfferings", {"name": OFFERING})[0]["id"]
    place = {"zoneid": ask("listZones")[0]["id"]}
    machine = {**place, "serviceofferingid": ask("listServiceOfferings")[0]["id"]}
    templates = ask("listTemplates", {"templatefilter": "all"})
    machine["templateid"] = next(row["id"] for row in templates if row["templatetype"] != "SYSTEM")
    for name in ("n1", "n2", "n3"):
        wanted = {**place, "name": name, "displaytext": name, "networkofferingid": offering}
        network = found.client.run("createNetwork", wanted)["network"]["id"]
        found.client.run("deployVirtualMachine", {**machine, "name": f"vm-{name}", "networkids": network})
    yield found
    found.close()


def routers(cloud: Cloud) -> list[dict[str, Any]]:
    return cloud.client.list("listRouters", {"listall": True})


def require(cloud: Cloud, version: str) -> None:
    """From now on the server wants routers from a template of this version."""
    cloud.client.run("updateConfiguration", {"name": "minreq.sysvmtemplate.version", "value": version})


def test_routers_up_to_date_are_left_in_peace(cloud):
    result = cloud.run("virtual_router_upgrade")
    assert (result["changed"], cloud.changes, result["counts"]) == (False, 0, {"already": 3})


def test_old_routers_are_replaced_in_order_and_only_once(cloud):
    before = {row["name"] for row in routers(cloud)}
    require(cloud, "4.11.0")
    planned = cloud.run("virtual_router_upgrade", check=True, canaries=1)
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert [entry["wave"] for entry in planned["plan"]] == [1, 2, 2]
    assert "4.10.0 is below 4.11.0" in planned["plan"][0]["reason"]

    done = cloud.run("virtual_router_upgrade", canaries=1, parallel=2)
    assert done["counts"] == {"done": 3}
    assert done["plan"] == planned["plan"]
    assert {row["version"] for row in routers(cloud)} == {"4.11.0"}
    assert before.isdisjoint(row["name"] for row in routers(cloud))

    again = cloud.run("virtual_router_upgrade")
    assert (again["changed"], cloud.changes) == (False, 0)


def test_a_live_patch_is_refused_where_the_template_is_too_old(cloud):
    require(cloud, "4.12.0")
    with pytest.raises(InvalidInput, match="template below") as caught:
        cloud.run("virtual_router_upgrade", method="patch")
    assert (caught.value.option, cloud.changes) == ("method", 0)


def test_a_stopped_router_is_left_for_its_next_start(cloud):
    stopped = routers(cloud)[0]
    cloud.client.run("stopRouter", {"id": stopped["id"], "forced": True})
    result = cloud.run("virtual_router_upgrade", names=[stopped["name"]])
    assert (result["counts"], cloud.changes) == ({"left": 1}, 0)
    assert "next start" in result["report"]["targets"][0]["reason"]
    cloud.client.run("startRouter", {"id": stopped["id"]})


def test_an_unknown_router_is_named(cloud):
    with pytest.raises(InvalidInput, match="r-999-VM"):
        cloud.run("virtual_router_upgrade", names=["r-999-VM"])
    assert cloud.changes == 0


def test_system_vms_are_replaced_by_running_ones(cloud):
    before = {row["id"] for row in cloud.client.list("listSystemVms")}
    assert cloud.run("system_vm_refresh")["counts"] == {"already": 2}
    planned = cloud.run("system_vm_refresh", check=True, force=True)
    assert (planned["changed"], cloud.changes) == (True, 0)
    done = cloud.run("system_vm_refresh", force=True)
    assert done["counts"] == {"done": 2}
    rows = cloud.client.list("listSystemVms")
    assert {row["state"] for row in rows} == {"Running"}
    assert before.isdisjoint(row["id"] for row in rows)
