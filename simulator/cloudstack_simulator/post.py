"""What the simulator sends to the outside: webhooks' payloads, and only to addresses that it was told of.

No name is ever resolved. `addresses` says where a host of a payload URL really is: `{"chat.example.com":
"127.0.0.1:9000"}`; a key may carry the port of the URL, too. All other hosts are out of reach.
"""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Letter:
    """A payload on its way. `headers` in their order, with type and length of the payload."""

    url: str
    payload: str
    headers: dict[str, str]
    verify: bool
    tries: int
    timeout: float


@dataclass(frozen=True)
class Outcome:
    success: bool
    response: str


@dataclass
class PostOffice:
    """Sends letters: at once (`send`), or from a thread of its own (`hand_over`)."""

    addresses: dict[str, str] = field(default_factory=dict)
    _threads: ThreadPoolExecutor | None = None
    _under_way: dict[int, Future[Outcome]] = field(default_factory=dict)

    def knows(self, host: str) -> bool:
        """Whether the host of a URL is within reach."""
        return any(name.partition(":")[0].lower() == host.lower() for name in self.addresses)

    def send(self, letter: Letter) -> Outcome:
        outcome = Outcome(False, "")
        for _attempt in range(max(1, letter.tries)):
            outcome = self._try(letter)
            if outcome.success:
                break
        return outcome

    def hand_over(self, letter: Letter, threads: int) -> int:
        """Send a letter meanwhile; the number under which its outcome is to be asked for."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(max(1, threads), thread_name_prefix="Webhook-Job-Executor")
        number = secrets.randbits(48)  # never one of an earlier start
        self._under_way[number] = self._threads.submit(self.send, letter)
        return number

    def is_under_way(self, number: int) -> bool:
        found = self._under_way.get(number)
        return found is not None and not found.done()

    def outcome(self, number: int) -> Outcome | None:
        """How it went, once; None for a letter of an earlier start."""
        found = self._under_way.pop(number, None)
        return None if found is None else found.result()

    def _address(self, parts: SplitResult) -> tuple[str, int] | None:
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname or ""
        known = {name.lower(): address for name, address in self.addresses.items()}
        found = known.get(f"{host}:{port}") or known.get(host)
        if found is None:
            return None
        name, _colon, given = found.rpartition(":")
        return name.strip("[]"), int(given)

    def _try(self, letter: Letter) -> Outcome:
        parts = urlsplit(letter.url)
        address = self._address(parts)
        if address is None:
            return Outcome(False, f"Failed due to : the simulator was not told where {parts.hostname} is")
        context = _context(letter.verify) if parts.scheme == "https" else None
        line = _Line(parts, address, letter.timeout, context)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            line.request("POST", path, body=letter.payload.encode(), headers=letter.headers)
            answer = line.getresponse()
            text = answer.read(1 << 16).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return Outcome(False, f"Failed due to : {error}")
        finally:
            line.close()
        return Outcome(answer.status == 200, text)


def _context(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class _Line(http.client.HTTPConnection):
    """A connection to where a host really is, under the name that it has in the URL."""

    def __init__(
        self, parts: SplitResult, address: tuple[str, int], timeout: float, context: ssl.SSLContext | None
    ) -> None:
        super().__init__(parts.hostname or "", parts.port or PORTS[parts.scheme], timeout=timeout)
        self.default_port = PORTS[parts.scheme]
        self._address = address
        self._context = context

    def connect(self) -> None:
        plain = socket.create_connection(self._address, self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain
