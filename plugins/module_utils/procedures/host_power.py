# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Power of hosts through their board controllers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, LEFT, VERIFY, Names, Procedure, Stage, Standing, Target
from ..client import ApiError, InvalidInput
from ..model import Option
from .facts import CLUSTER, POD, ZONE
from .host_out_of_band import ask_power, is_enabled, power
from .hosts import HOSTS, host_now, host_target, named_hosts, residents, short_list, titled

ENDS = {"on": "on", "off": "off", "soft": "off", "cycle": "on", "reset": "on"}
"""Power after each action."""


def _targets(run: Any) -> Sequence[Target]:
    rows = named_hosts(run)
    run.memory["acted"] = set()
    run.notes["power"] = {row["name"]: power(row) for row in rows}
    here = {row["id"]: residents(run, row["id"]) if _cuts(run) else [] for row in rows}
    run.memory["residents"] = here
    return [
        host_target(row, interrupts=tuple(f"{one['kind']} {one['name']}" for one in here[row["id"]])) for row in rows
    ]


def _cuts(run: Any) -> bool:
    return run.option("action") in ("off", "soft", "cycle", "reset")


def _standing(run: Any, target: Target) -> Standing:
    action, now = str(run.option("action")), power(host_now(run, target.id))
    if action == "status":
        return Standing(LEFT, f"power is {now}")
    repeats = action in ("cycle", "reset") and target.id not in run.memory["acted"]
    if now == ENDS[action] and not repeats:
        return Standing(DONE, f"power is {now}")
    return Standing(DUE, f"power is {now}")


def _preflight(run: Any, due: Sequence[Target]) -> None:
    problems = []
    for target in due:
        if not is_enabled(target.facts):
            problems.append(f"{target.name}: it has no out-of-band management; set it up with out_of_band_management")
        elif target.facts.get("resourcestate") == "Degraded":
            problems.append(
                f"{target.name}: it is degraded, and the server asks no controller of it; switch it by hand"
            )
        here = run.memory["residents"][target.id]
        if here and not run.option("force"):
            names = short_list(titled(row) for row in here)
            problems.append(f"{target.name}: {names} run on it; take it into maintenance with host_maintenance first")
    if problems:
        raise InvalidInput("; ".join(problems), option="names", remedy="mend what is named")


def _confirm(run: Any, due: Sequence[Target]) -> str:
    return Names((target.name for target in due if _cuts(run)), before=f"{run.option('action')} ")


def _act(run: Any, target: Target) -> None:
    here = residents(run, target.id) if _cuts(run) and not run.option("force") else []
    if here:
        raise ApiError(
            f"{short_list(titled(row) for row in here)} run on it since it was planned",
            obj=target.title,
            remedy="take it into maintenance with host_maintenance first",
        )
    params = {"hostid": target.id, "action": str(run.option("action")).upper()}
    run.change("issueOutOfBandManagementPowerAction", params, target.title)
    run.memory["acted"].add(target.id)


def _verify(run: Any, target: Target) -> None:
    """The controller says so; a machine that was switched on has its agent back too."""
    wanted = ENDS[str(run.option("action"))]

    def look() -> bool | str:
        now = ask_power(run, target)
        run.notes["power"][target.name] = now
        if now != wanted:
            return f"power {wanted}, is {now}"
        agent = host_now(run, target.id).get("state")
        return (
            True if wanted == "off" or agent == "Up" or not run.option("wait_for_agent") else f"its agent, is {agent}"
        )

    run.wait_for(target, f"power {wanted}", look)


HOST_POWER = Procedure(
    name="host_power",
    noun="host",
    summary="Switch hosts on and off",
    description=(
        "Switches machines through their board controllers, and asks the controllers whether it came true.",
        "A machine on which anything runs is refused.",
    ),
    notes=(
        "V(cycle) and V(reset) are done each time the task is run.",
        "What a machine is skipped for is the power that the server has seen last.",
    ),
    options=(
        HOSTS, ZONE, POD, CLUSTER,
        Option("action", required=True, choices=("on", "off", "soft", "cycle", "reset", "status"), behaviour=True,
               help=("V(soft) asks the operating system to shut down, V(off) takes the power away.",
                     "V(status) only tells what the server knows.")),
        Option("force", "bool", default=False, behaviour=True,
               help="Switch off also machines on which instances run: they are cut, and may lose data."),
        Option("wait_for_agent", "bool", default=True, behaviour=True,
               help="A machine that is switched on counts as done when its agent is up."),
    ),
    sequence=(
        Stage(CHECK, "Refuse a machine on which anything runs", each=False),
        Stage(ACT, "Send the action to the board controller"),
        Stage(VERIFY, "Ask the controller for the power until it is as wanted"),
        Stage(VERIFY, "Wait for the agent of a machine that was switched on"),
    ),
    returns={"power": ("dict", "Power of each host by name: on, off, unknown or disabled.")},
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    confirm=_confirm,
    sends=("issueOutOfBandManagementPowerAction",),
    act=_act,
    verify=_verify,
)  # fmt: skip
