# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How calls prove who makes them: signed with an API key, or within a session."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .clock import Clock
from .connection import Connection
from .redact import Redactor
from .signing import sign


@dataclass(frozen=True)
class Proven:
    """A request that may go out: its fields, its headers, and the session it belongs to."""

    fields: dict[str, str]
    headers: dict[str, str]
    session: str | None = None


@dataclass(frozen=True)
class Session:
    key: str
    cookies: str


class Auth(Protocol):
    def prove(self, fields: Mapping[str, str]) -> Proven:
        """Adds what the server wants to see."""

    def renew(self, session: str | None) -> bool:
        """After a refusal of this session: True when another try is worth it."""

    def close(self) -> None:
        """Leaves nothing behind at the server."""


class KeyAuth:
    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def prove(self, fields: Mapping[str, str]) -> Proven:
        c = self._connection
        now = self._clock.now()
        signed = sign(fields, c.key or "", c.secret or "", version=c.signature_version, now=now, expires=c.expires)
        return Proven(signed, {})

    def renew(self, session: str | None) -> bool:  # noqa: ARG002
        return False

    def close(self) -> None:
        return


class SessionAuth:
    """Logs in at the first call. The server wants the session key as cookie and as parameter, so both are sent.

    login: performs the command ``login`` with these fields and returns (payload, cookies set).
    logout: performs the command ``logout`` as proven, and swallows what goes wrong.
    """

    def __init__(
        self,
        connection: Connection,
        redactor: Redactor,
        login: Callable[[dict[str, str]], tuple[dict[str, Any], Mapping[str, str]]],
        logout: Callable[[Proven], None],
    ) -> None:
        self._connection = connection
        self._redactor = redactor
        self._login = login
        self._logout = logout
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._session: Session | None = None

    def prove(self, fields: Mapping[str, str]) -> Proven:
        if os.getpid() != self._pid:
            # The parent's session is not ours to renew or to end.
            self._start()
        with self._lock:
            if self._session is None:
                self._session = self._new()
            session = self._session
        return _proven(fields, session)

    def renew(self, session: str | None) -> bool:
        with self._lock:
            if self._session is not None and self._session.key == session:
                self._session = None
        return True

    def close(self) -> None:
        if os.getpid() != self._pid:
            return
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            self._logout(_proven({"command": "logout", "response": "json"}, session))

    def _new(self) -> Session:
        c = self._connection
        fields = {"command": "login", "response": "json", "username": c.username or "", "password": c.password or ""}
        if c.domain:
            fields["domain"] = c.domain
        answer, cookies = self._login(fields)
        key = str(answer.get("sessionkey") or "")
        self._redactor.add(key, *cookies.values())
        sent = {"sessionkey": key, **cookies}
        return Session(key, "; ".join(f"{name}={value}" for name, value in sent.items()))


def _proven(fields: Mapping[str, str], session: Session) -> Proven:
    return Proven({**fields, "sessionkey": session.key}, {"Cookie": session.cookies}, session.key)
