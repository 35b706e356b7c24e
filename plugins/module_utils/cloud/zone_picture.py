# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A zone of a document as a picture: boxes in boxes, coloured by what happens to each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from . import svg
from .document import Work
from .graph import Graph
from .nodes import Node

NAMED = 24
"""Parts of one kind inside one box that are drawn with their names; more are small squares."""
_PAD, _HEAD, _GAP = 10.0, 24.0, 8.0
_TILE, _SQUARE = (112.0, 24.0), (13.0, 13.0)
_NESTED = ("pod", "cluster", "physical_network")


@dataclass
class _Shape:
    """Something with a size that draws itself at a place."""

    width: float
    height: float
    parts: list[tuple[float, float, _Shape]] = field(default_factory=list)
    label: str = ""
    kind: str = ""
    title: str = ""
    corner: float = 5

    def draw(self, x: float, y: float) -> list[str]:
        drawn = [svg.box(x, y, self.width, self.height, self.kind, self.title, self.corner)] if self.kind else []
        if self.label:
            drawn.append(svg.text(x + 8, y + 16, svg.shortened(self.label, self.width - 12)))
        for left, top, part in self.parts:
            drawn += part.draw(x + left, y + top)
        return drawn


def zone_pictures(graph: Graph, works: Sequence[Work]) -> list[tuple[str, str]]:
    """Name and SVG of each zone of the document that has parts there."""
    actions = {work.node: _class_of(work) for work in works}
    pictures = []
    for node in graph.nodes:
        if node.resource.name == "zone" and node in graph.parts:
            shape = _Drawing(graph, actions).container(node)
            count = len(graph.parts[node])
            picture = svg.picture(
                shape.width + 2, shape.height + 2, f"Zone {node.name} with {count} parts", shape.draw(1, 1)
            )
            pictures.append((node.name, picture))
    return pictures


def _class_of(work: Work) -> str:
    return "failed" if work.error else work.plan.action


class _Drawing:
    def __init__(self, graph: Graph, actions: Mapping[Node, str]) -> None:
        self._graph = graph
        self._actions = actions

    def container(self, node: Node) -> _Shape:
        """A box with its parts: single ones as tiles, those that have parts of their own as boxes beside each other."""
        own = [part for part in self._graph.parts.get(node, ()) if self._graph.parent_of(part) is node]
        rows: list[_Shape] = []
        for kind in dict.fromkeys(part.resource.name for part in own if part.resource.name not in _NESTED):
            rows.append(self._tiles([part for part in own if part.resource.name == kind]))
        for kind in reversed(_NESTED):
            boxes = [self.container(part) for part in own if part.resource.name == kind]
            if boxes:
                rows.append(_beside(boxes))
        label = f"{node.resource.noun} {node.name}"
        width = max([svg.width_of(label) + 20, *(row.width + 2 * _PAD for row in rows)])
        parts, y = [], _HEAD
        for row in rows:
            parts.append((_PAD, y, row))
            y += row.height + _GAP
        return _Shape(
            width, y + (_PAD - _GAP if rows else 4), parts, label, f"place {self._actions[node]}", self._title(node)
        )

    def _tiles(self, nodes: Sequence[Node]) -> _Shape:
        """Parts of one kind in rows; without names where they are many."""
        named = len(nodes) <= NAMED
        width, height = _TILE if named else _SQUARE
        across = min(len(nodes), 6 if named else max(20, math.isqrt(len(nodes) * 3)))
        gap = 6.0 if named else 3.0
        shape = _Shape(across * (width + gap) - gap, -(-len(nodes) // across) * (height + gap) - gap)
        top = 0.0
        if not named:
            shape.parts.append((0, 0, _Shape(0, 0, label=f"{len(nodes)} × {nodes[0].resource.noun}")))
            top = _HEAD
            shape.height += top
            shape.width = max(shape.width, svg.width_of(f"{len(nodes)} × {nodes[0].resource.noun}") + 20)
        for number, node in enumerate(nodes):
            place = ((number % across) * (width + gap), top + (number // across) * (height + gap))
            shape.parts.append((*place, self._tile(node, width, height, named)))
        return shape

    def _tile(self, node: Node, width: float, height: float, named: bool) -> _Shape:
        label = node.name if named else ""
        kind = f"part {node.resource.name.replace('_', '-')} {self._actions[node]}"
        return _Shape(width, height, [], label, kind, self._title(node), 4 if named else 2)

    def _title(self, node: Node) -> str:
        action = self._actions[node]
        return f"{node.title}: {'unchanged' if action == 'none' else action}"


def _beside(boxes: Sequence[_Shape], widest: float = 1100) -> _Shape:
    """Boxes beside each other, in as many rows as a page's width asks for."""
    parts: list[tuple[float, float, _Shape]] = []
    x = y = line = width = 0.0
    for box in boxes:
        if x and x + box.width > widest:
            x, y, line = 0.0, y + line + _GAP, 0.0
        parts.append((x, y, box))
        x += box.width + _GAP
        line = max(line, box.height)
        width = max(width, x - _GAP)
    return _Shape(width, y + line, parts)
