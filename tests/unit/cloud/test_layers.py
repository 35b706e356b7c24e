"""Graphs on paper: nothing overlaps, lines go from left to right, and fewer of them say the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.layers import Item, Key, bundle, is_joint, place


@st.composite
def graphs(draw: st.DrawFn) -> dict[Key, set[Key]]:
    """Each needs some of those before it."""
    count = draw(st.integers(1, 14))
    return {
        number: draw(st.sets(st.integers(0, number - 1), max_size=5)) if number else set() for number in range(count)
    }


def behind(needs: dict[Key, set[Key]], key: Key) -> set[Key]:
    found: set[Key] = set()
    for first in needs[key]:
        found |= {first} | behind(needs, first)
    return {one for one in found if not is_joint(one)}


@given(graphs())
def test_bundled_lines_say_the_same_with_fewer(needs):
    found = bundle(needs)
    assert {key: behind(found, key) for key in needs} == {key: behind(needs, key) for key in needs}
    assert sum(map(len, found.values())) <= sum(map(len, needs.values()))


def test_many_that_need_the_same_many_meet_in_a_joint():
    needs: dict[Key, set[Key]] = {**{f"network {n}": set() for n in range(5)},
                                  **{f"host {n}": {f"network {m}" for m in range(5)} for n in range(8)}}  # fmt: skip
    found = bundle(needs)
    assert [len(found[key]) for key in found if is_joint(key)] == [5]
    assert sum(map(len, found.values())) == 13


@settings(max_examples=60)
@given(graphs())
def test_boxes_do_not_overlap_and_lines_go_to_the_right(needs):
    needs = bundle(needs)
    items = {key: Item(6, 6) if is_joint(key) else Item(50 + 10 * (int(key) % 7), 26) for key in needs}
    lines = place(items, needs)
    assert len(lines) == sum(map(len, needs.values()))
    every = list(items.values())
    for number, one in enumerate(every):
        assert one.y - one.height / 2 > -0.01
        for other in every[:number]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or abs(one.y - other.y) >= (one.height + other.height) / 2
    for line in lines:
        assert all(first.edge < last.x for first, last in pairwise(line))
        for thread in line[1:-1]:
            passed = [item for item in every if item.x < thread.edge and thread.x < item.x + item.width]
            assert all(abs(item.y - thread.y) > item.height / 2 for item in passed), "a line behind a box"
