# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An object in the form that results show: the option names that users know, snake_case, typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Resource, Row
from ..model.naming import snake

SECRET_FIELDS = frozenset(
    (
        "password",
        "secretkey",
        "usersecretkey",
        "apikey",
        "userapikey",
        "privatekey",
        "presharedkey",
        "ipsecpsk",
        "sshkey",
        "sessionkey",
    )
)
"""Fields that never reach a result."""


def present(resource: Resource, row: Row) -> dict[str, Any]:
    """A row with the names of its record's options; fields that are no option are turned to snake_case."""
    named = _names(resource)
    shown: dict[str, Any] = {}
    # What an option is called goes first: `domain` is the path that the option takes, not the field of that name.
    for field, value in sorted(row.items(), key=lambda item: item[0] not in named):
        if field.lower() in SECRET_FIELDS or field.startswith("_"):
            continue
        shown.setdefault(named.get(field) or snake(field), _plain(value))
    for option in resource.options:
        if option.secret:
            shown.pop(option.name, None)
        elif not option.behaviour and option.type in ("int", "float", "set", "list") and option.row_field in row:
            shown[option.name] = _typed(option.type, row[option.row_field])
    return shown


def _names(resource: Resource) -> dict[str, str]:
    """Field to name: references give the name under the option and the id under ``<option>_id``."""
    names: dict[str, str] = {}
    for option in resource.options:
        if option.behaviour or option.row_field in ("", "id"):  # an id stays the id, whoever chose it
            continue
        if option.type in ("ref", "refs"):
            names[option.row_field] = f"{option.name}_id" + ("s" if option.type == "refs" else "")
            if option.name_field:
                names[option.name_field] = option.name
        else:
            names[option.row_field] = option.name
    names.update(resource.returns)
    return names


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if str(key).lower() not in SECRET_FIELDS}
    if isinstance(value, list):
        return [_inner(item) for item in value]
    return value


def _inner(value: Any) -> Any:
    """Objects inside an object have the API's field names, too; free keys (details) stay as they are."""
    if isinstance(value, Mapping):
        return {snake(str(key)): _plain(item) for key, item in value.items() if str(key).lower() not in SECRET_FIELDS}
    return _plain(value)


def _typed(kind: str, value: Any) -> Any:
    if kind in ("set", "list"):
        items = value.split(",") if isinstance(value, str) else value
        return [item.strip() for item in items if item.strip()] if isinstance(value, str) else list(items)
    try:
        return int(value) if kind == "int" else float(value)
    except (TypeError, ValueError):
        return value
