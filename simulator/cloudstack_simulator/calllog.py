"""The call log: one line of JSON per call, without its secrets."""

from __future__ import annotations

import json
import logging
import re
from collections import deque
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .reply import Reply

SECRET_WORDS = ("password", "passwd", "secret", "privatekey", "apikey", "accesskey", "signature", "sessionkey",
                "certificate", "token", "bindpass", "auth", "userdata", "psk")  # fmt: skip
PLAIN = ("command", "response", "signatureversion", "expires")
HIDDEN = "<hidden>"
log = logging.getLogger("cloudstack_simulator")
KEPT = 200
"""Calls that are remembered."""
CREDENTIALS = re.compile(r"(?<=://)(?:[^/@\s]+|[^/?@]*:.*)@")
"""Up to the last @: not everybody encodes the / and the @ in a password."""


def is_secret(name: str) -> bool:
    """Whether the name of a parameter, setting or detail speaks of something secret."""
    return any(word in name.lower().replace(".", "").replace("_", "") for word in SECRET_WORDS)


def without_secrets(params: dict[str, str]) -> dict[str, str]:
    """The parameters with secret values hidden: by their own name, or by the name they are the value of."""
    shown = {}
    for name, value in params.items():
        if name.lower() in PLAIN:
            continue
        sibling = params.get("name", "") if name == "value" else ""
        if name.endswith("].value"):
            sibling = params.get(name.removesuffix("value") + "key", "")
        shown[name] = HIDDEN if is_secret(name) or is_secret(sibling) else _without_password(value)
    return shown


def _without_password(value: str) -> str:
    """A value without what URLs in it tell: `x://user:here@host`, `x://host?password=here`."""
    if "://" not in value:
        return value
    value = CREDENTIALS.sub(f"{HIDDEN}@", value)
    address, mark, query = value.partition("?")
    return f"{address}?{HIDDEN}" if mark and is_secret(query) else value


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call as it is kept: its parameters are without secrets only in `view`."""

    number: int
    time: float
    command: str
    method: str
    params: dict[str, str]
    status: int
    error: str | None

    def view(self) -> dict[str, Any]:
        """time (seconds since the epoch), command, method, params, status, error text; secrets hidden."""
        shown = without_secrets(self.params)
        entry: dict[str, Any] = {
            "time": self.time, "command": self.command, "method": self.method, "params": shown, "status": self.status
        }  # fmt: skip
        if self.error is not None:
            text = self.error
            for name, value in self.params.items():
                if shown.get(name) == HIDDEN and value:
                    text = text.replace(value, HIDDEN)
            entry["error"] = text
        return entry


class CallLog:
    """The last calls, and all of them as lines of a file if one is given."""

    def __init__(self, to: IO[str] | None = None) -> None:
        self._to = to
        self.last: deque[LoggedCall] = deque(maxlen=KEPT)
        self.total = 0

    def write(self, time: float, command: str, method: str, params: dict[str, str], reply: Reply) -> None:
        self.total += 1
        call = LoggedCall(self.total, time, command, method, params, reply.status, _error_text(reply))
        self.last.append(call)
        if self._to is not None:
            self._append(self._to, call)

    def _append(self, to: IO[str], call: LoggedCall) -> None:
        """A full disk ends the file, not the answers."""
        try:
            to.write(json.dumps(call.view(), ensure_ascii=False) + "\n")
            to.flush()
        except OSError as error:
            log.warning("the log %s ends here: %s", getattr(to, "name", ""), error.strerror)
            self._to = None


def _error_text(reply: Reply) -> str | None:
    if reply.drop:
        return "The connection was closed without an answer"
    if reply.status == 200 or not isinstance(reply.body, dict):
        return None
    return str(next(iter(reply.body.values())).get("errortext"))
