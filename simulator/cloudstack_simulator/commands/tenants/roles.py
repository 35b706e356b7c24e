"""Roles and their permissions."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, ParameterError, PermissionDenied, ServerApiError
from ...listing import contains, equal, like, matching
from ...model.tenants import Role
from ...registry import SUCCESS, command
from . import privileges
from .role_permissions import add_rule, check_rule, rules_of

TYPES = ("Admin", "ResourceAdmin", "DomainAdmin", "User")


def role_view(_call: Call, role: Role) -> dict[str, Any]:
    return {
        "type": role.role_type,
        "isdefault": role.is_default,
        "state": role.state,
        "id": role.uuid,
        "name": role.name,
        "description": role.description,
        "ispublic": role.is_public,
    }


def _changed_role(call: Call, role: Role) -> dict[str, Any]:
    """The answer of commands that make or change a role: without `isdefault`."""
    return {"role": {**role_view(call, role), "isdefault": None}}


def _role_type(word: str) -> str:
    for known in TYPES:
        if known.lower() == word.lower():
            return known
    raise ServerApiError(530, "Illegal RoleType name provided")


def _name_is_free(call: Call, name: str, but: Role | None = None) -> None:
    if any(role is not but for role in call.db.roles.where(name=name)):
        raise ServerApiError(530, "Entity already exists ")


def find_role(call: Call) -> Role:
    role = call.params.id
    if role.removed is not None:
        raise ParameterError("Cannot find the role with provided id")
    return role


@command("createRole")
def create_role(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if p.type and p.roleid:
        raise ParameterError("Both role type and role ID should not be specified")
    if not p.type and not p.roleid:
        raise ParameterError("Neither role type nor role ID is provided")
    role_type = p.roleid.role_type if p.roleid else _role_type(p.type)
    privileges.check_admin_role(call)
    _name_is_free(call, p.name)
    role = db.roles.add(
        Role(name=p.name, role_type=role_type, description=p.description, is_public=p.get("ispublic", True))
    )
    if p.roleid:
        for rule in rules_of(call, p.roleid):
            add_rule(call, role, rule.rule, rule.permission, rule.description)
    call.event("ROLE.CREATE", f"Successfully completed creating Role. Role Name: {role.name}", role)
    return _changed_role(call, role)


@command("importRole")
def import_role(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if not p.type:
        raise ParameterError("Invalid role type provided")
    role_type = _role_type(p.type)
    rules = [_imported_rule(entry) for _index, entry in sorted(p.rules.items(), key=lambda item: int(item[0]))]
    privileges.check_admin_role(call)
    role = db.roles.first(name=p.name)
    if role is not None:
        if not p.forced:
            raise CloudRuntime("Role already exists")
        if role.role_type != role_type:
            raise ServerApiError(530, "Entity already exists ")
        if role.is_default:
            raise CloudRuntime(f"Failed to import the role: {p.name}, default role cannot be overriden")
        for rule in rules_of(call, role):
            db.role_permissions.delete(rule)
        role.role_type, role.is_public = role_type, p.get("ispublic", True)
        role.description = p.description
    else:
        role = db.roles.add(
            Role(name=p.name, role_type=role_type, description=p.description, is_public=p.get("ispublic", True))
        )
    for pattern, permission, description in rules:
        add_rule(call, role, pattern, permission, description)
    call.event("ROLE.IMPORT", f"Successfully completed importing Role. Role Name: {role.name}", role)
    return _changed_role(call, role)


def _imported_rule(entry: Any) -> tuple[str, str, str | None]:
    if not isinstance(entry, dict) or not entry.get("rule"):
        raise ParameterError("Empty rule provided in rules param")
    check_rule(entry["rule"])
    permission = (entry.get("permission") or "").lower()
    if permission not in ("allow", "deny"):
        raise ParameterError("Invalid permission: " + (entry.get("permission") or "null") + " provided in rules param")
    return entry["rule"], permission, entry.get("description")


@command("updateRole")
def update_role(call: Call) -> dict[str, Any]:
    p = call.params
    role = find_role(call)
    role_type = _role_type(p.type) if p.type else None
    privileges.check_admin_role(call)
    if role.is_default and (p.name or p.description is not None or role_type):
        raise PermissionDenied("Default roles cannot be updated (with the exception of making it private/public).")
    if role_type and call.db.accounts.where(role_id=role.id):
        raise PermissionDenied("Found accounts that have role in use, won't allow to change role type")
    if p.name:
        _name_is_free(call, p.name, but=role)
        role.name = p.name
    role.role_type = role_type or role.role_type
    role.description = p.description or role.description
    role.is_public = p.get("ispublic", role.is_public)
    call.event("ROLE.UPDATE", f"Successfully completed updating Role. Role Id: {role.uuid}", role)
    return _changed_role(call, role)


@command("deleteRole")
def delete_role(call: Call) -> dict[str, Any]:
    role = find_role(call)
    privileges.check_admin_role(call)
    if role.is_default:
        raise PermissionDenied("Default roles cannot be deleted")
    if call.db.accounts.where(role_id=role.id):
        raise PermissionDenied("Found accounts that have role in use, won't allow to delete role")
    for rule in rules_of(call, role):
        call.db.role_permissions.delete(rule)
    call.db.roles.remove(role)
    call.event("ROLE.DELETE", f"Successfully completed deleting Role. Role Id: {role.uuid}", role)
    return SUCCESS


@command("enableRole", "disableRole")
def change_role_state(call: Call) -> dict[str, Any]:
    role = find_role(call)
    privileges.check_admin_role(call)
    state = "enabled" if call.command == "enableRole" else "disabled"
    if role.state == state:
        raise PermissionDenied(f"Role is already {state}")
    role.state = state
    call.event(f"ROLE.{state.upper().removesuffix('D')}", f"Successfully completed Role Id: {role.uuid}", role)
    return SUCCESS


@command("listRoles")
def list_roles(call: Call) -> dict[str, Any]:
    p = call.params
    if p.id is not None:
        shown = p.id.removed is None and _is_shown(call, p.id)
        return call.listing("role", [p.id], role_view) if shown else {"count": 1}
    filters = [
        like("name", p.name),
        contains("name", p.keyword),
        equal("role_type", p.type),
        equal("state", p.state),
        matching(lambda role: _is_shown(call, role)),
    ]
    return call.listing("role", call.db.roles, role_view, where=filters)


def _is_shown(call: Call, role: Role) -> bool:
    """Roles of root admins, and private ones, are theirs alone to see."""
    return call.caller.is_root_admin or (role.is_public and role.role_type != "Admin")
