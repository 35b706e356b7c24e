# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a cloud document to its objects: nesting supplies the references to what is around."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..client import CloudStackError, InvalidInput
from ..model import Option, Resource
from .checking import Rules, rules_of

Locate = Callable[[str], str]
"""From a path in the document to file, line and column, or an empty text where that is not known."""


@dataclass(frozen=True)
class Problem:
    """Something wrong in a document. ``path`` is where: ``zones[0].pods[1].gateway``; ``place`` is file:line:column."""

    path: str
    text: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.path} ({self.place}): {self.text}" if self.place else f"{self.path}: {self.text}"


@dataclass(eq=False)
class Node:
    """One object of a document: its record, the options that its entry and the nesting give, where it stands."""

    resource: Resource
    options: dict[str, Any]
    path: str
    around: Node | None = None
    inside: list[Node] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.options.get(self.resource.identity[0]) or self.options.get("id") or "")

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name, as others refer to it."""
        return named(self.resource, self.name)

    @property
    def title(self) -> str:
        return f"{self.resource.noun} {self.name}".strip()

    @property
    def absent(self) -> bool:
        return self.options.get("state") == "absent"


def problem_of(node: Node, error: CloudStackError) -> Problem:
    """An error about an entry, at the option that it is about, where the entry has that option."""
    option = getattr(error, "option", None)
    path = f"{node.path}.{option}" if option in node.options else node.path
    return Problem(path, str(error))


class DocumentInvalid(InvalidInput):
    """Everything that is wrong with a document, at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        lines = "".join(f"\n- {problem}" for problem in self.problems)
        super().__init__(
            f"the cloud document has {count} error{'s' if count > 1 else ''}:{lines}",
            option="cloud",
            remedy="nothing was changed; correct the document and run again",
        )

    def __str__(self) -> str:
        remedy = self.remedy or ""
        return f"{self.message}\n{remedy[:1].upper()}{remedy[1:]}"


def parse(document: Mapping[str, Any], kinds: Mapping[str, Resource]) -> list[Node]:
    """The nodes of a document in the order of the file, outer before inner. Raises DocumentInvalid with every error."""
    nodes, problems = read(document, kinds)
    if problems:
        raise DocumentInvalid(problems)
    return nodes


def read(document: Mapping[str, Any], kinds: Mapping[str, Resource]) -> tuple[list[Node], list[Problem]]:
    """The same with the errors beside the nodes; of entries that have errors of their own there are no nodes."""
    reader = _Reader({kind.document_key: kind for kind in kinds.values() if not kind.lookup_only})
    reader.level(document, None, "")
    reader.duplicates()
    return [node for node in reader.nodes if node not in reader.wrong], reader.problems


def located(problems: Sequence[Problem], locate: Locate | None) -> list[Problem]:
    """The problems with their places, where somebody knows them, and then from the top of each file down."""
    if locate is None:
        return list(problems)
    return sorted((Problem(one.path, one.text, locate(one.path)) for one in problems), key=_file_and_line)


def _file_and_line(problem: Problem) -> tuple[str, int, int]:
    file, line, column = re.fullmatch(r"(.*?)(?::(\d+))?(?::(\d+))?", problem.place).groups()  # type: ignore[union-attr]
    return file, int(line or 0), int(column or 0)


class _Reader:
    def __init__(self, by_key: Mapping[str, Resource]) -> None:
        self.by_key = by_key
        self.nodes: list[Node] = []
        self.problems: list[Problem] = []
        self.wrong: set[Node] = set()
        self._rules: dict[str, Rules] = {}
        self._links: dict[tuple[str, str], Option | None] = {}

    def level(self, entries: Mapping[Any, Any], around: Node | None, path: str) -> None:
        for key, value in entries.items():
            place = f"{path}.{key}" if path else str(key)
            resource = self.by_key.get(key)
            if resource is None or (around is not None and self._link(resource, around.resource) is None):
                self._unknown(place, str(key), around)
            elif not isinstance(value, list):
                self.problems.append(Problem(place, f"must be a list of {resource.noun} entries"))
            else:
                for number, entry in enumerate(value):
                    self._entry(resource, entry, around, f"{place}[{number}]")

    def _entry(self, resource: Resource, entry: Any, around: Node | None, path: str) -> None:
        if not isinstance(entry, Mapping):
            self.problems.append(Problem(path, f"must be a mapping with the options of {resource.name}"))
            return
        rules = self._rules_of(resource)
        nested = {key: entry[key] for key in entry if key in self.by_key and not rules.knows(key)}
        own = {key: value for key, value in entry.items() if key not in nested} if nested else entry
        if around is not None:
            own = {**self._supplied(resource, around, own, path), **own}
        before = len(self.problems)
        options = rules.check(own, lambda below, text: self.problems.append(Problem(path + below, text)))
        node = Node(resource, {name: value for name, value in options.items() if value is not None}, path, around)
        self.nodes.append(node)
        if len(self.problems) > before:
            self.wrong.add(node)
        if around is not None:
            around.inside.append(node)
        if nested:
            self.level(nested, node, path)

    def _rules_of(self, resource: Resource) -> Rules:
        rules = self._rules.get(resource.name)
        if rules is None:
            inner = [key for key, kind in self.by_key.items() if self._link(kind, resource) is not None]
            rules = self._rules[resource.name] = rules_of(resource, inner)
        return rules

    def _supplied(self, resource: Resource, around: Node, own: Mapping[str, Any], path: str) -> dict[str, Any]:
        """References that the nesting gives: the pod and, where the kind has one, the zone around it."""
        supplied: dict[str, Any] = {}
        node: Node | None = around
        while node is not None:
            option = self._link(resource, node.resource)
            if option is not None:
                supplied[option.name] = [node.name] if option.type == "refs" else node.name
                if own.get(option.name) not in (None, supplied[option.name]):
                    text = f"is {own[option.name]!r}, but the entry stands inside {node.title}"
                    self.problems.append(Problem(f"{path}.{option.name}", text))
            node = node.around
        return supplied

    def _link(self, resource: Resource, around: Resource) -> Option | None:
        """The option by which a kind refers to the kind it stands in; None where it may not stand there."""
        key = (resource.name, around.name)
        if key not in self._links:
            self._links[key] = link(resource, around)
        return self._links[key]

    def _unknown(self, path: str, key: str, around: Node | None) -> None:
        inner = around.resource if around else None
        fitting = [name for name, kind in self.by_key.items() if inner is None or self._link(kind, inner) is not None]
        near = difflib.get_close_matches(key, fitting, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        where = f" that stands inside a {around.resource.noun}" if around else ""
        self.problems.append(Problem(path, f"is no kind of object{where}{hint}"))

    def duplicates(self) -> None:
        """Two entries for one object would fight each other."""
        seen: dict[tuple[Any, ...], Node] = {}
        for node in self.nodes:
            if not node.name:
                continue
            names = (*node.resource.identity, *node.resource.scope, "id")
            key = (node.resource.name, *(str(node.options.get(name)) for name in names))
            if key in seen:
                self.problems.append(Problem(node.path, f"{node.title} stands already at {seen[key].path}"))
            seen.setdefault(key, node)


def named(resource: Resource, name: str) -> tuple[str, str]:
    """Kind and name, the same however the name is written."""
    return (resource.name, resource.canonical(name) if resource.canonical and name else name)


def link(resource: Resource, around: Resource) -> Option | None:
    """The option by which entries of a kind refer to the entry around them: the parent's first, else the first one."""
    fitting = [option for option in resource.options if option.refers_to == around.name and not option.hidden]
    for option in fitting:
        if option.name == resource.parent:
            return option
    return next(iter(fitting), None)
