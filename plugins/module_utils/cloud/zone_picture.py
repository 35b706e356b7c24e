# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A zone of a document as a picture: boxes in boxes, coloured by what happens to each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..model.resource import plural
from . import svg
from .document import Work
from .graph import Graph
from .nodes import Node
from .plan_text import SIGNS

NAMED = 24
"""Parts of one kind inside one box that are drawn with their names; more are small squares."""
_PAD, _HEAD, _CAPTION, _GAP = 12.0, 27.0, 16.0, 10.0
_TILE, _SQUARE = (120.0, 24.0), (13.0, 13.0)
_NESTED = ("pod", "cluster", "physical_network")
_WIDEST = 1190.0


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
    anchor: str = ""

    def draw(self, x: float, y: float) -> list[str]:
        own = svg.box(x, y, self.width, self.height, self.kind, self.title, self.corner) if self.kind else ""
        if self.label:
            words = svg.shortened(self.label, self.width - 14) if self.kind else self.label
            own += svg.text(
                x + (9 if self.kind else 1), y + (17 if self.kind else 11), words, "" if self.kind else "say"
            )
        drawn = [svg.pointed(own, self.title, self.anchor) if self.anchor else own]
        for left, top, part in self.parts:
            drawn += part.draw(x + left, y + top)
        return drawn


def zone_pictures(graph: Graph, works: Sequence[Work], anchors: Mapping[Node, str]) -> list[tuple[str, str]]:
    """Name and SVG of each zone of the document that has parts there, and of what is pruned in it.

    anchors: what changed parts lead to, by node.
    """
    drawing = _Drawing(graph, works, anchors)
    pictures = []
    for node in graph.nodes:
        if node.resource.name == "zone" and node in graph.parts:
            shape = drawing.container(node)
            label = f"Zone {node.name} with {len(graph.parts[node])} parts"
            pictures.append(
                (node.name, svg.picture(shape.width + 2, shape.height + 2, label, shape.draw(1, 1), "zone"))
            )
    return pictures


class _Drawing:
    def __init__(self, graph: Graph, works: Sequence[Work], anchors: Mapping[Node, str]) -> None:
        self._actions = {work.node: work.plan.action for work in works}
        self._failed = {work.node for work in works if work.error}
        self._anchors = anchors
        self._parts: dict[Node, list[Node]] = {}
        for node in self._actions:
            whole = node.around if node.absent else graph.parent_of(node)
            if whole is not None:
                self._parts.setdefault(whole, []).append(node)

    def container(self, node: Node) -> _Shape:
        """A box with its parts: single ones as tiles, those that have parts of their own as boxes beside each other."""
        own = self._parts.get(node, [])
        rows: list[_Shape] = []
        for kind in dict.fromkeys(part.resource.name for part in own if part.resource.name not in _NESTED):
            rows.append(self._tiles([part for part in own if part.resource.name == kind]))
        for kind in reversed(_NESTED):
            boxes = [self.container(part) for part in own if part.resource.name == kind]
            if boxes:
                rows.append(_beside(boxes, _GAP))
        label = self._label(node, node.title)
        content = _below(rows)
        width = max(svg.width_of(label) + 20, content.width + 2 * _PAD)
        parts = [(_PAD, _HEAD, content)]
        height = _HEAD + content.height + (_PAD if rows else 0)
        return _Shape(width, height, parts, label, self._class(node, "place"), self._title(node), 7, self._anchor(node))

    def _tiles(self, nodes: Sequence[Node]) -> _Shape:
        """Parts of one kind under their caption, in rows; without names where they are many."""
        named = len(nodes) <= NAMED
        noun = nodes[0].resource.noun
        caption = noun if len(nodes) == 1 else f"{len(nodes)} {plural(noun)}"
        width, height = _TILE if named else _SQUARE
        across = min(len(nodes), 4 if named else max(20, math.isqrt(len(nodes) * 3)))
        gap = 6.0 if named else 3.0
        rows = -(-len(nodes) // across)
        shape = _Shape(
            max(across * (width + gap) - gap, svg.width_of(caption)),
            _CAPTION + rows * (height + gap) - gap,
            label=caption,
        )
        for number, node in enumerate(nodes):
            down, right = divmod(number, across)
            tile = self._tile(node, width, height, named)
            shape.parts.append((right * (width + gap), _CAPTION + down * (height + gap), tile))
        return shape

    def _tile(self, node: Node, width: float, height: float, named: bool) -> _Shape:
        kind = self._class(node, f"part {node.resource.name.replace('_', '-')}")
        label = self._label(node, node.name) if named else ""
        return _Shape(width, height, [], label, kind, self._title(node), 5 if named else 2, self._anchor(node))

    def _class(self, node: Node, kind: str) -> str:
        return f"{kind} {'failed' if node in self._failed else self._actions[node]}"

    def _anchor(self, node: Node) -> str:
        return self._anchors.get(node, "")

    def _label(self, node: Node, called: str) -> str:
        sign = SIGNS.get(self._actions[node])
        return f"{sign} {called}" if sign else called

    def _title(self, node: Node) -> str:
        action = self._actions[node]
        return f"{node.title}: {'unchanged' if action == 'none' else action}"


def _below(rows: Sequence[_Shape]) -> _Shape:
    """One under the other."""
    whole = _Shape(max((row.width for row in rows), default=0), 0)
    for row in rows:
        if whole.parts:
            whole.height += _GAP
        whole.parts.append((0, whole.height, row))
        whole.height += row.height
    return whole


def _beside(boxes: Sequence[_Shape], gap: float) -> _Shape:
    """Boxes beside each other, in as many rows as a page's width asks for."""
    whole = _Shape(0, 0)
    x = y = line = 0.0
    for box in boxes:
        if x and x + box.width > _WIDEST:
            x, y, line = 0.0, y + line + gap, 0.0
        whole.parts.append((x, y, box))
        x += box.width + gap
        line = max(line, box.height)
        whole.width = max(whole.width, x - gap)
    whole.height = y + line
    return whole
