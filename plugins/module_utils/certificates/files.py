# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key, signing request and self-signed certificate as files of the machine that the task runs on."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..client import InvalidInput
from .bundle import hashes, names_of, read_key, rsa, serialization, x509


def key_in(path: Path, passphrase: str | None) -> Any:
    """The RSA key in a file; None where there is no file. Raises InvalidInput for any other content."""
    text = _text(path, "private_key_path")
    return read_key(text, passphrase) if text is not None else None


def new_key(size: int) -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def key_text(key: Any, passphrase: str | None) -> str:
    """PKCS#8 PEM, encrypted where there is a passphrase."""
    protection = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection).decode()


def request_of(key: Any, names: Sequence[str]) -> str:
    """A signing request (PKCS#10) as PEM, for these names."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(names))
    signed = builder.add_extension(_alternatives(names), critical=False).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def request_fits(path: Path, key: Any, names: Sequence[str]) -> bool:
    """Whether the file has a request of this key for exactly these names."""
    text = _text(path, "request_path")
    try:
        found = x509.load_pem_x509_csr((text or "").encode())
    except ValueError:
        return False
    return _same_key(found, key) and set(names_of(found)) == set(names)


def self_signed(key: Any, names: Sequence[str], now: datetime, days: int) -> str:
    """A certificate that signs itself, as PEM; for tests and for clouds whose users trust it by hand."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(names))
        .issuer_name(_subject(names))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_alternatives(names), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def why_due(path: Path, key: Any, names: Sequence[str], now: datetime, renew_days: int) -> str:
    """Why a new certificate is needed in the file; an empty text where the one there will do."""
    text = _text(path, "certificate_path")
    if text is None:
        return "there is none yet"
    try:
        found = x509.load_pem_x509_certificates(text.encode())[0]
    except (ValueError, IndexError):
        return "the file has no certificate that can be read"
    if not _same_key(found, key):
        return "it is for another key"
    missing = sorted(set(names) - set(names_of(found)))
    if missing:
        return f"it is not for {', '.join(missing)}"
    if found.not_valid_after_utc < now + timedelta(days=renew_days):
        return f"it ends at {found.not_valid_after_utc.isoformat()}, in less than {renew_days} days"
    return ""


def write(path: Path, text: str, option: str, *, private: bool = False) -> None:
    """The whole file or nothing; a private one is readable by its owner alone from the first moment."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _refused(path, option, error) from None
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).chmod(0o600 if private else 0o644)
        Path(name).replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise _refused(path, option, error) from None


def _text(path: Path, option: str) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(path, option, error) from None


def _refused(path: Path, option: str, error: Exception) -> InvalidInput:
    why = getattr(error, "strerror", None) or "it is no PEM"
    return InvalidInput(
        f"{path} can't be used: {why}", option=option, value=str(path), remedy="give a file in a folder of your own"
    )


def _subject(names: Sequence[str]) -> Any:
    # The common name is limited to 64 characters, and nobody looks at it where there are alternative names.
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64])])


def _alternatives(names: Sequence[str]) -> Any:
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in names])


def _same_key(found: Any, key: Any) -> bool:
    public = found.public_key()
    return isinstance(public, rsa.RSAPublicKey) and public.public_numbers() == key.public_key().public_numbers()
