"""Another system offering for virtual routers, by each of the ways that the server knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed

MODULE = "virtual_router_offering"
BY_ROUTER = ("addAnnotation", "stopRouter", "changeServiceForRouter", "startRouter", "removeAnnotation")
CHANGES = ("updateConfiguration", "restartNetwork", "stopRouter", "changeServiceForRouter", "startRouter")
SERVICES = ("Dhcp", "Dns", "SourceNat", "StaticNat", "Firewall", "PortForwarding", "UserData", "Lb", "Vpn")


@pytest.fixture
def cloud() -> PopulatedCloud:
    """Four routers of two accounts, and a larger system offering for routers."""
    found = PopulatedCloud("hosts=3,routers=12,hypervisor=KVM")
    create(found, "large")
    return found


def create(cloud: PopulatedCloud, name: str, **more: Any) -> str:
    wanted = {
        "name": name, "displaytext": name, "issystem": True, "systemvmtype": "domainrouter", "cpunumber": 1,
        "cpuspeed": 1000, "memory": 1024, **more,
    }  # fmt: skip
    return str(cloud.client.run("createServiceOffering", wanted)["serviceoffering"]["id"])


def routers(cloud: PopulatedCloud, offering: str = "") -> list[dict[str, Any]]:
    rows = cloud.client.list("listRouters", {"listall": True})
    return [row for row in rows if not offering or row["serviceofferingname"] == offering]


def account(cloud: PopulatedCloud, name: str) -> str:
    return next(row["id"] for row in cloud.client.list("listAccounts", {"listall": True}) if row["name"] == name)


def network_offering(cloud: PopulatedCloud, name: str, offering: str, lacks: Sequence[str] = ()) -> str:
    offered = [service for service in SERVICES if service not in lacks]
    services = {
        key: value
        for number, service in enumerate(offered)
        for key, value in (
            (f"serviceproviderlist[{number}].service", service),
            (f"serviceproviderlist[{number}].provider", "VirtualRouter"),
        )
    }
    wanted = {
        "name": name, "displaytext": name, "guestiptype": "Isolated", "traffictype": "GUEST",
        "supportedservices": ",".join(offered), "serviceofferingid": offering, **services,
    }  # fmt: skip
    found = str(cloud.client.run("createNetworkOffering", wanted)["networkoffering"]["id"])
    cloud.client.run("updateNetworkOffering", {"id": found, "state": "Enabled"})
    return found


def stops_of(cloud: PopulatedCloud) -> list[dict[str, Any]]:
    """Stops of routers that ended."""
    rows = cloud.client.list("listEvents", {"type": "ROUTER.STOP", "listall": True})
    return [row for row in rows if row["state"] == "Completed"]


def sent(cloud: PopulatedCloud) -> dict[str, int]:
    calls = cloud.sent
    return {name: calls[name] for name in CHANGES if calls[name]}


def test_one_account_by_its_setting(cloud):
    planned = cloud.run(MODULE, check=True, account="tenant-0001", offering="large")
    assert planned["plan"][0]["step"].startswith("set router.service.offering for account tenant-0001 from ''")
    assert cloud.changes == 0
    done = cloud.run(MODULE, account="tenant-0001", offering="large", parallel=3)
    assert done["counts"] == {"done": 6}
    assert {row["account"] for row in routers(cloud, "large")} == {"tenant-0001"}
    again = cloud.run(MODULE, account="tenant-0001", offering="large")
    assert (again["changed"], cloud.changes) == (False, 0)


def test_the_global_setting_leaves_alone_what_other_settings_and_offerings_decide(cloud):
    own = create(cloud, "own")
    value = {"name": "router.service.offering", "value": own, "accountid": account(cloud, "tenant-0002")}
    cloud.client.run("updateConfiguration", value)
    first = min((row for row in routers(cloud) if row["account"] == "tenant-0001"), key=lambda row: row["name"])
    new = {"id": first["guestnetworkid"], "networkofferingid": network_offering(cloud, "named", own)}
    cloud.client.run("updateNetwork", new)  # it may have a new router by that
    named = next(row["name"] for row in routers(cloud) if row["guestnetworkid"] == first["guestnetworkid"])

    result = cloud.run(MODULE, offering="large", parallel=4)
    assert result["counts"] == {"done": 5, "left": 7}
    reasons = {target["name"]: target["reason"] for target in result["report"]["targets"] if target["state"] == "left"}
    assert "network offering names another" in reasons.pop(named)
    assert all("its account has a router.service.offering of its own" in reason for reason in reasons.values())


def test_a_network_by_its_network_offering(cloud):
    large = cloud.client.list("listServiceOfferings", {"issystem": True, "name": "large"})[0]["id"]
    wanted = network_offering(cloud, "with large router", large)
    options = {"network": "net-00001", "method": "network_offering", "offering": "large"}
    other = cloud.client.list("listNetworkOfferings", {"name": "DefaultIsolatedNetworkOffering"})[0]["name"]
    with pytest.raises(InvalidInput, match="not large") as caught:
        cloud.run(MODULE, **options, network_offering=other)
    assert (caught.value.option, cloud.changes) == ("network_offering", 0)
    network_offering(cloud, "poorer", large, lacks=["Lb", "Vpn"])
    spared = cloud.run(MODULE, **options, network_offering="poorer")
    assert (spared["counts"], cloud.changes) == ({"left": 1}, 0)
    assert "lacks services of its network: Lb, Vpn" in spared["report"]["targets"][0]["reason"]
    assert cloud.run(MODULE, **options, network_offering="with large router")["counts"] == {"done": 1}
    network = cloud.client.list("listNetworks", {"listall": True, "id": routers(cloud, "large")[0]["guestnetworkid"]})[
        0
    ]
    assert (network["name"], network["networkofferingid"]) == ("net-00001", wanted)
    again = cloud.run(MODULE, **options, network_offering="with large router")
    assert (again["changed"], cloud.changes) == (False, 0)


@pytest.mark.parametrize("how", ["reset", "killed_before", "killed_after"])
@pytest.mark.parametrize("cut", range(len(BY_ROUTER)))
def test_router_by_router_and_again_after_a_cut_at_any_call(cloud, cut, how):
    options = {"network": "net-00001", "method": "router", "offering": "large", "retries": 0}
    if how == "reset":
        rule = cloud.sim.faults.add({"do": "reset", "command": list(BY_ROUTER), "nth": cut + 1})
        assert cloud.run(MODULE, **options)["failed"]
        cloud.sim.faults.remove(rule)
    else:
        with pytest.raises(Killed):
            cloud.run(MODULE, **options, fault=Fault(how, cut, lambda command: command in BY_ROUTER))
    resumed = cloud.run(MODULE, **options)
    assert not resumed.get("failed")
    assert [(row["state"], row["guestnetworkname"]) for row in routers(cloud, "large")] == [("Running", "net-00001")]
    assert cloud.client.list("listAnnotations", {"entitytype": "VR", "annotationfilter": "all"}) == []
    again = cloud.run(MODULE, **options)
    assert (again["counts"], cloud.changes) == ({"already": 1}, 0)
    assert len(stops_of(cloud)) == 1


def test_a_stopped_router_is_started_only_if_asked_for(cloud):
    first = min(routers(cloud), key=lambda row: row["name"])
    cloud.client.run("stopRouter", {"id": first["id"]})
    options = {"names": [first["name"]], "method": "router", "offering": "large"}
    left = cloud.run(MODULE, **options)
    assert (left["counts"], cloud.changes) == ({"left": 1}, 0)


@pytest.mark.parametrize(("more", "why"), [
    ({"storagetype": "local"}, "use shared storage"), ({"hosttags": "ssd"}, "no host of zone Populated"),
    ({"systemvmtype": "consoleproxy"}, "not for domainrouter"),
])  # fmt: skip
def test_what_the_server_would_skip_without_a_word_is_refused(cloud, more, why):
    wrong = create(cloud, "wrong", **more)
    with pytest.raises(InvalidInput, match=why) as caught:
        cloud.run(MODULE, offering=wrong)
    assert (caught.value.option, cloud.changes) == ("offering", 0)


def test_a_restart_that_changed_nothing_is_found_at_the_canary(cloud):
    cloud.sim.faults.add({"do": "claim-success", "command": "restartNetwork"})
    failed = cloud.run(MODULE, offering="large", canaries=1, retries=0)
    assert (failed["failed"], failed["counts"]) == (True, {"failed": 1, "skipped": 11})
    assert "reported success, but r-" in failed["msg"]
    assert sent(cloud) == {"updateConfiguration": 1, "restartNetwork": 1}
