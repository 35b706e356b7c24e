# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate of console proxies and secondary storage VMs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..certificates import Bundle, Journal, Upload, read_bundle, uploads
from ..certificates.fleet import UNKNOWN, Fleet, Sight, done, kinds_of
from ..certificates.options import PLACES, SETTINGS, WISH
from ..certificates.probe import INCOMPLETE, WANTED
from ..certificates.upload import COMMAND
from ..client import ApiError, InvalidInput
from ..model import Operation, Option

_FIELDS = {"public": "publicip", "private": "privateip"}


def _run(task: Any) -> dict[str, Any]:
    bundle = read_bundle(
        certificate=task.option("certificate"),
        private_key=task.option("private_key"),
        passphrase=task.option("private_key_passphrase"),
        chain=task.option("chain") or (),
        domain=task.option("domain"),
        load_balanced=bool(task.option("load_balanced")),
        now=task.clock.now(),
        valid_days=int(task.option("valid_days") or 0),
    )
    fleet = None if task.option("probe") == "none" else _fleet(task, bundle)
    _warn_of_settings(task, bundle)
    return _without_probe(task, bundle) if fleet is None else _with_probe(task, bundle, fleet)


def _fleet(task: Any, bundle: Bundle) -> Fleet:
    return Fleet(
        task.client,
        bundle,
        field=_FIELDS[task.option("probe")],
        addresses=task.option("probe_addresses") or {},
        port=int(task.option("probe_port") or 443),
        load_balanced=bool(task.option("load_balanced")),
    )


def _warn_of_settings(task: Any, bundle: Bundle) -> None:
    domain = bundle.domain if task.option("load_balanced") else f"*.{bundle.domain}"
    for name, form in SETTINGS.items():
        wanted = form.format(domain=domain)
        for setting in task.client.list("listConfigurations", {"name": name}):
            if setting["name"] == name and str(setting.get("value")) != wanted:
                task.warn(
                    f"the setting {name} is {setting.get('value')!r}; the certificate is used only with {wanted!r} "
                    "(a zone may have a value of its own)"
                )


def _without_probe(task: Any, bundle: Bundle) -> dict[str, Any]:
    if not task.option("force"):
        task.warn("nothing was looked at and nothing was uploaded: with probe=none only force=true uploads")
        return _result(bundle, [], [], changed=False, verified=False)
    planned = uploads(bundle)
    if not task.check:
        _upload(task, planned)
    return _result(bundle, [], [call.label for call in planned], changed=True, verified=False)


def _with_probe(task: Any, bundle: Bundle, fleet: Fleet) -> dict[str, Any]:
    sights = fleet.look()
    force = bool(task.option("force"))
    if not force:
        _refuse_unknown(sights)
    journal = Journal(task.client, bundle)
    is_served = all(sight.state == WANTED for sight in sights) and not force
    calls = _needed(bundle, sights, force=force)
    planned = calls if force else journal.left(calls)
    labels = [call.label for call in planned]
    changed = bool(planned or journal.is_open or (task.option("recreate") and not is_served))
    if task.check or (is_served and not changed):
        return _result(bundle, sights, labels, changed=changed, verified=is_served)
    if planned:
        _begin(task, journal, calls, planned)
    _upload(task, planned)
    kinds, timeout = kinds_of(sights), float(task.option("timeout") or 0)
    after = fleet.wait(task, kinds, timeout)
    if not done(after, kinds) and task.option("recreate"):
        after = _recreate(task, fleet, after, kinds, timeout)
    journal.end(partial(_send, task))
    result = _result(bundle, after, labels, changed=changed, verified=done(after, kinds))
    if not result["verified"]:
        error = _undone(after, recreated=bool(task.option("recreate")))
        result.update(failed=True, msg=str(error), failure=error.as_dict())
    return result


def _refuse_unknown(sights: list[Sight]) -> None:
    if not sights:
        raise InvalidInput(
            "no system VM is running, so nobody can tell which certificate is served",
            option="probe",
            remedy="wait for the zone's system VMs, or upload without looking (force=true)",
        )
    unknown = [sight for sight in sights if sight.state == UNKNOWN]
    if unknown:
        raise InvalidInput(
            f"it is unknown which certificate {', '.join(map(str, unknown))} serve"
            + ("s" if len(unknown) == 1 else ""),
            option="probe",
            remedy="open the way to them, give probe_addresses or another probe; "
            "force=true uploads all the same, for the first certificate of a cloud",
        )


def _needed(bundle: Bundle, sights: list[Sight], *, force: bool) -> list[Upload]:
    """Nothing where a system VM serves the certificate: then the server has it, and the others have to be made anew.

    The chain is spared where all serve it already, for every upload resets the console proxies.
    """
    if not force and any(sight.state == WANTED for sight in sights):
        return []
    served = [sight.served.has_chain(bundle) for sight in sights if sight.served]
    chain_is_there = bool(served) and len(served) == len(sights) and all(found is True for found in served)
    return uploads(bundle, with_chain=force or not chain_is_there)


def _begin(task: Any, journal: Journal, calls: list[Upload], planned: list[Upload]) -> None:
    if problem := journal.begin(calls, planned, partial(_send, task)):
        task.warn(problem)


def _send(task: Any, command: str, params: Mapping[str, Any], obj: str) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = task.client.run(command, dict(params), obj=obj)
    return answer


def _upload(task: Any, planned: list[Any]) -> None:
    """One close behind the other, so that the resets of the console proxies fall together."""
    for call in planned:
        task.tell(f"uploading {call.label}")
        task.client.run(COMMAND, call.params, obj=call.label)


def _recreate(
    task: Any, fleet: Fleet, sights: list[Sight], kinds: list[tuple[str, str]], timeout: float
) -> list[Sight]:
    """Destroys those that stayed behind; the server makes new ones, which get the new certificate."""
    for sight in sights:
        if sight.state != WANTED:
            task.tell(f"destroying {sight.row.get('name')}, which still serves another certificate")
            task.client.run("destroySystemVm", {"id": sight.row["id"]}, obj=str(sight.row.get("name")))
    return fleet.wait(task, kinds, timeout)


def _undone(sights: list[Sight], *, recreated: bool) -> ApiError:
    behind = [sight for sight in sights if sight.state != WANTED]
    remedy = (
        "look at the alerts of the cloud and at the settings of console proxy and secondary storage"
        if recreated
        else "run again with recreate=true, which destroys the system VMs that stayed behind"
    )
    if any(sight.state == INCOMPLETE for sight in behind):
        remedy += "; an older, longer chain may be left in the server's table keystore, where no command deletes"
    return ApiError(
        "the server took the certificate, but not every system VM serves it: "
        + (", ".join(map(str, behind)) or "some have not come back"),
        command=COMMAND,
        remedy=remedy,
    )


def _result(bundle: Bundle, sights: list[Sight], labels: list[str], *, changed: bool, verified: bool) -> dict[str, Any]:
    return {
        "changed": changed,
        "verified": verified,
        "certificate": bundle.facts,
        "uploads": labels,
        "system_vms": [sight.facts for sight in sights],
    }


SYSTEM_VM_CERTIFICATE = Operation(
    name="system_vm_certificate",
    summary="Bring a certificate to console proxies and secondary storage VMs",
    description=(
        (
            "Looks at the certificate that each running system VM serves. Where it is another one than wanted, "
            "uploads the chain, the certificate and its key, and waits until every system VM serves them."
        ),
        "Key, chain, dates and names are checked before anything is sent, because the server hardly checks them.",
    ),
    notes=(
        "There is one certificate for the whole cloud.",
        "Every upload resets the console proxies, and that of the key reboots all secondary storage VMs.",
        "Consoles are cut and downloads fail meanwhile.",
        "Only RSA keys work. A key in another form is converted in memory and is never written to a file.",
        (
            "The settings V(consoleproxy.sslEnabled), V(consoleproxy.url.domain), V(secstorage.encrypt.copy) and "
            "V(secstorage.ssl.cert.domain) decide whether the certificate is used; the task warns of other values."
        ),
        "The server has no command that reads or deletes what was uploaded.",
        "Until all system VMs serve the certificate, a remark at a zone that admins see names it.",
        "By that, and by the server's events, a run after one that was cut off knows what was uploaded already.",
    ),
    options=(
        *WISH,
        Option(
            "probe",
            help=(
                "Addresses of the system VMs at which the certificate is looked at, from where the task runs.",
                "A system VM that doesn't answer fails the task, because nothing is known about it then.",
                "With V(none) nothing is looked at, and only O(force=true) uploads.",
            ),
            choices=("public", "private", "none"),
            default="public",
            behaviour=True,
        ),
        *PLACES,
        Option(
            "force",
            "bool",
            help="Upload everything, whatever is served. For the first certificate of a cloud.",
            default=False,
            behaviour=True,
        ),
        Option(
            "recreate",
            "bool",
            help="Destroy system VMs that still serve another certificate after O(timeout), so that new ones are made.",
            default=False,
            behaviour=True,
        ),
        Option(
            "timeout",
            "int",
            help="How long to wait until every system VM serves the certificate; once more after recreating.",
            unit="s",
            default=900,
            behaviour=True,
        ),
    ),
    run=_run,
    returns={
        "verified": ("bool", "Whether every system VM was seen to serve the certificate."),
        "certificate": ("dict", "Fingerprint (SHA-256), subject, names, end and chain of the certificate given."),
        "uploads": ("list", "What was uploaded, in this order; in check mode what would be."),
        "system_vms": ("list", "What each system VM serves: name, type, zone, address, state, fingerprint, end."),
    },
)

OPERATIONS = (SYSTEM_VM_CERTIFICATE,)
