"""Every command that a procedure's code can send is declared, so that a missing right is found before the first step.

What the code can send is found by following names from the functions of the record: a text that is the name of a
changing command counts as sent.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.campaign import Procedure, commands_of
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.plugins.module_utils.resources.procedures import PROCEDURES

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = json.loads((ROOT / "scripts" / "facts" / "contract.json").read_text())["commands"]
ENGINE = Procedure.__module__.removesuffix("campaign.procedure")
FOLLOWED = tuple(ENGINE + part for part in ("procedures.", "certificates."))

LOOKS = {"createConsoleEndpoint"}
"""Sent to look from outside; a refusal is an answer too."""
SHARED = {
    "host_removal": {"addAnnotation"},
    "virtual_router_offering": {"startInternalLoadBalancerVM", "stopInternalLoadBalancerVM"},
    "virtual_router_upgrade": {"startRouter", "stopRouter"},
}
"""In code that is shared, and never reached by these."""


def sent_by(procedure: Procedure) -> set[str]:
    names = {field.name for field in fields(procedure)} - {"sends", "commands", "sequence", "options"}
    waiting: list[Any] = [getattr(procedure, name) for name in sorted(names)]
    seen: set[int] = set()
    found: set[str] = set()
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, str):
            found.add(thing)
        elif id(thing) not in seen:
            seen.add(id(thing))
            waiting.extend(_within(thing))
    return {name for name in found if name in CONTRACT and is_changing(name)} - LOOKS


def _within(thing: Any) -> Iterator[Any]:
    """What a thing refers to, as far as it is the engine's own and plain data."""
    if isinstance(thing, functools.partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif isinstance(thing, FunctionType):
        if thing.__module__.startswith(FOLLOWED):
            yield from _of_code(thing.__code__, thing.__globals__)
            yield from (cell.cell_contents for cell in thing.__closure__ or ())
    elif isinstance(thing, type):
        if thing.__module__.startswith(FOLLOWED):
            yield from vars(thing).values()
    elif isinstance(thing, (staticmethod, classmethod)):
        yield thing.__func__
    elif isinstance(thing, property):
        yield thing.fget
    elif isinstance(thing, (tuple, list, set, frozenset)):
        yield from thing
    elif isinstance(thing, dict):
        yield from (*thing, *thing.values())
    elif is_dataclass(thing) and type(thing).__module__.startswith(FOLLOWED):
        yield from (getattr(thing, field.name) for field in fields(thing))


def _of_code(code: CodeType, known: dict[str, Any]) -> Iterator[Any]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant, known)
        else:
            yield constant
    for name in code.co_names:
        if name in known:
            thing = known[name]
            if isinstance(thing, ModuleType):
                yield from (getattr(thing, other) for other in code.co_names if hasattr(thing, other))
            else:
                yield thing


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda procedure: procedure.name)
def test_every_command_that_a_procedure_can_send_is_declared_and_no_other(procedure):
    declared = set(commands_of(procedure.sends))
    assert declared == sent_by(procedure) - SHARED.get(procedure.name, set())
    assert declared >= {name for name in procedure.commands if name not in SHARED.get(procedure.name, set())}


def test_a_command_that_nobody_declared_is_found():
    def act(run: Any, _target: Any) -> None:
        run.change("deleteZone", {}, "zone")

    act.__module__ = FOLLOWED[0] + "made_up"
    record = Procedure("x", "", "x", targets=lambda _run: (), standing=act, act=act, verify=act)
    assert sent_by(record) == {"deleteZone"}
