"""OAuth providers, themes, quarantined addresses, LDAP without a directory, and mails about quota."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import net
from tests.unit.simulator.conftest import Cloud, Operator

GOOGLE = {
    "provider": "google", "description": "G", "clientid": "c", "secretkey": "s", "redirecturi": "https://x.example.com",
}  # fmt: skip


def test_oauth_providers_are_registered_where_that_is_enabled(op: Operator) -> None:
    assert op.refused("registerOauthProvider", **GOOGLE) == (530, "OAuth is not enabled, please enable to register")
    op.do("updateConfiguration", name="oauth2.enabled", value="true")
    made = op.do("registerOauthProvider", **GOOGLE)["oauthprovider"]
    assert made["enabled"] is True
    assert "already registered" in op.refused("registerOauthProvider", **GOOGLE)[1]
    op.do("updateOauthProvider", id=made["id"], clientid=" other ", enabled="false")
    row = op.only("listOauthProvider", provider="google")
    assert (row["clientid"], row["enabled"], row["secretkey"]) == ("other", False, "s")
    assert "by the name: acme." in op.refused("verifyOAuthCodeAndGetUser", provider="acme")[1]
    assert "not modelled" in op.refused("verifyOAuthCodeAndGetUser", provider="google", secretcode="x")[1]
    op.do("deleteOauthProvider", id=made["id"])
    assert op.rows("listOauthProvider") == []


def test_one_theme_is_everybodys_and_others_are_for_some(op: Operator) -> None:
    default = op.do("createGuiTheme", name="all", css=".a{}")["guiThemes"]
    assert (default["ispublic"], default["recursivedomains"]) == (True, False)
    assert "Only one default GUI theme is allowed" in op.refused("createGuiTheme", name="x", css=".b{}")[1]
    domain = op.do("createDomain", name="d")["domain"]["id"]
    own = op.do("createGuiTheme", name="d", jsonconfiguration="{}", domainids=domain, ispublic="true")["guiThemes"]
    assert (own["ispublic"], own["domainids"]) == (False, domain)
    assert [row["name"] for row in op.rows("listGuiThemes", listonlydefaulttheme="true")] == ["all"]
    assert [row["name"] for row in op.rows("listGuiThemes", domainid=domain)] == ["d"]
    changed = op.do("updateGuiTheme", id=own["id"], css=".c{}", domainids="", commonnames="a.example.com")["guiThemes"]
    assert (changed["css"], changed["commonnames"], "domainids" in changed) == (".c{}", "a.example.com", False)
    op.do("removeGuiTheme", id=default["id"])
    assert [row["name"] for row in op.rows("listGuiThemes")] == ["d"]
    assert len(op.rows("listGuiThemes", showremoved="true")) == 2
    kinds = [event["type"] for event in op.rows("listEvents", keyword="GUI.THEME")]
    assert kinds == ["GUI.THEME.CREATE"] * 2 + ["GUI.THEME.UPDATE", "GUI.THEME.REMOVE"]


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"name": "x"}, "Either the `css` or `jsonConfiguration`"),
        ({"name": "x", "css": "y", "domainids": "nowhere"}, "The Domain ID nowhere does not exist."),
        ({"name": "x", "css": "y", "accountids": "nobody"}, "The Account ID nobody does not exist."),
    ],
)
def test_themes_that_are_refused(op: Operator, params: dict[str, str], named: str) -> None:
    assert named in op.refused("createGuiTheme", **params)[1]


def test_an_address_that_was_given_back_waits_for_its_owner(cloud: Cloud, people: dict[str, Any]) -> None:
    cloud.enable()
    op = cloud.op
    op.do("updateConfiguration", name="public.ip.address.quarantine.duration", value="60")
    network = op.do(
        "createNetwork", name="n", displaytext="n", zoneid=cloud.zone,
        networkofferingid=op.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0][
            "id"
        ],
    )["network"]["id"]  # fmt: skip
    ip = op.do("associateIpAddress", networkid=network)["ipaddress"]
    op.do("disassociateIpAddress", id=ip["id"])
    row = op.only("listQuarantinedIps")
    assert (row["ipaddress"], row["previousownername"]) == (ip["ipaddress"], "admin")
    ann = Operator(cloud.sim, people["ann"])
    offering = op.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0]["id"]
    other = ann.do("createNetwork", name="a", displaytext="a", zoneid=cloud.zone, networkofferingid=offering)["network"]
    assert ann.refused("associateIpAddress", networkid=other["id"], ipaddress=ip["ipaddress"])[0] != 200
    again = op.do("associateIpAddress", networkid=network, ipaddress=ip["ipaddress"])["ipaddress"]
    op.do("disassociateIpAddress", id=again["id"])
    longer = op.do("updateQuarantinedIp", ipaddress=ip["ipaddress"], enddate="2099-01-01")["quarantinedips"]
    assert longer["enddate"].startswith("2099-01-01")
    assert "is blank" in op.refused("removeQuarantinedIp", ipaddress=ip["ipaddress"], removalreason=" ")[1]
    op.do("removeQuarantinedIp", id=longer["id"], removalreason="needed")
    removed = op.rows("listQuarantinedIps", showremoved="true")[-1]
    assert (removed["removalreason"], "removed" in removed) == ("needed", True)
    cloud.sim.advance(3700)
    assert op.rows("listQuarantinedIps") == []
    assert len(op.rows("listQuarantinedIps", showinactive="true")) == 1
    ann.do("associateIpAddress", networkid=other["id"], ipaddress=ip["ipaddress"])
    assert "must be informed" in op.refused("removeQuarantinedIp", removalreason="x")[1]
    assert "no active quarantine" in op.refused("removeQuarantinedIp", removalreason="x", ipaddress="9.9.9.9")[1]


def test_ldap_without_a_directory(op: Operator) -> None:
    assert op.do("searchLdap", query="ann") == {}
    assert op.do("importLdapUsers", accounttype=0) == {}
    assert op.do("ldapConfig", listall="true") == {}
    assert op.refused("ldapConfig", port=389)[1].startswith("You need to provide hostname, port")
    assert op.refused("ldapCreateAccount", username="ann") == (534, "No LDAP user exists with the username of ann")
    assert op.refused("removeSecondaryStorageSelector", id=7)[0] == 431


def test_links_to_groups_of_a_directory_are_noted_where_a_base_is_set(op: Operator) -> None:
    domain = op.do("createDomain", name="staff")["domain"]["id"]
    link = {"domainid": domain, "type": "group", "accounttype": 0}
    one = {**link, "account": "ann", "ldapdomain": "cn=ann"}
    assert "unless a basedn (null)" in op.refused("linkDomainToLdap", **link, ldapdomain="cn=all")[1]
    assert op.refused("linkAccountToLdap", **one) == (
        431, "can not link an account to ldap in a domain for which no basdn is configured"
    )  # fmt: skip
    op.do("updateConfiguration", name="ldap.basedn", value="dc=example", domainid=domain)
    assert op.refused("linkDomainToLdap", **link)[1] == "ldapDomain cannot be empty, please supply a GROUP or OU name"
    assert "accountype should be" in op.refused("linkDomainToLdap", **{**link, "accounttype": 1}, name="cn=all")[1]
    assert "LinkType.TEAM" in op.refused("linkDomainToLdap", **{**link, "type": "team"}, name="cn=all")[1]
    assert op.do("linkDomainToLdap", **link, name="cn=all")["LinkDomainToLdap"] == {
        "domainid": domain, "name": "cn=all", "ldapdomain": "cn=all", "type": "GROUP", "accounttype": 0
    }  # fmt: skip
    made = op.do("linkAccountToLdap", **one)["linkAccountToLdap"]
    row = op.only("listAccounts", domainid=domain, listall="true")
    assert (row["id"], row["name"], row.get("user", [])) == (made["accountid"], "ann", [])
    assert "for autoimport" in op.refused("linkAccountToLdap", **{**one, "ldapdomain": "cn=all"})[1]
    assert "delete the old map" in op.refused("linkAccountToLdap", **{**one, "account": "bob"})[1]
    assert "Either id or hostname" in op.refused("deleteLdapConfiguration")[1]


def test_mails_about_quota(op: Operator) -> None:
    mail = {"templatetype": "QUOTA_LOW", "templatesubject": "low", "templatebody": "spend less"}
    assert op.do("quotaEmailTemplateUpdate", **mail) == {"success": True}
    row = op.only("quotaEmailTemplateList", templatetype="QUOTA_LOW")
    assert (row["templatesubject"], row["templatebody"]) == ("low", "spend less")
    account = op.only("listAccounts")
    known = {"accountid": account["id"], "templatename": "QUOTA_LOW"}
    assert "must have the quota enabled" in op.refused("quotaConfigureEmail", **known, enable="false")[1]
    op.do("quotaCredits", account="admin", domainid=account["domainid"], value=5)
    assert "along with 'templatename'" in op.refused("quotaConfigureEmail", **known)[1]
    op.do("quotaConfigureEmail", **known, enable="false", minbalance=3)
    (choice,) = op.rows("quotaListEmailConfiguration", accountid=account["id"])
    assert (choice["templatename"], choice["enabled"], choice["minbalance"]) == ("QUOTA_LOW", False, 3.0)


def test_an_address_of_a_pod_is_taken_by_hand_and_given_back(cloud: Cloud) -> None:
    op, pod = cloud.op, cloud.sim.db.pods.find(cloud.pod)
    part = pod.ranges[0]
    for bad, text in (
        ({"zoneid": cloud.zone}, "Please sepcify podId"),
        ({"zoneid": cloud.zone, "podid": "nothing"}, "No sush pod exists"),
    ):
        assert op.refused("acquirePodIpAddress", **bad) == (535, text)
    taken = op.do("acquirePodIpAddress", zoneid=cloud.zone, podid=cloud.pod)
    held = taken["acquirepodipaddress"]
    assert (held["gateway"], held["podid"]) == (pod.gateway, pod.id)
    assert net.number(held["ipaddress"]) in pod.taken
    refused = op.refused(
        "deleteManagementNetworkIpRange", podid=cloud.pod, startip=part.start, endip=part.end, vlan="vlan://untagged"
    )
    assert "Some IPs of the range has been allocated" in refused[1]
    assert op.do("releasePodIpAddress", id=held["id"])["success"]
    assert net.number(held["ipaddress"]) not in pod.taken
    assert "so do nothing" in op.refused("releasePodIpAddress", id=held["id"])[1]
    assert op.refused("releasePodIpAddress", id=99)[1] == "Unable to find ip address by id:99"
    for _address in net.numbers(part.start, part.end):
        if len(pod.taken) < net.size(part.start, part.end):
            op.do("acquirePodIpAddress", zoneid=cloud.zone, podid=cloud.pod)
    full = op.refused("acquirePodIpAddress", zoneid=cloud.zone, podid=cloud.pod)
    assert full == (535, "Unable to allocate IP from this Pod")


def test_nothing_is_billed_where_nothing_was_counted(op: Operator) -> None:
    account = op.only("listAccounts")
    days = {"account": "admin", "domainid": account["domainid"], "startdate": "2026-03-01", "enddate": "2026-03-02"}
    assert "updated_on" in op.do("quotaUpdate")["quotacredits"]
    assert op.refused("quotaStatement", **days) == (431, "There is no usage data found for period mentioned.")
    assert "Incorrect Date Range" in op.refused("quotaStatement", **{**days, "enddate": "2026-02-01"})[1]
