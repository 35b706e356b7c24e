# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System VMs: console proxies and secondary storage VMs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..client import ApiError, InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update
from .owned import ZONE
from .system_vm_steps import create, migrate, power, restart, retire, scale

_TYPES = ("consoleproxy", "secondarystoragevm")
_IMAGE_JOBS = re.compile(r"Snapshot|Template|Iso|ExtractVolume|UploadVolume|SecondaryStorage")
"""Jobs that need the secondary storage VM until they end, by the class name that listAsyncJobs tells."""


def _rows(ctx: Any) -> list[Row]:
    given, filters = ctx.given, {}
    if ctx.id:
        return ctx.view.rows(ctx.resource, {"id": ctx.id})
    if not given.get("name") and not (given.get("zone") and given.get("system_vm_type")):
        raise InvalidInput(
            "a system VM is told by its name, or by zone and system_vm_type",
            option="name",
            remedy="give name, or zone and system_vm_type, or the option id",
        )
    for option, parameter in ctx.resource.commands.filters.items():
        if given.get(option):
            filters[parameter] = given[option]
    return ctx.view.rows(ctx.resource, filters)


def _check_wish(ctx: Any, row: Row | None) -> None:
    if ctx.state == "absent":
        raise InvalidInput(
            "system VMs can't be absent: the server makes a new one at once",
            option="state",
            obj=ctx.name,
            remedy="use state=stopped, or state=recreated to have a new one",
        )
    if row is None:
        where = " ".join(str(ctx.given[name]) for name in ("name", "system_vm_type", "zone") if ctx.given.get(name))
        raise InvalidInput(
            f"there is no system VM {where}",
            option="name",
            obj=ctx.name,
            remedy="check name, zone and type; a zone gets its system VMs some minutes after it was enabled",
        )
    # From here on messages name it, however it was told.
    ctx.given.setdefault("name", row.get("name"))
    if ctx.given.get("host") and ctx.given.get("power") == "Stopped":
        raise InvalidInput(
            f"{ctx.name} can't be stopped and on a host",
            option="host",
            obj=ctx.name,
            remedy="leave out host, or use another state",
        )
    if ctx.given.get("host") and row.get("state") != "Running" and ctx.ref_id("host") != row.get("hostid"):
        raise InvalidInput(
            f"{ctx.name} is {row.get('state')}, and only a running one can be moved",
            option="host",
            obj=ctx.name,
            remedy="start it first (state=started)",
        )
    if ctx.state == "recreated":
        _decide_to_recreate(ctx, row)


def _decide_to_recreate(ctx: Any, row: Row) -> None:
    """Recreation is asked for as a property of the VM that only a new one has."""
    goals = [name for name in ("service_offering", "template", "version") if ctx.given.get(name)]
    if not goals and not ctx.given.get("force"):
        raise InvalidInput(
            "state=recreated needs to know when: service_offering, template, version or force",
            option="state",
            obj=ctx.name,
            remedy="give what the new one shall have, or set force to true to recreate it in every run",
        )
    if ctx.given.get("force") or any(not _has(ctx, row, name) for name in goals):
        if row.get("systemvmtype") == "secondarystoragevm":
            _refuse_if_busy(ctx)
        ctx.given["recreate"] = True
        ctx.immutable_drift = "replace"


def _has(ctx: Any, row: Row, name: str) -> bool:
    if name == "version":
        return str(ctx.given[name]) == str(row.get("version"))
    fields = {"service_offering": "serviceoffering", "template": "template"}[name]
    return ctx.given[name] == row.get(f"{fields}id") or ctx.ref_id(name) == row.get(f"{fields}id")


def _refuse_if_busy(ctx: Any) -> None:
    jobs = [
        job
        for job in ctx.client.list("listAsyncJobs", {"listall": True})
        if job.get("jobstatus") == 0 and _IMAGE_JOBS.search(str(job.get("cmd")))
    ]
    if jobs and not ctx.given.get("force"):
        raise InvalidInput(
            f"{len(jobs)} running jobs need secondary storage, for example {jobs[0].get('jobid')}",
            option="force",
            obj=ctx.name,
            remedy="wait until they have ended, or set force to true to let them fail",
        )


def _awaited(ctx: Any, row: Row) -> str:
    state = str(row.get("state"))
    if state == "Error":
        raise ApiError(f"{row.get('name')} is in state Error", obj=ctx.name, remedy="look at the server's alerts")
    if ctx.given.get("power") == "Stopped":
        return "" if state == "Stopped" else f"state {state} to become Stopped"
    if state == "Stopped" and "power" not in ctx.given:
        return ""
    if state != "Running":
        return f"state {state} to become Running"
    if ctx.given.get("wait_for_agent") is False or _never_has_an_agent(row) or row.get("agentstate") == "Up":
        return ""
    return f"its agent ({row.get('agentstate') or 'not connected'})"


def _never_has_an_agent(row: Row) -> bool:
    """Console proxies of CloudStack's simulator hypervisor have none [recordings/README.md]."""
    return row.get("hypervisor") == "Simulator" and row.get("systemvmtype") == "consoleproxy"


def _hidden(name: str, kind: str, help_: str, **more: Any) -> Option:
    return Option(name, kind, help_, api="", on_create=False, hidden=True, export=False, **more)


SYSTEM_VM = Resource(
    name="system_vm",
    noun="system VM",
    exported=False,
    summary="Manage console proxies and secondary storage VMs",
    description=(
        "Starts, stops, restarts, moves and recreates system VMs, and waits until they serve again.",
        "The server makes system VMs by itself, so none can be created or removed for good.",
    ),
    notes=(
        (
            "Consoles are cut while a console proxy is down. Downloads, snapshots and templates wait or fail while "
            "the secondary storage VM is down."
        ),
        "O(state=restarted) is the only state that does something in every run.",
        "O(state=recreated) replaces the VM if it differs from O(service_offering), O(template) or O(version).",
        "With O(force=true) it does so in every run.",
        "What a new VM gets is decided by settings, V(consoleproxy.service.offering) for example: set them first.",
        "A new VM of another offering is changed in place, with a warning; one of another template fails the task.",
        "To refresh all system VMs of a cloud one after the other, use M(cloudstack.ops.system_vm_refresh).",
    ),
    commands=Commands(list="listSystemVms", filters={"name": "name", "system_vm_type": "systemvmtype"}),
    identity=("name", "system_vm_type"),
    scope=("zone",),
    states=(
        State("started", {"power": "Running"}, "Running, with its agent connected."),
        State("stopped", {"power": "Stopped"}, "Stopped. The server may start another one when it is needed."),
        State("restarted", {"restart": True}, "Rebooted in every run. A stopped one is started."),
        State("recreated", {}, "Replaced by a new one where it is not as it should be."),
    ),
    updates=(
        Update("scaleSystemVm", options=("service_offering",), run=scale),
        Update("startSystemVm", options=("power",), run=power),
        Update("rebootSystemVm", options=("restart",), run=restart),
        Update("migrateSystemVm", options=("host",), run=migrate),
    ),
    options=(
        Option(
            "name",
            help="Name of the system VM, V(v-2-VM) for example. It changes when the VM is recreated.",
            on_create=False,
        ),
        replace(ZONE, help="Zone of the system VM.", on_create=False),
        Option(
            "system_vm_type",
            help="Kind of system VM. With O(zone) it stands for the only one of that kind there.",
            api="systemvmtype",
            on_create=False,
            choices=_TYPES,
        ),
        Option(
            "service_offering",
            "ref",
            help=(
                "System offering.",
                "The VM is stopped and started for it; with O(state=recreated) it is replaced by a new one instead.",
            ),
            api="serviceofferingid",
            on_create=False,
            refers_to="system_offering",
            name_field="serviceofferingname",
            updatable=True,
        ),
        Option(
            "template",
            "ref",
            help="Template it is made from. Another one needs O(state=recreated).",
            api="templateid",
            on_create=False,
            refers_to="system_vm_template",
            name_field="templatename",
        ),
        Option("version", help="Version of the software in it. Another one needs O(state=recreated).", on_create=False),
        Option(
            "host",
            "ref",
            help="Host it runs on. A running VM is moved there.",
            api="hostid",
            on_create=False,
            refers_to="host",
            name_field="hostname",
            by_name=True,
            updatable=True,
        ),
        Option(
            "force",
            "bool",
            help="Stop or reboot without waiting for the guest; recreate in every run and whatever is going on.",
            behaviour=True,
            default=False,
        ),
        Option(
            "wait_for_agent",
            "bool",
            help="Wait until the agent in the VM is connected, which is when it serves.",
            behaviour=True,
            default=True,
        ),
        _hidden("power", "str", "Whether it runs.", field="state", updatable=True),
        _hidden("restart", "bool", "Reboot it.", field="", decode=lambda _row: False, updatable=True),
        _hidden("recreate", "bool", "Replace it.", field="", decode=lambda _row: False),
    ),
    returns={"state": "state"},
    settle_timeout=1800,
    rows=_rows,
    check_wish=_check_wish,
    create=create,
    retire=retire,
    awaited=_awaited,
)

RESOURCES = (SYSTEM_VM,)
