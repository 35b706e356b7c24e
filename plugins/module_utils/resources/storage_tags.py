# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags of storage pools: which offerings find no pool any more when some are taken away (B2)."""

from __future__ import annotations

from typing import Any

from ..model import Row


def _tags(text: Any) -> set[str]:
    return {tag.strip() for tag in str(text or "").split(",")} - {""}


def warn_of_lost_offerings(ctx: Any, row: Row) -> None:
    """The server takes any tag away without a word; offerings that need it fail at the next volume."""
    if ctx.given.get("storage_tags") is None or ctx.given.get("is_tag_a_rule") or row.get("istagarule"):
        return
    have, want = _tags(row.get("tags")), set(ctx.given["storage_tags"])
    gone = have - want
    if not gone:
        return
    others = [
        _tags(pool.get("tags"))
        for pool in ctx.client.list("listStoragePools", {"zoneid": row["zoneid"]})
        if pool["id"] != row["id"] and not pool.get("istagarule")
    ]
    lost = [
        f"{noun} {offering['name']}"
        for noun, command, field in (
            ("disk offering", "listDiskOfferings", "tags"),
            ("compute offering", "listServiceOfferings", "storagetags"),
        )
        for offering in ctx.client.list(command, {"listall": True})
        if _tags(offering.get(field)) & gone and not any(_tags(offering.get(field)) <= tags for tags in (*others, want))
    ]
    if lost:
        ctx.warn(f"{ctx.name}: without {', '.join(sorted(gone))} no pool of the zone is left for {', '.join(lost)}")
