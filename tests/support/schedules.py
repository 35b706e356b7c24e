"""A campaign's queue played on a clock of its own, with every limit asserted."""

from __future__ import annotations

import heapq
from collections import Counter
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.campaign.schedule import Limits, Queue
from ansible_collections.cloudstack.ops.plugins.module_utils.campaign.targets import Target


def play(targets: list[Target], limits: Limits, duration: float = 1.0) -> tuple[float, list[Target]]:
    """Runs the queue on a clock of its own, with all limits asserted; end and order of begin."""
    queue, now, begun = Queue(targets, limits), 0.0, []
    running: list[tuple[float, int, Target]] = []
    ended: set[str] = set()
    while True:
        while (target := queue.take()) is not None:
            begun.append(target)
            heapq.heappush(running, (now + duration, len(begun), target))
            check(running, limits)
            mates = [t for t in targets if t.pair and t.pair == target.pair and t.rank < target.rank]
            assert all(mate.id in ended for mate in mates)
        if not running:
            assert queue.waiting() == []
            return now, begun
        now = running[0][0]
        while running and running[0][0] <= now:
            done = heapq.heappop(running)[2]
            ended.add(done.id)
            queue.ended(done)


def check(running: list[Any], limits: Limits) -> None:
    under_way = [target for _end, _number, target in running]
    assert not limits.overall or len(under_way) <= limits.overall
    for limit, field in ((limits.per_host, "host"), (limits.per_cluster, "cluster")):
        busiest = Counter(getattr(target, field) for target in under_way).most_common(1)
        assert not limit or busiest[0][1] <= limit
    pairs = Counter(target.pair for target in under_way if target.pair)
    assert not pairs or max(pairs.values()) == 1
