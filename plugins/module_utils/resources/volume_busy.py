# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls that the server refuses while something else works on a volume: a snapshot on schedule, a migration ..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import ApiError
from ..model import Row
from ..reconcile.waiting import rounds

READY = "Ready"
READY_WITHIN = 3600.0
"""Seconds that a volume may be worked on by others, as long as taking a large snapshot may take."""
PASSING = frozenset(("Snapshotting", "RevertSnapshotting", "Resizing", "Migrating", "Copying", "Attaching", "Creating"))
"""States that a volume leaves by itself."""


def send_when_ready(ctx: Any, command: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Sends a call about the volume of ``volumeid``; where it is refused since others work on it, again afterwards."""
    refused: ApiError | None = None
    for waited in rounds(ctx, READY_WITHIN):
        if refused is not None:
            state = _state(ctx, params["volumeid"])
            if state in PASSING:
                ctx.tell(f"waiting for the volume, which is {state} ({waited:.0f} s)")
                continue
            if state != READY:
                break
        try:
            answer: Mapping[str, Any] = ctx.change(command, params)
            return answer
        except ApiError as error:
            if f"not in {READY} state" not in str(error.server_text):
                raise
            refused = error
    raise refused or AssertionError("no round")


def _state(ctx: Any, volume_id: str) -> str:
    rows: list[Row] = ctx.client.list("listVolumes", {"id": volume_id, "listall": True})
    return str(rows[0].get("state")) if rows else ""
