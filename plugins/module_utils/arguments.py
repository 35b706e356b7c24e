# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs, made from the descriptions; the same for the ordinary module and the in-process action."""

from __future__ import annotations

from typing import Any

from .client.settings import PROFILE, PROFILE_FILE, SETTINGS
from .model import Operation, Option, Resource

ANSIBLE_TYPES = {"ref": "str", "refs": "list", "set": "list", "map": "dict", "records": "list"}
SECRET_SETTINGS = ("key", "secret", "password", "proxy")


def connection_spec() -> dict[str, dict[str, Any]]:
    """Options that say where the server is and who asks. All may come from environment or profile instead."""
    spec: dict[str, dict[str, Any]] = {}
    for setting in (*SETTINGS, PROFILE, PROFILE_FILE):
        entry: dict[str, Any] = {"type": setting.kind}
        if setting.field in SECRET_SETTINGS:
            entry["no_log"] = True
        elif setting.field == "method":
            entry["choices"] = ["post", "get"]
        spec[setting.option] = entry
    return spec


def option_spec(option: Option) -> dict[str, Any]:
    """One option in Ansible's terms."""
    entry: dict[str, Any] = {"type": ANSIBLE_TYPES.get(option.type, option.type)}
    if option.type in ("set", "list", "refs"):
        entry["elements"] = "str"
    elif option.type == "records":
        entry["elements"] = "dict"
    if option.suboptions:
        entry["options"] = {inner.name: option_spec(inner) for inner in option.suboptions}
    if option.required:
        entry["required"] = True
    if option.default is not None:
        entry["default"] = option.default
    if option.choices:
        entry["choices"] = list(option.choices)
    if option.aliases:
        entry["aliases"] = list(option.aliases)
    if option.secret:
        entry["no_log"] = True
    elif looks_secret(option.name):
        entry["no_log"] = False
    return entry


def looks_secret(name: str) -> bool:
    """Names for which Ansible wants an explicit word on secrecy; ours that are no secrets say so."""
    return any(part in name for part in ("pass", "key", "secret", "token", "cert"))


def states_of(resource: Resource) -> list[str]:
    states = ["present", *(state.name for state in resource.states)]
    return [*states, "absent"] if resource.commands.delete else states


def control_spec(resource: Resource) -> dict[str, dict[str, Any]]:
    """state, id and immutable_drift, as far as the resource has a use for them."""
    spec: dict[str, dict[str, Any]] = {
        "state": {"type": "str", "choices": states_of(resource), "default": "present"},
        "id": {"type": "str"},
    }
    if has_fixed_options(resource):
        choices = ["fail", "warn", "replace"] if resource.retire else ["fail", "warn"]
        spec["immutable_drift"] = {"type": "str", "choices": choices, "default": "fail"}
    return spec


def has_fixed_options(resource: Resource) -> bool:
    return any(
        option.compared and not option.updatable and option.name not in resource.identity for option in resource.options
    )


def argument_spec(record: Resource | Operation) -> dict[str, dict[str, Any]]:
    """The whole argument spec of a module."""
    spec = {option.name: option_spec(option) for option in record.options if not option.hidden}
    if isinstance(record, Resource):
        spec = {**control_spec(record), **spec}
    return {**connection_spec(), **spec}


def constraints(record: Resource | Operation) -> dict[str, Any]:
    """required_one_of and the like, as AnsibleModule takes them."""
    if isinstance(record, Operation):
        return {name: [list(item) for item in items] for name, items in record.constraints.items()}
    first = record.identity[0]
    if record.option(first).required:
        return {}
    return {"required_one_of": [[first, "id"]]} if len(record.identity) == 1 else {}
