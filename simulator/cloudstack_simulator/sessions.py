"""login, logout and requests that come with a session's cookies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import two_factor
from .auth import SESSION_SECONDS, Session, password_is
from .envelope import name_of
from .errors import ApiError, ServerApiError, Unauthorized
from .parameters import UUID
from .reply import Reply, error_reply

if TYPE_CHECKING:
    from .call import Caller
    from .simulator import Simulator


class LoginError(ApiError):
    code, cs = 531, None


def answer(sim: Simulator, params: dict[str, str], method: str, cookies: dict[str, str]) -> Reply:
    """Answer `login` or `logout`."""
    if params["command"] == "logout":
        if not sim.auth.close_session(cookies.get("JSESSIONID")):
            return error_reply("logoutresponse", ServerApiError(431, "Session not found for the logout process."))
        return Reply(200, {"logoutresponse": {"description": "success"}})
    if method != "POST":
        return Reply(405, "Please use HTTP POST to authenticate using this API")
    try:
        user = _authenticate(sim, params)
    except LoginError as error:
        return Reply(531, None) if error.text is None else error_reply("loginresponse", error)
    sim.auth.close_session(cookies.get("JSESSIONID"))
    two_factor.forget_half_done(user)
    session = sim.auth.open_session(user)
    return Reply(
        200,
        {"loginresponse": _login_view(sim, sim.auth.caller_of(user), session)},
        cookies={"JSESSIONID": session.cookie, "sessionkey": session.key},
    )


def _authenticate(sim: Simulator, params: dict[str, str]) -> Any:
    name, password = params.get("username"), params.get("password", "")
    if name is None:
        raise LoginError(None)
    domain = _domain(sim, params)
    text = f"Failed to authenticate user {name} in domain {domain.id}; please provide valid credentials"
    for user in sim.db.users.where(username=name):
        caller = sim.auth.caller_of(user)
        known = caller.domain is domain and user.source == "native" and sim.auth.is_enabled(caller)
        if known and password_is(user.password, password):
            return user
    raise LoginError(text)


def _domain(sim: Simulator, params: dict[str, str]) -> Any:
    by_id = params.get("domainId") or params.get("domainid")
    if by_id:
        found = sim.db.domains.find(by_id) if UUID.fullmatch(by_id) else sim.db.domains.get(_number(by_id))
        if found is None or found.removed is not None:
            raise LoginError(f"Unable to find the domain by id {by_id}")
        return found
    path = "/" + params.get("domain", "").strip("/") + "/"
    path = "/" if path == "//" else path
    for domain in sim.db.domains:
        if domain.path.lower() == path.lower():
            return domain
    raise LoginError(f"Unable to find the domain from the path {path}")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1


def _login_view(sim: Simulator, caller: Caller, session: Session) -> dict[str, Any]:
    view = {
        "username": caller.user.username,
        "userid": caller.user.uuid,
        "domainid": caller.domain.uuid,
        "timeout": SESSION_SECONDS,
        "account": caller.account.name,
        "firstname": caller.user.firstname,
        "lastname": caller.user.lastname,
        "type": str(caller.account.account_type),
        "timezone": caller.user.timezone or "UTC",
        "timezoneoffset": "0.0",
        "registered": "false",
        "sessionkey": session.key,
        "is2faenabled": str(two_factor.is_wanted(sim, caller.user)).lower(),
        "is2faverified": str(session.verified).lower(),
        "providerfor2fa": caller.user.two_factor_provider,
        "issuerfor2fa": sim.settings.value("user.2fa.issuer", caller.domain),
    }
    if caller.is_root_admin:
        view["managementserverid"] = sim.db.management_servers.first().uuid
    return {name: value for name, value in view.items() if value is not None}


def run(
    sim: Simulator,
    session: Session,
    params: dict[str, str],
    cookies: dict[str, str],
    execute: Callable[..., Reply],
) -> Reply:
    """Run a request with a session: its key has to come as cookie and as parameter."""
    command = params.get("command")
    refused = _second_factor(sim, session, command, params)
    if refused is not None:
        return refused
    if params.get("sessionkey") != session.key or cookies.get("sessionkey") != session.key:
        sim.auth.close_session(session.cookie)
        name = name_of(command) if command else "null"
        return error_reply(name, Unauthorized("unable to verify user credentials"))
    if command is None:
        return Reply(200, "")
    caller = sim.auth.caller_of(sim.db.users[session.user_id])
    return execute(params, caller, caller.user.uuid)


def _second_factor(sim: Simulator, session: Session, command: str | None, params: dict[str, str]) -> Reply | None:
    """The answer to a code, or to whoever has not shown his second factor yet; None when the request may go on."""
    user = sim.db.users[session.user_id]
    if command == "validateUserTwoFactorAuthenticationCode":
        return _verify(sim, session, user, params)
    if command is None or command.lower() in two_factor.ALLOWED_BEFORE:
        return None
    if session.verified or not two_factor.is_wanted(sim, user):
        return None
    sim.auth.close_session(session.cookie)
    text = two_factor.VERIFY if user.two_factor_key else two_factor.SETUP
    return error_reply(name_of(command), two_factor.TwoFactorError(f"Unable to process the API request due to :{text}"))


def _verify(sim: Simulator, session: Session, user: Any, params: dict[str, str]) -> Reply:
    name = name_of("validateUserTwoFactorAuthenticationCode")
    code = next((value for key, value in params.items() if key.lower() == "codefor2fa"), "")
    if not code:
        return error_reply(name, ServerApiError(431, "Code for two factor authentication is required"))
    set_up_before = user.two_factor_verified
    try:
        two_factor.verify(sim, user, code)
    except two_factor.TwoFactorError as error:
        if set_up_before:
            sim.auth.close_session(session.cookie)
        return error_reply(name, error)
    session.verified = True
    return Reply(200, {name: {"success": True}})
