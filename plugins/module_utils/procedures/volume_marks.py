# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which machines are to run again, written at the machines themselves as remarks that only admins read.

A file would do only for who has it: whoever ends a maintenance, from wherever, finds these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from ..campaign import Target
from ..client import ApiError, JobFailed, of_all_owners
from ..model import Row
from .remarks import remark, remarks, take_away


class Marks:
    """Remarks of one purpose: ``after maintenance of storage pool 8f1c...`` for example."""

    def __init__(self, run: Any, purpose: str, kind: str = "VM") -> None:
        self._run = run
        #: What the server calls a remark's object: VM for instances, VR for virtual routers.
        self._kind = kind
        self.text = f"cloudstack.ops: to be started again {purpose}"

    def read(self) -> dict[str, str]:
        """Id of the remark by id of the machine."""
        rows = remarks(self._run, self.text)
        return {str(row["entityid"]): str(row["id"]) for row in rows if row.get("annotation") == self.text}

    def any_of(self, targets: Iterable[Target]) -> bool:
        """Whether one of them has a remark."""
        return not self.read().keys().isdisjoint(target.id for target in targets)

    def add(self, instances: Iterable[Mapping[str, Any]]) -> None:
        """Marks those that are not marked yet."""
        known = self.read()
        self._run.client.parallel([partial(self.add_one, row) for row in instances if row["id"] not in known])

    def add_one(self, row: Mapping[str, Any]) -> str:
        """Marks a machine that is known to have no remark; returns the id of the remark."""
        return remark(self._run, self._kind, row, self.text)

    def remove(self, mark_id: str) -> None:
        take_away(self._run, mark_id)

    def forget_running(self, instance_ids: Collection[str]) -> None:
        """After a refusal: what runs on need not be started again, also not when its owner has stopped it one day."""
        for key, mark in self.read().items():
            row = instance_now(self._run, key) if key in instance_ids else None
            if row is not None and row.get("state") == "Running":
                self.remove(mark)


def instance_now(run: Any, instance_id: str) -> Row | None:
    """An instance wherever it is, in a project too; None where it is gone."""
    for row in of_all_owners(run.client, "listVirtualMachines", {"id": instance_id}):
        return None if row.get("state") in ("Destroyed", "Expunging", "Error") else row
    return None


def start(run: Any, row: Row) -> str:
    """Starts an instance; an empty text, or why it does not run."""
    try:
        run.change("startVirtualMachine", {"id": row["id"]}, f"instance {row['name']}")
    except (ApiError, JobFailed) as error:
        return str(error.server_text or error.message)
    return ""
