"""Commands around instances that are seldom used: purging, snapshots out of instances' ones, the SolidFire plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Place


def purged(place: Place, **more: Any) -> int:
    return int(place.op.do("purgeExpungedResources", **more)["purgeexpungedresources"]["resourcecount"])


def test_what_is_left_of_expunged_instances_can_be_purged(place: Place) -> None:
    vm = place.deploy("gone")
    place.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    before = purged(place, enddate="2001-01-01")
    assert (before, purged(place, resourcetype="virtualmachine"), purged(place)) == (0, 1, 0)
    status, text = place.op.refused("expungeVirtualMachine", id=vm["id"])
    assert (status, "Unable to execute API command" in text) == (431, True)


def test_an_expunged_instance_stays_while_its_root_disk_has_snapshots(place: Place) -> None:
    vm = place.deploy("kept")
    disk = place.op.only("listVolumes", virtualmachineid=vm["id"])
    made = place.op.do("createSnapshot", volumeid=disk["id"])["snapshot"]
    place.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert purged(place) == 0
    place.op.do("deleteSnapshot", id=made["id"])
    assert purged(place) == 1


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"resourcetype": "Volume"}, "Invalid resource type specified"),
        ({"batchsize": "0"}, "Invalid batchsize specified"),
        ({"startdate": "2020-02-02", "enddate": "2020-01-01"}, "Invalid enddate specified"),
    ],
)
def test_purging_checks_its_parameters(place: Place, params: dict[str, str], text: str) -> None:
    assert place.op.refused("purgeExpungedResources", **params) == (530, text)


def test_an_offering_may_have_its_instances_purged(place: Place) -> None:
    offering = place.op.do(
        "createServiceOffering", name="flee", displaytext="flee", cpunumber="1", cpuspeed="100", memory="128",
        purgeresources="true",
    )["serviceoffering"]  # fmt: skip
    vm = place.deploy("brief", serviceofferingid=offering["id"])
    place.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    place.cloud.sim.advance(240)
    assert purged(place) == 0


def test_reservations_are_cleaned(place: Place) -> None:
    assert place.op.do("cleanVMReservations") == {"success": True}


def test_a_snapshot_comes_out_of_one_of_an_instance_on_kvm_alone(place: Place) -> None:
    vm = place.deploy("web")
    disk = place.op.only("listVolumes", virtualmachineid=vm["id"])
    whole = place.op.do("createVMSnapshot", virtualmachineid=vm["id"], snapshotmemory="true")["vmsnapshot"]
    asked = {"volumeid": disk["id"], "vmsnapshotid": whole["id"], "name": "out"}
    hypervisor = vm["hypervisor"]
    if hypervisor == "KVM":
        made = place.op.do("createSnapshotFromVMSnapshot", **asked)["snapshot"]
        assert (made["name"], made["state"], made["volumeid"]) == ("out", "BackedUp", disk["id"])
    else:
        refused = (431, f"Unsupported hypervisor type {hypervisor}. This supports KVM only")
        assert place.op.refused("createSnapshotFromVMSnapshot", **asked) == refused
        assert place.op.rows("listSnapshots", volumeid=disk["id"]) == []
    other = place.deploy("other")
    foreign = place.op.only("listVolumes", virtualmachineid=other["id"])
    status, text = place.op.refused("createSnapshotFromVMSnapshot", **asked | {"volumeid": foreign["id"]})
    assert (status, "doesn't attach to vm" in text) == (431, True)


def test_the_solidfire_plug_in_answers_where_no_pool_is_of_that_make(place: Place) -> None:
    op, vm = place.op, place.deploy("web")
    disk = op.only("listVolumes", virtualmachineid=vm["id"])
    account, pool = op.rows("listAccounts")[0]["id"], op.rows("listStoragePools")[0]["id"]
    assert op.do("getPathForVolume", volumeid=disk["id"])["apipathforvolume"]["path"] == disk["path"]
    assert op.do("getVolumeiScsiName", volumeid=disk["id"]) == {"apivolumeiscsiname": {}}
    assert op.refused("getSolidFireVolumeSize", volumeid=disk["id"]) == (
        530, "Unable to determine the size of the SolidFire volume",
    )  # fmt: skip
    assert op.refused("getSolidFireAccountId", accountid=account, storageid=pool) == (
        530, f"Unable to find SF account for storage {pool} for CS account {account}",
    )  # fmt: skip
    assert op.refused("getVolumeSnapshotDetails", snapshotid="x") == (530, "Unable to find Volume for ID: x")


def test_a_migration_with_volumes_goes_to_a_host_or_moves_disks_at_rest(place: Place) -> None:
    op, vm, command = place.op, place.deploy("web"), "migrateVirtualMachineWithVolume"
    disk = op.only("listVolumes", virtualmachineid=vm["id"])
    pool = next((p for p in op.rows("listStoragePools") if p["id"] != disk["storageid"]), None)
    wish = {"migrateto[0].volume": disk["id"], "migrateto[0].pool": (pool or {"id": disk["storageid"]})["id"]}
    assert op.refused(command, virtualmachineid=vm["id"]) == (
        431, "Either hostid or migrateto must be passed or autoselect must be true for migrating the VM.",
    )  # fmt: skip
    status, text = op.refused(command, virtualmachineid=vm["id"], **wish)
    assert (status, "use the hostid or autoselect parameter to migrate it to a new host." in text) == (431, True)
    op.do("stopVirtualMachine", id=vm["id"])
    status, text = op.refused(command, virtualmachineid=vm["id"], hostid=vm["hostid"], **wish)
    assert (status, "is not in the Running state to migrate it to the new host." in text) == (431, True)
    moved = op.do(command, virtualmachineid=vm["id"], **wish)["virtualmachine"]
    assert moved["state"] == "Stopped"
    assert op.only("listVolumes", virtualmachineid=vm["id"])["storageid"] == wish["migrateto[0].pool"]


def test_the_servers_own_machines_take_no_other_storage(place: Place) -> None:
    op, vm = place.op, place.op.rows("listSystemVms")[0]
    pool = op.rows("listStoragePools")[0]["id"]
    assert op.refused("migrateSystemVm", virtualmachineid=vm["id"], hostid=vm["hostid"], storageid=pool) == (
        431, "Only one of hostId and storageId can be specified",
    )  # fmt: skip
    status, text = op.refused("migrateSystemVm", virtualmachineid=vm["id"], autoselect="false")
    assert (status, text.startswith("Please specify a host or storage as destination")) == (431, True)
    assert op.refused("migrateSystemVm", virtualmachineid=vm["id"], storageid=pool) == (
        431, "VM is not Stopped, unable to migrate the vm having the specified id",
    )  # fmt: skip
    op.do("stopSystemVm", id=vm["id"])
    status, text = op.refused("migrateSystemVm", virtualmachineid=vm["id"], storageid=pool)
    assert (status, text.startswith("cannot do storage migration on non-user vm for hypervisor")) == (431, True)


def test_only_hosts_of_two_hypervisors_tell_which_guests_they_know(place: Place) -> None:
    asked = {"hypervisorversion": "8.0"}
    status, text = place.op.refused("getHypervisorGuestOsNames", hypervisor="KVM", **asked)
    assert (status, text.startswith("Guest OS names cannot be fetched for hypervisor: KVM, please")) == (431, True)
    assert place.op.refused("getHypervisorGuestOsNames", hypervisor="VMware", **asked) == (
        530, "No VMware hypervisor with version: 8.0 exists, please specify available hypervisor and version",
    )  # fmt: skip


def test_a_host_of_an_extension_keeps_details_for_it(place: Place) -> None:
    op, cloud = place.op, place.cloud
    extension = op.only("listExtensions", name="Proxmox")
    cluster = op.do(
        "addCluster", zoneid=cloud.zone, podid=cloud.pod, clustertype="CloudManaged", clustername="out",
        hypervisor="External", extensionid=extension["id"],
    )["cluster"][0]  # fmt: skip
    host = op.do(
        "addHost", zoneid=cloud.zone, podid=cloud.pod, clusterid=cluster["id"], hypervisor="External",
        url="http://10.9.9.9", **{"externaldetails[0].node": "n"},
    )["host"][0]  # fmt: skip
    assert (host["details"]["External:node"], host["extensionid"]) == ("n", extension["id"])
    changed = op.do("updateHost", id=host["id"], cleanupexternaldetails="true")["host"]
    assert "External:node" not in (changed.get("details") or {})
