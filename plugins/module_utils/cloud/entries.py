# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an object as the server lists it to the options that a document's entry would give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..model import Option, Resource, Row
from ..reconcile.same import differences
from ..reconcile.values import MISSING, held, normal, words

NameOf = Callable[[str, str], str]
"""From kind and id to what a document calls the object: its name, the id where no name is unique, nothing where the
object is not there for others to refer to."""


def told(option: Option, row: Row) -> Any:
    """What a listed object tells of an option, as the server has it; MISSING where it does not tell it."""
    if option.told:
        value = option.told(row)
        return MISSING if value is None else value
    return held(option, row) if option.compared else MISSING


def value_of(option: Option, row: Row, name_of: NameOf) -> Any:
    """What an entry would give for the option; MISSING where the server does not tell it or it is not set."""
    have = told(option, row)
    if have is MISSING or have is None:
        return MISSING
    if option.type == "ref":
        return (_name(option, have, row, name_of) or MISSING) if have != "" else MISSING
    if option.type == "refs":
        return sorted(filter(None, (name_of(option.refers_to, object_id) for object_id in words(have))))
    if option.type == "set":
        return sorted(words(have))
    if option.type == "map":
        return {str(key): item for key, item in dict(have).items()}
    if option.type == "records":
        records = [dict(item) for item in have]
        return records if option.ordered else sorted(records, key=lambda item: tuple(map(str, item.values())))
    value = normal(option, have)
    return list(value) if isinstance(value, tuple) else value


def _name(option: Option, object_id: Any, row: Row, name_of: NameOf) -> str:
    if option.by_name and option.name_field and row.get(option.name_field):
        return str(row[option.name_field])
    return name_of(option.refers_to, str(object_id))


def state_of(resource: Resource, row: Row, view: Any) -> str:
    """The state that an object is in, unless every new one is; an empty text where no state of its record fits it.

    Only states that stand for hidden options count: others are told by those options.
    """
    for state in resource.states:
        hidden = state.sets and all(resource.option(name).hidden for name in state.sets)
        new = state.name in resource.initial_states
        if hidden and not new and not differences(view, resource, state.sets, row):
            return state.name
    return ""


def is_told(option: Option) -> bool:
    """Whether an exported entry can have the option."""
    return option.export and not (option.behaviour or option.hidden or option.secret)


def given(resource: Resource, row: Row, name_of: NameOf) -> dict[str, Any]:
    """All options of an object that a document could give, in the order of the record."""
    found: dict[str, Any] = {}
    for option in resource.options:
        if is_told(option):
            value = value_of(option, row, name_of)
            if value is not MISSING:
                found[option.name] = value
    return found


def is_default(option: Option, value: Any, entry: Mapping[str, Any]) -> bool:
    """Whether a new object has this value when the entry does not give it."""
    default = option.server_default if option.server_default is not None else option.default
    if callable(default):
        default = default(entry)
    if default is None:
        return value is False or value in ("", [], {})
    return normal(option, value) == normal(option, default)


def without_defaults(resource: Resource, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The options worth writing: what tells the object, and what differs from a new one."""
    telling = (*resource.identity, *resource.scope)
    return {
        name: value
        for name, value in entry.items()
        if name in telling or not resource.has(name) or not is_default(resource.option(name), value, entry)
    }
