"""Documentation of a module as the dictionaries that DOCUMENTATION and RETURN hold, from its record."""

from __future__ import annotations

from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.arguments import (
    ANSIBLE_TYPES,
    control_spec,
    has_fixed_options,
    states_of,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.model import Operation, Option, Resource
from ansible_collections.cloudstack.ops.plugins.module_utils.model.naming import snake
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile.present import SECRET_FIELDS

VERSION_ADDED = "1.0.0"
AUTHOR = "Contributors to the cloudstack.ops project (!UNKNOWN)"
API_TYPES = {
    "string": "str", "date": "str", "uuid": "str", "integer": "int", "int": "int", "long": "int", "short": "int",
    "boolean": "bool", "float": "float", "double": "float", "map": "dict", "list": "list", "set": "list",
}  # fmt: skip


def documentation(record: Resource | Operation) -> dict[str, Any]:
    """The DOCUMENTATION of a module."""
    options: dict[str, Any] = {}
    if isinstance(record, Resource):
        options.update(_controls(record))
    for option in record.options:
        if not option.hidden:
            options[option.name] = option_doc(option)
    doc: dict[str, Any] = {
        "module": record.name,
        "short_description": record.summary,
        "version_added": VERSION_ADDED,
        "description": list(record.description) or [f"{record.summary}."],
        "author": AUTHOR,
        "extends_documentation_fragment": ["cloudstack.ops.connection", "cloudstack.ops.attributes"],
        "attributes": _attributes(record),
        "options": options,
    }
    notes = list(record.notes)
    if isinstance(record, Resource) and record.source == "text":
        notes.append("Described from the source of CloudStack; not tried on a server.")
    if notes:
        doc["notes"] = notes
    return doc


def _attributes(record: Resource | Operation) -> dict[str, Any]:
    check = "full" if isinstance(record, Resource) else record.check_mode
    diff = "full" if isinstance(record, Resource) else record.diff_mode
    return {"check_mode": {"support": check}, "diff_mode": {"support": diff}}


def _controls(record: Resource) -> dict[str, Any]:
    spec = control_spec(record)
    lines = [f"Whether the {record.noun} shall exist."]
    lines += [f"V({state.name}): {state.help or _sets(state.sets)}" for state in record.states]
    controls: dict[str, Any] = {
        "state": {"description": lines, **_without_log(spec["state"])},
        "id": {
            "description": [
                f"Id of the {record.noun}, where the name alone is ambiguous or shall change.",
            ],
            "type": "str",
        },
    }
    if has_fixed_options(record):
        fixed = [
            o.name
            for o in record.options
            if o.compared and not o.updatable and o.name not in record.identity and not o.hidden
        ]
        lines = [
            "What to do where an option that cannot be changed differs from the existing object.",
            f"This is about {', '.join(f'O({name})' for name in fixed)}.",
            "V(fail) names the current and the wanted value and changes nothing. V(warn) reports it and goes on.",
        ]
        if record.retire:
            lines.append("V(replace) renames the old object, sets it inactive and creates a new one.")
        controls["immutable_drift"] = {"description": lines, **spec["immutable_drift"]}
    return controls


def _sets(values: Any) -> str:
    return "sets " + " and ".join(f"{name} to {value}" for name, value in values.items()) + "."


def _without_log(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "no_log"}


def option_doc(option: Option) -> dict[str, Any]:
    """The documentation of one option."""
    lines = [line for line in option.help_lines if line] or [f"The {option.name.replace('_', ' ')}."]
    if option.unit:
        lines.append(f"In {option.unit}.")
    if option.needed:
        lines.append("Needed to create the object.")
    if option.type in ("ref", "refs"):
        lines.append("A name or an id." if option.type == "ref" else "Names or ids.")
    if option.since:
        lines.append(f"Known to CloudStack since {option.since}.")
    entry: dict[str, Any] = {"description": lines, "type": ANSIBLE_TYPES.get(option.type, option.type)}
    if option.type in ("set", "list", "refs"):
        entry["elements"] = "str"
    elif option.type == "records":
        entry["elements"] = "dict"
    if option.required:
        entry["required"] = True
    if option.default is not None:
        entry["default"] = option.default
    if option.choices:
        entry["choices"] = list(option.choices)
    if option.aliases:
        entry["aliases"] = list(option.aliases)
    if option.suboptions:
        entry["suboptions"] = {inner.name: option_doc(inner) for inner in option.suboptions}
    return entry


def returned(record: Resource | Operation, contract: dict[str, Any]) -> dict[str, Any]:
    """The RETURN of a module. ``contract`` has the server's response fields."""
    if isinstance(record, Operation):
        return {
            name: {
                "description": [text],
                "returned": "success",
                **_kind(kind),
            }
            for name, (kind, text) in record.returns.items()
        }
    return {
        "resource": {
            "description": [
                f"The {record.noun} as it is after the task; in check mode, as it is now. Empty when there is none.",
            ],
            "returned": "success",
            "type": "dict",
            "contains": _fields(record, contract),
        },
        "plan": {
            "description": ["What the task does, or in check mode would do."],
            "returned": "success",
            "type": "dict",
            "contains": {
                "action": {
                    "description": ["create, update, replace, delete or none."], "returned": "success", "type": "str",
                },
                "changes": {
                    "description": ["The options that change, each with its value before and after."],
                    "returned": "success", "type": "list", "elements": "dict",
                },
            },
        },
        "failure": {
            "description": ["What went wrong: kind, command, object, the server's text, job id and remedy."],
            "returned": "failure",
            "type": "dict",
        },
    }  # fmt: skip


def _kind(kind: str) -> dict[str, str]:
    """Type and elements of ``list[str]``; a list of nothing told is one of dictionaries."""
    name, _bracket, inner = kind.rstrip("]").partition("[")
    return {"type": name, "elements": inner or "dict"} if name == "list" else {"type": name}


def _fields(record: Resource, contract: dict[str, Any]) -> dict[str, Any]:
    fields = contract["commands"].get(record.commands.list, {}).get("response", {})
    by_field = {o.row_field: o for o in record.options if o.row_field not in ("", "id") and not o.behaviour}
    names = {option.name_field: option for option in record.options if option.name_field}
    contains: dict[str, Any] = {}
    for field, kind in sorted(fields.items()):
        if "[" in field or "." in field or field.lower() in SECRET_FIELDS:
            continue
        option = by_field.get(field)
        if option is not None and option.secret:
            continue
        name, text = record.returns.get(field), f"C({field}) of the API."
        if option is not None and option.type not in ("ref", "refs"):
            name, text = name or option.name, next(iter(option.help_lines), "") or text
        elif option is not None:
            name = name or f"{option.name}_id" + ("s" if option.type == "refs" else "")
            text = f"Id of the {option.name.replace('_', ' ')}."
        elif field in names:
            name, text = name or names[field].name, f"Name of the {names[field].name.replace('_', ' ')}."
        shown = _return_type(option, kind)
        contains[name or snake(field)] = {"description": [text], "returned": "when the server tells", "type": shown}
        if shown == "list":
            contains[name or snake(field)]["elements"] = "raw" if option is None else "str"
    return dict(sorted(contains.items()))


def _return_type(option: Option | None, kind: str) -> str:
    if option is not None and option.type in ("set", "list"):
        return "list"
    if option is not None and option.type in ("int", "float", "bool"):
        return option.type
    return API_TYPES.get(str(kind).split("(")[0].lower(), "raw")


def state_names(record: Resource) -> list[str]:
    return states_of(record)
