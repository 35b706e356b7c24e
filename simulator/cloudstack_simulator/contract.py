"""The server's own list of commands and parameters (facts/commands.json), as objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: str
    """string, uuid, boolean, integer, long, short, float, double, date, list, map"""
    required: bool = False
    length: int = 255
    since: str = ""
    entity: str | None = None
    of: str = "string"
    """Type of the elements of a list."""
    check: str | None = None
    """A validator's name: PositiveNumber, NotNullOrEmpty, UuidString, RFCComplianceDomainName."""
    admin: bool = False
    """Taken from root admins only; silently ignored from others."""


@dataclass(frozen=True, slots=True)
class CommandFact:
    name: str
    is_async: bool
    creates: bool
    """Asynchronous with a synchronous allocation: the answer has `id` beside `jobid`."""
    since: str
    roles: str
    response: str
    """The response class: `Success` for a plain success answer."""
    job_class: str
    instance_type: str | None
    has_instance_id: bool
    params: dict[str, Parameter]
    """In the server's order of checks."""


@cache
def facts(name: str) -> Any:
    """The parsed content of one file in `facts/` (shared: never change what you get)."""
    return json.loads(resources.files(__package__).joinpath("facts", name).read_text(encoding="utf-8"))


@cache
def commands() -> dict[str, CommandFact]:
    return {name: _command(name, fact) for name, fact in facts("commands.json").items()}


def _command(name: str, fact: dict[str, Any]) -> CommandFact:
    job = fact.get("job") or [f"org.apache.cloudstack.api.command.{_unrecorded_class(name)}", None, False]
    return CommandFact(
        name=name,
        is_async=fact["async"],
        creates=fact.get("creates", False),
        since=fact.get("since", ""),
        roles=fact.get("roles", ""),
        response=fact.get("response", ""),
        job_class=job[0],
        instance_type=job[1],
        has_instance_id=job[2],
        params={p: Parameter(p, **f) for p, f in fact["params"].items()},
    )


def _unrecorded_class(command: str) -> str:
    """The class of a command whose jobs were not recorded: known (facts/job_classes.json), else likely."""
    return str(facts("job_classes.json").get(command) or f"user.{command[0].upper()}{command[1:]}Cmd")


def is_changing(command: str) -> bool:
    """Whether a command may change the cloud (anything that is not a reading one by its name)."""
    return not (may_use_get(command) or command.lower() in _OTHER_READERS)


def may_use_get(command: str) -> bool:
    """Whether the server takes a command by GET even when it insists on POST."""
    lowered = command.lower()
    return lowered.startswith(("list", "get", "query", "find")) or lowered in _ODD_READERS


_ODD_READERS = frozenset(
    {
        "isaccountallowedtocreateofferingswithtags",
        "readyforshutdown",
        "cloudianisenabled",
        "quotabalance",
        "quotasummary",
        "quotatarifflist",
        "quotaisenabled",
        "quotastatement",
        "verifyoauthcodeandgetuser",
    }
)
_OTHER_READERS = frozenset({"quotacreditslist", "quotalistemailconfiguration", "login", "logout", "searchldap"})
