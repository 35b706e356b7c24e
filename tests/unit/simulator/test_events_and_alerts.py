"""Events and alerts: which are found, and which may be put away by whom."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"resourcetype": "Spoon"}, "Invalid resourcetype"),
        ({"resourceid": "1"}, "resourceid parameter must be used with resourcetype parameter"),
        ({"resourceid": "1", "resourcetype": "account"}, "Invalid resourceid"),
    ],
)
def test_things_are_named_with_their_type(op: Any, params: dict[str, str], text: str) -> None:
    assert op.refused("listEvents", **params) == (431, text)


def test_events_of_one_thing(op: Any, operator: Any, people: dict[str, Any]) -> None:
    project = operator(op.sim, people["ann"]).do("createProject", name="p")["project"]["id"]
    given = {"resourceid": project, "resourcetype": "Project"}
    assert op.rows("listEvents", **given, projectid="-1") == []
    assert [row["type"] for row in op.rows("listEvents", **given, listall="true")] == ["PROJECT.CREATE"]


def test_events_are_put_away_by_who_reaches_them(op: Any, operator: Any, people: dict[str, Any]) -> None:
    owner, ann = (operator(op.sim, people[name]) for name in ("owner", "ann"))
    ann.do("createProject", name="p")
    event = owner.only("listEvents", type="PROJECT.CREATE", listall="true")["id"]
    other = op.rows("listEvents", type="ACCOUNT.CREATE")[0]["id"]
    refusal = (530, "Unable to archive Events, one or more parameters has invalid values")
    assert op.refused("archiveEvents", startdate="2020-01-01")[1] == "either ids, type or enddate must be specified"
    assert owner.refused("archiveEvents", ids=f"{event},{other}")[0] == 530
    owner.do("archiveEvents", ids=event)
    assert op.refused("archiveEvents", ids=event) == refusal
    assert owner.rows("listEvents", type="PROJECT.CREATE", listall="true") == []
    assert op.refused("deleteEvents", ids=other, type="VM.CREATE")[1].startswith("Unable to delete Events, one")
    op.do("deleteEvents", ids=other)


def test_named_alerts_have_all_to_be_of_the_type(op: Any) -> None:
    op.do("generateAlert", type=700, name="MINE", description="d")
    alert = op.only("listAlerts", type=700)["id"]
    assert op.refused("deleteAlerts", ids=alert, type=1) == (
        530,
        "Unable to delete Alerts, one or more parameters has invalid values",
    )
    op.do("deleteAlerts", ids=alert, type=700)
    assert op.rows("listAlerts", type=700) == []
