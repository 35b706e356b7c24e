"""listAccounts."""

from __future__ import annotations

from typing import Any

from ...access import PROJECT, active_account, domains_below
from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import Filter, equal, matching
from ...model.tenants import Account
from ...registry import command
from ..common import check_details
from .accounts import SYSTEM_ID, access_word
from .views import DETAILS, account_row

DOMAIN_ADMIN = 2
ADMINS = (1, 2, 3)
"""Types of accounts that administer something."""


@command("listAccounts")
def list_accounts(call: Call) -> dict[str, Any]:
    p = call.params
    check_details(call, DETAILS)
    is_admin = call.caller.account.account_type in ADMINS
    filters = [
        *_places(call, is_admin),
        matching(lambda a: a.id != SYSTEM_ID and a.account_type != PROJECT),
        None if is_admin else matching(lambda a: a.account_type != DOMAIN_ADMIN),
        equal("name", p.name),
        equal("account_type", p.accounttype),
        equal("state", p.state),
        equal("api_key_access", access_word(p.apikeyaccess)) if p.apikeyaccess is not None else None,
        matching(lambda _a: False) if p.iscleanuprequired else None,
    ]
    return call.listing("account", call.db.accounts, account_row, where=filters, keyword=("name", "state"))


def _places(call: Call, is_admin: bool) -> list[Filter | None]:
    """Which accounts are meant: one by its id, the caller's own, or those of a domain, maybe with all below it."""
    p, caller, domain = call.params, call.caller, call.params.domainid
    if domain is not None:
        live(domain, "Domain id={id} doesn't exist")
        call.check_domain(domain)
    one, deep = p.id, p.isrecursive
    if one is not None:
        _check_listed(call, one)
    elif (p.listall and is_admin) or call.setting("allow.user.view.all.domain.accounts", caller.domain):
        domain, deep = domain or caller.domain, True
    elif not is_admin or domain is None:
        one = caller.account
    below = None
    if domain is not None:
        below = domains_below(call.db, domain.id) if deep else {domain.id}
    return [equal("id", one), matching(lambda a: a.domain_id in below) if below is not None else None]


def _check_listed(call: Call, account: Account) -> None:
    """The account that is asked for lives, in the domain that is named if one is, and the caller reaches it."""
    p = call.params
    if p.domainid is not None and p.name:
        named = active_account(call.db, p.name, p.domainid.id)
        if named is None or named.id == SYSTEM_ID:
            raise InvalidParameter(f"Unable to find account by name {p.name} in domain {p.domainid.id}")
        call.check_access(named)
        return
    where = "" if p.domainid is None else f" in domain {p.domainid.id}"
    elsewhere = p.domainid is not None and account.removed is None and account.domain_id != p.domainid.id
    if account.removed is not None or account.id == SYSTEM_ID or elsewhere:
        raise InvalidParameter(f"Unable to find account by id {account.id}{where}")
    call.check_access(account)
