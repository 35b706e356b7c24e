"""uploadSslCert and its kin: certificates for load balancers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ...access import entity_owner, may_use_account
from ...call import Call
from ...errors import ApiError, CloudRuntime, PermissionDenied, ServerApiError
from ...model.appliances import SslCertificate
from ...registry import SUCCESS, command
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
    owner = _owner(call)
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


def _owner(call: Call) -> Any:
    return entity_owner(call)


def _check(call: Call) -> x509.Certificate:
    """Certificate, key and chain have to be readable and fit together."""
    p = call.params
    cert = pem.certificate(p.certificate)
    if cert is None:
        raise ServerApiError(530)
    key = pem.private_key(p.privatekey, p.password)
    if key is None:
        raise ServerApiError(530, "Cannot parse private key")
    if not pem.belong_together(cert.public_key(), key):
        raise ServerApiError(530, "Bad public-private key")
    now = datetime.fromtimestamp(call.now, UTC)
    if not cert.not_valid_before_utc <= now <= cert.not_valid_after_utc:
        raise ServerApiError(530, "Certificate expired or not valid")
    if p.certchain:
        _check_chain(cert, p.certchain, revocation=p.get("enabledrevocationcheck", True))
    return cert


def _check_chain(cert: x509.Certificate, text: str, *, revocation: bool) -> None:
    """The chain has to lead from the certificate to a root; a revocation check needs a place to ask."""
    chain = pem.certificates(text)
    if chain is None:
        raise ServerApiError(530, "Invalid chain format. Expected X509 certificate")
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


class NoFilterError(ApiError):
    """What listSslCerts says without any filter: 530, cserrorcode 0."""

    cs = 0


@command("listSslCerts")
def list_certs(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if p.certid is None and p.accountid is None and p.lbruleid is None and p.projectid is None:
        raise NoFilterError(
            "Invalid parameters either certificate ID or Account ID or Loadbalancer ID or Project ID required"
        )
    if p.certid is not None:
        found = [p.certid]
    elif p.lbruleid is not None:
        number = getattr(p.lbruleid, "certificate_id", None)
        found = [db.ssl_certificates[number]] if number is not None else []
    else:
        account_id = p.projectid.project_account_id if p.projectid is not None else p.accountid.id
        found = db.ssl_certificates.where(account_id=account_id)
    for row in found:
        _check_access(call, row)
    return {"count": len(found), "sslcert": [cert_view(call, row) for row in found]} if found else {}


def _check_access(call: Call, row: SslCertificate) -> None:
    if not may_use_account(call.caller, call.db.accounts[row.account_id], call.db):
        raise PermissionDenied("The caller may not use this certificate")


@command("deleteSslCert")
def delete(call: Call) -> dict[str, Any]:
    row = call.params.id
    _check_access(call, row)
    users = call.db.firewall_rules.where(certificate_id=row.id)
    if users:
        raise CloudRuntime(f"Certificate in use by a loadbalancer(s) {', '.join(rule.name or '' for rule in users)}")
    call.db.ssl_certificates.delete(row)
    completed(call, "LB.CERT.DELETE", "deleting certificate. Certificate Id", row)
    return SUCCESS
