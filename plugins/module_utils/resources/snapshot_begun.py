# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot whose job has ended with success, and that nobody has begun to take: the server's word is not enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..client import ApiError
from ..model import Row
from ..reconcile.waiting import rounds

BEGUN_WITHIN = 60.0
"""Seconds in which a snapshot leaves its first state once its job has ended. The server turns it before that."""
FIRST = "Allocated"


def must_have_begun(ctx: Any, look: Callable[[], Row | None], then: str) -> None:
    """Waits until a new snapshot is more than a row. Raises ApiError where it stays one: nothing works on it any more.

    Not longer than O(job_timeout), where that is less. then: what the user can do about it.
    """
    limit = min(BEGUN_WITHIN, float(ctx.client.connection.job_timeout))
    told = False
    for waited in rounds(ctx, limit):
        row = look()
        if row is None or row.get("state") != FIRST or row.get("jobstatus") == 0:
            return
        if waited >= 5.0 and not told:
            told = True
            ctx.tell(f"the server reported success, but its state is {FIRST}; waiting {limit:.0f} s at most")
    raise ApiError(
        f"the server reported success, but nothing was taken: its state is {FIRST} still after {limit:.0f} s",
        obj=ctx.name,
        remedy=f"look at the server's events; {then}",
    )
