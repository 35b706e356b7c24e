"""A template in the place of another: nobody who may use the old one is ever without either."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput, NotFound
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed

MODULE = "template_replacement"
PAIR = {"name": "golden", "replacement": "golden-v2"}
NEW = {**PAIR, "url": "http://images.example.com/golden-v2.qcow2"}


@pytest.fixture
def cloud() -> StorageCloud:
    """The template golden is public and let to the account sharer."""
    found = StorageCloud()
    found.do("createAccount", username="sharer", password="x", email="a@b.c", firstname="a", lastname="b",
             accounttype=0)  # fmt: skip
    found.run("template", name="golden", is_public=True, is_featured=True, accounts=["sharer"])
    return found


def template(cloud: StorageCloud, name: str) -> dict[str, Any]:
    return cloud.one("listTemplates", templatefilter="all", name=name)


def visible(cloud: StorageCloud, name: str) -> tuple[bool, bool, list[str]]:
    row = template(cloud, name)
    told = cloud.client.call("listTemplatePermissions", {"id": row["id"]})["templatepermission"]
    return row["ispublic"], row["isfeatured"], [name for name in told.get("account", ()) if name != "admin"]


def test_the_new_one_is_registered_like_the_old_and_takes_over_who_may_use_it(cloud):
    planned = cloud.run(MODULE, check=True, **NEW)
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert planned["plan"][0]["reason"] == "golden-v2 is to be registered"
    done = cloud.run(MODULE, **NEW)
    assert (done["counts"], done["plan"]) == ({"done": 1}, planned["plan"])
    old, new = template(cloud, "golden"), template(cloud, "golden-v2")
    assert {f: new[f] for f in ("format", "hypervisor", "ostypeid", "isready")} == {
        **{f: old[f] for f in ("format", "hypervisor", "ostypeid")}, "isready": True,
    }  # fmt: skip
    assert (visible(cloud, "golden-v2"), visible(cloud, "golden")) == ((True, True, ["sharer"]), (False, False, []))
    again = cloud.run(MODULE, **NEW)
    assert (again["changed"], cloud.changes) == (False, 0)


def test_the_old_one_is_removed_when_no_instance_uses_it_and_its_name_was_typed(cloud):
    machine = cloud.deploy("web")
    cloud.run(MODULE, **NEW)
    removal = {**PAIR, "remove": True, "confirm": "golden"}
    used = cloud.run(MODULE, **removal)
    assert (used["counts"], cloud.changes) == ({"left": 1}, 0)
    assert "1 instances (web) still use it" in used["report"]["targets"][0]["reason"]

    cloud.do("destroyVirtualMachine", id=machine["id"], expunge=True)
    with pytest.raises(InvalidInput, match="wants to be confirmed") as caught:
        cloud.run(MODULE, **{**removal, "confirm": "golden-v2"})
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    assert cloud.run(MODULE, **removal)["counts"] == {"done": 1}
    assert cloud.rows("listTemplates", templatefilter="all", name="golden") == []
    assert (cloud.run(MODULE, **removal)["changed"], cloud.changes) == (False, 0)


def test_a_download_that_fails_leaves_the_old_one_as_it_was(cloud):
    cloud.fails("image-store-full", where="ss1")
    told = cloud.run(MODULE, retries=0, **NEW)
    assert told["failed"]
    assert "golden stays as it is" in told["msg"]
    assert visible(cloud, "golden") == (True, True, ["sharer"])


def test_a_success_that_let_nobody_in_never_hides_the_old_one(cloud):
    [answer, before] = [cloud.sim.reply, visible(cloud, "golden")]

    def reply(fields, method):
        found = answer(fields, method)
        for row in cloud.sim.db.templates if fields["command"] == "updateTemplatePermissions" else ():
            if row.name == "golden-v2":
                row.public = row.featured = False
        return found

    cloud.sim.reply = reply
    told = cloud.run(MODULE, retries=0, **NEW)
    assert told["failed"]
    assert "the server reported success" in told["msg"]
    assert visible(cloud, "golden") == before


@pytest.mark.parametrize("kind", ["killed_before", "killed_after", "lost"])
def test_cut_off_at_any_call_it_goes_on_and_ends_at_the_goal(kind):
    at = 0
    while True:
        cloud = StorageCloud()
        cloud.run("template", name="golden", is_public=True)
        fault = Fault(kind, at, is_changing)
        with contextlib.suppress(Killed):
            cloud.run(MODULE, fault=fault, remove=True, confirm="golden", **NEW)
        if not fault.hit:
            break
        cloud.sim.settle()
        cloud.run(MODULE, remove=True, confirm="golden", **NEW)
        assert [row["name"] for row in cloud.rows("listTemplates", templatefilter="self")] == ["golden-v2"]
        assert template(cloud, "golden-v2")["ispublic"] is True
        assert (cloud.run(MODULE, remove=True, confirm="golden", **NEW)["changed"], cloud.changes) == (False, 0)
        at += 1
    assert at == 4


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (PAIR, "replacement"),
        ({**NEW, "replacement": "golden"}, "replacement"),
        ({"name": "other", "replacement": "golden"}, "replacement"),
    ],
    ids=["nothing to replace it by", "itself", "another format"],
)
def test_refused_before_anything_is_sent(cloud, options, option):
    system = template(cloud, "golden")["ostypeid"]
    cloud.do("registerTemplate", name="other", displaytext="x", zoneid=cloud.zone, format="RAW", hypervisor="KVM",
             ostypeid=system, url="http://images.example.com/other.raw")  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        cloud.run(MODULE, **options)
    assert (caught.value.option, cloud.changes) == (option, 0)
    assert caught.value.remedy


def test_an_unknown_template_and_one_of_system_vms_are_refused(cloud):
    with pytest.raises(NotFound, match="goldn"):
        cloud.run(MODULE, name="goldn", replacement="new")
    system = next(row for row in cloud.rows("listTemplates", templatefilter="all") if row["templatetype"] == "SYSTEM")
    with pytest.raises(InvalidInput, match=r"of type SYSTEM.*system_vm_template_replacement"):
        cloud.run(MODULE, **{**NEW, "name": system["name"]})
    builtin = next(row for row in cloud.rows("listTemplates", templatefilter="all") if row["templatetype"] == "BUILTIN")
    with pytest.raises(InvalidInput, match=r"of type BUILTIN.*belong to the server"):
        cloud.run(MODULE, **{**NEW, "name": builtin["name"]})
    assert cloud.changes == 0


def scaling_group(cloud: StorageCloud) -> dict[str, Any]:
    """An enabled autoscale group whose instances are made from golden."""
    ip = cloud.do("associateIpAddress", networkid=cloud.network)["ipaddress"]["id"]
    rule = cloud.do("createLoadBalancerRule", publicipid=ip, algorithm="roundrobin", name="lb", publicport=80,
                    privateport=80, protocol="tcp")["loadbalancer"]["id"]  # fmt: skip
    counter = cloud.rows("listCounters", provider="VirtualRouter", source="CPU")[0]["id"]
    policies = {}
    for word, operator in (("up", "GT"), ("down", "LT")):
        condition = cloud.do("createCondition", counterid=counter, relationaloperator=operator, threshold=50)
        policy = {"action": f"scale{word}", "duration": 60, "conditionids": condition["condition"]["id"]}
        policies[f"scale{word}policyids"] = cloud.do("createAutoScalePolicy", **policy)["autoscalepolicy"]["id"]
    profile = cloud.do("createAutoScaleVmProfile", zoneid=cloud.zone, templateid=template(cloud, "golden")["id"],
                       serviceofferingid=cloud.one("listServiceOfferings", name="Small Instance")["id"])  # fmt: skip
    wanted = {"lbruleid": rule, "minmembers": 1, "maxmembers": 2, "vmprofileid": profile["autoscalevmprofile"]["id"]}
    return cloud.do("createAutoScaleVmGroup", name="shop", **wanted, **policies)["autoscalevmgroup"]


def scaling(cloud: StorageCloud) -> tuple[str, str]:
    """State of the group, and the template of its profile."""
    ids = {row["id"]: row["name"] for row in cloud.rows("listTemplates", templatefilter="all")}
    profile = cloud.one("listAutoScaleVmProfiles", listall=True)
    return cloud.one("listAutoScaleVmGroups", listall=True)["state"], ids[profile["templateid"]]


def test_autoscale_groups_are_named_and_stay_unless_their_profile_shall_follow(cloud):
    scaling_group(cloud)
    planned = cloud.run(MODULE, check=True, **NEW)
    assert "  autoscale group shop: stays with golden\n" in planned["diff"]["prepared"]
    assert planned["warnings"] == [
        "autoscale group shop: new instances are still made from golden; set repoint_autoscale to change that"
    ]
    cloud.run(MODULE, **NEW)
    assert scaling(cloud) == ("ENABLED", "golden")

    planned = cloud.run(MODULE, check=True, repoint_autoscale=True, **NEW)
    assert "autoscale group shop: new instances are made from golden-v2; it does not" in planned["diff"]["prepared"]
    assert cloud.changes == 0
    done = cloud.run(MODULE, repoint_autoscale=True, **NEW)
    assert (done["counts"], scaling(cloud)) == ({"done": 1}, ("ENABLED", "golden-v2"))
    assert cloud.rows("listAnnotations", annotationfilter="all") == []
    assert (cloud.run(MODULE, repoint_autoscale=True, **NEW)["changed"], cloud.changes) == (False, 0)


def test_a_template_that_a_group_makes_instances_from_is_never_removed(cloud):
    group = scaling_group(cloud)["id"]
    cloud.sim.advance(120)
    cloud.do("disableAutoScaleVmGroup", id=group)
    for vm in cloud.rows("listVirtualMachines", listall=True):
        cloud.do("destroyVirtualMachine", id=vm["id"], expunge=True)
    cloud.do("enableAutoScaleVmGroup", id=group)
    cloud.run(MODULE, **NEW)
    kept = cloud.run(MODULE, remove=True, confirm="golden", **PAIR)
    assert "replaced; " in kept["report"]["targets"][0]["reason"]
    assert "autoscale group shop still use it" in kept["report"]["targets"][0]["reason"]
    assert (kept["counts"], cloud.changes) == ({"left": 1}, 0)


@pytest.mark.parametrize("kind", ["killed_before", "killed_after", "lost"])
def test_a_group_scales_again_wherever_a_run_was_cut_off(kind):
    for at in range(2, 20):
        cloud = StorageCloud()
        scaling_group(cloud)
        fault = Fault(kind, at, is_changing)
        with contextlib.suppress(Killed):
            cloud.run(MODULE, fault=fault, repoint_autoscale=True, **NEW)
        if not fault.hit:
            break
        cloud.sim.settle()
        cloud.run(MODULE, repoint_autoscale=True, **NEW)
        assert scaling(cloud) == ("ENABLED", "golden-v2")
        assert cloud.rows("listAnnotations", annotationfilter="all") == []
        assert (cloud.run(MODULE, repoint_autoscale=True, **NEW)["changed"], cloud.changes) == (False, 0)
    assert at == 6


def test_a_success_that_left_a_profile_as_it_was_is_a_failure(cloud):
    scaling_group(cloud)
    cloud.sim.faults.add({"do": "claim-success", "command": "updateAutoScaleVmProfile"})
    told = cloud.run(MODULE, retries=0, repoint_autoscale=True, **NEW)
    assert told["failed"]
    assert "has the old template still" in told["msg"]
    assert scaling(cloud) == ("ENABLED", "golden")
    assert visible(cloud, "golden")[0] is True
