"""Scaling: counters, conditions, policies, profiles and groups."""

from __future__ import annotations

import base64
from typing import Any

import pytest


@pytest.fixture
def scaling(running: Any) -> dict[str, str]:
    """Ids of a load balancer rule, two policies and a profile."""
    op = running.op
    offering = op.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0]["id"]
    network = op.do("createNetwork", name="n", zoneid=running.zone, networkofferingid=offering)["network"]["id"]
    ip = op.do("associateIpAddress", networkid=network)["ipaddress"]["id"]
    rule = op.do(
        "createLoadBalancerRule", publicipid=ip, algorithm="roundrobin", name="lb", publicport=80, privateport=8080,
        protocol="tcp", networkid=network,
    )["loadbalancer"]["id"]  # fmt: skip
    counter = op.rows("listCounters", provider="VirtualRouter", source="CPU")[0]["id"]
    ids = {"rule": rule, "counter": counter}
    for word, operator, threshold in (("up", "GT", 80), ("down", "LT", 20)):
        ids[word + " condition"] = op.do(
            "createCondition", counterid=counter, relationaloperator=operator, threshold=threshold
        )["condition"]["id"]
        ids[word] = op.do(
            "createAutoScalePolicy",
            name=word,
            action=f"scale{word}",
            duration=60,
            conditionids=ids[word + " condition"],
        )["autoscalepolicy"]["id"]
    ids["profile"] = op.do(
        "createAutoScaleVmProfile", zoneid=running.zone,
        serviceofferingid=op.rows("listServiceOfferings", name="Small Instance")[0]["id"],
        templateid=op.rows("listTemplates", templatefilter="all", name="golden")[0]["id"],
    )["autoscalevmprofile"]["id"]  # fmt: skip
    return ids


def new_group(op: Any, ids: dict[str, str], **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = op.do("createAutoScaleVmGroup", **(group_of(ids) | more))["autoscalevmgroup"]
    return found


def group_of(ids: dict[str, str]) -> dict[str, Any]:
    return {
        "name": "web", "lbruleid": ids["rule"], "minmembers": 2, "maxmembers": 4, "scaleuppolicyids": ids["up"],
        "scaledownpolicyids": ids["down"], "vmprofileid": ids["profile"],
    }  # fmt: skip


def test_a_group_gets_as_many_instances_as_it_needs_at_least(running: Any, scaling: dict[str, str]) -> None:
    op = running.op
    group = new_group(op, scaling, name="web")
    assert (group["state"], group["availablevirtualmachinecount"], group["lbprovider"]) == (
        "ENABLED",
        0,
        "VirtualRouter",
    )
    running.sim.advance(120)
    vms = op.rows("listVirtualMachines", autoscalevmgroupid=group["id"])
    assert [vm["state"] for vm in vms] == ["Running"] * 2
    assert all(vm["name"].startswith("autoScaleVm-web-") and vm["autoscalevmgroupname"] == "web" for vm in vms)
    balanced = op.rows("listLoadBalancerRuleInstances", id=scaling["rule"])
    assert {vm["id"] for vm in balanced} == {vm["id"] for vm in vms}
    assert op.only("listAutoScaleVmGroups", id=group["id"])["availablevirtualmachinecount"] == 2
    assert op.refused("destroyVirtualMachine", id=vms[0]["id"])[1].startswith("Cannot perform actions on VM in an Auto")
    gone = {"id": scaling["rule"], "virtualmachineids": vms[0]["id"]}
    assert op.refused("removeFromLoadBalancerRule", **gone)[1].startswith(
        "Cannot perform actions on VM in an AutoScale"
    )
    op.do("disableAutoScaleVmGroup", id=group["id"])
    op.do("destroyVirtualMachine", id=vms[0]["id"])
    op.do("enableAutoScaleVmGroup", id=group["id"])
    running.sim.advance(120)
    assert op.only("listAutoScaleVmGroups", id=group["id"])["availablevirtualmachinecount"] == 2
    code, text = op.refused("deleteAutoScaleVmGroup", id=group["id"])
    assert (code, "because it is in ENABLED state" in text) == (431, True)
    op.do("deleteAutoScaleVmGroup", id=group["id"], cleanup="true")
    assert op.rows("listAutoScaleVmGroups") == []
    assert op.rows("listVirtualMachines", state="Running") == []


def test_what_is_in_use_stays(running: Any, scaling: dict[str, str]) -> None:
    op = running.op
    new_group(op, scaling)
    for command, which, code in (
        ("deleteCounter", "counter", 536),
        ("deleteCondition", "up condition", 536),
        ("deleteAutoScalePolicy", "up", 431),
        ("deleteAutoScaleVmProfile", "profile", 431),
    ):
        told = op.refused(command, id=scaling[which])
        assert told[0] in (code, 530), told
        assert "in use" in told[1]


def test_only_a_disabled_group_changes_its_size(running: Any, scaling: dict[str, str]) -> None:
    op = running.op
    group = new_group(op, scaling)["id"]
    assert "only when it is in disabled state" in op.refused("updateAutoScaleVmGroup", id=group, minmembers=1)[1]
    assert op.do("updateAutoScaleVmGroup", id=group, name="new")["autoscalevmgroup"]["name"] == "new"
    op.do("disableAutoScaleVmGroup", id=group)
    changed = op.do("updateAutoScaleVmGroup", id=group, minmembers=1)["autoscalevmgroup"]
    assert (changed["minmembers"], changed["state"]) == (1, "DISABLED")
    assert op.do("updateAutoScalePolicy", id=scaling["up"], duration=90)["autoscalepolicy"]["duration"] == 90
    assert op.do("enableAutoScaleVmGroup", id=group)["autoscalevmgroup"]["state"] == "ENABLED"
    assert "disabled in state" in op.refused("updateAutoScalePolicy", id=scaling["up"], duration=60)[1]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"minmembers": 0}, "minmembers is an invalid value: 0"),
        ({"maxmembers": -1}, "maxmembers is an invalid value: -1"),
        ({"minmembers": 5}, "minmembers (5)cannot be greater than maxmembers (4)"),
        ({"name": ""}, "Invalid AutoScale VM group name"),
        ({"name": "a_b"}, "Invalid AutoScale VM group name"),
        ({"interval": 0}, "interval is an invalid value: 0"),
        ({"interval": 61}, "cannot be less than vm group's interval : 61"),
        ({"scaleuppolicyids": "down"}, "Only scaleup policies can be specified in scaleuppolicyids"),
        ({"scaledownpolicyids": "up"}, "Only scaledown policies can be specified in scaledownpolicyids"),
    ],
)
def test_groups_that_are_refused(running: Any, scaling: dict[str, str], changed: dict[str, Any], named: str) -> None:
    given = {key: scaling.get(str(value), value) for key, value in changed.items()}
    code, text = running.op.refused("createAutoScaleVmGroup", **(group_of(scaling) | given))
    assert (code, named in text) == (431, True), text


@pytest.mark.parametrize(
    ("command", "params", "named"),
    [
        ("createCondition", {"relationaloperator": "XX", "threshold": 1}, "The Operator XX does not exist"),
        ("createCondition", {"relationaloperator": "gt", "threshold": -1}, "must be equal to or greater than 0."),
        ("createCounter", {"name": "c", "source": "moon", "value": "v", "provider": "None"}, "The Source MOON"),
        ("createCounter", {"name": "c", "source": "cpu", "value": "v", "provider": "moon"}, "The Provider moon"),
        ("createAutoScalePolicy", {"action": "jump", "duration": 1, "conditionids": "up"}, "[SCALEUP, SCALEDOWN]"),
        ("createAutoScalePolicy", {"action": "scaleup", "duration": -1, "conditionids": "up"}, "duration is an"),
    ],
)
def test_parts_that_are_refused(
    running: Any, scaling: dict[str, str], command: str, params: dict[str, Any], named: str
) -> None:
    given = {"counterid": scaling["counter"]} if command == "createCondition" else {}
    given |= {k: scaling["up condition"] if k == "conditionids" else v for k, v in params.items()}
    code, text = running.op.refused(command, **given)
    assert (code, named in text) == (431, True), text


def test_instances_of_a_group_have_the_profiles_user_data(running: Any, scaling: dict[str, str]) -> None:
    op, text = running.op, base64.b64encode(b"#cloud-config").decode()
    data = op.do("registerUserData", name="init", userdata=text, params="a,b")["userdata"]["id"]
    more = {"userdataid": data, "userdatadetails[0].a": "1", "userdatadetails[0].b": "2"}
    profile = op.do("updateAutoScaleVmProfile", id=scaling["profile"], **more)["autoscalevmprofile"]
    assert (profile["userdata"], profile["userdataid"], profile["userdataname"]) == (text, data, "init")
    assert profile["userdatadetails"] == "{a=1, b=2}"
    group = new_group(op, scaling, name="web")["id"]
    running.sim.advance(120)
    vms = op.rows("listVirtualMachines", autoscalevmgroupid=group, userdata="true")
    assert {(vm["userdata"], vm["userdataid"], vm["userdatadetails"]) for vm in vms} == {(text, data, "{a=1, b=2}")}
    refused = op.refused("updateAutoScaleVmProfile", id=scaling["profile"], userdata="=", userdataid=data)
    assert refused[0] == 431


def test_a_group_needs_a_network_that_scales_and_knows_its_counters(running: Any, scaling: dict[str, str]) -> None:
    op = running.op
    netscaler = op.rows("listCounters", provider="Netscaler", source="SNMP")[0]["id"]
    condition = op.do("createCondition", counterid=netscaler, relationaloperator="GT", threshold=1)["condition"]["id"]
    foreign = op.do("createAutoScalePolicy", action="scaleup", duration=60, conditionids=condition)
    code, text = op.refused(
        "createAutoScaleVmGroup", **(group_of(scaling) | {"scaleuppolicyids": foreign["autoscalepolicy"]["id"]})
    )
    assert (code, text) == (431, "AutoScale counter with source='SNMP' is not supported in the network")
    network = running.sim.db.networks.find(op.only("listLoadBalancerRules", id=scaling["rule"])["networkid"])
    running.sim.db.network_offerings[network.offering_id].lb_autoscaling = False
    assert op.only("listNetworks", id=network.uuid)["supportsvmautoscaling"] is False
    assert op.refused("createAutoScaleVmGroup", **group_of(scaling)) == (
        431,
        "Vm AutoScaling is not supported by this network.",
    )


def test_a_refused_change_of_a_group_changes_nothing(running: Any, scaling: dict[str, str]) -> None:
    op = running.op
    group = new_group(op, scaling)["id"]
    op.do("disableAutoScaleVmGroup", id=group)
    more = op.do("createAutoScalePolicy", action="scaleup", duration=90, conditionids=scaling["up condition"])
    wrong = {"scaleuppolicyids": more["autoscalepolicy"]["id"], "scaledownpolicyids": scaling["up"], "minmembers": 3}
    assert "Only scaledown" in op.refused("updateAutoScaleVmGroup", id=group, **wrong)[1]
    found = op.only("listAutoScaleVmGroups", id=group)
    assert ([p["id"] for p in found["scaleuppolicies"]], found["minmembers"]) == ([scaling["up"]], 2)


def test_things_of_two_accounts_make_no_policy(running: Any, scaling: dict[str, str]) -> None:
    op = running.op
    other = running.sim.db.scaling_conditions.find(scaling["down condition"])
    other.account_id = 1
    both = f"{scaling['up condition']},{other.uuid}"
    code, text = op.refused("createAutoScalePolicy", action="scaleup", duration=60, conditionids=both)
    assert (code, text.endswith("belong to different accounts")) == (531, True)


def test_a_profiles_parameters_reach_the_instances(running: Any, scaling: dict[str, str]) -> None:
    op = running.op
    key = op.do("registerSSHKeyPair", name="k", publickey="ssh-rsa AAAA k")["keypair"]["name"]
    given = {
        "otherdeployparams[0].name": "keypairs", "otherdeployparams[0].value": f"{key},gone",
        "otherdeployparams[1].name": "rootdisksize", "otherdeployparams[1].value": "20",
        "counterparam[0].name": "snmpport", "counterparam[0].value": "161",
    }  # fmt: skip
    profile = op.do("updateAutoScaleVmProfile", id=scaling["profile"], **given)["autoscalevmprofile"]
    assert profile["otherdeployparams"] == {"keypairs": "k,gone", "rootdisksize": "20"}
    assert profile["counterparam"] == {"snmpport": "161"}
    group = new_group(op, scaling, name="a" * 70, minmembers=1)["id"]
    running.sim.advance(120)
    vm = op.only("listVirtualMachines", autoscalevmgroupid=group)
    assert (len(vm["name"]), vm["keypairs"], vm["name"].split("-")[2]) == (63, "k", "1")
    root = op.only("listVolumes", virtualmachineid=vm["id"])
    assert root["size"] == 20 << 30


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("userdata", "x", "Unsupported otherdeployparams key: userdata. Supported values are [rootdisksize, disk"),
        ("diskofferingid", "x", "Unable to execute API command deployvirtualmachine due to invalid value."),
    ],
)
def test_profiles_that_nothing_can_be_deployed_with(
    running: Any, scaling: dict[str, str], name: str, value: str, named: str
) -> None:
    op = running.op
    profile = op.only("listAutoScaleVmProfiles", id=scaling["profile"])
    params = {key: profile[key] for key in ("zoneid", "serviceofferingid", "templateid")}
    more = {"otherdeployparams[0].name": name, "otherdeployparams[0].value": value}
    code, text = op.refused("createAutoScaleVmProfile", **params, **more)
    assert (code, text.startswith(named)) == (431, True), text


def test_scaling_leaves_events(running: Any, scaling: dict[str, str]) -> None:
    op = running.op
    group = new_group(op, scaling)["id"]
    for command in ("disableAutoScaleVmGroup", "enableAutoScaleVmGroup"):
        op.do(command, id=group)
    op.do("deleteAutoScaleVmGroup", id=group, cleanup="true")
    op.do("deleteAutoScalePolicy", id=scaling["up"])
    found = {(e["type"], e["state"], e["description"]) for e in op.rows("listEvents")}
    for kind, state, text in (
        ("AUTOSCALEVMGROUP.CREATE", "Created", "Successfully created entity for creating autoscale vm group"),
        ("AUTOSCALEVMGROUP.CREATE", "Completed", "Successfully completed creating autoscale vm group"),
        ("AUTOSCALEVMGROUP.DISABLE", "Completed", "Successfully completed disabling autoscale vm group"),
        ("AUTOSCALEVMGROUP.DELETE", "Completed", "Successfully completed deleting autoscale vm group"),
        ("AUTOSCALEPOLICY.CREATE", "Created", "Successfully created entity for creating autoscale policy"),
        ("AUTOSCALEPOLICY.DELETE", "Completed", "Successfully completed deleting autoscale policy"),
    ):
        assert (kind, state, text) in found
