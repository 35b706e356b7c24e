"""login, logout and requests that come with a session's cookies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import two_factor
from .auth import SESSION_SECONDS, Session, password_is
from .doors import LOOPBACK
from .envelope import name_of
from .errors import ApiError, ServerApiError, Unauthorized
from .farm import first_server
from .model.tenants import domain_text
from .parameters import UUID
from .reply import Reply, error_reply
from .wording import printed

if TYPE_CHECKING:
    from .call import Caller
    from .simulator import Simulator


class LoginError(ApiError):
    code, cs = 531, None


def answer(sim: Simulator, params: dict[str, str], method: str, cookies: dict[str, str]) -> Reply:
    """Answer `login` or `logout`."""
    if params["command"] == "logout":
        return _log_out(sim, cookies)
    if method != "POST":
        return Reply(405, "Please use HTTP POST to authenticate using this API")
    try:
        user = _authenticate(sim, params)
    except LoginError as error:
        return Reply(531, None) if error.text is None else error_reply("loginresponse", error)
    sim.auth.close_session(cookies.get("JSESSIONID"))
    two_factor.forget_half_done(user)
    session = sim.auth.open_session(user)
    text = f"user has logged in from IP Address /{LOOPBACK}"
    sim.events.write("USER.LOGIN", text, sim.auth.caller_of(user), user)
    return Reply(
        200,
        {"loginresponse": _login_view(sim, sim.auth.caller_of(user), session)},
        cookies={"JSESSIONID": session.cookie, "sessionkey": session.key},
    )


def _log_out(sim: Simulator, cookies: dict[str, str]) -> Reply:
    session = sim.auth.session(cookies.get("JSESSIONID"))
    if session is None:
        return error_reply("logoutresponse", ServerApiError(431, "Session not found for the logout process."))
    sim.auth.close_session(session.cookie)
    user = sim.db.users[session.user_id]
    sim.events.write("USER.LOGOUT", "user has logged out", sim.auth.caller_of(user), user)
    return Reply(200, {"logoutresponse": {"description": "success"}})


def _authenticate(sim: Simulator, params: dict[str, str]) -> Any:
    name, password = params.get("username"), params.get("password", "")
    if name is None:
        raise LoginError(None)
    domain = _domain(sim, params)
    text = f"Failed to authenticate user {name} in domain {domain.id}; please provide valid credentials"
    callers = [sim.auth.caller_of(user) for user in sim.db.users.where(username=name)]
    caller = next((one for one in callers if one.domain is domain and one.user.source == "native"), None)
    if caller is None or not password:
        raise LoginError(text)
    if not password_is(caller.user.password, password):
        _count_wrong(sim, caller)
        raise LoginError(text)
    if not sim.auth.is_enabled(caller):
        raise LoginError(
            f"User {_printed(caller)} (or their account) in domain {domain_text(domain)} is disabled/locked. Please "
            "contact the administrator."
        )
    caller.user.wrong_logins = 0
    return caller.user


def _printed(caller: Caller) -> str:
    user = caller.user
    return printed("UserAccount", accountName=caller.account.name, id=user.id, username=user.username, uuid=user.uuid)


def _count_wrong(sim: Simulator, caller: Caller) -> None:
    """Too many wrong passwords in a row disable a user.

    Whom this spares is looked up by the user's number among the accounts: who has the number of an admin's account.
    """
    user, namesake = caller.user, sim.db.accounts.get(caller.user.id)
    spared = namesake is not None and namesake.removed is None and (namesake.account_type == 1 or namesake.id == 1)
    if sim.allowed_logins <= 0 or user.state != "enabled" or spared:
        return
    user.wrong_logins += 1
    if user.wrong_logins >= sim.allowed_logins:
        user.state = "disabled"


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
        view["managementserverid"] = first_server(sim).uuid
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
    if not sim.auth.is_enabled(sim.auth.caller_of(sim.db.users[session.user_id])):
        return _refuse(sim, session, command)
    refused = _second_factor(sim, session, command, params)
    if refused is not None:
        return refused
    if params.get("sessionkey") != session.key or cookies.get("sessionkey") != session.key:
        return _refuse(sim, session, command)
    if command is None:
        return Reply(200, "")
    caller = sim.auth.caller_of(sim.db.users[session.user_id])
    return execute(params, caller, caller.user.uuid)


def _refuse(sim: Simulator, session: Session, command: str | None) -> Reply:
    """End a session that comes without its key, or whose user may no longer call."""
    sim.auth.close_session(session.cookie)
    return error_reply(name_of(command) if command else "null", Unauthorized("unable to verify user credentials"))


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
