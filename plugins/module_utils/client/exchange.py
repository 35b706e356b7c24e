# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call with all its attempts: proven, sent, sent again where that is safe, understood."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from .answers import BUSY, Call, from_cloudstack, payload, session_ended
from .auth import Auth, KeyAuth, Proven, SessionAuth
from .clock import Clock
from .connection import Connection
from .counters import Counters
from .errors import CloudStackError, ConnectFailed, LostAnswer, TimedOut
from .redact import Redactor, secrets_in
from .transport import Answer, NotSent, Transport, Unanswered

_BACK_OFF_FIRST = 0.5
_BACK_OFF_MAX = 8.0
_RETRY_AFTER_MAX = 60.0
# Servers and proxies on the way cut longer URLs.
_URL_LIMIT = 2000


class Exchange:
    """What a client sends goes through here. Safe to use from several threads.

    progress: told when something is tried again. heard: set once the server has answered anything.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        transport: Transport,
        redactor: Redactor,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.counters = Counters()
        self.heard = threading.Event()
        self._connection = connection
        self._clock = clock
        self._transport = transport
        self._progress = progress
        self._auth: Auth = KeyAuth(connection, clock)
        if connection.by_session:
            self._auth = SessionAuth(connection, redactor, self._login, self._logout)

    def send(
        self, call: Call, fields: Mapping[str, str], retries: int | None = None, read_timeout: float | None = None
    ) -> dict[str, Any]:
        """The payload of the answer. retries: instead of the connection's. Raises CloudStackError.

        An ended session is begun anew once; a call that was refused for it was not executed.
        """
        for first in (True, False):
            answer, proven = self._attempt(call, lambda: self._auth.prove(fields), retries, read_timeout)
            if not (first and session_ended(answer) and self._auth.renew(proven.session)):
                break
        return payload(answer, call, self._clock.now(), signed=proven.session is None)

    def close(self) -> None:
        self._auth.close()
        self._transport.close()

    def _attempt(
        self,
        call: Call,
        prove: Callable[[], Proven],
        retries: int | None = None,
        read_timeout: float | None = None,
    ) -> tuple[Answer, Proven]:
        """The last answer of as many attempts as are safe and allowed."""
        left = self._connection.retries if retries is None else retries
        attempt = 0
        while True:
            trouble: CloudStackError | None = None
            proven = prove()
            self.counters.sent(call.command, call.changing, again=attempt > 0)
            try:
                answer = self._transport.send(self._method(proven), proven.fields, proven.headers, read_timeout)
            except NotSent as error:
                trouble, again, pause = error.error, error.again, _back_off(attempt)
            except Unanswered as error:
                trouble = _unanswered(error, call)
                again, pause = not (call.changing or error.timed_out), _back_off(attempt)
            else:
                self.heard.set()
                if attempt >= left or not _worth_waiting(answer, call):
                    return answer, proven
                again, pause = True, _back_off(attempt, answer)
            if trouble is not None and (not again or attempt >= left):
                trouble.command, trouble.obj = call.command, call.obj
                raise trouble
            if self._progress:
                why = trouble.message if trouble else f"the server is busy (HTTP {answer.status})"
                self._progress(f"{call.command}: {why}; trying again in {pause:.1f} s")
            self._clock.sleep(pause)
            attempt += 1

    def _method(self, proven: Proven) -> str:
        """GET only where it was asked for, and nothing in the URL is secret or too long for one."""
        if self._connection.method == "post":
            return "post"
        carried = {name: value for name, value in proven.fields.items() if name not in ("apikey", "signature")}
        return "post" if secrets_in(carried) or len(urlencode(proven.fields)) > _URL_LIMIT else "get"

    def _login(self, fields: dict[str, str]) -> tuple[dict[str, Any], Mapping[str, str]]:
        call = Call("login")
        answer, _proven = self._attempt(call, lambda: Proven(fields, {}))
        return payload(answer, call, self._clock.now(), signed=False), answer.cookies

    def _logout(self, proven: Proven) -> None:
        try:
            self._attempt(Call("logout"), lambda: proven, retries=0, read_timeout=5.0)
        except CloudStackError:
            return  # The session ends by itself after a while.


def _unanswered(error: Unanswered, call: Call) -> CloudStackError:
    if call.changing:
        return LostAnswer(f"the call was sent, but {error.why}")
    if error.timed_out:
        return TimedOut(error.why, remedy="raise api_timeout, or find out why the server is slow")
    return ConnectFailed(error.why, remedy="check the management server and what is between it and here")


def _worth_waiting(answer: Answer, call: Call) -> bool:
    """True for refusals that pass, if the call surely was not executed or does not change anything."""
    if answer.status not in BUSY:
        return False
    return not call.changing or answer.status == 429 or (answer.status == 503 and from_cloudstack(answer))


def _back_off(attempt: int, answer: Answer | None = None) -> float:
    """Seconds to pause: what the server asks for, else twice as long each time, and never all clients at once."""
    asked = (answer.headers.get("Retry-After") or "") if answer else ""
    if asked.isdigit():
        return min(float(asked), _RETRY_AFTER_MAX)
    return min(_BACK_OFF_FIRST * 2.0**attempt, _BACK_OFF_MAX) * random.uniform(0.75, 1.0)
