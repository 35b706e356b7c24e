"""Projects."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...access import PROJECT, active_account, domains_below
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.tenants import Account, Project, ProjectMember, domain_text
from ...registry import SUCCESS, allocate, check, command
from ...tags import taggable
from ...wording import printed
from .account_states import stop_account
from .removal import remove_project
from .views import project_view

taggable("Project", "projects")


def members(call: Call, project: Project) -> list[ProjectMember]:
    found: list[ProjectMember] = call.db.project_members.where(project_id=project.id)
    return found


def may_manage(call: Call, project: Project) -> bool:
    """Whether the caller administers the project."""
    caller = call.caller
    if caller.is_root_admin:
        return True
    if caller.is_domain_admin and project.domain_id in domains_below(call.db, caller.account.domain_id):
        return True
    return any(
        m.member_role == "Admin" and m.account_id == caller.account.id and m.user_id in (None, caller.user.id)
        for m in members(call, project)
    )


def check_manages(call: Call, project: Project) -> None:
    if not may_manage(call, project):
        raise PermissionDenied(
            f"Account {call.caller.account.name} is not authorized to operate with project id={project.uuid}"
        )


def managed(call: Call) -> Project:
    """The project of `projectid`, which the caller may manage."""
    project = live(call.params.projectid, "Unable to find project with specified id")
    check_manages(call, project)
    return project


def _project_owner(call: Call) -> Account:
    p, caller = call.params, call.caller
    if p.accountid is not None:
        return p.accountid
    if (p.account is None) != (p.domainid is None):
        raise InvalidParameter("Account name and domain id must be specified together")
    if p.account is None:
        return caller.account
    account = active_account(call.db, p.account, p.domainid.id)
    if account is None:
        raise InvalidParameter(f"Unable to find account {p.account} in domain {domain_text(p.domainid)}")
    call.check_access(account)
    return account


@allocate("createProject")
def allocate_project(call: Call) -> Project:
    p, db = call.params, call.db
    if not (call.caller.is_root_admin or call.caller.is_domain_admin or call.setting("allow.user.create.projects")):
        raise PermissionDenied("Regular user is not permitted to create a project")
    owner = _project_owner(call)
    if p.userid is not None and (p.accountid is None or p.domainid is None):
        raise InvalidParameter("Domain ID and account ID must be provided with User ID")
    if any(project.name.lower() == p.name.lower() for project in db.projects.where(domain_id=owner.domain_id)):
        raise InvalidParameter(f"Project with name {p.name} already exists in domain id={owner.domain_id}")
    if p.userid is not None:
        owner = _account_of_user(call)
    call.sim.limits.check(owner, "project")
    account = db.accounts.add(
        Account(name=f"PrjAcct-{p.name}-{owner.domain_id}", domain_id=owner.domain_id, account_type=PROJECT)
    )
    project = db.projects.add(
        Project(
            name=p.name,
            display_text=p.displaytext or p.name,
            domain_id=owner.domain_id,
            project_account_id=account.id,
        )
    )
    user_id = p.userid.id if p.userid else None
    db.project_members.add(
        ProjectMember(project_id=project.id, account_id=owner.id, user_id=user_id, member_role="Admin")
    )
    call.sim.limits.add(owner.id, "project")
    return project


def _account_of_user(call: Call) -> Account:
    """The account of the user who shall administer the project."""
    p, db = call.params, call.db
    user = live(p.userid, "Invalid user ID provided")
    account: Account = db.accounts[user.account_id]
    if account.id != p.accountid.id or account.domain_id != p.domainid.id:
        raise InvalidParameter("User doesn't belong to the specified account or domain")
    return account


@command("createProject")
def create_project(call: Call) -> dict[str, Any]:
    call.created.state = "Active"
    call.event(
        "PROJECT.CREATE", f"Successfully completed creating Project. Project Id: {call.created.uuid}", call.created
    )
    return {"project": project_view(call, call.created)}


@command("updateProject")
def update_project(call: Call) -> dict[str, Any]:
    p = call.params
    project = live(p.id, "Unable to find the project id={id}")
    check_manages(call, project)
    if p.account:
        (_change_owner if p.swapowner is not False else _set_role)(call, project)
    elif p.userid is not None and p.swapowner is False:
        _set_user_role(call, project)
    if p.name:
        project.name = p.name
    if p.displaytext is not None:
        project.display_text = p.displaytext
    call.event("PROJECT.UPDATE", f"Successfully completed Updating project. Project Id: {project.uuid}", project)
    return {"project": project_view(call, project)}


def _member_account(call: Call, project: Project) -> tuple[Account, ProjectMember]:
    """The account that the call names, and its membership."""
    p = call.params
    account = active_account(call.db, p.account, project.domain_id)
    if account is None:
        raise InvalidParameter(f"Unable to find account name={p.account} in domain id={project.domain_id}")
    found = next((m for m in members(call, project) if m.account_id == account.id and m.user_id is None), None)
    if found is None:
        raise InvalidParameter(
            f"Account {p.account} doesn't belong to the project. Add it to the project first and then change the "
            "project's ownership"
        )
    return account, found


def _change_owner(call: Call, project: Project) -> None:
    """Let another account own the project; the first of its admins is demoted."""
    owner = next((m for m in members(call, project) if m.member_role == "Admin"), None)
    account = active_account(call.db, call.params.account, project.domain_id)
    if owner is not None and account is not None and owner.account_id == account.id:
        return
    account, future = _member_account(call, project)
    call.sim.limits.check(account, "project")
    if owner is not None:
        owner.member_role = "Regular"
        call.sim.limits.add(owner.account_id, "project", -1)
    future.member_role = "Admin"
    call.sim.limits.add(account.id, "project")


def _set_role(call: Call, project: Project) -> None:
    account, member = _member_account(call, project)
    _give_role(call, project, account, member)


def _set_user_role(call: Call, project: Project) -> None:
    user = live(call.params.userid, "Invalid user ID provided")
    account = call.db.accounts[user.account_id]
    if account.domain_id != project.domain_id:
        raise InvalidParameter("User doesn't belong to the specified account or domain")
    member = next((m for m in members(call, project) if m.user_id == user.id), None)
    if member is None:
        text = printed("User", id=user.id, username=user.username, uuid=user.uuid)
        raise InvalidParameter(
            f"User {text} doesn't belong to the project. Add it to the project first and then change the project's "
            "ownership"
        )
    _give_role(call, project, account, member)


def _give_role(call: Call, project: Project, account: Account, member: ProjectMember) -> None:
    admin = (call.params.roletype or "Regular").lower() == "admin"
    if not admin and [m for m in members(call, project) if m.member_role == "Admin"] == [member]:
        raise InvalidParameter("Cannot demote the only admin of the project")
    call.sim.limits.check(account, "project")
    member.member_role = "Admin" if admin else "Regular"
    call.sim.limits.add(account.id, "project", 1 if admin else -1)


@command("suspendProject")
def suspend_project(call: Call) -> Generator[float, None, dict[str, Any]]:
    """What the project runs is stopped."""
    project = live(call.params.id, "Unable to find project with specified id")
    check_manages(call, project)
    project.state = "Suspended"
    yield from stop_account(call, call.db.accounts[project.project_account_id])
    call.event("PROJECT.SUSPEND", f"Successfully completed suspending project. Project Id: {project.uuid}", project)
    return {"project": project_view(call, project)}


@command("activateProject")
def activate_project(call: Call) -> dict[str, Any]:
    project = live(call.params.id, "Unable to find project with specified id")
    check_manages(call, project)
    if project.state not in ("Suspended", "Active"):
        raise InvalidParameter(f"Can't activate the project in {project.state} state")
    project.state = "Active"
    call.db.accounts[project.project_account_id].state = "enabled"
    call.event("PROJECT.ACTIVATE", f"Successfully completed activating project. Project Id: {project.uuid}", project)
    return {"project": project_view(call, project)}


@check("deleteProject")
def check_deletion(call: Call) -> None:
    project = live(call.params.id, "Unable to find project by id {id}")
    check_manages(call, project)


@command("deleteProject")
def delete_project(call: Call) -> dict[str, Any]:
    project = call.params.id
    left = _left_in_project(call, project)
    if left and not call.params.cleanup:
        raise CloudRuntime(f"Can't delete the project yet because it has {left}")
    remove_project(call.sim, project)
    call.event("PROJECT.DELETE", f"Successfully completed deleting project. Project Id: {project.uuid}", project)
    return SUCCESS


LEFT = (
    ("templates", "VirtualMachineTemplate"),
    ("vm_snapshots", "VMSnapshot"),
    ("vms", "VirtualMachine"),
    ("volumes", "Volume"),
    ("networks", "Network"),
    ("vpcs", "Vpc"),
    ("webhooks", "Webhook"),
)
"""Tables whose rows keep a project from going without cleanup, in the server's order and words."""


def _left_in_project(call: Call, project: Project) -> str:
    account_id = project.project_account_id
    for table, kind in LEFT:
        rows = call.db.tables[table].where(account_id=account_id) if table in call.db.tables else []
        if table == "volumes":
            rows = [v for v in rows if v.vm_id is None]
        if rows:
            return f"{len(rows)} {kind} to clean up"
    return ""
