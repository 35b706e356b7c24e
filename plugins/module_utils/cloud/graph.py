# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be there before what: edges from references, and the order of removal the other way round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..client import InvalidInput
from ..model import Resource
from .nodes import Node, named


class Step(NamedTuple):
    """A node's turn. ``last``: the turn in which it reaches a state that needs all its parts (a zone is enabled)."""

    node: Node
    last: bool = False


Reference = tuple[Node, str]
"""A node that another one needs, and the option that names it; an empty text where the record itself knows."""


class Graph:
    """The steps of a document and what each needs. Raises InvalidInput where they go round in a circle.

    ``kinds``: all records by name. ``references``: for each node, the nodes of the document that its entry needs, each
    with the option that names it.
    """

    def __init__(self, nodes: Sequence[Node], kinds: Mapping[str, Resource]) -> None:
        self.nodes = list(nodes)
        self.references = references(self.nodes, kinds)
        self._parents = {node: self._find_parent(node) for node in self.nodes}
        parts: dict[Node, list[Node]] = {}
        for node in self.nodes:
            for whole in self._wholes(node):
                parts.setdefault(whole, []).append(node)
        #: Nodes that other nodes of the document are parts of.
        self.parts = parts
        self.needs: dict[Step, set[Step]] = {}
        for node in self.nodes:
            self.needs[Step(node)] = set()
            if node in parts:
                self.needs[Step(node, last=True)] = {Step(node), *(self.end_of(part) for part in parts[node])}
        self._connect()
        for node in self.nodes:
            for other in self._earlier(node):
                self.needs[Step(node)].add(self.end_of(other))
        _refuse_circles(self.needs)

    def parent_of(self, node: Node) -> Node | None:
        """The node that this one is directly a part of."""
        return self._parents[node]

    def end_of(self, node: Node) -> Step:
        """The step after which a node is as its entry says."""
        return Step(node, last=node in self.parts)

    def is_held_back(self, node: Node) -> bool:
        """Whether the node's state is reached only when all its parts are there (a zone that is enabled)."""
        if node not in self.parts or node.absent:
            return False
        return any(state.last for state in node.resource.states if state.name == node.options.get("state"))

    def _connect(self) -> None:
        for node, others in self.references.items():
            for other, option in others:
                if node.absent:
                    if other.absent:
                        self.needs[Step(other)].add(self.end_of(node))
                elif option in node.resource.after_parts:
                    self.needs[Step(node)].add(self.end_of(other))
                else:
                    self.needs[Step(node)].add(Step(other))

    def _find_parent(self, node: Node) -> Node | None:
        """The node that this one is a part of: its parent, or what it lies in where that is not in the document."""
        if node.absent or not node.resource.parent:
            return None
        around = {option: other for other, option in self.references[node] if not other.absent}
        for option in (node.resource.parent, *reversed(node.resource.scope)):
            if option in around:
                return around[option]
        return None

    def _earlier(self, node: Node) -> list[Node]:
        """Parts of the same whole, the innermost that has any, whose kind comes before this one's."""
        earlier: list[Node] = []
        for kind in node.resource.after:
            for whole in self._wholes(node):
                found = [other for other in self.parts[whole] if other.resource.name == kind]
                if found:
                    earlier += found
                    break
        return earlier

    def _wholes(self, node: Node) -> Iterator[Node]:
        """What the node is a part of, from the inside out."""
        seen = {node}
        whole = self._parents[node]
        while whole is not None and whole not in seen:
            yield whole
            seen.add(whole)
            whole = self._parents[whole]


def references(nodes: Sequence[Node], kinds: Mapping[str, Resource]) -> dict[Node, list[Reference]]:
    """For each node the nodes of the document that its entry needs. ``kinds``: all records by name."""
    by_key: dict[tuple[str, str], list[Node]] = {}
    for node in nodes:
        by_key.setdefault(node.key, []).append(node)
    naming = {node.resource.name: _naming_options(node.resource) for node in nodes}
    found: dict[Node, list[Reference]] = {}
    for node in nodes:
        found[node] = []
        for option, key in _named_by(node, naming[node.resource.name], kinds):
            for other in by_key.get(key, ()):
                if other is not node and _same_scope(node, other):
                    found[node].append((other, option))
    return found


def _named_by(
    node: Node, naming: Sequence[tuple[str, str]], kinds: Mapping[str, Resource]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Option, and kind and name of an object that it names; without an option where the record itself knows."""
    for option, kind in naming:
        value = node.options.get(option)
        if value is not None:
            for name in value if isinstance(value, list) else [value]:
                yield option, named(kinds[kind], str(name))
    if node.resource.also_needs:
        for kind, name in node.resource.also_needs(node.options):
            yield "", named(kinds[kind], name)


def _naming_options(resource: Resource) -> list[tuple[str, str]]:
    """Options whose values are names of other objects, and of which kind."""
    options = ((option.name, option.refers_to or option.names) for option in resource.options)
    return [(option, kind) for option, kind in options if kind]


def _same_scope(node: Node, other: Node) -> bool:
    """A pod of another zone with the same name is not the one meant."""
    for name in other.resource.scope:
        mine, its = node.options.get(name), other.options.get(name)
        if mine is not None and its is not None and mine != its:
            return False
    return True


def _refuse_circles(needs: Mapping[Step, set[Step]]) -> None:
    waiting = {step: len(first) for step, first in needs.items()}
    dependents = dependents_of(needs)
    ready = [step for step, count in waiting.items() if not count]
    while ready:
        done = ready.pop()
        del waiting[done]
        for step in dependents.get(done, ()):
            waiting[step] -= 1
            if not waiting[step]:
                ready.append(step)
    if waiting:
        circle = ", ".join(sorted({f"{step.node.title} ({step.node.path})" for step in waiting}))
        raise InvalidInput(
            f"these entries need each other, so none can be first: {circle}",
            option="cloud",
            remedy="break the circle of references",
        )


def dependents_of(needs: Mapping[Step, set[Step]]) -> dict[Step, list[Step]]:
    """For each step the steps that wait for it."""
    dependents: dict[Step, list[Step]] = {}
    for step, first in needs.items():
        for other in first:
            dependents.setdefault(other, []).append(step)
    return dependents
