"""A scope that nobody has is a mistake: it is told with the nearest name, before anything is planned."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud


@pytest.fixture(scope="module")
def cloud() -> PopulatedCloud:
    return PopulatedCloud("hosts=2,vms=2,routers=2,hypervisor=KVM")


def names(cloud: PopulatedCloud, command: str, field: str = "name", **params: Any) -> list[str]:
    return [row[field] for row in cloud.client.list(command, {"listall": True, **params})]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("module", "option", "command", "field"),
    [
        ("virtual_router_upgrade", "network", "listNetworks", "name"),
        ("virtual_router_upgrade", "account", "listAccounts", "name"),
        ("router_health", "domain", "listDomains", "path"),
        ("virtual_router_upgrade", "names", "listRouters", "name"),
        ("instance_migration", "account", "listAccounts", "name"),
        ("instance_migration", "names", "listVirtualMachines", "name"),
        ("snapshot_schedule", "account", "listAccounts", "name"),
    ],
)
def test_a_mistyped_name_is_refused_with_the_nearest(cloud, module, option, command, field, check):
    right = max(names(cloud, command, field), key=len)
    wrong = f"{right[:-1]}x"
    daily = {"interval_type": "daily", "schedule": "30:02", "time_zone": "UTC", "max_snaps": 1}
    more = {
        "instance_migration": {"from_host": names(cloud, "listHosts", type="Routing")[0]},
        "snapshot_schedule": {"policies": [daily]},
    }.get(module, {})
    with pytest.raises(InvalidInput) as caught:
        cloud.run(module, check=check, **more, **{option: [wrong] if option == "names" else wrong})
    assert (caught.value.option, cloud.changes) == (option, 0)
    assert wrong in caught.value.message
    assert repr(right) in caught.value.remedy


def test_a_scope_that_is_there_and_empty_is_no_mistake(cloud):
    result = cloud.run("virtual_router_upgrade", account="admin")
    assert (result["changed"], result["plan"]) == (False, [])


def test_a_scope_that_an_earlier_task_would_make_is_no_mistake(cloud):
    planned = {("account", "tenant-new")}
    assert cloud.run("virtual_router_upgrade", account="tenant-new", check=True, planned=planned)["plan"] == []
