"""The published schema: it lets through what the engine takes, and stops what the engine refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ansible_collections.cloudstack.ops.plugins.module_utils.cloud import DocumentInvalid, parse
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES
from ansible_collections.cloudstack.ops.tests.unit.cloud.test_checking import example

ROOT = Path(__file__).parents[3]
KINDS = sorted(name for name, kind in RESOURCES.items() if not kind.lookup_only)
SCHEMA = json.loads((ROOT / "docs/schema/cloud.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLE = yaml.safe_load((ROOT / "inventories/example/group_vars/clouds/cloud.yml").read_text())


def engine_takes(document: Any) -> bool:
    try:
        parse(document, RESOURCES)
    except DocumentInvalid:
        return False
    return True


def agree(document: Any, valid: bool) -> None:
    assert VALIDATOR.is_valid(document) is valid, [error.message for error in VALIDATOR.iter_errors(document)]
    assert engine_takes(document) is valid


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_the_example_is_such_a_document():
    agree(EXAMPLE["cloud_document"], True)
    assert VALIDATOR.is_valid(EXAMPLE), "also as a file of variables"


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_with_every_option_is_valid(kind):
    resource = RESOURCES[kind]
    agree({resource.document_key: [example(resource)]}, True)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_option_is_not(kind):
    resource = RESOURCES[kind]
    agree({resource.document_key: [{**example(resource), "no_such_option": 1}]}, False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_a_wrong_type_is_not(kind):
    """Nothing is a mapping of nothing where a text, a number or a list is wanted."""
    resource = RESOURCES[kind]
    entry = example(resource)
    for name in entry:
        if isinstance(entry[name], dict):
            agree({resource.document_key: [{**entry, name: "no mapping"}]}, False)
        else:
            agree({resource.document_key: [{**entry, name: {}}]}, False)


@pytest.mark.parametrize(
    "document",
    [
        {"zones": {}},
        {"zones": ["frankfurt"]},
        {"zone": []},
        {"zones": [{"name": "z", "regions": []}]},
        {"zones": [{"name": "z", "state": "open"}]},
        {"zones": [{"dns1": "192.0.2.1"}]},
        {"traffic_types": [{"traffic_type": "Guest"}]},
        {"zones": [{"name": "z", "pods": [{"name": "p", "clusters": [{"hypervisor": "KVM"}]}]}]},
        {"network_offerings": [{"name": "n", "service_providers": [{"service": "Dhcp"}]}]},
    ],
    ids=str,
)
def test_mistakes_are_mistakes_for_both(document):
    agree(document, False)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"disk_offerings": []},
        {"traffic_types": [{"traffic_type": "Guest", "physical_network": "p", "zone": "z"}]},
        {"zones": [{"name": "z", "physical_networks": [{"name": "p", "traffic_types": [{"traffic_type": "Guest"}]}]}]},
        {"settings": [{"name": "expunge.delay", "value": 3600}]},
        {"zones": [{"name": "z", "settings": [{"name": "router.template.kvm", "value": "t"}]}]},
    ],
    ids=str,
)
def test_what_is_right_is_right_for_both(document):
    agree(document, True)


def test_a_template_may_stand_for_any_value():
    entry = {"name": "d", "disk_size": "{{ size }}", "customized": "{{ free }}", "storage_tags": "{{ tags }}"}
    assert VALIDATOR.is_valid({"disk_offerings": [entry]})


def test_editors_show_what_an_option_is_for():
    option = SCHEMA["$defs"]["disk_offering"]["properties"]["disk_size"]
    assert option["description"] == "Size of the volumes. Needed unless customized=true. In GB."
    assert "V(" not in json.dumps(SCHEMA)
