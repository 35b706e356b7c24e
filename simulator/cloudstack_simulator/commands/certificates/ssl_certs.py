"""uploadSslCert and its kin: certificates for load balancers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from ...access import entity_owner
from ...call import Call, live
from ...errors import ApiError, CloudRuntime, InvalidParameter, ServerApiError
from ...model.appliances import SslCertificate
from ...registry import SUCCESS, command
from ...wording import java_date
from ..common import completed
from . import pem


def cert_view(call: Call, cert: SslCertificate) -> dict[str, Any]:
    account = call.db.accounts[cert.account_id]
    domain = call.db.domains[account.domain_id]
    project = call.db.projects.first(project_account_id=account.id) if account.account_type == 5 else None
    users = call.db.firewall_rules.where(certificate_id=cert.id)
    return {
        "id": cert.uuid,
        "name": cert.name,
        "certificate": cert.certificate,
        "certchain": cert.chain,
        "fingerprint": cert.fingerprint,
        "account": account.name if project is None else None,
        "projectid": project.uuid if project is not None else None,
        "project": project.name if project is not None else None,
        "domainid": domain.uuid,
        "domain": domain.name,
        "loadbalancerrulelist": [rule.uuid for rule in users] or None,
    }


@command("uploadSslCert")
def upload(call: Call) -> dict[str, Any]:
    p = call.params
    cert = _check(call)
    owner = entity_owner(call)
    row = call.db.ssl_certificates.add(
        SslCertificate(
            name=p.name,
            account_id=owner.id,
            certificate=p.certificate,
            key=p.privatekey,
            chain=p.certchain or None,
            fingerprint=pem.fingerprint(cert),
        )
    )
    completed(call, "LB.CERT.UPLOAD", "uploading certificate. Certificate Id", row)
    return {"sslcert": cert_view(call, row)}


def _check(call: Call) -> x509.Certificate:
    """Certificate, key and chain have to be readable and fit together."""
    p = call.params
    cert = pem.certificate(p.certificate)
    if cert is None:
        raise ServerApiError(530)
    key = _key(p.privatekey, p.password)
    chain = pem.certificates(p.certchain) if p.certchain else []
    if chain is None:
        raise ServerApiError(530, "Unable to decode certificate chain")
    _check_dates(call, cert)
    if type(cert.public_key()) is not type(key.public_key()):
        raise ServerApiError(530, "Public and private key have different algorithms")
    # Of keys that cannot encrypt nothing more is tried.
    if isinstance(key, rsa.RSAPrivateKey) and not pem.belong_together(cert.public_key(), key):
        raise ServerApiError(530, "Bad public-private key")
    if chain:
        _check_chain(cert, chain, revocation=p.get("enabledrevocationcheck", True))
    return cert


def _key(text: str, password: str | None) -> PrivateKeyTypes:
    kind = pem.encryption(text)
    if kind is not None and password is None:
        raise ServerApiError(530, f"Key is encrypted{kind} but password is null")
    key = pem.private_key(text, password if kind is not None else None)
    if key is None:
        raise ServerApiError(530, "Cannot parse private key")
    return key


def _check_dates(call: Call, cert: x509.Certificate) -> None:
    first, last = cert.not_valid_before_utc.timestamp(), cert.not_valid_after_utc.timestamp()
    wrong = f"NotBefore: {java_date(first)}" if call.now < first else None
    wrong = f"NotAfter: {java_date(last)}" if call.now > last else wrong
    if wrong is not None:
        raise ServerApiError(530, f"Parsing certificate/key failed: {wrong}")


def _check_chain(cert: x509.Certificate, chain: list[x509.Certificate], *, revocation: bool) -> None:
    """The chain has to lead from the certificate to a root; a revocation check needs a place to ask."""
    current = cert
    for _step in range(len(chain) + 1):
        if revocation and not _tells_revocation(current):
            break
        issuer = next((c for c in chain if _signed(current, c)), None)
        if issuer is None:
            break
        if issuer.subject == issuer.issuer:
            return
        current = issuer
    raise ServerApiError(530, "Invalid certificate chain")


def _tells_revocation(cert: x509.Certificate) -> bool:
    kinds = (x509.CRLDistributionPoints, x509.AuthorityInformationAccess)
    return any(isinstance(extension.value, kinds) for extension in cert.extensions)


def _signed(cert: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        cert.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


class WrappedError(ApiError):
    """What listSslCerts and deleteSslCert make of every refusal: 530, cserrorcode 0."""

    cs = 0


@contextmanager
def _wrapped() -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        raise WrappedError(error.text) from None


@command("listSslCerts")
def list_certs(call: Call) -> dict[str, Any]:
    with _wrapped():
        found = _wanted(call)
    return {"count": len(found), "sslcert": [cert_view(call, row) for row in found]} if found else {}


def _wanted(call: Call) -> list[SslCertificate]:
    """The certificates that the first of the filters names."""
    p, db = call.params, call.db
    if p.certid is None and p.accountid is None and p.lbruleid is None and p.projectid is None:
        raise InvalidParameter(
            "Invalid parameters either certificate ID or Account ID or Loadbalancer ID or Project ID required"
        )
    if p.certid is not None:
        call.check_access(live(p.certid, "Invalid certificate id: {id}"))
        return [p.certid]
    if p.lbruleid is not None:
        rule = p.lbruleid
        if not rule or rule.removed is not None or rule.purpose != "LoadBalancing":
            raise InvalidParameter(f"Found no loadbalancer with id: {rule.id}")
        call.check_access(rule)
        return [db.ssl_certificates[rule.certificate_id]] if rule.certificate_id is not None else []
    if p.projectid is not None:
        account_id = live(p.projectid, "Found no project with id: {id}").project_account_id
    else:
        account_id = p.accountid.id
    found = db.ssl_certificates.where(account_id=account_id)
    for row in found[:1]:
        call.check_access(row)
    return list(found)


@command("deleteSslCert")
def delete(call: Call) -> dict[str, Any]:
    with _wrapped():
        row = live(call.params.id, "Invalid certificate id: {id}")
        call.check_access(row)
        users = call.db.firewall_rules.where(certificate_id=row.id)
        if users:
            names = "".join(f"{rule.name} " for rule in users)
            raise CloudRuntime(f"Certificate in use by a loadbalancer(s) {names}")
    call.db.ssl_certificates.delete(row)
    completed(call, "LB.CERT.DELETE", "deleting certificate. Certificate Id", row)
    return SUCCESS
