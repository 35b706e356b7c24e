# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From Python values to API parameters, which are all strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import InvalidInput


def encode(params: Mapping[str, Any] | None) -> dict[str, str]:
    """Parameters as the server reads them: ``None`` left out, booleans ``true``/``false``, lists joined by commas.

    Raises InvalidInput for what has no such form: a dict (say which of the maps below), an item with a comma in it,
    text that is not valid Unicode.
    """
    return {name: _one(name, value) for name, value in (params or {}).items() if value is not None}


def key_value_map(name: str, mapping: Mapping[str, Any]) -> dict[str, str]:
    """``{"a": 1}`` as ``name[0].key=a``, ``name[0].value=1``: tags, most details."""
    found: dict[str, str] = {}
    for index, (key, value) in enumerate(mapping.items()):
        found[f"{name}[{index}].key"] = str(key)
        found[f"{name}[{index}].value"] = "" if value is None else _one(name, value)
    return found


def flat_map(name: str, mapping: Mapping[str, Any]) -> dict[str, str]:
    """``{"a": 1, "b": 2}`` as ``name[0].a=1``, ``name[0].b=2``: details of instances, templates, offerings."""
    return {f"{name}[0].{key}": _one(name, value) for key, value in mapping.items() if value is not None}


def indexed_list(name: str, items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """``[{"a": 1}, {"a": 2}]`` as ``name[0].a=1``, ``name[1].a=2``: service capabilities, disk and NIC lists."""
    return {
        f"{name}[{index}].{key}": _one(name, value)
        for index, item in enumerate(items)
        for key, value in item.items()
        if value is not None
    }


def _one(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        text = str(value)
    elif isinstance(value, (list, tuple, set, frozenset)):
        text = _joined(name, sorted(value) if isinstance(value, (set, frozenset)) else value)
    else:
        raise InvalidInput(
            f"the value of {name} is of type {type(value).__name__}, which the API has no form for",
            option=name,
            remedy="give text, a number, a boolean or a list",
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput(f"the value of {name} is not valid Unicode text", option=name) from None
    return text


def _joined(name: str, items: Iterable[Any]) -> str:
    texts = [_one(name, item) for item in items]
    for text in texts:
        if "," in text:
            raise InvalidInput(
                f"an item of {name} has a comma in it, which the API takes for the end of the item: {text}",
                option=name,
                remedy="take a name without a comma",
            )
    return ",".join(texts)
