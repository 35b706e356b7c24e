# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which target is next: the order is a priority, limits and pairs are law, and nobody waits without need.

Targets are taken in their order, except that work on the busiest host or cluster is preferred where it decides how
long the whole takes. Canaries and pauses are barriers: nothing behind one begins before all in front of it has ended.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .targets import Target


@dataclass(frozen=True)
class Limits:
    """How many steps may be under way: in all, on one host, in one cluster. 0 is no limit."""

    overall: int = 1
    per_host: int = 0
    per_cluster: int = 0


def in_order(targets: Iterable[Target]) -> list[Target]:
    """By place (zone, pod, cluster, domain, account), then rank, pair and name.

    Partners stand together, at the place of the first of them: their rank counts wherever they run.
    """
    found = list(targets)
    places: dict[str, tuple[str, ...]] = {}
    for target in found:
        if target.pair:
            places[target.pair] = min(places.get(target.pair, target.place), target.place)
    return sorted(
        found,
        key=lambda target: (
            places.get(target.pair, target.place), 0 if target.pair else target.rank, target.pair or target.name,
            target.rank, target.name,
        ),
    )  # fmt: skip


def waves(targets: Sequence[Target], *, canaries: int = 0, batch: int = 0) -> list[list[Target]]:
    """Cuts ordered targets at the barriers: first the canaries, then batches of a size (0: the rest at once).

    Partners of a pair stay in one wave, so that a pause never leaves one of them alone between two states.
    """
    groups: list[list[Target]] = []
    by_pair: dict[str, list[Target]] = {}
    for target in targets:
        if target.pair and target.pair in by_pair:
            by_pair[target.pair].append(target)
            continue
        group = [target]
        groups.append(group)
        if target.pair:
            by_pair[target.pair] = group
    cut: list[list[Target]] = []
    current: list[Target] = []
    size = canaries or batch
    for group in groups:
        current.extend(group)
        if size and len(current) >= size:
            cut.append(current)
            current, size = [], batch
    return [*cut, current] if current else cut


class Queue:
    """The targets of one wave on their way. ``take`` gives the next that may begin, ``ended`` frees its place."""

    def __init__(self, targets: Sequence[Target], limits: Limits) -> None:
        self.limits = limits
        self._order = {target.id: place for place, target in enumerate(targets)}
        self._lanes: dict[tuple[str, str], deque[Target]] = {}
        self._partners: dict[str, deque[Target]] = {}
        self._on_host: Counter[str] = Counter()
        self._in_cluster: Counter[str] = Counter()
        self._host_left: Counter[str] = Counter()
        self._cluster_left: Counter[str] = Counter()
        self._total_left = 0
        self.running = 0
        for target in targets:
            self._host_left[target.host] += 1
            self._cluster_left[target.cluster] += 1
            self._total_left += 1
            if target.pair in self._partners:
                self._partners[target.pair].append(target)
                continue
            if target.pair:
                self._partners[target.pair] = deque()
            self._lane(target).append(target)

    def _lane(self, target: Target) -> deque[Target]:
        return self._lanes.setdefault((target.cluster, target.host), deque())

    def take(self) -> Target | None:
        """The next target that may begin now; None while limits or partners forbid every one, or at the end."""
        if self.limits.overall and self.running >= self.limits.overall:
            return None
        urgent = self._urgency()
        best: tuple[tuple[bool, int], Target] | None = None
        for (cluster, host), lane in self._lanes.items():
            if not lane or not self._free(cluster, host):
                continue
            key = (self._load(cluster, host) < urgent, self._order[lane[0].id])
            if best is None or key < best[0]:
                best = (key, lane[0])
        if best is None:
            return None
        target = best[1]
        self._lane(target).popleft()
        self._on_host[target.host] += 1
        self._in_cluster[target.cluster] += 1
        self.running += 1
        return target

    def ended(self, target: Target) -> None:
        """A step has ended, well or not; its partner, if any, may follow."""
        self.running -= 1
        self._on_host[target.host] -= 1
        self._in_cluster[target.cluster] -= 1
        self._gone(target)
        partners = self._partners.get(target.pair) if target.pair else None
        if partners:
            partner = partners.popleft()
            lane = self._lane(partner)
            lane.append(partner)
            if len(lane) > 1:
                self._lanes[(partner.cluster, partner.host)] = deque(sorted(lane, key=lambda t: self._order[t.id]))

    def drop(self, target: Target) -> list[Target]:
        """Takes the partners of a failed target out; they must not be touched. Returns them."""
        partners = list(self._partners.pop(target.pair, ())) if target.pair else []
        for partner in partners:
            self._gone(partner)
        return partners

    def waiting(self) -> list[Target]:
        """What has not begun, in order."""
        left = [target for lane in (*self._lanes.values(), *self._partners.values()) for target in lane]
        return sorted(left, key=lambda target: self._order[target.id])

    def _gone(self, target: Target) -> None:
        self._host_left[target.host] -= 1
        self._cluster_left[target.cluster] -= 1
        self._total_left -= 1

    def _free(self, cluster: str, host: str) -> bool:
        limits = self.limits
        if limits.per_host and host and self._on_host[host] >= limits.per_host:
            return False
        return not (limits.per_cluster and cluster and self._in_cluster[cluster] >= limits.per_cluster)

    def _load(self, cluster: str, host: str) -> float:
        """Steps that the lane's host or cluster still has to take one after the other."""
        limits = self.limits
        by_host = self._host_left[host] / limits.per_host if limits.per_host and host else 0.0
        by_cluster = self._cluster_left[cluster] / limits.per_cluster if limits.per_cluster and cluster else 0.0
        return max(by_host, by_cluster)

    def _urgency(self) -> float:
        """From this load on a lane decides how long the wave takes; everything else can wait for it."""
        by_all = self._total_left / self.limits.overall if self.limits.overall else 0.0
        by_lane = max((self._load(*lane) for lane, targets in self._lanes.items() if targets), default=0.0)
        return max(by_all, by_lane, 1.0) - 1.0 if by_lane >= by_all - 1.0 else float("inf")


def shortest(targets: Sequence[Target], limits: Limits, duration: float) -> float:
    """Lower bound of the time for steps of equal length: total work, busiest host, busiest cluster, longest pair."""
    hosts = Counter(target.host for target in targets if target.host)
    clusters = Counter(target.cluster for target in targets if target.cluster)
    pairs = Counter(target.pair for target in targets if target.pair)

    def rounds(count: int, limit: int) -> int:
        return -(-count // limit) if limit else 1

    bounds = [
        rounds(len(targets), limits.overall),
        *(rounds(count, limits.per_host) for count in hosts.values()),
        *(rounds(count, limits.per_cluster) for count in clusters.values()),
        *pairs.values(),
    ]
    return max(bounds) * duration if targets else 0.0
