# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an HTTP answer to the payload of a command, or to the error that tells the user most."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from .errors import ApiError, CloudStackError, LostAnswer, NotAllowed, Unauthorized, WrongEndpoint
from .transport import Answer

BUSY = frozenset({429, 502, 503, 504})
_CREDENTIALS_TEXT = "unable to verify user credentials"
_MASKED = "please contact your system administrator"
# From this difference on the clock is named as the likely reason of a 401.
_SKEW_SECONDS = 60.0


@dataclass(frozen=True)
class Call:
    """A call as far as its answer's meaning depends on it. ``obj``: the object it is about, for messages."""

    command: str
    changing: bool = False
    obj: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        return {"command": self.command, "obj": self.obj}


def parse(answer: Answer) -> tuple[str, Any] | None:
    """The JSON object's only key and what it holds; ``None`` when the answer is anything else.

    The key is taken and never computed: many commands answer under another command's name.
    """
    try:
        document = json.loads(answer.body)
    except ValueError:
        return None
    if isinstance(document, dict) and len(document) == 1:
        return next(iter(document.items()))
    if isinstance(document, str) or (document is None and answer.status >= 400):
        # "login" refuses this way.
        return "", {"errorcode": answer.status, "errortext": document or ""}
    return None


def payload(answer: Answer, call: Call, now: datetime, signed: bool) -> dict[str, Any]:
    """What the command answered. Raises the fitting CloudStackError.

    now: wall time when the answer came. signed: the call was signed with a key (and not made in a session).
    """
    if 300 <= answer.status < 400:
        raise _redirected(answer, call)
    found = parse(answer)
    if found is None:
        raise _unreadable(answer, call)
    envelope, content = found
    if answer.status == 200 and isinstance(content, dict) and "errorcode" not in content:
        return content
    if not isinstance(content, dict) or "errorcode" not in content:
        raise _unreadable(answer, call)
    raise refusal(answer, envelope, content, call, now, signed)


def session_ended(answer: Answer) -> bool:
    """True when the server no longer knows the session; the call was not executed."""
    found = parse(answer) if answer.status == 401 else None
    return found is not None and isinstance(found[1], dict) and _CREDENTIALS_TEXT in str(found[1].get("errortext"))


def from_cloudstack(answer: Answer) -> bool:
    """True when a refusal is the management server's own and not that of a proxy before it."""
    found = parse(answer)
    return found is not None and isinstance(found[1], dict) and "errorcode" in found[1]


def refusal(
    answer: Answer, envelope: str, content: dict[str, Any], call: Call, now: datetime, signed: bool
) -> CloudStackError:
    """The error for a refusal in the API's own format."""
    text = str(content.get("errortext") or "").strip()
    facts = {
        **call.facts,
        "server_text": text or None,
        "code": content["errorcode"],
        "cs_code": content.get("cserrorcode"),
    }
    if answer.status == 401 and _CREDENTIALS_TEXT in text:
        return _unauthorized(answer, envelope, facts, now, signed)
    if answer.status == 432 or (answer.status == 401 and "not available for user" in text):
        return NotAllowed(
            "the server does not offer this command to the caller",
            remedy="check the role of the account and the version of the server",
            **facts,
        )
    if answer.status in (511, 531) and call.command == "login":
        remedy = "check user name, password and domain (a path such as ROOT/customers)"
        if answer.status == 511:
            remedy = "use an API key: this user logs in with a second factor"
        return Unauthorized("the login was refused", remedy=remedy, **facts)
    said = "the server refused the call" if text else "the server refused the call and gave no reason"
    return ApiError(said, remedy=_remedy(answer.status, text), **facts)


def clock_skew(answer: Answer, now: datetime) -> float | None:
    """Seconds that the server's clock is ahead of ours, by its Date header (whole seconds)."""
    try:
        server = parsedate_to_datetime(answer.headers.get("Date") or "")
        return (server - now).total_seconds()
    except (TypeError, ValueError):
        return None


def _unauthorized(answer: Answer, envelope: str, facts: dict[str, Any], now: datetime, signed: bool) -> CloudStackError:
    skew = clock_skew(answer, now)
    if signed and skew is not None and abs(skew) >= _SKEW_SECONDS:
        where = "behind" if skew > 0 else "ahead of"
        return Unauthorized(
            f"the server refused the signature; this machine's clock is {abs(skew):.0f} seconds {where} the server's",
            remedy="set the clock right, then check key and secret if it is still refused",
            **facts,
        )
    if envelope == "errorresponse":
        # A known command is refused under its own name, even to a stranger.
        return NotAllowed(
            "the server does not know this command, or refused the credentials",
            remedy="check the name of the command and the version and plugins of the server, then key and secret",
            **facts,
        )
    if signed:
        message = "the server refused key or signature"
        remedy = "check api_key and api_secret, that user and account are enabled and that their API key access is on"
    else:
        message = "the server does not accept the session it has just given"
        remedy = "if a proxy is in between, let it pass on the cookies JSESSIONID and sessionkey"
    return Unauthorized(message, remedy=remedy, **facts)


def _redirected(answer: Answer, call: Call) -> CloudStackError:
    target = urlsplit(answer.headers.get("Location") or "")
    shown = f"{target.scheme}://{target.netloc}{target.path}" if target.netloc else target.path or "nowhere"
    return WrongEndpoint(
        f"the URL leads elsewhere (redirect to {shown}), and signed calls are not passed on",
        code=answer.status,
        remedy="set api_url to the server's final URL; it usually ends with /client/api",
        **call.facts,
    )


def _unreadable(answer: Answer, call: Call) -> CloudStackError:
    """For what is not in the API's format. Only where CloudStack itself may have answered is a change in doubt."""
    start = answer.body[:200].lstrip().lower()
    page = start.startswith((b"<!doctype", b"<html"))
    if call.changing and (answer.status >= 500 or (answer.status == 200 and not page)):
        return LostAnswer(f"the call was sent, but {_described(answer, page)}", code=_code(answer), **call.facts)
    if answer.status in BUSY:
        return ApiError(
            f"{_described(answer, page)}: the management server or the proxy before it is not ready",
            code=answer.status,
            remedy="try again when it is",
            **call.facts,
        )
    remedies = {
        401: "something before the server asks for a login of its own",
        407: "the proxy wants a login: give user name and password in api_proxy",
        413: "the server or a proxy before it does not take requests of this size",
        414: "the request is too long for a URL: set api_http_method to post",
    }
    remedy = remedies.get(answer.status, "check api_url; it usually ends with /client/api")
    return WrongEndpoint(
        f"the server at this URL does not speak CloudStack's API: {_described(answer, page)}",
        code=_code(answer),
        remedy=remedy,
        **call.facts,
    )


def _described(answer: Answer, page: bool) -> str:
    if not answer.body.strip():
        return f"the answer is empty (HTTP {answer.status})"
    if page:
        return f"the answer is a web page (HTTP {answer.status})"
    if answer.body.lstrip().startswith(b"<?xml"):
        return f"the answer is XML though JSON was asked for (HTTP {answer.status})"
    return f"the answer is not JSON as the API writes it (HTTP {answer.status})"


def _code(answer: Answer) -> int | None:
    return answer.status if answer.status != 200 else None


def _remedy(status: int, text: str) -> str | None:
    if "needs to be sent using POST" in text:
        return "set api_http_method to post"
    if _MASKED in text:
        return "the server hides the reason from this role: run it as root admin, or read the server's log"
    if re.search(r"\badmins? (only|can)\b", text):
        return "ask with the keys of an administrator of the domain ROOT"
    return {
        429: "the server limits calls per account (api.throttling): run fewer side by side",
        503: "the management server is being shut down or maintained: wait, or use another one",
        533: "make room, or choose another zone, cluster, host or offering",
        535: "raise the limit of the account, domain or project, or free what it holds",
    }.get(status)
