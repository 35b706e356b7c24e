"""Twins of recorded certificates: the same names and signers, with keys that the replay has.

The recordings leave private keys out; what was sent instead of the certificate's own one stands in the note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from .recordings import Exchange

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?")
VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
UNPARSEABLE = "Cannot parse private key"


@cache
def key_for(_label: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Twins:
    """{recorded certificate: its twin} of those that clients sent."""

    def __init__(self, calls: Iterable[Exchange]) -> None:
        sent = "\n".join(text for exchange in calls for text in exchange.params.values())
        self._known = {pem: x509.load_pem_x509_certificate(pem.encode()) for pem in CERTIFICATE.findall(sent)}
        self._twins: dict[str, str] = {}

    def translate(self, text: str) -> str:
        return CERTIFICATE.sub(lambda m: self._twin(m[0]) if m[0] in self._known else m[0], text)

    def private_key(self, exchange: Exchange) -> str:
        """The key that was sent: of the certificate, unless the note says otherwise."""
        if "key is garbage" in exchange.note or UNPARSEABLE in str(exchange.body):
            return "garbage"
        forms = serialization.PrivateFormat
        form = forms.TraditionalOpenSSL if "PKCS#1" in exchange.note else forms.PKCS8
        own = next(iter(CERTIFICATE.findall(exchange.params.get("certificate", ""))), "")
        key = key_for("another" if "another certificate" in exchange.note else own)
        return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    def _twin(self, pem: str) -> str:
        if pem not in self._twins:
            model = self._known[pem]
            builder = (
                x509.CertificateBuilder(model.issuer, model.subject, key_for(pem).public_key(), model.serial_number)
                .not_valid_before(VALID[0])
                .not_valid_after(VALID[1])
            )
            signed = builder.sign(key_for(self._issuer(pem)), hashes.SHA256())
            self._twins[pem] = signed.public_bytes(serialization.Encoding.PEM).decode()
        return self._twins[pem]

    def _issuer(self, pem: str) -> str:
        return next((other for other, found in self._known.items() if _signed(self._known[pem], found)), pem)


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
