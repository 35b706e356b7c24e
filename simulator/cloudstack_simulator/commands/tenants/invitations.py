"""Invitations to projects, which the setting `project.invite.required` asks for before somebody becomes a member."""

from __future__ import annotations

from typing import Any

from ...access import active_account
from ...call import Call, live
from ...errors import InvalidParameter, ServerApiError
from ...listing import equal
from ...model.tenants import Project, ProjectInvitation, ProjectMember, domain_path
from ...registry import SUCCESS, command
from ...wording import printed
from .projects import may_manage

PENDING, COMPLETED, DECLINED, EXPIRED = "Pending", "Completed", "Declined", "Expired"


def required(call: Call) -> bool:
    return bool(call.setting("project.invite.required"))


def join(
    call: Call, project: Project, account_id: int, user_id: int | None = None, *, member_role: str, role: Any = None
) -> None:
    """Make an account, or just one of its users, a member."""
    call.db.project_members.add(
        ProjectMember(
            project_id=project.id,
            account_id=account_id,
            user_id=user_id,
            member_role=member_role,
            project_role_id=role.id if role else None,
        )
    )


def invite(call: Call, project: Project, *, account: Any = None, user: Any = None, member_role: str, role: Any) -> None:
    """Invite an account or a user; mail, for everybody else, cannot be sent, as on a server without a mail relay."""
    if account is None and user is None:
        raise ServerApiError(530, "Failed to add account to the project")
    invited = account.id if account is not None else user.account_id
    for other in call.db.project_invitations.where(project_id=project.id):
        if other.account_id != invited:
            continue
        if other.state == COMPLETED or (other.state == PENDING and not _is_expired(call, other)):
            text = printed("Project", id=project.id, name=project.name, uuid=project.uuid)
            raise InvalidParameter(
                f"There is already a pending invitation for account id={invited} to the project id={text}"
            )
        call.db.project_invitations.delete(other)
    call.db.project_invitations.add(
        ProjectInvitation(
            project_id=project.id,
            account_id=invited,
            user_id=user.id if user else None,
            member_role=member_role,
            project_role_id=role.id if role else None,
            token=call.sim.ids.octets(5).hex(),
        )
    )


def _is_expired(call: Call, invitation: ProjectInvitation) -> bool:
    return invitation.created + call.setting("project.invite.timeout") < call.now


def invitation_view(call: Call, invitation: ProjectInvitation) -> dict[str, Any]:
    db = call.db
    project = db.projects[invitation.project_id]
    domain = db.domains[project.domain_id]
    account, user = db.accounts[invitation.account_id], db.users.get(invitation.user_id)
    return {
        "id": invitation.uuid,
        "projectid": project.uuid,
        "project": project.name,
        "domainid": domain.uuid,
        "domain": domain.name,
        "domainpath": domain_path(domain),
        "account": account.name,
        "userid": user.uuid if user else None,
        "state": EXPIRED if invitation.state == PENDING and _is_expired(call, invitation) else invitation.state,
    }


@command("listProjectInvitations")
def list_project_invitations(call: Call) -> dict[str, Any]:
    """Who names a project sees all of its invitations, but never what was sent to just one user, who is another."""
    p, db = call.params, call.db
    rows = [i for i in db.project_invitations if i.project_id in db.projects.live]
    rows = [i for i in rows if i.user_id in (None, call.caller.user.id)]
    if p.activeonly:
        rows = [i for i in rows if i.state == PENDING and not _is_expired(call, i)]
    filters = [
        equal("id", p.id),
        equal("project_id", p.projectid),
        equal("state", p.state if not p.activeonly else None),
    ]
    owned = p.projectid is None
    return call.listing("projectinvitation", rows, invitation_view, where=filters, owned=owned)


@command("updateProjectInvitation")
def update_project_invitation(call: Call) -> dict[str, Any]:
    p = call.params
    project = live(p.projectid, "Unable to find the project id={id}")
    account, user = _invited(call, project)
    found = [
        invitation
        for invitation in call.db.project_invitations.where(project_id=project.id, state=PENDING)
        if (p.token == invitation.token if p.token is not None else _is_for(invitation, account, user))
    ]
    name, accepted = p.account or "null", p.accept is not False
    text = printed("Project", id=project.id, name=project.name, uuid=project.uuid)
    if not found:
        raise InvalidParameter(f"Unable to find invitation for account name={name} to the project={text}")
    invitation = found[0]
    if accepted and _is_expired(call, invitation):
        invitation.state = EXPIRED
        raise InvalidParameter(f"Invitation is expired for account id={name} to the project {text}")
    _answer(call, project, invitation, accepted=accepted)
    return SUCCESS


def _is_for(invitation: ProjectInvitation, account: Any, user: Any) -> bool:
    """Of an account named, any invitation; without a name only what was sent to just that user."""
    return invitation.account_id == account.id and (user is None or invitation.user_id == user.id)


def _invited(call: Call, project: Project) -> tuple[Any, Any]:
    """Who answers: the account or user named, else the calling user."""
    p, db = call.params, call.db
    if p.account:
        account = active_account(db, p.account, project.domain_id)
        if account is None:
            raise InvalidParameter(f"Unable to find account name={p.account} in domain id={project.domain_id}")
        call.check_access(account)
        return account, None
    if p.userid is not None:
        user = live(
            p.userid,
            "Invalid user ID provided. Please provide a valid user ID or account name whose invitation is to be "
            "updated",
        )
        account = db.accounts[user.account_id]
        if account.domain_id != project.domain_id:
            raise InvalidParameter(f"Unable to find user ={user.id} in domain id={project.domain_id}")
        return account, user
    return call.caller.account, call.caller.user


def _answer(call: Call, project: Project, invitation: ProjectInvitation, *, accepted: bool) -> None:
    invitation.state = COMPLETED if accepted else DECLINED
    there = call.db.project_members.where(project_id=project.id, account_id=invitation.account_id)
    if accepted and not any(m.user_id in (None, invitation.user_id) for m in there):
        role = call.db.project_roles.get(invitation.project_role_id)
        join(call, project, invitation.account_id, invitation.user_id, member_role=invitation.member_role, role=role)
    call.event("PROJECT.INVITATION.UPDATE", "Successfully completed updating project invitation", project)


@command("deleteProjectInvitation")
def delete_project_invitation(call: Call) -> dict[str, Any]:
    invitation = live(call.params.id, "Unable to find project invitation by id {id}")
    if not may_manage(call, call.db.projects[invitation.project_id]):
        call.check_access(call.db.accounts[invitation.account_id])
    call.db.project_invitations.delete(invitation)
    call.event("PROJECT.INVITATION.REMOVE", "Successfully completed deleting project invitation", invitation)
    return SUCCESS
