"""The JSON Schema of cloud documents, from the descriptions: for completion and checks in editors.

It is a little stricter than the engine, which also takes a number written as text, for example. Where the engine wants
a value of some type, a template may stand instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.arguments import (
    argument_spec,
    connection_spec,
    constraints,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.nodes import link
from ansible_collections.cloudstack.ops.plugins.module_utils.model import Option, Resource

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VARIABLE = "cloud_document"
_MARKUP = re.compile(r"\b[VOMCEIRP]\(((?:\\\)|[^)])*)\)")
_TYPES: Mapping[str, dict[str, Any]] = {
    "str": {"type": ["string", "number", "boolean"]},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "dict": {"type": "object"},
}


def schema(kinds: Mapping[str, Resource]) -> dict[str, Any]:
    """The schema of a document, and of a file of variables that holds one."""
    known = [kind for kind in sorted(kinds.values(), key=lambda kind: kind.name) if not kind.lookup_only]
    document = {
        "type": "object",
        "description": "A cloud: for each kind a list of entries. The order means nothing.",
        "properties": {kind.document_key: _list(kind, ()) for kind in known},
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "title": "Cloud document of cloudstack.ops",
        "type": "object",
        "if": {"required": [VARIABLE]},
        "then": {"properties": {VARIABLE: {"$ref": "#/$defs/document"}}},
        "else": {"$ref": "#/$defs/document"},
        "$defs": {
            "jinja": {"type": "string", "pattern": r"\{\{.*\}\}", "description": "A template of Ansible."},
            "document": document,
            **{kind.name: _entry(kind, known) for kind in known},
        },
    }


def _list(kind: Resource, supplied: Iterable[str]) -> dict[str, Any]:
    """A list of entries. ``supplied``: options that the place of the list gives."""
    given = set(supplied)
    required = [name for name in _required(kind) if name not in given]
    demands: dict[str, Any] = {"required": required} if required else {}
    one_of = constraints(kind).get("required_one_of", ())
    if one_of and not any(given & set(names) for names in one_of):
        demands["allOf"] = [{"anyOf": [_given(kind, name) for name in names]} for names in one_of]
    return {"type": "array", "description": kind.summary + ".", "items": {"$ref": f"#/$defs/{kind.name}", **demands}}


def _required(kind: Resource) -> list[str]:
    return [option.name for option in kind.options if option.required and not option.aliases]


def _given(kind: Resource, name: str) -> dict[str, Any]:
    """That an option, under whichever of its names, is there."""
    names = [name, *(kind.option(name).aliases if kind.has(name) else ())]
    return {"required": names} if len(names) == 1 else {"anyOf": [{"required": [one]} for one in names]}


def _entry(kind: Resource, known: Iterable[Resource]) -> dict[str, Any]:
    """What an entry of a kind may hold: the options of its module, and what may stand inside it."""
    elsewhere = connection_spec().keys()
    properties: dict[str, Any] = {}
    for name, entry in argument_spec(kind).items():
        if name not in elsewhere:
            option = kind.option(name) if kind.has(name) else None
            properties[name] = _property(entry, option)
            for alias in entry.get("aliases", ()):
                properties[alias] = {**_property(entry, option), "description": f"Same as {name}."}
    for inner in known:
        if link(inner, kind) is not None and inner.document_key not in properties:
            properties[inner.document_key] = _list(inner, _supplied(inner, kind, known))
    described = " ".join(plain(line) for line in kind.description) or f"{kind.summary}."
    result = {"type": "object", "description": described, "properties": properties, "additionalProperties": False}
    aliased = [option.name for option in kind.options if option.required and option.aliases]
    return {**result, "allOf": [_given(kind, name) for name in aliased]} if aliased else result


def _supplied(kind: Resource, around: Resource, known: Iterable[Resource]) -> set[str]:
    """Options that the nesting gives: the reference to what is around, and to what that may stand in."""
    supplied: set[str] = set()
    waiting, seen = [around], set()
    while waiting:
        place = waiting.pop()
        if place.name in seen:
            continue
        seen.add(place.name)
        option = link(kind, place)
        if option is not None:
            supplied.add(option.name)
        waiting += [outer for outer in known if link(place, outer) is not None]
    return supplied


def _property(entry: Mapping[str, Any], option: Option | None) -> dict[str, Any]:
    kind = entry["type"]
    if kind == "list":
        items = _items(entry, option)
        shape: dict[str, Any] = {"type": "array", "items": items}
    else:
        shape = {"enum": list(entry["choices"])} if entry.get("choices") else dict(_TYPES[kind])
    # A text may be a template anyhow.
    allowed = shape if shape.get("type") == _TYPES["str"]["type"] else {"anyOf": [shape, {"$ref": "#/$defs/jinja"}]}
    text = " ".join(plain(line) for line in option.help_lines) if option else ""
    if option and option.unit:
        text = f"{text} In {option.unit}.".strip()
    result = {**allowed, "description": text} if text else dict(allowed)
    return {**result, "default": entry["default"]} if "default" in entry else result


def _items(entry: Mapping[str, Any], option: Option | None) -> dict[str, Any]:
    if entry.get("elements") != "dict":
        return {"enum": list(entry["choices"])} if entry.get("choices") else dict(_TYPES["str"])
    if not entry.get("options"):
        return {"type": "object"}
    inner = {sub.name: sub for sub in option.suboptions} if option else {}
    properties = {name: _property(sub, inner.get(name)) for name, sub in entry["options"].items()}
    for name, sub in entry["options"].items():
        properties.update(dict.fromkeys(sub.get("aliases", ()), properties[name]))
    required = [name for name, sub in entry["options"].items() if sub.get("required") and not sub.get("aliases")]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def plain(text: str) -> str:
    """A help text without the markup of module documentation."""
    return _MARKUP.sub(lambda found: found[1].split(":")[-1].replace("\\)", ")"), text)
