# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values: the form a user writes, the form the wire takes, the form a row holds, and their equality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..client import InvalidInput, hide
from ..client.maps import flat_map, key_value_map
from ..model import Option, Row


class _Missing:
    def __repr__(self) -> str:
        return "(not set)"

    def __bool__(self) -> bool:
        return False


MISSING: Any = _Missing()
"""What a row holds where it has no such field."""


def words(value: Any) -> list[str]:
    """A comma separated text or a list, as a list of texts without blanks around them."""
    if value is None or value is MISSING:
        return []
    parts: Iterable[Any] = value.split(",") if isinstance(value, str) else value
    return [text for text in (str(part).strip() for part in parts) if text]


def truth(value: Any) -> bool:
    return value.strip().lower() in ("true", "yes", "1", "on") if isinstance(value, str) else bool(value)


def _number(option: Option, value: Any) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"{option.name}: {value!r} is not a number", option=option.name, remedy="give a number"
        ) from None
    if option.type == "float":
        return number
    # Large sizes in bytes must not go through a float.
    return int(value) if isinstance(value, (int, str)) and str(value).strip().lstrip("+-").isdigit() else int(number)


def normal(option: Option, value: Any) -> Any:
    """A value in the form that is compared: sets without order, numbers as numbers, nothing as the type's zero."""
    kind = option.type
    if value is None or value is MISSING:
        return {"bool": False, "set": frozenset(), "refs": frozenset(), "list": (), "map": {}, "str": ""}.get(
            kind, MISSING
        )
    if kind == "bool":
        return truth(value)
    if kind in ("int", "float"):
        return MISSING if value == "" else _number(option, value)
    if kind in ("set", "refs"):
        return frozenset(words(value))
    if kind == "list":
        return tuple(words(value))
    if kind == "map":
        return {str(key): _text(item) for key, item in dict(value).items()}
    return value if kind == "records" else _text(value)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def held(option: Option, row: Row) -> Any:
    """What a row holds for an option, not yet normalized; MISSING where it holds nothing."""
    if option.decode:
        return option.decode(row)
    return row.get(option.row_field, MISSING)


def equal(option: Option, want: Any, have: Any) -> bool:
    """Equality of a wanted value with a held one, for every type but references."""
    if option.equal:
        return option.equal(want, None if have is MISSING else have)
    wanted, holds = normal(option, want), normal(option, have)
    if option.type == "map":
        # Only the keys that the user gave count: the server adds its own.
        return all(holds.get(key) == value for key, value in wanted.items())
    return wanted == holds


def shown(option: Option, value: Any) -> Any:
    """A value for people: in diffs, messages and plans."""
    if option.secret:
        return "(secret)"
    if value is MISSING:
        return None
    if option.type in ("set", "refs"):
        return sorted(words(value))
    if option.type in ("bool", "int", "float", "list"):
        simple = normal(option, value)
        return list(simple) if isinstance(simple, tuple) else None if simple is MISSING else simple
    return hide(dict(value) if isinstance(value, Mapping) else value)


def on_wire(option: Option, parameter: str, value: Any) -> dict[str, Any]:
    """Parameters that carry a value (references are already ids)."""
    kind = option.type
    if kind == "map":
        build = flat_map if option.wire == "flat" else key_value_map
        return dict(build(parameter, {key: _text(item) for key, item in dict(value).items()}))
    if kind in ("set", "list", "refs"):
        return {parameter: ",".join(words(value))}
    if kind in ("int", "float"):
        return {parameter: _number(option, value)}
    return {parameter: truth(value) if kind == "bool" else value}
