"""The second factor of users who log in: who has to have one, its keys and codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from typing import TYPE_CHECKING, Any

from .errors import CloudRuntime, ServerApiError

if TYPE_CHECKING:
    from .model.tenants import User
    from .simulator import Simulator

PROVIDERS = {
    "totp": "TOTP user two factor authentication provider Plugin",
    "staticpin": "Static Pin user two factor authentication provider Plugin",
}
STEP = 30
"""Seconds for which a code of an authenticator counts."""
ALLOWED_BEFORE = frozenset(
    {"listidps", "listapis", "listusertwofactorauthenticatorproviders", "setupusertwofactorauthentication"}
)
"""Commands that need no second factor."""
SETUP = (
    "Two factor authentication is mandated by admin, user needs to setup 2FA using setupUserTwoFactorAuthentication "
    "API and then verify 2FA using validateUserTwoFactorAuthenticationCode API before calling other APIs. Existing "
    "session is invalidated."
)
VERIFY = (
    "Two factor authentication 2FA is enabled but not verified, please verify 2FA using "
    "validateUserTwoFactorAuthenticationCode API before calling other APIs. Existing session is invalidated."
)


class TwoFactorError(ServerApiError):
    cs: int | None = None

    def __init__(self, text: str) -> None:
        super().__init__(511, text)


def is_mandated(sim: Simulator, user: User) -> bool:
    """Whether the settings of the user's domain insist on a second factor."""
    domain = _domain(sim, user)
    return bool(sim.settings.value("enable.user.2fa", domain) and sim.settings.value("mandate.user.2fa", domain))


def is_wanted(sim: Simulator, user: User) -> bool:
    return user.two_factor or is_mandated(sim, user)


def _domain(sim: Simulator, user: User) -> Any:
    return sim.db.domains[sim.db.accounts[user.account_id].domain_id]


def forget_half_done(user: User) -> None:
    """A login forgets a second factor that was never verified, one that an admin asked for among them."""
    if not user.two_factor_verified:
        turn_off(user)


def turn_off(user: User) -> None:
    user.two_factor, user.two_factor_provider, user.two_factor_key, user.two_factor_verified = False, None, None, False


def turn_on(sim: Simulator, user: User, provider: str | None) -> str:
    """Give a user a key of a provider (without one that of the setting); it counts once a code was verified."""
    domain = _domain(sim, user)
    if not sim.settings.value("enable.user.2fa", domain) and not sim.settings.value("mandate.user.2fa", domain):
        raise CloudRuntime("2FA is not enabled for this domain or at global level")
    name = provider_named(provider or sim.settings.value("user.2fa.default.provider", domain) or "")
    if user.two_factor_key:
        raise CloudRuntime(f"2FA key is already setup for the user account {sim.db.accounts[user.account_id].name}")
    key = base64.b32encode(sim.ids.octets(20)).decode() if name == "totp" else f"{sim.ids.random.randrange(10**6):06}"
    user.two_factor, user.two_factor_provider, user.two_factor_key = True, name, key
    user.two_factor_verified = False
    return key


def provider_named(given: str) -> str:
    """The provider of that name, in whatever case."""
    if not given:
        raise CloudRuntime("Two factor authentication provider name is empty")
    if given.lower() not in PROVIDERS:
        raise CloudRuntime(f"Failed to find two factor authentication provider by the name: {given}.")
    return given.lower()


def code_at(key: str, moment: float) -> str:
    """What an authenticator with a key shows at a moment (RFC 6238: SHA-1, six digits, 30 seconds)."""
    digest = hmac.new(base64.b32decode(key), struct.pack(">Q", int(moment // STEP)), hashlib.sha1).digest()
    number = struct.unpack_from(">I", digest, digest[-1] & 15)[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def verify(sim: Simulator, user: User, code: str) -> None:
    """Check a code; a wrong one ends a setup that was never verified."""
    if not user.two_factor:
        raise TwoFactorError(f"Two factor authentication is not enabled on the user: {user.username}")
    if not user.two_factor_provider or not user.two_factor_key:
        raise TwoFactorError(
            f"Two factor authentication is not setup for the user: {user.username}, please setup 2FA before verifying"
        )
    key = user.two_factor_key
    expected = key if user.two_factor_provider == "staticpin" else code_at(key, sim.clock.outside())
    if not hmac.compare_digest(expected.encode(), code.encode()):
        if not user.two_factor_verified:
            turn_off(user)
        raise TwoFactorError("two-factor authentication code provided is invalid")
    user.two_factor_verified = True
