"""How an account goes, with all that it owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import remove_belongings

if TYPE_CHECKING:
    from ...model.tenants import Account, Project
    from ...simulator import Simulator


def remove_account(sim: Simulator, account: Account) -> None:
    """Remove an account, its users, projects that it alone administers, and everything it owns."""
    db = sim.db
    if account.removed is not None:
        return
    for member in db.project_members.where(account_id=account.id):
        project = db.projects[member.project_id]
        db.project_members.delete(member)
        admins = [m for m in db.project_members.where(project_id=project.id) if m.member_role == "Admin"]
        if project.removed is None and not admins:
            remove_project(sim, project)
    remove_belongings(sim, account)
    for user in db.users.where(account_id=account.id):
        db.users.remove(user)
    for kind, count in list(account.counts.items()):
        sim.limits.add(account.id, kind, -count)
    db.accounts.remove(account)


def remove_project(sim: Simulator, project: Project) -> None:
    """Remove a project, its members, invitations and its own account."""
    db = sim.db
    for member in db.project_members.where(project_id=project.id):
        if member.member_role == "Admin":
            sim.limits.add(member.account_id, "project", -1)
        db.project_members.delete(member)
    for invitation in db.project_invitations.where(project_id=project.id):
        db.project_invitations.delete(invitation)
    project.state = "Deleted"
    db.projects.remove(project)
    remove_account(sim, db.accounts[project.project_account_id])
