"""Checks of the dispatcher: their order, codes and texts."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.parameters import flat_map, parse_date, unpack


def refusal(sim: Simulator, command: str, **params: Any) -> tuple[int, str]:
    status, body = sim.call(command, **params)
    return status, next(iter(body.values()))["errortext"]


def test_a_missing_parameter_comes_before_a_wrong_type(sim: Simulator) -> None:
    status, text = refusal(sim, "updateResourceLimit", max="much")
    assert status == 431
    assert text == "Unable to execute API command updateresourcelimit due to missing parameter resourcetype"


@pytest.mark.parametrize("value", ["two", "1.5", "99999999999", "0x10", "٣"])
def test_a_number_that_is_none_is_refused(sim: Simulator, value: str) -> None:
    status, text = refusal(sim, "listDomains", level=value)
    assert status == 431
    assert text == f"Unable to execute API command listdomains due to invalid value {value} for parameter level"


def test_an_id_names_a_row_by_uuid_or_by_number(sim: Simulator) -> None:
    role = sim.db.roles.first(name="User")
    for given in (role.uuid, role.uuid.upper(), "999999"):
        status, _body = sim.call("updateAccount", id=given)
        assert status != 200
    assert sim.call("listDomains", id="1")[1]["listdomainsresponse"]["domain"][0]["name"] == "ROOT"


def test_parameters_introduced_later_take_no_numbers(sim: Simulator) -> None:
    """A value that is no uuid is ignored there."""
    assert sim.call("listAccounts", apikeyaccess="INHERIT")[0] == 200
    status, text = refusal(sim, "listRolePermissions", roleid="not-a-uuid")
    assert (status, "entity does not exist" in text) == (431, True)


def test_unknown_parameters_are_ignored(sim: Simulator) -> None:
    assert sim.call("listDomains", nonsense="x")[0] == 200


def test_parameter_names_have_no_case_but_commands_have(sim: Simulator) -> None:
    status, body = sim.handle_as({"command": "listDomains", "NaMe": "ROOT"})
    assert (status, body["listdomainsresponse"]["count"]) == (200, 1)
    status, body = sim.handle_as({"command": "listdomains"})
    assert (status, list(body)) == (432, ["errorresponse"])


def test_a_command_that_is_not_modelled_says_so(sim: Simulator) -> None:
    assert refusal(sim, "quotaValidateActivationRule", activationrule="true", usagetype="1") == (
        530,
        "The command quotaValidateActivationRule is not modelled by this simulator",
    )


def test_parameters_of_a_command_that_is_not_modelled_are_checked_all_the_same(sim: Simulator) -> None:
    status, text = refusal(sim, "createKubernetesCluster", name="k")
    assert (status, text.startswith("Unable to execute API command createkubernetescluster due to missing")) == (
        431,
        True,
    )


def test_paging_rules(sim: Simulator) -> None:
    assert refusal(sim, "listRoles", page=1)[1] == '"pagesize" parameter is required when "page" is specified'
    assert refusal(sim, "listRoles", pagesize=1)[1] == '"page" parameter is required when "pagesize" is specified'
    assert refusal(sim, "listRoles", page=1, pagesize=501)[1].endswith("max allowed page size value: 500")
    body = sim.call("listRoles", page=2, pagesize=4)[1]["listrolesresponse"]
    assert (body["count"], len(body["role"])) == (9, 4)
    assert sim.call("listRoles", page=9, pagesize=4)[1]["listrolesresponse"] == {"count": 9}
    assert sim.call("listRoles", page=1, pagesize=0)[1]["listrolesresponse"] == {"count": 9}
    assert (
        sim.call("listRoles", page=-3, pagesize=4)[1]["listrolesresponse"]
        == (sim.call("listRoles", page=1, pagesize=4)[1]["listrolesresponse"])
    )
    assert refusal(sim, "listRoles", page=1, pagesize=-5)[0] == 530
    assert sim.call("listRoles", name="nobody")[1]["listrolesresponse"] == {}


def test_pages_together_are_the_whole_list(sim: Simulator) -> None:
    whole = [r["id"] for r in sim.call("listOsTypes", pagesize=-1)[1]["listostypesresponse"]["ostype"]]
    paged = []
    for page in range(1, 9):
        paged += [
            r["id"] for r in sim.call("listOsTypes", page=page, pagesize=50)[1]["listostypesresponse"].get("ostype", [])
        ]
    assert paged == whole


def test_a_page_size_of_the_server_cuts_unpaged_lists() -> None:
    sim = Simulator(seed=1, page_size=3)
    body = sim.call("listRoles")[1]["listrolesresponse"]
    assert (body["count"], len(body["role"])) == (9, 3)
    assert refusal(sim, "listRoles", page=1, pagesize=4)[0] == 431


def test_both_spellings_of_a_map() -> None:
    raw = unpack({"Details[0].key": "A", "details[0].value": "1", "tags[0].b": "2", "tags[1].c": "3"})
    assert flat_map(raw["details"]) == {"A": "1"}
    assert flat_map(raw["tags"]) == {"b": "2", "c": "3"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02", 86400.0),
        ("1970-01-01 00:01:00", 60.0),
        ("1970-01-01T01:00:00+0100", 0.0),
        ("1970-01-01T00:00:10Z", 10.0),
    ],
)
def test_dates(text: str, seconds: float) -> None:
    assert parse_date(text) == seconds


def test_a_date_alone_as_end_takes_the_day_in() -> None:
    assert parse_date("1970-01-01", end_of_day=True) == 86399.0


def test_a_role_may_call_only_what_its_rules_allow(sim: Simulator, people: dict[str, Any]) -> None:
    status, body = sim.call("listHosts", people["ann"])
    assert (status, list(body)) == (432, ["errorresponse"])
    assert body["errorresponse"]["errortext"].startswith("The API [listHosts] does not exist or is not available")
    assert sim.call("listZones", people["ann"])[0] == 200


def test_an_own_role_decides_by_its_first_fitting_rule(sim: Simulator) -> None:
    role = sim.call("createRole", name="reader", type="User")[1]["createroleresponse"]["role"]["id"]
    for rule, permission in (("listDomain*", "deny"), ("list*", "allow")):
        sim.call("createRolePermission", roleid=role, rule=rule, permission=permission)
    sim.call(
        "createAccount", username="r", roleid=role, email="e@example.com", firstname="F", lastname="L", password="p"
    )  # fmt: skip
    caller = sim.auth.caller_of(sim.db.users.first(username="r"))
    assert sim.call("listZones", caller)[0] == 200
    assert sim.call("listDomains", caller)[0] == 432
    assert sim.call("createSSHKeyPair", caller, name="k")[0] == 432


def test_inner_errors_show_their_text_to_root_admins_only(sim: Simulator, people: dict[str, Any]) -> None:
    everybody = sim.db.roles.first(name="User")
    everybody.role_type = "User"
    status, body = sim.call("lockAccount", people["owner"], account="ann", domainid=people["ann"].domain.uuid)
    text = body["lockaccountresponse"]["errortext"]
    assert (status, text) == (530, "Internal error executing command, please contact your system administrator")


def test_what_a_command_says_itself_is_for_everybody(running: Any) -> None:
    running.op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="N",
        password="of-ann",
    )  # fmt: skip
    ann = type(running.op)(running.sim, running.sim.auth.caller_of(running.sim.db.users.first(username="ann")))
    offering = ann.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")["id"]
    network = ann.do("createNetwork", name="n", zoneid=running.zone, networkofferingid=offering)["network"]["id"]
    told = ann.refused("associateIpAddress", networkid=network, ipaddress="198.51.100.9")
    assert told == (533, "Insufficient address capacity")
