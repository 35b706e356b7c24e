# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The graph of a plan as a picture: what changes, and what needs what, from left to right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from . import svg
from .document import Work
from .graph import Graph, Step
from .nodes import Node

MOST = 60
"""Objects that are drawn one by one; of more, those of a kind and an action share a box."""
_HEIGHT, _GAP, _MARGIN, _SPACE = 26.0, 10.0, 14.0, 70.0


_Key = Hashable


@dataclass
class _Box:
    """A box of the picture. ``needs`` are the boxes that its arrows come from."""

    label: str
    kind: str
    title: str
    needs: set[_Key]
    x: float = 0
    y: float = 0
    width: float = 0


def graph_picture(graph: Graph, works: Sequence[Work]) -> str:
    """SVG of the changes of a plan; an empty text where nothing changes."""
    changed = [work for work in works if work.plan.changed]
    if not changed:
        return ""
    boxes = _one_by_one(graph, changed) if len(changed) <= MOST else _by_kind(graph, changed)
    _reduce(boxes)
    width, height = _place(boxes)
    shapes = [
        svg.curve(boxes[first].x + boxes[first].width, boxes[first].y + _HEIGHT / 2, box.x, box.y + _HEIGHT / 2)
        for box in boxes.values()
        for first in box.needs
    ]
    for box in boxes.values():
        shapes.append(svg.box(box.x, box.y, box.width, _HEIGHT, f"node {box.kind}", box.title))
        shapes.append(svg.text(box.x + 8, box.y + 17, box.label))
    return svg.picture(width, height, f"Graph of {len(changed)} changes: what needs what, from left to right", shapes)


def _one_by_one(graph: Graph, changed: Sequence[Work]) -> dict[_Key, _Box]:
    inside = {work.node for work in changed}
    boxes: dict[_Key, _Box] = {}
    for work in changed:
        label = svg.shortened(work.node.title, 250)
        first = {other for other in _first_turn(graph, work.node) if other in inside}
        boxes[work.node] = _Box(label, work.plan.action, f"{work.node.title}: {work.plan.action}", set(first))
    return boxes


def _first_turn(graph: Graph, node: Node) -> set[Node]:
    """What the node's first turn needs; of what is pruned, nothing is drawn."""
    return {step.node for step in graph.needs.get(Step(node), ()) if step.node is not node}


def _by_kind(graph: Graph, changed: Sequence[Work]) -> dict[_Key, _Box]:
    keys = {work.node: (work.node.resource.noun, work.plan.action) for work in changed}
    counts = Counter(keys.values())
    boxes: dict[_Key, _Box] = {
        (noun, action): _Box(f"{count} × {noun}", action, f"{count} × {noun}: {action}", set())
        for (noun, action), count in counts.items()
    }
    for node, key in keys.items():
        boxes[key].needs |= {keys[other] for other in _first_turn(graph, node) if other in keys and keys[other] != key}
    _cut_circles(boxes)
    return boxes


def _cut_circles(boxes: Mapping[_Key, _Box]) -> None:
    """Objects of two kinds may need each other both ways, though no two objects do; one way is left out."""
    done: set[_Key] = set()
    path: list[_Key] = []

    def visit(key: _Key) -> None:
        path.append(key)
        for first in sorted(boxes[key].needs, key=str):
            if first in path:
                boxes[key].needs.discard(first)
            elif first not in done:
                visit(first)
        path.pop()
        done.add(key)

    for key in boxes:
        if key not in done:
            visit(key)


def _reduce(boxes: Mapping[_Key, _Box]) -> None:
    """Leaves out arrows that follow from others: a host needs its zone because its cluster does."""
    behind: dict[_Key, set[_Key]] = {}

    def all_behind(key: _Key) -> set[_Key]:
        if key not in behind:
            behind[key] = set()
            for first in boxes[key].needs:
                behind[key] |= {first} | all_behind(first)
        return behind[key]

    for box in boxes.values():
        box.needs -= {far for near in box.needs for far in all_behind(near)}


def _place(boxes: Mapping[_Key, _Box]) -> tuple[float, float]:
    """Gives each box its column, by the longest way to it, and its row, near what it needs. Returns the size."""
    columns: dict[_Key, int] = {}

    def column(key: _Key) -> int:
        if key not in columns:
            columns[key] = 1 + max((column(first) for first in boxes[key].needs), default=-1)
        return columns[key]

    by_column: dict[int, list[_Box]] = {}
    for key, box in boxes.items():
        by_column.setdefault(column(key), []).append(box)
    x, height = _MARGIN, 0.0
    for number in sorted(by_column):
        members = by_column[number]
        if number:
            members.sort(key=lambda box: sum(boxes[key].y for key in box.needs) / max(1, len(box.needs)))
        width = max(svg.width_of(box.label) for box in members) + 16
        for row, box in enumerate(members):
            box.x, box.y, box.width = x, _MARGIN + row * (_HEIGHT + _GAP), width
        height = max(height, _MARGIN + len(members) * (_HEIGHT + _GAP))
        x += width + _SPACE
    return x - _SPACE + _MARGIN, height + _MARGIN - _GAP
