"""Order, waves and limits of disruptive work."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.campaign.schedule import (
    Limits,
    Queue,
    in_order,
    shortest,
    waves,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.campaign.targets import Target
from ansible_collections.cloudstack.ops.tests.support.schedules import play


def router(number: int, *, host: int = 0, cluster: int = 0, pair: str = "", rank: int = 0) -> Target:
    return Target(
        id=f"id-{number}", name=f"r-{number:05d}-VM", kind="router", place=("zone", f"c{cluster}"),
        host=f"h{host}", cluster=f"c{cluster}", pair=pair, rank=rank,
    )  # fmt: skip


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=60),
    st.integers(1, 8), st.integers(0, 3), st.integers(0, 4),
)  # fmt: skip
def test_every_target_begins_once_within_all_limits(spread, overall, per_host, per_cluster):
    targets = []
    for number, (cluster, host, paired) in enumerate(spread):
        pair = f"pair-{number}" if paired else ""
        targets.append(router(2 * number, host=host, cluster=cluster, pair=pair))
        if paired:
            targets.append(router(2 * number + 1, host=host + 1, cluster=cluster, pair=pair, rank=1))
    targets = in_order(targets)
    _end, begun = play(targets, Limits(overall, per_host, per_cluster))
    assert Counter(target.id for target in begun) == Counter(target.id for target in targets)


@pytest.mark.parametrize("limits", [Limits(40, 1, 10), Limits(10, 2, 4), Limits(100, 1, 0), Limits(20, 0, 5)])
@pytest.mark.parametrize("skew", [1, 5])
def test_the_schedule_is_nearly_as_short_as_any(limits, skew):
    targets = []
    for number in range(2000):
        cluster = 0 if number % (skew + 5) < skew else number % 6
        targets.append(router(number, cluster=cluster, host=cluster * 10 + number % 10))
    targets = in_order(targets)
    end, _begun = play(targets, limits)
    assert end <= 1.05 * shortest(targets, limits, 1.0)


def test_the_order_is_kept_where_no_limit_decides():
    targets = in_order(router(number, host=number % 7, cluster=number % 3) for number in range(50))
    _end, begun = play(targets, Limits(5))
    assert begun == targets


def test_what_is_on_its_way_goes_before_the_others_of_its_place():
    targets = [router(1, rank=1), router(2, rank=0), router(3, cluster=1, rank=1), router(4, pair="p", rank=1)]
    assert [target.id for target in in_order(targets)] == ["id-4", "id-2", "id-1", "id-3"]


def test_the_backup_goes_first_wherever_the_partners_run():
    primary, backup = router(1, cluster=0, pair="p", rank=1), router(2, cluster=1, host=1, pair="p")
    other = router(3, cluster=0)
    assert in_order([primary, other, backup]) == [backup, primary, other]


def test_canaries_and_batches_are_barriers_and_pairs_stay_together():
    targets = in_order([
        *(router(number) for number in range(6)),
        router(100, pair="p"), router(101, pair="p", rank=1),
    ])  # fmt: skip
    cut = waves(targets, canaries=1, batch=3)
    assert [len(wave) for wave in cut] == [2, 3, 3] or [len(wave) for wave in cut] == [1, 3, 4]
    for wave in cut:
        members = [target for target in wave if target.pair]
        assert len(members) in (0, 2)
    assert waves(targets) == [targets]
    assert waves([]) == []


def test_partners_of_a_failed_target_are_not_touched():
    first, second = router(1, pair="p"), router(2, pair="p", rank=1)
    queue = Queue([first, second, router(3)], Limits(3))
    assert queue.take() == first
    assert queue.drop(first) == [second]
    queue.ended(first)
    assert queue.take().name == "r-00003-VM"
    assert queue.take() is None
