"""Parameters as the server reads them."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    InvalidInput,
    encode,
    flat_map,
    indexed_list,
    key_value_map,
)


def test_values():
    given = {
        "yes": True,
        "no": False,
        "none": None,
        "int": 0,
        "float": 1.5,
        "text": "a,b",
        "list": ["a", 1, True],
        "set": {"b", "a"},
        "empty": [],
    }
    assert encode(given) == {
        "yes": "true",
        "no": "false",
        "int": "0",
        "float": "1.5",
        "text": "a,b",
        "list": "a,1,true",
        "set": "a,b",
        "empty": "",
    }
    assert encode(None) == {}


@pytest.mark.parametrize(("value", "why"), [({"a": 1}, "type dict"), (["a,b"], "a,b"), ("\ud800", "not valid Unicode")])
def test_what_has_no_form_is_refused_by_name(value, why):
    with pytest.raises(InvalidInput, match=why) as caught:
        encode({"tags": value})
    assert caught.value.option == "tags"


def test_maps():
    assert key_value_map("tags", {"a": 1, "b": None}) == {
        "tags[0].key": "a",
        "tags[0].value": "1",
        "tags[1].key": "b",
        "tags[1].value": "",
    }
    assert flat_map("details", {"cpuNumber": 2, "x": None}) == {"details[0].cpuNumber": "2"}
    assert indexed_list("nics", [{"ip": "10.1.1.5", "on": True}, {"ip": None, "on": False}]) == {
        "nics[0].ip": "10.1.1.5",
        "nics[0].on": "true",
        "nics[1].on": "false",
    }
