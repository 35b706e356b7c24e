"""Who belongs to a project."""

from __future__ import annotations

from typing import Any

from ...access import active_account
from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import equal
from ...model.tenants import Project, ProjectMember, domain_path
from ...registry import SUCCESS, command
from . import invitations
from .projects import check_manages, managed, members
from .views import user_view


def _member_role(call: Call) -> str:
    word = (call.params.roletype or "Regular").lower()
    if word not in ("admin", "regular"):
        raise InvalidParameter(f"Invalid role type {call.params.roletype} for project account")
    return word.capitalize()


@command("addAccountToProject")
def add_account(call: Call) -> dict[str, Any]:
    p = call.params
    if not p.account and not p.email:
        raise InvalidParameter("Either accountName or email is required")
    project = managed(call)
    if project.state != "Active":
        raise InvalidParameter(
            f"Can't add account to the specified project id in state={project.state} as it's no longer active"
        )
    account = active_account(call.db, p.account, project.domain_id) if p.account else None
    if p.account and account is None:
        raise InvalidParameter(f"Unable to find account name={p.account} in specified domain id")
    if account is not None and any(m.account_id == account.id and m.user_id is None for m in members(call, project)):
        return SUCCESS
    role = _project_role(call, project)
    if invitations.required(call):
        invitations.invite(call, project, account=account, member_role=_member_role(call), role=role)
        return SUCCESS
    if account is None:
        raise InvalidParameter("Account information is required for assigning account to the project")
    _count_admin(call, account)
    invitations.join(call, project, account.id, member_role=_member_role(call), role=role)
    call.event(
        "PROJECT.ACCOUNT.ADD",
        f"Successfully completed adding account to project. Account Name: {account.name}",
        project,
    )
    return SUCCESS


def _count_admin(call: Call, account: Any) -> None:
    """Every project that an account administers counts against its limit."""
    if _member_role(call) == "Admin":
        call.sim.limits.check(account, "project")
        call.sim.limits.add(account.id, "project")


def _project_role(call: Call, project: Project) -> Any:
    role = call.params.projectroleid
    if role is not None and (role.removed is not None or role.project_id != project.id):
        raise InvalidParameter("Invalid project role ID for the given project")
    return role


@command("addUserToProject")
def add_user(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    project = managed(call)
    if project.state != "Active":
        raise InvalidParameter(
            f"Can't add user to the specified project id in state={project.state} as it isn't currently active"
        )
    found = [u for u in db.users.where(username=p.username) if db.accounts[u.account_id].domain_id == project.domain_id]
    if not found:
        raise InvalidParameter("Invalid user ID provided")
    user = found[0]
    there = [m.user_id for m in members(call, project) if m.account_id == user.account_id]
    if None in there:
        raise InvalidParameter(f"User belongs to account {user.account_id} which is already part of the project")
    if user.id in there:
        return SUCCESS
    role = _project_role(call, project)
    if invitations.required(call):
        invited = None if p.email else user
        invitations.invite(call, project, user=invited, member_role=_member_role(call), role=role)
        return SUCCESS
    _count_admin(call, db.accounts[user.account_id])
    invitations.join(call, project, user.account_id, user.id, member_role=_member_role(call), role=role)
    call.event(
        "PROJECT.USER.ADD", f"Successfully completed adding user to project. User Name: {user.username}", project
    )
    return SUCCESS


@command("deleteAccountFromProject")
def delete_account(call: Call) -> dict[str, Any]:
    p = call.params
    project = managed(call)
    account = active_account(call.db, p.account, project.domain_id)
    if account is None:
        raise InvalidParameter(f"Unable to find account name={p.account} in domain id={project.domain_id}")
    found = [m for m in members(call, project) if m.account_id == account.id and m.user_id is None]
    if not found:
        raise InvalidParameter(f"Account {p.account} is not assigned to the project with specified id")
    if found[0].member_role == "Admin" and _admins(call, project) == found:
        raise InvalidParameter(
            f"Unable to delete account {p.account} from the project with specified id as the account is the owner of "
            "the project"
        )
    _leave(call, project, found[0])
    call.event(
        "PROJECT.ACCOUNT.REMOVE",
        f"Successfully completed removing account from project. Account Name: {account.name}",
        project,
    )
    return SUCCESS


def _leave(call: Call, project: Project, member: ProjectMember) -> None:
    """A member goes, and with it what invited it."""
    if member.member_role == "Admin":
        call.sim.limits.add(member.account_id, "project", -1)
    call.db.project_members.delete(member)
    for invitation in call.db.project_invitations.where(project_id=project.id):
        if invitation.account_id == member.account_id and member.user_id in (None, invitation.user_id):
            call.db.project_invitations.delete(invitation)


def _admins(call: Call, project: Project) -> list[ProjectMember]:
    return [m for m in members(call, project) if m.member_role == "Admin"]


@command("deleteUserFromProject")
def delete_user(call: Call) -> dict[str, Any]:
    project, user = managed(call), call.params.userid
    if user.removed is not None:
        raise InvalidParameter("Invalid userId provided")
    account = call.db.accounts[user.account_id]
    if account.removed is not None or account.domain_id != project.domain_id:
        raise InvalidParameter(f"Unable to find user {user.username} in domain id={project.domain_id}")
    found = [m for m in members(call, project) if m.user_id == user.id]
    if not found:
        raise InvalidParameter(f"User {user.username} is not assigned to the project with specified id")
    _leave(call, project, found[0])
    call.event(
        "PROJECT.USER.REMOVE", f"Successfully completed removing user from project. User Name: {user.username}", project
    )
    return SUCCESS


def member_view(call: Call, member: ProjectMember) -> dict[str, Any]:
    db = call.db
    account, project = db.accounts[member.account_id], db.projects[member.project_id]
    domain = db.domains[account.domain_id]
    user = db.users.get(member.user_id)
    role = db.project_roles.get(member.project_role_id)
    return {
        "projectid": project.uuid,
        "project": project.name,
        "accountid": account.uuid,
        "account": account.name,
        "username": user.username if user else None,
        "accounttype": account.account_type,
        "userid": user.uuid if user else None,
        "role": member.member_role,
        "projectroleid": role.uuid if role else None,
        "domainid": domain.uuid,
        "domain": domain.name,
        "domainpath": domain_path(domain),
        "user": [user_view(call, u) for u in db.users.where(account_id=account.id) if user in (None, u)],
    }


@command("listProjectAccounts")
def list_project_accounts(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    project = live(p.projectid, "Unable to find the project id")
    if not any(m.account_id == call.caller.account.id for m in members(call, project)):
        check_manages(call, project)
    filters = [
        equal(lambda m: db.accounts[m.account_id].name, p.account),
        equal("user_id", p.userid),
        equal("member_role", p.role),
        equal("project_role_id", p.projectroleid),
    ]
    return call.listing("projectaccount", members(call, project), member_view, where=filters, newest_first=True)
