"""Virtual network functions: templates that describe their NICs, and appliances made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Place

NICS = {
    "vnfnics[0].deviceid": "0", "vnfnics[0].name": "WAN", "vnfnics[0].management": "false",
    "vnfnics[1].deviceid": "1", "vnfnics[1].name": "LAN", "vnfnics[1].required": "false",
}  # fmt: skip
DETAILS = {"vnfdetails[0].vendor": "Acme", "vnfdetails[0].ACCESS_METHODS": "ssh-password,console"}


def order(place: Place, **more: Any) -> dict[str, Any]:
    system = place.op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]["id"]
    return {
        "name": "firewall", "displaytext": "fw", "zoneid": place.cloud.zone, "format": "QCOW2", "hypervisor": "KVM",
        "ostypeid": system, "url": "http://images.example.com/fw.qcow2", **NICS, **DETAILS, **more,
    }  # fmt: skip


@pytest.fixture
def template(place: Place) -> dict[str, Any]:
    made: dict[str, Any] = place.op.do("registerVnfTemplate", **order(place))["template"][0]
    place.cloud.sim.advance(60)
    return made


def test_a_template_describes_its_nics(place: Place, template: dict[str, Any]) -> None:
    op, shown = place.op, {"templatefilter": "self"}
    assert (template["templatetype"], template["vnfdetails"]) == (
        "VNF", {"vendor": "Acme", "access_methods": "console,ssh-password"},
    )  # fmt: skip
    assert [(n["name"], n["required"], n["management"]) for n in template["vnfnics"]] == [
        ("WAN", True, False), ("LAN", False, True),
    ]  # fmt: skip
    assert [row["name"] for row in op.rows("listVnfTemplates", **shown)] == ["firewall"]
    changed = op.do("updateVnfTemplate", id=template["id"], cleanupvnfdetails="true", displaytext="new")["template"]
    assert (changed["vnfdetails"], len(changed["vnfnics"]), changed["displaytext"]) == ({}, 2, "new")
    plain = op.only("listTemplates", templatefilter="all", name="golden")
    assert "is not a VNF template. The template type is USER." in op.refused("updateVnfTemplate", id=plain["id"])[1]
    assert op.refused("deleteVnfTemplate", id=plain["id"])[0] == 431
    op.do("deleteVnfTemplate", id=template["id"])
    assert op.rows("listVnfTemplates", **shown) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"templatetype": "USER"}, "The template type must be VNF for VNF templates."),
        ({"vnfdetails[0].colour": "red"}, "Invalid VNF detail found: colour."),
        ({"vnfdetails[0].access_methods": "telnet"}, "Invalid VNF access method found: telnet."),
        ({"vnfnics[1].deviceid": "2"}, "Nic deviceid should be 1 but actual is 2."),
        ({"vnfnics[0].required": "false", "vnfnics[1].required": "true"}, "required cannot be true if a preceding nic"),
        ({"vnfnics[0].name": ""}, "VNF nic name and deviceid cannot be null"),
    ],
)
def test_templates_that_are_refused(place: Place, more: dict[str, str], said: str) -> None:
    code, text = place.op.refused("registerVnfTemplate", **order(place, **more))
    assert (code, said in text) == (431, True), text
    assert place.op.rows("listVnfTemplates", templatefilter="all") == []


def test_an_appliance_shows_which_nic_is_where(place: Place, template: dict[str, Any]) -> None:
    wanted = place.order("fw", templateid=template["id"])
    assert place.op.refused("deployVnfAppliance", **{**wanted, "networkids": ""}) == (431, "VNF nics list is empty")
    assert place.op.refused("deployVnfAppliance", **wanted, vnfcidrlist="10.0.0.0")[1] == (
        "Invalid cidr for VNF appliance: 10.0.0.0"
    )
    vm = place.op.do("deployVnfAppliance", **wanted)["virtualmachine"]
    assert (vm["state"], [n.get("networkid") for n in vm["vnfnics"]]) == ("Running", [place.network, None])
    place.deploy("plain")
    assert [row["name"] for row in place.op.rows("listVnfAppliances")] == ["fw"]
    assert len(place.op.rows("listVirtualMachines")) == 2


def test_the_management_nic_is_opened_on_demand(place: Place, template: dict[str, Any]) -> None:
    op, management = place.op, {"vnfnics[0].management": "true", "vnfdetails[0].ssh_port": "2022"}
    op.do("updateVnfTemplate", id=template["id"], **NICS | DETAILS | management)
    op.do("deployVnfAppliance", **place.order("closed", templateid=template["id"]))
    assert op.rows("listFirewallRules") == []
    wanted = place.order("open", templateid=template["id"], vnfconfiguremanagement="true")
    vm = op.do("deployVnfAppliance", **wanted, vnfcidrlist="192.0.2.0/24,198.51.100.0/24")["virtualmachine"]
    ip = op.only("listPublicIpAddresses", isstaticnat="true")
    assert (ip["virtualmachineid"], ip["issourcenat"], ip["associatednetworkid"]) == (vm["id"], False, place.network)
    rule = op.only("listFirewallRules", ipaddressid=ip["id"])
    assert (rule["protocol"], rule["startport"], rule["endport"], rule["cidrlist"]) == (
        "tcp", 2022, 2022, "192.0.2.0/24,198.51.100.0/24",
    )  # fmt: skip


def test_network_functions_and_other_templates_are_told_apart(place: Place, template: dict[str, Any]) -> None:
    assert place.op.refused("deployVnfAppliance", **place.order("fw")) == (
        431, "Can't deploy VNF appliance from a non-VNF template",
    )  # fmt: skip
    bare = {**place.order("fw", templateid=template["id"]), "networkids": ""}
    assert place.op.refused("deployVirtualMachine", **bare) == (431, "VNF nics list is empty")


def test_security_groups_open_the_management_nic_too(place: Place, template: dict[str, Any]) -> None:
    op, sim = place.op, place.cloud.sim
    offering = op.only("listNetworkOfferings", name="DefaultL2NetworkOffering")["id"]
    flat = op.do("createNetwork", name="l2", displaytext="l2", zoneid=place.cloud.zone, networkofferingid=offering)
    sim.db.zones.find(place.cloud.zone).security_groups = True
    op.do("updateVnfTemplate", id=template["id"], **NICS, **{"vnfdetails[0].access_methods": "https,http,ssh-key"})
    wanted = place.order("fw", templateid=template["id"], vnfconfiguremanagement="true", startvm="false")
    op.do("deployVnfAppliance", **{**wanted, "networkids": flat["network"]["id"]})
    (group,) = [g for g in op.rows("listSecurityGroups") if g["name"].startswith("VNF_SecurityGroup_")]
    assert [(r["protocol"], r["startport"], r["endport"], r["cidr"]) for r in group["ingressrule"]] == [
        ("tcp", port, port, "0.0.0.0/0") for port in (22, 80, 443)
    ]
    assert group["virtualmachinecount"] == 1
