# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs side by side may both create, because names are not unique at the server."""

from __future__ import annotations

from ..client import Ambiguous
from ..model import Row
from .context import Context


def survivor(ctx: Context, rows: list[Row], mine: str) -> Row:
    """The object that both runs keep: the oldest, then the smallest id.

    The run that made another one removes it, which is safe because it was made a moment ago and nobody uses it.
    """
    id_field = ctx.resource.commands.id_field
    ordered = sorted(rows, key=lambda row: (str(row.get("created", "")), str(row.get(id_field))))
    kept = ordered[0]
    if not mine or not any(str(row.get(id_field)) == mine for row in rows):
        ids = ", ".join(str(row.get(id_field)) for row in ordered)
        raise Ambiguous(
            f"{ctx.name}: {len(rows)} objects match after creation: {ids}", obj=ctx.name, remedy="give the option id"
        )
    if str(kept.get(id_field)) != mine:
        ctx.change(ctx.resource.commands.delete, {ctx.resource.commands.id: mine})
        ctx.warn(f"another run created {ctx.name} at the same time: {kept.get(id_field)} is kept, {mine} was removed")
    return ctx.resource.complete(ctx, kept) if ctx.resource.complete else kept
