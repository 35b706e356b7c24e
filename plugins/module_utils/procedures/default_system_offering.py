# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The default system offering of system VMs, swapped by settings (A6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target, with_default
from ..client import InvalidInput
from ..model import Option, Row
from . import appliances, default_settings, offerings, routers
from .facts import NAMES, ZONE, scope_of

SETTINGS = {
    appliances.CONSOLE_PROXY: "consoleproxy.service.offering",
    appliances.STORAGE_VM: "secstorage.service.offering",
    "domainrouter": "router.service.offering",
    "internalloadbalancervm": "internallbvm.service.offering",
}
SOURCES = {"domainrouter": ("accounts", "projects"), "internalloadbalancervm": ("balancers",)}
"""Where the VMs of a kind that serves networks are listed."""
RESTART_FIRST = "the management servers read the setting at their start: restart them all, then run again"


def _targets(run: Any) -> Sequence[Target]:
    kind, zone = run.option("system_vm_type"), scope_of(run).get("zoneid", "")
    offering, zones = offerings.chosen(run, kind), offerings.enabled_zones(run, zone)
    offerings.check_fits(run, offering, zones)
    wish = _wish(run, str(offering["id"]), zone)
    run.memory.update(offering=offering, wish=wish, step=wish.step(run), own=_own_values(run, wish, zones, zone))
    run.memory["wait"] = _must_wait(run, wish)
    run.notes["restart_needed"] = run.memory["wait"]
    if kind in appliances.CUTS:
        return appliances.targets(run, (kind,))
    rows = routers.all_routers(run, scope_of(run), SOURCES[kind])
    return routers.by_network(run, routers.in_scope(run, rows))


def _wish(run: Any, offering: str, zone: str) -> default_settings.Wish:
    name = SETTINGS[run.option("system_vm_type")]
    if not zone:
        return default_settings.Wish(name, offering)
    return default_settings.Wish(name, offering, {"zoneid": zone}, f"for zone {run.option('zone')}")


def _own_values(run: Any, wish: default_settings.Wish, zones: Sequence[Row], zone: str) -> Mapping[str, str]:
    """Zones whose own value hides the global one that is to be set."""
    if zone:
        return {}
    own = {row["id"]: default_settings.own_value(run, wish.name, {"zoneid": row["id"]}) for row in zones}
    return {place: value for place, value in own.items() if value and value != wish.value}


def _must_wait(run: Any, wish: default_settings.Wish) -> bool:
    """Whether new system VMs would still get the old offering, because servers have not read the setting anew."""
    if not run.memory["step"]:
        return default_settings.restart_needed(run, wish)
    if wish.row(run).get("isdynamic") is True:
        return False
    if run.option("servers_restarted"):
        raise InvalidInput(
            f"{wish.name} is still to be set",
            option="servers_restarted",
            remedy="run without it first, then restart the management servers, then run again with it",
        )
    return True


def _why(run: Any, row: Row) -> str:
    """Why a system VM has to be renewed; empty where it has the offering."""
    offering = run.memory["offering"]
    if row.get("serviceofferingid") == offering["id"]:
        return ""
    return f"system offering {row.get('serviceofferingname')} instead of {offering.get('name')}"


def _look(run: Any, target: Target) -> Standing:
    if target.kind in appliances.CUTS:
        return appliances.judged(appliances.row_of(run, target), partial(_why, run))
    return routers.judged(routers.members(run, target), partial(_why, run))


def _standings(run: Any, targets: Sequence[Target]) -> list[Standing]:
    return [_judged(run, target, _seen(run, target)) for target in targets]


def _seen(run: Any, target: Target) -> Standing:
    if target.kind in appliances.CUTS:
        return appliances.judged(target.facts["row"], partial(_why, run))
    return routers.judged(target.facts["rows"], partial(_why, run))


def _judged(run: Any, target: Target, standing: Standing) -> Standing:
    """What renewal would not bring to the goal is left alone."""
    if standing.state != DUE:
        return standing
    if run.memory["wait"]:
        return Standing(LEFT, f"{standing.reason}; {RESTART_FIRST}")
    zone = target.facts.get("zone") or target.facts["rows"][0].get("zoneid")
    own = run.memory["own"].get(zone)
    if own:
        return Standing(LEFT, f"{standing.reason}; its zone has its own {run.memory['wish'].name}: give zone")
    return standing


def _standing(run: Any, target: Target) -> Standing:
    return _judged(run, target, _look(run, target))


def _plan(run: Any, _due: Sequence[Target]) -> Sequence[str]:
    return [run.memory["step"]] if run.memory["step"] else []


def _prepare(run: Any, _due: Sequence[Target]) -> Mapping[str, Any]:
    run.memory["wish"].apply(run)
    return {}


def _act(run: Any, target: Target) -> None:
    if target.kind in appliances.CUTS:
        appliances.replace(run, target)
    else:
        routers.restart(run, target, cleanup=True)


def _verify(run: Any, target: Target) -> None:
    prove = appliances.prove if target.kind in appliances.CUTS else routers.prove
    prove(run, target, partial(_why, run))


DEFAULT_SYSTEM_OFFERING = Procedure(
    name="default_system_offering",
    noun="system VM",
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
        Option(
            "servers_restarted", "bool", behaviour=True,
            help=(
                "Says that all management servers were restarted since the setting was changed.",
                "Needed only where the server's events no longer tell when that was.",
            ),
        ),
    ),
    returns={
        "restart_needed": ("bool", "Whether the management servers must be restarted before system VMs are renewed."),
    },
    sequence=(
        Stage(CHECK, "Check the offering: its kind, state, size, storage and tags in each zone", each=False),
        Stage(ACT, "Set the setting, for one zone or the whole cloud", each=False),
        Stage(CHECK, "Stop here until the management servers were restarted, where they have to be", each=False),
        Stage(CHECK, "Wait until no job needs the secondary storage VM"),
        Stage(ACT, "Destroy it, so that the server makes a new one"),
        Stage(VERIFY, "Wait until the new one runs with the wanted offering and its agent is up"),
        Stage(VERIFY, "See that templates are ready again, and that a console opens"),
    ),
    targets=_targets,
    standing=_standing,
    standings=_standings,
    prepare=_prepare,
    prepare_plan=_plan,
    act=_act,
    verify=_verify,
)  # fmt: skip
