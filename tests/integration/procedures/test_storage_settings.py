"""Settings that the guides of storage name are settings of the server, and the files of settings can be applied."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.cloudstack.ops.tests.support.documents import ROOT
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud

GUIDES = ("primary_storage", "secondary_storage", "volumes")
NOT_THE_SERVERS = {"reboot.host.and.alert.management.on.heartbeat.timeout"}
"""Read by the agents of hosts."""
NAME = re.compile(r"``([a-z]\w*(?:\.[a-z]\w*){1,})``")


@pytest.fixture(scope="module")
def cloud() -> VirtualCloud:
    return VirtualCloud(seed=1)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_setting_of_a_guide_exists(cloud, guide):
    text = (ROOT / f"docs/docsite/rst/{guide}.rst").read_text()
    named = {name for name in NAME.findall(text) if not name.startswith("cloudstack.ops.")} - NOT_THE_SERVERS
    known = {row["name"] for row in cloud.client.list("listConfigurations")}
    assert (len(named) > 3, sorted(named - known)) == (True, [])


@pytest.mark.parametrize("name", ["snapshots", "storage_thresholds", "volumes"])
def test_a_file_of_settings_is_applied_once(cloud, name):
    document = yaml.safe_load((ROOT / f"playbooks/vars/settings/{name}.yml").read_text())["cloud_document"]
    cloud.run("apply", cloud=document)
    for entry in document["settings"]:
        (row,) = [
            r for r in cloud.client.list("listConfigurations", {"name": entry["name"]}) if r["name"] == entry["name"]
        ]
        assert (
            float(row["value"]) == float(entry["value"])
            if entry["value"][0].isdigit()
            else row["value"] == entry["value"]
        )
    assert (cloud.run("apply", cloud=document)["changed"], cloud.changes) == (False, 0)
