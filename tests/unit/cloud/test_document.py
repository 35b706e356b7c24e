"""A document of several objects: what it may say, what is planned, in which order it is done."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud import (
    CloudDocument,
    DocumentInvalid,
    carry_out,
    parse,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.model import Commands, Option, Resource, State

sys.path.insert(0, str(Path(__file__).parent.parent / "reconcile"))
from fake_cloud import FakeCloud, lamp


class House(FakeCloud):
    """Shelves can be made, too."""

    def createShelf(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        row = {"id": f"s{len(self.shelves) + 1}", "open": False, **params}
        self.shelves.append(row)
        return {"shelf": dict(row)}

    def updateShelf(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        row = next(row for row in self.shelves if row["id"] == params["id"])
        row.update(params)
        return {"shelf": dict(row)}


SHELF = Resource(
    name="shelf",
    noun="shelf",
    summary="Manage shelves",
    plural="shelves",
    commands=Commands(list="listShelves", create="createShelf", update="updateShelf", delete="deleteShelf"),
    options=(Option("name"), Option("open", "bool", updatable=True, on_create=False, hidden=True)),
    states=(State("open", {"open": True}, last=True),),
)
KINDS = {"shelf": SHELF, "lamp": replace(lamp(), scope=("shelf",), parent="shelf")}


def document(**changes: Any) -> dict[str, Any]:
    shelf = {"name": "new", "state": "open", "lamps": [{"name": "a", "watts": 1}, {"name": "b", "watts": 2}]}
    return {"lamps": [{"name": "c", "watts": 3, "shelf": "new"}], "shelves": [{**shelf, **changes}]}


def applied(cloud: House, wish: dict[str, Any], **how: Any) -> list[dict[str, Any]]:
    whole = CloudDocument(cloud, wish, KINDS)
    works = whole.plan()
    carry_out(whole, works, **how)
    return [work.as_dict() for work in works]


def test_what_others_need_comes_first_whatever_the_order_of_the_file():
    cloud = House()
    applied(cloud, document(), limit=1)
    assert cloud.changing[0] == "createShelf"
    assert cloud.changing[-1] == "updateShelf", "the state that needs the inside comes last"
    assert {row["name"]: row["shelfid"] for row in cloud.lamps} == {"a": "s3", "b": "s3", "c": "s3"}


def test_a_second_run_changes_nothing_and_reads_each_kind_once():
    cloud = House()
    applied(cloud, document())
    cloud.calls.clear()
    again = applied(cloud, document())
    assert {entry["action"] for entry in again} == {"none"}
    assert sorted(command for command, _params in cloud.calls) == ["listLamps", "listShelves"]


def test_the_plan_alone_changes_nothing_and_is_the_plan_of_the_run():
    cloud = House()
    planned = [work.as_dict() for work in CloudDocument(cloud, document(), KINDS).plan()]
    assert cloud.changing == []
    assert planned == applied(House(), document())


def test_every_mistake_is_named_with_its_place_before_anything_is_sent():
    wrong = {
        "shelfs": [],
        "lamps": [{"name": "x", "wats": 1}, {"name": "y", "watts": "many"}, "z"],
        "shelves": [{"name": "s", "lamps": [{"name": "q", "watts": 1, "shelf": "other"}]}],
    }
    with pytest.raises(DocumentInvalid) as caught:
        parse(wrong, KINDS)
    text = str(caught.value)
    for place in ("shelfs: is no kind of object; did you mean shelves?", "lamps[0].wats", "did you mean watts?",
                  "lamps[1]", "lamps[2]: must be a mapping", "shelves[0].lamps[0].shelf: is 'other'"):  # fmt: skip
        assert place in text


def test_mistakes_are_told_from_the_top_of_the_file_down():
    lines = {"lamps[0].wats": "b.yml:10:3", "lamps[1].wats": "b.yml:9:3", "shelfs": "a.yml:12"}
    with pytest.raises(DocumentInvalid) as caught:
        CloudDocument(House(), {"lamps": [{"name": "x", "wats": 1}, {"name": "y", "wats": 1}], "shelfs": []}, KINDS,
                      locate=lines.get)  # fmt: skip
    assert [problem.place for problem in caught.value.problems] == ["a.yml:12", "b.yml:9:3", "b.yml:10:3"]


def test_two_entries_for_one_object_are_a_mistake():
    with pytest.raises(DocumentInvalid, match=r"lamps\[1\]: lamp x stands already at lamps\[0\]"):
        parse({"lamps": [{"name": "x"}, {"name": "x"}]}, KINDS)


def test_references_in_a_circle_are_refused():
    knot = Resource(
        name="knot", noun="knot", summary="", commands=Commands(list="listKnots", create="createKnot"),
        options=(Option("name"), Option("other", "ref", refers_to="knot")),
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="need each other"):
        CloudDocument(House(), {"knots": [{"name": "a", "other": "b"}, {"name": "b", "other": "a"}]}, {"knot": knot})


def test_an_unknown_reference_stops_the_run_before_the_first_change():
    cloud = House()
    with pytest.raises(DocumentInvalid, match=r"lamps\[0\]: .*shelf 'tup' does not exist"):
        CloudDocument(cloud, {**document(), "lamps": [{"name": "c", "watts": 3, "shelf": "tup"}]}, KINDS).plan()
    assert cloud.changing == []


def fail_on(cloud: House, name: str) -> None:
    real = cloud.createLamp

    def create(params: dict[str, Any]) -> dict[str, Any]:
        if params["name"] == name:
            raise ApiError("refused", code=431)
        return real(params)

    cloud.createLamp = create  # type: ignore[method-assign]


def test_after_an_error_what_needs_the_failed_object_is_left_out():
    cloud = House()
    fail_on(cloud, "a")
    entries = {entry["name"]: entry for entry in applied(cloud, document(), limit=1, stop_on_error=False)}
    assert "refused" in entries["a"]["error"]
    assert [row["name"] for row in cloud.lamps] == ["c", "b"]
    assert entries["new"]["skipped"] == "made, but not open: needs lamp a"
    assert not cloud.shelves[-1]["open"]


def test_stopping_on_the_first_error_begins_nothing_new():
    cloud = House()
    fail_on(cloud, "c")
    entries = applied(cloud, document(), limit=1, stop_on_error=True)
    assert cloud.lamps == []
    assert sum("skipped" in entry for entry in entries) == 3


def test_after_an_error_a_state_that_needs_the_parts_is_not_reached_by_reading_back():
    cloud = House()
    fail_on(cloud, "a")
    kinds = {**KINDS, "shelf": replace(SHELF, unique=True)}
    whole = CloudDocument(cloud, document(), kinds)
    carry_out(whole, whole.plan(), limit=1)
    assert [row["open"] for row in cloud.shelves if row["name"] == "new"] == [False]
    assert "updateShelf" not in cloud.changing


def test_a_run_that_was_cut_off_is_finished_by_the_next_one():
    cloud = House()
    fail_on(cloud, "b")
    applied(cloud, document(), limit=1)
    del cloud.createLamp
    applied(cloud, document(), limit=1)
    assert sorted(row["name"] for row in cloud.lamps) == ["a", "b", "c"]
    assert cloud.shelves[-1]["open"]


def test_removal_goes_from_the_inside_out():
    cloud = House()
    applied(cloud, document(state="present"))
    cloud.deleteShelf = lambda params: cloud.shelves.pop() and {}  # type: ignore[attr-defined]
    gone = document(state="absent")
    for entry in (*gone["lamps"], *gone["shelves"][0]["lamps"]):
        entry["state"] = "absent"
    applied(cloud, gone, limit=1)
    assert cloud.changing[-1] == "deleteShelf"
    assert cloud.lamps == []
