"""Input that cannot be right is refused before anything is sent, with the option, the object and a remedy."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES

SIZES = {"cpu_number": 1, "cpu_speed": 500, "memory": 512}
RANGE = {"min_cpu_number": 1, "max_cpu_number": 2, "min_memory": 256, "max_memory": 512, "cpu_speed": 500}

REFUSED = [
    ("disk_offering", {"customized": True, "disk_size": 5}, "disk_size"),
    ("disk_offering", {"disk_size": 0}, "disk_size"),
    ("disk_offering", {"iops_min": 200, "iops_max": 100}, "iops_min"),
    ("disk_offering", {"iops_min": 100, "is_iops_customized": True}, "is_iops_customized"),
    ("disk_offering", {"iops_min": 100, "bytes_read_rate": 1000}, "bytes_read_rate"),
    ("compute_offering", {**SIZES, "is_customized": True}, "cpu_number"),
    ("compute_offering", {**SIZES, "memory": 31}, "memory"),
    ("compute_offering", {**SIZES, "cpu_number": 0}, "cpu_number"),
    ("compute_offering", {**SIZES, "offer_ha": True, "storage_type": "local"}, "offer_ha"),
    ("compute_offering", {"is_customized": True, "min_cpu_number": 1}, "max_cpu_number"),
    ("compute_offering", {**RANGE, "is_customized": True, "max_cpu_number": 0}, "min_cpu_number"),
    ("compute_offering", {**RANGE, "is_customized": False}, "min_cpu_number"),
    ("compute_offering", {**SIZES, "disk_iops_max": 5, "disk_iops_read_rate": 5}, "disk_iops_read_rate"),
    ("system_offering", {"system_vm_type": "consoleproxy", "network_rate": 100}, "network_rate"),
    (
        "network_offering",
        {"supported_services": ["Dhcp"], "service_providers": [{"service": "Dns", "provider": "VirtualRouter"}]},
        "service_providers",
    ),
    ("volume", {"account": "a"}, "domain"),
    ("volume", {"account": "a", "domain": "ROOT", "project": "p"}, "project"),
    ("volume", {"url": "http://x/y.qcow2"}, "format"),
    ("volume", {"url": "http://x/y.qcow2", "format": "QCOW2", "snapshot": "s"}, "url"),
    ("volume", {"device_id": 1}, "device_id"),
    ("volume", {"size": 0}, "size"),
    ("snapshot", {"volume": "v", "vm": "i"}, "vm"),
    ("snapshot", {"volume": "v", "device_id": 0}, "device_id"),
    ("snapshot_policy", {"max_snaps": 0}, "max_snaps"),
    ("snapshot_policy", {"time_zone": "Europe/Zuerich"}, "time_zone"),
    ("snapshot_policy", {"time_zone": "europe/zurich"}, "time_zone"),
    ("template", {"cross_zones": True, "zones": ["a"]}, "zones"),
    ("template", {"url": "http://x", "volume": "v"}, "volume"),
    ("iso", {"attached": True}, "vm"),
]


@pytest.mark.parametrize(("kind", "given", "option"), REFUSED, ids=lambda value: str(value)[:40])
def test_refused(kind, given, option):
    with pytest.raises(InvalidInput) as caught:
        RESOURCES[kind].validate({"name": "x", **given})
    assert caught.value.option == option
    assert caught.value.remedy


ACCEPTED = [
    ("disk_offering", {"disk_size": 1, "iops_min": 100, "iops_max": 100}),
    ("compute_offering", {**SIZES, "memory": 32, "offer_ha": True}),
    ("compute_offering", {**RANGE, "is_customized": True}),
    ("compute_offering", {"is_customized": True}),
    ("system_offering", {"system_vm_type": "domainrouter", "network_rate": 100}),
    ("volume", {"account": "a", "domain": "ROOT", "size": 1}),
    ("snapshot_policy", {"time_zone": "GMT+5:30"}),
    ("snapshot_policy", {"time_zone": "PST"}),
]


@pytest.mark.parametrize(("kind", "given"), ACCEPTED, ids=lambda value: str(value)[:40])
def test_accepted(kind, given):
    RESOURCES[kind].validate({"name": "x", **given})


@pytest.mark.parametrize(
    ("interval", "good", "bad"),
    [
        ("hourly", ["0", "15", "59"], ["60", "-1", "x", "", "15:02", "1٣"]),
        ("daily", ["00:00", "59:23", "30:2"], ["30", "30:24", "60:02", "30:02:1", "30:", "1802"]),
        ("weekly", ["30:02:1", "30:02:7"], ["30:02", "30:02:0", "30:02:8"]),
        ("monthly", ["30:02:1", "30:02:28"], ["30:02:0", "30:02:29"]),
    ],
)
def test_schedules_that_the_server_would_take_but_not_keep(interval, good, bad):
    validate = RESOURCES["snapshot_policy"].validate
    for schedule in good:
        validate({"interval_type": interval, "schedule": schedule})
    for schedule in bad:
        with pytest.raises(InvalidInput) as caught:
            validate({"interval_type": interval, "schedule": schedule})
        assert caught.value.option == "schedule"
        assert "quote" in caught.value.remedy
