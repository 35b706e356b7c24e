"""The life of each service's object: made once, seen as the same, changed, held against drift, removed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Ambiguous, Drift, InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES

ZONE = "Sandbox-simulator"
IMAGE = {
    "format": "VHD",
    "hypervisor": "Simulator",
    "os_type": "CentOS 7",
    "url": "http://images.example.com/a.vhd.bz2",
}
SIZES = {"cpu_number": 1, "cpu_speed": 500, "memory": 512}


def providers(*services: str, name: str = "VirtualRouter") -> list[dict[str, str]]:
    return [{"service": service, "provider": name} for service in services]


def tag(value: str) -> list[dict[str, str]]:
    return [{"key": "purpose", "value": value}]


@dataclass(frozen=True)
class Case:
    """``create`` makes it, ``change`` alters it, ``drift`` differs in what is fixed.

    ``calls``: how many calls a task that changes nothing may cost. ``last``: the state that leaves nothing behind.
    """

    kind: str
    create: dict[str, Any]
    change: dict[str, Any]
    drift: dict[str, Any]
    calls: int
    key: dict[str, Any] = field(default_factory=lambda: {"name": "tested"})
    prepare: Callable[[Any], None] | None = None

    def __str__(self) -> str:
        return self.kind


def ready_volume(cloud: Any) -> None:
    """A volume that snapshots can be taken of: it has been attached once."""
    cloud.run("template", name="for-instances", zones=[ZONE], **IMAGE)
    if not cloud.client.list("listVirtualMachines", {"name": "host-of-volumes", "listall": True}):
        offering = cloud.run("compute_offering", name="for-instances", **SIZES)["resource"]["id"]
        template = cloud.run("template", name="for-instances")["resource"]["id"]
        found = cloud.client.list(
            "listNetworkOfferings", {"name": "DefaultIsolatedNetworkOfferingWithSourceNatService"}
        )
        zone = cloud.client.list("listZones", {"name": ZONE})[0]["id"]
        network = cloud.client.run(
            "createNetwork",
            {"name": "n", "displaytext": "n", "zoneid": zone, "networkofferingid": found[0]["id"]},
        )["network"]["id"]
        machine = {"zoneid": zone, "templateid": template, "serviceofferingid": offering, "networkids": network}
        for name in ("host-of-volumes", "other-host"):
            cloud.client.run("deployVirtualMachine", {**machine, "name": name, "startvm": False})
    cloud.run("volume", name="ready", zone=ZONE, disk_offering="Small", vm="host-of-volumes", state="attached")


CASES = (
    Case(
        "disk_offering",
        {"disk_size": 5, "storage_tags": ["b", "a"], "zones": [ZONE], "bytes_read_rate": 1000},
        {"storage_tags": ["a"], "zones": [], "cache_mode": "writeback", "display_text": "changed"},
        {"disk_size": 6},
        calls=1,
    ),
    Case(
        "compute_offering",
        {**SIZES, "host_tags": ["b", "a"], "storage_tags": ["s"], "purge_resources": True, "zones": [ZONE]},
        {"host_tags": [], "storage_tags": ["t"], "display_text": "changed"},
        {"memory": 1024},
        calls=1,
    ),
    Case(
        "system_offering",
        {**SIZES, "system_vm_type": "domainrouter", "network_rate": 100},
        {"display_text": "changed", "host_tags": ["h"]},
        {"network_rate": 200},
        calls=1,
    ),
    Case(
        "network_offering",
        {
            "guest_ip_type": "Isolated",
            "supported_services": ["SourceNat", "Dhcp", "Lb"],
            "service_providers": providers("Dhcp", "Lb", "SourceNat"),
            "service_capabilities": [
                {"service": "SourceNat", "capability_type": "RedundantRouter", "capability_value": "true"}
            ],
            "egress_default_policy": "deny",
            "state": "enabled",
        },
        {"display_text": "changed", "tags": ["x"], "state": "disabled", "max_connections": 500},
        {"conserve_mode": False},
        calls=1,
    ),
    Case(
        "vpc_offering",
        {"supported_services": ["Dhcp", "Dns"], "service_providers": providers("Dhcp", name="VpcVirtualRouter")},
        {"display_text": "changed", "state": "enabled"},
        {"supported_services": ["Dhcp", "Dns", "Lb"]},
        calls=1,
    ),
    Case(
        "volume",
        {"disk_offering": "Small", "zone": ZONE, "domain": "ROOT", "account": "admin", "tags": tag("a")},
        {"disk_offering": "Medium", "tags": tag("b"), "display_volume": False},
        {"snapshot": "of-volume"},
        calls=2,
    ),
    Case(
        "snapshot",
        {"volume": "ready", "zone": ZONE, "tags": tag("a")},
        {"tags": []},
        {},
        calls=2,
        prepare=ready_volume,
    ),
    Case(
        "snapshot_policy",
        {"schedule": "30:02", "time_zone": "Europe/Zurich", "max_snaps": 3, "tags": tag("a")},
        {"schedule": "31:03", "max_snaps": 4, "time_zone": "UTC", "display": False, "tags": tag("b")},
        {},
        calls=2,
        key={"volume": "ready", "interval_type": "daily"},
        prepare=ready_volume,
    ),
    Case(
        "template",
        {**IMAGE, "zones": [ZONE], "is_public": True, "details": {"a": "1"}, "tags": tag("a")},
        {"display_text": "changed", "is_public": False, "is_featured": True, "details": {"b": "2"}, "tags": tag("b")},
        {"format": "QCOW2"},
        calls=1,
    ),
    Case(
        "iso",
        {"url": "http://images.example.com/a.iso", "os_type": "CentOS 7", "zones": [ZONE]},
        {"display_text": "changed", "is_extractable": True},
        {"url": "http://images.example.com/b.iso"},
        calls=1,
    ),
    Case(
        "system_vm_template",
        {**IMAGE, "template_type": "ROUTING"},
        {"template_type": "SYSTEM"},
        {"format": "RAW"},
        calls=1,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_life(cloud, case):
    if case.prepare:
        case.prepare(cloud)
    wanted = {**case.key, **case.create}

    planned = cloud.run(case.kind, check=True, **wanted)
    assert (planned["changed"], cloud.changes) == (True, 0)
    made = cloud.run(case.kind, **wanted)
    assert made["plan"] == planned["plan"]
    assert made["plan"]["action"] == "create"
    again = cloud.run(case.kind, **wanted)
    assert (again["changed"], cloud.changes) == (False, 0)
    assert cloud.calls <= case.calls
    assert again["resource"]["id"] == made["resource"]["id"]

    altered = {**wanted, **case.change}
    planned = cloud.run(case.kind, check=True, **altered)
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert {c["option"] for c in planned["plan"]["changes"]} == expected_options(case)
    assert cloud.run(case.kind, **altered)["plan"] == planned["plan"]
    assert cloud.run(case.kind, **altered)["changed"] is False
    # What a task does not name is left alone.
    assert cloud.run(case.kind, **case.key)["changed"] is False

    absent = {**case.key, "state": "absent"}
    assert cloud.run(case.kind, check=True, **absent)["changed"] is True
    assert cloud.changes == 0
    assert cloud.run(case.kind, **absent)["changed"] is True
    assert cloud.run(case.kind, **absent)["changed"] is False
    assert cloud.changes == 0


def expected_options(case: Case) -> set[str]:
    return {"offering_state" if name == "state" else name for name in case.change}


@pytest.mark.parametrize("case", [case for case in CASES if case.drift and case.kind != "volume"], ids=str)
def test_drift_is_an_error_that_changes_nothing(cloud, case):
    key = {**case.key, "name": "drifting"}
    cloud.run(case.kind, **key, **case.create)
    with pytest.raises(Drift) as caught:
        cloud.run(case.kind, **{**key, **case.create, **case.drift})
    assert cloud.changes == 0
    assert all(name in caught.value.message for name in case.drift)
    warned = cloud.run(case.kind, **{**key, **case.create, **case.drift}, immutable_drift="warn")
    assert warned["changed"] is False
    assert warned["warnings"]
    cloud.run(case.kind, **key, state="absent")


@pytest.mark.parametrize("kind", ["disk_offering", "compute_offering", "network_offering"])
def test_replaced_offering_keeps_what_the_task_does_not_name(cloud, kind):
    case = next(case for case in CASES if case.kind == kind)
    old = cloud.run(kind, **{**case.create, "name": "replaced"})["resource"]
    result = cloud.run(kind, name="replaced", immutable_drift="replace", **case.drift)
    assert result["plan"]["action"] == "replace"
    assert result["resource"]["id"] != old["id"]
    unchanged = {name: value for name, value in case.create.items() if name != "state"}
    assert cloud.run(kind, **{**unchanged, **case.drift, "name": "replaced"})["changed"] is False
    every = {} if kind == "network_offering" else {"state": "all"}
    listed = cloud.client.list(RESOURCES[kind].commands.list, {"id": old["id"], **every})
    assert listed[0]["state"] in ("Inactive", "Disabled")
    assert listed[0]["name"].startswith("replaced (retired ")


def test_inactive_offering_is_found_again_but_a_deleted_one_is_not(cloud):
    first = cloud.run("disk_offering", name="resting", disk_size=5)["resource"]["id"]
    assert cloud.run("disk_offering", name="resting", state="inactive")["changed"] is True
    assert cloud.run("disk_offering", name="resting", state="inactive")["changed"] is False
    assert cloud.run("disk_offering", name="resting", state="active")["resource"]["id"] == first
    cloud.run("disk_offering", name="resting", state="absent")
    assert cloud.run("disk_offering", name="resting", disk_size=5)["resource"]["id"] != first


def test_two_offerings_of_one_name_are_an_error_with_both_ids(cloud):
    ids = [cloud.client.run("createDiskOffering", {"name": "twice", "disksize": 1})["diskoffering"]["id"] for _ in "ab"]
    with pytest.raises(Ambiguous) as caught:
        cloud.run("disk_offering", name="twice", display_text="x")
    assert all(one in str(caught.value) for one in ids)
    renamed = cloud.run("disk_offering", id=ids[1], name="once")
    assert renamed["resource"]["id"] == ids[1]
    assert cloud.run("disk_offering", name="twice")["resource"]["id"] == ids[0]


def test_update_of_an_offering_does_not_lose_purge_resources(cloud):
    cloud.run("compute_offering", name="purging", **SIZES, purge_resources=True)
    cloud.run("compute_offering", name="purging", display_text="other")
    assert cloud.run("compute_offering", name="purging", purge_resources=True)["changed"] is False


def test_system_offering_in_use_is_not_deleted(cloud):
    found = cloud.run("system_offering", name="used", system_vm_type="consoleproxy", **SIZES)["resource"]["id"]
    cloud.client.run("updateConfiguration", {"name": "consoleproxy.service.offering", "value": found})
    for check in (True, False):
        with pytest.raises(InvalidInput, match=r"consoleproxy\.service\.offering"):
            cloud.run("system_offering", check=check, name="used", state="absent")
        assert cloud.changes == 0
    assert cloud.run("system_offering", name="used", state="absent", force=True)["changed"] is True


@pytest.mark.parametrize(
    ("kind", "options", "option"),
    [
        ("disk_offering", {}, "disk_size"),
        ("compute_offering", {}, "cpu_number"),
        ("volume", {"zone": ZONE}, "disk_offering"),
        ("volume", {"disk_offering": "Small"}, "zone"),
        ("template", {}, "url"),
        ("template", {"url": "http://x/a.vhd"}, "os_type"),
        ("iso", {"zones": [ZONE], "url": "http://x/a.iso"}, "os_type"),
        ("snapshot", {}, "volume"),
        ("snapshot_policy", {}, "volume"),
        ("network_offering", {}, "guest_ip_type"),
    ],
)
def test_what_creation_needs_is_told_in_check_mode_too(cloud, kind, options, option):
    for check in (True, False):
        with pytest.raises(InvalidInput) as caught:
            cloud.run(kind, check=check, name="unmade", **options)
        assert caught.value.option == option
        assert cloud.changes == 0


def test_volume_is_attached_moved_only_by_force_and_detached(cloud):
    ready_volume(cloud)
    volume = {"name": "wandering", "zone": ZONE}
    made = cloud.run("volume", **volume, disk_offering="Small", vm="host-of-volumes", state="attached")
    assert made["resource"]["vm"] == "host-of-volumes"
    assert cloud.run("volume", **volume, vm="host-of-volumes", state="attached")["changed"] is False
    with pytest.raises(InvalidInput) as caught:
        cloud.run("volume", **volume, vm="other-host")
    assert (caught.value.option, cloud.changes) == ("vm", 0)
    moved = cloud.run("volume", **volume, vm="other-host", device_id=4, force=True)["resource"]
    assert (moved["vm"], moved["device_id"]) == ("other-host", 4)
    with pytest.raises(InvalidInput) as caught:
        cloud.run("volume", **volume, state="absent")
    assert caught.value.option == "force"
    assert cloud.run("volume", **volume, state="detached")["changed"] is True
    assert cloud.run("volume", **volume, state="detached")["changed"] is False
    assert cloud.run("volume", **volume, state="absent")["changed"] is True


def test_volume_stays_where_it_is_when_it_could_not_be_attached_elsewhere(cloud):
    """The server would refuse only when the volume is detached already."""
    ready_volume(cloud)
    volume = {"name": "staying", "zone": ZONE}
    cloud.run("volume", **volume, disk_offering="Small", vm="host-of-volumes", state="attached")
    for check in (True, False):
        with pytest.raises(InvalidInput, match="device 0 of other-host is ROOT-") as caught:
            cloud.run("volume", **volume, vm="other-host", device_id=0, force=True, check=check)
        assert (caught.value.option, cloud.changes) == ("device_id", 0)
    sim = cloud.running.sim
    here, there = (sim.db.vms.first(name=name) for name in ("host-of-volumes", "other-host"))
    there.hypervisor, before = "KVM", there.hypervisor
    with pytest.raises(InvalidInput, match="runs on KVM"):
        cloud.run("volume", **volume, vm="other-host", force=True)
    there.hypervisor = before
    for machine, wish in ((there, {"vm": "other-host", "force": True}), (here, {"state": "detached"})):
        cloud.client.run("startVirtualMachine", {"id": machine.uuid})
        taken = cloud.client.run("createVMSnapshot", {"virtualmachineid": machine.uuid, "name": "before"})["vmsnapshot"]
        with pytest.raises(InvalidInput, match="has VM snapshots"):
            cloud.run("volume", **volume, **wish)
        assert cloud.changes == 0
        cloud.client.run("deleteVMSnapshot", {"vmsnapshotid": taken["id"]})
        cloud.client.run("stopVirtualMachine", {"id": machine.uuid})
    cloud.run("volume", **volume, state="absent", force=True)


def test_volume_shrinks_only_by_word(cloud):
    volume = {"name": "sized", "zone": ZONE}
    cloud.run("volume", **volume, disk_offering="Custom", size=3)
    assert cloud.run("volume", **volume, size=5)["resource"]["size"] == 5 << 30
    with pytest.raises(InvalidInput) as caught:
        cloud.run("volume", **volume, size=4)
    assert (caught.value.option, cloud.changes) == ("size", 0)
    cloud.run("volume", **volume, state="absent")


def test_protected_volume_is_not_deleted(cloud):
    volume = {"name": "protected", "zone": ZONE}
    cloud.run("volume", **volume, disk_offering="Small", delete_protection=True)
    with pytest.raises(InvalidInput) as caught:
        cloud.run("volume", **volume, state="absent")
    assert caught.value.option == "delete_protection"
    cloud.run("volume", **volume, delete_protection=False)
    assert cloud.run("volume", **volume, state="absent")["changed"] is True


def test_policy_of_a_mistyped_volume_touches_no_other(cloud):
    ready_volume(cloud)
    policy = {"interval_type": "weekly", "schedule": "1:1:1"}
    cloud.run("snapshot_policy", volume="ready", **policy)
    with pytest.raises(Exception, match="raedy"):
        cloud.run("snapshot_policy", volume="raedy", **policy)
    assert cloud.changes == 0
    gone = cloud.run("snapshot_policy", volume="raedy", interval_type="weekly", state="absent")
    assert (gone["changed"], cloud.changes) == (False, 0)
    assert "did you mean 'ready'" in gone["warnings"][0]
    by_instance = cloud.run("snapshot_policy", vm="host-of-volumes", volume_type="DATADISK", **policy)
    assert by_instance["changed"] is False


def test_changed_policy_keeps_tags_that_are_not_named(cloud):
    ready_volume(cloud)
    policy = {"volume": "ready", "interval_type": "monthly", "schedule": "1:1:1"}
    cloud.run("snapshot_policy", **policy, tags=tag("kept"))
    assert cloud.run("snapshot_policy", **{**policy, "schedule": "2:2:2"})["changed"] is True
    assert cloud.run("snapshot_policy", **{**policy, "schedule": "2:2:2"}, tags=tag("kept"))["changed"] is False


def test_template_is_shared_with_exactly_the_accounts_given(cloud):
    cloud.run("template", name="shared", zones=[ZONE], **IMAGE)
    cloud.client.run(
        "createAccount",
        {"username": "sharer", "password": "x", "email": "a@b.c", "firstname": "a", "lastname": "b", "accounttype": 0},
    )
    assert cloud.run("template", name="shared", accounts=["sharer"])["changed"] is True
    assert cloud.run("template", name="shared", accounts=["sharer"])["changed"] is False
    assert cloud.run("template", name="shared", accounts=[])["changed"] is True
    assert cloud.run("template", name="shared", accounts=[])["changed"] is False


def test_details_of_a_template_that_are_not_named_stay(cloud):
    cloud.run("template", name="detailed", zones=[ZONE], details={"a": "1"}, **IMAGE)
    cloud.run("template", name="detailed", details={"b": "2"})
    assert cloud.run("template", name="detailed", details={"a": "1", "b": "2"})["changed"] is False


def test_template_named_in_a_setting_is_not_deleted(cloud):
    cloud.run("system_vm_template", name="named", **IMAGE)
    cloud.client.run("updateConfiguration", {"name": "router.template.kvm", "value": "named"})
    with pytest.raises(InvalidInput, match=r"router\.template\.kvm"):
        cloud.run("system_vm_template", name="named", state="absent")
    assert cloud.changes == 0
    assert cloud.run("system_vm_template", name="named", state="absent", force=True)["changed"] is True


def test_info_filters_at_the_server_and_checks_what_came(cloud):
    cloud.run("volume", name="informed", zone=ZONE, disk_offering="Small")
    found = cloud.run("info", kind="volume", filters={"name": "informed", "zone": ZONE})
    assert (found["changed"], found["count"]) == (False, 1)
    assert found["resources"][0]["disk_offering"] == "Small"
    # The server ignores this parameter and lists the offering.
    ignored = {"name": "Small", "display_text": "something else"}
    assert cloud.run("info", kind="disk_offering", filters=ignored)["count"] == 0
    names = cloud.run("info", kind="disk_offering", query="[?disk_size==`5`].name")
    assert "Small" in names["result"]
    raw = cloud.run("info", kind="disk_offering", filters={"name": "Small"}, raw=True)
    assert raw["resources"][0]["disksize"] == 5
    with pytest.raises(InvalidInput) as caught:
        cloud.run("info", kind="volume", query="[")
    assert caught.value.option == "query"


def test_api_is_honest(cloud):
    zones = cloud.run("api", command="listZones")
    assert (zones["changed"], zones["result"]["zone"][0]["name"], cloud.changes) == (False, ZONE, 0)
    params = {"name": "by-api", "disksize": 1}
    shown = cloud.run("api", check=True, command="createDiskOffering", params={**params, "password": "hush"})
    assert (shown["changed"], cloud.changes) == (True, 0)
    assert shown["would_send"]["params"] == {"name": "by-api", "disksize": "1", "password": "********"}
    made = cloud.run("api", command="createDiskOffering", params=params)
    assert (made["changed"], made["result"]["diskoffering"]["name"]) == (True, "by-api")
    zone = zones["result"]["zone"][0]["id"]
    offering = made["result"]["diskoffering"]["id"]
    job = cloud.run(
        "api", command="createVolume", params={"name": "by-api", "zoneid": zone, "diskofferingid": offering}
    )
    assert job["result"]["volume"]["name"] == "by-api"
    for name in ("signature", "apiKey", "command"):
        with pytest.raises(InvalidInput) as caught:
            cloud.run("api", command="listZones", params={name: "x"})
        assert caught.value.option == "params"


def test_template_of_another_origin_is_drift(cloud):
    ready_volume(cloud)
    cloud.run("template", name="fetched", zones=[ZONE], **IMAGE)
    for source in ({"volume": "ready"}, {"vm": "host-of-volumes"}):
        with pytest.raises(Drift, match=rf"{next(iter(source))} is '{IMAGE['url']}'"):
            cloud.run("template", name="fetched", **source)
        assert cloud.changes == 0
    root = cloud.client.list("listVolumes", {"virtualmachineid": instance_id(cloud), "type": "ROOT", "listall": True})
    made = {"name": "made", "volume": root[0]["id"], "os_type": "CentOS 7"}
    assert cloud.run("template", **made)["changed"] is True
    assert cloud.run("template", **made)["changed"] is False
    with pytest.raises(Drift, match="url is 'made from an instance of template"):
        cloud.run("template", name="made", **{**IMAGE, "url": "http://images.example.com/other.vhd"})
    assert cloud.changes == 0


def instance_id(cloud: Any) -> str:
    (found,) = cloud.client.list("listVirtualMachines", {"name": "host-of-volumes", "listall": True})
    return found["id"]
