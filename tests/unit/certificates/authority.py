"""A certification authority for tests: issues certificates and serves them over TLS on the loopback."""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DOMAIN = "consoles.example.com"


@functools.cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """One key for each number; making keys is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return key_text(self.key)


def key_text(key: Any, form: str = "PKCS8", passphrase: str | None = None) -> str:
    """A private key as PEM: PKCS8 or TraditionalOpenSSL (PKCS#1)."""
    protection = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), protection
    ).decode()


def issue(
    name: str,
    number: int,
    issuer: Issued | None = None,
    *,
    names: tuple[str, ...] = (),
    ca: bool = False,
    days: tuple[int, int] = (-30, 90),
    key: Any = None,
) -> Issued:
    """A certificate for the key of a number, signed by the issuer or by itself; ``days`` are counted from NOW."""
    key = key or rsa_key(number)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@functools.cache
def root() -> Issued:
    return issue("Test Root", 1, ca=True, days=(-300, 3000))


@functools.cache
def intermediate() -> Issued:
    return issue("Test Intermediate", 2, root(), ca=True, days=(-300, 1000))


def server(number: int = 3, names: tuple[str, ...] = (f"*.{DOMAIN}", DOMAIN), **more: Any) -> Issued:
    return issue("consoles", number, intermediate(), names=names, **more)


@contextlib.contextmanager
def serving(folder: Path, issued: Issued, *chain: Issued) -> Iterator[Listener]:
    """A TLS listener on the loopback; ``show`` exchanges what it serves."""
    listener = Listener(folder)
    listener.show(issued, *chain)
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.stop()
        thread.join(5)


class Listener:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._context: ssl.SSLContext | None = None
        self._stopped = False
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    def show(self, issued: Issued, *chain: Issued) -> None:
        path = self._folder / f"{self.port}.pem"
        path.write_text(issued.key_pem + "".join(one.pem for one in (issued, *chain)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        self._context = context

    def run(self) -> None:
        while not self._stopped:
            try:
                connection, _peer = self.socket.accept()
            except OSError:
                continue
            connection.settimeout(5)
            with contextlib.suppress(OSError), self._context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(1)

    def stop(self) -> None:
        self._stopped = True
        self.socket.close()
