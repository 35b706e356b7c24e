# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Places for the boxes of a graph: columns from left to right, lines that pass between the boxes of other columns.

The layered way of drawing: columns by the longest way, threads where a line passes a column, an order with few
crossings, and heights as near to the neighbours' as the order allows.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

Key = Hashable
_SWEEPS = 12
_GAP, _SPACE, _THREAD = 10.0, 48.0, 2.0
_JOINT = "joint"


@dataclass(eq=False)
class Item:
    """A box, a joint where lines meet, or a thread: a line on its way past a column.

    ``y`` is the middle, ``x`` the left side. Boxes and threads have even columns; joints stand between them. ``needs``
    are the items that the lines come from, ``waits`` those that they go to.
    """

    width: float
    height: float
    needs: list[Item] = field(default_factory=list)
    waits: list[Item] = field(default_factory=list)
    column: int = 0
    x: float = 0
    y: float = 0
    #: Right side of the column, up to where a line has to go straight.
    edge: float = 0


def is_joint(key: Key) -> bool:
    return isinstance(key, tuple) and key[0] == _JOINT


def place(items: Mapping[Key, Item], needs: Mapping[Key, set[Key]]) -> list[list[Item]]:
    """Gives every item its place, what hangs together under each other.

    Returns the lines, each as the items that it goes along, threads included.
    """
    lines, top = [], 0.0
    for part in _parts(items, needs):
        found = _place_together(part, needs)
        together = dict.fromkeys([*part.values(), *(item for line in found for item in line)])
        for item in together:
            item.y += top
        top = max(item.y + item.height / 2 for item in together) + 2 * _GAP
        lines += found
    return lines


def _parts(items: Mapping[Key, Item], needs: Mapping[Key, set[Key]]) -> list[dict[Key, Item]]:
    """What hangs together, the largest first."""
    beside: dict[Key, set[Key]] = {key: set(needs[key]) for key in items}
    for key in items:
        for first in needs[key]:
            beside[first].add(key)
    left, parts = dict.fromkeys(items), []
    while left:
        found, waiting = set(), [next(iter(left))]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting += beside[key]
        parts.append({key: items[key] for key in items if key in found})
        left = {key: None for key in left if key not in found}
    return sorted(parts, key=len, reverse=True)


def _place_together(items: Mapping[Key, Item], needs: Mapping[Key, set[Key]]) -> list[list[Item]]:
    _find_columns(items, needs)
    lines = [_thread(first, item) for key, item in items.items() for first in _sorted(items, needs[key])]
    by_column: dict[int, list[Item]] = {}
    for item in dict.fromkeys([*items.values(), *(item for line in lines for item in line)]):
        by_column.setdefault(item.column, []).append(item)
    columns = [by_column[number] for number in sorted(by_column)]
    for sweep in range(_SWEEPS):
        near = "waits" if sweep % 2 else "needs"
        for column in reversed(columns) if sweep % 2 else columns:
            column.sort(key=lambda item: _middle(getattr(item, near), item.y))
            _stack(column)
    for sweep in range(_SWEEPS):
        for column in reversed(columns) if sweep % 2 else columns:
            _settle(column)
    top = min(item.y - item.height / 2 for column in columns for item in column)
    right = -_SPACE
    for column in columns:
        between = column[0].column % 2
        width = max(item.width for item in column)
        for item in column:
            # A thread is as long as its column is wide.
            item.width = item.width or width
            item.x, item.y = right + (_SPACE - width) / 2 if between else right + _SPACE, item.y - top
            item.edge = item.x + width
        right += 0 if between else _SPACE + width
    return lines


def bundle(needs: Mapping[Key, set[Key]]) -> dict[Key, set[Key]]:
    """The same graph with fewer lines: where many need the same many, all lines meet in a joint, see ``is_joint``."""
    found = {key: set(first) for key, first in needs.items()}
    while True:
        waits: dict[Key, set[Key]] = {}
        for key, first in found.items():
            for other in () if is_joint(key) else first:
                waits.setdefault(other, set()).add(key)
        best, members, dependents = 0, set(), set()
        for one, other in combinations([key for key in waits if not is_joint(key)], 2):
            common = waits[one] & waits[other]
            sources = {key for key in waits if common <= waits[key] and not is_joint(key)} if len(common) > 1 else set()
            saved = len(sources) * len(common) - len(sources) - len(common)
            if saved > best:
                best, members, dependents = saved, sources, common
        if not best:
            return found
        joint = (_JOINT, len(found))
        found[joint] = set(members)
        for key in dependents:
            found[key] = (found[key] - members) | {joint}


def _sorted(items: Mapping[Key, Item], keys: set[Key]) -> list[Item]:
    return [item for key, item in items.items() if key in keys]


def _find_columns(items: Mapping[Key, Item], needs: Mapping[Key, set[Key]]) -> None:
    known: dict[Key, int] = {}

    def column(key: Key) -> int:
        if key not in known:
            last = max((column(first) for first in needs[key]), default=-1)
            known[key] = last + 1 if is_joint(key) or last % 2 else last + 2
        return known[key]

    known.update({key: 0 for key in items if not needs[key]})
    for key, item in items.items():
        item.column = column(key)
    # Lines meet where fewer of them have far to go.
    for joint in filter(is_joint, items):
        dependents = [key for key in items if joint in needs[key]]
        if len(dependents) > len(needs[joint]):
            items[joint].column = min(items[key].column for key in dependents) - 1


def _thread(first: Item, last: Item) -> list[Item]:
    """A line from one item to another, with a thread in each column of boxes between."""
    passed = [Item(0, _THREAD, column=column) for column in range(first.column + 1, last.column) if column % 2 == 0]
    line = [first, *passed, last]
    for one, other in pairwise(line):
        one.waits.append(other)
        other.needs.append(one)
    return line


def _middle(neighbours: Sequence[Item], otherwise: float) -> float:
    return sum(item.y for item in neighbours) / len(neighbours) if neighbours else otherwise


def _distance(upper: Item, lower: Item) -> float:
    return (upper.height + lower.height) / 2 + _GAP


def _stack(column: Sequence[Item]) -> None:
    for upper, lower in pairwise(column):
        lower.y = upper.y + _distance(upper, lower)


def _settle(column: Sequence[Item]) -> None:
    """Each item as near to its neighbours as the order and the distances allow, all in all: pooled averages."""
    offsets = [0.0]
    for upper, lower in pairwise(column):
        offsets.append(offsets[-1] + _distance(upper, lower))
    pools: list[tuple[float, int]] = []
    for item, offset in zip(column, offsets, strict=True):
        pools.append((_middle([*item.needs, *item.waits], item.y) - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (above, many), (below, few) = pools[-2:]
            pools[-2:] = [((above * many + below * few) / (many + few), many + few)]
    wanted = [value for value, count in pools for _one in range(count)]
    for item, value, offset in zip(column, wanted, offsets, strict=True):
        item.y = value + offset
