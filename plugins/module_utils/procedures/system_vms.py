# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refresh of system VMs: replaced, or patched live, one after the other, until each serves again (E5, E6)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, VERIFY, Procedure, Stage, Standing, Target, given, when
from ..client import InvalidInput
from ..model import Option, Row
from . import appliances, consoles, system_templates
from .facts import NAMES, ZONE, same_version, server_version

KINDS = (appliances.CONSOLE_PROXY, appliances.STORAGE_VM)
CUT_BY_PATCH = 20.0


def _targets(run: Any) -> Sequence[Target]:
    run.memory["version"] = server_version(run)
    run.memory["refreshed"] = set()
    wanted = run.option("system_vm_type")
    cut = CUT_BY_PATCH if run.option("method") == "patch" else appliances.CUT_BY_REPLACING
    return appliances.targets(run, (wanted,) if wanted else KINDS, cut)


def _standing(run: Any, target: Target) -> Standing:
    return appliances.judged(appliances.row_of(run, target), partial(_behind, run))


def _behind(run: Any, row: Row) -> str:
    """Why a system VM is to be refreshed; empty where it is as it should be."""
    if run.option("force") and row["id"] in run.memory["known"] - run.memory["refreshed"]:
        return "asked for by force"
    wanted = run.memory["version"]
    if not row.get("version") or same_version(row["version"], wanted):
        return ""
    return f"version {row['version']} instead of {wanted}"


def _preflight(run: Any, due: Sequence[Target]) -> None:
    if run.option("method") != "patch":
        appliances.check_successors(run, due, partial(_behind, run), "method")
        return
    rows = [row for target in due if (row := target.facts["row"]) and _behind(run, row)]
    wanted = system_templates.for_system_vms(run, rows)
    for row in rows:
        template = wanted.get((str(row["zoneid"]), str(row.get("hypervisor"))))
        if template is not None and row.get("templateid") not in (None, template["id"]):
            raise InvalidInput(
                f"{row['name']} was made from template {row.get('templatename')}, and zone {row.get('zonename')} has "
                f"{template['name']} now, which a patch does not bring",
                option="method",
                obj=f"{row['systemvmtype']} {row['name']}",
                remedy="use recreate",
            )


def _act(run: Any, target: Target) -> None:
    if run.option("method") == "patch":
        appliances.remember(run, target)
        run.change("patchSystemVm", {"id": target.id, "forced": run.option("force")}, target.title)
        run.memory["refreshed"].add(target.id)
    else:
        appliances.replace(run, target, whatever_runs=run.option("force"))


def _verify(run: Any, target: Target) -> None:
    appliances.prove(run, target, partial(_behind, run))


SYSTEM_VM_REFRESH = Procedure(
    name="system_vm_refresh",
    noun="system VM",
    summary="Refresh console proxies and secondary storage VMs in order",
    description=(
        "Replaces, or patches live, the system VMs that are behind the management server, one after the other.",
        "Each counts as done when it runs, its agent is connected and it tells the version of the server.",
    ),
    notes=(
        "Consoles are cut while a console proxy is replaced.",
        "Downloads, snapshots and templates wait for the secondary storage VM; it is spared while jobs need it.",
    ),
    options=(
        ZONE,
        NAMES,
        Option(
            "system_vm_type", help="Only this kind.", choices=("consoleproxy", "secondarystoragevm"), behaviour=True
        ),
        Option(
            "method", default="recreate", choices=("recreate", "patch"), behaviour=True,
            help=(
                "V(recreate): destroy it; the server makes a new one from the current template.",
                "V(patch): bring its software up to date while it runs, where the template is unchanged.",
            ),
        ),
        Option(
            "force", "bool", default=False, behaviour=True,
            help="Refresh also those that are up to date, and whatever jobs are running.",
        ),
        *consoles.OPTIONS,
    ),
    sequence=(
        Stage(CHECK, "List console proxies and secondary storage VMs, and the version they should have", each=False),
        Stage(CHECK, "Refuse where no host or no template is ready for new ones, and a patch of an old template",
              each=False),
        Stage(CHECK, "Wait until no job needs the secondary storage VM"),
        Stage(ACT, "Destroy it, so that the server makes a new one; or patch it live"),
        Stage(VERIFY, "Wait until the new one runs, its agent is up and it tells the right version"),
        Stage(VERIFY, "See that templates are ready again; open the page of a console and its WebSocket"),
    ),
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    sends=(*when(given("method", "recreate"), "destroySystemVm"), *when(given("method", "patch"), "patchSystemVm")),
    commands=("destroySystemVm", "patchSystemVm"),
    act=_act,
    verify=_verify,
)  # fmt: skip
