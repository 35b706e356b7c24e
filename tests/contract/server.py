"""The server's own contract as the tests ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.model import Option, Resource, Update
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES

CONTRACT = Path(__file__).resolve().parents[2] / "scripts" / "facts" / "contract.json"

# Commands that declare the response of something else than they answer; what they do answer is in recordings of the
# server (zone_build_teardown).
ANSWERS_AS = {"listTrafficTypes": "addTrafficType"}

WIRE_TYPES = {
    "str": {"string", "uuid", "date", "tzdate"},
    "int": {"integer", "long", "short"},
    "float": {"float", "double", "string"},
    "bool": {"boolean"},
    "set": {"list", "string"},
    "list": {"list", "string"},
    "refs": {"list", "string"},
    "map": {"map"},
    "ref": {"uuid", "string"},
    "records": {"map", "list"},
}


@cache
def commands() -> dict[str, dict[str, Any]]:
    return json.loads(CONTRACT.read_text())["commands"]


def parameters(command: str) -> dict[str, dict[str, Any]]:
    """Parameters of a command; none where there is no such command, which another test reports."""
    return commands().get(command, {}).get("params", {})


def fields(command: str) -> set[str]:
    answered = ANSWERS_AS.get(command, command)
    return set(commands().get(answered, {}).get("response", {}))


def recorded(records: Mapping[str, Resource] = RESOURCES) -> list[Resource]:
    """The records that are held against the contract."""
    return [record for record in records.values() if record.source == "server"]


def described(records: Mapping[str, Resource] = RESOURCES) -> list[Resource]:
    """Those of them that have a module."""
    return [record for record in recorded(records) if not record.lookup_only]


def ids(records: Iterable[Resource]) -> list[str]:
    return [record.name for record in records]


def all_commands(record: Resource) -> set[str]:
    named = record.commands
    own = {named.list, named.create, named.update, named.delete, *(update.command for update in record.updates)}
    return own - {""}


def general_updates(record: Resource) -> list[Update]:
    """The updates that the engine sends by itself; those that run code of the record choose their own parameters."""
    found = [update for update in record.updates if not update.run]
    if record.commands.update and all(update.options for update in record.updates):
        found.append(Update(record.commands.update, id=record.commands.id))
    return found


def created_by(option: Option) -> str:
    """The parameter of the create command that carries the option, or an empty text."""
    return option.parameter if option.on_create and not option.behaviour and not option.encode else ""


def updated_by(record: Resource, option: Option) -> tuple[str, str]:
    """Command and parameter that change the option; the parameter is empty where code of the record sends it."""
    update = record.update_of(option.name) if option.updatable else None
    if update is None:
        return "", ""
    return update.command, "" if update.run or option.encode else option.update_parameter
