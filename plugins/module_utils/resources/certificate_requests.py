# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes before the roll-out of a certificate: key, signing request, and the records of the name server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..certificates import HAS_CRYPTOGRAPHY, plain_domain, system_vm_records, zone_file
from ..certificates.files import key_in, key_text, new_key, request_fits, request_of, self_signed, why_due, write
from ..client import CloudStackError
from ..model import Operation, Option


def _request(task: Any) -> dict[str, Any]:
    if not HAS_CRYPTOGRAPHY:
        raise CloudStackError(
            "keys can't be made without the Python library cryptography",
            remedy="install cryptography where the task runs",
        )
    domain = plain_domain(task.option("domain"))
    names = [domain] if task.option("load_balanced") else [f"*.{domain}", domain]
    paths = {name: Path(task.option(f"{name}_path")).expanduser() for name in ("private_key", "request", "certificate")}
    now, passphrase = task.clock.now(), task.option("private_key_passphrase")
    changed = []
    key = key_in(paths["private_key"], passphrase)
    if key is None:
        changed.append("private_key")
        key = new_key(2048 if task.check else int(task.option("key_size")))
        if not task.check:
            write(paths["private_key"], key_text(key, passphrase), "private_key_path", private=True)
    if not request_fits(paths["request"], key, names):
        changed.append("request")
        if not task.check:
            write(paths["request"], request_of(key, names), "request_path")
    due = why_due(paths["certificate"], key, names, now, int(task.option("renew_days")))
    if due and task.option("self_signed"):
        changed.append("certificate")
        if not task.check:
            write(paths["certificate"], self_signed(key, names, now, int(task.option("days"))), "certificate_path")
    return {"changed": bool(changed), "written": changed, "due": bool(due), "reason": due, "names": names}


def _records(task: Any) -> dict[str, Any]:
    zone = task.option("zone")
    place = str(task.view.find("zone", zone, {})["id"]) if zone else None
    records = system_vm_records(task.client, plain_domain(task.option("domain")), place)
    return {
        "changed": False,
        "records": [{"name": name, "type": "A", "value": address} for name, address in records],
        "zone_file": zone_file(records),
    }


_DOMAIN = Option("domain", required=True, behaviour=True, help="Domain of the consoles, with or without V(*.).")

CERTIFICATE_REQUEST = Operation(
    name="certificate_request",
    summary="Make key, signing request or a self-signed certificate for the consoles",
    description=(
        "Keeps a key, and a signing request of it for the names that consoles need, as files where the task runs.",
        "Says whether a new certificate is needed, and signs it itself where that is wished.",
    ),
    notes=(
        "Nothing is asked of the cloud.",
        "The key is RSA, the only kind that the server reads. Only its owner can read the file.",
        "A certificate of an authority is yours to fetch; write it to O(certificate_path) and run again.",
    ),
    options=(
        _DOMAIN,
        Option(
            "load_balanced", "bool", default=False, behaviour=True,
            help="Consoles are reached under the domain itself, through a load balancer.",
        ),
        Option("private_key_path", required=True, behaviour=True, help="File of the key; made if there is none."),
        Option(
            "private_key_passphrase", secret=True, behaviour=True,
            help="Passphrase of the key, if it has or is to have one.",
        ),
        Option("request_path", required=True, behaviour=True, help="File of the signing request."),
        Option("certificate_path", required=True, behaviour=True, help="File of the certificate."),
        Option(
            "key_size", "int", default=3072, choices=(2048, 3072, 4096), unit="bits", behaviour=True,
            help="Size of a new key.",
        ),
        Option("self_signed", "bool", default=False, behaviour=True, help="Sign the certificate with its own key."),
        Option("days", "int", default=365, unit="days", behaviour=True, help="How long a self-signed one is good."),
        Option(
            "renew_days", "int", default=30, unit="days", behaviour=True,
            help="A new certificate is needed when fewer days are left.",
        ),
    ),
    run=_request,
    returns={
        "written": ("list", "Which of private_key, request and certificate were written; in check mode would be."),
        "due": ("bool", "Whether the file had no certificate that will do. With O(self_signed) it has one now."),
        "reason": ("str", "Why a new certificate was or is needed."),
        "names": ("list", "Names that the certificate is for."),
    },
)  # fmt: skip

SYSTEM_VM_DNS_RECORDS = Operation(
    name="system_vm_dns_records",
    summary="Read the DNS records that console proxies and secondary storage VMs need",
    description=(
        "A name for each public address that a system VM can get, C(203-0-113-7.consoles.example.com) for example.",
        "Where a zone has address ranges for system VMs only, just those.",
    ),
    options=(
        _DOMAIN,
        Option("zone", "ref", refers_to="zone", behaviour=True, help="Only the addresses of this zone."),
    ),
    run=_records,
    reads_only=True,
    returns={
        "records": ("list", "Name, type and value of each record."),
        "zone_file": ("str", "The same as text for a zone file."),
    },
)

OPERATIONS = (CERTIFICATE_REQUEST, SYSTEM_VM_DNS_RECORDS)
