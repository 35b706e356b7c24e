# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at the certificate that a system VM really serves, because the API cannot tell."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from ..client import CloudStackError
from .bundle import Bundle, der, describe, self_signed, x509

WANTED = "wanted"
INCOMPLETE = "incomplete"
OTHER = "other"


class UnreachableError(CloudStackError):
    """Nobody answered, so nothing is known about the certificate. The text says why.

    refused: the host is there and refused the connection, so nothing listens on the port.
    """

    refused = False


@dataclass(frozen=True)
class Served:
    """What was served: the certificate and the others of the chain, as DER. Empty if the port doesn't speak TLS.

    ``chain`` is None where this Python can't tell which other certificates came along.
    """

    leaf: bytes = b""
    chain: tuple[bytes, ...] | None = None

    def state(self, bundle: Bundle) -> str:
        """WANTED, INCOMPLETE (the right certificate, but intermediates are missing) or OTHER."""
        if self.leaf != der(bundle.leaf):
            return OTHER
        return WANTED if self.has_chain(bundle) is not False else INCOMPLETE

    def has_chain(self, bundle: Bundle) -> bool | None:
        """Whether all intermediates came along; None if that can't be told. Roots need not be sent."""
        if self.chain is None:
            return None
        needed = {der(certificate) for certificate in bundle.chain if not self_signed(certificate)}
        return needed <= set(self.chain)

    @property
    def facts(self) -> dict[str, Any]:
        """What results show of it."""
        if not self.leaf:
            return {"detail": "the port does not speak TLS"}
        found = self.certificate
        return describe(found) if found is not None else {"detail": "serves a certificate that can't be read"}

    @property
    def certificate(self) -> Any:
        """The certificate; None where there is none that can be read."""
        try:
            return x509.load_der_x509_certificate(self.leaf) if self.leaf else None
        except ValueError:
            return None


def look(host: str, port: int, name: str, timeout: float = 10.0) -> Served:
    """Makes a TLS handshake that trusts anybody, and says who was there. Raises UnreachableError.

    name: what the client would ask for (SNI). timeout: seconds.
    """
    try:
        with (
            socket.create_connection((host, port), timeout=timeout) as connection,
            trusting().wrap_socket(connection, server_hostname=name) as wrapped,
        ):
            leaf = wrapped.getpeercert(binary_form=True) or b""
            return Served(leaf, _chain(wrapped))
    except ssl.SSLError as error:
        if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"):
            return Served()
        raise UnreachableError(f"{host} port {port}: the TLS handshake failed ({error.reason or error})") from None
    except (OSError, ValueError) as error:
        why = "no answer" if isinstance(error, TimeoutError) else getattr(error, "strerror", None) or str(error)
        unreachable = UnreachableError(f"{host} port {port}: {why}")
        unreachable.refused = isinstance(error, ConnectionRefusedError)
        raise unreachable from None


def trusting() -> ssl.SSLContext:
    """A context that trusts anybody: whatever is served shall be seen, be it outdated."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLError, ValueError):
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _chain(wrapped: ssl.SSLSocket) -> tuple[bytes, ...] | None:
    """All certificates that came along. Public since Python 3.13, there but not public since 3.10."""
    for owner in (wrapped, getattr(wrapped, "_sslobj", None)):
        read = getattr(owner, "get_unverified_chain", None)
        if read:
            sent = read() or ()
            return tuple(c if isinstance(c, bytes) else ssl.PEM_cert_to_DER_cert(c.public_bytes()) for c in sent)
    return None
