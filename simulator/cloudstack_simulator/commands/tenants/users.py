"""Users and their keys."""

from __future__ import annotations

from typing import Any

from ...access import active_account
from ...auth import digest_password, password_is
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...listing import contains, equal, like, matching
from ...model.tenants import Account, User, account_text, domain_text
from ...registry import SUCCESS, command
from ...wording import printed
from . import passwords, privileges
from .accounts import MANY, SYSTEM_ID, TYPE_NAMES, access_word, new_user, user_in_domain
from .views import user_row, user_view

NORMAL = 0


@command("createUser")
def create_user(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    domain = p.domainid if "domainid" in p else db.domains.the(parent_id=None)
    if domain.removed is not None:
        raise CloudRuntime(f"The domain {domain.id} does not exist; unable to create user")
    call.check_domain(domain)
    account = active_account(db, p.account, domain.id)
    if account is None or account.account_type == 5 or account.state != "enabled":
        raise InvalidParameter(f"Unable to find account {p.account} in domain {domain_text(domain)} to create user")
    if account.id == SYSTEM_ID:
        raise PermissionDenied(f"Account: {account_text(account)} is a system account, can't add a user to it")
    if not call.setting(MANY, domain) and user_in_domain(call, p.username, domain):
        raise CloudRuntime(f"The user {p.username} already exists in domain {domain.id}")
    _check_own_name(call, p.username, account)
    privileges.check(call, account)
    passwords.check(call, p.password, p.username, domain)
    user = new_user(call, account, p.userid)
    call.event("USER.CREATE", f"Successfully completed creating User. User Name: {user.username}", user)
    return {"user": user_view(call, user)}


def _check_own_name(call: Call, username: str, account: Account, but: User | None = None) -> None:
    for user in call.db.users.where(username=username, account_id=account.id):
        if user is not but:
            raise InvalidParameter(
                f"Username [{user.username}] already exists in account [id={account.uuid},name={account.name}]"
            )


def _user(call: Call, text: str) -> User:
    """The living user of `id`, whom the caller may touch."""
    user = call.params.id
    if user.removed is not None:
        raise InvalidParameter(text.format(id=user.id))
    if user.account_id == SYSTEM_ID and call.command == "updateUser":
        raise PermissionDenied(f"user: {_printed(user)} is a system account; update is not allowed.")
    _check_caller(call, user)
    if user.account_id == SYSTEM_ID and call.command == "registerUserKeys":
        raise PermissionDenied(f"user: {_printed(user)} is system account, update is not allowed")
    return user


def _check_caller(call: Call, user: User) -> None:
    call.check_access(user)
    privileges.check(call, call.db.accounts[user.account_id])


def _not_empty(call: Call, name: str, word: str) -> None:
    if name in call.params and not call.params[name].strip():
        raise InvalidParameter(f"{word} cannot be empty.")


@command("updateUser")
def update_user(call: Call) -> dict[str, Any]:
    p = call.params
    user = _user(call, "Unable to find user with id: {id}")
    if bool(p.userapikey) != bool(p.usersecretkey):
        raise InvalidParameter("Please provide a userApiKey/userSecretKey pair")
    if p.userapikey and any(u is not user for u in call.db.users.where(api_key=p.userapikey)):
        raise InvalidParameter(
            f"The API key [{p.userapikey}] already exists in the system. Please provide a unique key."
        )
    access = access_word(p.apikeyaccess) if p.apikeyaccess is not None else None
    _not_empty(call, "firstname", "Firstname")
    _not_empty(call, "lastname", "Lastname")
    _check_username(call, user)
    _check_password(call, user)
    if p.mandate2fa:
        user.two_factor = True
    if access is not None:
        user.api_key_access = access
        call.event("API.KEY.ACCESS.UPDATE", f"Api key access was changed for the User to {access}", user)
    for name in ("username", "firstname", "lastname", "email", "timezone"):
        if (p[name] or "").strip():
            setattr(user, name, p[name])
    if p.userapikey:
        user.api_key, user.secret_key = p.userapikey, p.usersecretkey
    if p.password:
        user.password = digest_password(p.password, call.sim.ids.octets(8).hex())
    call.event("USER.UPDATE", f"Successfully completed updating User. User Id: {user.uuid}", user)
    return {"user": user_view(call, user)}


def _check_username(call: Call, user: User) -> None:
    _not_empty(call, "username", "Username")
    name = call.params.username
    account = call.db.accounts[user.account_id]
    domain = call.db.domains[account.domain_id]
    if not name:
        return
    other = None if call.setting(MANY, domain) else user_in_domain(call, name, domain)
    if other is not None and other is not user:
        owner = call.db.accounts[other.account_id]
        raise InvalidParameter(
            f"Username [{other.username}] already exists in domain [id={domain.uuid},name={domain.name}] user account "
            f"[id={owner.uuid},name={owner.name}]"
        )
    _check_own_name(call, name, account, user)


def _check_password(call: Call, user: User) -> None:
    p, caller = call.params, call.caller
    if "password" not in p:
        return
    if not p.password.strip():
        raise InvalidParameter("Password cannot be empty or blank.")
    if user.source in ("ldap", "saml2", "saml2disabled"):
        raise InvalidParameter(
            "CloudStack does not support updating passwords for SAML or LDAP users. Please contact your cloud "
            "administrator for assistance."
        )
    account = call.db.accounts[user.account_id]
    passwords.check(call, p.password, p.username or user.username, call.db.domains[account.domain_id])
    if caller.is_root_admin or caller.is_domain_admin:
        return
    if not p.currentpassword:
        raise InvalidParameter("To set a new password the current password must be provided.")
    if not password_is(user.password, p.currentpassword):
        raise InvalidParameter("Current password is incorrect.")


def _with_state(call: Call, doing: str) -> User:
    """The living user whose state is to change."""
    user = live(call.params.id, "Unable to find active user by id {id}")
    if user.account_id == SYSTEM_ID:
        raise InvalidParameter(f"User: {_printed(user)} is a system user, {doing} is not allowed")
    _check_caller(call, user)
    return user


def _printed(user: User) -> str:
    return printed("User", id=user.id, username=user.username, uuid=user.uuid)


def _set_state(call: Call, user: User, state: str, kind: str) -> dict[str, Any]:
    user.state = state
    call.event(kind, f"Successfully completed changing state of user. User Id: {user.uuid}", user)
    return {"user": user_view(call, user)}


@command("enableUser")
def enable_user(call: Call) -> dict[str, Any]:
    """The account of the user is enabled with him, and wrong logins are forgiven."""
    user = _with_state(call, "enabling")
    user.wrong_logins = 0
    call.db.accounts[user.account_id].state = "enabled"
    return _set_state(call, user, "enabled", "USER.ENABLE")


@command("disableUser")
def disable_user(call: Call) -> dict[str, Any]:
    return _set_state(call, _with_state(call, "disabling"), "disabled", "USER.DISABLE")


@command("lockUser")
def lock_user(call: Call) -> dict[str, Any]:
    """Only who is enabled can be locked; with its last enabled user an account is locked too."""
    user = live(call.params.id, "Unable to find user by id")
    if user.account_id == SYSTEM_ID:
        raise PermissionDenied(f"user: {_printed(user)} is a system user, locking is not allowed")
    _check_caller(call, user)
    if user.state == "locked":
        return {"user": user_view(call, user)}
    if user.state != "enabled":
        raise CloudRuntime(f"Unable to lock user {_printed(user)}")
    view = _set_state(call, user, "locked", "USER.LOCK")
    account = call.db.accounts[user.account_id]
    if account.state == "enabled" and all(u.state != "enabled" for u in call.db.users.where(account_id=account.id)):
        account.state = "locked"
        view = {"user": user_view(call, user)}
    return view


def _removable(call: Call) -> User:
    user = call.params.id
    if user.removed is not None:
        raise InvalidParameter("The specified user doesn't exist in the system")
    if user.is_default:
        raise InvalidParameter("The user is default and can't be (re)moved")
    return user


@command("deleteUser")
def delete_user(call: Call) -> dict[str, Any]:
    user = _removable(call)
    if user is call.caller.user:
        domain = call.caller.domain
        raise InvalidParameter(
            "The caller is requesting to delete itself. As a security measure, ACS will not allow this operation. To "
            f"delete user {user.username} (ID: {user.uuid}, Domain: {domain.uuid}), request to another user with "
            "permission to execute the operation."
        )
    _check_caller(call, user)
    call.db.users.remove(user)
    call.event("USER.DELETE", f"Successfully completed deleting User. User Id: {user.uuid}", user)
    return SUCCESS


@command("moveUser")
def move_user(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    user = _removable(call)
    _check_caller(call, user)
    old = db.accounts[user.account_id]
    named = active_account(db, p.account, old.domain_id) if p.account else None
    new = named if named is not None and named.state == "enabled" else p.accountid
    if new is None or new.removed is not None:
        raise CloudRuntime("no account name or account id. this should have been caught before this point")
    if new.domain_id != old.domain_id:
        raise InvalidParameter(
            "moving a user from an account in one domain to an account in another domain is not supported!"
        )
    if new is not old:
        user.account_id, user.created = new.id, call.now
    call.event("USER.MOVE", f"Successfully completed moving User to a new account. User Id: {user.uuid}", user)
    return SUCCESS


@command("registerUserKeys")
def register_user_keys(call: Call) -> dict[str, Any]:
    user = _user(call, "unable to find user by id")
    user.api_key, user.secret_key = call.sim.ids.key(), call.sim.ids.key()
    call.event(
        "REGISTER.USER.KEY", f"Successfully completed register for the developer API keys. User Id: {user.uuid}", user
    )
    return {"userkeys": {"apikey": user.api_key, "secretkey": user.secret_key}}


@command("getUserKeys")
def get_user_keys(call: Call) -> dict[str, Any]:
    user = _user(call, "Unable to find user by id")
    return {
        "userkeys": {
            "apikey": user.api_key,
            "secretkey": user.secret_key,
            "apikeyaccess": call.sim.auth.accepts_keys(call.sim.auth.caller_of(user)),
        }
    }


@command("getUser")
def get_user(call: Call) -> dict[str, Any]:
    found = call.db.users.where(api_key=call.params.userapikey)
    if not found:
        raise InvalidParameter("User with specified API key does not exist")
    return {"user": {**user_view(call, found[0]), "secretkey": found[0].secret_key}}


def _with_keyword(call: Call) -> Any:
    """Users with the keyword in their names, mail address or state, or in their account's name; or of that type."""
    word, db = call.params.keyword, call.db
    if not word:
        return None
    kind = next((number for number, name in TYPE_NAMES.items() if name == word.upper()), None)
    fields = ("username", "firstname", "lastname", "email", "state", lambda u: db.accounts[u.account_id].name)
    tests = [f.test for f in (contains(field, word) for field in fields) if f is not None]
    return matching(lambda user: any(test(user) for test in tests) or db.accounts[user.account_id].account_type == kind)


@command("listUsers")
def list_users(call: Call) -> dict[str, Any]:
    """A normal user sees himself alone."""
    p, db, me = call.params, call.db, call.caller.user
    is_user = call.caller.account.account_type == NORMAL
    if is_user and p.id is not None and p.id is not me:
        raise PermissionDenied("Calling user is not authorized to see the user requested by id")
    filters = [
        equal("id", me if is_user else p.id),
        like("username", p.username),
        equal("state", p.state),
        equal(lambda u: db.accounts[u.account_id].account_type, p.accounttype),
        equal("api_key_access", access_word(p.apikeyaccess)) if p.apikeyaccess is not None else None,
        equal("source", p.usersource),
    ]
    people = [u for u in db.users if u.account_id != SYSTEM_ID]
    return call.listing("user", people, user_row, where=[*filters, _with_keyword(call)], owned=True)
