"""What is refused of volumes that an offering encrypts; pools by their scope and state; images that are shared."""

from __future__ import annotations

from typing import Any

import pytest

ONE_ZONE = {"networktype": "Advanced", "dns1": "192.0.2.1", "internaldns1": "192.0.2.2"}


@pytest.fixture
def secret(running: Any) -> dict[str, str]:
    """Ids of an instance whose root disk is encrypted, that disk, another one, and a snapshot of the root disk."""
    op = running.op
    compute = op.do(
        "createServiceOffering", name="secret", displaytext="s", cpunumber=1, cpuspeed=500, memory=512,
        encryptroot="true",
    )["serviceoffering"]["id"]  # fmt: skip
    small = op.only("listServiceOfferings", name="Small Instance")["id"]
    vm = running.deploy("web")["id"]
    op.do("stopVirtualMachine", id=vm)
    sim = op.sim
    row = sim.db.vms.find(vm)
    row.service_offering_id = sim.db.service_offerings.find(compute).id
    root = sim.db.volumes.first(vm_id=row.id)
    root.disk_offering_id = sim.db.service_offerings.find(compute).disk_offering_id
    snapshot = op.do("createSnapshot", volumeid=root.uuid)["snapshot"]["id"]
    pool = op.do(
        "createStoragePool", zoneid=running.zone, podid=running.pod, clusterid=running.cluster, name="second",
        url="nfs://10.0.0.5/second",
    )["storagepool"]["id"]  # fmt: skip
    op.do("startVirtualMachine", id=vm)
    system = op.only("listOsTypes", description="Debian GNU/Linux 12 (64-bit)")["id"]
    return {"vm": vm, "root": root.uuid, "snapshot": snapshot, "pool": pool, "os": system, "small": small,
            "zone": running.zone}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "params", "code", "text"),
    [
        (
            "createSnapshot", {"volumeid": "root"}, 530,
            "Volume snapshots for encrypted volumes are not supported if VM is running",
        ),
        (
            "createVMSnapshot", {"virtualmachineid": "vm", "snapshotmemory": "true"}, 530,
            "Cannot create VM memory snapshots on KVM from encrypted root volumes",
        ),
        (
            "createVolume", {"name": "x", "snapshotid": "snapshot"}, 530,
            "Cannot create new volumes from encrypted volume snapshots",
        ),
        (
            "createTemplate", {"name": "x", "ostypeid": "os", "snapshotid": "snapshot"}, 530,
            "Cannot create templates from snapshots of encrypted volumes",
        ),
    ],
)  # fmt: skip
def test_an_encrypted_volume_stays_where_it_is(
    running: Any, secret: dict[str, str], command: str, params: dict[str, str], code: int, text: str
) -> None:
    given = {key: secret.get(value, value) for key, value in params.items()}
    assert running.op.refused(command, **given) == (code, text)


def test_an_encrypted_volume_stays_on_its_pool(running: Any, secret: dict[str, str]) -> None:
    running.op.do("stopVirtualMachine", id=secret["vm"])
    told = running.op.refused("migrateVolume", volumeid=secret["root"], storageid=secret["pool"])
    assert told == (431, "Migration of encrypted volumes is unsupported")


def test_a_stopped_instance_does_not_open_its_disk(running: Any, secret: dict[str, str]) -> None:
    running.op.do("stopVirtualMachine", id=secret["vm"])
    made = running.op.refused("createTemplate", name="x", ostypeid=secret["os"], volumeid=secret["root"])
    assert made == (530, "Cannot create templates from encrypted volumes")
    link = running.op.refused("extractVolume", id=secret["root"], zoneid=secret["zone"], mode="HTTP_DOWNLOAD")
    assert link == (431, "Extraction of encrypted volumes is unsupported")


def test_copies_of_snapshots_need_zones_that_take_them(running: Any) -> None:
    op = running.op
    vm = running.deploy("web")
    root = op.only("listVolumes", virtualmachineid=vm["id"])["id"]
    edge = op.do("createZone", name="edge", isedge="true", **ONE_ZONE)["zone"]["id"]
    found = op.refused("createSnapshot", volumeid=root, zoneids=edge)
    assert found == (431, "Snapshot functionality is not supported on zone %s")
    op.do("updateConfiguration", name="snapshot.backup.to.secondary", value="false")
    found = op.refused("createSnapshot", volumeid=root, zoneids=edge)
    assert found == (431, "Backing up of snapshot has been disabled. Snapshot can not be taken for multiple zones")


@pytest.mark.parametrize(
    ("params", "count", "text"),
    [
        ({"scope": "cluster"}, 1, ""),
        ({"scope": "zone"}, 0, ""),
        ({"scope": "odd"}, None, "Invalid scope type: odd"),
        ({"status": "UP"}, 1, ""),
        ({"status": "odd"}, None, "Invalid status: odd"),
    ],
)
def test_pools_are_found_by_scope_and_state(cloud: Any, params: dict[str, str], count: int | None, text: str) -> None:
    if count is None:
        assert cloud.op.refused("listStoragePools", **params) == (431, text)
    else:
        assert len(cloud.op.rows("listStoragePools", **params)) == count


WRONG = (
    "Invalid operation on accounts, the operation must be either 'add' or 'remove' in order to modify launch "
    "permissions.  Given operation is: '{}'"
)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"accounts": "admin"}, WRONG.format("null")),
        ({"accounts": "admin", "op": "give"}, WRONG.format("give")),
        ({"op": "remove"}, "Operation remove requires accounts or projectIds to be passed in"),
        ({"accounts": "admin", "projectids": "@project", "op": "add"}, "Accounts and projectIds can't be specified"),
        ({"accounts": "nobody", "op": "add"}, "Unable to grant a launch permission to account nobody in domain id="),
        ({"accounts": "nobody", "op": "remove"}, None),
        ({"op": "give"}, None),
        ({"projectids": "@project", "op": "add"}, None),
    ],
)  # fmt: skip
def test_permissions_of_images(running: Any, params: dict[str, str], text: str | None) -> None:
    op = running.op
    project = op.do("createProject", name="p", displaytext="p")["project"]["id"]
    given = {key: project if value == "@project" else value for key, value in params.items()}
    template = op.only("listTemplates", templatefilter="all", name="golden")["id"]
    if text is None:
        op.do("updateTemplatePermissions", id=template, isfeatured="true", **given)
    else:
        code, found = op.refused("updateTemplatePermissions", id=template, isfeatured="true", **given)
        assert code == 431
        assert found.startswith(text)
    shared = op.do("listTemplatePermissions", id=template)["templatepermission"].get("projectids")
    assert shared == ([project] if params.get("projectids") and text is None else None)
