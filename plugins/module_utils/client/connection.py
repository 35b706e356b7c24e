# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is needed to reach a server."""

from __future__ import annotations

from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from .errors import InvalidInput
from .redact import HIDDEN, Redactor, scrub

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 300.0
_SECRET_FIELDS = frozenset({"key", "secret", "password"})
_POSITIVE = ("expires", "job_timeout", "poll_first", "poll_max", "parallel", "page_size")


@dataclass(frozen=True, repr=False)
class Connection:
    """Everything needed to call a server. Checked when made (InvalidInput); never shows its secrets.

    endpoint: URL of the API, ``https://cloud.example.com/client/api``.
    key, secret: an API key pair; or username, password and domain (path, default ROOT) for a session.
    method: ``post``, or ``get`` for calls that carry no secret.
    timeout: (connect, read) seconds, or one number for reading. Synchronous commands such as addHost answer late.
    verify, ca_file: check the server's certificate, against this bundle instead of the system's.
    proxy: URL of an HTTP proxy; the environment's proxy settings are not read.
    signature_version, expires: 3 with seconds of validity (a server may allow at most 900), or 2 without.
    job_timeout: seconds that a job is waited for; poll_first, poll_max: shortest and longest pause between polls.
    retries: how often a reading call is sent again; parallel: how many calls run at once.
    page_size: rows asked for in one call until the server says that it allows fewer.
    """

    endpoint: str
    key: str | None = None
    secret: str | None = None
    username: str | None = None
    password: str | None = None
    domain: str | None = None
    method: str = "post"
    timeout: tuple[float, float] | float = (CONNECT_TIMEOUT, READ_TIMEOUT)
    verify: bool = True
    ca_file: str | None = None
    proxy: str | None = None
    signature_version: int = 3
    expires: float = 600.0
    job_timeout: float = 3600.0
    poll_first: float = 0.05
    poll_max: float = 5.0
    retries: int = 4
    parallel: int = 8
    page_size: int = 500

    def __post_init__(self) -> None:
        _check_url("endpoint", self.endpoint, "https://cloud.example.com/client/api")
        if self.proxy:
            _check_url("proxy", self.proxy, "http://proxy.example.com:3128")
        _check_credentials(self)
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise InvalidInput(f"{name} must be greater than 0", option=name, value=getattr(self, name))
        if self.retries < 0:
            raise InvalidInput("retries must not be negative", option="retries", value=self.retries)
        if any(seconds <= 0 for seconds in self.timeouts):
            raise InvalidInput("timeout must be greater than 0", option="timeout", value=self.timeout)
        if self.method not in ("get", "post"):
            raise InvalidInput("method must be get or post", option="method", value=self.method)
        if self.signature_version not in (2, 3):
            raise InvalidInput(
                "signature_version must be 2 or 3", option="signature_version", value=self.signature_version
            )

    @property
    def timeouts(self) -> tuple[float, float]:
        """(connect, read) seconds."""
        if isinstance(self.timeout, (int, float)):
            return min(float(self.timeout), CONNECT_TIMEOUT), float(self.timeout)
        return float(self.timeout[0]), float(self.timeout[1])

    @property
    def by_session(self) -> bool:
        """True when a user name and password are used instead of an API key."""
        return self.key is None

    def redactor(self) -> Redactor:
        """A new one that hides this connection's secrets."""
        proxy_password = urlsplit(self.proxy).password if self.proxy else None
        return Redactor([s for s in (self.key, self.secret, self.password, proxy_password) if s])

    def __repr__(self) -> str:
        shown = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                shown.append(f"{field.name}={HIDDEN if field.name in _SECRET_FIELDS else scrub(repr(value))}")
        return f"Connection({', '.join(shown)})"


def _check_url(option: str, url: str, example: str) -> None:
    def wrong(why: str, shown: str | None = url) -> InvalidInput:
        return InvalidInput(f"{option} {why}", option=option, value=shown, remedy=f"give a URL such as {example}")

    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except (ValueError, AttributeError):
        raise wrong("is not a URL") from None
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in url):
        raise wrong("is not an http or https URL")
    if option == "endpoint" and (parts.username or parts.password):
        raise wrong("must not carry a user name or password", None)
    if parts.query or parts.fragment:
        raise wrong("must end with its path: no '?' and no '#'", None)


def _check_credentials(connection: Connection) -> None:
    has = {name for name in ("key", "secret", "username", "password") if getattr(connection, name)}
    if {"key", "secret"} & has and {"username", "password"} & has:
        raise InvalidInput(
            "both an API key and a user name with password are given", option="key", remedy="give one of the two"
        )
    for first, second in (("key", "secret"), ("username", "password")):
        if len({first, second} & has) == 1:
            missing = second if first in has else first
            raise InvalidInput(f"{missing} is missing", option=missing, remedy=f"give {first} and {second} together")
    if not has:
        raise InvalidInput(
            "credentials are missing", option="key", remedy="give key and secret, or username and password"
        )
