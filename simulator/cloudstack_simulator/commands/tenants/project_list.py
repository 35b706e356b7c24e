"""listProjects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...access import active_account
from ...call import Call
from ...errors import InvalidParameter, PermissionDenied
from ...listing import equal, matching, tagged
from ...model.tenants import Project
from ...registry import command
from ..common import check_details
from .accounts import user_in_domain
from .projects import members
from .views import DETAILS, project_view

NORMAL = 0


@dataclass
class _Member:
    """Whose projects are listed: an account's, and with a user only those that he sees; None is everybody's."""

    account_id: int | None = None
    user_id: int | None = None


@command("listProjects")
def list_projects(call: Call) -> dict[str, Any]:
    """The newest of all; those of one page in the order they were made.

    Without `listall` or a domain: the projects that the caller belongs to, also with `id`. Who lists further, below his
    domain, sees of the projects by their path no more than those of the very domain.
    """
    p, db, caller = call.params, call.db, call.caller
    check_details(call, DETAILS)
    is_admin = caller.account.account_type != NORMAL
    who = _named(call) if is_admin else _myself(call)
    path_of = None
    if p.domainid is None and who.account_id is None and not p.listall:
        who = _Member(caller.account.id, caller.user.id)
    elif caller.is_domain_admin or (p.isrecursive and not p.listall):
        path_of = caller.account.domain_id
    filters = [
        equal("id", p.id),
        equal("name", p.name),
        equal("display_text", p.displaytext),
        equal("state", p.state),
        equal("domain_id", p.domainid) if not p.isrecursive else None,
        equal("domain_id", db.domains[path_of]) if path_of is not None else None,
        matching(lambda project: _belongs(call, project, who)) if who.account_id is not None else None,
        tagged(call, "Project"),
    ]
    words = ("name", "display_text")
    answer = call.listing("project", db.projects, project_view, where=filters, keyword=words, newest_first=True)
    if "project" in answer:
        answer["project"].reverse()
    return answer


def _named(call: Call) -> _Member:
    """Whom an admin names, in a domain that he reaches."""
    p, db = call.params, call.db
    domain = p.domainid
    if domain is None:
        for name, what in ((p.account, "account"), (p.username, "user")):
            if name:
                raise InvalidParameter(f"could not find {what} {name} because domain is not specified")
        return _Member()
    if domain.removed is not None:
        raise InvalidParameter(f"Domain id={domain.id} doesn't exist in the system")
    call.check_domain(domain)
    who = _Member()
    if p.account:
        account = active_account(db, p.account, domain.id)
        if account is None:
            raise InvalidParameter(f"Unable to find account {p.account} in domain {domain.id}")
        who.account_id = account.id
    if p.username:
        user = user_in_domain(call, p.username, domain)
        if user is None:
            raise InvalidParameter(f"Unable to find user {p.username} in domain {domain.id}")
        who.user_id = user.id
        who.account_id = user.account_id if who.account_id is None else who.account_id
    return who


def _myself(call: Call) -> _Member:
    """A normal user lists for himself alone."""
    p, caller = call.params, call.caller
    if p.account and p.account != caller.account.name:
        raise PermissionDenied(f"Can't list account {p.account} projects; unauthorized")
    if p.domainid is not None and p.domainid.id != caller.account.domain_id:
        raise PermissionDenied(f"Can't list domain id= {p.domainid.id} projects; unauthorized")
    if p.username and p.username != caller.user.username:
        raise PermissionDenied(f"Can't list user {p.username} projects; unauthorized")
    return _Member(caller.account.id, caller.user.id)


def _belongs(call: Call, project: Project, who: _Member) -> bool:
    return any(m.account_id == who.account_id and m.user_id in (None, who.user_id) for m in members(call, project))
