"""Hosts: never added twice, and in maintenance only when they are."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, Drift, InvalidInput, LostAnswer
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import host_steps as steps
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed, VirtualCloud

PLACE = {"zone": "Sandbox-simulator", "pod": "POD0", "cluster": "C0"}


def hosts(cloud):
    return cloud.client.list("listHosts", {"type": "Routing"})


def wish(number, **more):
    return {"name": f"h{number}", **PLACE, "url": f"http://sim/c0/h{number}", **more}


def test_a_host_of_another_cluster_is_drift_and_not_added_again(cloud):
    cloud.run("host", **wish(21))
    before = len(hosts(cloud))
    with pytest.raises(Drift, match="cluster is 'C0', wanted 'C1'"):
        cloud.run("host", **{**wish(21), "cluster": "C1"})
    assert (cloud.changes, len(hosts(cloud))) == (0, before)


def test_a_host_that_the_server_goes_on_adding_is_waited_for(monkeypatch):
    """The answer is lost after a while, the host stands in the list only minutes later."""
    cloud = VirtualCloud(zone="sandbox")
    send, list_, begun = cloud.client.run, cloud.client.list, []

    def lost(command, params=None, **facts):
        answer = send(command, params, **facts)
        if command == "addHost":
            begun.append(cloud.client.clock.monotonic())
            raise LostAnswer("no answer", command=command)
        return answer

    def late(command, params=None):
        rows = list_(command, params)
        soon = begun and cloud.client.clock.monotonic() < begun[0] + 120
        return [row for row in rows if not (soon and "being-added-" in str(row.get("hosttags")))]

    before = len(hosts(cloud))
    monkeypatch.setattr(cloud.client, "run", lost)
    monkeypatch.setattr(cloud.client, "list", late)
    made = cloud.run("host", **wish(22, host_tags=["a"]))
    assert (made["resource"]["name"], made["resource"]["host_tags"]) == ("h22", ["a"])
    assert "found by reading back" in made["warnings"][0]
    monkeypatch.undo()
    assert len(hosts(cloud)) == before + 1
    assert cloud.run("host", **wish(22, host_tags=["a"]))["changed"] is False


def test_a_host_that_is_being_emptied_is_not_in_maintenance_yet(cloud, monkeypatch):
    cloud.run("host", **wish(23))
    listed = cloud.client.list
    rounds = iter(["PrepareForMaintenance"] * 3)

    def preparing(command, params=None):
        rows = listed(command, params)
        state = next(rounds, None) if command == "listHosts" else None
        return [{**row, "resourcestate": state} if state and row["name"] == "h23" else row for row in rows]

    cloud.client.run("prepareHostForMaintenance", {"id": cloud.run("host", **wish(23))["resource"]["id"]})
    monkeypatch.setattr(cloud.client, "list", preparing)
    result = cloud.run("host", **wish(23), allocation_state="maintenance")
    assert result["plan"]["changes"][0]["before"] == "PrepareForMaintenance"
    assert cloud.changes == 0, "it is emptied already, so it is only waited for"
    assert result["resource"]["resource_state"] == "Maintenance"


def test_a_disabled_host_is_enabled_on_its_way_to_maintenance(cloud):
    cloud.run("host", **wish(24), allocation_state="disabled")
    result = cloud.run("host", **wish(24), allocation_state="maintenance")
    assert result["resource"]["resource_state"] == "Maintenance"
    assert cloud.changes == 2
    assert cloud.run("host", **wish(24), allocation_state="maintenance")["changed"] is False
    assert cloud.run("host", **wish(24), allocation_state="disabled")["resource"]["resource_state"] == "Disabled"


def test_a_host_that_cannot_be_emptied_is_an_error(cloud, monkeypatch):
    cloud.run("host", **wish(25))
    listed = cloud.client.list

    def stuck(command, params=None):
        rows = listed(command, params)
        return [{**row, "resourcestate": "ErrorInMaintenance"} if row.get("resourcestate") == "Maintenance" else row
                for row in rows]  # fmt: skip

    monkeypatch.setattr(cloud.client, "list", stuck)
    with pytest.raises(ApiError, match="ErrorInMaintenance"):
        cloud.run("host", **wish(25), allocation_state="maintenance")


def test_a_host_is_removed_by_its_name_alone_though_its_agent_calls_it_otherwise(cloud, monkeypatch):
    made = cloud.run("host", **wish(26))["resource"]
    cloud.client.run("updateHost", {"id": made["id"], "name": "as-the-agent-says"})
    there = [(2, 1, 6, "", (made["ip_address"], 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *_more, **_facts: there if name == "h26" else [])
    steps._resolved.cache_clear()
    other = {"name": "h27", "zone": PLACE["zone"], "state": "absent", "force": True}
    assert cloud.run("host", **other)["changed"] is False
    gone = cloud.run("host", **{**other, "name": "h26"})
    assert gone["changed"] is True
    assert made["id"] not in [row["id"] for row in hosts(cloud)]
    steps._resolved.cache_clear()


@pytest.mark.parametrize("options", [{"zone": PLACE["zone"]}, {}, {"url": "http://sim/c0/h28", "zone": PLACE["zone"]}])
def test_a_host_whose_adding_was_cut_off_is_removed_without_its_url(options):
    cloud = VirtualCloud(zone="sandbox")
    before = len(hosts(cloud))
    with pytest.raises(Killed):
        cloud.run("host", fault=Fault("killed_after", 0, lambda command: command == "addHost"), **wish(28))
    assert len(hosts(cloud)) == before + 1
    assert cloud.run("host", name="h29", state="absent", **options)["changed"] is False
    assert cloud.run("host", name="h28", state="absent", **options)["changed"] is True
    assert len(hosts(cloud)) == before


@pytest.mark.parametrize(("address", "said"), [("172.16.15.250", ""), ("192.0.2.9", "is not in 172.16.15.0/24")])
def test_an_address_outside_of_the_pod_is_told(cloud, address, said):
    result = cloud.run("host", check=True, **{**wish(31), "url": f"http://{address}", "hypervisor": "KVM"})
    assert said in " ".join(result.get("warnings", []))
    assert bool(result.get("warnings")) is bool(said)


def test_an_address_that_the_pod_gives_away_itself_is_refused(cloud):
    pod = cloud.client.list("listPods")[0]
    with pytest.raises(InvalidInput, match="which pod POD0 reserves for system VMs") as caught:
        cloud.run("host", **{**wish(32), "url": f"http://{pod['ipranges'][0]['endip']}", "hypervisor": "KVM"})
    assert (caught.value.option, cloud.changes) == ("url", 0)


def test_a_known_host_at_another_address_is_told_and_left_alone():
    cloud = PopulatedCloud("hosts=1,hypervisor=KVM")
    known = hosts(cloud)[0]
    named = {"name": known["name"], "zone": known["zonename"]}
    for url, told in ((f"http://{known['ipaddress']}", 0), ("http://kvm1", 0), ("http://192.0.2.9", 1)):
        result = cloud.run("host", **named, url=url)
        assert (result["changed"], cloud.changes) == (False, 0)
        assert [f"at {known['ipaddress']}, url says 192.0.2.9" in text for text in result.get("warnings", [])] == [
            True
        ] * told
