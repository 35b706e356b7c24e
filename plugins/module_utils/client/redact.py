# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets out of texts and structures: by the name they go by, and by value where the value is known."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import quote, quote_plus, unquote, unquote_plus

HIDDEN = "********"

# Endings of parameter and field names that carry a secret; compared without case, "_", "-" and ".".
_ENDINGS = (
    "password", "passwd", "passphrase", "secret", "secretkey", "secretcode", "signature", "sessionkey", "jsessionid",
    "apikey", "privatekey", "presharedkey", "psk", "token", "userdata", "bindpass", "truststorepass", "authorization",
    "cookie",
)  # fmt: skip
# A zone's token is an identifier that every list of zones shows.
_HARMLESS = frozenset({"zonetoken"})

_WORD = (
    r"(?:password|passwd|passphrase|secret|secret[_-]?key|secret[_-]?code|signature|session[_-]?key|jsessionid"
    r"|api[_-]?key|private[_-]?key|pre[_-]?shared[_-]?key|psk|(?<!zone)token|user[_-]?data|bindpass|truststorepass"
    r"|authorization|cookie)"
)
_IN_QUERY = (rf"({_WORD}=)[^&\s\"'<>,;]+", rf"\1{HIDDEN}")
# Up to the last "@", for a password may hold "/" and "@" though it should not; a port is none.
_IN_ADDRESS = (r"(://[^/\s:@?\"'<>]*:)(?!/|\d{1,5}(?:[/?#\s]|$))[^\s\"'<>]*@", rf"\1{HIDDEN}@")
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), into)
    for pattern, into in (
        (r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|$)", rf"\1{HIDDEN}\2"),
        (rf'({_WORD}"\s*:\s*)"(?:[^"\\]|\\.)*"', rf'\1"{HIDDEN}"'),
        (rf"({_WORD}'\s*:\s*)'(?:[^'\\]|\\.)*'", rf"\1'{HIDDEN}'"),
        _IN_QUERY,
        (r"(\b(?:authorization|cookie|set-cookie):\s*)[^\r\n]+", rf"\1{HIDDEN}"),
        (rf"(invalid value )[^\n]*?( for parameter [\w.\[\]-]*{_WORD}\b)", rf"\1{HIDDEN}\2"),
        _IN_ADDRESS,
    )
)
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# Their paths may well have an "@", and their passwords are seldom written with a "/".
_WITH_PATH = ("http", "https", "ftp", "nfs")
_ADDRESS_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), into) for pattern, into in (_IN_QUERY, _IN_ADDRESS))

T = TypeVar("T")


def is_secret_name(name: str) -> bool:
    """True for a parameter or field whose value nobody must see (``password``, ``details[0].secretkey``)."""
    plain = re.sub(r"[_.\-\[\]]", "", name).lower()
    return plain.endswith(_ENDINGS) and plain not in _HARMLESS


def secrets_in(params: Mapping[str, Any]) -> set[str]:
    """The secret values among the parameters of a call, also those of ``x[0].key=password``, ``x[0].value=...``."""
    found = {str(value) for name, value in params.items() if value is not None and is_secret_name(name)}
    for name, value in params.items():
        if name.endswith("].key") and is_secret_name(str(value)):
            found.add(str(params.get(name[:-3] + "value", "")))
    found |= secrets_in_addresses(params)
    return {value for value in found if value}


def secrets_in_addresses(value: Any) -> set[str]:
    """Passwords inside the URLs of a value or of what it holds: ``x://user:here@host`` and ``x://host?password=here``.

    They come as they are written and as they are meant (URL-decoded). Where a URL can be read in two ways, because
    somebody did not encode a ``/``, ``@`` or ``&``, all that may belong to the password does.
    """
    if isinstance(value, Mapping):
        return set().union(*(secrets_in_addresses(item) for item in value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*(secrets_in_addresses(item) for item in value))
    if not isinstance(value, str) or "://" not in value:
        return set()
    found: set[str] = set()
    for address in {value, *value.split()}:
        if _ADDRESS.match(address):
            scheme, _mark, rest = address.strip().partition("://")
            found |= {*_in_authority(scheme.lower(), rest), *_in_query(rest.partition("?")[2])}
    return {form for secret in found for form in (secret, unquote(secret), unquote_plus(secret)) if form}


def _in_authority(scheme: str, rest: str) -> set[str]:
    found = set()
    for reach in (re.split(r"[/?#]", rest, maxsplit=1)[0], rest):
        user, colon, secret = reach.rpartition("@")[0].partition(":")
        is_port = scheme in _WITH_PATH and re.match(r"\d{0,5}/", secret)
        if colon and not re.search(r"[/?#@]", user) and not is_port:
            found.add(secret)
    return found


def _in_query(query: str) -> set[str]:
    """From each secret parameter to every later ``&``, and to the end: any of them may belong to the password."""
    parts = query.split("&")
    found = set()
    for start, part in enumerate(parts):
        name, equals, text = part.partition("=")
        if equals and is_secret_name(unquote(name)):
            found |= {"&".join((text, *parts[start + 1 : end])) for end in range(start + 1, len(parts) + 1)}
    return found


class Redactor:
    """Knows secret values and removes them from whatever is shown, as they are and as they travel.

    ``scrub`` gives back what it was given (text, list, dict, anything else untouched) with each secret replaced by
    ``HIDDEN``: those added, in plain, URL-encoded, base64, JSON or HTML form; and what stands behind a telling name.
    Secrets shorter than four characters are replaced only where they stand alone, for else no text would survive.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._pattern: re.Pattern[str] | None = None
        self._secrets: set[str] = set()
        self.add(*secrets)

    def add(self, *secrets: str | None) -> None:
        """More values to hide. Empty ones are ignored."""
        with self._lock:
            before = len(self._secrets)
            self._secrets |= {str(secret) for secret in secrets if secret}
            if len(self._secrets) > before:
                self._pattern = None

    def scrub(self, shown: T) -> T:
        """What was given, without secrets."""
        return cast(T, _walk(shown, self._known()))

    def hide(self, result: T) -> T:
        """A result without the known secrets and without passwords in URLs. Keys stay as they are, and values under
        telling names too: they may be placeholders."""
        return cast(T, _hide(result, self._known()))

    def _known(self) -> re.Pattern[str] | None:
        with self._lock:
            # Made when it is needed: most runs add many secrets and show none.
            if self._pattern is None and self._secrets:
                self._pattern = _pattern_of(self._secrets)
            return self._pattern


def scrub(shown: T) -> T:
    """Without known values: only by name. The same in text, list or dict."""
    return cast(T, _walk(shown, None))


def hide(result: T) -> T:
    """A result without passwords in URLs."""
    return cast(T, _hide(result, None))


def _walk(shown: Any, pattern: re.Pattern[str] | None) -> Any:
    if isinstance(shown, str):
        text = pattern.sub(HIDDEN, shown) if pattern else shown
        for known, into in _PATTERNS:
            text = known.sub(into, text)
        return text
    if isinstance(shown, Mapping):
        return {
            _walk(key, pattern): HIDDEN
            if isinstance(key, str) and is_secret_name(key) and isinstance(value, str) and value
            else _walk(value, pattern)
            for key, value in shown.items()
        }
    if isinstance(shown, (list, tuple)):
        return type(shown)(_walk(item, pattern) for item in shown)
    return shown


def _hide(result: Any, pattern: re.Pattern[str] | None) -> Any:
    if isinstance(result, str):
        text = pattern.sub(HIDDEN, result) if pattern else result
        return _without_passwords(text) if "://" in text else text
    if isinstance(result, Mapping):
        return {key: _hide(value, pattern) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return type(result)(_hide(item, pattern) for item in result)
    return result


def _without_passwords(text: str) -> str:
    if _ADDRESS.match(text):
        for secret in sorted(secrets_in_addresses(text), key=len, reverse=True):
            text = text.replace(f":{secret}@", f":{HIDDEN}@").replace(f"={secret}", f"={HIDDEN}")
    for known, into in _ADDRESS_PATTERNS:
        text = known.sub(into, text)
    return text


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    coded = {quote(raw, safe=""), quote_plus(raw), quote(raw, safe="*").replace("~", "%7E")}
    coded |= {quote(raw)}
    lowered = {re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), text) for text in coded}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return {
        secret,
        *coded,
        *lowered,
        *escaped,
        html.escape(secret),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }


def _pattern_of(secrets: Iterable[str]) -> re.Pattern[str]:
    long: set[str] = set()
    short: set[str] = set()
    for secret in secrets:
        for form in _forms(secret):
            (long if len(form) >= 4 else short).add(form)
    parts = [re.escape(form) for form in sorted(long, key=len, reverse=True)]
    parts += [rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(short, key=len, reverse=True)]
    return re.compile("|".join(parts))
