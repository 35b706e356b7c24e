"""Setting up the second factor of one's own login, and turning off that of another."""

from __future__ import annotations

from typing import Any

from ... import two_factor
from ...call import Call
from ...errors import InvalidParameter, ServerApiError
from ...registry import command


@command("login", "logout", "oauthlogin", "validateUserTwoFactorAuthenticationCode")
def only_with_sessions(_call: Call) -> dict[str, Any]:
    """Sessions answer these (sessions.py); they are no commands for those who sign their requests."""
    raise ServerApiError(405, "This is an authentication api, cannot be used directly")


@command("listUserTwoFactorAuthenticatorProviders")
def list_providers(call: Call) -> dict[str, Any]:
    wanted = call.params.name
    names = [two_factor.provider_named(wanted)] if wanted else list(two_factor.PROVIDERS)
    shown = [{"name": name, "description": two_factor.PROVIDERS[name]} for name in names]
    return {"count": len(shown), "providers": shown}


@command("setupUserTwoFactorAuthentication")
def setup(call: Call) -> dict[str, Any]:
    p, user, key = call.params, call.caller.user, None
    if p.enable:
        key = two_factor.turn_on(call.sim, user, p.provider)
    else:
        user = p.userid if p.userid is not None else user
        if user.removed is not None:
            raise InvalidParameter("Invalid user ID provided")
        call.check_access(user)
        two_factor.turn_off(user)
    return {
        "setup2fa": {
            "id": user.uuid,
            "username": user.username,
            "accountid": call.db.accounts[user.account_id].uuid,
            "secretcode": key,
        }
    }
