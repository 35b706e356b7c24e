"""Who is asking: signatures and sessions."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import two_factor
from .call import Caller
from .parameters import parse_date

if TYPE_CHECKING:
    from .simulator import Simulator

SESSION_SECONDS = 1800
LONGEST_VALIDITY = 900
"""Seconds ahead that `expires` may be where timestamps are enforced."""


def signed_text(params: dict[str, str]) -> str:
    """What a request's signature covers."""
    return "&".join(
        f"{name}={quote(value, safe='*').replace('~', '%7E')}"
        for name, value in sorted(params.items())
        if name.lower() != "signature"
    ).lower()


def signature(params: dict[str, str], secret: str) -> str:
    """The signature of a request (version 2 and 3)."""
    digest = hmac.new(secret.encode(), signed_text(params).encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def digest_password(password: str, salt: str) -> str:
    return salt + ":" + hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 1000).hex()


def password_is(stored: str, password: str) -> bool:
    salt = stored.partition(":")[0]
    return bool(salt) and hmac.compare_digest(stored, digest_password(password, salt))


@dataclass(slots=True)
class Session:
    key: str
    cookie: str
    user_id: int
    last_seen: float
    verified: bool
    """Whether its second factor was shown, or none is wanted."""


class Authenticator:
    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.sessions: dict[str, Session] = {}

    def caller_of(self, user: Any) -> Caller:
        db = self.sim.db
        account = db.accounts[user.account_id]
        return Caller(user, account, db.domains[account.domain_id], db.roles.get(account.role_id))

    def by_key(self, params: dict[str, str]) -> Caller | None:
        """The caller that a signed request proves, or None."""
        named = {name.lower(): value for name, value in params.items()}
        given, api_key = named.get("signature"), named.get("apikey")
        if not given or not api_key:
            return None
        if not self._in_time(named):
            return None
        users = [u for u in self.sim.db.users.where(api_key=api_key) if u.api_key == api_key]
        if (
            not users
            or not users[0].secret_key
            or not hmac.compare_digest(given.encode(), signature(params, users[0].secret_key).encode())
        ):
            return None
        caller = self.caller_of(users[0])
        return caller if self.is_enabled(caller) and self.accepts_keys(caller) else None

    def _in_time(self, named: dict[str, str]) -> bool:
        """Whether a request has not expired; where timestamps are enforced, it has to have one, and a near one."""
        strict = self.sim.enforces_post
        if named.get("signatureversion") != "3":
            return not strict
        try:
            left = parse_date(named.get("expires") or "") - self.sim.clock.outside()
        except ValueError:
            return False
        return left > 0 and (not strict or left <= LONGEST_VALIDITY)

    def accepts_keys(self, caller: Caller) -> bool:
        """Whether keys of the user work: his own word, his account's, else the setting."""
        for word in (caller.user.api_key_access, caller.account.api_key_access):
            if word != "INHERIT":
                return bool(word == "ENABLED")
        return bool(self.sim.settings.value("api.key.access", caller.domain))

    @staticmethod
    def is_enabled(caller: Caller) -> bool:
        """Whether neither the user nor his account is disabled or locked."""
        return bool(caller.user.state == caller.account.state == "enabled" and caller.user.removed is None)

    def open_session(self, user: Any) -> Session:
        key = base64.urlsafe_b64encode(self.sim.ids.octets(20)).decode().rstrip("=")
        cookie, verified = self.sim.ids.octets(16).hex().upper(), not two_factor.is_wanted(self.sim, user)
        session = Session(key, cookie, user.id, self.sim.clock.now(), verified)
        self.sessions[session.cookie] = session
        return session

    def close_session(self, cookie: str | None) -> bool:
        return self.sessions.pop(cookie or "", None) is not None

    def session(self, cookie: str | None) -> Session | None:
        """The living session behind a cookie."""
        found = self.sessions.get(cookie or "")
        if found is None:
            return None
        if self.sim.clock.now() - found.last_seen > SESSION_SECONDS:
            del self.sessions[found.cookie]
            return None
        found.last_seen = self.sim.clock.now()
        return found
