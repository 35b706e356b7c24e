"""The cloud's own certificate authority: issueCertificate and its kin."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...registry import SUCCESS, command
from ...tables import Row, entity
from ..common import completed
from . import pem

if TYPE_CHECKING:
    from ...simulator import Simulator

NAME = "ca.cloudstack.apache.org"
PROVIDER = "root"
KEY_SIZE = 2048
DEFAULT_DAYS = 365
ROOT_DAYS = 30 * 365


@entity("certificate_authorities")
class Authority(Row):
    certificate: str
    key: str


def authority(sim: Simulator) -> Authority:
    """The authority; it is made when somebody first asks for it."""
    rows = list(sim.db.certificate_authorities)
    if rows:
        found: Authority = rows[0]
        return found
    key = rsa.generate_private_key(65537, KEY_SIZE)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.fromtimestamp(sim.clock.now(), UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=12))
        .not_valid_after(now + timedelta(days=ROOT_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made: Authority = sim.db.certificate_authorities.add(
        Authority(certificate=pem.as_text(cert), key=pem.key_as_text(key))
    )
    return made


def _check_provider(call: Call) -> None:
    provider = call.params.provider
    if provider and provider != PROVIDER:
        raise CloudRuntime(f"CA provider plugin '{provider}' not found")


@command("issueCertificate")
def issue(call: Call) -> Generator[float, None, Any]:
    p = call.params
    if not p.domain and not p.csr:
        raise InvalidParameter("Please provide the domains or the CSR, none of them are provided")
    yield 0.05
    _check_provider(call)
    ca = authority(call.sim)
    try:
        subject, public, own_key = _subject(call)
        cert = _sign(call, ca, subject, public)
    except ValueError:
        raise CloudRuntime("Failed to generate certificate for the given domains and IP addresses") from None
    call.event("CA.CERTIFICATE.ISSUE", "Successfully completed issuing certificate")
    return {
        "certificates": {
            "certificate": cert,
            "privatekey": pem.key_as_text(own_key) if own_key is not None else None,
            "cacertificates": ca.certificate,
        }
    }


def _subject(call: Call) -> tuple[x509.Name, Any, Any]:
    """(name, public key, private key made here) of what is to be certified."""
    p = call.params
    if p.csr:
        try:
            request = x509.load_pem_x509_csr(p.csr.encode())
        except ValueError:
            raise CloudRuntime("Failed to generate certificate from the provided CSR") from None
        return request.subject, request.public_key(), None
    key = rsa.generate_private_key(65537, KEY_SIZE)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _domains(call)[0])])
    return name, key.public_key(), key


def _domains(call: Call) -> list[str]:
    return [name for name in (call.params.domain or "").split(",") if name]


def _sign(call: Call, ca: Authority, subject: x509.Name, public: Any) -> str:
    p = call.params
    now = datetime.fromtimestamp(call.now, UTC)
    key = serialization.load_pem_private_key(ca.key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    issuer = x509.load_pem_x509_certificate(ca.certificate.encode()).subject
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in _domains(call)]
    names += [x509.IPAddress(ip_address(text)) for text in (p.ipaddress or "").split(",") if text]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=12))
        .not_valid_after(now + timedelta(days=p.validityduration or DEFAULT_DAYS))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return pem.as_text(builder.sign(key, hashes.SHA256()))


@command("listCAProviders")
def list_providers(call: Call) -> dict[str, Any]:
    wanted = call.params.name
    if wanted and wanted != PROVIDER:
        return {}
    return {
        "count": 1,
        "caprovider": [{"name": PROVIDER, "description": "CloudStack's Root CA provider plugin"}],
    }


@command("listCaCertificate")
def list_ca_certificate(call: Call) -> dict[str, Any]:
    _check_provider(call)
    return {"cacertificates": {"certificate": authority(call.sim).certificate}}


@command("provisionCertificate")
def provision(call: Call) -> Generator[float, None, Any]:
    host = call.params.hostid
    _check_provider(call)
    if not host or host.removed is not None:
        raise CloudRuntime(f"Unable to find valid host by ID: {host.id}")
    yield 0.2
    host.secured = True
    completed(call, "CA.CERTIFICATE.PROVISION", "provisioning certificate. Host Id", host, "Host")
    return SUCCESS


@command("revokeCertificate")
def revoke(call: Call) -> Generator[float, None, Any]:
    _check_provider(call)
    try:
        int(call.params.serial, 16)
    except ValueError:
        raise InvalidParameter("Certificate serial number is not a hexadecimal number") from None
    yield 0.05
    call.event("CA.CERTIFICATE.REVOKE", f"Successfully completed revoking certificate: {call.params.serial}")
    return SUCCESS
