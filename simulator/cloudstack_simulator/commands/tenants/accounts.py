"""Accounts."""

from __future__ import annotations

from typing import Any

from ...access import PROJECT, active_account
from ...auth import digest_password
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, JavaError, ParameterError
from ...model.tenants import Account, Domain, Role, User, account_text, domain_text
from ...parameters import flat_map
from ...registry import SUCCESS, command
from . import passwords, privileges
from .domains import is_network_domain
from .removal import remove_account
from .views import account_row, account_view

SYSTEM_ID = 1
TYPE_ROLES = {0: "User", 1: "Root Admin", 2: "Domain Admin", 3: "Resource Admin"}
ROLE_TYPES = {"User": 0, "Admin": 1, "DomainAdmin": 2, "ResourceAdmin": 3}
TYPE_NAMES = {0: "NORMAL", 1: "ADMIN", 2: "DOMAIN_ADMIN", 3: "RESOURCE_DOMAIN_ADMIN"}
MANY = "user.allow.multiple.accounts"
ACCESS = ("ENABLED", "DISABLED", "INHERIT")
NETWORK_DOMAIN = (
    "Invalid network domain. Total length shouldn't exceed 190 chars. Each domain label must be between 1 and 63 "
    "characters long, can contain ASCII letters 'a' through 'z', the digits '0' through '9', and the hyphen ('-'); "
    'can\'t start or end with "-"'
)


def _role(call: Call) -> tuple[Role, int]:
    """The role and the account type that the parameters ask for."""
    p = call.params
    if p.roleid:
        return p.roleid, ROLE_TYPES[p.roleid.role_type]
    if p.accounttype not in TYPE_ROLES:
        raise ParameterError("Neither account type and role ID are not provided")
    return call.db.roles.the(name=TYPE_ROLES[p.accounttype]), p.accounttype


def user_in_domain(call: Call, username: str, domain: Domain) -> User | None:
    """The living user of that name in a domain."""
    for user in call.db.users.where(username=username):
        if call.db.accounts[user.account_id].domain_id == domain.id:
            return user
    return None


def new_user(call: Call, account: Account, uuid: str | None = None) -> User:
    """Add a user with the call's names, password and time zone to an account."""
    p = call.params
    user: User = call.db.users.add(
        User(
            username=p.username,
            account_id=account.id,
            firstname=p.firstname,
            lastname=p.lastname,
            email=p.email,
            timezone=p.timezone,
            password=digest_password(p.password, call.sim.ids.octets(8).hex()),
        ),
        uuid=uuid,
    )
    return user


@command("createAccount")
def create_account(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    role, account_type = _role(call)
    domain = p.domainid if "domainid" in p else db.domains.the(parent_id=None)
    if domain.removed is not None:
        raise InvalidParameter(f"The domain {domain.id} does not exist; unable to create account")
    call.check_domain(domain)
    if not call.setting(MANY, domain) and user_in_domain(call, p.username, domain):
        raise InvalidParameter(f"The user {p.username} already exists in domain {domain_text(domain)}")
    if p.networkdomain and not is_network_domain(p.networkdomain):
        raise InvalidParameter(NETWORK_DOMAIN)
    if account_type == 1 and domain.parent_id is not None:
        raise InvalidParameter(
            f"Invalid account type {TYPE_NAMES[account_type]} given for an account in domain {domain_text(domain)}; "
            "unable to create user of admin role type in non-ROOT domain."
        )
    name = p.account or p.username
    if any(a.name.lower() == name.lower() for a in db.accounts.where(domain_id=domain.id)):
        raise InvalidParameter(f"The specified account: {name} already exists")
    privileges.check_escalation(call, role.id)
    passwords.check(call, p.password, p.username, domain)
    account = db.accounts.add(
        Account(
            name=name,
            domain_id=domain.id,
            account_type=account_type,
            role_id=role.id,
            network_domain=p.networkdomain,
            details=flat_map(p.accountdetails),
        ),
        uuid=p.accountid,
    )
    new_user(call, account, p.userid)
    call.event(
        "ACCOUNT.CREATE",
        f"Successfully completed creating Account. Account Name: {name}, Domain Id: {domain.uuid}",
        account,
    )
    return {"account": account_row(call, account)}


def addressed(call: Call) -> Account | None:
    """The living account that `id`, or `account` in `domainid`, names."""
    p, db = call.params, call.db
    if "id" in p:
        return p.id if p.id.removed is None else None
    domain_id = p.domainid.id if p.domainid else call.caller.account.domain_id
    found = [a for a in db.accounts.where(domain_id=domain_id) if a.name == p.account and a.account_type != PROJECT]
    return found[0] if found else None


def address_text(call: Call, *, bare_domain: bool = False) -> str:
    p = call.params
    domain = p.domainid
    shown = "null" if domain is None else (str(domain.id) if bare_domain else domain_text(domain))
    return f"by accountId: {p.id.id if 'id' in p else 'null'} OR by name: {p.account or 'null'} in domain {shown}"


def check_addressed(call: Call) -> None:
    """Whoever names no living account by its id must name one by name and domain."""
    p = call.params
    if "id" in p and p.id and p.id.removed is None:
        return
    if not p.account or p.domainid is None:
        raise InvalidParameter("Both accountName and domainId are required for finding active account in the system")


@command("updateAccount")
def update_account(call: Call) -> dict[str, Any]:
    p = call.params
    check_addressed(call)
    account = addressed(call)
    if account is not None and "id" not in p and account.state != "enabled":
        account = None
    if account is None:
        raise JavaError('Cannot invoke "com.cloud.user.Account.getId()" because "account" is null')
    if account.id == SYSTEM_ID:
        raise InvalidParameter("Can not modify system account")
    call.check_domain(call.db.domains[account.domain_id])
    privileges.check(call, account)
    changes = [n for n in ("newname", "networkdomain", "roleid", "apikeyaccess") if n in p]
    if not changes:
        raise CloudRuntime(f"Unable to update account {account_text(account)} {address_text(call, bare_domain=True)}")
    access = access_word(p.apikeyaccess) if p.apikeyaccess is not None else None
    if "newname" in p and not p.newname:
        raise InvalidParameter(
            f"The new account name for account '{account_text(account)}' within domain "
            f"'{domain_text(p.domainid) if p.domainid else 'null'}' is empty string. Account will be not renamed."
        )
    _check_new_name(call, account)
    if p.networkdomain and not is_network_domain(p.networkdomain):
        raise InvalidParameter(NETWORK_DOMAIN.replace("network domain.", "network domain or format.", 1).replace(
            "Each domain label", "Every domain part"
        ))  # fmt: skip
    _check_new_role(call, account)
    if access is not None:
        account.api_key_access = access
        call.event("API.KEY.ACCESS.UPDATE", f"Api key access was changed for the Account to {access}", account)
    if p.newname:
        account.name = p.newname
    if p.networkdomain is not None:
        account.network_domain = p.networkdomain or None
    if p.roleid:
        account.role_id, account.account_type = p.roleid.id, ROLE_TYPES[p.roleid.role_type]
    if p.accountdetails:
        account.details = flat_map(p.accountdetails)
    call.event("ACCOUNT.UPDATE", f"Successfully completed updating account. Account Id: {account.uuid}", account)
    return {"account": {k: v for k, v in account_row(call, account).items() if k != "apikeyaccess"}}


def _check_new_role(call: Call, account: Account) -> None:
    p, role = call.params, call.params.roleid
    if not role:
        return
    if role.removed is not None or (role.role_type == "Admin" and not call.caller.is_root_admin):
        raise InvalidParameter(
            f"Role with ID '{role.id}' is not found or not available for the account '{account_text(account)}' in the "
            f"domain '{domain_text(p.domainid) if p.domainid else 'null'}'."
        )
    privileges.check_change(call, account, role)


def _check_new_name(call: Call, account: Account) -> None:
    """Two accounts of a domain may get the same name as long as the call does not name the domain."""
    p = call.params
    if not p.newname or p.domainid is None:
        return
    other = active_account(call.db, p.newname, p.domainid.id)
    if other is not None and other is not account:
        raise InvalidParameter(
            f"The account with the proposed name '{p.newname}' exists in the domain '{domain_text(p.domainid)}' with "
            f"existing account {account_text(other)}"
        )


def access_word(word: str) -> str:
    if word.upper() not in ACCESS:
        raise InvalidParameter("ApiKeyAccess value can only be Enabled/Disabled/Inherit")
    return word.upper()


@command("deleteAccount")
def delete_account(call: Call) -> dict[str, Any]:
    account = call.params.id
    if not account:
        raise InvalidParameter("The specified account does not exist in the system")
    if account is call.caller.account:
        domain = call.db.domains[account.domain_id]
        raise InvalidParameter(
            f"Deletion of your own account is not allowed. To delete account {account.name} (ID: {account.uuid}, "
            f"Domain: {domain.uuid}), request to another user with permissions to perform the operation."
        )
    if account.removed is not None:
        return SUCCESS
    if account.account_type == PROJECT:
        raise InvalidParameter("The specified account does not exist in the system")
    call.check_access(account)
    if account.is_default:
        raise InvalidParameter("The account is default and can't be removed")
    managed = [m.project_id for m in call.db.project_members.where(account_id=account.id) if m.member_role == "Admin"]
    if managed:
        raise InvalidParameter(
            f"Unable to delete account [{account.id}], because it manages the following project(s): {managed}. Please, "
            "remove the account from these projects or demote it to a regular project role first."
        )
    privileges.check(call, account)
    remove_account(call.sim, account)
    call.event("ACCOUNT.DELETE", f"Successfully completed deleting account. Account Id: {account.uuid}", account)
    return SUCCESS


@command("markDefaultZoneForAccount")
def mark_default_zone(call: Call) -> dict[str, Any]:
    p = call.params
    account = addressed(call)
    if account is None:
        raise InvalidParameter(f"Unable to find account by name {p.account} in domain with specified id")
    account.default_zone_id = live(p.zoneid, "Unable to find zone by id {id}").id
    return {"account": account_view(call, account)}


@command("isAccountAllowedToCreateOfferingsWithTags")
def may_tag_offerings(call: Call) -> dict[str, Any]:
    allowed = call.params.id.account_type == 1 or call.setting(
        "allow.domain.admins.to.create.tagged.offerings", call.params.id
    )
    return {"isallowed": {"isallowed": bool(allowed)}}
