# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What new system VMs are made of, swapped: a setting is set, then those that were made of something else are renewed.

``begin`` must have been called; everything else goes by what it left in the run's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..campaign import DUE, LEFT, Procedure, Standing, Target, when
from ..client import InvalidInput
from ..model import Option, Row
from . import appliances, consoles, default_settings, router_probes, router_rights, routers, system_templates
from .default_settings import Wish
from .router_room import check_room

SERVERS_RESTARTED = Option(
    "servers_restarted", "bool", behaviour=True,
    help=(
        "Says that all management servers were restarted since the setting was changed.",
        "Needed only where the server's events no longer tell when that was.",
    ),
)  # fmt: skip
OPTIONS = (SERVERS_RESTARTED, consoles.OPEN_CONSOLES, *router_probes.OPTIONS)
"""What a swap asks beside what is to be swapped."""
RETURNS = {
    "setting": ("str", "The setting that decides."),
    "restart_needed": ("bool", "Whether the management servers must be restarted before system VMs are renewed."),
}
RESTART_FIRST = "the management servers read the setting at their start: restart them all, then run again"


def begin(run: Any, wish: Wish, zones: Sequence[Row], why: Callable[[Row], str], offering: Row | None = None) -> None:
    """Reads how the setting stands. ``why``: why a VM is to be renewed; an empty text where it is as wanted.

    offering: what new VMs get, if it is that which is swapped.
    """
    run.memory.update(wish=wish, step=wish.step(run), own=_own_values(run, wish, zones), why=why)
    run.memory.update(offering=offering, decided_before={})
    run.notes["setting"] = wish.name
    run.memory["wait"] = run.notes["restart_needed"] = _must_wait(run, wish)


def wish_for(run: Any, name: str, value: str, zone: str, names: Mapping[str, str] | None = None) -> Wish:
    """The wish for one zone, or for the whole cloud. ``names``: of ids among the values."""
    scope, place = ({"zoneid": zone}, f"for zone {run.option('zone')}") if zone else ({}, "globally")
    return Wish(name, value, scope, place, names or {})


def _own_values(run: Any, wish: Wish, zones: Sequence[Row]) -> Mapping[str, str]:
    """Zones whose own value hides the global one that is to be set."""
    if wish.scope:
        return {}
    own = {row["id"]: default_settings.own_value(run, wish.name, {"zoneid": row["id"]}) for row in zones}
    return {place: value for place, value in own.items() if value and value != wish.value}


def _must_wait(run: Any, wish: Wish) -> bool:
    """Whether new VMs would still be made as before, because servers have not read the setting anew."""
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


def standings(run: Any, targets: Sequence[Target]) -> list[Standing]:
    """How targets stand, from what was read of them when they were listed."""
    return [
        _judged(
            run, target,
            appliances.judged(target.facts["row"], run.memory["why"]) if _is_appliance(target)
            else routers.judged(target.facts["seen"], run.memory["why"]),
        )
        for target in targets
    ]  # fmt: skip


def standing(run: Any, target: Target) -> Standing:
    """How a target stands now."""
    why = run.memory["why"]
    if _is_appliance(target):
        return _judged(run, target, appliances.judged(appliances.row_of(run, target), why))
    return _judged(run, target, routers.judged(routers.look(run, target), why))


def _is_appliance(target: Target) -> bool:
    return target.kind in appliances.CUTS


def _judged(run: Any, target: Target, standing: Standing) -> Standing:
    """What renewal would not bring to the goal is left alone."""
    if standing.state != DUE:
        return standing
    if run.memory["wait"]:
        return Standing(LEFT, f"{standing.reason}; {RESTART_FIRST}")
    if not _is_appliance(target) and target.facts["sources"][0] in routers.BALANCERS:
        return Standing(LEFT, f"{standing.reason}; the server makes it anew only with the first rule of its address")
    zone = target.facts["zone"] if _is_appliance(target) else target.facts["seen"].rows[0].get("zoneid")
    if zone in run.memory["own"]:
        return Standing(LEFT, f"{standing.reason}; its zone has its own {run.memory['wish'].name}: give zone")
    ids = [] if _is_appliance(target) else [row["id"] for row in target.facts["seen"].rows]
    others = [run.memory["decided_before"][one] for one in ids if one in run.memory["decided_before"]]
    return Standing(LEFT, f"{standing.reason}; {others[0]}") if others else standing


def preflight(run: Any, due: Sequence[Target]) -> None:
    """Refuses where what goes would have no successor."""
    router_probes.begin(run, due)
    offering = run.memory["offering"]
    option = "template" if offering is None else "offering"
    served = [target for target in due if not _is_appliance(target)]
    check_room(run, served, option, offering)
    appliances.check_successors(run, due, run.memory["why"], option)
    if offering is not None:  # a template was looked at when it was chosen
        system_templates.check_ready(run, [row for target in served for row in target.facts["seen"].rows], option)


def prepare(run: Any, _due: Sequence[Target]) -> Mapping[str, Any]:
    """Sets the setting."""
    run.memory["wish"].apply(run)
    return {}


def act(run: Any, target: Target) -> None:
    """Renews a system VM, or the routers of a network or VPC."""
    if _is_appliance(target):
        appliances.replace(run, target)
    else:
        router_probes.remember(run, target)
        routers.restart(run, target, cleanup=True)


def verify(run: Any, target: Target) -> None:
    """Waits until the new ones run as wanted and serve."""
    prove = appliances.prove if _is_appliance(target) else routers.prove
    prove(run, target, run.memory["why"])
    router_probes.prove(run, target)


def _any_appliance(_run: Any, due: Sequence[Target]) -> bool:
    return any(_is_appliance(target) for target in due)


def procedure(**own: Any) -> Procedure:
    """A swap as a procedure. ``own``: what each has for itself (name, summary, targets, options, sequence ...)."""
    return Procedure(
        noun="system VM",
        returns=RETURNS,
        standing=standing,
        standings=standings,
        preflight=preflight,
        prepare=prepare,
        prepare_plan=default_settings.plan,
        plan_details=router_probes.details,
        sends=(
            *when(_any_appliance, "destroySystemVm"),
            *router_rights.RESTARTS,
            *when(default_settings.changes_it, "updateConfiguration"),
        ),
        commands=("destroySystemVm", "restartNetwork", "restartVPC"),
        act=act,
        verify=verify,
        **own,
    )
