# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to a system VM: power, another size or host, and a successor that the server makes."""

from __future__ import annotations

from typing import Any

from ..client import ApiError, JobFailed, JobTimeout
from ..model import Row
from ..reconcile.waiting import rounds

_SCALE_ATTEMPTS = 5
_TURNS_WITHIN = 300.0
"""Seconds for a VM that is starting or stopping to have done so."""
_APPEARS_WITHIN = 900.0
"""Seconds in which the server has made a new system VM after one was destroyed; a scan comes every 30 s or so."""


def power(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    if ctx.given["power"] == "Running":
        ctx.change("startSystemVm", {"id": row["id"]})
    else:
        ctx.change("stopSystemVm", {"id": row["id"], **_forced(ctx)})


def restart(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    ctx.change("rebootSystemVm", {"id": row["id"], **_forced(ctx)})
    # A restart leaves nothing that could be held against the wish: it is fulfilled.
    del ctx.given["restart"]


def scale(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Stops it if it runs, because only a stopped one takes another size, and starts it again."""
    if ctx.state == "recreated":
        ctx.warn(
            f"the new {row.get('systemvmtype')} {row.get('name')} got {row.get('serviceofferingname')} and was changed "
            "in place: the setting that chooses the offering names another one"
        )
    runs = row.get("state") == "Running"
    try:
        for attempt in range(_SCALE_ATTEMPTS):
            if _power_state(ctx, row) != "Stopped":
                ctx.change("stopSystemVm", {"id": row["id"], **_forced(ctx)})
            try:
                ctx.change("scaleSystemVm", {"id": row["id"], "serviceofferingid": ctx.ref_id("service_offering")})
                return
            except (ApiError, JobFailed):
                # The server's scan of capacity, every 30 s or so, starts a zone's stopped VM by itself.
                if attempt + 1 == _SCALE_ATTEMPTS or _power_state(ctx, row) == "Stopped":
                    raise
                ctx.tell("the server started it meanwhile; stopping it again")
    finally:
        if runs:
            ctx.change("startSystemVm", {"id": row["id"]})


def _power_state(ctx: Any, row: Row) -> str:
    """Running or Stopped, after waiting for the end of what is on the way."""
    state = ""
    for _waited in rounds(ctx, _TURNS_WITHIN):
        rows = ctx.client.list("listSystemVms", {"id": row["id"]})
        state = str(rows[0].get("state")) if rows else "gone"
        if state not in ("Starting", "Stopping", "Migrating"):
            break
    return state


def migrate(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    ctx.change("migrateSystemVm", {"virtualmachineid": row["id"], "hostid": ctx.ref_id("host")})


def _forced(ctx: Any) -> dict[str, Any]:
    return {"forced": True} if ctx.given.get("force") else {}


def _siblings(ctx: Any, row: Row) -> list[Row]:
    return ctx.client.list("listSystemVms", {"zoneid": row["zoneid"], "systemvmtype": row["systemvmtype"]})


def retire(ctx: Any, row: Row) -> None:
    """Destroys it. From here on the VM meant is the new one of the zone and type: it has another id and name."""
    ctx.given["_replaced"] = row
    ctx.given["_known"] = {sibling["id"] for sibling in _siblings(ctx, row)}
    ctx.tell("destroying")
    ctx.change("destroySystemVm", {"id": row["id"]})
    for name in ("recreate", "name"):
        ctx.given.pop(name, None)


def create(ctx: Any, _params: dict[str, Any]) -> str:
    """Waits for the VM that the server makes instead of the destroyed one."""
    old, known = ctx.given.pop("_replaced"), ctx.given.pop("_known")
    clock = ctx.client.clock
    end = clock.monotonic() + _APPEARS_WITHIN
    while clock.monotonic() < end:
        for row in _siblings(ctx, old):
            if row["id"] not in known:
                ctx.id = str(row["id"])
                ctx.tell(f"{row.get('name')} is made in its place")
                return ctx.id
        ctx.tell("waiting for the new one")
        clock.sleep(5)
    raise JobTimeout(
        f"{old.get('name')} was destroyed, but no new {old['systemvmtype']} came within {_APPEARS_WITHIN:.0f} s",
        obj=ctx.name,
        remedy="look at the alerts: capacity, storage and the system VM template of the zone",
    )
