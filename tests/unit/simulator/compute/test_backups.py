"""Backups: repositories, what a provider can do with a backup, and where backups are turned off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Place

SWITCH = "backup.framework.enabled"


@pytest.fixture
def backing(place: Place) -> Place:
    """Instances of the place may be backed up: by the dummy, unless a test says otherwise."""
    place.op.do("updateConfiguration", name=SWITCH, value="true")
    return place


def offer(place: Place, provider: str = "dummy") -> dict[str, Any]:
    """An offering of the provider, the repository's own where it is nas."""
    zone = place.cloud.zone
    place.op.do("updateConfiguration", name="backup.framework.provider.plugin", value=provider)
    if provider == "nas":
        place.op.do("addBackupRepository", name="shelf", address="10.0.0.5:/b", type="nfs", zoneid=zone)
    policy = place.op.rows("listBackupProviderOfferings", zoneid=zone)[0]
    made: dict[str, Any] = place.op.do(
        "importBackupOffering", name="nightly", description="nightly", zoneid=zone, externalid=policy["externalid"],
        allowuserdrivenbackups="true",
    )["backupoffering"]  # fmt: skip
    return made


def back_up(place: Place, provider: str = "dummy") -> tuple[dict[str, Any], dict[str, Any]]:
    """(an instance with a data disk, its backup)"""
    disk = place.op.only("listDiskOfferings", name="Small")["id"]
    vm = place.deploy("web", diskofferingid=disk)
    offering = offer(place, provider)
    place.op.do("assignVirtualMachineToBackupOffering", virtualmachineid=vm["id"], backupofferingid=offering["id"])
    place.op.do("createBackup", virtualmachineid=vm["id"], name="first")
    return vm, place.op.only("listBackups", virtualmachineid=vm["id"])


def disks(place: Place, vm: dict[str, Any]) -> list[dict[str, Any]]:
    return place.op.rows("listVolumes", virtualmachineid=vm["id"], listall="true")


def test_a_repository_is_changed_listed_and_kept_while_it_holds_backups(backing: Place) -> None:
    back_up(backing, "nas")
    op, shelf = backing.op, backing.op.only("listBackupRepositories", keyword="shel")
    assert (shelf["provider"], shelf["type"], shelf["zoneid"]) == ("nas", "nfs", backing.cloud.zone)
    changed = op.do("updateBackupRepository", id=shelf["id"], name="rack", crosszoneinstancecreation="true")
    assert changed["backuprepository"]["crosszoneinstancecreation"] is True
    assert op.rows("listBackupRepositories", name="shelf") == []
    assert op.refused("deleteBackupRepository", id=shelf["id"]) == (
        530, "Failed to delete backup repository as there are backups present on it",
    )  # fmt: skip
    op.do("deleteBackup", id=op.only("listBackups", listall="true")["id"])
    op.do("deleteBackupRepository", id=shelf["id"])
    assert op.rows("listBackupRepositories") == []


def test_an_instance_is_made_from_a_backup_as_it_was(backing: Place) -> None:
    vm, backup = back_up(backing)
    made = backing.op.do("createVMFromBackup", backupid=backup["id"], zoneid=backing.cloud.zone, name="again")
    again = made["virtualmachine"]
    assert (again["state"], again["serviceofferingid"], again["templateid"]) == (
        "Running", vm["serviceofferingid"], vm["templateid"],
    )  # fmt: skip
    assert [nic["networkid"] for nic in again["nic"]] == [backing.network]
    assert [v["size"] for v in disks(backing, again)] == [v["size"] for v in disks(backing, vm)]
    still = backing.op.do(
        "createVMFromBackup", backupid=backup["id"], zoneid=backing.cloud.zone, name="still", startvm="false"
    )
    assert still["virtualmachine"]["state"] == "Stopped"


def test_a_backup_does_not_cross_zones_or_shrink_disks(backing: Place) -> None:
    _vm, backup = back_up(backing)
    other = backing.op.do("createZone", name="z", networktype="Advanced", dns1="192.0.2.53", internaldns1="10.0.0.53")
    code, text = backing.op.refused("createVMFromBackup", backupid=backup["id"], zoneid=other["zone"]["id"])
    assert (code, "on another Zone is not supported by this provider" in text) == (530, True)


@pytest.mark.parametrize("provider", ["dummy", "nas"])
def test_a_disk_comes_back_beside_the_others_where_the_provider_can(backing: Place, provider: str) -> None:
    vm, backup = back_up(backing, provider)
    other = backing.deploy("other")
    disk = next(v for v in json.loads(backup["volumes"]) if v["type"] == "DATADISK")
    wanted = {"backupid": backup["id"], "volumeid": disk["uuid"], "virtualmachineid": other["id"]}
    if provider == "dummy":
        code, text = backing.op.refused("restoreVolumeFromBackupAndAttachToVM", **wanted)
        assert (code, "using backup provider [dummy] due to: []." in text) == (530, True)
        assert len(disks(backing, other)) == 1
        return
    backing.op.do("restoreVolumeFromBackupAndAttachToVM", **wanted)
    new = disks(backing, other)[-1]
    assert (new["state"], new["size"], new["name"]) == ("Ready", disk["size"], f"RestoredVol-DATA-{vm_number(vm)}")
    code, text = backing.op.refused("restoreVolumeFromBackupAndAttachToVM", **{**wanted, "volumeid": other["id"]})
    assert "in the backed-up volumes metadata" in text
    code, text = backing.op.refused("restoreVolumeFromBackupAndAttachToVM", **{**wanted, "virtualmachineid": vm["id"]})
    assert "The selected VM has backups" in text


def vm_number(vm: dict[str, Any]) -> str:
    return str(vm["instancename"].split("-")[2])


def test_nothing_goes_in_a_zone_where_backups_are_turned_off(backing: Place) -> None:
    vm, backup = back_up(backing)
    op, zone = backing.op, backing.cloud.zone
    op.do("updateConfiguration", name=SWITCH, value="false", zoneid=zone)
    for command, params in (
        ("listBackupProviderOfferings", {"zoneid": zone}),
        ("createBackup", {"virtualmachineid": vm["id"]}),
        ("deleteBackup", {"id": backup["id"]}),
        ("createVMFromBackup", {"backupid": backup["id"], "zoneid": zone}),
        ("removeVirtualMachineFromBackupOffering", {"virtualmachineid": vm["id"]}),
    ):
        assert op.refused(command, **params) == (530, "Backup and Recovery feature is disabled for the zone"), command
    assert len(op.rows("listBackups", listall="true")) == 1


def test_only_repositories_hold_an_instance_still_and_only_known_providers_are_used(backing: Place) -> None:
    vm, _backup = back_up(backing)
    assert backing.op.refused("createBackup", virtualmachineid=vm["id"], quiescevm="true") == (
        530, "Quiesce VM option is supported only for NAS backup provider",
    )  # fmt: skip
    backing.op.do("updateConfiguration", name="backup.framework.provider.plugin", value="elsewhere")
    assert backing.op.refused("listBackupProviderOfferings", zoneid=backing.cloud.zone) == (
        530, "Failed to find backup provider by the name: elsewhere",
    )  # fmt: skip


def test_an_instance_with_backups_stays_until_it_leaves_the_offering(backing: Place) -> None:
    op = backing.op
    vm, backup = back_up(backing)
    code, text = op.refused("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert (code, "with 1 backups. Please, remove the backup offering before" in text) == (530, True), text
    assert backing.look(vm)["state"] == "Destroyed"
    op.do("deleteBackup", id=backup["id"])
    op.do("expungeVirtualMachine", id=vm["id"])
    assert op.rows("listVirtualMachines", id=vm["id"]) == []


def test_schedules_are_their_owners(backing: Place) -> None:
    op = backing.op
    vm, _backup = back_up(backing)
    order = {"virtualmachineid": vm["id"], "intervaltype": "DAILY", "schedule": "10:05", "timezone": "UTC"}
    schedule = op.do("createBackupSchedule", **order)["backupschedule"]["id"]
    op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="B",
        password="password-of-ann",
    )  # fmt: skip
    sim = backing.cloud.sim
    ann = type(op)(sim, sim.auth.caller_of(sim.db.users.first(username="ann")))
    assert ann.rows("listBackupSchedule") == []
    assert ann.refused("deleteBackupSchedule", id=schedule)[0] == 530
    op.do("deleteBackupSchedule", id=schedule)
    offering = op.only("listBackupOfferings")["id"]
    op.do("updateBackupOffering", id=offering, allowuserdrivenbackups="false")
    assert op.refused("createBackupSchedule", **order) == (
        530, "The selected backup offering does not allow user-defined backup schedule",
    )  # fmt: skip


def test_repositories_take_what_runs_on_hosts_that_write_there(backing: Place) -> None:
    backing.cloud.sim.db.templates.find(backing.template).hypervisor = "Simulator"
    vm, offering = backing.deploy("web", startvm="false"), offer(backing, "nas")
    order = {"virtualmachineid": vm["id"], "backupofferingid": offering["id"]}
    code, text = backing.op.refused("assignVirtualMachineToBackupOffering", **order)
    assert (code, text.startswith("Failed to assign the VM to the backup offering")) == (530, True)


def test_a_backup_outlives_what_its_instance_had_to_do_with_it(backing: Place) -> None:
    op = backing.op
    vm, backup = back_up(backing)
    words = ("vmbackupofferingremoved", "isbackupvmexpunged")

    def told() -> list[Any]:
        row = op.only("listBackups", id=backup["id"])
        return [row.get(word) for word in words]

    assert told() == [None, None]
    op.do("removeVirtualMachineFromBackupOffering", virtualmachineid=vm["id"])
    assert told() == [True, None]
    op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert told() == [True, True]


def test_the_job_of_a_backup_refuses_not_the_call(backing: Place) -> None:
    vm = backing.deploy("web")
    status, body = backing.cloud.sim.call("createBackup", virtualmachineid=vm["id"])
    assert (status, vm["instancename"].split("-")[2]) == (200, body["createbackupresponse"]["id"])
    assert backing.op.refused("createBackup", virtualmachineid=vm["id"]) == (
        530,
        "VM has not backup offering configured, cannot create backup before assigning it to a backup offering",
    )


def test_a_backup_tells_what_it_keeps_of_its_instance(backing: Place) -> None:
    vm, backup = back_up(backing)
    assert "vmdetails" not in backup
    kept = backing.op.only("listBackups", keyword="web", listvmdetails="true")["vmdetails"]
    assert (kept["templatename"], kept["serviceofferingname"], kept["osname"], kept["isiso"]) == (
        vm["templatename"], vm["serviceofferingname"], vm["osdisplayname"], "false",
    )  # fmt: skip
    nic = vm["nic"][0]
    assert json.loads(kept["nics"]) == [
        {
            "networkid": nic["networkid"],
            "networkname": nic["networkname"],
            "ipaddress": nic["ipaddress"],
            "macaddress": nic["macaddress"],
        }
    ]
    assert backing.op.rows("listBackups", keyword="other", listall="true") == []


def test_disks_from_a_backup_may_be_others_but_no_fewer_and_no_smaller(backing: Place) -> None:
    op = backing.op
    _vm, backup = back_up(backing)
    zone, medium = backing.cloud.zone, op.only("listDiskOfferings", name="Medium")
    custom = op.only("listDiskOfferings", name="Custom")
    order = {"backupid": backup["id"], "zoneid": zone, "name": "again", "datadisksdetails[0].deviceid": "1"}
    assert op.refused(
        "createVMFromBackup", **order, **{"datadisksdetails[0].diskofferingid": custom["id"]},
        **{"datadisksdetails[0].size": "2"},
    ) == (431, "Instance volume size 2[GiB] cannot be less than the backed-up volume size 5[GiB].")  # fmt: skip
    of_medium = {"datadisksdetails[0].diskofferingid": medium["id"]}
    two = {"datadisksdetails[1].diskofferingid": medium["id"], "datadisksdetails[1].deviceid": "2"}
    assert op.refused("createVMFromBackup", **order, **of_medium, **two) == (
        431, "Unable to create Instance from Backup as the backup has a different number of disks than the Instance.",
    )  # fmt: skip
    again = op.do("createVMFromBackup", **order, **of_medium)["virtualmachine"]
    assert [v["diskofferingname"] for v in disks(backing, again) if v["type"] == "DATADISK"] == ["Medium"]


def test_an_instance_from_a_backup_takes_the_addresses_again(backing: Place) -> None:
    vm, backup = back_up(backing)
    order = {"backupid": backup["id"], "zoneid": backing.cloud.zone, "preserveip": "true"}
    assert "userdata" not in vm
    assert backing.op.refused("createVMFromBackup", **order, userdata="aGVsbG8=") == (
        431, "User data not supported for instance created from backup",
    )  # fmt: skip
    backing.op.do("removeVirtualMachineFromBackupOffering", virtualmachineid=vm["id"])
    backing.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    again = backing.op.do("createVMFromBackup", **order)["virtualmachine"]["nic"][0]
    assert (again["ipaddress"], again["macaddress"]) == (vm["nic"][0]["ipaddress"], vm["nic"][0]["macaddress"])


def test_schedules_take_backups_and_keep_as_many_as_they_shall(backing: Place) -> None:
    op, sim = backing.op, backing.cloud.sim
    vm, first = back_up(backing)
    order = {"virtualmachineid": vm["id"], "intervaltype": "HOURLY", "schedule": "15", "timezone": "UTC"}
    op.do("createBackupSchedule", **order, maxbackups=2)

    def kinds() -> list[str]:
        return [b["intervaltype"] for b in op.rows("listBackups", virtualmachineid=vm["id"])]

    sim.advance(3600)
    sim.settle()
    assert kinds() == ["MANUAL", "HOURLY"]
    for _hour in range(3):
        sim.advance(3600)
        sim.settle()
    left = op.rows("listBackups", virtualmachineid=vm["id"])
    assert ([b["intervaltype"] for b in left], left[0]["id"]) == (["MANUAL", "HOURLY", "HOURLY"], first["id"])
    assert len(op.rows("listEvents", type="BACKUP.DELETE")) == 2
    op.do("updateBackupOffering", id=op.only("listBackupOfferings")["id"], allowuserdrivenbackups="false")
    sim.advance(7200)
    sim.settle()
    assert len(kinds()) == 3
    op.do("deleteBackupSchedule", virtualmachineid=vm["id"])
    assert kinds() == ["MANUAL"] * 3


def test_users_see_the_offerings_that_they_may_order_backups_of(backing: Place) -> None:
    op, sim = backing.op, backing.cloud.sim
    offering = offer(backing)["id"]
    op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="B",
        password="password-of-ann",
    )  # fmt: skip
    ann = type(op)(sim, sim.auth.caller_of(sim.db.users.first(username="ann")))
    assert [row["id"] for row in ann.rows("listBackupOfferings")] == [offering]
    op.do("updateBackupOffering", id=offering, allowuserdrivenbackups="false")
    assert (ann.rows("listBackupOfferings"), len(op.rows("listBackupOfferings"))) == ([], 1)
