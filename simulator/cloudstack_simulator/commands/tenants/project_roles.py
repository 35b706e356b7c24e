"""A project's own roles and their rules."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import ParameterError, PermissionDenied
from ...listing import contains, equal
from ...model.tenants import ProjectRole, ProjectRolePermission
from ...registry import SUCCESS, command
from .projects import managed
from .role_permissions import permission_word


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
    project = managed(call)
    role = call.db.project_roles.add(
        ProjectRole(project_id=project.id, name=call.params.name, description=call.params.description)
    )
    return {"projectrole": role_view(call, role)}


@command("updateProjectRole")
def update_project_role(call: Call) -> dict[str, Any]:
    p = call.params
    managed(call)
    role = _role(call, p.id)
    role.name = p.get("name", role.name)
    role.description = p.get("description", role.description)
    return {"projectrole": role_view(call, role)}


@command("deleteProjectRole")
def delete_project_role(call: Call) -> dict[str, Any]:
    managed(call)
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
    project, role = managed(call), _role(call, p.projectroleid)
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
    managed(call)
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
    managed(call)
    call.db.project_role_permissions.delete(live(call.params.id, "Invalid role permission id provided"))
    return SUCCESS
