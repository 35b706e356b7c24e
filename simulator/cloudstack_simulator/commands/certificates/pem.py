"""Reading certificates and keys as the server does."""

from __future__ import annotations

import base64
import binascii
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PrivateKeyTypes

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def certificate(text: str) -> x509.Certificate | None:
    """The first certificate in a PEM text, or None."""
    found = CERTIFICATE.search(text)
    try:
        return x509.load_pem_x509_certificate(found[0].encode()) if found else None
    except ValueError:
        return None


def certificates(text: str) -> list[x509.Certificate] | None:
    """All certificates in a PEM text; None when there is none or one cannot be read."""
    try:
        return x509.load_pem_x509_certificates(text.encode()) or None
    except ValueError:
        return None


def rsa_key(text: str) -> rsa.RSAPrivateKey | None:
    """An RSA key from base64 between any two lines, PKCS#8 or PKCS#1; None when it is none."""
    body = "".join(line for line in text.strip().splitlines() if not line.startswith("-----"))
    try:
        key = serialization.load_der_private_key(base64.b64decode(body, validate=False), None)
    except (ValueError, TypeError, binascii.Error):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey) else None


def private_key(text: str, password: str | None) -> PrivateKeyTypes | None:
    """A key of any kind in PEM; None when it cannot be read with this password."""
    try:
        return serialization.load_pem_private_key(text.encode(), password.encode() if password else None)
    except (ValueError, TypeError):
        return None


def encryption(text: str) -> str | None:
    """How a key is encrypted, as the server's texts have it after the word `encrypted`; None when it is not."""
    if "-----BEGIN ENCRYPTED PRIVATE KEY-----" in text:
        return " by PKCS#8"
    return "" if "Proc-Type: 4,ENCRYPTED" in text else None


def belong_together(public: CertificatePublicKeyTypes, key: PrivateKeyTypes) -> bool:
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.public_bytes(*form) == key.public_key().public_bytes(*form)


def fingerprint(cert: x509.Certificate) -> str:
    """SHA-256 with colons: `4F:8F:…`."""
    return ":".join(f"{octet:02X}" for octet in cert.fingerprint(hashes.SHA256()))


def as_text(cert: x509.Certificate) -> str:
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def key_as_text(key: PrivateKeyTypes) -> str:
    """PKCS#8, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
