"""Who may do what with templates and ISOs, what is refused, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Cloud, Operator

URL = "http://images.example.com/os.qcow2"


@pytest.fixture
def ann(running: Cloud) -> Operator:
    running.op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="N",
        password="of-ann",
    )  # fmt: skip
    caller = running.sim.auth.caller_of(running.sim.db.users.first(username="ann"))
    return type(running.op)(running.sim, caller)


def wanted(cloud: Cloud, **changed: Any) -> dict[str, Any]:
    system = cloud.op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]["id"]
    plain = {"name": "os", "zoneid": cloud.zone, "format": "QCOW2", "hypervisor": "KVM", "ostypeid": system, "url": URL}
    return plain | changed


def register(cloud: Cloud, op: Operator | None = None, **changed: Any) -> dict[str, Any]:
    template: dict[str, Any] = (op or cloud.op).do("registerTemplate", **wanted(cloud, **changed))["template"][0]
    cloud.sim.advance(30)
    return template


def register_iso(cloud: Cloud, op: Operator | None = None, **changed: Any) -> dict[str, Any]:
    asked = wanted(cloud, url="http://images.example.com/os.iso", **changed)
    for name in ("format", "hypervisor"):
        del asked[name]
    iso: dict[str, Any] = (op or cloud.op).do("registerIso", **asked)["iso"][0]
    cloud.sim.advance(30)
    return iso


def test_what_is_wrong_is_told_in_the_servers_order(running: Cloud, ann: Operator) -> None:
    wrong = wanted(running, hypervisor="Abacus", templatetype="SYSTEM", format="PNG", zoneid="-1", url="file://x")
    for mend, words in (
        ({"hypervisor": "KVM"}, "Hypervisor Type: Abacus is invalid"),
        ({"templatetype": "USER"}, "Users can not register template with template type SYSTEM"),
        ({"zoneid": running.zone}, "Template registered for 'All zones'"),
        ({"url": URL}, "File:// type urls"),
        ({"format": "QCOW2", "name": "systemvm template (kvm)"}, "Image format: PNG is incorrect"),
        ({"name": "os"}, "Cannot use reserved names for templates"),
    ):
        assert words in ann.refused("registerTemplate", **wrong)[1]
        wrong |= mend
    running.op.do("updateConfiguration", name="allow.public.user.templates", value="false")
    assert ann.refused("registerTemplate", ispublic="true", **wrong) == (
        431, "Only private templates/ISO can be created.",
    )  # fmt: skip
    assert not register(running, ann, isfeatured="true")["isfeatured"]


def test_isos_that_do_not_boot_have_no_system(running: Cloud) -> None:
    none = running.op.only("listOsTypes", description="None")["id"]
    asked = wanted(running, ostypeid=none, url="http://images.example.com/os.iso")
    assert running.op.refused("registerIso", **asked) == (431, "Please pass a valid GuestOS Id")
    assert register_iso(running, bootable="false")["ostypename"] == "None"


def test_direct_download_is_for_hosts_that_can(running: Cloud) -> None:
    refused = running.op.refused("registerTemplate", directdownload="true", **wanted(running, hypervisor="VMware"))
    assert refused[0] == 431 and "Parameter directdownload is only allowed for KVM or" in refused[1]


def test_links_are_made_once_for_whoever_may(running: Cloud, ann: Operator) -> None:
    template = register(running, ispublic="true")
    iso = register_iso(running)
    assert ann.refused("extractTemplate", id=template["id"], mode="HTTP_DOWNLOAD")[0] == 531
    assert running.op.refused("extractIso", id=template["id"], mode="HTTP_DOWNLOAD")[1] == (
        "Unsupported format, could not extract the ISO"
    )
    tools = running.op.only("listIsos", isofilter="featured", name="xs-tools.iso")
    assert "as it resides on host" in running.op.refused("extractIso", id=tools["id"], mode="HTTP_DOWNLOAD")[1]
    found = running.op.do("extractIso", id=iso["id"], mode="HTTP_DOWNLOAD")["iso"]
    assert "zoneid" not in found
    assert running.op.do("extractIso", id=iso["id"], mode="HTTP_DOWNLOAD")["iso"]["url"] == found["url"]


def test_a_copy_goes_to_one_store_of_its_zone(running: Cloud) -> None:
    servers = {"dns1": "192.0.2.53", "internaldns1": "10.1.0.53"}
    south = running.op.do("createZone", name="south", networktype="Advanced", **servers)["zone"]["id"]
    template = register(running, ispublic="true", isfeatured="true")
    copy = {"id": template["id"], "sourcezoneid": running.zone}
    assert "Either destzoneid or destzoneids" in running.op.refused("copyTemplate", **copy)[1]
    assert "Both destzoneid and destzoneids" in running.op.refused(
        "copyTemplate", destzoneid=south, destzoneids=south, **copy
    )[1]  # fmt: skip
    assert running.op.refused("copyTemplate", destzoneid=south, **copy)[0] == 530
    for name in ("near", "far"):
        running.op.do("addImageStore", zoneid=south, name=name, provider="NFS", url=f"nfs://10.1.0.5/{name}")
    answer = running.op.do("copyTemplate", destzoneid=south, **copy)["template"]
    assert answer["zonename"] == "south" and len(answer["downloaddetails"]) == 1


def test_what_is_on_its_way_is_not_deleted(running: Cloud) -> None:
    template = running.op.do("registerTemplate", **wanted(running))["template"][0]
    running.sim.advance(2)
    assert running.op.refused("deleteTemplate", id=template["id"]) == (
        530, "Please specify a template that is not currently being downloaded.",
    )  # fmt: skip
    asked = wanted(running, name="up")
    del asked["url"]
    uploaded = running.op.do("getUploadParamsForTemplate", **asked)["getuploadparams"]["id"]
    assert "either getting uploaded" in running.op.refused("deleteTemplate", id=uploaded)[1]


def test_isos_are_attached_where_they_are(running: Cloud) -> None:
    running.deploy("web")
    web = running.op.only("listVirtualMachines", name="web")["id"]
    iso, template = register_iso(running), register(running)
    attach = {"virtualmachineid": web}
    assert running.op.refused("attachIso", id=template["id"], **attach) == (
        530, "Failed to prepare ISO ready to mount on hypervisor resource level",
    )  # fmt: skip
    running.op.do("attachIso", id=iso["id"], **attach)
    running.op.do("detachIso", **attach)
    running.op.do("stopVirtualMachine", id=web)
    running.op.do("attachIso", id=template["id"], **attach)


def test_permissions_are_shown_to_whoever_may_use_it(running: Cloud, ann: Operator) -> None:
    template = register(running)
    assert ann.refused("listTemplatePermissions", id=template["id"])[0] == 531
    running.op.do("updateTemplatePermissions", id=template["id"], op="add", accounts="ann")
    seen = ann.do("listTemplatePermissions", id=template["id"])["templatepermission"]
    assert seen["account"] == ["ann", "admin"] and "domainid" not in seen
    project = running.op.do("createProject", name="web", displaytext="web")["project"]["id"]
    both = {"accounts": "ann", "projectids": project}
    refused = running.op.refused("updateTemplatePermissions", id=template["id"], **both)
    assert refused == (431, "Accounts and projectIds can't be specified together")


def test_self_of_a_domain_is_what_lies_in_it(running: Cloud) -> None:
    domain = running.op.do("createDomain", name="sales")["domain"]["id"]
    register(running)
    assert running.op.rows("listTemplates", templatefilter="self", domainid=domain) == []
    assert running.op.rows("listTemplates", templatefilter="self")


def test_tools_of_hosts_are_in_every_zone(running: Cloud) -> None:
    assert running.op.only("listIsos", isofilter="featured", zoneid=running.zone)["name"] == "xs-tools.iso"


def test_boot_modes_are_known_ones(running: Cloud) -> None:
    template = register(running)
    asked = {"id": template["id"], "details[0].UEFI": "maybe"}
    assert running.op.refused("updateTemplate", **asked) == (
        431, "Invalid bootmode: maybe specified. Valid values are: [LEGACY, SECURE]",
    )  # fmt: skip
    running.op.do("updateTemplate", id=template["id"], **{"details[0].UEFI": "secure"})
    assert running.op.only("listTemplates", templatefilter="self", id=template["id"])["details"] == {"UEFI": "SECURE"}
