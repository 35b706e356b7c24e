"""What a document reads: each kind once, or by name where a kind is far larger than what is wanted of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.client import NotFound
from ansible_collections.cloudstack.ops.plugins.module_utils.model import Commands
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile import View
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile.memory import Shelf

sys.path.insert(0, str(Path(__file__).parent))
from fake_cloud import SHELF, FakeCloud, lamp


class Paged(FakeCloud):
    """Pages of ten rows; what is asked counts as in the real thing."""

    def list_short(self, command: str, params: dict[str, Any], *, pages: int) -> list[dict[str, Any]] | None:
        rows = self.list(command, params)
        return rows if len(rows) <= 10 * pages else None


def view(cloud: FakeCloud, *mentioned: str, **changes: Any) -> View:
    made = View(cloud, {"lamp": changes.get("lamp", lamp()), "shelf": SHELF}, whole=True)
    made.mentioned = {"lamp": set(mentioned)} if mentioned else {}
    return made


def many(count: int) -> Paged:
    return Paged([{"id": f"l{i}", "name": f"n{i}", "shelfid": "s1"} for i in range(count)])


def test_a_kind_is_read_once_and_then_answered_from_memory():
    cloud = many(30)
    seen = view(cloud)
    assert [row["id"] for row in seen.rows(lamp(), {"name": "n7"})] == ["l7"]
    assert seen.find("lamp", "n8")["id"] == "l8"
    assert seen.rows(lamp(), {"name": "none"}) == []
    assert cloud.calls == [("listLamps", {})]


def test_few_names_of_a_long_list_are_asked_for_by_name():
    cloud = many(30)
    seen = view(cloud, "n1", "n2")
    assert [seen.find("lamp", name)["id"] for name in ("n1", "n2")] == ["l1", "l2"]
    assert [params for _command, params in cloud.calls] == [{}, *({"name": n} for n in seen.mentioned["lamp"])]


def test_as_many_names_as_pages_are_read_whole():
    cloud = many(30)
    seen = view(cloud, "n1", "n2", "n3")
    assert [seen.find("lamp", name)["id"] for name in ("n1", "n2", "n3")] == ["l1", "l2", "l3"]
    assert cloud.calls == [("listLamps", {})]


def test_what_was_made_is_found_without_another_call_and_what_is_gone_is_not():
    cloud = many(3)
    seen = view(cloud)
    with pytest.raises(NotFound):
        seen.find("lamp", "new")
    seen.learn(lamp(), {"id": "l9", "name": "new"})
    assert seen.find("lamp", "new")["id"] == "l9"
    seen.learn(lamp(), {"id": "l9", "name": "newer"})
    with pytest.raises(NotFound):
        seen.find("lamp", "new")
    seen.learn(lamp(), None, gone="l1")
    assert [row["id"] for row in seen.rows(lamp())] == ["l0", "l2", "l9"]
    assert len(cloud.calls) == 1


def test_an_id_that_the_list_lacks_is_asked_for():
    cloud = many(2)
    seen = view(cloud)
    seen.rows(lamp())
    cloud.lamps.append({"id": "0f3a1b9e-0000-4000-8000-000000000001", "name": "hidden"})
    assert seen.find("lamp", "0f3a1b9e-0000-4000-8000-000000000001")["name"] == "hidden"


def test_lists_under_a_parent_are_kept_apart():
    kind = lamp(commands=Commands(list="listLamps", parents={"shelf": "shelfid"}))
    low, high = (Shelf(kind, {"shelfid": shelf}, []) for shelf in ("s1", "s2"))
    for shelf in (low, high):
        shelf.put({"id": "l1", "shelfid": "s2"})
    assert (low.rows, len(high.rows)) == ([], 1)


@given(st.lists(st.tuples(st.sampled_from(["put", "drop"]), st.integers(0, 4), st.sampled_from("ab")), max_size=20))
def test_memory_after_any_changes_is_as_if_read_anew(steps):
    now = {str(i): {"id": str(i), "name": "a"} for i in range(3)}
    shelf = Shelf(lamp(), {}, now.values())
    shelf.where("name", "a")
    for action, number, name in steps:
        if action == "put":
            now.pop(str(number), None)
            now[str(number)] = {"id": str(number), "name": name}
            shelf.put(now[str(number)])
        else:
            now.pop(str(number), None)
            shelf.drop(str(number))
    anew = Shelf(lamp(), {}, now.values())
    assert shelf.rows == anew.rows
    for name in "ab":
        assert shelf.where("name", name) == anew.where("name", name)
    assert all(shelf.where("id", number) == anew.where("id", number) for number in "01234")
