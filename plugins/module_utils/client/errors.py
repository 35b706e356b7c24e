# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: N818 - the classes say what happened; "Error" at the end of each would only repeat it
"""What can go wrong between us and a CloudStack server, one class for each thing a caller treats differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .redact import Redactor, scrub

_TEXTS = ("message", "obj", "server_text", "remedy")


class CloudStackError(Exception):
    """An error with all that is known about it.

    message: what happened, one clause without the command and the server's words.
    command: API command that was being called.
    obj: the object it was about, as the user calls it (``volume data1``).
    server_text: what the server said.
    code, cs_code: the server's HTTP code and its ``cserrorcode``.
    job_id: the asynchronous job.
    remedy: what the user can do, a sentence.

    All texts are scrubbed by parameter name here, and of the connection's own secrets by the client.
    """

    remedy_default: str | None = None
    #: What the task had warned of before it failed: often the reason.
    warnings: tuple[str, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        command: str | None = None,
        obj: str | None = None,
        server_text: str | None = None,
        code: int | None = None,
        cs_code: int | None = None,
        job_id: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = scrub(message)
        self.command = command
        self.obj = scrub(obj)
        self.server_text = scrub(server_text)
        self.code = code
        self.cs_code = cs_code
        self.job_id = job_id
        self.remedy = scrub(remedy or self.remedy_default)
        self.args = (self.message,)
        # Hidden by name, a password with odd characters may be half there: by value it is found in the whole only.
        self._told = {"message": message, "obj": obj, "server_text": server_text, "remedy": remedy}

    def scrubbed(self, redactor: Redactor) -> CloudStackError:
        """The same error without the secrets that ``redactor`` knows."""
        for name in _TEXTS:
            shown, told = getattr(self, name), self._told.get(name)
            setattr(self, name, redactor.scrub(told if scrub(told) == shown else shown))
        self._told = {}
        self.args = (self.message,)
        return self

    def __str__(self) -> str:
        where = self.command or ""
        if where and self.obj:
            where += f" ({self.obj})"
        sentence = f"{where}: {self.message}" if where else self.message
        if self.server_text and self.server_text not in sentence:
            sentence = f"{sentence.rstrip('.: ')}: {self.server_text.strip()}"
        marks = [f"code {self.code}"] if self.code else []
        if self.job_id and self.job_id not in sentence:
            marks.append(f"job {self.job_id}")
        if marks:
            sentence = f"{sentence.rstrip('. ')} [{', '.join(marks)}]"
        if self.remedy:
            sentence = f"{sentence.rstrip('. ')}. {self.remedy[:1].upper()}{self.remedy[1:]}"
        return sentence

    def extra(self) -> dict[str, Any]:
        """What a subclass adds to ``as_dict``."""
        return {}

    def as_dict(self) -> dict[str, Any]:
        """For the ``failure`` of a module's result: only what is known, plain types."""
        facts = {
            "kind": type(self).__name__,
            "message": self.message,
            "command": self.command,
            "object": self.obj,
            "server_text": self.server_text,
            "code": self.code,
            "cs_code": self.cs_code,
            "job_id": self.job_id,
            "remedy": self.remedy,
            **self.extra(),
        }
        return {name: value for name, value in facts.items() if value not in (None, [], {})}


class ConnectFailed(CloudStackError):
    """No connection, or it broke while reading. Nothing was changed."""


class TlsFailed(ConnectFailed):
    """The TLS handshake failed. Nothing was sent."""


class TimedOut(CloudStackError):
    """The server did not answer a reading call in time. Nothing was changed."""


class WrongEndpoint(CloudStackError):
    """Something answers there, but it does not speak CloudStack's API."""


class Unauthorized(CloudStackError):
    """Key, secret, user name, password or clock is wrong."""


class NotAllowed(CloudStackError):
    """The command is unknown to this server or not allowed for the caller's role."""


class ApiError(CloudStackError):
    """The server refused the call and says why. Nothing was changed unless its text says so."""


class LostAnswer(CloudStackError):
    """A changing call was sent and its outcome is unknown: read back before doing anything again."""

    remedy_default = "it may have been done: look at the object before repeating it"


class JobFailed(CloudStackError):
    """The job ended without success."""


class JobTimeout(CloudStackError):
    """The job had not ended when the patience for it had. It may still finish."""


class InvalidInput(CloudStackError):
    """What the user gave cannot be right. Nothing was sent."""

    def __init__(self, message: str, *, option: str | None = None, value: object = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.option = option
        self.value = scrub({option or "": value})[option or ""] if value is not None else None

    def extra(self) -> dict[str, Any]:
        return {"option": self.option, "value": self.value}

    def scrubbed(self, redactor: Redactor) -> CloudStackError:
        self.value = redactor.scrub(self.value)
        return super().scrubbed(redactor)


class NotFound(CloudStackError):
    """There is no such object. ``nearest``: names that look alike. ``expected``: the user wants it to be absent."""

    def __init__(self, message: str, *, nearest: Sequence[str] = (), expected: bool = False, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.nearest = list(nearest)
        self.expected = expected

    def extra(self) -> dict[str, Any]:
        return {"nearest": self.nearest}


class Ambiguous(CloudStackError):
    """Several objects fit. ``ids``: all of them."""

    def __init__(self, message: str, *, ids: Sequence[str] = (), **facts: Any) -> None:
        super().__init__(message, **facts)
        self.ids = list(ids)

    def __str__(self) -> str:
        text = super().__str__()
        unnamed = [i for i in self.ids if i not in text]
        return f"{text.rstrip('. ')} (ids: {', '.join(self.ids)})" if unnamed else text

    def extra(self) -> dict[str, Any]:
        return {"ids": self.ids}


class Drift(CloudStackError):
    """What cannot be changed differs. ``differences``: by option, ``{"current": ..., "wanted": ...}``."""

    def __init__(self, message: str, *, differences: Mapping[str, Any] | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.differences = scrub(dict(differences or {}))

    def extra(self) -> dict[str, Any]:
        return {"differences": self.differences}

    def scrubbed(self, redactor: Redactor) -> CloudStackError:
        self.differences = redactor.scrub(self.differences)
        return super().scrubbed(redactor)
