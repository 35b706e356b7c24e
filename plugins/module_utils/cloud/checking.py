# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of a document against the argument spec of their module: the same rules, fast enough for many thousands.

What Ansible's own validator does for one task it does over for each; here a kind's rules are taken apart once, and an
entry is held against those of the options that it gives.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_float,
    check_type_int,
    check_type_list,
    check_type_str,
)

from ..arguments import argument_spec, connection_spec, constraints
from ..model import Resource

Report = Callable[[str, str], None]
"""Told of each mistake: where below the entry (``.name``, ``.tags[0].key``, empty for the entry itself), and what."""

_CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "str": check_type_str,
    "int": check_type_int,
    "float": check_type_float,
    "bool": check_type_bool,
    "list": check_type_list,
    "dict": check_type_dict,
}
_PYTHON = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
_WORDS = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "list": "a list",
    "dict": "a mapping",
}  # fmt: skip


class Rules:
    """An argument spec taken apart. ``also``: names that may stand beside the options and are no concern of these."""

    def __init__(
        self,
        called: str,
        spec: Mapping[str, Mapping[str, Any]],
        *,
        one_of: Iterable[Sequence[str]] = (),
        also: Collection[str] = (),
    ) -> None:
        self.called = called
        self._spec = spec
        self._also = also
        self._one_of = [tuple(names) for names in one_of]
        self._names = {name: name for name in spec}
        for name, entry in spec.items():
            self._names.update(dict.fromkeys(entry.get("aliases", ()), name))
        self._required = [name for name, entry in spec.items() if entry.get("required")]
        self._defaults = {name: entry["default"] for name, entry in spec.items() if "default" in entry}
        self._inner = {
            name: Rules(f"{called}.{name}", entry["options"]) for name, entry in spec.items() if entry.get("options")
        }

    def knows(self, name: Any) -> bool:
        return name in self._names

    def check(self, entry: Mapping[str, Any], report: Report, below: str = "") -> dict[str, Any]:
        """The options of an entry under their own names, as their types, with defaults; mistakes are reported."""
        checked = dict(self._defaults)
        given: dict[str, str] = {}
        for key, value in entry.items():
            name = self._names.get(key)
            if name is None:
                report(f"{below}.{key}", f"{self.called} has no such option{self._nearest(str(key))}")
            elif name in given:
                report(f"{below}.{key}", f"means the same as {given[name]}, which is given too")
            else:
                given[name] = str(key)
                if value is not None:
                    checked[name] = self._value(name, value, report, f"{below}.{key}")
        for name in self._required:
            if checked.get(name) is None:
                report(below, f"{name} is missing")
        for names in self._one_of:
            if all(checked.get(name) is None for name in names):
                report(below, f"{' or '.join(names)} is missing")
        return checked

    def _value(self, name: str, value: Any, report: Report, place: str) -> Any:
        entry = self._spec[name]
        try:
            found = converted(entry["type"], value)
        except (TypeError, ValueError):
            report(place, f"{shown(value, entry)} is not {_WORDS[entry['type']]}")
            return value
        if entry["type"] == "list":
            found = [self._item(name, item, report, f"{place}[{number}]") for number, item in enumerate(found)]
        elif name in self._inner:
            found = self._inner[name].check(found, report, place)
        choices = entry.get("choices")
        if choices:
            wrong = [item for item in (found if isinstance(found, list) else [found]) if item not in choices]
            for item in wrong:
                near = difflib.get_close_matches(str(item), [str(choice) for choice in choices], n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                report(place, f"{shown(item, entry)} is none of {', '.join(map(str, choices))}{hint}")
        return found

    def _item(self, name: str, item: Any, report: Report, place: str) -> Any:
        kind = self._spec[name].get("elements", "str")
        try:
            found = converted(kind, item)
        except (TypeError, ValueError):
            report(place, f"{shown(item, self._spec[name])} is not {_WORDS[kind]}")
            return item
        return self._inner[name].check(found, report, place) if name in self._inner else found

    def _nearest(self, key: str) -> str:
        near = difflib.get_close_matches(key, [*self._names, *self._also], n=1)
        return f"; did you mean {near[0]}?" if near else ""


def rules_of(resource: Resource, nested: Collection[str] = ()) -> Rules:
    """The rules for a kind's entries. Where to send them is the task's business, so connection options are none."""
    elsewhere = connection_spec().keys()
    spec = {
        name: entry for name, entry in argument_spec(resource).items() if name not in elsewhere or resource.has(name)
    }
    return Rules(resource.name, spec, one_of=constraints(resource).get("required_one_of", ()), also=nested)


def converted(kind: str, value: Any) -> Any:
    """A value as its type, by Ansible's own rules. Raises TypeError or ValueError."""
    if value.__class__ is _PYTHON[kind]:
        return value
    if kind == "str" and isinstance(value, (Mapping, list)):
        raise TypeError("a list or mapping is no text")
    return _CONVERT[kind](value)


def shown(value: Any, entry: Mapping[str, Any]) -> str:
    """A value in a message, unless it is a secret."""
    return "the value" if entry.get("no_log") else repr(value)
