"""Removing what is gone already because its place is gone: nothing to do, and a place that nobody knows is told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError

ZONE = "Sandbox-simulator"
GONE: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("pod", {"name": "POD0", "zone": "Sandbox-simulatr"}, f"zone 'Sandbox-simulatr' .* did you mean '{ZONE}'"),
    ("cluster", {"name": "C0", "zone": "left", "pod": "POD0"}, "zone 'left'"),
    ("cluster", {"name": "C0", "zone": ZONE, "pod": "left"}, "pod 'left'"),
    ("host", {"name": "h", "zone": "left"}, "zone 'left'"),
    ("storage_pool", {"name": "PS0", "zone": "left"}, "zone 'left'"),
    ("volume", {"name": "v", "zone": "left"}, "zone 'left'"),
    ("volume", {"name": "v", "zone": ZONE, "domain": "ROOT/left", "account": "a"}, "domain 'ROOT/left'"),
    ("volume", {"name": "v", "zone": ZONE, "domain": "ROOT", "account": "left"}, "account 'left'"),
    ("snapshot", {"name": "s", "project": "left"}, "project 'left'"),
    ("snapshot_policy", {"volume": "left", "interval_type": "daily"}, "volume 'left'"),
    ("snapshot_policy", {"vm": "left", "interval_type": "daily"}, "instance 'left'"),
    ("account", {"name": "a", "domain": "ROOT/left"}, "domain 'ROOT/left'"),
    ("domain", {"path": "ROOT/left/a"}, "domain 'ROOT/left'"),
    ("traffic_type", {"traffic_type": "Guest", "physical_network": "left"}, "physical network 'left'"),
    ("management_ip_range", {"start_ip": "10.1.1.1", "pod": "left", "zone": ZONE}, "pod 'left'"),
    ("guest_vlan_range", {"vlan_range": "500-600", "physical_network": "left"}, "physical network 'left'"),
    ("setting", {"name": "cpu.overprovisioning.factor", "cluster": "left"}, "cluster 'left'"),
)


@pytest.mark.parametrize(("kind", "options", "told"), GONE, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("check", [True, False])
def test_what_lay_in_a_place_that_is_gone_is_gone(cloud, kind, options, told, check):
    result = cloud.run(kind, check=check, state="absent", **options)
    assert (result["changed"], cloud.changes) == (False, 0)
    (warning,) = result["warnings"]
    assert re.search(told, warning)


def test_absence_in_a_place_that_is_there_is_not_worth_a_word(cloud):
    for kind, options in (("pod", {"zone": ZONE}), ("volume", {"zone": ZONE, "domain": "ROOT", "account": "admin"})):
        assert "warnings" not in cloud.run(kind, name="left", state="absent", **options)


def test_unknown_name_that_is_no_place_is_still_an_error(cloud):
    volume = {"name": "kept", "zone": ZONE, "disk_offering": "Small"}
    cloud.run("volume", **volume)
    with pytest.raises(CloudStackError, match="left"):
        cloud.run("volume", **volume, state="present", vm="left")
    assert cloud.run("volume", name="kept", zone=ZONE, state="absent")["changed"] is True


def test_document_that_removes_a_place_is_silent_the_second_time(cloud):
    pods = [{"name": "short", "gateway": "10.9.0.1", "netmask": "255.255.255.0", "start_ip": "10.9.0.5"}]
    zone = {"name": "brief", "dns1": "192.0.2.1", "internal_dns1": "192.0.2.1", "network_type": "Basic"}
    made = {"zones": [{**zone, "pods": pods}]}
    cloud.run("apply", cloud=made)
    gone = {"zones": [{"name": "brief", "state": "absent", "pods": [{"name": "short", "state": "absent"}]}]}
    assert cloud.run("apply", cloud=gone)["changed"] is True
    again = cloud.run("apply", cloud=gone)
    assert (again["changed"], cloud.changes, again.get("warnings", [])) == (False, 0, [])
