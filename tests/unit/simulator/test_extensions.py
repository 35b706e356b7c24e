"""Extensions of the server and their custom actions."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def extension(op: Any) -> dict[str, Any]:
    made: dict[str, Any] = op.do(
        "createExtension", name="Own Cloud", type="Orchestrator", description="mine", path="run.sh",
        **{"details[0].url": "https://c.example.com"},
    )["extension"]  # fmt: skip
    return made


def test_a_new_server_has_its_own_extensions(op: Any) -> None:
    assert [row["name"] for row in op.rows("listExtensions")] == ["MaaS", "HyperV", "Proxmox"]
    proxmox = op.only("listExtensions", name="Proxmox")
    assert (proxmox["isuserdefined"], proxmox["state"], proxmox["path"].endswith("/extensions/Proxmox/proxmox.sh")) == (
        False, "Enabled", True,
    )  # fmt: skip
    actions = {row["name"]: row for row in op.rows("listCustomActions", extensionid=proxmox["id"])}
    assert set(actions) == {"ListSnapshots", "CreateSnapshot", "RestoreSnapshot", "DeleteSnapshot"}
    assert [p["name"] for p in actions["CreateSnapshot"]["parameters"] if p["required"]] == ["snap_name"]
    assert op.refused("deleteExtension", id=proxmox["id"]) == (431, "System extension can not be deleted")


def test_an_extension_is_changed_and_deleted(op: Any, extension: dict[str, Any]) -> None:
    assert (extension["path"].rpartition("/extensions/")[2], extension["pathready"]) == ("own_cloud/run.sh", True)
    assert extension["details"] == {"url": "https://c.example.com"}
    changed = op.do("updateExtension", id=extension["id"], state="Disabled", cleanupdetails="true")["extension"]
    assert (changed["state"], changed.get("details")) == ("Disabled", None)
    assert "details" not in op.only("listExtensions", id=extension["id"], details="min")
    assert "non permitted value" in op.refused("listExtensions", details="most")[1]
    op.do("deleteExtension", id=extension["id"])
    assert op.rows("listExtensions", name="Own Cloud") == []


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ({"name": "Own Cloud"}, 530, "Extension by name already exists"),
        ({"type": "Billing"}, 530, "Invalid type specified - Billing"),
        ({"state": "Asleep"}, 431, "Invalid state specified"),
        ({"path": "a/b/c/d.sh"}, 431, "Entry point path cannot be nested more than two sub-directories deep"),
    ],
)
def test_extensions_that_are_refused(
    op: Any, extension: dict[str, Any], params: dict[str, str], code: int, said: str
) -> None:
    assert extension["id"]
    assert op.refused("createExtension", **{"name": "other", "type": "Orchestrator", **params}) == (code, said)


def test_only_clusters_of_other_hypervisors_are_registered(cloud: Any) -> None:
    extension = cloud.op.only("listExtensions", name="Proxmox")["id"]
    wanted = {"extensionid": extension, "resourceid": cloud.cluster, "resourcetype": "Cluster"}
    code, text = cloud.op.refused("registerExtension", **wanted)
    assert (code, "is not of KVM hypervisor type" in text) == (530, True)
    assert "Currently only [Cluster]" in cloud.op.refused("registerExtension", **{**wanted, "resourcetype": "Pod"})[1]
    cloud.sim.db.clusters.find(cloud.cluster).hypervisor = "External"
    shown = cloud.op.do("registerExtension", **wanted, **{"details[0].a": "b"})["extension"]["resources"]
    assert [(r["id"], r["type"], r["details"]) for r in shown] == [(cloud.cluster, "Cluster", {"a": "b"})]
    assert "is already registered with this cluster" in cloud.op.refused("registerExtension", **wanted)[1]
    assert "resources" not in cloud.op.do("unregisterExtension", **wanted)["extension"]


def test_an_action_is_kept_and_run_by_those_who_may(op: Any, people: dict[str, Any], extension: dict[str, Any]) -> None:
    action = op.do(
        "addCustomAction", extensionid=extension["id"], name="Reset BIOS", enabled="true", allowedroletypes="User",
        **{"parameters[0].name": "why", "parameters[0].type": "string", "parameters[0].required": "true"},
    )["extensioncustomaction"]  # fmt: skip
    assert (action["allowedroletypes"], action["resourcetype"], action["timeout"]) == (
        ["Admin", "User"], "VirtualMachine", 3,
    )  # fmt: skip
    assert action["parameters"] == [{"name": "why", "type": "STRING", "validationformat": "NONE", "required": True}]
    for caller, found in (("ann", 1), ("owner", 0)):
        body = op.sim.call("listCustomActions", people[caller], name="Reset BIOS")[1]
        assert len(next(iter(body.values())).get("extensioncustomaction", [])) == found
    assert "custom actions, delete them" in op.refused("deleteExtension", id=extension["id"])[1]
    off = op.do("updateCustomAction", id=action["id"], enabled="false", cleanupparameters="true")
    assert (off["extensioncustomaction"]["enabled"], off["extensioncustomaction"]["parameters"]) == (False, [])
    assert op.refused("runCustomAction", customactionid=action["id"], resourceid="x") == (
        431, "Internal error running action",
    )  # fmt: skip
    assert (
        "Action by name already exists"
        in op.refused("addCustomAction", extensionid=extension["id"], name="Reset BIOS")[1]
    )
    op.do("deleteCustomAction", id=action["id"])
    assert op.rows("listCustomActions", extensionid=extension["id"]) == []


def test_details_for_extensions_lie_among_the_others(cloud: Any) -> None:
    op, given = cloud.op, {"externaldetails[0].size": "s", "externaldetails[0].disk": "d"}
    made = op.do(
        "createServiceOffering", name="outside", displaytext="o", cpunumber="1", cpuspeed="100", memory="128", **given
    )["serviceoffering"]
    assert made["serviceofferingdetails"] == {"External:size": "s", "External:disk": "d"}
    changed = op.do("updateServiceOffering", id=made["id"], **{"externaldetails[0].size": "l"})["serviceoffering"]
    assert changed["serviceofferingdetails"] == {"External:size": "l"}
    cleaned = op.do("updateServiceOffering", id=made["id"], cleanupexternaldetails="true")["serviceoffering"]
    assert cleaned.get("serviceofferingdetails") in (None, {})


def test_a_cluster_may_come_with_its_extension(cloud: Any) -> None:
    op = cloud.op
    extension = op.only("listExtensions", name="Proxmox")
    place = {"zoneid": cloud.zone, "podid": cloud.pod, "clustertype": "CloudManaged"}
    details = {"externaldetails[0].url": "u"}
    refused = [
        op.refused("addCluster", **place, clustername="x", hypervisor="KVM", extensionid=extension["id"]),
        op.refused("addCluster", **place, clustername="x", hypervisor="External", **details),
        op.refused("updateCluster", id=cloud.cluster, **details),
    ]
    name = op.only("listClusters", id=cloud.cluster)["name"]
    assert [text for _code, text in refused] == [
        "Extension can be specified only for External hypervisor type",
        "External details can be specified only with extension",
        f"Cluster: {name} is not registered with any extension, details cannot be updated",
    ]
    made = op.do("addCluster", **place, clustername="x", hypervisor="External", extensionid=extension["id"], **details)[
        "cluster"
    ][0]
    assert (made["extensionid"], made["extensionname"]) == (extension["id"], "Proxmox")
    resources = op.only("listExtensions", id=extension["id"])["resources"]
    assert [(row["id"], row["details"]) for row in resources] == [(made["id"], {"url": "u"})]
    op.do("deleteCluster", id=made["id"])
    assert op.only("listExtensions", id=extension["id"]).get("resources") in (None, [])


def test_templates_tell_which_extension_runs_their_instances(cloud: Any) -> None:
    op = cloud.op
    extension = op.only("listExtensions", name="Proxmox")
    wish = {
        "name": "outside", "displaytext": "outside", "zoneid": cloud.zone, "format": "QCOW2",
        "hypervisor": "External", "ostypeid": op.rows("listOsTypes")[0]["id"], "url": "http://images.example.com/image.qcow2",
        "extensionid": extension["id"], "externaldetails[0].template_name": "t",
    }  # fmt: skip
    op.do("addHost", zoneid=cloud.zone, podid=cloud.pod, clustername="x", hypervisor="External", url="http://10.9.9.9")
    made = op.do("registerTemplate", **wish)["template"][0]
    assert (made["extensionname"], made["details"]) == ("Proxmox", {"External:template_name": "t"})
    shown = op.only("listTemplates", templatefilter="all", extensionid=extension["id"])
    assert (shown["id"], shown["extensionid"]) == (made["id"], extension["id"])
    assert op.rows("listVirtualMachines", extensionid=extension["id"]) == []
    assert op.refused("registerTemplate", **wish | {"templatetype": "PERHOST"})[1] == (
        "Only USER templates supported for External hypervisor type"
    )
