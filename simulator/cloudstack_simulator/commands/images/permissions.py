"""Who may use a template or ISO."""

from __future__ import annotations

from typing import Any

from ... import access
from ...call import Call
from ...errors import InvalidParameter, PermissionDenied
from ...model.images import Template
from ...registry import SUCCESS, command


@command("updateTemplatePermissions")
def update_template_permissions(call: Call) -> dict[str, Any]:
    return _update(call, is_iso=False)


@command("updateIsoPermissions")
def update_iso_permissions(call: Call) -> dict[str, Any]:
    return _update(call, is_iso=True)


def _update(call: Call, *, is_iso: bool) -> dict[str, Any]:
    p = call.params
    template = _find(call, is_iso=is_iso)
    accounts = _projects(call) if p.projectids else None
    _check_visibility(call, template)
    if p.op is not None and p.op.lower() not in ("add", "remove", "reset"):
        raise InvalidParameter(
            "Invalid operation on accounts, the operation must be either 'add' or 'remove' in order to modify launch "
            f"permissions.  Given operation is: '{p.op}'"
        )
    operation = p.op.lower() if p.op is not None else None
    named = _accounts(call, template) if p.accounts else []
    if operation in ("add", "remove") and not p.accounts and not p.projectids:
        raise InvalidParameter(f"Operation {p.op} requires accounts or projectIds to be passed in")
    for name, field in (("ispublic", "public"), ("isfeatured", "featured"), ("isextractable", "extractable")):
        if p[name] is not None:
            setattr(template, field, p[name])
    _share(template, operation, [*named, *(accounts or [])])
    return SUCCESS


def _find(call: Call, *, is_iso: bool) -> Template:
    template: Template = call.params.id
    if not template:
        raise InvalidParameter(f"unable to find {'iso' if is_iso else 'template'} with id {template.id}")
    if template.removed is not None:
        raise InvalidParameter(f"unable to update permissions for template with id {template.uuid} as it is removed ")
    if template.is_iso is not is_iso:
        raise InvalidParameter(f"Please provide a valid {'iso' if is_iso else 'template'}")
    if not access.may_use_account(call.caller, call.db.accounts[template.account_id], call.db):
        raise InvalidParameter(
            f"unable to update permissions for {'iso' if is_iso else 'template'} with id {template.uuid}"
        )
    return template


def _check_visibility(call: Call, template: Template) -> None:
    p = call.params
    if call.caller.is_root_admin:
        return
    if (p.ispublic or p.isfeatured) and not call.setting("allow.public.user.templates", call.caller.account):
        raise InvalidParameter(f"Only private {'ISO' if template.is_iso else 'template'}s can be created.")
    if p.isextractable is not None and template.account_id != call.caller.account.id:
        raise InvalidParameter("Only ROOT admins and template owners are allowed to modify isExtractable attribute.")


def _projects(call: Call) -> list[int]:
    found = []
    for project in call.params.projectids:
        if not project or project.removed is not None:
            raise InvalidParameter(f"Unable to find project by id {project.id}")
        account = call.db.accounts[project.project_account_id]
        if not access.may_use_account(call.caller, account, call.db):
            raise InvalidParameter(
                f"Account {access.account_text(call.caller.account)} can't access project id={project.uuid}"
            )
        found.append(account.id)
    return found


def _accounts(call: Call, template: Template) -> list[int]:
    owner = call.db.accounts[template.account_id]
    domain = call.db.domains[owner.domain_id]
    found = []
    for name in call.params.accounts:
        account = access.active_account(call.db, name, domain.id)
        if account is None:
            raise InvalidParameter(
                f"Unable to grant a launch permission to account {name} in domain id={domain.uuid}, account not found."
                "  No permissions updated, please verify the account names and retry."
            )
        found.append(account.id)
    return found


def _share(template: Template, operation: str | None, accounts: list[int]) -> None:
    if operation == "add":
        new = [a for a in accounts if a not in template.launch_account_ids and a != template.account_id]
        template.launch_account_ids = [*template.launch_account_ids, *new]
    elif operation == "remove":
        template.launch_account_ids = [a for a in template.launch_account_ids if a not in accounts]
    elif operation == "reset":
        template.public = template.featured = False
        template.launch_account_ids = []


@command("listTemplatePermissions", "listIsoPermissions")
def list_permissions(call: Call) -> dict[str, Any]:
    template: Template = call.params.id
    word = "iso" if call.command == "listIsoPermissions" else "template"
    if not template or template.removed is not None:
        raise InvalidParameter(f"unable to find {word} with id {template.id}")
    if template.is_iso is not (word == "iso"):
        raise InvalidParameter(f"Please provide a valid {word}")
    owner = call.db.accounts[template.account_id]
    may = access.may_use_account(call.caller, owner, call.db)
    if not may and not template.public and call.caller.account.id not in template.launch_account_ids:
        raise PermissionDenied(f"unable to list permissions for {word} with id {template.uuid}")
    names, projects = _holders(call, template)
    if not template.public:
        names.append(owner.name)
    return {
        "templatepermission": {
            "id": template.uuid,
            "ispublic": template.public,
            "domainid": call.db.domains[owner.domain_id].uuid,
            "account": names or None,
            "projectids": projects or None,
        }
    }


def _holders(call: Call, template: Template) -> tuple[list[str], list[str]]:
    """(account names, project ids) with a permission of their own."""
    names, projects = [], []
    for number in template.launch_account_ids:
        account = call.db.accounts[number]
        project = access.project_of(call.db, number) if account.account_type == access.PROJECT else None
        if project is not None:
            projects.append(project.uuid)
        else:
            names.append(account.name)
    return names, projects
