"""The audit of simulated clouds: what breaks is found, and a large cloud is read with few calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.playing import play
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from tests.integration.resources.conftest import Cloud


@pytest.fixture
def populated() -> Iterator[Cloud]:
    found = Cloud(populate="hosts=8,vms=40,routers=8,zones=2,hypervisor=KVM")
    yield found
    found.close()


def found(result: dict[str, Any]) -> set[tuple[str, str]]:
    return {(entry["rule"], entry["kind"]) for entry in result["findings"] if entry["rule"] != "dangerous-setting"}


def test_what_breaks_is_found_and_nothing_is_changed(populated, tmp_path):
    assert found(populated.run("audit")) == set()
    ask = populated.client.run
    ask("updateConfiguration", {"name": "integration.api.port", "value": "8096"})
    ask("updateConfiguration", {"name": "ha.tag", "value": "spare"})
    ask("updateConfiguration", {"name": "minreq.sysvmtemplate.version", "value": "4.99.0"})
    ask("createDiskOffering", {"name": "tape", "displaytext": "tape", "disksize": 1, "tags": "tape"})
    faults = populated.running.sim.faults
    faults.add({"do": "agents-down", "where": "host-1-0001"})
    faults.add({"do": "storage-full", "where": "pod-1-*"})

    result = populated.run("audit", report=str(tmp_path / "cloud"), check=True)
    assert populated.changes == 0
    assert found(result) >= {
        ("integration-port", "setting"), ("ha-tag", "setting"), ("router-behind", "virtual router"),
        ("disk-offering-without-pool", "disk offering"), ("host-down", "host"), ("pool-space", "storage pool"),
    }  # fmt: skip
    assert json.loads((tmp_path / "cloud.json").read_text())["findings"] == result["findings"]
    assert "host-1-0001" in (tmp_path / "cloud.html").read_text()

    failed = populated.run("audit", fail_on="critical")
    assert (failed["failed"], failed["changed"]) == (True, False)
    assert "are critical or worse" in failed["msg"]


def test_the_flaws_of_an_old_cloud_are_found_and_those_alone():
    cloud = Cloud(populate="hosts=8,vms=80,routers=8,zones=2,hypervisor=KVM,flaws=6")
    result = cloud.run("audit")
    cloud.close()
    numbers = {rule["id"]: rule["findings"] for rule in result["rules"] if rule["findings"]}
    assert numbers.pop("dangerous-setting")
    assert numbers == {
        "orphaned-volume": 6, "stuck-volume": 2, "old-snapshot": 6, "anti-affinity": 6, "stuck-instance": 6,
        "router-behind": 6, "disk-offering-without-pool": 6, "resource-count": 2,
    }  # fmt: skip


def test_a_job_that_hangs_is_found():
    cloud = PopulatedCloud("hosts=2,vms=1,routers=1,hypervisor=KVM")
    offering = cloud.client.list("listDiskOfferings")[0]["id"]
    zone = cloud.client.list("listZones")[0]["id"]
    cloud.fault(do="hang-job", command="createVolume")
    cloud.client.start("createVolume", {"name": "v", "zoneid": zone, "diskofferingid": offering})
    cloud.client.clock.sleep(3600)
    (stuck,) = cloud.run("audit", rules=["stuck-job"], thresholds={"job_hours": 0.2})["findings"]
    assert stuck["name"].startswith("CreateVolume")


def test_a_folder_that_is_not_there_is_named_before_anything_is_read(populated):
    with pytest.raises(InvalidInput) as caught:
        populated.run("audit", report="/nowhere/at/all/cloud")
    assert (caught.value.option, populated.calls) == ("report", 0)


def test_playbook_leaves_a_report_and_fails_where_that_is_asked(tmp_path):
    cloud = Cloud(populate="hosts=4,vms=20,routers=2,hypervisor=KVM,flaws=2")
    variables = {"audit_report": str(tmp_path / "cloud"), "audit_fail_on": "high", "audit_without": ["host-down"]}
    done = play(cloud.running, tmp_path, ROOT / "playbooks/audit.yml", variables=variables)
    cloud.close()
    assert done.code == 2
    assert "findings are high or worse" in done.stdout
    rules = {rule["id"] for rule in json.loads((tmp_path / "cloud.json").read_text())["rules"]}
    assert "stuck-instance" in rules
    assert "host-down" not in rules


def test_a_large_cloud_is_read_once_page_by_page():
    cloud = Cloud(populate="hosts=200,vms=4000,routers=800,zones=2,hypervisor=KVM")
    try:
        result = cloud.run("audit")
    finally:
        cloud.close()
    assert result["objects"] > 9000
    assert cloud.calls < 60
