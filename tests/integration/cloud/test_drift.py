"""Drift: what differs, who did it and when, and nothing changed by looking."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.events import WORDS
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES
from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.playing import play
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud


@pytest.fixture
def cloud() -> VirtualCloud:
    """The example's cloud."""
    made = VirtualCloud()
    assert not made.run("apply", cloud=example(), parallel=4).get("failed")
    made.sim.advance(3600)
    return made


def admin_called(cloud: VirtualCloud, name: str) -> Client:
    """Somebody else who may change everything."""
    user = {"username": name, "password": "of alice", "email": "a@example.com", "firstname": "A", "lastname": "B"}
    account = cloud.client.run("createAccount", {**user, "account": "operators", "accounttype": 1})["account"]
    keys = cloud.client.run("registerUserKeys", {"id": account["user"][0]["id"]})["userkeys"]
    access = Connection("http://cloud.invalid/client/api", key=keys["apikey"], secret=keys["secretkey"])
    return Client(access, cloud.client.clock, cloud.transport)


def one(client: Any, command: str, **filters: Any) -> str:
    (row,) = client.list(command, filters)
    return row["id"]


def disturb(cloud: VirtualCloud) -> None:
    """Changes of each sort, by two people."""
    with admin_called(cloud, "alice") as alice:
        alice.run("updateZone", {"id": one(alice, "listZones"), "dns1": "192.0.2.99"})
        (host,) = [row["id"] for row in alice.list("listHosts") if row["ipaddress"] == "10.0.1.12"]
        alice.run("updateHost", {"id": host, "hosttags": "gpu"})
        alice.run("createDiskOffering", {"name": "by hand", "displaytext": "by hand", "disksize": 3})
    cloud.sim.advance(60)
    cloud.client.run("updateConfiguration", {"name": "expunge.delay", "value": "7"})
    cloud.client.run("deleteDomain", {"id": one(cloud.client, "listDomains", name="acme")})


def test_each_difference_names_who_touched_it_last_and_when(cloud, tmp_path):
    disturb(cloud)
    result = cloud.run("drift", cloud=example(), plan_file=str(tmp_path / "drift.html"), prune=["disk_offering"])
    assert (result["changed"], result["drifted"], cloud.changes) == (False, True, 0)
    told = {(entry["kind"], entry["name"]): entry for entry in result["plan"]}
    events = {key: (entry["action"], entry.get("last_event", {})) for key, entry in told.items()}
    for key, action, kind, user in (
        (("zone", "frankfurt"), "update", "ZONE.EDIT", "alice"),
        (("disk_offering", "by hand"), "delete", "DISK.OFFERING.CREATE", "alice"),
        (("setting", "expunge.delay"), "update", "CONFIGURATION.VALUE.EDIT", "admin"),
    ):
        assert events[key][0] == action
        assert (events[key][1]["type"], events[key][1]["user"]) == (kind, user)
    # The server writes no event of a changed host, and nothing tells what an object was that is gone.
    assert events["host", "kvm1-h2"] == ("update", {})
    assert events["domain", "ROOT/customers/acme"] == ("create", {})
    assert events["setting", "expunge.delay"][1]["time"] > events["zone", "frankfurt"][1]["time"]
    page = (tmp_path / "drift.html").read_text()
    assert f"ZONE.EDIT by alice (account operators) at {events['zone', 'frankfurt'][1]['time']}" in page


def test_only_what_the_server_has_a_word_for_is_asked_about(cloud):
    told = [kind.event_resource for kind in RESOURCES.values() if kind.event_resource]
    assert set(told) <= WORDS
    (network,) = [row for row in cloud.client.list("listVlanIpRanges") if row["startip"] == "198.51.100.10"]
    cloud.client.run("updateVlanIpRange", {"id": network["id"], "endip": "198.51.100.210"})
    result = cloud.run("drift", cloud=example())
    assert [entry["kind"] for entry in result["plan"]] == ["vlan_ip_range"]
    assert "listEvents" not in cloud.transport.commands


def test_without_events_nobody_is_asked_and_without_drift_nothing_is_told(cloud):
    cloud.client.run("updateConfiguration", {"name": "expunge.delay", "value": "7"})
    result = cloud.run("drift", cloud=example(), events=False)
    assert "listEvents" not in cloud.transport.commands
    assert "last_event" not in result["plan"][0]
    cloud.run("apply", cloud=example())
    result = cloud.run("drift", cloud=example(), fail=True)
    assert (result["drifted"], result["plan"], result.get("failed")) == (False, [], None)


def test_a_server_that_does_not_tell_events_costs_a_warning_alone(cloud):
    cloud.client.run("updateConfiguration", {"name": "expunge.delay", "value": "7"})
    cloud.sim.faults.add({"do": "error", "command": "listEvents"})
    result = cloud.run("drift", cloud=example())
    assert [entry["name"] for entry in result["plan"]] == ["expunge.delay"]
    assert "events could not be read" in result["warnings"][0]


def test_tolerated_drift_is_drift(cloud):
    document = {"disk_offerings": [{"name": "data 50 GB", "disk_size": 60, "immutable_drift": "warn"}]}
    result = cloud.run("drift", cloud=document, fail=True)
    assert (result["failed"], result["plan"]) == (True, [])
    assert "disk offering data 50 GB (disk_offerings[0]): disk_size is 50, wanted 60" in result["msg"]


def test_the_message_alone_says_what_differs_where_it_stands_and_who_did_it(sandbox, tmp_path):
    document = {"zones": [{"name": "Sandbox-simulator", "dns1": "192.0.2.1"}], "disk_offerings": [
        {"name": "missing", "disk_size": 1}]}  # fmt: skip
    (tmp_path / "cloud.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    sandbox.sim.call(
        "updateZone", id=sandbox.sim.call("listZones")[1]["listzonesresponse"]["zone"][0]["id"], dns1="192.0.2.7"
    )
    task = {"name": "t", "cloudstack.ops.drift": {"files": [str(tmp_path / "cloud.yml")], "fail": True}}
    played = play(sandbox, tmp_path, [{"tasks": [task]}])
    assert (played.code, played.changes) == (2, 0)
    message = played.ours[-1].result["msg"]
    assert (
        f'- zone Sandbox-simulator (zones[0], {tmp_path}/cloud.yml:2:3): dns1 is "192.0.2.7", wanted "192.0.2.1"'
        in (message)
    )
    assert "last touched: ZONE.EDIT by admin at 20" in message
    assert "disk offering missing (disk_offerings[0], " in message
    assert json.dumps(played.ours[-1].result["plan"]).count('"place"') == 2
