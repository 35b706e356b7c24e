# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An existing cloud as a document: nested, names instead of ids, without defaults, without secrets."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..client import ApiError, InvalidInput, NotAllowed
from ..model import Resource, Row
from ..reconcile import Context, View
from .entries import given, state_of
from .listing import every_row, is_built_in
from .names import Names


@dataclass(eq=False)
class _Found:
    """An object on its way into the document."""

    resource: Resource
    row: Row
    options: dict[str, Any]
    entry: dict[str, Any]
    around: _Found | None = None


@dataclass
class Export:
    """``variables``: names that the document uses in place of secrets. ``notes``: what a reader has to know."""

    document: dict[str, Any] = field(default_factory=dict)
    variables: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    count: int = 0


def kinds_to_export(names: Sequence[str] | None, kinds: Mapping[str, Resource]) -> list[Resource]:
    """The kinds that a task names, or all that belong into a document; outer before inner. Raises InvalidInput."""
    known = {name: kind for kind in kinds.values() for name in (kind.name, kind.document_key) if is_exportable(kind)}
    for name in names or ():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise InvalidInput(
                f"kinds: {name!r} is no kind that a document can hold",
                option="kinds",
                remedy=f"did you mean {close[0]}?" if close else f"use some of {', '.join(sorted(set(kinds) & set(known)))}",
            )
    chosen = {known[name].name for name in names} if names else {kind.name for kind in kinds.values() if kind.exported}
    return [kind for kind in in_order(kinds) if kind.name in chosen and is_exportable(kind)]


def is_exportable(kind: Resource) -> bool:
    """Whether objects of a kind can be made, or at least set, as a document says."""
    return not kind.lookup_only and bool(kind.commands.create or kind.create or kind.commands.update)


def in_order(kinds: Mapping[str, Resource]) -> list[Resource]:
    """Kinds in the order that a reader expects: what others refer to comes first."""
    ordered: dict[str, Resource] = {}

    def visit(kind: Resource, path: tuple[str, ...]) -> None:
        for option in kind.options:
            other = kinds.get(option.refers_to or option.names)
            if other is not None and other.name not in ordered and other.name not in path:
                visit(other, (*path, other.name))
        ordered.setdefault(kind.name, kind)

    for kind in sorted(kinds.values(), key=lambda kind: (kind.name != "setting", kind.name)):
        visit(kind, (kind.name,))
    return list(ordered.values())


def export(view: View, kinds: Sequence[Resource]) -> Export:
    """Reads the kinds, each once, and writes the document. A kind that the caller may not list is left out, aloud."""
    result = Export()
    names = Names(view)
    found: dict[str, list[_Found]] = {}
    for kind, rows in zip(kinds, view.parallel([lambda kind=kind: _rows(view, kind, result) for kind in kinds]), strict=True):
        found[kind.name] = [_found(view, kind, row, names) for row in rows]
    for kind in kinds:
        _nest(found[kind.name], kind, found)
    for kind in kinds:
        _tell_doubles(found[kind.name], kind, result)
        for one in found[kind.name]:
            _finish(one, result)
    for kind in kinds:
        for one in found[kind.name]:
            place = result.document if one.around is None else one.around.entry
            place.setdefault(kind.document_key, []).append(one.entry)
            result.count += 1
    result.variables.sort()
    return result


def _rows(view: View, kind: Resource, result: Export) -> list[Row]:
    try:
        rows = every_row(view, kind)
    except (ApiError, NotAllowed) as error:
        result.notes.append(f"{kind.document_key} could not be listed: {error}")
        return []
    context = Context(kind, {}, view, check=True)
    rows = [row for row in rows if not is_built_in(kind, row)]
    return view.parallel([lambda row=row: kind.complete(context, row) for row in rows]) if kind.complete else rows


def _found(view: View, kind: Resource, row: Row, names: Names) -> _Found:
    options = given(kind, row, names)
    state = state_of(kind, row, view)
    if state and state != kind.initial_state:
        options["state"] = state
    return _Found(kind, row, options, {})
