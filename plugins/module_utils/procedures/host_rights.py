# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller must be allowed to send for the maintenance of hosts, by what is planned for what runs on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..campaign import Target, given, when
from . import remarks
from .host_emptying import STOPS
from .host_return import STARTS

Machine = Mapping[str, Any]
Listed = Callable[[Any, Sequence[Target]], list[Machine]]


def _planned(run: Any, due: Sequence[Target]) -> list[Machine]:
    """Where machines go that leave the hosts; ``stopped`` where they can't."""
    return [move for target in due for move in run.memory["ahead"].get(target.id, {}).get("moves", ())]


def _marked(run: Any, due: Sequence[Target]) -> list[Machine]:
    """What ran on the hosts; ``stopped`` where it was stopped for their maintenance. Read once."""
    if "returning" not in run.memory:
        run.memory["returning"] = [entry for target in due for entry in run.memory["ran"].of(target.id)]
    found: list[Machine] = run.memory["returning"]
    return found


def _any(
    of: Listed,
    fits: Callable[[Machine], bool],
    run: Any,
    due: Sequence[Target],
) -> bool:
    return any(fits(machine) for machine in of(run, due))


def _moves(machine: Machine, *, instance: bool) -> bool:
    return not machine.get("stopped") and (machine["kind"] == "instance") == instance


def _stopped(machine: Machine, *, kind: str) -> bool:
    return bool(machine.get("stopped")) and machine["kind"] == kind


def _moved(of: Listed) -> tuple[Any, ...]:
    return (
        *when(partial(_any, of, partial(_moves, instance=True)), "migrateVirtualMachine"),
        *when(partial(_any, of, partial(_moves, instance=False)), "migrateSystemVm"),
    )


def _of_stopped(of: Listed, commands: Mapping[str, str]) -> tuple[Any, ...]:
    """The command of each kind of machine, for those that are stopped because they cannot move."""
    return tuple(
        one
        for kind, command in commands.items()
        for one in when(partial(_any, of, partial(_stopped, kind=kind)), command)
    )


def _is_there(_machine: Machine) -> bool:
    return True


def _any_disabled(_run: Any, due: Sequence[Target]) -> bool:
    return any(target.facts.get("resourcestate") == "Disabled" for target in due)


def _in_maintenance(_run: Any, due: Sequence[Target]) -> bool:
    return any(target.facts.get("resourcestate") not in ("Enabled", "Disabled") for target in due)


SENT_BY_MAINTENANCE = (
    *when(
        given("state", "maintenance"),
        "updateHost",
        "prepareHostForMaintenance",
        *when(partial(_any, _planned, _is_there), *remarks.COMMANDS),
        *_moved(_planned),
        *_of_stopped(_planned, STOPS),
    ),
    *when(
        given("state", "enabled"),
        *when(_in_maintenance, "cancelHostMaintenance"),
        *when(_any_disabled, "updateHost"),
        *when(partial(_any, _marked, _is_there), "removeAnnotation"),
        *when(
            given("return_instances"),
            *_moved(_marked),
            *_of_stopped(_marked, STARTS),
        ),
    ),
)
