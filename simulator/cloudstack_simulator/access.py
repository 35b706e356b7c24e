"""Who may see and touch what: domains, accounts, projects, `listall`, `isrecursive`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .errors import InvalidParameter, PermissionDenied
from .model.images import Template
from .model.tenants import account_text, domain_text
from .tables import Database, Missing

if TYPE_CHECKING:
    from .call import Call, Caller

USER, ROOT_ADMIN, DOMAIN_ADMIN, PROJECT = 0, 1, 2, 5


def in_domain(db: Database, domain_id: int, ancestor_id: int) -> bool:
    """Whether a domain is the ancestor or lies below it."""
    current: int | None = domain_id
    while current is not None:
        if current == ancestor_id:
            return True
        current = db.domains[current].parent_id
    return False


def domains_below(db: Database, ancestor_id: int) -> set[int]:
    """The domain and all domains below it (removed ones too: their rows may still be listed)."""
    return {d.id for d in db.domains.all() if in_domain(db, d.id, ancestor_id)}


def project_of(db: Database, account_id: int) -> Any:
    """The project whose own account this is, or None."""
    return db.projects.first(project_account_id=account_id)


def may_use_account(caller: Caller, account: Any, db: Database) -> bool:
    if caller.is_root_admin or caller.account.id == account.id:
        return True
    if caller.is_domain_admin and in_domain(db, account.domain_id, caller.account.domain_id):
        return True
    if account.account_type == PROJECT:
        project = project_of(db, account.id)
        return project is not None and is_member(db, project, caller)
    return False


def is_member(db: Database, project: Any, caller: Caller) -> bool:
    return any(
        m.account_id == caller.account.id and m.user_id in (None, caller.user.id)
        for m in db.project_members.where(project_id=project.id)
    )


NO_ACCESS = "Caller does not have permission to operate with provided resource."


def check(caller: Caller, row: Any, db: Database) -> None:
    """Refuse (531) a row whose owner the caller may not act for; a template has rules of its own."""
    account = db.accounts[row.account_id]
    if isinstance(row, Template):
        _check_template(caller, row, account, db)
    elif not may_use_account(caller, account, db):
        raise PermissionDenied(NO_ACCESS)


def check_one_owner(rows: list[Any]) -> None:
    """Refuse (531, root admins too) things of different accounts that shall work together."""
    for before, row in pairwise(rows):
        if row.account_id != before.account_id:
            raise PermissionDenied(f"Entity {row} and entity {before} belong to different accounts")


def _check_template(caller: Caller, template: Template, account: Any, db: Database) -> None:
    """Public ones are their owners' alone to change, whatever domain admins may do with other things."""
    if not template.public:
        check_launch(caller, template, db)
    elif not caller.is_root_admin and not _is_owner(caller, account, db):
        raise PermissionDenied("Domain Admin and regular users can modify only their own Public templates")


def check_launch(caller: Caller, template: Template, db: Database) -> None:
    """Refuse (531) a private image to those who are neither its owner nor were given it."""
    if template.public or caller.is_root_admin or caller.account.id in template.launch_account_ids:
        return
    if not _is_owner(caller, db.accounts[template.account_id], db):
        raise PermissionDenied(
            f"Account {account_text(caller.account)} does not have permission to launch instances from template "
            f"{template}"
        )


def _is_owner(caller: Caller, account: Any, db: Database) -> bool:
    if account.account_type == PROJECT:
        return may_use_account(caller, account, db)
    return bool(caller.account.id == account.id)


def check_domain(caller: Caller, domain: Any, db: Database) -> None:
    """Refuse (531) a domain that the caller's account doesn't reach."""
    if caller.is_root_admin or domain.id == caller.account.domain_id:
        return
    if not (caller.is_domain_admin and in_domain(db, domain.id, caller.account.domain_id)):
        raise PermissionDenied(
            f"Account {account_text(caller.account)} does not have permission to operate within domain id={domain.uuid}"
        )


def active_account(db: Database, name: str, domain_id: int) -> Any:
    found = [a for a in db.accounts.where(domain_id=domain_id) if a.name == name and a.account_type != PROJECT]
    return found[0] if found else None


def owner(call: Call) -> Any:
    """The account that shall own something new (`finalizeOwner`)."""
    p, db, caller = call.params, call.db, call.caller
    if p.projectid is not None:
        if p.account and p.domainid is not None:
            raise InvalidParameter("ProjectId and account/domainId can't be specified together")
        return _project_owner(call)
    if not p.account:
        return caller.account
    if p.domainid is None:
        raise InvalidParameter("AccountName and domainId must be specified together")
    if not (caller.is_root_admin or caller.is_domain_admin):
        if p.account == caller.account.name and p.domainid.id == caller.account.domain_id:
            return caller.account
        raise PermissionDenied(
            f"Can't create/list resources for account {p.account} in domain {p.domainid.id}, permission denied"
        )
    if p.domainid.removed is not None:
        raise InvalidParameter(f"Unable to find the domain by id={p.domainid.id}")
    account = active_account(db, p.account, p.domainid.id)
    if account is None:
        raise InvalidParameter(f"Unable to find account {p.account} in domain {domain_text(p.domainid)}")
    check_domain(caller, p.domainid, db)
    return account


def _project_owner(call: Call) -> Any:
    project, caller = call.params.projectid, call.caller
    if project.removed is not None:
        raise InvalidParameter(f"Unable to find project by id={project.id}")
    account = call.db.accounts[project.project_account_id]
    if not may_use_account(caller, account, call.db):
        raise PermissionDenied(f"Account {account_text(caller.account)} is unauthorised to use project id={project.id}")
    return account


def entity_owner(call: Call) -> Any:
    """The account in `account`+`domainid` or `projectid`, by the dispatcher (`finalizeAccountId`); else the caller."""
    p, db = call.params, call.db
    if p.account:
        if p.domainid is None:
            raise InvalidParameter("Account must be specified with domainId parameter")
        if p.domainid.removed is not None:
            raise InvalidParameter("Unable to find domain by id")
        account = active_account(db, p.account, p.domainid.id)
        if account is None:
            raise InvalidParameter(f"Unable to find account by name {p.account} in domain with specified id")
        if account.state != "enabled":
            raise PermissionDenied(
                f"Can't add resources to the account id={account.id} in state={account.state} as it's no longer active"
            )
    elif p.projectid is not None:
        if p.projectid.removed is not None:
            raise InvalidParameter("Unable to find project by id")
        if p.projectid.state != "Active":
            raise PermissionDenied(
                f"Can't add resources to the project with specified projectId in state={p.projectid.state} "
                "as it's no longer active"
            )
        account = db.accounts[p.projectid.project_account_id]
    else:
        return call.caller.account
    if not may_use_account(call.caller, account, db):
        raise PermissionDenied(NO_ACCESS)
    return account


def visible_accounts(call: Call) -> set[int] | None:
    """Numbers of the accounts whose rows this call lists (None: all), by the rules of the server's list commands."""
    p, db, caller = call.params, call.db, call.caller
    one_row, domain, kind = p.id is not None, p.domainid, caller.account.account_type
    if domain is not None:
        if domain.removed is not None:
            raise InvalidParameter(f"Unable to find domain by id {domain.id}")
        check_domain(caller, domain, db)
    if p.account:
        return {_named_account(call, domain)}
    if p.projectid is not None:
        return _project_accounts(call)
    if kind == USER:
        return {caller.account.id}
    if domain is not None:
        return _accounts(db, domains_below(db, domain.id) if p.isrecursive else {domain.id}, one_row)
    if not p.listall and not one_row:
        return {caller.account.id}
    # With `listall` the server keeps only domain admins to their domains, with an id everybody but root admins.
    if kind == DOMAIN_ADMIN or (kind != ROOT_ADMIN and not p.listall):
        return _accounts(db, domains_below(db, caller.account.domain_id), one_row)
    return None if one_row else _accounts(db, None, False)


def _accounts(db: Database, domain_ids: set[int] | None, with_projects: bool) -> set[int]:
    return {
        a.id
        for a in db.accounts.all()
        if (domain_ids is None or a.domain_id in domain_ids) and (with_projects or a.account_type != PROJECT)
    }


def _named_account(call: Call, domain: Any) -> int:
    p, db, caller = call.params, call.db, call.caller
    if p.projectid is not None:
        raise InvalidParameter("Account and projectId can't be specified together")
    place = domain or db.domains[caller.account.domain_id]
    account = active_account(db, p.account, place.id)
    if account is None:
        raise InvalidParameter(f"could not find account {p.account} in domain {domain_text(place)}")
    if not may_use_account(caller, account, db):
        raise PermissionDenied(NO_ACCESS)
    return account.id


def _joined_projects(call: Call) -> set[int]:
    return {p.project_account_id for p in call.db.projects if is_member(call.db, p, call.caller)}


def _project_accounts(call: Call) -> set[int] | None:
    """The own account of the project that is named; for -1 those of all projects, with `listall` all rows besides.

    Who is in no project sees for -1 what is his own.
    """
    db, caller, project = call.db, call.caller, call.params.projectid
    if project.id == -1:
        if not caller.is_root_admin:
            joined = _joined_projects(call)
            return joined | ({caller.account.id} if call.params.listall or not joined else set())
        if call.params.listall:
            return None
        return {a.id for a in db.accounts.all() if a.account_type == PROJECT}
    if isinstance(project, Missing) or project.removed is not None:
        raise InvalidParameter(f"Unable to find project by id {project.id}")
    account = db.accounts[project.project_account_id]
    if caller.is_domain_admin:
        check_domain(caller, db.domains[account.domain_id], db)
    elif not may_use_account(caller, account, db):
        raise PermissionDenied(f"Account {account_text(caller.account)} can't access project id={project.id}")
    return {account.id}
