"""What campaigns cost: planning ten thousand routers, and how near schedules come to the shortest there can be.

The simulator runs in the same process and answers at once. Steps last equally long; limits are asserted at each begin.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.campaign.schedule import (
    Limits,
    in_order,
    shortest,
    waves,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.campaign.targets import Target
from ansible_collections.cloudstack.ops.tests.bench.aims import against
from ansible_collections.cloudstack.ops.tests.support.schedules import play
from cloudstack_simulator.commands.appliances.ageing import age
from tests.integration.resources.conftest import Cloud

ROUTERS = 10_000
AIM = 2.0
"""Seconds for the plan of so many routers."""
RATIO = 1.05
STEP = 60.0
"""Seconds of one step."""
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    found = Cloud(populate=f"hosts=300,routers={ROUTERS},zones=3,hypervisor=KVM")
    age(found.running.sim, template="4.22.0")
    yield found
    found.close()


def test_ten_thousand_routers_are_planned(cloud):
    begun = time.perf_counter()
    planned = cloud.run("virtual_router_upgrade", check=True, parallel=40, per_cluster=10, canaries=3, batch="10%")
    took = time.perf_counter() - begun
    print(f"\nplan of {len(planned['plan'])} routers: {took:.2f} s ({against(took, AIM)}), {cloud.calls} calls")
    assert len(planned["plan"]) == ROUTERS
    assert cloud.changes == 0


def spread(count: int, *, clusters: int, hosts: int, skew: int, pairs: int) -> list[Target]:
    """Routers over clusters of so many hosts; the first cluster has ``skew`` shares; every ``pairs``-th is a pair."""
    places = [0] * skew + list(range(1, clusters))
    targets = []
    for number in range(count):
        cluster = places[number % len(places)]
        pair = f"pair-{number // 2}" if pairs and (number // 2) % pairs == 0 else ""
        targets.append(
            Target(
                id=str(number), name=f"r-{number:05}-VM", kind="router", place=("zone", f"c{cluster:02}"),
                host=f"c{cluster}-h{(number // len(places)) % hosts}", cluster=f"c{cluster}", pair=pair,
                rank=number % 2 if pair else 0,
            )
        )  # fmt: skip
    return in_order(targets)


SHAPES = {
    "60 hosts, even": ({"clusters": 6, "hosts": 10, "skew": 1, "pairs": 0}, Limits(40, 1, 10), 0, 0),
    "60 hosts, pairs": ({"clusters": 6, "hosts": 10, "skew": 1, "pairs": 4}, Limits(40, 1, 10), 0, 0),
    "a crowded cluster": ({"clusters": 6, "hosts": 10, "skew": 4, "pairs": 0}, Limits(40, 1, 10), 0, 0),
    "two on each host": ({"clusters": 12, "hosts": 5, "skew": 2, "pairs": 8}, Limits(60, 2, 8), 0, 0),
    "canaries, batches of 10 %": ({"clusters": 6, "hosts": 10, "skew": 2, "pairs": 0}, Limits(40, 1, 10), 3, 200),
}


def test_schedules_are_nearly_as_short_as_any():
    print(f"\nschedule of 2000 steps\n  {'shape':28} {'minutes':>8} {'shortest':>9} {'ratio':>6}")
    for name, (shape, limits, canaries, batch) in SHAPES.items():
        cut = waves(spread(2000, **shape), canaries=canaries, batch=batch)
        took = sum(play(wave, limits, STEP)[0] for wave in cut)
        bound = sum(shortest(wave, limits, STEP) for wave in cut)
        print(f"  {name:28} {took / 60:8.0f} {bound / 60:9.0f} {took / bound:6.3f}")
        assert took <= RATIO * bound
