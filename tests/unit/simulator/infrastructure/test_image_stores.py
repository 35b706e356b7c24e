"""Image stores: what they refuse, and moving what lies on them."""

from __future__ import annotations

from typing import Any

import pytest


def add_store(cloud: Any, name: str, **more: Any) -> str:
    params = {"zoneid": cloud.zone, "provider": "NFS", "url": f"nfs://10.0.0.6/{name}"} | more
    return str(cloud.op.do("addImageStore", name=name, **params)["imagestore"]["id"])


def stores_of(cloud: Any, template: str) -> list[str]:
    row = cloud.op.rows("listTemplates", templatefilter="all", name=template)[0]
    return [place["datastoreId"] for place in row["downloaddetails"] if place["datastoreRole"] == "Image"]


def test_a_store_with_something_of_a_user_stays(running: Any) -> None:
    code, text = running.op.refused("deleteImageStore", id=running.store)
    assert (code, "active templates" in text) == (431, True)
    vm = running.deploy("one")
    (disk,) = running.op.rows("listVolumes", virtualmachineid=vm["id"], listall="true")
    running.op.do("createSnapshot", volumeid=disk["id"])
    running.sim.advance(10)
    code, text = running.op.refused("deleteImageStore", id=running.store)
    assert (code, "active snapshots" in text) == (431, True)


def test_a_store_with_system_templates_alone_is_deleted_all_the_same(cloud: Any) -> None:
    cloud.enable()
    cloud.op.do("deleteImageStore", id=cloud.store)
    assert cloud.op.rows("listImageStores") == []


def test_one_cloud_has_stores_of_one_provider(cloud: Any) -> None:
    code, text = cloud.op.refused("addImageStore", name="s3", provider="S3", url="https://s3.example.com")
    assert (code, "same provider NFS" in text) == (431, True)


def test_a_second_store_gets_what_is_for_others_too(running: Any) -> None:
    system = running.op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]
    for name, more in (("shown", {"isfeatured": "true"}), ("shared", {"ispublic": "true"}), ("own", {})):
        running.op.do(
            "registerTemplate", name=name, displaytext=name, zoneid=running.zone, format="QCOW2", hypervisor="KVM",
            ostypeid=system["id"], url=f"http://images.example.com/{name}.qcow2", **more,
        )  # fmt: skip
    running.sim.advance(30)
    spare = add_store(running, "spare")
    running.sim.advance(30)
    for name in ("shown", "shared"):
        assert set(stores_of(running, name)) == {running.store, spare}
    assert stores_of(running, "own") == [running.store]
    code, text = running.op.refused("deleteImageStore", id=spare)
    assert (code, text) == (431, "Cannot delete image store with active templates backup!")


@pytest.mark.parametrize("url", ["10.0.0.5/x", "nfs://10.0.0.5", "nfs://"])
def test_a_url_without_host_or_path_is_refused(cloud: Any, url: str) -> None:
    code, text = cloud.op.refused("addImageStore", name="x", provider="NFS", zoneid=cloud.zone, url=url)
    assert code == 530 and text.startswith("Failed to add data store: ")
    assert len(cloud.op.rows("listImageStores")) == 1


def test_a_read_only_store_gets_nothing_new(running: Any) -> None:
    spare = add_store(running, "spare")
    running.op.do("updateImageStore", id=running.store, readonly="true")
    system = running.op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]
    running.op.do(
        "registerTemplate", name="later", displaytext="later", zoneid=running.zone, format="QCOW2", hypervisor="KVM",
        ostypeid=system["id"], url="http://images.example.com/later.qcow2",
    )  # fmt: skip
    running.sim.advance(30)
    assert stores_of(running, "later") == [spare]


def migrate(cloud: Any, source: str, *targets: str, **more: Any) -> dict[str, Any]:
    found = cloud.op.do("migrateSecondaryStorageData", srcpool=source, destpools=",".join(targets), **more)
    return dict(found["imagestore"])


def test_complete_migration_empties_the_store_and_leaves_it_read_only(running: Any) -> None:
    vm = running.deploy("one")
    (disk,) = running.op.rows("listVolumes", virtualmachineid=vm["id"], listall="true")
    running.op.do("createSnapshot", volumeid=disk["id"])
    spare = add_store(running, "spare")
    running.sim.advance(70)
    answer = migrate(running, running.store, spare)
    assert answer["success"] is True
    assert answer["message"].startswith("Migration completed")
    assert stores_of(running, "golden") == [spare]
    assert running.op.only("listImageStores", id=running.store)["readonly"] is True
    again = migrate(running, running.store, spare)
    assert again["success"] is True
    assert again["message"].startswith("No files in Image store")
    running.op.do("deleteImageStore", id=running.store)
    running.op.refused("deleteImageStore", id=spare)


def test_migration_to_a_store_that_is_too_small_succeeds_as_a_job_and_says_no(running: Any) -> None:
    spare = add_store(running, "spare")
    running.op.do("updateImageStore", id=spare, capacitybytes=str(600 << 20))
    running.op.do("updateImageStore", id=running.store, capacitybytes=str(2 << 30))
    running.sim.advance(70)
    answer = migrate(running, running.store, spare)
    assert answer["success"] is False
    assert running.op.only("listImageStores", id=running.store)["readonly"] is True, "it is left so"
    assert stores_of(running, "golden") == [running.store]


def test_migration_to_a_full_store_moves_nothing_and_says_so_in_a_job_that_succeeds(running: Any) -> None:
    spare = add_store(running, "spare")
    running.sim.advance(70)
    running.sim.faults.add({"do": "image-store-full", "where": "spare"})
    assert migrate(running, running.store, spare)["success"] is False
    assert stores_of(running, "golden") == [running.store]


def test_a_full_store_does_not_even_take_the_system_vm_templates(running: Any) -> None:
    rule = running.sim.faults.add({"do": "image-store-full", "where": "spare"})
    spare = add_store(running, "spare")

    def states() -> dict[str, str]:
        (row,) = running.op.rows("listTemplates", templatefilter="all", templatetype="SYSTEM")
        return {place["datastoreId"]: place["downloadState"] for place in row["downloaddetails"]}

    assert states() == {running.store: "DOWNLOADED", spare: "DOWNLOAD_ERROR"}
    running.sim.faults.remove(rule)
    worker = running.op.only("listSystemVms", systemvmtype="secondarystoragevm")
    running.op.do("destroySystemVm", id=worker["id"])
    running.sim.advance(200)
    assert states() == {running.store: "DOWNLOADED", spare: "DOWNLOADED"}, "a new one looks at the stores again"


def test_images_and_snapshots_are_listed_by_their_store(running: Any) -> None:
    spare = add_store(running, "spare")
    vm = running.deploy("one")
    (disk,) = running.op.rows("listVolumes", virtualmachineid=vm["id"], listall="true")
    running.op.do("createSnapshot", volumeid=disk["id"])
    running.sim.advance(10)
    for store in (running.store, spare):
        images = running.op.rows("listTemplates", templatefilter="all", imagestoreid=store)
        assert ("golden" in {row["name"] for row in images}) is (store in stores_of(running, "golden"))
    held = [len(running.op.rows("listSnapshots", imagestoreid=store)) for store in (running.store, spare)]
    assert sorted(held) == [0, 1]


def test_migration_waits_for_the_statistics(running: Any) -> None:
    spare = add_store(running, "spare")
    code, text = running.op.refused("migrateSecondaryStorageData", srcpool=running.store, destpools=spare)
    assert (code, "hasn't yet collected" in text) == (530, True)


@pytest.mark.parametrize("how", ["read-only", "the source itself"])
def test_migration_needs_a_store_that_takes_something(running: Any, how: str) -> None:
    target = running.store
    if how == "read-only":
        target = add_store(running, "spare")
        running.op.do("updateImageStore", id=target, readonly="true")
    code, text = running.op.refused("migrateSecondaryStorageData", srcpool=running.store, destpools=target)
    assert (code, "No destination valid store" in text) == (530, True)


def test_migration_refuses_while_a_download_runs(running: Any) -> None:
    spare = add_store(running, "spare")
    running.op.do("updateImageStore", id=spare, readonly="true")
    running.sim.advance(70)
    system = running.op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]
    running.op.do(
        "registerTemplate", name="later", displaytext="later", zoneid=running.zone, format="QCOW2", hypervisor="KVM",
        ostypeid=system["id"], url="http://images.example.com/later.qcow2",
    )  # fmt: skip
    running.op.do("updateImageStore", id=spare, readonly="false")
    code, text = running.op.refused("migrateSecondaryStorageData", srcpool=running.store, destpools=spare)
    assert (code, "not Ready" in text) == (530, True)


def test_a_single_template_moves_alone(running: Any) -> None:
    spare = add_store(running, "spare")
    running.sim.advance(70)
    golden = running.op.only("listTemplates", templatefilter="all", name="golden")["id"]
    answer = running.op.do(
        "migrateResourceToAnotherSecondaryStorage", srcpool=running.store, destpool=spare, templates=golden
    )["imagestore"]
    assert answer == {"message": "Migration completed. successful migrations: 1", "success": True}
    assert stores_of(running, "golden") == [spare]
    assert running.op.only("listImageStores", id=running.store)["readonly"] is False


def test_the_files_of_a_store_are_browsed_by_path(running: Any) -> None:
    assert [e["name"] for e in running.op.rows("listImageStoreObjects", id=running.store)] == ["template"]
    owner = running.op.rows("listImageStoreObjects", id=running.store, path="template/tmpl")
    assert all(e["isdirectory"] for e in owner)
    golden = running.op.only("listTemplates", templatefilter="all", name="golden")["id"]
    row = running.sim.db.templates.find(golden)
    (file,) = running.op.rows(
        "listImageStoreObjects", id=running.store, path=f"template/tmpl/{row.account_id}/{row.id}"
    )
    assert (file["templateid"], file["isdirectory"], file["size"] > 0) == (golden, False, True)
    code, _text = running.op.refused("listImageStoreObjects", id=running.store, path="../../etc")
    assert code == 530
