"""Lists: every row once, whatever the server's page size and whatever happens meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.client.paging import read_all, rows_of
from ansible_collections.cloudstack.ops.tests.unit.client.scripted import ok, refused


class Table:
    """Rows in the order of their ids, as a server lists them. ``before_page``: changes made while somebody reads."""

    def __init__(self, total, largest=500, before_page=None, counts="all"):
        self.ids = list(range(total))
        self.born = total
        self.largest = largest
        self.before_page = before_page or {}
        self.counts = counts
        self.fetched = 0

    def fetch(self, page, size):
        for delete, create in self.before_page.get(self.fetched, []):
            del self.ids[delete : delete + 1]
            self.ids += range(self.born, self.born + create)
            self.born += create
        self.fetched += 1
        rows = [{"id": str(i)} for i in self.ids[(page - 1) * size : page * size]]
        count = len(self.ids) if self.counts == "all" else len(rows)
        if not count:
            return {}
        return {"count": count, "domain": rows} if rows else {"count": count}

    def answer(self, request):
        page, size = int(request.params["page"]), int(request.params["pagesize"])
        if size > self.largest:
            text = f"Page size can't exceed max allowed page size value: {self.largest}"
            return refused("listDomains", 431, text)
        return ok("listDomains", **self.fetch(page, size))


def one_by_one(calls):
    return [call() for call in calls]


@pytest.mark.parametrize("total", [0, 1, 499])
def test_what_fits_one_page_takes_one_request(server, client, total):
    server.answer = Table(total).answer
    assert len(client.list("listDomains", {"listall": True})) == total
    assert len(server.requests) == 1
    assert server.requests[0].params["listall"] == "true"


def test_page_size_is_learned_once(server, client):
    server.answer = Table(900, largest=200).answer
    assert [row["id"] for row in client.list("listDomains")] == [str(i) for i in range(900)]
    assert len(server.requests) == 1 + 5
    assert len(client.list("listDomains")) == 900
    assert len(server.requests) == 1 + 5 + 5
    assert {request.params["pagesize"] for request in server.requests[1:]} == {"200"}


def test_page_size_that_does_not_get_smaller_is_an_error(server, client):
    text = "Page size can't exceed max allowed page size value: 500"
    server.script(("listDomains", refused("listDomains", 431, text)))
    with pytest.raises(ApiError, match="Page size"):
        client.list("listDomains")


def test_paging_is_not_the_callers(client):
    with pytest.raises(InvalidInput, match="Leave out page and pagesize"):
        client.list("listDomains", {"page": 2, "pagesize": 10})


@given(st.integers(0, 60), st.integers(1, 20), st.sampled_from(["all", "page"]))
def test_all_rows_come_whether_the_total_or_the_page_is_counted(total, size, counts):
    table = Table(total, counts=counts)
    assert [row["id"] for row in read_all(table.fetch, size, one_by_one)] == [str(i) for i in range(total)]
    assert table.fetched <= total // size + 2


CHANGES = st.dictionaries(
    st.integers(0, 6),
    st.one_of(
        st.lists(st.tuples(st.integers(0, 40), st.just(0)), max_size=2),
        st.lists(st.tuples(st.just(10**6), st.integers(1, 3)), max_size=2),
    ),
    max_size=2,
)


@given(st.integers(0, 40), st.integers(1, 10), CHANGES)
def test_a_list_that_changes_meanwhile_misses_nothing_that_stayed(total, size, changes):
    table = Table(total, before_page=changes)
    there = set(table.ids)
    found = [int(row["id"]) for row in read_all(table.fetch, size, one_by_one)]
    assert there & set(table.ids) <= set(found)
    assert len(found) == len(set(found))


def test_a_list_that_never_stands_still_keeps_what_was_seen():
    deleting = {fetched: [(0, 0)] for fetched in range(1, 20, 2)}
    table = Table(8, before_page=deleting)
    found = {int(row["id"]) for row in read_all(table.fetch, 4, one_by_one)}
    assert set(table.ids) < found
    assert table.fetched == 6


def test_one_template_in_two_zones_is_two_rows():
    rows = [{"id": "t", "zoneid": "a"}, {"id": "t", "zoneid": "b"}, {"id": "t", "zoneid": "b"}, {"name": "no id"}]
    pages = {1: rows[:2], 2: rows[2:], 3: []}
    found = read_all(lambda page, size: {"count": 4, "template": pages[page]}, 2, one_by_one)
    assert found == [rows[0], rows[1], rows[3]]
    twins = [{"id": "t", "zoneid": "a"}] * 3
    assert read_all(lambda page, size: {"count": 3, "template": twins}, 500, one_by_one) == twins


def test_a_command_that_knows_no_pages_is_asked_once():
    asked = []

    def fetch(page, size):
        asked.append(page)
        return {"count": 7, "api": [{"name": str(i)} for i in range(7)]}

    assert len(read_all(fetch, 5, one_by_one)) == 7
    assert asked == [1]
    assert len(read_all(fetch, 7, one_by_one)) == 7


def test_a_count_too_large_ends_at_the_empty_page():
    pages = {1: [{"id": "1"}, {"id": "2"}], 2: []}
    found = read_all(lambda page, size: {"count": 5, "host": pages[page]}, 10, one_by_one)
    assert [row["id"] for row in found] == ["1", "2"]


@pytest.mark.parametrize(
    ("answer", "rows"),
    [
        ({}, []),
        ({"count": 7}, []),
        ({"capability": {"cloudstackversion": "4.22"}}, [{"cloudstackversion": "4.22"}]),
        ({"count": 1, "zone": [{"id": "1"}]}, [{"id": "1"}]),
        ({"success": True}, []),
    ],
)
def test_rows_of(answer, rows):
    assert rows_of(answer) == rows
