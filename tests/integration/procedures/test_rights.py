"""An operator whose role lacks a command that a later step needs is told before the first one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection, NotAllowed
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import PLACE, StorageCloud

NUMBERS = itertools.count()
LARGER = {"name": "larger", "displaytext": "larger", "issystem": True, "systemvmtype": "domainrouter", "cpunumber": 1,
          "cpuspeed": 500, "memory": 512}  # fmt: skip


@contextmanager
def operator_without(cloud: StorageCloud, *commands: str) -> Iterator[None]:
    """The cloud is seen by an operator who may do everything but send these commands."""
    admin, name = cloud.client, f"operator{next(NUMBERS)}"
    role = cloud.do("createRole", name=name, type="Admin")["role"]["id"]
    for rule in commands:
        cloud.do("createRolePermission", roleid=role, rule=rule, permission="deny")
    cloud.do("createRolePermission", roleid=role, rule="*", permission="allow")
    person = {"email": "o@example.com", "firstname": "O", "lastname": "P", "password": "of-olga-1"}
    made = cloud.do("createAccount", username=name, roleid=role, **person)["account"]["user"][0]["id"]
    keys = cloud.do("registerUserKeys", id=made)["userkeys"]
    connection = Connection("http://cloud.invalid/client/api", key=keys["apikey"], secret=keys["secretkey"])
    cloud.client = Client(connection, admin.clock, cloud.transport)
    try:
        yield
    finally:
        cloud.client = admin


def asked(cloud: StorageCloud) -> int:
    return int(cloud.client.counters.commands["listApis"])


@pytest.fixture(scope="module")
def filled() -> StorageCloud:
    """Nothing in it is changed by the tests: that is what they see to."""
    found = StorageCloud()
    found.deploy_on("ps1", "web")
    found.do("createServiceOffering", **LARGER)
    return found


@pytest.fixture
def cloud() -> StorageCloud:
    found = StorageCloud()
    found.deploy_on("ps1", "web")
    return found


@pytest.mark.parametrize(
    ("module", "lacking", "options"),
    [
        # Each of them is sent after something else was stopped, moved, closed or changed.
        ("host_maintenance", ["prepareHostForMaintenance"], {"names": ["h1", "h2", "h3"], "unmovable": "stop"}),
        ("host_maintenance", ["addAnnotation", "updateHost"], {"names": ["h1", "h2", "h3"], "unmovable": "stop"}),
        ("out_of_band_management", ["enableOutOfBandManagementForHost"],
         {"names": ["h1"], "driver": "ipmitool", "address": "10.9.0.1", "port": 623, "username": "adm",
          "password": "power-secret"}),
        ("virtual_router_offering", ["startRouter"], {"offering": "larger", "method": "router"}),
        ("virtual_router_offering", ["restartNetwork"], {"offering": "larger"}),
        ("system_vm_refresh", ["destroySystemVm"], {"force": True}),
        ("cluster_rolling_maintenance", ["startRollingMaintenance"], {"label": "june", "names": ["h3"]}),
        ("volume_migration", ["startVirtualMachine"],
         {"instances": ["web"], "storage_pool": "ps2", "running": "stop", **PLACE}),
        ("instance_offering_change", ["startVirtualMachine"],
         {"names": ["web"], "compute_offering": "Medium Instance", "method": "restart"}),
        ("instance_restore", ["startVirtualMachine"], {"names": ["web"], "force": True, "confirm": "web"}),
    ],
)  # fmt: skip
def test_nothing_is_touched_where_a_later_step_would_be_refused(filled, module, lacking, options):
    with operator_without(filled, *lacking):
        for check in (True, False):
            with pytest.raises(NotAllowed, match=f"does not offer {', '.join(lacking)} to the caller") as caught:
                filled.run(module, check=check, **options)
            assert filled.changes == 0
            assert caught.value.obj == module and "module role, option rules" in str(caught.value)


def test_what_this_run_does_not_need_may_be_lacking(cloud):
    """Alive a volume moves without a stop and a start of its instance."""
    with operator_without(cloud, "startVirtualMachine", "stopVirtualMachine", "restartVPC"):
        cloud.run("volume_migration", instances=["web"], storage_pool="ps2", **PLACE)
    assert {disk["storage"] for disk in cloud.disks(cloud.vm("web"))} == {"ps2"}


def test_who_may_not_ask_for_commands_is_not_refused_for_that(cloud):
    with operator_without(cloud, "listApis"):
        cloud.run("volume_migration", instances=["web"], storage_pool="ps2", **PLACE)
    assert {disk["storage"] for disk in cloud.disks(cloud.vm("web"))} == {"ps2"}


def test_one_question_for_each_command_and_none_where_nothing_is_to_be_done(cloud):
    moved = {"instances": ["web"], "storage_pool": "ps2", **PLACE}
    cloud.run("volume_migration", **moved)
    assert asked(cloud) == 1
    assert not cloud.run("volume_migration", **moved)["changed"]
    assert asked(cloud) == 1
