# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removal of hosts (K4): only when nothing runs on them any more, whatever the server believes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, VERIFY, Names, Procedure, Stage, Standing, Target
from ..client import ApiError, InvalidInput
from ..model import Option, Row
from .facts import CLUSTER, POD, ZONE
from .host_marks import HostMarks
from .host_out_of_band import power
from .hosts import HOSTS, host_now, host_target, named_hosts, residents, short_list, titled
from .primary_storage_facts import volumes_on

REMOVABLE = ("Maintenance", "Degraded")
LOST = ("Expunging", "Expunged")
"""States of volumes that nobody can have back. One that was deleted by mistake still can be."""


def _targets(run: Any) -> Sequence[Target]:
    rows = named_hosts(run, missing_is_fine=True)
    if len(rows) > 1 and run.option("running_domains") is not None:
        raise InvalidInput(
            "running_domains tells of one machine, and several hosts are named",
            option="running_domains",
            remedy="remove one host at a time",
        )
    facts = {row["id"]: _facts(run, row) for row in rows}
    run.memory["facts"] = facts
    return [
        host_target(
            row,
            interrupts=tuple(f"{one['kind']} {one['name']}" for one in facts[row["id"]]["residents"]),
        )
        for row in rows
    ]


def _facts(run: Any, row: Row) -> dict[str, Any]:
    """What the removal of a host would touch: machines, local volumes, and whether it is the last of its kind."""
    pools = run.client.list("listStoragePools", {"hostid": row["id"]})
    local = [pool for pool in pools if pool.get("scope") == "HOST"]
    volumes = [volume for pool in local for volume in volumes_on(run, pool["id"], LOST)]
    others = run.client.list("listHosts", {"type": "Routing", "zoneid": row["zoneid"]})
    usable = [
        other
        for other in others
        if other["id"] != row["id"]
        and other.get("hypervisor") == row.get("hypervisor")
        and (other.get("state"), other.get("resourcestate")) == ("Up", "Enabled")
    ]
    return {
        "residents": residents(run, row["id"]),
        "pools": {pool["id"] for pool in local},
        "volumes": sorted({str(volume["name"]) for volume in volumes}),
        "is_last": not usable,
    }


def _gone(run: Any, target: Target) -> bool:
    return not any(row["id"] == target.id for row in run.client.list("listHosts", {"name": target.name}))


def _standing(run: Any, target: Target) -> Standing:
    if _gone(run, target):
        return Standing(DONE)
    facts = run.memory["facts"][target.id]
    return Standing(DUE, f"{target.facts.get('resourcestate')}, with {len(facts['residents'])} machines on it")


def _is_forced(run: Any, target: Target) -> bool:
    return bool(run.option("force")) and (
        target.facts.get("resourcestate") not in REMOVABLE or bool(run.memory["facts"][target.id]["residents"])
    )


def _preflight(run: Any, due: Sequence[Target]) -> None:
    problems = [f"{target.name}: {text}" for target in due for text in _refusals(run, target)]
    if problems:
        raise InvalidInput(
            "the removal would do harm: " + "; ".join(problems),
            option="names",
            remedy="look at each of them; nothing was changed",
        )


def _refusals(run: Any, target: Target) -> list[str]:
    facts, found = run.memory["facts"][target.id], []
    domains = run.option("running_domains")
    if domains:
        return [f"{short_list(domains)} run on the machine, whatever the server says; stop or move them"]
    here = facts["residents"]
    if not run.option("force"):
        if target.facts.get("resourcestate") not in REMOVABLE:
            found.append(f"it is {target.facts.get('resourcestate')}; take it into maintenance with host_maintenance")
        if here:
            found.append(f"{short_list(titled(row) for row in here)} are on it, and would be called stopped; move them")
    elif here and domains is None and power(target.facts) != "off":
        found.append(
            f"the server would call {short_list(titled(row) for row in here)} stopped while they may still run, and "
            "start them twice; give running_domains from the machine itself (virsh list --name), or turn its power off"
        )
    if facts["volumes"] and not run.option("destroy_local_storage"):
        found.append(
            f"its local storage holds {short_list(facts['volumes'])}; move them, or set destroy_local_storage to lose "
            "them"
        )
    if facts["is_last"] and not run.option("last_host"):
        found.append(
            f"it is the last usable {target.facts.get('hypervisor')} host of zone {target.facts.get('zonename')}: no "
            "system VM could run any more; set last_host if the zone is being given up"
        )
    return found


def _confirm(run: Any, due: Sequence[Target]) -> str:
    risky = [target.name for target in due if _loses(run, target)]
    return Names(sorted(risky), before="remove ")


def _loses(run: Any, target: Target) -> bool:
    """Whether the removal of a host has to be typed."""
    facts = run.memory["facts"][target.id]
    return bool(_is_forced(run, target) or facts["volumes"] or facts["is_last"])


def _looked_again(run: Any, target: Target) -> Target:
    """The host as it is when its turn has come. Raises ApiError where that is not what was planned and confirmed."""
    was_typed, row = _loses(run, target), host_now(run, target.id)
    run.memory["facts"][target.id] = _facts(run, row)
    now = replace(target, facts=row)
    problems = _refusals(run, now)
    if _loses(run, now) and not was_typed:
        problems.append("what its removal would lose has come since it was planned")
    if problems:
        raise ApiError("; ".join(problems), obj=target.title, remedy="run again to see and confirm it as it is now")
    return now


def _act(run: Any, target: Target) -> None:
    target = _looked_again(run, target)
    params: dict[str, Any] = {"id": target.id}
    if _is_forced(run, target):
        params["forced"] = True
    if run.memory["facts"][target.id]["volumes"]:
        params["forcedestroylocalstorage"] = True
    run.change("deleteHost", params, target.title)


def _verify(run: Any, target: Target) -> None:
    """Gone from every list, and its local storage with it."""
    pools = run.memory["facts"][target.id]["pools"]

    def look() -> bool | str:
        if not _gone(run, target):
            return "it to be gone"
        left = [
            pool["name"]
            for pool in run.client.list("listStoragePools", {"zoneid": target.facts["zoneid"]})
            if pool["id"] in pools
        ]
        return f"its storage {short_list(left)} to be gone" if left else True

    run.wait_for(target, "its removal", look)
    HostMarks(run).forget(target.id)
    _tell_of_stopped(run, target)


def _tell_of_stopped(run: Any, target: Target) -> None:
    """What the server marked as stopped has to be started by somebody, and never before the machine is off."""
    names = sorted(titled(row) for row in run.memory["facts"][target.id]["residents"])
    if names:
        run.task.warn(f"{target.name} is removed; these were on it: {short_list(names)}")


HOST_REMOVAL = Procedure(
    name="host_removal",
    noun="host",
    summary="Remove hosts from the cloud",
    description=(
        "Removes hosts that are in maintenance with nothing left on them.",
        "Everything else is refused, or has to be allowed by an option and typed as confirmation.",
    ),
    notes=(
        "The server marks what is left on a removed host as stopped.",
        "If it still runs, it is started twice, and both write to the same disks.",
        "A host that is not there is no error; a warning names it.",
    ),
    options=(
        HOSTS, ZONE, POD, CLUSTER,
        Option("running_domains", "list", behaviour=True,
               help="What runs on the machine itself, by its own word (C(virsh list --name)). Must be empty."),
        Option("force", "bool", default=False, behaviour=True,
               help="Remove a host that is not in maintenance, or that has machines on it by the server's word."),
        Option("destroy_local_storage", "bool", default=False, behaviour=True,
               help="Lose the volumes on the host's local storage."),
        Option("last_host", "bool", default=False, behaviour=True,
               help="Remove the last usable host of its hypervisor in the zone."),
    ),
    sequence=(
        Stage(CHECK, "Refuse hosts that are not in maintenance or have machines on them", each=False),
        Stage(CHECK, "Compare with what runs on the machine itself", each=False),
        Stage(CHECK, "Refuse to lose local volumes or the last host of a zone, unless it is typed", each=False),
        Stage(CHECK, "Look once more when its turn has come"),
        Stage(ACT, "Remove the host"),
        Stage(VERIFY, "Wait until it is in no list any more, nor its local storage"),
    ),
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    confirm=_confirm,
    sends=("deleteHost", "removeAnnotation"),
    act=_act,
    verify=_verify,
)  # fmt: skip
