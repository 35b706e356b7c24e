"""Templates and ISOs of ordinary hypervisors: they take time to come, lie per zone, and are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Cloud

URL = "http://images.example.com/os.qcow2"


def register(cloud: Cloud, name: str = "os", **more: Any) -> dict[str, Any]:
    system = cloud.op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]["id"]
    template: dict[str, Any] = cloud.op.do(
        "registerTemplate", name=name, displaytext=name, zoneid=cloud.zone, format="QCOW2", hypervisor="KVM",
        ostypeid=system, url=URL, **more,
    )["template"][0]  # fmt: skip
    return template


def look(cloud: Cloud, template: dict[str, Any], caller: Any = None, **more: Any) -> list[dict[str, Any]]:
    _status, body = cloud.sim.call("listTemplates", caller, templatefilter="all" if caller is None else "executable",
                                   id=template["id"], **more)  # fmt: skip
    rows: list[dict[str, Any]] = body["listtemplatesresponse"].get("template", [])
    return rows


def test_a_download_passes_its_states(running: Cloud) -> None:
    template = register(running)
    assert not template["isready"]
    status, text = running.op.refused(
        "deployVirtualMachine", zoneid=running.zone, templateid=template["id"],
        serviceofferingid=running.op.only("listServiceOfferings", name="Small Instance")["id"],
    )  # fmt: skip
    assert status == 431 and "is not available for use" in text
    seen = []
    for _second in range(30):
        (row,) = look(running, template)
        if not seen or row.get("status") != seen[-1]:
            seen.append(row.get("status"))
        running.sim.advance(1)
    assert seen[-1] == "Download Complete"
    assert [state for state in seen if state and state.endswith("% Downloaded")] == sorted(
        (state for state in seen if state and state.endswith("% Downloaded")), key=lambda text: int(text.split("%")[0])
    )
    assert len(seen) > 3
    (row,) = look(running, template)
    assert row["isready"] and row["size"] > row["physicalsize"] > 0


def test_the_storage_vm_fetches_what_was_registered_before_it(cloud: Cloud) -> None:
    template = register(cloud)
    cloud.sim.advance(60)
    (row,) = look(cloud, template)
    assert not row["isready"] and row["downloaddetails"] == []
    cloud.enable()
    assert look(cloud, template)[0]["isready"]


def test_the_zone_comes_with_its_system_template_and_fetches_the_built_in_one(cloud: Cloud) -> None:
    kinds = {row["templatetype"]: row["isready"] for row in cloud.op.rows("listTemplates", templatefilter="all")}
    assert kinds == {"SYSTEM": True, "BUILTIN": False}
    cloud.enable()
    kinds = {row["templatetype"]: row["isready"] for row in cloud.op.rows("listTemplates", templatefilter="all")}
    assert kinds == {"SYSTEM": True, "BUILTIN": True}


def test_a_template_lies_in_each_zone_for_itself(running: Cloud) -> None:
    servers = {"dns1": "192.0.2.53", "internaldns1": "10.1.0.53"}
    south = running.op.do("createZone", name="south", networktype="Advanced", **servers)["zone"]["id"]
    running.op.do("addImageStore", zoneid=south, name="far", provider="NFS", url="nfs://10.1.0.5/secondary")
    template = register(running)
    running.sim.advance(30)
    running.op.do("copyTemplate", id=template["id"], sourcezoneid=running.zone, destzoneids=south)
    running.sim.advance(30)
    assert {row["zonename"]: row["isready"] for row in look(running, template)} == {"north": True, "south": False}
    running.op.do("deleteTemplate", id=template["id"], zoneid=running.zone)
    assert [row["zonename"] for row in look(running, template)] == ["south"]
    running.op.do("deleteTemplate", id=template["id"], zoneid=south)
    assert look(running, template) == []


def test_secondary_storage_counts_what_lies_there(running: Cloud) -> None:
    def used() -> int:
        return running.sim.limits.count(running.sim.admin.account, "secondary_storage")

    before = used()
    template = register(running)
    running.sim.advance(30)
    size = look(running, template)[0]["size"]
    assert used() == before + size
    running.op.do("deleteTemplate", id=template["id"])
    assert used() == before


def test_a_template_in_use_stays_unless_forced(running: Cloud) -> None:
    running.deploy("web")
    template = running.op.only("listTemplates", templatefilter="all", name="golden")
    status, text = running.op.refused("deleteTemplate", id=template["id"], forced="false")
    assert status in (431, 530) and "instance" in text.lower()
    running.op.do("deleteTemplate", id=template["id"], forced="true")
    assert look(running, template) == []


@pytest.fixture
def ann(running: Cloud) -> Any:
    running.op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="N",
        password="of-ann",
    )  # fmt: skip
    return running.sim.auth.caller_of(running.sim.db.users.first(username="ann"))


def test_a_template_is_shown_to_whom_it_is_shared_with(running: Cloud, ann: Any) -> None:
    template = register(running)
    running.sim.advance(30)
    assert look(running, template, ann) == []
    running.op.do("updateTemplatePermissions", id=template["id"], op="add", accounts="ann")
    assert [row["id"] for row in look(running, template, ann)] == [template["id"]]
    running.op.do("updateTemplatePermissions", id=template["id"], op="remove", accounts="ann")
    assert look(running, template, ann) == []
    running.op.do("updateTemplatePermissions", id=template["id"], ispublic="true")
    assert [row["id"] for row in look(running, template, ann)] == [template["id"]]


def test_only_the_owner_changes_it(running: Cloud, ann: Any) -> None:
    template = register(running, ispublic="true")
    for command in ("updateTemplate", "updateTemplatePermissions", "deleteTemplate"):
        status, body = running.sim.call(command, ann, id=template["id"])
        content = next(iter(body.values()))
        if "jobid" in content:
            running.sim.settle()
            assert running.sim.db.jobs.find(content["jobid"]).status == 2
        else:
            assert status in (531, 431, 432), body
    assert look(running, template)


def test_an_attached_iso_cannot_be_deleted(running: Cloud) -> None:
    vm = running.deploy("web")
    iso = running.op.do(
        "registerIso", name="rescue", displaytext="rescue", zoneid=running.zone, bootable="false",
        url="http://images.example.com/rescue.iso",
    )["iso"][0]  # fmt: skip
    assert not iso["isready"]
    running.sim.advance(30)
    running.op.do("attachIso", id=iso["id"], virtualmachineid=vm["id"])
    assert running.op.only("listVirtualMachines", id=vm["id"])["isoid"] == iso["id"]
    status, text = running.op.refused("deleteIso", id=iso["id"])
    assert status in (431, 530) and "use" in text
    running.op.do("detachIso", virtualmachineid=vm["id"])
    running.op.do("deleteIso", id=iso["id"])


def test_a_full_image_store_takes_nothing_until_its_storage_vm_tries_again(running: Cloud) -> None:
    volume = running.op.only("listVolumes", virtualmachineid=running.deploy("web")["id"])
    rule = running.sim.faults.add({"do": "image-store-full", "where": "secondary"})
    template = register(running)
    running.sim.advance(60)
    (row,) = look(running, template)
    assert not row["isready"] and row["status"] == "No space left on device"
    assert row["downloaddetails"][0]["downloadState"] == "DOWNLOAD_ERROR"
    status, _text = running.op.refused("createSnapshot", volumeid=volume["id"])
    assert status == 530
    assert [s["state"] for s in running.op.rows("listSnapshots", volumeid=volume["id"])] == ["Error"]
    running.sim.faults.remove(rule)
    running.sim.advance(600)
    assert not look(running, template)[0]["isready"]
    vm = running.op.only("listSystemVms", systemvmtype="secondarystoragevm")
    running.op.do("rebootSystemVm", id=vm["id"])
    running.sim.advance(60)
    assert look(running, template)[0]["isready"]
    running.op.do("createSnapshot", volumeid=volume["id"])


def test_a_source_that_nobody_knows_is_refused(running: Cloud) -> None:
    assert running.op.refused(
        "registerTemplate", name="os", displaytext="os", zoneid=running.zone, format="QCOW2", hypervisor="KVM",
        ostypeid=running.op.rows("listOsTypes")[0]["id"], url="http://mirror.invalid/os.qcow2",
    ) == (431, "Unable to resolve mirror.invalid")  # fmt: skip


def test_asking_for_isos_that_are_not_ready_hides_none(running: Cloud) -> None:
    """`isready=false` is what clients send who do not care; `true` shows ready ones only, some filters do so always."""
    op = running.op
    system = op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]["id"]
    iso = op.do(
        "registerIso", name="tools", displaytext="t", zoneid=running.zone, ostypeid=system, bootable="true",
        url="http://images.example.com/tools.iso",
    )["iso"][0]["id"]  # fmt: skip
    expected = {("self", None): 1, ("self", "false"): 1, ("self", "true"): 0, ("selfexecutable", "false"): 0}

    def shown() -> dict[tuple[str, str | None], int]:
        return {
            key: len(op.rows("listIsos", id=iso, isofilter=key[0], **({"isready": key[1]} if key[1] else {})))
            for key in expected
        }

    assert shown() == expected
    running.sim.advance(60)
    assert shown() == dict.fromkeys(expected, 1)
