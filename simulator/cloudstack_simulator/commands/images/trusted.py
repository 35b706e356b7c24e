"""Certificates for hosts that download images themselves."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter, ParameterError, ServerApiError
from ...listing import page
from ...model.images import DirectDownloadCertificate
from ...registry import command

BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
UPLOADED, REVOKED, SKIPPED = "UPLOADED", "REVOKED", "SKIPPED"
JAVA_DATE = "%a %b %d %H:%M:%S UTC %Y"


@contextmanager
def _as_internal_error(before: str = "") -> Generator[None]:
    """These commands answer whatever goes wrong as an error of the server's own."""
    try:
        yield
    except ApiError as error:
        raise ServerApiError(530, f"{before}{error.text}") from None


@command("uploadTemplateDirectDownloadCertificate")
def upload(call: Call) -> dict[str, Any]:
    if call.params.hypervisor.lower() != "kvm":
        raise ParameterError("Currently supporting KVM hosts only")
    with _as_internal_error():
        certificate, results = _upload(call)
    return {"uploadtemplatedirectdownloadcertificate": _view(call, certificate) | {"hostsmap": results}}


def _upload(call: Call) -> tuple[DirectDownloadCertificate, list[dict[str, Any]]]:
    """To one host only what its zone has already; else to all hosts of the zone."""
    p, table = call.params, call.db.direct_download_certificates
    if p.name.lower() == "cloud" or p.name.startswith("cloudca"):
        raise CloudRuntime("Please provide a different alias name for the certificate")
    known = table.first(alias=p.name, zone_id=p.zoneid.id)
    if p.hostid is not None:
        if known is None:
            raise CloudRuntime("Unable to upload certificate")
        return known, [_provision(known, p.hostid)]
    text = _framed(p.certificate)
    _check_validity(call, _parsed(text))
    if known is not None:
        raise CloudRuntime(f"Certificate alias {p.name} has been already created")
    certificate = table.add(DirectDownloadCertificate(alias=p.name, text=text, zone_id=p.zoneid.id))
    hosts = call.db.hosts.where(zone_id=p.zoneid.id, kind="Routing", state="Up", hypervisor="KVM")
    return certificate, [_provision(certificate, host, details="") for host in hosts]


def _framed(text: str) -> str:
    return text if text.startswith(BEGIN) or text.endswith(END) else f"{BEGIN}\n{text}\n{END}"


def _parsed(text: str) -> x509.Certificate:
    body = "".join(re.sub(r"-----[A-Z ]+-----", "", text).split())
    try:
        return x509.load_pem_x509_certificate(f"{BEGIN}\n{body}\n{END}\n".encode())
    except ValueError as error:
        text = "Cannot parse the certificate provided, please provide a PEM certificate. Error: "
        raise CloudRuntime(f"{text}{error}") from None


def _check_validity(call: Call, certificate: x509.Certificate) -> None:
    now = datetime.fromtimestamp(call.now, UTC)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if first <= now <= last:
        return
    what = f"NotBefore: {first:{JAVA_DATE}}" if now < first else f"NotAfter: {last:{JAVA_DATE}}"
    raise CloudRuntime(f"Certificate is invalid. Please provide a valid certificate. Error: {what}")


def _provision(certificate: DirectDownloadCertificate, host: Any, details: str = "OK") -> dict[str, Any]:
    if not host or host.removed is not None:
        raise CloudRuntime(f"Cannot find a host with ID {host.id}")
    if host.hypervisor != "KVM":
        raise CloudRuntime(f"Cannot provision certificate to host {host.name} since it is not KVM")
    certificate.hosts = {**certificate.hosts, host.id: False}
    return _status(host, UPLOADED, details)


def _status(host: Any, status: str, details: str | None = None) -> dict[str, Any]:
    return {"hostid": host.uuid, "hostname": host.name, "status": status, "details": details}


@command("provisionTemplateDirectDownloadCertificate")
def provision(call: Call) -> dict[str, Any]:
    p = call.params
    if not p.id or p.id.removed is not None:
        raise CloudRuntime(f"Could not find certificate with id {p.id.id} to upload to host: {p.hostid.id}")
    return {"directdownloadcertificatehoststatus": _provision(p.id, p.hostid)}


@command("revokeTemplateDirectDownloadCertificate")
def revoke(call: Call) -> dict[str, Any]:
    with _as_internal_error("Failed revoking certificate: "):
        found = _revoke(call, _wanted(call))
    return page(call, "revoketemplatedirectdownloadcertificate", found, lambda status: status)


def _wanted(call: Call) -> DirectDownloadCertificate:
    p = call.params
    if p.id is None and not (p.name and p.hypervisor):
        raise CloudRuntime("Please provide a hypervisor and certificate alias or certificate ID")
    named = call.db.direct_download_certificates.first(alias=p.name, hypervisor=p.hypervisor, zone_id=p.zoneid.id)
    found: DirectDownloadCertificate | None = p.id if p.id is not None else named
    if not found or found.removed is not None:
        which = f"with ID {p.id.id}" if p.id is not None else f"with alias {p.name} and hypervisor {p.hypervisor}"
        raise CloudRuntime(f"Could not find certificate {which}")
    if found.zone_id != p.zoneid.id:
        raise CloudRuntime(
            f"The certificate with alias {found.alias} was uploaded  to the zone with ID={found.zone_id} instead of "
            f"the zone with ID={p.zoneid.id}"
        )
    return found


def _revoke(call: Call, certificate: DirectDownloadCertificate) -> list[dict[str, Any]]:
    found = []
    for number in _holders(call, certificate):
        host = call.db.hosts.get(number)
        if host is None or host.removed is not None:
            continue
        if host.zone_id != certificate.zone_id:
            found.append(_status(host, SKIPPED, f"Host is not in the zone {certificate.zone_id}"))
            continue
        certificate.hosts = {**certificate.hosts, number: True}
        found.append(_status(host, REVOKED))
    return found


def _holders(call: Call, certificate: DirectDownloadCertificate) -> list[int]:
    host = call.params.hostid
    if host is not None and host.id not in certificate.hosts:
        raise CloudRuntime(
            f"Certificate {certificate.alias} cannot be revoked from host {host.id} as it is not available on the host"
        )
    return [number for number, gone in certificate.hosts.items() if not gone and (host is None or number == host.id)]


@command("listTemplateDirectDownloadCertificates")
def list_certificates(call: Call) -> dict[str, Any]:
    """Never paged, and searched by no keyword; an id makes the zone of no matter."""
    p, table = call.params, call.db.direct_download_certificates
    if p.zoneid is not None and (not p.zoneid or p.zoneid.removed is not None):
        raise InvalidParameter(f"Cannot find a zone with ID = {p.zoneid.id}")
    if p.id is not None:
        found = [p.id] if p.id and p.id.removed is None else []
    else:
        found = table.where(zone_id=p.zoneid.id) if p.zoneid is not None else list(table)
    views = [_view(call, one) | (_hosts(call, one) if p.listhosts else {}) for one in found]
    return {"count": len(views), "directdownloadcertificate": views} if views else {}


def _hosts(call: Call, certificate: DirectDownloadCertificate) -> dict[str, Any]:
    hosts = [(call.db.hosts[number], REVOKED if gone else UPLOADED) for number, gone in certificate.hosts.items()]
    return {"hostsmap": [_status(host, status) for host, status in hosts]}


def _view(call: Call, row: DirectDownloadCertificate) -> dict[str, Any]:
    zone, parsed = call.db.zones[row.zone_id], _parsed(row.text)
    validity = f"From: [{parsed.not_valid_before_utc:{JAVA_DATE}}] - To: [{parsed.not_valid_after_utc:{JAVA_DATE}}]"
    return {
        "id": row.uuid,
        "alias": row.alias,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "version": str(parsed.version.value + 1),
        "subject": _name(parsed.subject),
        "issuer": _name(parsed.issuer),
        "serialnum": str(parsed.serial_number),
        "validity": validity,
        "hypervisor": row.hypervisor,
    }


def _name(name: x509.Name) -> str:
    """The last part of a name first, as Java prints it."""
    return ", ".join(part.rfc4514_string({NameOID.EMAIL_ADDRESS: "EMAILADDRESS"}) for part in reversed(name.rdns))
