# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange. Knows whether a request that failed can have reached the server."""

from __future__ import annotations

import io
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from .clock import Clock
from .connection import Connection
from .errors import CloudStackError, ConnectFailed, TlsFailed
from .tls import shared_context

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import ConnectTimeoutError, HTTPError, InsecureRequestWarning, NewConnectionError
    from urllib3.exceptions import TimeoutError as HttpTimeout
except ImportError:
    requests = None  # type: ignore[assignment]
    HTTPAdapter = object  # type: ignore[assignment,misc]

# A kept connection that rested longer is not used again: servers and firewalls drop it without a word, and a changing
# call sent into the void would be a lost answer. Jetty's own limit is 30 seconds.
REST_LIMIT = 15.0
_FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP status, headers (any case), body, cookies set."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Mapping[str, str] = field(default_factory=dict)


class NotSent(Exception):  # noqa: N818
    """The request surely did not reach the server. ``error`` says why; ``again``: trying again may help."""

    def __init__(self, error: CloudStackError, again: bool = True) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again


class Unanswered(Exception):  # noqa: N818
    """The request may have reached the server, but no whole answer came back."""

    def __init__(self, why: str, timed_out: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.timed_out = timed_out


class Transport(Protocol):
    """What a client needs below it. ``send`` raises NotSent or Unanswered, and nothing else on purpose."""

    def send(
        self, method: str, fields: Mapping[str, str], headers: Mapping[str, str], read_timeout: float | None = None
    ) -> Answer:
        """Sends the fields, as the body of a POST or the query of a GET."""

    def close(self) -> None:
        """Ends all connections."""


class HttpTransport:
    """Sends by ``requests``. Safe to use from several threads, each of which has a session to itself while it sends.

    A forked child starts with fresh connections and leaves its parent's alone. Raises CloudStackError when
    ``requests`` is missing or too old, InvalidInput when the CA file cannot be used.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        _check_libraries()
        self._connection = connection
        self._clock = clock
        self._context = None
        if urlsplit(connection.endpoint).scheme == "https":
            self._context = shared_context(connection.verify, connection.ca_file)
            if not connection.verify:
                # Whoever switched it off knows; a warning for each connection would only hide other messages.
                urllib3.disable_warnings(InsecureRequestWarning)
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[tuple[Any, float]] = []

    def send(
        self, method: str, fields: Mapping[str, str], headers: Mapping[str, str], read_timeout: float | None = None
    ) -> Answer:
        connect, read = self._connection.timeouts
        body = _Body(urlencode(fields).encode("ascii")) if method == "post" else None
        failure: Exception
        with self._session() as session:
            try:
                response = session.request(
                    method.upper(),
                    self._connection.endpoint,
                    data=body,
                    params=dict(fields) if body is None else None,
                    headers=dict(headers) if body is None else {"Content-Type": _FORM, **headers},
                    timeout=(connect, read_timeout or read),
                    allow_redirects=False,
                    verify=self._connection.verify,
                )
                return Answer(response.status_code, response.headers, response.content, response.cookies.get_dict())
            except (requests.RequestException, HTTPError, OSError) as error:
                session.close()
                failure = self._failure(error, body)
        # Raised here and not above, so that the original, which may show the whole URL, is not part of it.
        raise failure

    @contextmanager
    def _session(self) -> Iterator[Any]:
        if os.getpid() != self._pid:
            self._start()
        session = None
        with self._lock:
            if self._idle:
                session, used = self._idle.pop()
                if self._clock.monotonic() - used > REST_LIMIT:
                    session.close()
        if session is None:
            session = self._new_session()
        try:
            yield session
        finally:
            # Cookies are sent on purpose only: a session's leftovers must not travel with another thread's call.
            session.cookies.clear()
            with self._lock:
                self._idle.append((session, self._clock.monotonic()))

    def _new_session(self) -> Any:
        session = requests.Session()
        session.trust_env = False
        if self._connection.proxy:
            session.proxies = {"http": self._connection.proxy, "https": self._connection.proxy}
        session.headers.update({"User-Agent": "cloudstack.ops", "Accept": "application/json"})
        adapter = _Adapter(self._context)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _failure(self, error: Exception, body: _Body | None) -> Exception:
        causes = list(_causes(error))
        host = urlsplit(self._connection.endpoint).netloc
        certificate = next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)
        tls = certificate or next((c for c in causes if isinstance(c, ssl.SSLError)), None)
        refused = any(isinstance(c, (NewConnectionError, ConnectTimeoutError)) for c in causes)
        sent = not refused and (certificate is None if body is None else body.sent)
        if sent:
            timed_out = any(isinstance(c, (HttpTimeout, TimeoutError)) for c in causes)
            return Unanswered("no answer came in time" if timed_out else _broken(causes), timed_out)
        if tls is not None:
            return NotSent(_tls_failed(tls, host), again=False)
        unknown = next((c for c in causes if isinstance(c, socket.gaierror)), None)
        why, remedy = _connect_failed(causes, self._connection.timeouts[0])
        if self._connection.proxy:
            remedy += "; the proxy is in between"
        never = unknown is not None and unknown.errno == socket.EAI_NONAME
        return NotSent(ConnectFailed(f"no connection to {host}: {why}", remedy=remedy), again=not never)

    def close(self) -> None:
        if os.getpid() != self._pid:
            return
        with self._lock:
            idle, self._idle = self._idle, []
        for session, _used in idle:
            session.close()


def _check_libraries() -> None:
    if requests is None:
        raise CloudStackError(
            "the Python library requests is not installed",
            remedy="install it for the Python that runs this: pip install requests",
        )
    version: str = getattr(urllib3, "__version__", "0")
    if int(version.split(".")[0]) < 2:
        # It takes an answer that was cut off for a whole one, and does not say why a connection failed.
        raise CloudStackError(
            f"the Python library urllib3 is too old ({version})",
            remedy="install a newer one for the Python that runs this: pip install 'urllib3>=2'",
        )


class _Body(io.BytesIO):
    """A request body that knows whether anybody began to send it: a server cannot act on headers alone."""

    sent = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.sent = True
        return super().read(size)


class _Adapter(HTTPAdapter):
    """Uses one ready context; the stock adapter would load the authorities again for every connection."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(max_retries=0, pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002
        if self._context is not None:
            conn.cert_reqs = self._context.verify_mode


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all it was made from: requests and urllib3 wrap each other's errors as arguments and reasons."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        current = waiting.pop(0)
        if isinstance(current, BaseException) and id(current) not in seen:
            seen.add(id(current))
            yield current
            waiting += [*current.args, getattr(current, "reason", None), current.__cause__]


def _broken(causes: list[BaseException]) -> str:
    names = {type(cause).__name__ for cause in causes}
    if "BadStatusLine" in names:
        return "the answer is not HTTP (if the port speaks TLS, the URL must begin with https)"
    return "the connection broke before the whole answer was there"


def _tls_failed(error: ssl.SSLError, host: str) -> TlsFailed:
    why = getattr(error, "verify_message", "") or (error.reason or "").replace("_", " ").lower() or "handshake failed"
    if "ostname mismatch" in why or "IP address mismatch" in why:
        remedy = "use a name that the certificate carries, or give the server a certificate for this one"
    elif "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER_FAILURE" in str(error):
        remedy = "the port seems to speak plain HTTP: check port and scheme of the URL"
    elif "expired" in why:
        remedy = "renew the server's certificate, or correct this machine's clock"
    elif isinstance(error, ssl.SSLCertVerificationError):
        remedy = "give the certificate of its authority as ca_file"
    else:
        remedy = "check port and scheme of the URL, and which TLS versions the server allows"
    return TlsFailed(f"TLS with {host} failed: {why}", remedy=remedy)


def _connect_failed(causes: list[BaseException], limit: float) -> tuple[str, str]:
    if any(isinstance(c, ConnectTimeoutError) and not isinstance(c, NewConnectionError) for c in causes):
        return f"nothing answered within {limit:g} seconds", "check address, port and firewall"
    if any(isinstance(c, socket.gaierror) for c in causes):
        return "the name cannot be resolved", "check the host name in the URL, and DNS"
    if any(isinstance(c, ConnectionRefusedError) for c in causes):
        return "connection refused", "check that the management server runs and listens on this port"
    reason = next((c.strerror for c in causes if isinstance(c, OSError) and c.strerror), "it broke at once")
    return reason, "check address, port and network"
