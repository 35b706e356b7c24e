"""The call log: one line of JSON per call, without its secrets."""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .reply import Reply

SECRET_WORDS = ("password", "passwd", "secret", "privatekey", "apikey", "accesskey", "signature", "sessionkey",
                "certificate", "token", "bindpass", "auth", "userdata", "psk")  # fmt: skip
PLAIN = ("command", "response", "signatureversion", "expires")
HIDDEN = "<hidden>"
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


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
        shown[name] = HIDDEN if is_secret(name) or is_secret(sibling) else CREDENTIALS.sub(f"{HIDDEN}@", value)
    return shown


class CallLog:
    def __init__(self, to: IO[str]) -> None:
        self._to = to

    def write(self, time: float, command: str, method: str, params: dict[str, str], reply: Reply) -> None:
        """Append one call: time (seconds since the epoch), command, method, parameters, status, error text."""
        shown = without_secrets(params)
        entry: dict[str, Any] = {
            "time": time, "command": command, "method": method, "params": shown, "status": reply.status
        }  # fmt: skip
        if reply.status != 200 and isinstance(reply.body, dict):
            text = str(next(iter(reply.body.values())).get("errortext"))
            for name, value in params.items():
                if shown.get(name) == HIDDEN and value:
                    text = text.replace(value, HIDDEN)
            entry["error"] = text
        self._to.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._to.flush()
