"""What the engine promises about one object."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    Ambiguous,
    ApiError,
    Drift,
    InvalidInput,
    LostAnswer,
    NotFound,
)

sys.path.insert(0, str(Path(__file__).parent))
from fake_cloud import FakeCloud, lamp, settle

WISH: dict[str, Any] = {"name": "desk", "watts": 40, "colour": "red", "tags": ["a", "b"], "shelf": "top"}


def made() -> FakeCloud:
    cloud = FakeCloud()
    settle(cloud, **WISH)
    cloud.calls.clear()
    return cloud


def test_a_missing_object_is_created_with_resolved_references():
    cloud = FakeCloud()
    result = settle(cloud, **WISH, password="p")
    assert result["changed"]
    assert cloud.calls[-2][1] == {
        "name": "desk", "watts": 40, "colour": "red", "tags": "a,b", "shelfid": "s1", "password": "p",
    }  # fmt: skip
    assert result["resource"]["shelf"] == "top"
    assert result["resource"]["shelf_id"] == "s1"
    assert result["resource"]["tags"] == ["a", "b"]
    assert result["diff"] == {"before": {}, "after": {**WISH, "password": "(secret)"}}


def test_an_object_as_wanted_costs_one_call():
    cloud = made()
    result = settle(cloud, **{**WISH, "tags": ["b", "a"]})
    assert not result["changed"]
    assert cloud.calls == [("listLamps", {"name": "desk"})]


def test_an_update_sends_and_shows_only_what_differs():
    cloud = made()
    result = settle(cloud, **{**WISH, "colour": "blue"})
    assert [call for call in cloud.calls if call[0] == "updateLamp"] == [("updateLamp", {"id": "l1", "colour": "blue"})]
    assert result["diff"] == {"before": {"colour": "red"}, "after": {"colour": "blue"}}
    assert result["plan"] == {"action": "update", "changes": [{"option": "colour", "before": "red", "after": "blue"}]}


def test_what_is_not_given_is_left_alone():
    cloud = made()
    assert not settle(cloud, name="desk")["changed"]
    assert cloud.changing == []


@pytest.mark.parametrize("wish", [WISH, {**WISH, "name": "new"}, {"name": "desk", "state": "absent"}])
def test_check_mode_plans_the_same_and_changes_nothing(wish):
    cloud, other = made(), made()
    checked = settle(cloud, check=True, **wish)
    assert cloud.changing == []
    done = settle(other, **wish)
    assert checked["plan"] == done["plan"]
    assert checked["diff"] == done["diff"]
    assert checked["changed"] == done["changed"]


def test_an_option_that_the_create_command_lacks_is_updated_after_it():
    cloud = FakeCloud()
    settle(cloud, **WISH, sort_key=3)
    assert cloud.changing == ["createLamp", "updateLamp"]
    assert cloud.lamps[0]["sortkey"] == 3


def test_a_state_stands_for_option_values():
    cloud = made()
    assert settle(cloud, name="desk", state="lit")["changed"]
    assert cloud.lamps[0]["lit"] is True
    assert not settle(cloud, name="desk", state="lit")["changed"]


def test_removal_is_idempotent():
    cloud = made()
    assert settle(cloud, name="desk", state="absent")["changed"]
    assert not settle(cloud, name="desk", state="absent")["changed"]


def test_drift_of_a_fixed_option_fails_and_names_both_values():
    cloud = made()
    with pytest.raises(Drift, match=r"watts is 40, wanted 60"):
        settle(cloud, **{**WISH, "watts": 60})
    assert cloud.changing == []


def test_drift_can_be_tolerated_aloud_while_the_rest_is_updated():
    cloud = made()
    result = settle(cloud, **{**WISH, "watts": 60, "colour": "blue"}, immutable_drift="warn")
    assert "watts is 40, wanted 60" in result["warnings"][0]
    assert cloud.lamps[0]["watts"] == 40
    assert cloud.lamps[0]["colour"] == "blue"


def test_drift_can_replace_where_the_resource_has_a_way():
    def retire(ctx, row):
        ctx.change("updateLamp", {"id": row["id"], "name": f"{row['name']} (old)"})

    cloud = made()
    result = settle(cloud, lamp(retire=retire), **{**WISH, "watts": 60}, immutable_drift="replace")
    assert result["plan"]["action"] == "replace"
    assert [(row["name"], row["watts"]) for row in cloud.lamps] == [("desk (old)", 40), ("desk", 60)]
    with pytest.raises(InvalidInput, match="cannot be replaced"):
        settle(made(), **{**WISH, "watts": 60}, immutable_drift="replace")


def test_a_refused_successor_leaves_the_old_object_as_it_was():
    def retire(ctx, row):
        ctx.change("updateLamp", {"id": row["id"], "name": f"{row['name']} (old)"})

    def reinstate(ctx, row):
        ctx.change("updateLamp", {"id": row["id"], "name": row["name"]})

    cloud = made()
    cloud.before["createLamp"] = lose(ApiError, code=431)
    with pytest.raises(ApiError):
        settle(cloud, lamp(retire=retire, reinstate=reinstate), **{**WISH, "watts": 60}, immutable_drift="replace")
    assert [(row["name"], row["watts"]) for row in cloud.lamps] == [("desk", 40)]


def test_a_run_without_changes_waits_for_what_an_earlier_one_began():
    cloud, seen = made(), []

    def awaited(ctx, row):
        seen.append(row["id"])
        return "light" if len(seen) < 3 else ""

    assert not settle(cloud, lamp(awaited=awaited), **WISH)["changed"]
    assert len(seen) == 3


def test_two_objects_of_one_name_are_an_error_with_their_ids():
    cloud = made()
    cloud.lamps.append({**cloud.lamps[0], "id": "l2"})
    with pytest.raises(Ambiguous, match="l1, l2"):
        settle(cloud, **WISH)
    assert not settle(cloud, **WISH, id="l2")["changed"]


def test_the_same_name_in_another_place_is_another_object():
    cloud = made()
    settle(cloud, **{**WISH, "shelf": "bottom"})
    assert [row["shelfname"] for row in cloud.lamps] == ["top", "bottom"]


def test_a_name_differing_in_case_is_another_object():
    cloud = made()
    assert settle(cloud, **{**WISH, "name": "DESK"})["plan"]["action"] == "create"


def test_an_object_is_renamed_by_its_id():
    cloud = made()
    result = settle(cloud, id="l1", name="bed")
    assert result["plan"]["changes"] == [{"option": "name", "before": "desk", "after": "bed"}]
    with pytest.raises(InvalidInput, match="no lamp has the id l9"):
        settle(cloud, id="l9", name="bed")


def test_an_unknown_reference_is_an_error_with_the_nearest_name():
    cloud = FakeCloud()
    with pytest.raises(NotFound) as caught:
        settle(cloud, **{**WISH, "shelf": "tup"})
    assert "Did you mean 'top'" in str(caught.value)
    assert "desk" in str(caught.value)
    assert cloud.changing == []


def test_in_check_mode_an_unknown_reference_may_come_from_an_earlier_task():
    result = settle(FakeCloud(), check=True, **{**WISH, "shelf": "new"})
    assert result["plan"]["action"] == "create"
    assert "shelf 'new' does not exist" in result["warnings"][0]


def test_options_needed_for_creation_are_named_before_any_change():
    cloud = FakeCloud()
    with pytest.raises(InvalidInput, match="needs watts"):
        settle(cloud, name="desk")
    assert cloud.changing == []


def test_what_the_server_accepts_and_does_not_store_is_an_error():
    cloud = made()
    cloud.ignored = {"colour"}
    with pytest.raises(ApiError, match="did not store colour"):
        settle(cloud, **{**WISH, "colour": "blue"})
    fresh = FakeCloud()
    fresh.ignored = {"watts"}
    with pytest.raises(ApiError, match="did not store watts"):
        settle(fresh, **WISH)


def lose(kind: type[Exception] = LostAnswer, **facts: Any):
    def raise_it() -> None:
        raise kind("gone", **facts)

    return raise_it


def test_a_lost_answer_is_settled_by_reading_back():
    cloud = FakeCloud()
    cloud.after["createLamp"] = lose()
    result = settle(cloud, **WISH)
    assert "was lost" in result["warnings"][0]
    assert len(cloud.lamps) == 1
    cloud.after = {"updateLamp": lose(), "deleteLamp": lose()}
    assert settle(cloud, **{**WISH, "colour": "blue"})["resource"]["colour"] == "blue"
    assert settle(cloud, name="desk", state="absent")["changed"]
    assert cloud.lamps == []


@pytest.mark.parametrize(("command", "wish"), [
    ("createLamp", {**WISH, "name": "new"}),
    ("updateLamp", {**WISH, "colour": "blue"}),
    ("deleteLamp", {"name": "desk", "state": "absent"}),
])  # fmt: skip
def test_a_call_that_was_cut_off_before_it_worked_is_not_sent_again(command, wish):
    cloud = made()
    cloud.before[command] = lose()
    with pytest.raises(LostAnswer):
        settle(cloud, **wish)
    assert cloud.changing == [command]


def test_an_update_that_is_stored_despite_its_error_is_no_failure():
    cloud = made()
    cloud.after["updateLamp"] = lose(ApiError, code=530)
    result = settle(cloud, **{**WISH, "colour": "blue"})
    assert result["changed"]
    assert "answered with an error" in result["warnings"][0]
    cloud.before["updateLamp"] = lose(ApiError, code=530)
    with pytest.raises(ApiError):
        settle(cloud, **{**WISH, "colour": "green"})


def test_of_two_runs_that_both_created_the_younger_one_gives_way():
    cloud = FakeCloud()
    twin = {"id": "l0", "created": "2025-12-31", "name": "desk", "watts": 40}
    cloud.after["createLamp"] = lambda: cloud.lamps.append(twin)
    result = settle(cloud, name="desk", watts=40)
    assert [row["id"] for row in cloud.lamps] == ["l0"]
    assert "l0 is kept" in result["warnings"][0]


def made_beside(created: str) -> FakeCloud:
    """A cloud where somebody else's lamp appears together with ours."""
    cloud = FakeCloud()
    twin = {"id": "l9", "created": created, "name": "desk", "watts": 40}
    cloud.after["createLamp"] = lambda: cloud.lamps.append(twin)
    return cloud


def test_the_older_one_waits_for_the_other_run_to_remove_its_own(monkeypatch):
    cloud = made_beside("2027-01-01")
    monkeypatch.setattr(cloud.clock, "sleep", lambda _seconds: cloud.lamps.pop(1))
    assert "warnings" not in settle(cloud, name="desk", watts=40)
    assert [row["id"] for row in cloud.lamps] == ["l1"]
    assert cloud.changing == ["createLamp"]


def test_where_nobody_removes_the_second_one_ours_gives_way():
    cloud = made_beside("2027-01-01")
    result = settle(cloud, name="desk", watts=40)
    assert [row["id"] for row in cloud.lamps] == ["l9"]
    assert result["resource"]["id"] == "l9"
    assert "l1 was removed" in result["warnings"][0]


def test_creation_waits_until_the_object_is_settled():
    seen: list[str] = []

    def awaited(ctx, row):
        seen.append(row["id"])
        return "light" if len(seen) < 4 else ""

    cloud = FakeCloud()
    settle(cloud, lamp(awaited=awaited), **WISH)
    assert len(seen) >= 4
    assert cloud.clock.monotonic() > 0


def test_waiting_ends_with_what_was_awaited():
    cloud = FakeCloud()
    with pytest.raises(Exception, match="still waiting for light after 5 s"):
        settle(cloud, replace(lamp(awaited=lambda ctx, row: "light"), settle_timeout=5), **WISH)
