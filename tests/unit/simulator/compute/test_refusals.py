"""What is refused of instances and of what is around them."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def vm(running: Any) -> str:
    return str(running.deploy("one")["id"])


@pytest.mark.parametrize(
    ("command", "params", "code", "named"),
    [
        ("rebootVirtualMachine", {"bootintosetup": "true"}, 431, "hardware setup menu is not implemented on KVM"),
        ("updateVirtualMachine", {"details[0].leaseexpirydate": "3"}, 530, "lease parameters should not be included"),
        ("updateVirtualMachine", {"extraconfig": "a=b"}, 530, "enable.additional.vm.configuration is disabled"),
    ],
)
def test_what_a_running_instance_refuses(
    running: Any, vm: str, command: str, params: dict[str, str], code: int, named: str
) -> None:
    told = running.op.refused(command, id=vm, **params)
    assert (told[0], named in told[1]) == (code, True), told


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"bootintosetup": "true"}, "bootintosetup makes no sense for KVM"),
        ({"deploymentplanner": "BestPlanner"}, "Can't find a planner by name BestPlanner"),
    ],
)
def test_a_start_that_is_refused(running: Any, vm: str, params: dict[str, str], named: str) -> None:
    running.op.do("stopVirtualMachine", id=vm)
    assert running.op.refused("startVirtualMachine", id=vm, **params) == (431, named)


def test_security_groups_need_a_zone_that_has_them(running: Any) -> None:
    op = running.op
    group = op.do("createSecurityGroup", name="web")["securitygroup"]["id"]
    size = op.rows("listServiceOfferings", name="Small Instance")[0]["id"]
    template = op.rows("listTemplates", templatefilter="all", name="golden")[0]["id"]
    new = {"zoneid": running.zone, "templateid": template, "serviceofferingid": size}
    for more, named in (
        ({"securitygroupids": group}, "security group feature is not enabled per zone"),
        ({"securitygroupnames": "none"}, "Unable to find group by name none"),
        ({"securitygroupids": group, "securitygroupnames": "web"}, "mutually exclusive"),
        ({"extraconfig": "a=b"}, "enable.additional.vm.configuration is disabled"),
    ):
        code, text = op.refused("deployVirtualMachine", **new, **more)
        assert (code, named in text) == (431, True), text


def test_a_rule_for_a_group_of_nobody(op: Any) -> None:
    group = op.do("createSecurityGroup", name="web")["securitygroup"]["id"]
    rule = {"securitygroupid": group, "protocol": "tcp", "startport": 1, "endport": 2}
    for entry, named in (
        ({"account": "nobody", "group": "x"}, "Nonexistent account: nobody when trying to authorize"),
        ({"account": "admin", "group": "x"}, "Nonexistent group x for account admin/1 is given"),
    ):
        given = {f"usersecuritygrouplist[0].{key}": value for key, value in entry.items()}
        code, text = op.refused("authorizeSecurityGroupIngress", **rule, **given)
        assert (code, named in text) == (431, True), text


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"startdate": "2026-02-02", "enddate": "2026-01-01"}, "Start date: Mon Feb 02 00:00:00 UTC 2026 is after"),
        ({"startdate": "2026-01-01", "enddate": "2026-01-02", "usageid": "1"}, "together with usageType"),
    ],
)
def test_usage_that_is_refused(op: Any, params: dict[str, str], named: str) -> None:
    code, text = op.refused("listUsageRecords", **params)
    assert (code, named in text) == (431, True), text


@pytest.mark.parametrize(("deed", "key"), [("reboot", "id"), ("migrate", "virtualmachineid")])
def test_an_instance_whose_host_is_being_emptied_stays_alone(place: Any, deed: str, key: str) -> None:
    vm = place.deploy("web")
    place.cloud.sim.db.hosts.find(vm["hostid"]).resource_state = "PrepareForMaintenance"
    code, text = place.op.refused(f"{deed}VirtualMachine", **{key: vm["id"]})
    assert code == 431
    assert text.startswith(f"{deed.title()} VM operation on the VM: ")
    assert text.endswith(" is not allowed as host is preparing for maintenance mode")


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            "migrateVirtualMachine",
            (
                "Please specify a host or storage as destination, or pass 'autoselect=true' to automatically select a "
                "destination host which do not require storage migration"
            ),
        ),
        (
            "migrateVirtualMachineWithVolume",
            "Either hostid or migrateto must be passed or autoselect must be true for migrating the VM.",
        ),
    ],
)
def test_a_migration_needs_a_place_to_go(place: Any, command: str, text: str) -> None:
    vm = place.deploy("web")
    assert place.op.refused(command, virtualmachineid=vm["id"], autoselect="false") == (431, text)
    offering = place.cloud.sim.db.service_offerings.find(place.offering)
    offering.vgpu_profile_id = 1
    refusal = (431, "Live Migration of GPU enabled VM is not supported")
    assert place.op.refused(command, virtualmachineid=vm["id"], autoselect="true") == refusal
