"""Rows, indexes and removed rows."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudstack_simulator.tables import Database, Missing, Row, Table, TableSpec


class Thing(Row):
    __slots__ = ("name", "owner_id")


@pytest.fixture
def table() -> Table[Row]:
    return make_table()


def make_table() -> Table[Row]:
    counter = itertools.count()
    Thing._indexed = frozenset({"owner_id"})
    spec = TableSpec("things", [Thing], ("Thing",), ("owner_id",), 1)
    return Table(spec, lambda: f"uuid-{next(counter)}", lambda: 7.0)


def thing(owner: int | None) -> Row:
    made = Thing()
    made.owner_id = owner
    made.name = "n"
    return made


def test_rows_get_numbers_ids_and_times_in_order(table: Table[Row]) -> None:
    first, second = table.add(thing(1)), table.add(thing(2))
    assert [first.id, second.id] == [1, 2]
    assert first.uuid != second.uuid
    assert first.created == 7.0
    assert list(table) == [first, second]


def test_a_removed_row_is_found_by_id_only(table: Table[Row]) -> None:
    row = table.add(thing(1))
    table.remove(row)
    assert list(table) == []
    assert table.where(owner_id=1) == []
    assert table.find(row.uuid) is row
    assert table[row.id] is row
    assert row.removed == 7.0


def test_a_deleted_row_is_unknown(table: Table[Row]) -> None:
    row = table.add(thing(1))
    table.delete(row)
    assert table.find(row.uuid) is None
    assert table.get(row.id) is None


def test_a_restored_row_lives_again_in_its_place(table: Table[Row]) -> None:
    first, second = table.add(thing(1)), table.add(thing(1))
    table.remove(first)
    table.restore(first)
    assert table.where(owner_id=1) == [first, second]
    assert list(table) == [first, second]


def test_numbers_are_never_given_twice(table: Table[Row]) -> None:
    table.delete(table.add(thing(1)))
    assert table.add(thing(1)).id == 2


@given(
    st.lists(st.tuples(st.sampled_from(["add", "move", "remove", "restore", "delete"]), st.integers(0, 4)), max_size=60)
)
def test_an_index_always_answers_as_a_walk_over_all_rows(steps: list[tuple[str, int]]) -> None:
    table = make_table()
    rows: list[Row] = []
    for step, number in steps:
        if step == "add" or not rows:
            rows.append(table.add(thing(number)))
            continue
        row = rows[number % len(rows)]
        if step == "move":
            row.owner_id = number
        elif step == "delete":
            table.delete(row)
            rows.remove(row)
        else:
            getattr(table, step)(row)
        for owner in range(5):
            assert table.where(owner_id=owner) == [r for r in table if r.owner_id == owner]


def test_what_has_to_be_there_is_missed_aloud() -> None:
    table = make_table()
    row = table.add(thing(1))
    assert table.the(owner_id=1) is table.known(row.uuid.upper()) is row
    for missing in (lambda: table.the(owner_id=2), lambda: table.known("other"), lambda: table[None]):
        with pytest.raises(LookupError):
            missing()


def test_an_unknown_number_is_false_and_removed() -> None:
    assert not Missing(5)
    assert Missing(5).removed is not None


def test_a_database_has_a_table_for_each_entity_it_knows() -> None:
    db = Database(lambda: "u", lambda: 0.0)
    assert db.table_of("Account") is db.accounts
    assert db.table_of("NoSuchThing") is None
    with pytest.raises(AttributeError, match="no table nothing"):
        _ = db.nothing
