# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be there before what: edges from references, and the order of removal the other way round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..client import InvalidInput
from ..model import Resource
from .nodes import Node


def dependencies(nodes: Sequence[Node]) -> dict[Node, set[Node]]:
    """For each node the nodes that must be done first. Raises InvalidInput where they go round in a circle."""
    by_name: dict[tuple[str, str], list[Node]] = {}
    for node in nodes:
        by_name.setdefault((node.resource.name, node.name), []).append(node)
    needs: dict[Node, set[Node]] = {node: set() for node in nodes}
    for node in nodes:
        for other in _referred(node, by_name):
            if node.absent:
                if other.absent:
                    needs[other].add(node)
            else:
                needs[node].add(other)
    _refuse_circles(needs)
    return needs


def _referred(node: Node, by_name: Mapping[tuple[str, str], list[Node]]) -> list[Node]:
    found = []
    for option in node.resource.options:
        value = node.options.get(option.name)
        if not option.refers_to or value is None:
            continue
        for name in [value] if option.type == "ref" else value:
            for other in by_name.get((option.refers_to, str(name)), []):
                if other is not node and _same_scope(node, other, other.resource):
                    found.append(other)
    return found


def _same_scope(node: Node, other: Node, resource: Resource) -> bool:
    """A pod of another zone with the same name is not the one meant."""
    for name in resource.scope:
        mine, its = node.options.get(name), other.options.get(name)
        if mine is not None and its is not None and mine != its:
            return False
    return True


def _refuse_circles(needs: Mapping[Node, set[Node]]) -> None:
    waiting = {node: set(first) for node, first in needs.items()}
    dependents: dict[Node, list[Node]] = {}
    for node, first in needs.items():
        for other in first:
            dependents.setdefault(other, []).append(node)
    ready = [node for node, first in waiting.items() if not first]
    while ready:
        done = ready.pop()
        del waiting[done]
        for node in dependents.get(done, []):
            waiting[node].discard(done)
            if not waiting[node]:
                ready.append(node)
    if waiting:
        circle = ", ".join(sorted(f"{node.title} ({node.path})" for node in waiting))
        raise InvalidInput(
            f"these entries need each other, so none can be first: {circle}",
            option="cloud",
            remedy="break the circle of references",
        )
