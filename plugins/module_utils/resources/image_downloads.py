# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the copies of a template or ISO are there: the server fetches each on its own."""

from __future__ import annotations

from typing import Any

from ..client import ApiError
from ..model import Row
from ..procedures.downloads import failure_of


def awaited(ctx: Any, row: Row) -> str:
    """Every copy must be ready: those in the zones asked for, and those elsewhere; in disabled zones none begins."""
    if ctx.given.get("wait") is False:
        return ""
    listed = {text for place in row["_zones"] for text in (str(place), place.id)}
    unlisted = [zone for zone in ctx.given.get("zones") or () if zone not in listed]
    if unlisted:
        return f"a copy in zone {', '.join(unlisted)}"
    pending = []
    for copy in row["_copies"]:
        if not copy.get("isready") and not _waits_for_its_zone(ctx, copy):
            _refuse_failed(ctx, copy)
            pending.append(f"{copy.get('zonename') or 'the download'} ({copy.get('status') or 'not begun'})")
    return ", ".join(pending)


def _waits_for_its_zone(ctx: Any, copy: Row) -> bool:
    """Whether the server leaves the download until the zone is enabled: it fetches nothing for a disabled one."""
    if copy.get("status") or not copy.get("zoneid"):
        return False
    zones = ctx.client.list("listZones", {"id": copy["zoneid"]})
    if not zones or zones[0].get("allocationstate") != "Disabled":
        return False
    ctx.warn(
        f"{ctx.name}: zone {copy.get('zonename')} is disabled; the server fetches it there once the zone is enabled"
    )
    return True


def _refuse_failed(ctx: Any, copy: Row) -> None:
    failure = failure_of(copy)
    if failure:
        raise ApiError(
            f"{ctx.name}: the download to zone {copy.get('zonename')} failed",
            obj=ctx.name,
            server_text=failure,
            remedy="check that the secondary storage VM can reach the URL (secstorage.allowed.internal.sites), "
            "delete the image with state=absent, then run again",
        )
