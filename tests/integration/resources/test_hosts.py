"""Hosts: never added twice, and in maintenance only when they are."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, Drift, LostAnswer

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


def test_a_host_that_the_server_goes_on_adding_is_waited_for(fast_cloud, monkeypatch):
    """The answer is lost after a while, the host stands in the list only minutes later."""
    send, list_, begun = fast_cloud.client.run, fast_cloud.client.list, []

    def lost(command, params=None, **facts):
        answer = send(command, params, **facts)
        if command == "addHost":
            begun.append(fast_cloud.client.clock.monotonic())
            raise LostAnswer("no answer", command=command)
        return answer

    def late(command, params=None):
        rows = list_(command, params)
        soon = begun and fast_cloud.client.clock.monotonic() < begun[0] + 120
        return [row for row in rows if not (soon and "being-added-" in str(row.get("hosttags")))]

    before = len(hosts(fast_cloud))
    monkeypatch.setattr(fast_cloud.client, "run", lost)
    monkeypatch.setattr(fast_cloud.client, "list", late)
    made = fast_cloud.run("host", **wish(22, host_tags=["a"]))
    assert (made["resource"]["name"], made["resource"]["host_tags"]) == ("h22", ["a"])
    assert "found by reading back" in made["warnings"][0]
    monkeypatch.undo()
    assert len(hosts(fast_cloud)) == before + 1
    assert fast_cloud.run("host", **wish(22, host_tags=["a"]))["changed"] is False


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
