"""Who belongs to a project, and its own roles."""

from __future__ import annotations

from typing import Any

from ...access import active_account
from ...call import Call, live
from ...errors import InvalidParameter, ParameterError, PermissionDenied
from ...listing import contains, equal
from ...model.tenants import Project, ProjectMember, ProjectRole, ProjectRolePermission, domain_path
from ...registry import SUCCESS, command
from .projects import check_manages, members
from .roles import permission_word
from .views import user_view


def _project(call: Call) -> Project:
    project = live(call.params.projectid, "Unable to find project with specified id")
    check_manages(call, project)
    return project


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
    project = _project(call)
    if project.state != "Active":
        raise InvalidParameter(
            f"Can't add account to the specified project id in state={project.state} as it's no longer active"
        )
    account = active_account(call.db, p.account, project.domain_id) if p.account else None
    if account is None:
        raise InvalidParameter(f"Unable to find account name={p.account} in specified domain id")
    if any(m.account_id == account.id and m.user_id is None for m in members(call, project)):
        return SUCCESS
    for member in members(call, project):
        if member.account_id == account.id:
            call.db.project_members.delete(member)
    _add_member(call, project, account.id)
    call.event(
        "PROJECT.ACCOUNT.ADD",
        f"Successfully completed adding account to project. Account Name: {account.name}",
        project,
    )
    return SUCCESS


def _add_member(call: Call, project: Project, account_id: int, user_id: int | None = None) -> None:
    role = call.params.projectroleid
    if role is not None and (role.removed is not None or role.project_id != project.id):
        raise InvalidParameter("Invalid project role ID for the given project")
    call.db.project_members.add(
        ProjectMember(
            project_id=project.id,
            account_id=account_id,
            user_id=user_id,
            member_role=_member_role(call),
            project_role_id=role.id if role else None,
        )
    )


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
    if any(m.account_id == user.account_id and m.user_id in (None, user.id) for m in members(call, project)):
        raise InvalidParameter(f"User belongs to account {user.account_id} which is already part of the project")
    _add_member(call, project, user.account_id, user.id)
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
    found = [m for m in members(call, project) if m.account_id == account.id and m.user_id is None]
    if not found:
        raise InvalidParameter(f"Account {p.account} is not assigned to the project with specified id")
    if found[0].member_role == "Admin" and _admins(call, project) == found:
        raise InvalidParameter(
            f"Unable to delete account {p.account} from the project with specified id as the account is the owner of "
            "the project"
        )
    call.db.project_members.delete(found[0])
    call.event(
        "PROJECT.ACCOUNT.REMOVE",
        f"Successfully completed removing account from project. Account Name: {account.name}",
        project,
    )
    return SUCCESS


def _admins(call: Call, project: Project) -> list[ProjectMember]:
    return [m for m in members(call, project) if m.member_role == "Admin"]


@command("deleteUserFromProject")
def delete_user(call: Call) -> dict[str, Any]:
    project, user = _project(call), call.params.userid
    if user.removed is not None:
        raise InvalidParameter("Invalid userId provided")
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


@command("listProjectInvitations")
def list_project_invitations(call: Call) -> dict[str, Any]:
    """Invitations are off by default (`project.invite.required`): members are added at once and none is ever made."""
    return call.listing("projectinvitation", call.db.project_invitations, lambda _call, row: {"id": row.uuid})


def role_view(call: Call, role: ProjectRole) -> dict[str, Any]:
    return {
        "projectid": call.db.projects[role.project_id].uuid,
        "id": role.uuid,
        "name": role.name,
        "description": role.description,
        "ispublic": True,
    }


def _role(call: Call, row: Any) -> ProjectRole:
    if not row or row.removed is not None:
        raise ParameterError("Invalid project role id provided")
    if row.project_id != call.params.projectid.id:
        raise PermissionDenied("Given project role doesn't belong to the project")
    return row


@command("createProjectRole")
def create_project_role(call: Call) -> dict[str, Any]:
    project = _project(call)
    role = call.db.project_roles.add(
        ProjectRole(project_id=project.id, name=call.params.name, description=call.params.description)
    )
    return {"projectrole": role_view(call, role)}


@command("updateProjectRole")
def update_project_role(call: Call) -> dict[str, Any]:
    p = call.params
    _project(call)
    role = _role(call, p.id)
    role.name = p.get("name", role.name)
    role.description = p.get("description", role.description)
    return {"projectrole": role_view(call, role)}


@command("deleteProjectRole")
def delete_project_role(call: Call) -> dict[str, Any]:
    _project(call)
    role = _role(call, call.params.id)
    if call.db.project_members.where(project_role_id=role.id):
        raise PermissionDenied("Found users that have Project role in use, won't allow to delete project role")
    for rule in call.db.project_role_permissions.where(project_role_id=role.id):
        call.db.project_role_permissions.delete(rule)
    call.db.project_roles.remove(role)
    return SUCCESS


@command("listProjectRoles")
def list_project_roles(call: Call) -> dict[str, Any]:
    p = call.params
    rows = call.db.project_roles.where(project_id=live(p.projectid, "Unable to find the project id").id)
    filters = [equal("id", p.projectroleid), equal("name", p.name), contains("name", p.keyword)]
    return call.listing("projectrole", rows, role_view, where=filters)


def rule_view(call: Call, rule: ProjectRolePermission) -> dict[str, Any]:
    role = call.db.project_roles[rule.project_role_id]
    return {
        "id": rule.uuid,
        "projectroleid": role.uuid,
        "projectid": call.db.projects[rule.project_id].uuid,
        "projectrolename": role.name,
        "rule": rule.rule,
        "permission": rule.permission,
        "description": rule.description,
    }


@command("createProjectRolePermission")
def create_rule(call: Call) -> dict[str, Any]:
    p = call.params
    project, role = _project(call), _role(call, p.projectroleid)
    rules = call.db.project_role_permissions.where(project_role_id=role.id)
    if any(rule.rule.lower() == p.rule.lower() for rule in rules):
        raise PermissionDenied(f"Rule already exists for the role: {role.name}")
    rule = call.db.project_role_permissions.add(
        ProjectRolePermission(
            project_id=project.id,
            project_role_id=role.id,
            rule=p.rule,
            permission=permission_word(p.permission),
            description=p.description,
            sort_order=len(rules),
        )
    )
    return {"projectrolepermission": {**rule_view(call, rule), "projectrolename": None}}


@command("listProjectRolePermissions")
def list_rules(call: Call) -> dict[str, Any]:
    p = call.params
    project = live(p.projectid, "Unable to find the project id")
    rows = call.db.project_role_permissions.where(project_id=project.id)
    shown = [r for r in rows if p.projectroleid is None or r.project_role_id == p.projectroleid.id]
    shown.sort(key=lambda rule: (rule.project_role_id, rule.sort_order))
    views = [rule_view(call, rule) for rule in shown]
    return {"count": len(views), "projectrolepermission": views} if views else {}


@command("updateProjectRolePermission")
def update_rule(call: Call) -> dict[str, Any]:
    p = call.params
    _project(call)
    _role(call, p.projectroleid)
    if p.ruleorder is not None:
        if p.permission or p.projectrolepermissionid:
            raise ParameterError("Parameters permission and ruleid must be mutually exclusive with ruleorder")
        for order, rule in enumerate(p.ruleorder):
            live(rule, "Invalid role permission id provided").sort_order = order
        return SUCCESS
    if not p.permission or not p.projectrolepermissionid:
        return {"success": False}
    rule = live(p.projectrolepermissionid, "Invalid role permission id provided")
    rule.permission = permission_word(p.permission)
    return SUCCESS


@command("deleteProjectRolePermission")
def delete_rule(call: Call) -> dict[str, Any]:
    _project(call)
    call.db.project_role_permissions.delete(live(call.params.id, "Invalid role permission id provided"))
    return SUCCESS
