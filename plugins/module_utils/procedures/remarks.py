# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remarks at objects of the cloud, which procedures remember by: written, found again and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Row

COMMANDS = ("addAnnotation", "removeAnnotation")
"""What who writes remarks must be allowed to send."""


def remarks(run: Any, text: str) -> list[Row]:
    """All remarks that contain a text, at whatever object."""
    found: list[Row] = run.client.list("listAnnotations", {"keyword": text, "annotationfilter": "all"})
    return found


def remark(run: Any, kind: str, row: Mapping[str, Any], text: str) -> str:
    """Writes a remark that only admins read at a machine; returns its id. kind: what the server calls the object.

    Tenants write what they will find themselves: those for admins are hidden from them.
    """
    admins = not run.memory.get("tenant")
    params = {"entitytype": kind, "entityid": row["id"], "annotation": text, "adminsonly": admins}
    answer = run.change("addAnnotation", params, f"remark at {row['name']}")
    return str(answer["annotation"]["id"])


def take_away(run: Any, mark_id: str) -> None:
    run.change("removeAnnotation", {"id": mark_id}, "remark at a machine")
