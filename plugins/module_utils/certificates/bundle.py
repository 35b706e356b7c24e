# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate with its key and chain: read from PEM, checked, and brought into the form that the server wants.

The server itself checks hardly anything: a key of another certificate, a wrong order, an expired certificate and a
foreign name are all accepted, and then no console opens [api_facts 2.3, recording certificates].
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..client import CloudStackError, InvalidInput

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    HAS_CRYPTOGRAPHY = True
except ImportError:
    x509 = hashes = serialization = rsa = None
    HAS_CRYPTOGRAPHY = False

_DOMAIN = re.compile(r"^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$")


@dataclass(frozen=True)
class Bundle:
    """``leaf`` is the server's certificate, ``chain`` its issuers from the nearest to the topmost.

    ``key``: PKCS#8 PEM, not encrypted. ``domain``: without ``*.``. Never shows the key.
    """

    leaf: Any
    chain: tuple[Any, ...]
    domain: str
    key: str = field(repr=False)

    @property
    def facts(self) -> dict[str, Any]:
        """What results show of it."""
        return {**describe(self.leaf), "chain": [subject_of(certificate) for certificate in self.chain]}


def read_bundle(
    *,
    certificate: str,
    private_key: str,
    passphrase: str | None = None,
    chain: Sequence[str] = (),
    domain: str,
    load_balanced: bool = False,
    now: datetime,
    valid_days: int = 0,
) -> Bundle:
    """Reads and checks everything before anything is sent. Raises InvalidInput that names the option.

    certificate, chain: PEM, in any order; the chain may stand in ``certificate`` too. load_balanced: consoles are
    reached under ``domain`` itself, not under a name for each address. now: with its zone.
    """
    if not HAS_CRYPTOGRAPHY:
        raise CloudStackError(
            "certificates can't be read without the Python library cryptography",
            remedy="install cryptography where the task runs",
        )
    name = plain_domain(domain)
    key = read_key(private_key, passphrase)
    first = _certificates("certificate", certificate)
    others = [found for text in chain for found in _certificates("chain", text)]
    leaf = _leaf(first, key)
    issuers = _ordered(leaf, [*(c for c in first if c != leaf), *others])
    _check_dates(leaf, issuers, now, valid_days)
    _check_names(leaf, name, load_balanced)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Bundle(leaf, issuers, name, text.decode())


def plain_domain(domain: str) -> str:
    """The domain without ``*.``, in lower case."""
    plain = domain.strip().removeprefix("*.").rstrip(".").lower()
    if not _DOMAIN.match(plain):
        raise InvalidInput(
            f"{domain!r} is no domain", option="domain", value=domain, remedy="give consoles.example.com, for example"
        )
    return plain


def pem(certificate: Any) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def der(certificate: Any) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def subject_of(certificate: Any) -> str:
    return certificate.subject.rfc4514_string()


def self_signed(certificate: Any) -> bool:
    return certificate.subject == certificate.issuer


def describe(certificate: Any) -> dict[str, Any]:
    """Fingerprint (SHA-256, hex), subject, names and end of a certificate."""
    return {
        "fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
        "subject": subject_of(certificate),
        "names": names_of(certificate),
        "not_after": certificate.not_valid_after_utc.isoformat(),
    }


def names_of(certificate: Any) -> list[str]:
    """DNS names that the certificate is for. The subject's common name doesn't count: browsers ignore it."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]


def look_up_names(domain: str, *, load_balanced: bool) -> tuple[str, ...]:
    """Names of which a certificate must have one.

    Without a load balancer consoles are opened under a-b-c-d.domain, a name for each address.
    """
    return (domain, f"*.{domain.partition('.')[2]}") if load_balanced else (f"*.{domain}",)


def read_key(text: str, passphrase: str | None) -> Any:
    """An RSA key from PEM. Raises InvalidInput that names the option."""
    secret = passphrase.encode() if passphrase else None
    try:
        key = serialization.load_pem_private_key(text.strip().encode(), secret)
    except TypeError:
        wrong = "is not encrypted, but a passphrase is given" if passphrase else "is encrypted"
        raise InvalidInput(
            f"the private key {wrong}",
            option="private_key_passphrase",
            remedy="leave out private_key_passphrase" if passphrase else "give private_key_passphrase",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        # The library's own text could hold parts of what was given.
        raise InvalidInput(
            "the private key can't be read" + (" with this passphrase" if passphrase else ""),
            option="private_key",
            remedy="give the key as PEM, with its BEGIN and END lines"
            + (", and the right passphrase" if passphrase else ""),
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InvalidInput(
            "the private key is no RSA key, and the server can read no other",
            option="private_key",
            remedy="have the certificate issued for an RSA key",
        )
    return key


def _certificates(option: str, text: str) -> list[Any]:
    try:
        return list(x509.load_pem_x509_certificates(text.strip().encode()))
    except ValueError:
        raise InvalidInput(
            f"{option} has no certificate that can be read",
            option=option,
            remedy="give PEM, with its BEGIN and END lines",
        ) from None


def _leaf(candidates: Sequence[Any], key: Any) -> Any:
    wanted = key.public_key().public_numbers()
    for candidate in candidates:
        public = candidate.public_key()
        if isinstance(public, rsa.RSAPublicKey) and public.public_numbers() == wanted:
            return candidate
    raise InvalidInput(
        f"the private key does not belong to the certificate of {subject_of(candidates[0])}",
        option="private_key",
        remedy="give the key that the certificate was issued for",
    )


def _ordered(leaf: Any, others: Sequence[Any]) -> tuple[Any, ...]:
    """Issuers from the nearest to the topmost, by who signed whom."""
    left = list({der(certificate): certificate for certificate in others}.values())
    ordered: list[Any] = []
    current = leaf
    while not self_signed(current):
        issuer = next((candidate for candidate in left if _issued(current, candidate)), None)
        if issuer is None:
            break
        left.remove(issuer)
        ordered.append(issuer)
        current = issuer
    if left:
        raise InvalidInput(
            f"the chain has {subject_of(left[0])}, which signed neither the certificate nor another of the chain",
            option="chain",
            remedy="give exactly the issuers of the certificate",
        )
    if not ordered and not self_signed(leaf):
        raise InvalidInput(
            f"the certificate of the issuer, {leaf.issuer.rfc4514_string()}, is missing",
            option="chain",
            remedy="give the intermediate certificates, and the root if it is your own",
        )
    return tuple(ordered)


def _issued(certificate: Any, issuer: Any) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return True
    return bool(constraints.ca)


def _check_dates(leaf: Any, chain: Sequence[Any], now: datetime, valid_days: int) -> None:
    for option, certificate in (("certificate", leaf), *(("chain", issuer) for issuer in chain)):
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if now < begin:
            raise InvalidInput(
                f"{subject_of(certificate)} is valid only from {begin.isoformat()} on",
                option=option,
                remedy="wait until then, or check the clock of this machine",
            )
        if now > end:
            raise InvalidInput(
                f"{subject_of(certificate)} expired at {end.isoformat()}", option=option, remedy="have it renewed"
            )
    if leaf.not_valid_after_utc < now + timedelta(days=valid_days):
        raise InvalidInput(
            f"the certificate expires at {leaf.not_valid_after_utc.isoformat()}, in less than {valid_days} days",
            option="certificate",
            remedy="have it renewed, or lower valid_days",
        )


def _check_names(leaf: Any, domain: str, load_balanced: bool) -> None:
    names, needed = names_of(leaf), look_up_names(domain, load_balanced=load_balanced)
    if not set(needed) & set(names):
        raise InvalidInput(
            f"the certificate is for {', '.join(names) or 'no DNS name'}, but has to cover {needed[0]}",
            option="domain",
            value=domain,
            remedy=f"have it issued with the alternative name {needed[0]}, or correct domain",
        )
