"""The rules of roles: which commands they allow and deny, in which order."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter, ParameterError, PermissionDenied
from ...model.tenants import Role, RolePermission
from ...registry import SUCCESS, command
from . import privileges

RULE = re.compile(r"[A-Za-z0-9*]+")
REORDERED = (
    "The role's rule permissions list has changed while you were making updates, aborted re-ordering of rules. "
    "Please try again."
)


def rules_of(call: Call, role: Role) -> list[RolePermission]:
    """The role's rules in their order."""
    return sorted(call.db.role_permissions.where(role_id=role.id), key=lambda rule: (rule.sort_order, rule.id))


def rule_view(call: Call, rule: RolePermission) -> dict[str, Any]:
    role = call.db.roles[rule.role_id]
    return {
        "id": rule.uuid,
        "roleid": role.uuid,
        "rolename": role.name,
        "rule": rule.rule,
        "permission": rule.permission,
        "description": rule.description,
    }


def add_rule(call: Call, role: Role, rule: str, permission: str, description: str | None) -> RolePermission:
    order = max((r.sort_order for r in rules_of(call, role)), default=-1) + 1
    added: RolePermission = call.db.role_permissions.add(
        RolePermission(role_id=role.id, rule=rule, permission=permission, description=description, sort_order=order)
    )
    return added


def check_rule(rule: str) -> None:
    if not RULE.fullmatch(rule):
        raise InvalidParameter(f"Only API names and wildcards are allowed, invalid rule provided: {rule}")


def permission_word(word: str) -> str:
    if word.upper() not in ("ALLOW", "DENY"):
        raise IllegalArgument(
            f"No enum constant org.apache.cloudstack.acl.RolePermissionEntity.Permission.{word.upper()}"
        )
    return word.lower()


def given_role(call: Call) -> Role:
    role = call.params.roleid
    if role.removed is not None:
        raise ParameterError("Invalid role id provided")
    return role


@command("createRolePermission")
def create_role_permission(call: Call) -> dict[str, Any]:
    p = call.params
    role = given_role(call)
    permission = permission_word(p.permission) if RULE.fullmatch(p.rule) else ""
    check_rule(p.rule)
    privileges.check_admin_role(call)
    if role.is_default:
        raise PermissionDenied("Role permission cannot be added for Default roles")
    if any(rule.rule.lower() == p.rule.lower() for rule in rules_of(call, role)):
        raise PermissionDenied(f"Rule already exists for the role: {role.name}")
    added = add_rule(call, role, p.rule, permission, p.description)
    call.event(
        "ROLE.PERMISSION.CREATE", f"Successfully completed creating Role Permission. Role Id: {role.uuid}", added
    )
    return {"rolepermission": {**rule_view(call, added), "rolename": None}}


@command("listRolePermissions")
def list_role_permissions(call: Call) -> dict[str, Any]:
    """Without `roleid` the rules of all roles; never paged."""
    role = call.params.roleid
    rows = rules_of(call, role) if role else sorted(call.db.role_permissions, key=lambda rule: rule.id)
    shown = [rule_view(call, rule) for rule in rows]
    return {"count": len(shown), "rolepermission": shown} if shown else {}


@command("updateRolePermission")
def update_role_permission(call: Call) -> dict[str, Any]:
    p = call.params
    role = given_role(call)
    if p.ruleorder is not None and (p.ruleid or p.permission):
        raise ParameterError("Parameters permission and ruleid must be mutually exclusive with ruleorder")
    if p.ruleorder is None:
        return {"success": _change_rule(call, role)}
    _refuse_default(call, role)
    current = rules_of(call, role)
    if {rule.id for rule in current} != {rule.id for rule in p.ruleorder} or len(p.ruleorder) != len(current):
        raise CloudRuntime(REORDERED)
    for order, rule in enumerate(p.ruleorder):
        rule.sort_order = order
    return SUCCESS


def _refuse_default(call: Call, role: Role) -> None:
    privileges.check_admin_role(call)
    if role.is_default:
        raise PermissionDenied("Role permission cannot be updated for Default roles")


def _change_rule(call: Call, role: Role) -> bool:
    p = call.params
    if p.permission is not None and p.permission.lower() not in ("allow", "deny"):
        raise ParameterError("Values for permission parameter should be: allow or deny")
    if not p.ruleid or p.permission is None:
        return False
    _refuse_default(call, role)
    p.ruleid.permission = p.permission.lower()
    return True


@command("deleteRolePermission")
def delete_role_permission(call: Call) -> dict[str, Any]:
    rule = call.params.id
    if not rule or rule.removed is not None:
        raise ParameterError("Invalid role permission id provided")
    privileges.check_admin_role(call)
    if call.db.roles[rule.role_id].is_default:
        raise PermissionDenied("Role permission cannot be deleted for Default roles")
    call.db.role_permissions.delete(rule)
    return SUCCESS
