# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller must be allowed to send for moves of volumes, by what they belong to and whether it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..campaign import Target, when
from . import remarks
from .volume_moves import marks_of


def _machines(run: Any, due: Sequence[Target]) -> list[Mapping[str, Any]]:
    """The instances of the targets, as they were listed; an empty one for a volume without."""
    return [run.memory["seen"][target.id][1] or {} for target in due]


def _moves_with_its_volumes(run: Any, machine: Mapping[str, Any]) -> bool:
    return bool(
        run.option("running") == "live" and machine.get("state") == "Running" and machine.get("hypervisor") == "KVM"
    )


def _alive(run: Any, due: Sequence[Target]) -> bool:
    return any(_moves_with_its_volumes(run, machine) for machine in _machines(run, due))


def _alone(run: Any, due: Sequence[Target]) -> bool:
    return any(not _moves_with_its_volumes(run, machine) for machine in _machines(run, due))


def _stops(run: Any, due: Sequence[Target]) -> bool:
    return run.option("running") == "stop" and any(row.get("state") == "Running" for row in _machines(run, due))


def _starts(run: Any, due: Sequence[Target]) -> bool:
    """Whether this run stops an instance, or one that was cut off did."""
    return _stops(run, due) or marks_of(run).any_of(due)


SENT_BY_MOVES = (
    *when(_alive, "migrateVirtualMachineWithVolume"),
    *when(_alone, "migrateVolume"),
    *when(_stops, "stopVirtualMachine"),
    *when(_starts, "startVirtualMachine", *remarks.COMMANDS),
)
