# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for the object, because the end of a call or job is not the goal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..client import JobTimeout
from ..model import Row
from .context import Context
from .plan import read

SEEN_WITHIN = 15.0
"""Seconds in which an object whose creation or removal lost its answer shows up or goes, or is taken as untouched."""
ALONE_WITHIN = 10.0
"""Seconds in which another run removes the object that it made beside ours."""
TELL_EVERY = 10.0
"""Seconds after which it is told again what is waited for."""
GONE_WITHIN = 120.0
"""Seconds in which a deleted object leaves the lists."""


def rounds(ctx: Context, limit: float) -> Iterator[float]:
    """Rounds of waiting: quick at first, five seconds at most, until the limit. Yields seconds waited so far."""
    clock = ctx.client.clock
    start, pause = clock.monotonic(), 0.05
    while True:
        yield clock.monotonic() - start
        if clock.monotonic() - start >= limit:
            return
        clock.sleep(pause)
        pause = min(pause * 1.6, 5.0)


def until_seen(ctx: Context, look: Callable[[], Row | None]) -> Row | None:
    """Looks for an object whose creation lost its answer."""
    for _waited in rounds(ctx, SEEN_WITHIN):
        row = look()
        if row is not None:
            return row
    return None


def is_gone_soon(ctx: Context, look: Callable[[], Row | None]) -> bool:
    """Whether an object is gone whose removal lost its answer."""
    return any(look() is None for _waited in rounds(ctx, SEEN_WITHIN))


def until_alone(ctx: Context, look: Callable[[], list[Row]]) -> list[Row]:
    """Waits until one object is left of several; what is there at the end."""
    rows: list[Row] = []
    for _waited in rounds(ctx, ALONE_WITHIN):
        rows = look()
        if len(rows) < 2:
            break
    return rows


def until_settled(ctx: Context, row: Row) -> Row:
    """Waits for jobs still running on the object, then for what the record awaits (a download, an agent ...)."""
    resource = ctx.resource
    awaiting = _missing(ctx, row)
    if not awaiting:
        return row
    told, when = "", 0.0
    for waited in rounds(ctx, resource.settle_timeout):
        row = _again(ctx, row)
        awaiting = _missing(ctx, row)
        if not awaiting:
            return row
        if awaiting != told or waited - when >= TELL_EVERY:
            told, when = awaiting, waited
            ctx.tell(f"waiting for {awaiting} ({waited:.0f} s)")
    raise JobTimeout(
        f"{ctx.name}: still waiting for {awaiting} after {resource.settle_timeout} s",
        obj=ctx.name,
        remedy="look at the server's events; running again continues to wait",
    )


def _missing(ctx: Context, row: Row) -> str:
    # A job that works on the object stands in its row as jobid and jobstatus 0 [api_facts 1.7].
    if row.get("jobid") and row.get("jobstatus") == 0:
        return f"job {row['jobid']}"
    return ctx.resource.awaited(ctx, row) if ctx.resource.awaited else ""


def _again(ctx: Context, row: Row) -> Row:
    return read(ctx.afresh(str(row[ctx.resource.commands.id_field]))) or row


def until_gone(ctx: Context, look: Callable[[], Row | None]) -> None:
    """Waits until a deleted object has left the lists."""
    for _waited in rounds(ctx, GONE_WITHIN):
        if look() is None:
            return
    raise JobTimeout(
        f"{ctx.name}: deleted, but still listed after {GONE_WITHIN:.0f} s",
        obj=ctx.name,
        remedy="look at the server's events",
    )
