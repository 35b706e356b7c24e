# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a row is the object meant: references held against rows, identity, scope, and the differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..client import NotFound
from ..model import Option, Resource, Row
from .values import MISSING, equal, held, shown, words


@dataclass(frozen=True)
class Change:
    """One option whose wanted value differs from what the object has. ``fixed``: no command can change it."""

    option: str
    before: Any
    after: Any
    fixed: bool

    def as_text(self) -> str:
        return f"{self.option}: {self.before!r} → {self.after!r}"


def holds(view: Any, option: Option, want: Any, row: Row, around: Mapping[str, Any]) -> bool:
    """Whether a row has the wanted value of an option. References cost a look-up only where names can't settle it."""
    have = held(option, row)
    if option.equal and option.type in ("ref", "refs"):
        return option.equal(want, None if have is MISSING else have) or (
            bool(option.name_field) and option.equal(want, row.get(option.name_field))
        )
    if option.type == "ref":
        return _holds_ref(view, option, want, have, row, around)
    if option.type == "refs":
        return _holds_refs(view, option, want, have, row, around)
    return equal(option, want, have)


def _holds_ref(view: Any, option: Option, want: Any, have: Any, row: Row, around: Mapping[str, Any]) -> bool:
    if want in (None, ""):
        return have in (MISSING, None, "")
    if want == have:
        return True
    name = row.get(option.name_field) if option.name_field else None
    if option.by_name and name is not None and want == name:
        return True
    if have in (MISSING, None, "") and name is None:
        return False
    if option.by_name and name is not None and not _could_be_id(want):
        return False
    scope = {key: value for key, value in around.items() if key != option.name}
    try:
        return view.find(option.refers_to, want, scope)["id"] == have
    except NotFound:
        return False


def _holds_refs(view: Any, option: Option, want: Any, have: Any, row: Row, around: Mapping[str, Any]) -> bool:
    ids, wanted = set(words(have)), set(words(want))
    if wanted == ids:
        return True
    if len(wanted) != len(ids):
        return False
    names = set(words(row.get(option.name_field))) if option.name_field else set()
    if option.by_name and wanted == names:
        return True
    scope = {key: value for key, value in around.items() if key != option.name}
    return {view.find(option.refers_to, value, scope)["id"] for value in wanted} == ids


def _could_be_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 36 and value.count("-") == 4


def holds_scope(view: Any, resource: Resource, scope: Mapping[str, Any], row: Row) -> bool:
    """Whether a row lies in the zone, domain ... that surrounds a reference; what the kind doesn't know is ignored."""
    for name in (*resource.scope, *resource.commands.parents):
        if scope.get(name) is None or not resource.has(name):
            continue
        option = resource.option(name)
        # An object without the field belongs to all (an offering of every zone).
        if not option.compared or held(option, row) is MISSING:
            continue
        if not holds(view, option, scope[name], row, scope):
            return False
    return True


def is_same(view: Any, resource: Resource, given: Mapping[str, Any], row: Row) -> bool:
    """Whether a row is the object that the given identity and scope mean. Case counts."""
    if resource.is_same:
        return resource.is_same(given, row)
    for name in (*resource.identity, *resource.scope):
        if given.get(name) is None:
            continue
        option = resource.option(name)
        if option.compared and not holds(view, option, given[name], row, given):
            return False
    return True


def differences(view: Any, resource: Resource, given: Mapping[str, Any], row: Row) -> tuple[Change, ...]:
    """Options given by the user whose value differs from the row, in the order of the description."""
    found = []
    for option in resource.options:
        want = given.get(option.name)
        if want is None or not option.compared or holds(view, option, want, row, given):
            continue
        found.append(Change(option.name, _before(option, row, want), shown(option, want), not option.updatable))
    return tuple(found)


def _before(option: Option, row: Row, want: Any) -> Any:
    """The held value in the form that the user writes: names for names, only the keys that were given."""
    have = held(option, row)
    if option.type in ("ref", "refs") and option.name_field and row.get(option.name_field) is not None:
        have = row[option.name_field]
    if option.type == "map" and isinstance(have, Mapping):
        have = {key: have[key] for key in want if key in have}
    return shown(option, have)
