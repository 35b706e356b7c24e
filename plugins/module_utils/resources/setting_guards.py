# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that do harm when they are wrong: the server takes any value, so the task looks first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Row
from ..procedures.router_health import KNOWN as CHECKS
from ..procedures.snapshot_times import check_time_zone
from .router_template_guard import ROUTER_TEMPLATES

CPU, MEMORY = 1, 0
"""Types of listCapacity."""
TYPES: Mapping[str, tuple[str, str]] = {
    "Boolean": ("true|false|null", "true or false"),
    "Number": (r"[+-]?\d{1,19}|null", "a whole number"),
    "Decimal": (r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|null", "a number"),
}
"""What the server takes by the type that listConfigurations tells; "null" clears a value."""


def guard(ctx: Any, row: Row, scope: Mapping[str, str]) -> None:
    """Refuses, or warns of, a new value of a setting. ``scope``: the parameter that names its place."""
    _fits_type(ctx, row)
    found = GUARDS.get(str(row.get("name")))
    if found:
        found(ctx, row, scope)


def _fits_type(ctx: Any, row: Row) -> None:
    """The server refuses these, too; looked at here, check mode and a plan for a whole cloud find them as well."""
    value = str(ctx.given["value"]).strip()
    pattern, wanted = TYPES.get(str(row.get("type")), ("", ""))
    if value and pattern and not re.fullmatch(pattern, value, re.ASCII | re.IGNORECASE):
        raise InvalidInput(
            f"{ctx.name}: {value!r} does not fit, the setting takes {wanted}",
            option="value",
            obj=ctx.name,
            remedy=f"give {wanted}",
        )


def _time_zone(ctx: Any, row: Row, _scope: Mapping[str, str]) -> None:
    value = str(ctx.given["value"] or "")
    if not value:
        return
    try:
        check_time_zone(value)
    except InvalidInput as error:
        raise InvalidInput(f"{ctx.name}: {error.message}", option="value", obj=ctx.name, remedy=error.remedy) from None
    _billing(ctx, row, _scope)


def _billing(ctx: Any, _row: Row, _scope: Mapping[str, str]) -> None:
    ctx.warn(
        f"{ctx.name}: within a period of billing, another time zone, time or range leaves usage out or counts it "
        "twice; change it between two periods"
    )


def _factor(kind: int) -> Callable[[Any, Row, Mapping[str, str]], None]:
    def check(ctx: Any, row: Row, scope: Mapping[str, str]) -> None:
        """A lower factor below what is allocated leaves a negative capacity: nothing starts there any more."""
        cluster = scope.get("clusterid")
        if not cluster or ctx.is_planned(cluster) or ctx.given.get("force"):
            return
        wanted, have = _number(ctx, ctx.given["value"]), float(row.get("value") or 1)
        for capacity in ctx.client.list("listCapacity", {"type": kind, "clusterid": cluster, "fetchlatest": True}):
            total = float(capacity.get("capacitytotal") or 0) / have * wanted
            used = float(capacity.get("capacityallocated") or capacity.get("capacityused") or 0)
            if used > total:
                raise InvalidInput(
                    f"{ctx.name}: {used / total:.0%} of the capacity would be allocated with {wanted:g}",
                    option="value",
                    obj=ctx.name,
                    remedy="move instances to other clusters first, or set force to true",
                )

    return check


def _number(ctx: Any, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = 0.0
    if found <= 0:
        raise InvalidInput(
            f"{ctx.name}: {value!r} is no factor", option="value", obj=ctx.name, remedy="give a number above 0"
        )
    return found


def _open_port(ctx: Any, _row: Row, _scope: Mapping[str, str]) -> None:
    if str(ctx.given["value"] or "0") not in ("0", ""):
        ctx.warn(f"{ctx.name}: whoever reaches this port is root admin without a key; 0 closes it")


def _recreation(ctx: Any, _row: Row, _scope: Mapping[str, str]) -> None:
    value = str(ctx.given["value"] or "")
    unknown = sorted({name.strip() for name in value.split(",")} - {*CHECKS, ""})
    if unknown:
        ctx.warn(f"{ctx.name}: {', '.join(unknown)} is none of the checks that CloudStack brings; see router_health")
    if value:
        ctx.warn(
            f"{ctx.name}: a check that always fails has routers made again and again; run it with "
            "router_health first, and add one check at a time"
        )


GUARDS: Mapping[str, Callable[[Any, Row, Mapping[str, str]], None]] = {
    "usage.execution.timezone": _time_zone,
    "usage.aggregation.timezone": _time_zone,
    "usage.stats.job.exec.time": _billing,
    "usage.stats.job.aggregation.range": _billing,
    "cpu.overprovisioning.factor": _factor(CPU),
    "mem.overprovisioning.factor": _factor(MEMORY),
    "integration.api.port": _open_port,
    "router.health.checks.failures.to.recreate.vr": _recreation,
    **ROUTER_TEMPLATES,
}
