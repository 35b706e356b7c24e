"""Who may use a template or ISO."""

from __future__ import annotations

from typing import Any

from ... import access
from ...call import Call
from ...errors import InvalidParameter, PermissionDenied
from ...model.images import Template
from ...registry import SUCCESS, command
from .update import UNTOUCHABLE


@command("updateTemplatePermissions")
def update_template_permissions(call: Call) -> dict[str, Any]:
    return _update(call, is_iso=False)


@command("updateIsoPermissions")
def update_iso_permissions(call: Call) -> dict[str, Any]:
    return _update(call, is_iso=True)


def _update(call: Call, *, is_iso: bool) -> dict[str, Any]:
    """The flags are kept even when the operation on accounts is refused afterwards, as on the server."""
    p = call.params
    word = "iso" if is_iso else "template"
    if p.accounts is not None and p.projectids is not None:
        raise InvalidParameter("Accounts and projectIds can't be specified together")
    template = _find(call, word)
    names = _names(call)
    call.check_access(template)
    owner = call.db.accounts[template.account_id]
    if template.id == UNTOUCHABLE:
        raise InvalidParameter(f"unable to update permissions for {word} with id {template.id}")
    _check_rights(call, template, names, word)
    for name, field in (("ispublic", "public"), ("isfeatured", "featured"), ("isextractable", "extractable")):
        if p[name] is not None:
            setattr(template, field, p[name])
    operation = p.op.lower() if p.op is not None else None
    if operation in ("add", "remove") and names is None:
        raise InvalidParameter(f"Operation {p.op} requires accounts or projectIds to be passed in")
    caller = call.caller.account.id
    accounts = [number for number in _accounts(call, owner, names or [], operation) if number != caller]
    _share(template, operation, accounts)
    return SUCCESS


def _find(call: Call, word: str) -> Template:
    template: Template = call.params.id
    if not template or template.removed is not None:
        raise InvalidParameter(f"unable to find  with id {template.id}")
    if template.is_iso is not (word == "iso"):
        raise InvalidParameter(f"Please provide a valid {word}")
    return template


def _names(call: Call) -> list[str] | None:
    """The accounts that are named, those of projects among them; None without any."""
    p = call.params
    if p.projectids is None:
        return None if p.accounts is None else list(p.accounts)
    found = []
    for project in p.projectids:
        if not project or project.removed is not None:
            raise InvalidParameter(f"Unable to find project by id {project.id}")
        account = call.db.accounts[project.project_account_id]
        if not access.may_use_account(call.caller, account, call.db):
            raise InvalidParameter(
                f"Account {access.account_text(call.caller.account)} can't access project id={project.uuid}"
            )
        found.append(account.name)
    return found


def _check_rights(call: Call, template: Template, names: list[str] | None, word: str) -> None:
    p, caller = call.params, call.caller
    is_admin = caller.is_root_admin or caller.is_domain_admin
    owner = call.db.accounts[template.account_id]
    if not is_admin and p.ispublic and not call.setting("allow.public.user.templates", owner):
        raise InvalidParameter(f"Only private {word}s can be created.")
    if names is not None and (p.op is None or p.op.lower() not in ("add", "remove", "reset")):
        raise InvalidParameter(
            "Invalid operation on accounts, the operation must be either 'add' or 'remove' in order to modify launch "
            f"permissions.  Given operation is: '{'null' if p.op is None else p.op}'"
        )
    if caller.account.id != owner.id and not is_admin:
        raise InvalidParameter(
            f"Unable to grant permission to account {caller.account.name} as it is neither admin nor owner or the "
            "template"
        )


def _accounts(call: Call, owner: Any, names: list[str], operation: str | None) -> list[int]:
    """Numbers of the accounts in the owner's domain; those whom a removal does not find are overlooked."""
    domain = call.db.domains[owner.domain_id]
    found = []
    for name in names:
        account = call.db.accounts.first(name=name, domain_id=domain.id)
        if account is not None:
            found.append(account.id)
        elif operation == "add":
            raise InvalidParameter(
                f"Unable to grant a launch permission to account {name} in domain id={domain.uuid}, account not found."
                "  No permissions updated, please verify the account names and retry."
            )
    return found


def _share(template: Template, operation: str | None, accounts: list[int]) -> None:
    if operation == "add":
        new = [a for a in accounts if a not in template.launch_account_ids]
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
    if template.id == UNTOUCHABLE:
        raise PermissionDenied(f"unable to list permissions for {word} with id {template.id}")
    if not template or template.removed is not None:
        raise InvalidParameter(f"unable to find {word} with id {template.id}")
    if template.is_iso is not (word == "iso"):
        raise InvalidParameter(f"Please provide a valid {word}")
    owner = call.db.accounts[template.account_id]
    if not template.public:
        call.check_access(template)
    names, projects = _holders(call, template)
    if not template.public:
        names.append(owner.name)
    return {
        "templatepermission": {
            "id": template.uuid,
            "ispublic": template.public,
            "domainid": call.db.domains[owner.domain_id].uuid if call.caller.is_root_admin else None,
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
