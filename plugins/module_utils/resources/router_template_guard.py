# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that name the template of new virtual routers (E1): with a wrong name the server makes none at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..client import Ambiguous, InvalidInput, NotFound
from ..model import Row
from ..procedures.system_templates import SETTINGS

USABLE = ("SYSTEM", "ROUTING")
"""Types of templates that routers are made from."""


def _check(hypervisor: str, ctx: Any, _row: Row, scope: Mapping[str, str]) -> None:
    name, zone = str(ctx.given["value"] or ""), scope.get("zoneid", "")
    if not name or ctx.given.get("force") or ctx.is_planned(zone):
        return
    question = {"templatefilter": "all", "listall": True, "name": name, **({"zoneid": zone} if zone else {})}
    rows = [
        row
        for row in ctx.client.list("listTemplates", question)
        if (row["name"], row.get("hypervisor")) == (name, hypervisor)
    ]
    if not rows and _is_planned(ctx, name):
        return
    usable = [row for row in rows if row.get("templatetype") in USABLE]
    if not usable:
        why = f"is of type {rows[0].get('templatetype')}" if rows else "is not there"
        raise _refusal(ctx, f"a template {name} of {hypervisor} {why}", "name a system template of this hypervisor")
    late = sorted({str(row.get("zonename")) for row in usable if not row.get("isready")})
    if late:
        raise _refusal(ctx, f"template {name} is not ready in {', '.join(late)}", "wait until it is ready")


def _is_planned(ctx: Any, name: str) -> bool:
    """Whether the same document, or an earlier task in check mode, would make it."""
    try:
        return bool(ctx.is_planned(ctx.find("system_vm_template", name, {})["id"]))
    except (NotFound, Ambiguous):
        return False


def _refusal(ctx: Any, why: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{ctx.name}: {why}, and the server could make no new router",
        option="value",
        obj=ctx.name,
        remedy=f"{what} (module system_vm_template), or set force to true",
    )


ROUTER_TEMPLATES: Mapping[str, Callable[[Any, Row, Mapping[str, str]], None]] = {
    setting: partial(_check, hypervisor) for hypervisor, setting in SETTINGS.items()
}
