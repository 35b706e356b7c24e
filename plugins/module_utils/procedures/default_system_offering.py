# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The default system offering of system VMs, swapped by settings (A6)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, VERIFY, Stage, Target, with_default
from ..model import Option, Row
from . import appliances, offerings, routers, swaps
from .facts import NAMES, ZONE, scope_of
from .router_precedence import decided_before

SETTINGS = {
    appliances.CONSOLE_PROXY: "consoleproxy.service.offering",
    appliances.STORAGE_VM: "secstorage.service.offering",
    "domainrouter": "router.service.offering",
    "internalloadbalancervm": "internallbvm.service.offering",
}
SOURCES = {"domainrouter": routers.ROUTERS, "internalloadbalancervm": routers.BALANCERS}
"""Where the VMs of a kind that serves networks are listed."""


def _targets(run: Any) -> Sequence[Target]:
    kind, zone = run.option("system_vm_type"), scope_of(run).get("zoneid", "")
    offering, zones = offerings.chosen(run, kind), offerings.enabled_zones(run, zone)
    offerings.check_fits(run, offering, zones)
    names = offerings.names_by_id(run, offering)
    wish = swaps.wish_for(run, SETTINGS[kind], str(offering["id"]), zone, names)
    swaps.begin(run, wish, zones, partial(why, offering), offering)
    if kind in appliances.CUTS:
        return appliances.targets(run, (kind,))
    rows = routers.in_scope(run, routers.all_routers(run, scope_of(run), SOURCES[kind]))
    if kind == "domainrouter":
        see = "see module virtual_router_offering"
        run.memory["decided_before"] = decided_before(run, wish, rows, otherwise=see, by_account=see)
    return routers.by_network(run, rows)


def why(offering: Row, row: Row) -> str:
    """Why a system VM has to be renewed; empty where it has the offering."""
    if row.get("serviceofferingid") == offering["id"]:
        return ""
    return f"system offering {row.get('serviceofferingname')} instead of {offering.get('name')}"


DEFAULT_SYSTEM_OFFERING = swaps.procedure(
    name="default_system_offering",
    summary="Swap the default system offering of system VMs",
    description=(
        "Sets which system offering new system VMs of a kind get, and renews those that have another, in order.",
        "Each counts as done when it runs with the wanted offering, its agent is connected and it serves again.",
        "No database is edited: the settings do it.",
    ),
    notes=(
        "Where the management servers read the setting at their start only, nothing is renewed before that.",
        "RV(restart_needed) is true then. Restart all management servers and run again.",
        "The server takes any text for the setting, and falls back to its default without a word.",
        "So the offering is checked first, and each new system VM afterwards.",
        "Consoles are cut while a console proxy is replaced.",
        "Downloads, snapshots and templates wait for the secondary storage VM; it goes only when no job needs it.",
        "Routers are renewed by a restart of their network with cleanup.",
        "Those whose network offering or account names another offering are left alone and named.",
    ),
    options=(
        Option(
            "system_vm_type", required=True, choices=tuple(SETTINGS), behaviour=True,
            help="Kind of system VM.",
        ),
        Option("offering", required=True, help="System offering that it shall have, by name or id.", behaviour=True),
        ZONE,
        NAMES,
        with_default("canaries", 1),
        *swaps.OPTIONS,
    ),
    sequence=(
        Stage(CHECK, "Check the offering: its kind, state, size, storage and tags in each zone", each=False),
        Stage(ACT, "Set the setting, for one zone or the whole cloud", each=False),
        Stage(CHECK, "Stop here until the management servers were restarted, where they have to be", each=False),
        Stage(CHECK, "Wait until no job needs the secondary storage VM"),
        Stage(ACT, "Destroy it, so that the server makes a new one"),
        Stage(VERIFY, "Wait until the new one runs with the wanted offering and its agent is up"),
        Stage(VERIFY, "See that templates are ready again; open the page of a console and its WebSocket"),
    ),
    targets=_targets,
)  # fmt: skip
