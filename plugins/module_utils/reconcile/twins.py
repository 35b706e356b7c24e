# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs side by side may both create, because names are not unique at the server."""

from __future__ import annotations

from collections.abc import Callable

from ..client import Ambiguous
from ..model import Row
from .context import Context
from .waiting import until_alone


def survivor(ctx: Context, rows: list[Row], mine: str, look: Callable[[], list[Row]]) -> Row:
    """The object that both runs keep: the oldest, then the smallest id. ``look`` reads the objects again.

    The run that made another one removes it, which is safe because it was made a moment ago and nobody uses it.
    Where the one to keep is ours and the other stays, nobody else knows that there are two (a proxy sent the call
    twice, the other run read before ours was made or is dead): then ours is the one that is surely unused.
    """
    ordered = _ordered(ctx, rows)
    if not any(_id(ctx, row) == mine for row in rows) or not ctx.resource.commands.delete:
        raise _ambiguous(ctx, ordered)
    if _id(ctx, ordered[0]) == mine:
        left = _ordered(ctx, until_alone(ctx, look))
        if [_id(ctx, row) for row in left] == [mine]:
            return _complete(ctx, left[0])
        others = [row for row in left if _id(ctx, row) != mine]
        if len(others) != 1 or len(others) == len(left):
            raise _ambiguous(ctx, left)
        ordered = others
    kept = _id(ctx, ordered[0])
    surplus = next(row for row in rows if _id(ctx, row) == mine)
    ctx.change(ctx.resource.commands.delete, ctx.resource.commands.to_delete(surplus))
    ctx.warn(f"{ctx.name} was made twice at the same time: {kept} is kept, {mine} was removed")
    return _complete(ctx, ordered[0])


def _ordered(ctx: Context, rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (str(row.get("created", "")), _id(ctx, row)))


def _complete(ctx: Context, row: Row) -> Row:
    return ctx.resource.complete(ctx, row) if ctx.resource.complete else row


def _id(ctx: Context, row: Row) -> str:
    return str(row.get(ctx.resource.commands.id_field))


def _ambiguous(ctx: Context, rows: list[Row]) -> Ambiguous:
    ids = ", ".join(_id(ctx, row) for row in rows)
    return Ambiguous(
        f"{ctx.name}: {len(rows)} objects match after creation: {ids}", obj=ctx.name, remedy="give the option id"
    )
