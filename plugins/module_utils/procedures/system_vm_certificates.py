# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roll-out of a certificate to the console proxies and secondary storage VMs of all zones (E2, E3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..campaign import ACT, CHECK, VERIFY, Procedure, Stage, Standing, Target, if_allowed, when
from ..certificates import Journal, system_vm_records, zone_file
from ..certificates.options import PLACES, SETTINGS, WISH
from ..certificates.upload import COMMAND
from ..client import CloudStackError, InvalidInput
from ..model import Option
from . import appliances, consoles
from .certificate_fleet import (
    bundle_of,
    first_sights,
    fleet_of,
    no_job,
    no_viewers,
    prove_console,
    refuse_open_consoles,
    refuse_unknown,
    refuse_wrong_names,
    serving,
    time_left,
    why,
)
from .certificate_uploads import has_remark, is_left_over, missing, send, sends_any
from .default_settings import Wish, changes_of, own_value, restart_needed

KINDS = (appliances.CONSOLE_PROXY, appliances.STORAGE_VM)
BACK_END_PORTS = {appliances.CONSOLE_PROXY: (443, 8080), appliances.STORAGE_VM: (443,)}
"""Ports of a load balancer's back ends [procedures E3]."""
PLACES_AND_CONSOLES = tuple(
    replace(one, help=(str(one.help), "For pages and WebSockets of consoles: V(host:port) by V(address:port)."))
    if one.name == "probe_addresses" else one
    for one in PLACES
)  # fmt: skip
RESTART = "the management servers have to be restarted, because they read {names} at their start only"


def _targets(run: Any) -> Sequence[Target]:
    bundle = run.memory["bundle"] = bundle_of(run)
    run.memory["fleet"] = fleet_of(run, bundle)
    run.memory["journal"] = Journal(run.client, bundle)
    run.memory["uploaded_at"] = None
    targets = appliances.targets(run, KINDS)
    rows = [target.facts["row"] for target in targets if target.facts["row"] is not None]
    sights = run.memory["sights"] = first_sights(run, [row for row in rows if row.get("state") == "Running"])
    run.memory["wishes"] = _wishes(run)
    run.notes.update(
        certificate=bundle.facts,
        dns_records=zone_file(system_vm_records(run.client, bundle.domain)),
        restart_needed=False,
        uploads=[],
        **_seen(rows, [sight.facts for sight in sights.values()]),
    )
    return targets


def _seen(rows: Sequence[Mapping[str, Any]], facts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What each serves, and the addresses that a load balancer needs."""
    back_ends = [
        {"zone": row.get("zonename"), "type": row["systemvmtype"], "name": row["name"], "address": row["publicip"],
         "ports": list(BACK_END_PORTS[row["systemvmtype"]])}
        for row in rows
        if row.get("publicip")
    ]  # fmt: skip
    return {"system_vms": list(facts), "back_ends": back_ends}


def _wishes(run: Any) -> list[Wish]:
    """The settings without which a certificate is stored and not used; those of zones only where they differ."""
    domain = run.memory["bundle"].domain
    full = domain if run.option("load_balanced") else f"*.{domain}"
    values = {name: form.format(domain=full) for name, form in SETTINGS.items()}
    wishes = [Wish(name, value) for name, value in values.items()]
    for zone in run.client.list("listZones"):
        for name in ("consoleproxy.sslEnabled", "consoleproxy.url.domain"):
            own = own_value(run, name, {"zoneid": zone["id"]})
            if own and own != values[name]:
                wishes.append(Wish(name, values[name], {"zoneid": zone["id"]}, f"in zone {zone['name']}"))
    return wishes


def _standing(run: Any, target: Target) -> Standing:
    row = appliances.row_of(run, target)
    return appliances.judged(row, lambda found: why(run, run.memory["fleet"].sight(found)))


def _standings(run: Any, targets: Sequence[Target]) -> Sequence[Standing]:
    """From the first look: those who run were all asked."""
    sights = run.memory["sights"]
    return [
        appliances.judged(
            target.facts["row"], lambda row: why(run, sights[row["id"]]) if row["id"] in sights else "does not run"
        )
        for target in targets
    ]


def _preflight(run: Any, due: Sequence[Target]) -> None:
    sights = list(run.memory["sights"].values())
    if not sights and not due:
        raise InvalidInput(
            "no system VM is running and none is to come, so nobody could serve the certificate",
            option="domain",
            remedy="enable a zone with hosts and a system VM template first",
        )
    behind = [sight for sight in sights if why(run, sight)]
    refuse_unknown(behind)
    if behind:
        refuse_open_consoles(run, sights)
        ids = {sight.row["id"] for sight in behind}
        appliances.check_successors(run, due, lambda row: "behind" if row["id"] in ids else "", "certificate")
    if run.option("check_dns"):
        refuse_wrong_names(run, sights)
    run.memory["changes"] = [step for wish in run.memory["wishes"] if (step := wish.step(run))]
    if not run.memory["changes"]:
        _stop_for(run, _unread(run))


def _stop_for(run: Any, names: Sequence[str]) -> None:
    """No step before the management servers have read their settings."""
    if names:
        text = RESTART.format(names=", ".join(names)) + "; restart them one after the other, then run again"
        run.task.warn(text)
        run.stop(text)
        run.notes["restart_needed"] = True


def _unread(run: Any) -> list[str]:
    """Settings that were changed and that not all management servers have read since."""
    return sorted(
        {wish.name for wish in run.memory["wishes"] if changes_of(run, wish.name) and restart_needed(run, wish)}
    )


def _prepare_plan(run: Any, due: Sequence[Target]) -> Sequence[str]:
    if run.memory["changes"]:
        names = sorted({wish.name for wish in run.memory["wishes"] if wish.step(run) and not _is_dynamic(run, wish)})
        stop = [f"stop: {RESTART.format(names=', '.join(names))}"] if names else []
    elif run.stopped:
        return []
    else:
        stop = []
    left_over = ["remove the remark about an upload that has ended"] if is_left_over(run, due) else []
    return [*run.memory["changes"], *stop, *(f"upload {call.label}" for call in missing(run, due)), *left_over]


def _is_dynamic(run: Any, wish: Wish) -> bool:
    return wish.row(run).get("isdynamic") is True


def _prepare(run: Any, due: Sequence[Target]) -> Mapping[str, Any]:
    for wish in run.memory["wishes"]:
        if wish.step(run):
            wish.apply(run)
    _stop_for(run, _unread(run))
    if run.stopped:
        return {}
    return {"uploads": send(run, due)}


def _act(run: Any, target: Target) -> None:
    """Replaces it, unless it takes the certificate by itself soon after the upload, or soon after it was made."""
    uploaded, settle = run.memory["uploaded_at"], float(run.option("settle") or 0)
    until = max(
        uploaded + settle if uploaded is not None else 0.0,
        run.clock.monotonic() + time_left(run, target.facts["row"], settle),
    )
    while run.clock.monotonic() < until:
        row = appliances.row_of(run, target)
        if row is None or not why(run, run.memory["fleet"].sight(row)):
            return
        run.clock.sleep(2.0)
    # A run that was cut off may have ordered it already.
    run.wait_for(target, "jobs about it to end", lambda: no_job(run, target))
    row = appliances.row_of(run, target)
    if row is None or row.get("state") != "Running" or not why(run, run.memory["fleet"].sight(row)):
        return
    if target.kind == appliances.CONSOLE_PROXY and not run.option("cut_consoles"):
        run.wait_for(target, "its consoles to be closed", lambda: no_viewers(run, target))
    appliances.replace(run, target)


def _verify(run: Any, target: Target) -> None:
    """The certificate first: while it is not served, no console opens either, and that would hide why."""
    appliances.prove_running(run, target, lambda _row: "")
    try:
        serving(run, target)
    except CloudStackError:
        run.memory["journal"].end(run.change)  # whatever was uploaded, it is not served: the next run sends it anew
        raise
    appliances.prove_serving(run, target)
    if target.kind == appliances.CONSOLE_PROXY:
        prove_console(run, target)


def _finish(run: Any, _due: Sequence[Target]) -> None:
    run.memory["journal"].end(run.change)
    rows = [row for row in run.client.list("listSystemVms") if row.get("state") == "Running"]
    run.notes.update(_seen(rows, [run.memory["fleet"].sight(row).facts for row in rows]))


SYSTEM_VM_CERTIFICATE_ROLLOUT = Procedure(
    name="system_vm_certificate_rollout",
    noun="system VM",
    summary="Roll out a certificate to all console proxies and secondary storage VMs",
    description=(
        "Sets what makes the cloud use the certificate, and uploads it once.",
        "Then replaces the system VMs that do not serve it, one after the other, until a TLS handshake shows it.",
        "The records that the name server needs for the consoles are in RV(dns_records), in check mode too.",
    ),
    notes=(
        "There is one certificate for the whole cloud.",
        "Uploads reset the console proxies and reboot the secondary storage VMs of all zones.",
        "Management servers read some of the settings at their start only. Where these were changed, the task fails.",
        "It has RV(restart_needed) then: restart the servers one after the other and run it again.",
        "No command reads or deletes what was uploaded.",
        "Until all system VMs serve the certificate, a remark at a zone that admins see names it.",
        "By that, and by the server's events, a run after one that was cut off knows what was uploaded already.",
    ),
    options=(
        *WISH,
        *PLACES_AND_CONSOLES,
        consoles.OPEN_CONSOLES,
        Option(
            "renew_days", "int", unit="days", behaviour=True,
            help="Leave system VMs in peace that serve another certificate for the domain, not a self-signed one, that "
            "is good for at least so long. If not given, they have to serve exactly the one given.",
        ),
        Option(
            "probe", choices=("public", "private"), default="public", behaviour=True,
            help="Addresses of the system VMs at which the certificate is looked at, from where the task runs.",
        ),
        Option(
            "settle", "int", default=60, unit="seconds", behaviour=True,
            help="How long system VMs may take to serve the certificate by themselves, after the upload and after they "
            "were made, before they are replaced.",
        ),
        Option(
            "cut_consoles", "bool", default=False, behaviour=True,
            help="Go on while consoles are open, which cuts them.",
        ),
        Option(
            "check_dns", "bool", default=False, behaviour=True,
            help="Refuse where the name of a system VM does not lead to its address from where the task runs.",
        ),
        Option(
            "servers_restarted", "bool", default=False, behaviour=True,
            help="All management servers were restarted since the settings were changed. Needed only where the server "
            "can't tell; where it can, a wrong word is refused.",
        ),
    ),
    sequence=(
        Stage(CHECK, "Check key, chain, dates and names of the certificate", each=False),
        Stage(CHECK, "Look at what each system VM serves, at open consoles and at image jobs", each=False),
        Stage(ACT, "Set domain and encryption; stop there if management servers must restart", each=False),
        Stage(ACT, "Upload chain, certificate and key, unless a system VM serves them already", each=False),
        Stage(ACT, "Replace it, if it does not serve the certificate by itself"),
        Stage(VERIFY, "Wait until a new one runs, its agent is up, and consoles or templates work"),
        Stage(VERIFY, "Make a TLS handshake with each until it serves the certificate and its chain"),
        Stage(VERIFY, "Open the page of a console and its WebSocket, as a browser does it"),
    ),
    returns={
        "certificate": ("dict", "Fingerprint (SHA-256), subject, names, end and chain of the certificate given."),
        "dns_records": ("str", "Zone-file text: a name for each public address that a system VM can get."),
        "back_ends": ("list", "Zone, type, name, address and ports of each system VM, for a load balancer."),
        "system_vms": ("list", "What each system VM serves: name, type, zone, address, state, fingerprint, end."),
        "uploads": ("list", "What was uploaded, in this order."),
        "restart_needed": ("bool", "Whether the management servers must be restarted before it goes on."),
    },
    targets=_targets,
    standing=_standing,
    standings=_standings,
    preflight=_preflight,
    prepare_plan=_prepare_plan,
    prepare=_prepare,
    sends=(
        *when(lambda run, _due: bool(run.memory["changes"]), "updateConfiguration"),
        *when(sends_any, COMMAND),
        *when(has_remark, "removeAnnotation"),
        *if_allowed("addAnnotation"),
        *when(lambda _run, due: bool(due), "destroySystemVm"),
    ),
    commands=(COMMAND, "destroySystemVm"),
    act=_act,
    verify=_verify,
    finish=_finish,
)  # fmt: skip
