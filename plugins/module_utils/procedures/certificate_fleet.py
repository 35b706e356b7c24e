# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System VMs as those who serve a certificate: what each serves, what it should, and what tells why it does not."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ..campaign import Target
from ..certificates import Bundle, look_up_names, read_bundle
from ..certificates.fleet import UNKNOWN, Fleet, Sight
from ..certificates.probe import INCOMPLETE, WANTED
from ..client import ApiError, InvalidInput
from ..model import Row
from . import consoles
from .appliances import CONSOLE_PROXY, STORAGE_VM, of_kind, row_of
from .facts import moment
from .outside import AUTO, NEVER, REQUIRED

FIELDS = {"public": "publicip", "private": "privateip"}
GRACE = 240.0
"""Seconds in which a system VM that runs with its agent must serve what it was given."""
STALE = (
    "an issuer of an earlier certificate may be left in the server's table keystore under another alias: no command "
    "deletes it, and system VMs are given it too; delete such rows in the database, after a dump, and run again"
)
"""Why the right certificate may come with a wrong chain, or not at all [procedures E2]."""


def bundle_of(run: Any) -> Bundle:
    """The certificate wanted, checked before anything else is asked."""
    return read_bundle(
        certificate=run.option("certificate"),
        private_key=run.option("private_key"),
        passphrase=run.option("private_key_passphrase"),
        chain=run.option("chain") or (),
        domain=run.option("domain"),
        load_balanced=bool(run.option("load_balanced")),
        now=run.clock.now(),
        valid_days=int(run.option("valid_days") or 0),
    )


def fleet_of(run: Any, bundle: Bundle) -> Fleet:
    return Fleet(
        run.client,
        bundle,
        field=FIELDS[run.option("probe")],
        addresses=run.option("probe_addresses") or {},
        port=int(run.option("probe_port") or 443),
        load_balanced=bool(run.option("load_balanced")),
    )


def first_sights(run: Any, rows: Sequence[Row]) -> dict[str, Sight]:
    """What all serve, by id. Storage VMs that an upload of a run that was cut off reboots are awaited for a while."""
    fleet, clock = run.memory["fleet"], run.clock
    until = clock.monotonic() + (0.0 if run.task.check else float(run.option("settle") or 0))
    while True:
        sights = run.client.parallel([lambda row=row: fleet.sight(row) for row in rows])
        coming = [str(sight) for sight in sights if sight.state == UNKNOWN and sight.row["systemvmtype"] == STORAGE_VM]
        if not coming or clock.monotonic() >= until:
            return {sight.row["id"]: sight for sight in sights}
        run.task.tell(f"waiting for {', '.join(coming)}")
        clock.sleep(5.0)


def why(run: Any, sight: Sight) -> str:
    """Why a system VM is not at the goal; an empty text where it serves what is wanted, or what will do."""
    if sight.state == WANTED or lasts(run, sight):
        return ""
    if sight.state == INCOMPLETE:
        return "serves the certificate without its whole chain"
    if sight.state == UNKNOWN:
        return "speaks no TLS yet" if is_silent(sight) else f"unknown: {sight.detail}"
    facts = sight.served.facts if sight.served else {}
    if not facts.get("not_after"):
        return str(facts.get("detail", "serves another certificate"))
    return f"serves another certificate, of {facts['subject']}, that ends at {facts['not_after']}"


def is_silent(sight: Sight) -> bool:
    """A console proxy listens for TLS only once it has a certificate; a secondary storage VM always does."""
    return sight.refused and sight.row.get("systemvmtype") == CONSOLE_PROXY


def lasts(run: Any, sight: Sight) -> bool:
    """Whether another certificate is served that is for the domain and good for longer than ``renew_days``."""
    days = run.option("renew_days")
    if days is None or sight.served is None:
        return False
    certificate = sight.served.certificate
    if certificate is None or certificate.issuer == certificate.subject:
        return False
    needed = look_up_names(run.memory["bundle"].domain, load_balanced=bool(run.option("load_balanced")))
    names = sight.served.facts.get("names") or []
    left = certificate.not_valid_after_utc - run.clock.now()
    return bool(set(needed) & set(names)) and left >= timedelta(days=int(days))


def refuse_unknown(sights: Sequence[Sight]) -> None:
    """Nothing is done blindly: who runs and cannot be looked at cannot be proved later either."""
    unknown = [
        sight
        for sight in sights
        if sight.state == UNKNOWN and sight.row.get("state") == "Running" and not is_silent(sight)
    ]
    if unknown:
        raise InvalidInput(
            f"it is unknown which certificate {', '.join(map(str, unknown))} "
            + ("serves" if len(unknown) == 1 else "serve"),
            option="probe",
            remedy="open the way to the system VMs from where the task runs, or give probe_addresses or another probe",
        )


def refuse_open_consoles(run: Any, sights: Sequence[Sight]) -> None:
    """An upload resets the console proxies of all zones."""
    viewers = {
        str(sight.row["name"]): int(sight.row.get("activeviewersessions") or 0)
        for sight in sights
        if sight.row.get("systemvmtype") == CONSOLE_PROXY
    }
    busy = [f"{name} has {number}" for name, number in viewers.items() if number]
    if busy and not run.option("cut_consoles"):
        raise InvalidInput(
            f"consoles are open: {', '.join(busy)}",
            option="cut_consoles",
            remedy="wait until they are closed, or cut them with cut_consoles=true",
        )


def refuse_wrong_names(run: Any, sights: Sequence[Sight]) -> None:
    """Names that browsers will ask for must lead to the system VMs."""
    domain = run.memory["bundle"].domain
    for sight in sights:
        address = str(sight.row.get("publicip") or "")
        if not address:
            continue
        name = domain if run.option("load_balanced") else f"{address.replace('.', '-')}.{domain}"
        found = _resolved(name)
        wrong = not found if run.option("load_balanced") else address not in found
        if wrong:
            raise InvalidInput(
                f"{name} leads to {', '.join(sorted(found)) or 'nothing'}",
                option="check_dns",
                remedy="bring the records of dns_records (see check mode) to the name server first",
            )


def _resolved(name: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    except OSError:
        return set()


def time_left(run: Any, row: Row | None, settle: float) -> float:
    """Seconds for which a system VM that was just made is given time: a run that was cut off may have replaced it."""
    made = moment((row or {}).get("created"))
    if made is None:
        return 0.0
    return max(0.0, min(settle, settle - (run.clock.now() - made).total_seconds()))


def no_job(run: Any, target: Target) -> bool | str:
    """True where no job works on a system VM; else what it waits for."""
    jobs = run.client.list("listAsyncJobs", {"listall": True})
    names = {str(job.get("cmd", "")).rpartition(".")[2] for job in jobs if job.get("jobinstanceid") == target.id}
    return f"{', '.join(sorted(names))} to end" if names else True


def no_viewers(run: Any, target: Target) -> bool | str:
    """True where nobody looks at a console through it; else what it waits for."""
    row = row_of(run, target) or {}
    number = int(row.get("activeviewersessions") or 0)
    return f"{number} open consoles to be closed" if number else True


def serving(run: Any, target: Target) -> None:
    """Waits until all running system VMs of the target's kind and zone serve what is wanted."""
    begun = run.clock.monotonic()

    def look() -> bool | str:
        rows = [row for row in of_kind(run, target) if row.get("state") in ("Running", "Starting")]
        sights = run.client.parallel([lambda row=row: run.memory["fleet"].sight(row) for row in rows])
        behind = {str(sight.row["name"]): text for sight in sights if (text := why(run, sight))}
        if not behind:
            return True if sights else "a system VM to run"
        told = "; ".join(f"{name} {text}" for name, text in behind.items())
        if run.clock.monotonic() - begun < GRACE:
            return told
        raise ApiError(
            f"the server took the certificate, but {told}",
            obj=target.title,
            remedy="look at the settings of consoles and secondary storage, and at the server's log; " + STALE,
        )

    run.wait_for(target, "the certificate to be served", look)


def prove_console(run: Any, target: Target) -> None:
    """Waits until a console of the zone opens where the certificate is served.

    Where a load balancer is in front, nobody knows whether it is reached from here: as before is enough then.
    """
    wish = run.option("open_consoles")
    if wish == NEVER or (wish == AUTO and run.option("load_balanced")):
        return
    socket = wish == REQUIRED or consoles.reached_before(run, target)

    def look() -> bool | str:
        rows = [row for row in of_kind(run, target) if row.get("publicip")]
        seen = {f"{row['publicip']}:443": ":".join(map(str, run.memory["fleet"].place(row))) for row in rows}
        return consoles.must_open(run, target, run.memory["places"].with_more(seen), socket=socket)

    run.wait_for(target, "a console", look, GRACE)
