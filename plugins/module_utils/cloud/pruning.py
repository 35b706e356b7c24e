# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing what a document claims to own and does not name.

Only kinds that the task names are pruned, only where the document speaks of them, and never what came with the server:
parts (pods, hosts ...) of objects that stand in the document, objects that have an owner or a zone beside entries of
their kind with the same owner and zone, and all objects of kinds that have neither (offerings).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..client import CloudStackError, InvalidInput
from ..model import Resource, Row
from ..reconcile.plan import plan as make_plan
from ..reconcile.same import is_same
from .document import CloudDocument, Work
from .graph import Graph
from .kinds import named_kinds
from .listing import every_row, is_built_in, needed_parents
from .names import name_in
from .nodes import DocumentInvalid, Node, Problem


def kinds_to_prune(names: Sequence[str], kinds: Mapping[str, Resource]) -> list[Resource]:
    """The kinds that a task names, in the singular or as keys of a document. Raises InvalidInput."""
    return named_kinds(names, kinds, _is_prunable, "prune", "can be removed")


def _is_prunable(kind: Resource) -> bool:
    return bool(kind.commands.delete) and not kind.lookup_only


def surplus(cloud: CloudDocument, works: Sequence[Work], kinds: Collection[Resource], limit: int | None) -> list[Work]:
    """Removals of what the document claims and does not name. Raises where there are more than ``limit`` of them."""
    claims = _Claims(cloud, works)
    nodes = [node for kind in kinds for node in sorted(claims.unnamed(kind), key=lambda node: node.title)]
    if limit is not None and len(nodes) > limit:
        shown = ", ".join(node.title for node in nodes[:10]) + (" ..." if len(nodes) > 10 else "")
        raise InvalidInput(
            f"pruning would remove {len(nodes)} objects, and prune_limit allows {limit}: {shown}",
            option="prune_limit",
            remedy="nothing was changed; look whether the document is complete, then raise prune_limit if it is",
        )
    removals, problems = [], []
    for node in nodes:
        try:
            context = cloud.context(node, check=True)
            removals.append(Work(node, make_plan(context), warnings=context.warnings))
        except CloudStackError as error:
            problems.append(Problem(node.path, str(error)))
    if problems:
        raise DocumentInvalid(problems)
    return removals


def removal_graph(works: Sequence[Work], kinds: Mapping[str, Resource]) -> Graph:
    """The order of removals: from the inside out."""
    return Graph([work.node for work in works], kinds)


class _Claims:
    """What a document speaks of, by the objects that its entries mean."""

    def __init__(self, cloud: CloudDocument, works: Sequence[Work]) -> None:
        self._cloud = cloud
        self._rows: dict[str, dict[str, Row]] = {}
        self._nodes: dict[tuple[str, str], Node] = {}
        for work in works:
            if work.plan.row and not work.node.absent:
                object_id = str(work.plan.row[work.node.resource.commands.id_field])
                self._rows.setdefault(work.node.resource.name, {})[object_id] = work.plan.row
                self._nodes[work.node.resource.name, object_id] = work.node
        #: What is to be made, for an object that a run left half done counts as missing and is completed.
        self._missing = [work.node for work in works if work.plan.action == "create"]
        self._going = {
            (work.node.resource.name, str(work.plan.row[work.node.resource.commands.id_field]))
            for work in works
            if work.plan.row and work.node.absent
        }

    def unnamed(self, kind: Resource) -> list[Node]:
        """Removals of the kind's objects that the document claims and has no entry for."""
        named = self._rows.get(kind.name, {})
        fields = [kind.option(name).row_field for name in kind.scope]
        places = {tuple(row.get(field) for field in fields) for row in named.values()}
        nodes: list[Node] = []
        for row in self._all(kind):
            object_id = str(row[kind.commands.id_field])
            if object_id in named or (kind.name, object_id) in self._going or is_built_in(kind, row):
                continue
            around = self._around(kind, row) if kind.parent else None
            beside = not kind.parent and (not fields or tuple(row.get(field) for field in fields) in places)
            if (around or beside) and not self._is_half_done(kind, row):
                options = {"id": object_id, "state": "absent", **_telling(kind, row)}
                nodes.append(Node(kind, options, f"{kind.document_key}: no entry", around))
        return nodes

    def _all(self, kind: Resource) -> list[Row]:
        """All objects of a kind; of a kind that is listed under a parent, those of parents that the document has."""
        needed = needed_parents(kind)
        if not needed:
            return every_row(self._cloud.view, kind)
        parents = self._rows.get(kind.option(needed[0]).refers_to, {})
        return [row for one in parents for row in every_row(self._cloud.view, kind, {needed[0]: one})]

    def _is_half_done(self, kind: Resource, row: Row) -> bool:
        """Whether the object is what an entry that seems to have none yet means."""
        contexts = (self._cloud.context(node, check=True) for node in self._missing if node.resource.name == kind.name)
        return any(is_same(self._cloud.view, kind, context.given, row) for context in contexts)

    def _around(self, kind: Resource, row: Row) -> Node | None:
        """The entry of the innermost thing that the object lies in, if it stands in the document."""
        for name in (kind.parent, *reversed(kind.scope)):
            option = kind.option(name)
            if option.refers_to and row.get(option.row_field):
                return self._nodes.get((option.refers_to, str(row[option.row_field])))
        return None


def _telling(kind: Resource, row: Row) -> dict[str, Any]:
    """What the object is called and where it is, for people and for the order of removal."""
    telling: dict[str, Any] = {kind.identity[0]: name_in(kind, row)}
    for name in kind.scope:
        option = kind.option(name)
        if row.get(option.name_field or option.row_field):
            telling[name] = str(row[option.name_field or option.row_field])
    return telling
