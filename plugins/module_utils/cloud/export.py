# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An existing cloud as a document: nested, names instead of ids, without defaults, without secrets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..client import ApiError, NotAllowed
from ..model import Option, Resource, Row
from ..reconcile import View
from ..reconcile.values import MISSING
from .entries import given, state_of, told, without_defaults
from .kinds import named_kinds
from .listing import every_row, is_built_in
from .names import Names
from .nodes import link


@dataclass(eq=False)
class _Found:
    """An object on its way into the document."""

    resource: Resource
    row: Row
    options: dict[str, Any]
    entry: dict[str, Any] = field(default_factory=dict)
    around: _Found | None = None


@dataclass
class Export:
    """``variables``: names that the document uses in place of secrets. ``notes``: what a reader has to know."""

    document: dict[str, Any] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    count: int = 0


def kinds_to_export(names: Sequence[str] | None, kinds: Mapping[str, Resource]) -> list[Resource]:
    """The kinds that a task names, or all that belong into a document; outer before inner. Raises InvalidInput."""
    asked = named_kinds(names or (), kinds, is_exportable, "kinds", "a document can hold")
    chosen = {kind.name for kind in asked or [kind for kind in kinds.values() if kind.exported]}
    return [kind for kind in in_order(kinds) if kind.name in chosen and is_exportable(kind)]


def is_exportable(kind: Resource) -> bool:
    """Whether objects of a kind can be made, or at least set, as a document says."""
    return not kind.lookup_only and bool(kind.commands.create or kind.create or kind.commands.update or kind.updates)


def in_order(kinds: Mapping[str, Resource]) -> list[Resource]:
    """Kinds in the order that a reader expects: settings, what zones use, zones with their parts, what runs in them."""

    def rank(kind: Resource) -> tuple[int, str]:
        if not (kind.commands.create or kind.create):
            return (0, kind.name)
        if kind.after_parts:
            return (3, kind.name)
        return (2 if kind.parent or kind.name == "zone" else 1, kind.name)

    return sorted(kinds.values(), key=rank)


def export(view: View, kinds: Sequence[Resource]) -> Export:
    """Reads the kinds, each once, and writes the document. A kind that the caller may not list is left out, aloud."""
    result = Export()
    names = Names(view)
    rows = view.parallel([partial(_rows, view, kind, result) for kind in kinds])
    found = {
        kind.name: [_found(view, kind, row, names) for row in listed] for kind, listed in zip(kinds, rows, strict=True)
    }
    everything = [one for ones in found.values() for one in ones]
    by_id = {(one.resource.name, str(one.row.get(one.resource.commands.id_field))): one for one in everything}
    for kind in kinds:
        for one in found[kind.name]:
            one.around = _around(one, by_id)
        _tell_doubles(found[kind.name], result)
    for one in everything:
        _finish(one, result)
    rank = {kind.name: number for number, kind in enumerate(kinds)}
    for one in sorted(everything, key=lambda one: (rank[one.resource.name], _sorting(one))):
        place = result.document if one.around is None else one.around.entry
        place.setdefault(one.resource.document_key, []).append(one.entry)
    result.count = len(everything)
    return result


def _rows(view: View, kind: Resource, result: Export) -> list[Row]:
    try:
        return [row for row in every_row(view, kind) if not is_built_in(kind, row)]
    except (ApiError, NotAllowed) as error:
        result.notes.append(f"{kind.document_key} could not be listed: {error}")
        return []


def _found(view: View, kind: Resource, row: Row, names: Names) -> _Found:
    options = given(kind, row, names)
    state = state_of(kind, row, view)
    if state:
        options["state"] = state
    return _Found(kind, row, options)


def _sorting(one: _Found) -> tuple[Any, ...]:
    """The order of entries: by name, numbers in it as numbers, so that a new object moves no other's line."""
    text = " ".join(str(one.options.get(name, "")) for name in (*one.resource.identity, *one.resource.scope))
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text.lower()))


def _around(one: _Found, by_id: Mapping[tuple[str, str], _Found]) -> _Found | None:
    """What the object is a part of: its parent, or what it lies in where it has none."""
    if not one.resource.parent:
        return None
    for name in (one.resource.parent, *reversed(one.resource.scope)):
        option = one.resource.option(name)
        object_id = told(option, one.row) if option.refers_to else MISSING
        if object_id not in (MISSING, None, "") and (option.refers_to, str(object_id)) in by_id:
            return by_id[(option.refers_to, str(object_id))]
    return None


def _tell_doubles(ones: Sequence[_Found], result: Export) -> None:
    """Objects that their names do not tell apart carry their ids."""

    def telling(one: _Found) -> tuple[str, ...]:
        return tuple(str(one.options.get(name)) for name in (*one.resource.identity, *one.resource.scope))

    count = Counter(telling(one) for one in ones)
    for one in ones:
        if count[telling(one)] > 1:
            one.options["id"] = str(one.row[one.resource.commands.id_field])
    for names, number in count.items():
        if number > 1:
            resource = ones[0].resource
            result.notes.append(f"{number} {resource.document_key} are called {names[0]!r}: their entries carry ids")


def _finish(one: _Found, result: Export) -> None:
    """The entry: without defaults, without what the nesting says, with variables for secrets."""
    entry = without_defaults(one.resource, one.options)
    outer = one.around
    while outer is not None:
        option = link(one.resource, outer.resource)
        if option is not None:
            entry.pop(option.name, None)
        outer = outer.around
    for option in one.resource.options:
        if option.placeholder and option.name not in entry:
            variable = variable_for(option, one.options)
            entry[option.name] = f"{{{{ {variable} }}}}"
            result.variables.add(variable)
    one.entry.update(entry)


def variable_for(option: Option, options: Mapping[str, Any]) -> str:
    """Name of the variable that an entry uses in place of a value that nobody may read."""
    filled = re.sub(r"{(\w+)}", lambda found: str(options.get(found[1], "")), option.placeholder)
    return re.sub(r"\W+", "_", filled).strip("_").lower()
