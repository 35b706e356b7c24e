"""The template of system VMs replaced: refused where it would leave a zone without them, proved on each new one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Ambiguous, InvalidInput, NotFound
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud

MODULE = "system_vm_template_replacement"
CHANGES = ("updateConfiguration", "destroySystemVm", "restartNetwork")


@pytest.fixture
def cloud() -> PopulatedCloud:
    """Two zones of KVM hosts."""
    return PopulatedCloud("hosts=4,vms=2,routers=2,zones=2,hypervisor=KVM")


def register(cloud: PopulatedCloud, name: str, *, system: bool = True, **more: Any) -> str:
    """A template in all zones; waits for its downloads."""
    sim = cloud.sim
    guest_os = cloud.client.list("listOsTypes", {"description": "Debian GNU/Linux 12 (64-bit)"})[0]["id"]
    wanted = {
        "name": name, "displaytext": name, "zoneid": "-1", "format": "QCOW2", "hypervisor": "KVM", "isrouting": True,
        "ostypeid": guest_os, "url": "http://images.example.com/system.qcow2", **more,
    }  # fmt: skip
    template = str(cloud.client.run("registerTemplate", wanted)["template"][0]["id"])
    while not all(row["isready"] for row in rows_of(cloud, template)):
        cloud.client.clock.sleep(1)
    if system:
        cloud.client.run("updateTemplate", {"id": template, "templatetype": "SYSTEM"})
    sim.counters.reset()
    return template


def rows_of(cloud: PopulatedCloud, template: str) -> list[dict[str, Any]]:
    return cloud.client.list("listTemplates", {"templatefilter": "all", "id": template})


def made_from(cloud: PopulatedCloud) -> dict[str, set[str]]:
    """Kind of system VM to the templates that they were made from."""
    found: dict[str, set[str]] = {}
    for row in cloud.client.list("listSystemVms"):
        found.setdefault(row["systemvmtype"], set()).add(row["templateid"])
    return found


def sent(cloud: PopulatedCloud) -> dict[str, int]:
    return {name: cloud.sent[name] for name in CHANGES}


def test_a_console_proxy_goes_first_and_all_are_made_from_the_template(cloud):
    wanted = register(cloud, "next")
    planned = cloud.run(MODULE, check=True, template="next", hypervisor="KVM", routers=True)
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert planned["plan"][0]["step"].startswith("set router.template.kvm globally from")
    assert [(entry["wave"], entry["kind"].split()[0]) for entry in planned["plan"][1:]] == [
        (1, "consoleproxy"), (2, "secondarystoragevm"), (2, "routers"), (2, "consoleproxy"),
        (2, "secondarystoragevm"), (2, "routers"),
    ]  # fmt: skip

    done = cloud.run(MODULE, template="next")
    assert done["counts"] == {"done": 4}
    assert made_from(cloud) == {"consoleproxy": {wanted}, "secondarystoragevm": {wanted}}
    assert sent(cloud) == {"updateConfiguration": 1, "destroySystemVm": 4, "restartNetwork": 0}

    again = cloud.run(MODULE, template=wanted)
    assert (again["changed"], cloud.changes) == (False, 0)
    routers = cloud.run(MODULE, template="next", routers=True)
    assert routers["counts"] == {"already": 4, "done": 2}
    assert {row["templateid"] for row in cloud.client.list("listRouters", {"listall": True})} == {wanted}


def test_one_zone_alone(cloud):
    wanted = register(cloud, "next")
    done = cloud.run(MODULE, template="next", zone="Populated-2")
    assert done["counts"] == {"done": 2}
    there = {row["zonename"] for row in cloud.client.list("listSystemVms") if row["templateid"] == wanted}
    assert there == {"Populated-2"}


def test_a_name_without_a_ready_template_is_refused(cloud):
    with pytest.raises(NotFound, match="no template 'nowhere'"):
        cloud.run(MODULE, template="nowhere")
    register(cloud, "no system template", system=False)
    with pytest.raises(InvalidInput, match="type ROUTING") as caught:
        cloud.run(MODULE, template="no system template")
    assert (caught.value.option, cloud.changes) == ("template", 0)

    template = register(cloud, "not everywhere")
    db = cloud.sim.db
    store = db.image_stores.first(name="Populated-2-images")
    copy = db.template_copies.first(template_id=db.templates.find(template).id, store_id=store.id)
    copy.state = "DOWNLOAD_ERROR"
    with pytest.raises(InvalidInput, match="zone Populated-2"):
        cloud.run(MODULE, template="not everywhere")
    assert sum(sent(cloud).values()) == 0


def test_it_must_be_on_every_image_store_of_a_zone(cloud):
    register(cloud, "next")
    zone = cloud.client.list("listZones")[0]
    store = {"name": "second", "provider": "NFS", "url": "nfs://10.3.0.9/second", "zoneid": zone["id"]}
    cloud.client.run("addImageStore", store)
    for copy in list(cloud.sim.db.template_copies):
        if cloud.sim.db.image_stores[copy.store_id].name == "second":
            cloud.sim.db.template_copies.delete(copy)
    with pytest.raises(InvalidInput, match="not on the image stores second"):
        cloud.run(MODULE, template="next", check=True)


def test_templates_may_share_a_name_and_the_server_takes_the_newest(cloud):
    older = register(cloud, "next")
    newer = register(cloud, "the next one")
    cloud.client.run("updateTemplate", {"id": newer, "name": "next"})
    cloud.sim.counters.reset()
    with pytest.raises(Ambiguous, match="2 templates"):
        cloud.run(MODULE, template="next")
    with pytest.raises(InvalidInput, match="newer"):
        cloud.run(MODULE, template=older)
    assert sum(sent(cloud).values()) == 0
    cloud.run(MODULE, template=newer)
    assert made_from(cloud)["consoleproxy"] == {newer}


def test_a_template_for_another_architecture_is_refused(cloud):
    register(cloud, "arm", arch="aarch64")
    with pytest.raises(InvalidInput, match="aarch64"):
        cloud.run(MODULE, template="arm", check=True)


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_run_cut_off_at_any_call_is_resumed(cloud, cut):
    wanted = register(cloud, "next")
    rule = cloud.sim.faults.add({"do": "lose-answer", "command": list(CHANGES), "nth": cut})
    try:
        assert cloud.run(MODULE, template="next", retries=0)["failed"]
    except Exception as error:  # noqa: BLE001 - however it ends
        assert "updateConfiguration" in str(error)
    cloud.sim.faults.remove(rule)
    assert not cloud.run(MODULE, template="next", retries=0).get("failed")
    assert made_from(cloud) == {"consoleproxy": {wanted}, "secondarystoragevm": {wanted}}
    assert sent(cloud) == {"updateConfiguration": 1, "destroySystemVm": 4, "restartNetwork": 0}
