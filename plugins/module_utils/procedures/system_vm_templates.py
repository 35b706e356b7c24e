# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replacement of the template of system VMs (E1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, VERIFY, Stage, Target, with_default
from ..model import Option, Row
from . import appliances, offerings, routers, swaps, system_templates
from .facts import NAMES, ZONE, scope_of

KINDS = (appliances.CONSOLE_PROXY, appliances.STORAGE_VM)


def _targets(run: Any) -> Sequence[Target]:
    scope = scope_of(run)
    zones = offerings.enabled_zones(run, scope.get("zoneid", ""))
    template = system_templates.chosen(run, zones)
    setting = system_templates.SETTINGS[template["hypervisor"]]
    wish = swaps.wish_for(run, setting, template["name"], scope.get("zoneid", ""))
    swaps.begin(run, wish, zones, partial(why, template))
    targets = [
        target
        for target in appliances.targets(run, KINDS)
        if target.facts["row"] is None or _is_of(target.facts["row"], template)
    ]
    if not run.option("routers"):
        return targets
    rows = [row for row in routers.all_routers(run, scope) if _is_of(row, template)]
    # System VMs first: a template that does not work is found where it does least harm.
    return [*targets, *(replace(one, place=(one.place[0], "virtual routers", *one.place[1:]))
                        for one in routers.by_network(run, rows))]  # fmt: skip


def _is_of(row: Row, template: Row) -> bool:
    """Whether it runs on the template's hypervisor; what does not run does not always say."""
    return row.get("hypervisor") in (None, template["hypervisor"])


def why(template: Row, row: Row) -> str:
    """Why a system VM has to be renewed; empty where it was made from the template."""
    if row.get("templateid") == template["id"]:
        return ""
    return f"template {row.get('templatename') or row.get('templateid')} instead of {template['name']}"


SYSTEM_VM_TEMPLATE_REPLACEMENT = swaps.procedure(
    name="system_vm_template_replacement",
    summary="Replace the template of system VMs",
    description=(
        "Names another template for new system VMs, and renews those that were made from another one, in order.",
        "One console proxy goes first. Each counts as done when it runs from the template and serves again.",
    ),
    notes=(
        "Since CloudStack 4.16 an upgrade does this itself.",
        "The module is for templates of one's own and for upgrades that left some behind.",
        "A template that is not ready in a zone would leave it without new routers.",
        "So it must be ready on all image stores of each zone that take new templates, and of type V(SYSTEM).",
        "The setting is a name, and decides for routers. Where templates share one, the server takes the newest.",
        "Of console proxies and secondary storage VMs it takes the newest system template in any case.",
        "So one behind which it has a newer one is refused.",
    ),
    options=(
        Option("template", required=True, behaviour=True, help="Template that they shall have, by name or id."),
        Option(
            "hypervisor", behaviour=True, choices=tuple(system_templates.SETTINGS),
            help="Hypervisor of the template, where several have one of this name.",
        ),
        ZONE,
        NAMES,
        with_default("canaries", 1),
        Option(
            "routers", "bool", default=False, behaviour=True,
            help="Renew virtual routers and internal load balancers too, after the system VMs, by a restart of their "
            "networks with cleanup.",
        ),
        *swaps.OPTIONS,
    ),
    sequence=(
        Stage(CHECK, "Check the template: type, hypervisor, architecture, ready on all image stores", each=False),
        Stage(ACT, "Name it in the setting, for one zone or the whole cloud", each=False),
        Stage(CHECK, "Wait until no job needs the secondary storage VM"),
        Stage(ACT, "Destroy it, a console proxy first, so that the server makes a new one"),
        Stage(VERIFY, "Wait until the new one runs from the template and its agent is up"),
        Stage(VERIFY, "See that templates are ready again; open the page of a console and its WebSocket"),
        Stage(ACT, "Restart networks with cleanup, if routers are wanted too"),
    ),
    targets=_targets,
)  # fmt: skip
