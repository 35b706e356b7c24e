# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A document held against one server: every object is planned before the first is changed.

Each object goes through the same reconciliation as a single task; a task is a document of one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..client import CloudStackError
from ..model import Resource, Row
from ..reconcile import Context, Outcome, Plan, View, make_context, wished
from ..reconcile.plan import plan as make_plan
from .graph import Graph, Reference, references
from .nodes import DocumentInvalid, Locate, Node, Problem, located, named, problem_of, read

Progress = Callable[[str], None]


@dataclass(eq=False)
class Work:
    """One node on its way: planned, then done, failed or skipped because something it needs failed."""

    node: Node
    plan: Plan
    #: File, line and column of the entry, where somebody knows them.
    place: str = ""
    outcome: Outcome | None = None
    error: CloudStackError | None = None
    skipped: str = ""
    warnings: list[str] = field(default_factory=list)
    #: Who touched the object last: user, time, type ... as far as somebody asked and the server knows.
    last_event: dict[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Path in the document and place in the file: ``zones[0], cloud.yml:3:5``."""
        return f"{self.node.path}, {self.place}" if self.place else self.node.path

    def as_dict(self) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "kind": self.node.resource.name,
            "name": self.node.name,
            "path": self.node.path,
            **self.plan.as_dict(),
        }
        if self.place:
            entry["place"] = self.place
        if self.error:
            entry["error"] = str(self.error)
        if self.skipped:
            entry["skipped"] = self.skipped
        if self.last_event:
            entry["last_event"] = self.last_event
        return entry


class CloudDocument:
    """A document and the server it is about.

    ``locate`` knows where in which file a path of the document stands. Raises DocumentInvalid with every mistake that
    can be seen without the server, InvalidInput where entries need each other in a circle.
    """

    def __init__(
        self,
        client: Any,
        document: Mapping[str, Any],
        kinds: Mapping[str, Resource],
        *,
        locate: Locate | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.locate = locate
        self.progress = progress
        self.nodes, problems = read(document, kinds)
        problems += _mistaken(self.nodes)
        if problems:
            self._refuse([*problems, *_contradictions(references(self.nodes, kinds))])
        self.graph = Graph(self.nodes, kinds)
        self._refuse(_contradictions(self.graph.references))
        self.view = View(client, kinds, whole=True)
        self.view.planned = _said_of(node for node in self.nodes if not node.absent)
        self.view.leaving = _said_of(node for node in self.nodes if node.absent)
        self.view.mentioned = _mentioned(self.nodes)

    def plan(self) -> list[Work]:
        """Plans every node by reading alone. Raises DocumentInvalid with every problem and its place."""
        self.read(self.nodes)
        works, problems = [], []
        meant: dict[tuple[str, ...], Node] = {}
        for node in self.nodes:
            try:
                context = self.context(node, check=True)
                work = self._work(node, make_plan(context), context.warnings)
            except CloudStackError as error:
                problems.append(problem_of(node, error))
                continue
            works.append(work)
            if work.plan.row is not None:
                key = _object_key(context, work.plan.row)
                other = meant.setdefault(key, node)
                if other is not node:
                    problems.append(Problem(node.path, f"{node.title} is the same object as {other.path}"))
        self._refuse(problems)
        return works

    def _work(self, node: Node, plan: Plan, warnings: list[str]) -> Work:
        place = self.locate(node.path) if self.locate and (plan.changed or plan.tolerated) else ""
        return Work(node, plan, place, warnings=warnings)

    def _refuse(self, problems: list[Problem]) -> None:
        if problems:
            raise DocumentInvalid(located(problems, self.locate))

    def read(self, nodes: Iterable[Node]) -> None:
        """Reads the kinds of the nodes side by side, each once, or once for each parent that it is listed under."""
        whole: dict[str, Resource] = {}
        under: dict[tuple[str, ...], Node] = {}
        for node in nodes:
            given = [str(node.options[name]) for name in node.resource.commands.parents if name in node.options]
            if given:
                under.setdefault((node.resource.name, *given), node)
            else:
                whole[node.resource.name] = node.resource
        self.view.parallel([partial(self.view.read_ahead, kind) for kind in whole.values()])
        self.view.parallel([partial(self._read_under_parent, node) for node in under.values()])

    def _read_under_parent(self, node: Node) -> None:
        try:
            self.view.read_ahead(node.resource, self.view.parent_filters(node.resource, node.options))
        except CloudStackError:
            return  # planning the node says so, with its place

    def context(self, node: Node, *, check: bool, held_back: bool = False) -> Context:
        """What a node's reconciliation needs. ``held_back`` leaves a state for later that needs the node's parts."""
        options = {**node.options, "state": "present"} if held_back else node.options
        return make_context(node.resource, options, self.view, check=check, progress=self.progress)


def _mistaken(nodes: Iterable[Node]) -> list[Problem]:
    """What the records have to say about the entries' values without asking the server."""
    problems = []
    for node in nodes:
        try:
            wished(node.resource, node.options)
        except CloudStackError as error:
            problems.append(problem_of(node, error))
    return problems


def _object_key(ctx: Context, row: Row) -> tuple[str, ...]:
    """What only one object has: its id, and for a kind of which every place has its own, the place."""
    resource = ctx.resource
    place = resource.place(ctx).items() if resource.place else ()
    return (resource.commands.list, str(row.get(resource.commands.id_field)), *(str(item) for item in sorted(place)))


def _contradictions(naming: Mapping[Node, Sequence[Reference]]) -> list[Problem]:
    """Entries that shall exist and need one that shall not."""
    return [
        Problem(f"{node.path}.{option}".rstrip("."), f"{node.title} needs {other.title}, which {other.path} removes")
        for node, others in naming.items()
        for other, option in others
        if other.absent and not node.absent
    ]


def _said_of(nodes: Iterable[Node]) -> Callable[[Resource, str, Mapping[str, Any]], bool]:
    """Whether one of the nodes is of this kind and name and in this scope."""
    by_name: dict[tuple[str, str], list[Node]] = {}
    for node in nodes:
        by_name.setdefault(node.key, []).append(node)

    def said(resource: Resource, value: str, scope: Mapping[str, Any]) -> bool:
        return any(
            all(
                scope.get(name) is None or node.options.get(name) is None or scope[name] == node.options[name]
                for name in resource.scope
            )
            for node in by_name.get(named(resource, value), ())
        )

    return said


def _mentioned(nodes: Collection[Node]) -> dict[str, set[str]]:
    """For each kind the names that the document says: its entries' own and those they refer to."""
    names: dict[str, set[str]] = {}
    for node in nodes:
        names.setdefault(node.resource.name, set()).add(node.name)
        for option in node.resource.options:
            value = node.options.get(option.name) if option.refers_to else None
            if value is not None:
                names.setdefault(option.refers_to, set()).update(value if isinstance(value, list) else [value])
    return names
