# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at what the cloud serves from where the task runs: ports, pages, WebSockets; and where that is reached."""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..certificates.fleet import split_address
from ..certificates.probe import trusting
from ..model import Option

AUTO, REQUIRED, NEVER = "auto", "required", "never"
"""What answered before must answer afterwards; it must answer in any case; nobody looks."""
PATIENCE = 3.0
"""Seconds for one look."""
LONGEST = 1 << 16
"""Bytes of a page that are read."""
PROBE_ADDRESSES = Option(
    "probe_addresses", "map", behaviour=True,
    help=(
        "Where addresses of the cloud are reached from where the task runs, if not directly.",
        "V(host:port) by V(address:port), or by the address alone for port 443.",
        "Names of console proxies are looked up by the address that they hold.",
    ),
)  # fmt: skip
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Of the WebSocket protocol [RFC 6455, 1.3]."""
_DASHED = re.compile(r"(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})(?:\.|$)")
_HTTPS = 443


class Places:
    """Where ports are reached from here. ``given``: ``host:port`` by ``address:port``, or by address for port 443.

    A name such as ``192-0-2-7.consoles.example.com`` is looked up by its address too. Raises InvalidInput.
    """

    def __init__(self, given: Mapping[str, str] | None) -> None:
        self._given = {key: split_address(value) for key, value in (given or {}).items()}

    def of(self, host: str, port: int) -> tuple[str, int]:
        """Where to connect for a port."""
        dashed = _DASHED.match(host)
        names = [host, ".".join(dashed.groups())] if dashed else [host]
        keys = [f"{name}:{port}" for name in names] + (names if port == _HTTPS else [])
        return next((self._given[key] for key in keys if key in self._given), (host, port))

    def with_more(self, more: Mapping[str, str]) -> Places:
        """The same, and ``more`` where nothing was told."""
        found = Places(more)
        found._given = {**found._given, **self._given}
        return found


@dataclass(frozen=True)
class Page:
    """What a web server answered. ``problem``: why nobody did. ``refused``: the host is there and does not listen."""

    status: int = 0
    text: str = ""
    problem: str = ""
    refused: bool = False


def reaches(host: str, port: int, places: Places) -> bool:
    """Whether a TCP connection comes about."""
    try:
        with socket.create_connection(places.of(host, port), timeout=PATIENCE):
            return True
    except OSError:
        return False


def get_page(host: str, port: int, path: str, places: Places, *, tls: bool) -> Page:
    """Asks for a page, as a browser that trusts any certificate."""
    try:
        with _connected(host, port, places, tls=tls) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return Page(answer.status, answer.read(LONGEST).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException) as error:
        return Page(problem=_said(error), refused=isinstance(error, ConnectionRefusedError))


def upgrade(host: str, port: int, path: str, places: Places, *, tls: bool) -> str:
    """Begins a WebSocket and ends it at once. Returns why it could not be begun; an empty text if it was."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    wanted = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()).decode()
    headers = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Protocol": "binary",
    }  # fmt: skip
    try:
        with _connected(host, port, places, tls=tls) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            if answer.status != http.client.SWITCHING_PROTOCOLS:
                return f"it answered {answer.status}"
            return "" if answer.getheader("Sec-WebSocket-Accept") == wanted else "its answer is none of a WebSocket"
    except (OSError, http.client.HTTPException) as error:
        return _said(error)


@contextmanager
def _connected(host: str, port: int, places: Places, *, tls: bool) -> Iterator[http.client.HTTPConnection]:
    """A connection to where the port is reached, in which the server sees the name that was asked for."""
    with socket.create_connection(places.of(host, port), timeout=PATIENCE) as plain:
        sock: Any = trusting().wrap_socket(plain, server_hostname=host) if tls else plain
        connection = http.client.HTTPConnection(host, port)
        connection.sock = sock
        try:
            yield connection
        finally:
            connection.close()


def _said(error: Exception) -> str:
    """Why nobody answered, without what was asked: that may hold a secret."""
    if isinstance(error, TimeoutError):
        return "no answer"
    return getattr(error, "strerror", None) or type(error).__name__
