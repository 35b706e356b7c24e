"""Who may work on accounts and their users: nobody gives or touches more than he may do himself."""

from __future__ import annotations

from ...call import Call
from ...errors import PermissionDenied
from ...model.tenants import Account, Role, account_text, domain_text
from ...permissions import allowed_commands

RANKS = {1: 1, 3: 2, 2: 3, 0: 4}
"""Types of accounts from the mightiest: root admins, resource admins, domain admins, users."""
DEFAULT_ADMIN_ID = 2


def check(call: Call, account: Account) -> None:
    """Refuse callers of a lower or, among users, of the same type, and those whose role allows less."""
    caller = call.caller.account
    if caller.id in (1, DEFAULT_ADMIN_ID):
        return
    mine, other = RANKS.get(caller.account_type, 5), RANKS.get(account.account_type, 5)
    me, him = f"[{caller.name}, {caller.uuid}]", f"[{account.name}, {account.uuid}]"
    if mine > other:
        raise PermissionDenied(f"The calling account {me} has a lower role type than the user account {him}")
    if mine == other == RANKS[0] and caller.id != account.id:
        raise PermissionDenied(
            f"The calling account {me} is not allowed to perform this operation on users from other accounts of the "
            "same role type within the domain"
        )
    if not call.caller.is_root_admin:
        check_escalation(call, account.role_id)


def check_escalation(call: Call, role_id: int | None) -> None:
    """Refuse a role that may call what the caller's may not."""
    caller = call.caller.account
    if caller.role_id == role_id or role_id is None:
        return
    if allowed_commands(call.sim, call.db.roles[role_id]) - allowed_commands(call.sim, call.caller.role):
        raise PermissionDenied(
            f"User of Account {account_text(caller)} and domain {domain_text(call.caller.domain)} can not create an "
            "account with access to more privileges they have themself."
        )


def check_change(call: Call, account: Account, role: Role) -> None:
    """Whether an account may get another role."""
    text = f"Unable to update account role to {role.name},  as "
    types = ("Admin", "ResourceAdmin", "DomainAdmin", "User")
    mine, old = call.caller.role, call.db.roles[account.role_id]
    lowest = types.index(mine.role_type)
    if mine.role_type != "Admin" and min(types.index(old.role_type), types.index(role.role_type)) < lowest:
        raise PermissionDenied(text + "either current or new role has higher privileges than the caller")
    if role.role_type == "Admin" and call.db.domains[account.domain_id].parent_id is not None:
        raise PermissionDenied(text + "the user does not belong to the ROOT domain")
    check_escalation(call, role.id)


def check_admin_role(call: Call) -> None:
    """Whatever a role allows, roles are for admins to make and change."""
    if call.caller.role is None or call.caller.role.role_type != "Admin":
        raise PermissionDenied("Restricted API called by a user account of non-Admin role type")
