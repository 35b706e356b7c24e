# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""High availability of hosts (J2): a dead machine is fenced through its board controller, its instances start again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, VERIFY, Procedure, Stage, Standing, Target, given, when, with_default
from ..client import InvalidInput
from ..model import Option
from .facts import CLUSTER, POD, ZONE
from .host_out_of_band import is_enabled
from .hosts import HOSTS, host_now, host_target, named_hosts

READY = "available"


def _targets(run: Any) -> Sequence[Target]:
    return [host_target(row) for row in named_hosts(run)]


def _enabling(run: Any) -> bool:
    return bool(run.option("state") == "enabled")


def _ha(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row.get("hostha") or {}


def _provider(run: Any, row: Mapping[str, Any]) -> str:
    return str(run.option("provider") or f"{row.get('hypervisor')}haprovider").lower()


def _standing(run: Any, target: Target) -> Standing:
    row = host_now(run, target.id)
    now = _ha(row)
    if not _enabling(run):
        return Standing(DUE, "it is enabled") if now.get("haenable") else Standing(DONE)
    found = []
    if str(now.get("haprovider") or "").lower() != _provider(run, row):
        found.append(f"its provider is {now.get('haprovider')}, wanted {_provider(run, row)}")
    if not now.get("haenable"):
        found.append("it is not enabled")
    elif str(now.get("hastate")).lower() != READY:
        found.append(f"it is {now.get('hastate')}")
    return Standing(DUE, "; ".join(found)) if found else Standing(DONE)


def _preflight(run: Any, due: Sequence[Target]) -> None:
    if not _enabling(run):
        return
    without = [target.name for target in due if not is_enabled(target.facts)]
    if without:
        raise InvalidInput(
            f"without out-of-band management a dead machine cannot be fenced: {', '.join(without)}",
            option="names",
            remedy="set it up with out_of_band_management first",
        )
    for target in due:
        rows = run.client.list("listHostHAProviders", {"hypervisor": target.facts["hypervisor"]})
        known = {str(row.get("haprovider")).lower() for row in rows}
        if _provider(run, target.facts) not in known:
            raise InvalidInput(
                f"{target.name} is a {target.facts['hypervisor']} host, for which the server has "
                + (", ".join(sorted(known)) or "no provider"),
                option="provider",
                remedy="choose one of these, or leave the host out",
            )


def _act(run: Any, target: Target) -> None:
    if not _enabling(run):
        run.change("disableHAForHost", {"hostid": target.id}, target.title)
        return
    row = host_now(run, target.id)
    if str(_ha(row).get("haprovider") or "").lower() != _provider(run, row):
        run.change("configureHAForHost", {"hostid": target.id, "provider": _provider(run, row)}, target.title)
    if not _ha(row).get("haenable"):
        run.change("enableHAForHost", {"hostid": target.id}, target.title)


def _verify(run: Any, target: Target) -> None:
    """The answer says that it is switched on; only its state says that it would work."""

    def look() -> bool | str:
        now = _ha(host_now(run, target.id))
        if not _enabling(run):
            return True if not now.get("haenable") else "it to be disabled"
        state = str(now.get("hastate")).lower()
        if state == READY:
            return True
        why = "; its out-of-band management does not answer" if state == "ineligible" else ""
        return f"its HA to be {READY}, is {state}{why}"

    run.wait_for(target, "its HA", look)


HOST_HA = Procedure(
    name="host_ha",
    noun="host",
    summary="Set up high availability of hosts",
    description=(
        "Chooses the provider of host HA, enables it, and waits until the server calls the host available for it.",
        "A host counts as done in that state only: an ineligible one would not be fenced.",
    ),
    notes=(
        "A dead host is fenced through its board controller, so M(cloudstack.ops.out_of_band_management) comes first.",
    ),
    options=(
        HOSTS, ZONE, POD, CLUSTER,
        Option("state", default="enabled", choices=("enabled", "disabled"), behaviour=True,
               help="Whether the server watches, recovers and fences the host."),
        Option("provider", behaviour=True,
               help="Provider, such as V(kvmhaprovider); that of the host's hypervisor if it is left out."),
        with_default("step_timeout", 300),
    ),
    sequence=(
        Stage(CHECK, "Refuse a host without out-of-band management", each=False),
        Stage(ACT, "Choose the provider"),
        Stage(ACT, "Enable host HA"),
        Stage(VERIFY, "Wait until the server calls the host available; ineligible is a failure"),
    ),
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    sends=(
        *when(given("state", "enabled"), "configureHAForHost", "enableHAForHost"),
        *when(given("state", "disabled"), "disableHAForHost"),
    ),
    act=_act,
    verify=_verify,
)  # fmt: skip
