"""Quota: tariffs through their lives, credits, balances, and who is locked when they are gone."""

from __future__ import annotations

from typing import Any

import pytest

RUNNING = {"name": "mine", "usagetype": 1, "value": 1.5}


def ann(op: Any, people: dict[str, Any]) -> dict[str, str]:
    assert people
    row = op.only("listAccounts", name="ann", listall="true")
    return {"account": "ann", "domainid": row["domainid"]}


def test_a_changed_tariff_is_in_force_since_the_first_was(op: Any) -> None:
    made = op.do("quotaTariffCreate", **RUNNING, description="d")["quotatariff"]
    op.sim.advance(3600)
    changed = op.do("quotaTariffUpdate", name="mine", value=2, description=" ")["quotatariff"]
    assert changed["effectiveDate"] == made["effectiveDate"]
    assert "description" not in changed
    assert op.rows("quotaTariffList")[0]["id"] == changed["id"]
    assert [row["id"] for row in op.rows("quotaTariffList", listonlyremoved="true")] == [made["id"]]
    op.do("quotaTariffDelete", id=changed["id"])
    kinds = [event["type"] for event in op.rows("listEvents", keyword="QUOTA.TARIFF")]
    assert kinds == ["QUOTA.TARIFF.CREATE", "QUOTA.TARIFF.UPDATE", "QUOTA.TARIFF.DELETE"]


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"startdate": "2020-01-01"}, "The value passed as Quota tariff's start date is in the past: [Wed Jan 01 "),
        ({"enddate": "2020-01-01"}, "The quota tariff's end date [Wed Jan 01 23:59:59 UTC 2020] cannot be less than"),
        ({"name": "RUNNING_VM", "usagetype": 99}, "A quota tariff with name [RUNNING_VM] already exist."),
    ],
)
def test_tariffs_that_are_refused(op: Any, params: dict[str, Any], refusal: str) -> None:
    code, text = op.refused("quotaTariffCreate", **{**RUNNING, **params})
    assert (code, refusal in text) == (431, True), text


def test_summaries_are_of_whom_the_service_knows_or_of_all(op: Any, operator: Any, people: dict[str, Any]) -> None:
    assert op.rows("quotaSummary") == []
    op.do("quotaCredits", **ann(op, people), value=5)
    assert [(row["account"], row["balance"]) for row in op.rows("quotaSummary")] == [("ann", 5.0)]
    everybody = [row["account"] for row in op.rows("quotaSummary", listall="true")]
    assert everybody == sorted(everybody, key=str.lower)
    assert {"admin", "ann", "bob"} <= set(everybody)
    assert [row["account"] for row in operator(op.sim, people["bob"]).rows("quotaSummary", listall="true")] == ["bob"]


def test_a_balance_between_two_days_tells_the_credits(op: Any, people: dict[str, Any]) -> None:
    known = ann(op, people)
    today = op.do("quotaBalance", **known)["balance"]["startdate"][:10]
    days = {"startdate": today, "enddate": today}
    assert op.refused("quotaBalance", **known, **days) == (
        431,
        "The request period does not contain balance entries.",
    )
    for value in (5, -2):
        op.do("quotaCredits", **known, value=value)
    told = op.do("quotaBalance", **known, **days)["balance"]
    assert (told["startquota"], told["endquota"], [entry["credit"] for entry in told["credits"]]) == (0, 3, [5, -2])
    assert op.do("quotaBalance", **known)["balance"]["startquota"] == 3
    nobody = {**known, "account": "nobody"}
    assert (
        op.refused("quotaCredits", **nobody, value=1)[1] == "The account does not exists or has been removed/disabled"
    )
    assert op.refused("quotaBalance", **nobody)[1] == "Unable to find account nobody in domain 2"


def test_who_owes_is_locked_where_that_is_enforced(op: Any, people: dict[str, Any]) -> None:
    known = ann(op, people)
    op.do("updateConfiguration", name="quota.enable.enforcement", value="true")
    op.do("quotaCredits", **known, value=-1, quota_enforce="false")
    assert people["ann"].account.state == "enabled"
    op.do("quotaCredits", **known, value=-1)
    assert people["ann"].account.state == "locked"
    op.do("quotaCredits", **known, value=2)
    assert people["ann"].account.state == "enabled"


@pytest.mark.parametrize("command", ["quotaPresetVariablesList", "quotaValidateActivationRule"])
def test_what_rules_may_use_is_not_modelled(op: Any, command: str) -> None:
    given = {"activationrule": "true"} if command.endswith("Rule") else {}
    assert op.refused(command, usagetype=99, **given) == (431, "Usage type not found for value [99].")
    assert "not modelled" in op.refused(command, usagetype=1, **given)[1]
