"""What counts as equal: what people write against what the server answers, as recorded."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile.same import differences
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES, image_downloads, image_parts
from ansible_collections.cloudstack.ops.plugins.module_utils.resources.volume_reference import Place

GIB = 1 << 30


class Ctx:
    """As much of a context as waiting needs."""

    name = "template t"

    def __init__(self, **given):
        self.given = given


def differing(kind, given, row):
    return [change.option for change in differences(None, RESOURCES[kind], given, row)]


@pytest.mark.parametrize(
    ("kind", "given", "row", "differs"),
    [
        ("disk_offering", {"storage_tags": ["b", "a"]}, {"tags": "a,b"}, False),
        ("disk_offering", {"storage_tags": []}, {}, False),
        ("disk_offering", {"storage_tags": []}, {"tags": "a"}, True),
        ("disk_offering", {"zones": ["z1"]}, {"zone": "z1", "zoneid": "1"}, False),
        ("disk_offering", {"zones": []}, {"zone": "z1", "zoneid": "1"}, True),
        ("disk_offering", {"details": {"a": "b"}}, {"details": {"a": "b", "zoneid": "1"}}, False),
        ("compute_offering", {"min_memory": 256}, {"serviceofferingdetails": {"minmemory": "256"}}, False),
        ("compute_offering", {"min_memory": 256}, {}, True),
        ("compute_offering", {"external_details": {"a": 1}}, {"serviceofferingdetails": {"External:a": "1"}}, False),
        ("volume", {"size": 5}, {"size": 5 * GIB}, False),
        ("volume", {"size": 5}, {"size": 5 * GIB + 1}, True),
        ("volume", {"tags": [{"key": "a", "value": "1"}]}, {"tags": [{"key": "a", "value": "1", "x": "y"}]}, False),
        ("volume", {"tags": []}, {"tags": [{"key": "a", "value": "1"}]}, True),
        ("volume", {"vm": ""}, {}, False),
        ("volume", {"vm": ""}, {"virtualmachineid": "i", "vmname": "v"}, True),
        ("snapshot_policy", {"schedule": "30:2"}, {"schedule": "30:02"}, False),
        ("snapshot_policy", {"schedule": "30:02"}, {"schedule": "30:02:9"}, True),
        ("snapshot_policy", {"interval_type": "weekly"}, {"intervaltype": 2}, False),
        ("snapshot_policy", {"time_zone": "GMT+5"}, {"timezone": "GMT+05:00"}, False),
        ("snapshot_policy", {"time_zone": "Europe/Zurich"}, {"timezone": "GMT"}, True),
        ("template", {"checksum": "{MD5}D41D"}, {"checksum": "d41d"}, False),
        ("template", {"checksum": "{MD5}D41D"}, {}, False),
        ("template", {"checksum": "{MD5}D41D"}, {"checksum": "ffff"}, True),
        ("template", {"url": "http://a"}, {}, False),
        ("template", {"url": "http://a"}, {"url": "http://b"}, True),
        ("template", {"is_routing": True}, {"templatetype": "ROUTING"}, False),
        ("network_offering", {"egress_default_policy": "deny"}, {"egressdefaultpolicy": False}, False),
        ("network_offering", {"egress_default_policy": "deny"}, {"egressdefaultpolicy": True}, True),
    ],
)  # fmt: skip
def test_equality(kind, given, row, differs):
    assert differing(kind, given, row) == (list(given) if differs else [])


SERVICES = {
    "service": [
        {"name": "Dhcp", "provider": [{"name": "VirtualRouter"}]},
        {
            "name": "SourceNat",
            "provider": [{"name": "VirtualRouter"}],
            "capability": [{"name": "RedundantRouter", "value": "true", "canchooseservicecapability": False}],
        },
    ]
}


def capability(name, value):
    return {"service_capabilities": [{"service": "SourceNat", "capability_type": name, "capability_value": value}]}


def test_services_of_a_network_offering():
    same = {
        "supported_services": ["SourceNat", "Dhcp"],
        "service_providers": [{"service": "Dhcp", "provider": "VirtualRouter"}],
        **capability("RedundantRouter", "True"),
    }
    assert differing("network_offering", same, SERVICES) == []
    assert differing("network_offering", capability("RedundantRouter", "false"), SERVICES) == ["service_capabilities"]
    # Not told by the server, so not known to differ.
    assert differing("network_offering", capability("Something", "x"), SERVICES) == []
    other = {"service_providers": [{"service": "Dhcp", "provider": "Other"}], "supported_services": ["Dhcp"]}
    assert differing("network_offering", other, SERVICES) == ["supported_services", "service_providers"]


def test_services_that_the_server_adds_to_a_vpc_offering():
    added = {"service": [{"name": name} for name in ("Dhcp", "SourceNat", "NetworkACL")]}
    assert differing("vpc_offering", {"supported_services": ["Dhcp"]}, added) == []
    assert differing("vpc_offering", {"supported_services": ["Dhcp", "Dns"]}, added) == ["supported_services"]


def test_places_of_copies_leave_the_own_one_out():
    row = {"zone": [{"id": "1", "name": "here"}, {"id": "2", "name": "there"}], "_zone": "1", "intervaltype": 1}
    assert differing("snapshot_policy", {"zones": ["there"]}, row) == []
    assert differing("snapshot_policy", {"zones": ["2", "here"]}, row) == []
    assert differing("snapshot_policy", {"zones": []}, row) == ["zones"]
    assert differing("snapshot_policy", {"zones": ["elsewhere", "there"]}, row) == ["zones"]


def copy(zone, *, ready=True, status="Download Complete", states=("DOWNLOADED",)):
    return {
        "id": "t1",
        "zoneid": f"id-{zone}",
        "zonename": zone,
        "isready": ready,
        "status": status,
        "downloaddetails": [{"downloadState": state} for state in states],
    }


def test_template_is_one_object_with_a_copy_in_each_zone():
    [image] = image_parts.grouped([copy("a"), copy("b", ready=False)])
    assert image["isready"] is False
    assert image["zones"] == ["a", "b"]
    assert differing("template", {"zones": ["b"]}, image) == []
    assert differing("template", {"zones": ["a", "id-b"]}, image) == []
    assert differing("template", {"zones": ["a", "c"]}, image) == ["zones"]


def test_waiting_for_every_copy():
    [ready] = image_parts.grouped([copy("a")])
    assert image_downloads.awaited(Ctx(zones=["a"]), ready) == ""
    assert image_downloads.awaited(Ctx(zones=["a", "b"]), ready) == "a copy in zone b"
    half = {"ready": False, "status": "50% Downloaded", "states": ("DOWNLOAD_IN_PROGRESS", "DOWNLOAD_ERROR")}
    [pending] = image_parts.grouped([copy("a"), copy("b", **half)])
    assert image_downloads.awaited(Ctx(), pending) == "b (50% Downloaded)"
    assert image_downloads.awaited(Ctx(wait=False), pending) == ""


def test_failed_download_is_an_error_with_its_text():
    [failed] = image_parts.grouped([copy("a", ready=False, status="HTTP 404", states=("DOWNLOAD_ERROR",))])
    with pytest.raises(ApiError) as caught:
        image_downloads.awaited(Ctx(), failed)
    assert "zone a" in caught.value.message
    assert caught.value.server_text == "HTTP 404"


def test_place_prints_as_its_name():
    place = Place.of({"id": "1", "name": "a"}, "1")
    assert (str(place), place.id, place.own) == ("a", "1", True)
