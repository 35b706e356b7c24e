# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a cloud document to its objects: nesting supplies the references to what is around."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..arguments import argument_spec, constraints
from ..client import InvalidInput
from ..model import Resource
from ..reconcile.reconcile import CONTROLS


@dataclass(frozen=True)
class Problem:
    """Something wrong in a document. ``path`` is where: ``zones[0].pods[1].gateway``."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


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
    def title(self) -> str:
        return f"{self.resource.noun} {self.name}".strip()

    @property
    def absent(self) -> bool:
        return self.options.get("state") == "absent"

    def below(self) -> Iterator[Node]:
        """Everything nested in this entry, at any depth."""
        for node in self.inside:
            yield node
            yield from node.below()


class DocumentInvalid(InvalidInput):
    """Everything that is wrong with a document, at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(str(problem) for problem in problems)
        count = len(problems)
        super().__init__(
            f"the cloud document has {count} error{'s' if count > 1 else ''}: {shown}",
            option="cloud",
            remedy="nothing was changed; correct the document and run again",
        )


def parse(document: Mapping[str, Any], kinds: Mapping[str, Resource]) -> list[Node]:
    """The nodes of a document in the order of the file, outer before inner. Raises DocumentInvalid with every error."""
    reader = _Reader({kind.document_key: kind for kind in kinds.values() if not kind.lookup_only})
    reader.level(document, None, "")
    if not reader.problems:
        reader.duplicates()
    if reader.problems:
        raise DocumentInvalid(reader.problems)
    return reader.nodes


class _Reader:
    def __init__(self, by_key: Mapping[str, Resource]) -> None:
        self.by_key = by_key
        self.nodes: list[Node] = []
        self.problems: list[Problem] = []

    def level(self, entries: Mapping[str, Any], around: Node | None, path: str) -> None:
        for key, value in entries.items():
            place = f"{path}.{key}" if path else str(key)
            resource = self.by_key.get(str(key))
            if resource is None or (around is not None and not _fits(resource, around)):
                self._unknown(place, str(key), around)
            elif not isinstance(value, Sequence) or isinstance(value, str):
                self.problems.append(Problem(place, f"must be a list of {resource.noun} entries"))
            else:
                for number, entry in enumerate(value):
                    self._entry(resource, entry, around, f"{place}[{number}]")

    def _entry(self, resource: Resource, entry: Any, around: Node | None, path: str) -> None:
        if not isinstance(entry, Mapping):
            self.problems.append(Problem(path, f"must be a mapping with the options of {resource.name}"))
            return
        own = {key: value for key, value in entry.items() if not self._is_nested(resource, key, value)}
        supplied = _supplied(resource, around)
        for key in supplied.keys() & own.keys():
            if own[key] != supplied[key]:
                self.problems.append(
                    Problem(f"{path}.{key}", f"is {own[key]!r}, but the entry stands inside {supplied[key]!r}")
                )
        node = Node(resource, self._checked(resource, {**supplied, **own}, path), path, around)
        self.nodes.append(node)
        if around is not None:
            around.inside.append(node)
        self.level({key: entry[key] for key in entry.keys() - own.keys()}, node, path)

    def _is_nested(self, resource: Resource, key: str, value: Any) -> bool:
        return (
            key in self.by_key and not resource.has(key) and isinstance(value, Sequence) and not isinstance(value, str)
        )

    def _checked(self, resource: Resource, options: dict[str, Any], path: str) -> dict[str, Any]:
        spec = {
            name: entry for name, entry in argument_spec(resource).items() if name in CONTROLS or resource.has(name)
        }
        aliases = {alias for entry in spec.values() for alias in entry.get("aliases", ())}
        unknown = [name for name in options if name not in spec and name not in aliases]
        for name in unknown:
            near = difflib.get_close_matches(name, [*spec, *aliases, *self.by_key], n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.problems.append(Problem(f"{path}.{name}", f"{resource.name} has no such option{hint}"))
        known = {name: value for name, value in options.items() if name not in unknown}
        result = ArgumentSpecValidator(spec, **constraints(resource)).validate(known)
        self.problems.extend(Problem(path, text) for text in result.error_messages)
        return {
            name: value for name, value in result.validated_parameters.items() if value is not None and name in spec
        }

    def _unknown(self, path: str, key: str, around: Node | None) -> None:
        fitting = [name for name, kind in self.by_key.items() if around is None or _fits(kind, around)]
        near = difflib.get_close_matches(key, fitting, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        where = f" inside a {around.resource.noun}" if around else ""
        self.problems.append(Problem(path, f"is no kind of object{where}{hint}"))

    def duplicates(self) -> None:
        """Two entries for one object would fight each other."""
        seen: dict[tuple[Any, ...], Node] = {}
        for node in self.nodes:
            names = (*node.resource.identity, *node.resource.scope)
            key = (node.resource.name, *(str(node.options.get(name)) for name in names), str(node.options.get("id")))
            if key in seen:
                self.problems.append(Problem(node.path, f"{node.title} stands already at {seen[key].path}"))
            seen.setdefault(key, node)


def _ancestors(around: Node | None) -> Iterator[Node]:
    while around is not None:
        yield around
        around = around.around


def _fits(resource: Resource, around: Node) -> bool:
    """Whether a kind may stand inside an entry: it has an option that refers to it, or to what is around that."""
    return any(option.refers_to == around.resource.name and option.type == "ref" for option in resource.options)


def _supplied(resource: Resource, around: Node | None) -> dict[str, str]:
    """References that the nesting gives: the pod and, where the kind has one, the zone around it."""
    supplied: dict[str, str] = {}
    for node in _ancestors(around):
        for option in resource.options:
            if option.type == "ref" and option.refers_to == node.resource.name and option.name not in supplied:
                supplied[option.name] = node.name
    return supplied
