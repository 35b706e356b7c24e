"""Accounts that are disabled, locked and enabled again."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...access import PROJECT, may_use_account
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.tenants import Account, account_text
from ...registry import check, command
from ..appliances import router_life
from ..instances import life
from . import privileges
from .accounts import SYSTEM_ID, address_text, addressed, check_addressed
from .views import account_row

LAST_PROTECTED = 2
"""Accounts up to this number, `system` and `admin`, are never disabled."""


def _account(call: Call, doing: str, *, active: str = "", bare_domain: bool = False) -> Account:
    """The account that is meant, which the caller may change. The server looks at what it is before whose it is."""
    account = addressed(call)
    if account is None or account.account_type == PROJECT:
        raise InvalidParameter(f"Unable to find {active}account {address_text(call, bare_domain=bare_domain)}")
    if account.id == SYSTEM_ID:
        raise PermissionDenied(f"Account: {account_text(account)} is a system account, {doing} is not allowed")
    if not may_use_account(call.caller, account, call.db):
        raise PermissionDenied(f"{account_text(call.caller.account)} does not have permission to operate")
    privileges.check(call, account)
    return account


@check("disableAccount")
def check_disabled(call: Call) -> None:
    check_addressed(call)


@command("disableAccount", instance=lambda call: call.params.id)
def disable_account(call: Call) -> Generator[float, None, dict[str, Any]]:
    """With `lock` the account is locked, and what it runs goes on; otherwise that is stopped."""
    if call.params.lock:
        account = _account(call, "lock", active="active ", bare_domain=True)
        if account.state == "disabled":
            raise CloudRuntime(f"Unable to lock account {account_text(account)} {address_text(call)}")
        account.state = "locked"
        doing = "locking"
    else:
        doing = "disabling"
        account = _account(call, "disable")
        if account.id <= LAST_PROTECTED:
            raise CloudRuntime(f"Unable to update account {account_text(account)} {address_text(call)}")
        yield from stop_account(call, account)
    call.event("ACCOUNT.DISABLE", f"Successfully completed {doing} account. Account Id: {account.uuid}", account)
    return {"account": account_row(call, account)}


def stop_account(call: Call, account: Account) -> Generator[float, None, None]:
    """Disable an account, or a project's own one, and bring down what it runs."""
    if account.state == "disabled":
        return
    account.state = "disabled"
    for vm in call.db.vms.where(account_id=account.id, state="Running"):
        if vm.vm_type == "DomainRouter":
            yield from router_life.stop(call.sim, vm)
        elif vm.vm_type == "User":
            yield from life.stop(call, vm)


@command("enableAccount")
def enable_account(call: Call) -> dict[str, Any]:
    check_addressed(call)
    account = _account(call, "enable")
    account.state = "enabled"
    call.event("ACCOUNT.ENABLE", f"Successfully completed enabling account. Account Id: {account.uuid}", account)
    return {"account": account_row(call, account)}


@command("lockAccount")
def lock_account(call: Call) -> dict[str, Any]:
    check_addressed(call)
    raise CloudRuntime("LockAccount does not lock accounts. Its implementation is disabled. Use DisableAccount instead")
