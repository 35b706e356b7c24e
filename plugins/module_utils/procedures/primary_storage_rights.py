# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller must be allowed to send for the maintenance of storage pools, by what runs from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import Target, given, when
from . import remarks
from .primary_storage_facts import IN_MAINTENANCE, marks_of_pool, running_instances


def _any_disabled(_run: Any, due: Sequence[Target]) -> bool:
    return any(target.facts.get("state") == "Disabled" for target in due)


def _any_runs(run: Any, due: Sequence[Target]) -> bool:
    return any(running_instances(run.memory["volumes"][target.id]) for target in due)


def _any_in_maintenance(_run: Any, due: Sequence[Target]) -> bool:
    return any(target.facts.get("state") in IN_MAINTENANCE for target in due)


def _any_marked(run: Any, due: Sequence[Target]) -> bool:
    return any(marks_of_pool(run, target.id).read() for target in due)


SENT_BY_MAINTENANCE = (
    *when(
        given("state", "maintenance"),
        "enableStorageMaintenance",
        *when(_any_disabled, "updateStoragePool"),
        *when(_any_runs, *remarks.COMMANDS),
    ),
    *when(
        given("state", "up"),
        *when(_any_in_maintenance, "cancelStorageMaintenance"),
        *when(_any_marked, "removeAnnotation"),
        *when(given("start_instances"), *when(_any_marked, "startVirtualMachine")),
    ),
)
