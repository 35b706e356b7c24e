# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The graph of a plan as a picture: what changes, and what needs what, from left to right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import svg
from .document import Work
from .graph import Graph, Step
from .layers import Item, Key, bundle, place
from .nodes import Node
from .plan_text import SIGNS

MOST = 60
"""Objects that are drawn one by one; of more, those of a kind and an action share a box."""
_HEIGHT, _MARGIN, _JOINT, _LONGEST = 26.0, 8.0, 6.0, 230.0


@dataclass(frozen=True)
class _Box:
    label: str
    action: str
    title: str
    anchor: str = ""

    @property
    def width(self) -> float:
        return svg.width_of(self.label) + 18


def graph_picture(graph: Graph, works: Sequence[Work], anchors: Mapping[Node, str]) -> str:
    """SVG of the changes that need each other; an empty text where none does.

    anchors: what the boxes lead to, by node.
    """
    changed = [work for work in works if work.plan.changed]
    boxes, needs = _one_by_one(graph, changed, anchors) if len(changed) <= MOST else _by_kind(graph, changed)
    joined = {key for key, first in needs.items() if first} | {first for several in needs.values() for first in several}
    if not joined:
        return ""
    needs = bundle(_reduced({key: first for key, first in needs.items() if key in joined}))
    items = {key: _item(boxes.get(key)) for key in needs}
    lines = place(items, needs)
    names = {id(item): f"b{number}" for number, item in enumerate(items.values())}
    shapes = [_line(line, names) for line in lines]
    shapes += [_shape(item, boxes.get(key), names[id(item)]) for key, item in items.items()]
    width = max(item.x + item.width for item in items.values())
    height = max(item.y + item.height / 2 for item in items.values())
    label = f"What needs what among {len(changed)} changes, from left to right"
    return svg.picture(width + 2 * _MARGIN, height + 2 * _MARGIN, label, shapes, kind="graph")


def _one_by_one(
    graph: Graph, changed: Sequence[Work], anchors: Mapping[Node, str]
) -> tuple[dict[Key, _Box], dict[Key, set[Key]]]:
    inside = {work.node for work in changed}
    boxes: dict[Key, _Box] = {}
    needs: dict[Key, set[Key]] = {}
    for work in changed:
        action = work.plan.action
        label = svg.shortened(f"{SIGNS[action]} {work.node.title}", _LONGEST)
        boxes[work.node] = _Box(label, action, f"{work.node.title}: {action}", anchors.get(work.node, ""))
        needs[work.node] = {other for other in _first_turn(graph, work.node) if other in inside}
    return boxes, needs


def _first_turn(graph: Graph, node: Node) -> set[Node]:
    """What the node's first turn needs; of what is pruned, nothing is drawn."""
    return {step.node for step in graph.needs.get(Step(node), ()) if step.node is not node}


def _by_kind(graph: Graph, changed: Sequence[Work]) -> tuple[dict[Key, _Box], dict[Key, set[Key]]]:
    keys = {work.node: (work.node.resource.noun, work.plan.action) for work in changed}
    boxes: dict[Key, _Box] = {
        (noun, action): _Box(f"{SIGNS[action]} {count} × {noun}", action, f"{count} × {noun}: {action}")
        for (noun, action), count in Counter(keys.values()).items()
    }
    needs: dict[Key, set[Key]] = {key: set() for key in boxes}
    for node, key in keys.items():
        needs[key] |= {keys[other] for other in _first_turn(graph, node) if other in keys and keys[other] != key}
    return boxes, _without_circles(needs)


def _without_circles(needs: Mapping[Key, set[Key]]) -> dict[Key, set[Key]]:
    """Objects of two kinds may need each other both ways, though no two objects do; one way is left out."""
    found = {key: set(first) for key, first in needs.items()}
    done: set[Key] = set()
    path: list[Key] = []

    def visit(key: Key) -> None:
        path.append(key)
        for first in sorted(found[key], key=str):
            if first in path:
                found[key].discard(first)
            elif first not in done:
                visit(first)
        path.pop()
        done.add(key)

    for key in found:
        if key not in done:
            visit(key)
    return found


def _reduced(needs: Mapping[Key, set[Key]]) -> dict[Key, set[Key]]:
    """Leaves out lines that follow from others: a host needs its zone because its cluster does."""
    behind: dict[Key, set[Key]] = {}

    def all_behind(key: Key) -> set[Key]:
        if key not in behind:
            behind[key] = set()
            for first in needs[key]:
                behind[key] |= {first} | all_behind(first)
        return behind[key]

    return {key: first - {far for near in first for far in all_behind(near)} for key, first in needs.items()}


def _item(box: _Box | None) -> Item:
    return Item(box.width, _HEIGHT) if box else Item(_JOINT, _JOINT)


def _line(line: Sequence[Item], names: Mapping[int, str]) -> str:
    """A line along its items; it goes straight through the columns that it passes."""
    points = [(line[0].x + line[0].width, line[0].y), (line[0].edge, line[0].y)]
    for item in line[1:-1]:
        points += [(item.x, item.y), (item.edge, item.y)]
    points.append((line[-1].x, line[-1].y))
    moved = [(x + _MARGIN, y + _MARGIN) for x, y in points]
    return svg.curve(moved, {"from": names[id(line[0])], "to": names[id(line[-1])]})


def _shape(item: Item, box: _Box | None, name: str) -> str:
    left, top = item.x + _MARGIN, item.y - item.height / 2 + _MARGIN
    if box is None:
        return svg.group(svg.box(left, top, _JOINT, _JOINT, "joint", corner=_JOINT / 2), name, "", "")
    shape = svg.box(left, top, item.width, item.height, f"node {box.action}", box.title)
    drawn = shape + svg.text(left + 9, top + 17.5, box.label)
    return svg.group(drawn, name, box.title, box.anchor)
