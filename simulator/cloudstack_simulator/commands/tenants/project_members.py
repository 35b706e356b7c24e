"""Who belongs to a project."""

from __future__ import annotations

from typing import Any

from ...access import active_account, is_member
from ...call import Call, live
from ...errors import InvalidParameter, PermissionDenied
from ...listing import equal
from ...model.tenants import Project, ProjectMember, account_text, domain_path
from ...registry import SUCCESS, command
from . import invitations
from .projects import check_manages, members
from .views import user_view

NORMAL = 0


def _member_role(call: Call) -> str:
    word = (call.params.roletype or "Regular").lower()
    if word not in ("admin", "regular"):
        raise InvalidParameter(f"Invalid role type {call.params.roletype} for project account")
    return word.capitalize()


def _project(call: Call) -> Project:
    project: Project = live(call.params.projectid, "Unable to find project with specified id")
    return project


@command("addAccountToProject")
def add_account(call: Call) -> dict[str, Any]:
    """That an account administers a project this way is not counted against its limit."""
    p = call.params
    if not p.account and not p.email:
        raise InvalidParameter("Either accountName or email is required")
    project = _project(call)
    if project.state != "Active":
        raise InvalidParameter(
            f"Can't add account to the specified project id in state={project.state} as it's no longer active"
        )
    account = active_account(call.db, p.account, project.domain_id) if p.account else None
    if p.account and account is None:
        raise InvalidParameter(f"Unable to find account name={p.account} in specified domain id")
    check_manages(call, project)
    if account is not None and any(m.account_id == account.id and m.user_id is None for m in members(call, project)):
        return SUCCESS
    role = _project_role(call, project)
    if invitations.required(call):
        invitations.invite(call, project, account=account, member_role=_member_role(call), role=role)
        return SUCCESS
    if account is None:
        raise InvalidParameter("Account information is required for assigning account to the project")
    invitations.join(call, project, account.id, member_role=_member_role(call), role=role)
    call.event(
        "PROJECT.ACCOUNT.ADD",
        f"Successfully completed adding account to project. Account Name: {account.name}",
        project,
    )
    return SUCCESS


def _project_role(call: Call, project: Project) -> Any:
    role = call.params.projectroleid
    if role is not None and (role.removed is not None or role.project_id != project.id):
        raise InvalidParameter("Invalid project role ID for the given project")
    return role


@command("addUserToProject")
def add_user(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    project = _project(call)
    if project.state != "Active":
        raise InvalidParameter(
            f"Can't add user to the specified project id in state={project.state} as it isn't currently active"
        )
    found = [u for u in db.users.where(username=p.username) if db.accounts[u.account_id].domain_id == project.domain_id]
    if not found:
        raise InvalidParameter("Invalid user ID provided")
    user = found[0]
    check_manages(call, project)
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
    invitations.join(call, project, user.account_id, user.id, member_role=_member_role(call), role=role)
    call.event(
        "PROJECT.USER.ADD", f"Successfully completed adding user to project. User Name: {user.username}", project
    )
    return SUCCESS


@command("deleteAccountFromProject")
def delete_account(call: Call) -> dict[str, Any]:
    p = call.params
    project = _project(call)
    account = active_account(call.db, p.account, project.domain_id)
    if account is None:
        raise InvalidParameter(f"Unable to find account name={p.account} in domain id={project.domain_id}")
    check_manages(call, project)
    found = [m for m in members(call, project) if m.account_id == account.id and m.user_id is None]
    if not found:
        raise InvalidParameter(f"Account {p.account} is not assigned to the project with specified id")
    if found[0].member_role == "Admin" and _admins(call, project) == found:
        raise InvalidParameter(
            f"Unable to delete account {p.account} from the project with specified id as the account is the owner of "
            "the project"
        )
    call.db.project_members.delete(found[0])
    _forget_invitations(call, project, account.id)
    call.event(
        "PROJECT.ACCOUNT.REMOVE",
        f"Successfully completed removing account from project. Account Name: {account.name}",
        project,
    )
    return SUCCESS


def _forget_invitations(call: Call, project: Project, account_id: int, user_id: int | None = None) -> None:
    """Who goes may be invited again."""
    for invitation in call.db.project_invitations.where(project_id=project.id):
        if invitation.account_id == account_id and user_id in (None, invitation.user_id):
            call.db.project_invitations.delete(invitation)


def _admins(call: Call, project: Project) -> list[ProjectMember]:
    return [m for m in members(call, project) if m.member_role == "Admin"]


@command("deleteUserFromProject")
def delete_user(call: Call) -> dict[str, Any]:
    """Who is no member, but was invited, is not any more."""
    project, user = _project(call), call.params.userid
    if user.removed is not None:
        raise InvalidParameter("Invalid userId provided")
    account = call.db.accounts[user.account_id]
    if account.removed is not None or account.domain_id != project.domain_id:
        raise InvalidParameter(f"Unable to find user {user.username} in domain id={project.domain_id}")
    check_manages(call, project)
    _forget_invitations(call, project, account.id, user.id)
    found = [m for m in members(call, project) if m.user_id == user.id]
    if not found:
        raise InvalidParameter(f"User {user.username} is not assigned to the project with specified id")
    call.db.project_members.delete(found[0])
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
    project, caller = live(p.projectid, "Unable to find the project id={id}"), call.caller
    if caller.account.account_type == NORMAL and not is_member(db, project, caller):
        raise PermissionDenied(
            f"Account {account_text(caller.account)} is not authorized to list users of the project id={project.id}"
        )
    filters = [
        equal(lambda m: db.accounts[m.account_id].name, p.account),
        equal("user_id", p.userid),
        equal("member_role", p.role),
        equal("project_role_id", p.projectroleid),
    ]
    return call.listing("projectaccount", members(call, project), member_view, where=filters, newest_first=True)
