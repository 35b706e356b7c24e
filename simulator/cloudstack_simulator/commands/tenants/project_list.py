"""listProjects."""

from __future__ import annotations

from typing import Any

from ...access import active_account, domains_below
from ...call import Call
from ...errors import InvalidParameter
from ...listing import equal, matching, tagged
from ...model.tenants import Account
from ...registry import command
from ..common import check_details
from .projects import members
from .views import DETAILS, project_view


@command("listProjects")
def list_projects(call: Call) -> dict[str, Any]:
    """Without `listall` or a domain: the projects that the caller's account belongs to, also with `id`."""
    p, db, caller = call.params, call.db, call.caller
    check_details(call, DETAILS)
    whose: Account | None = None
    for name, what in ((p.account, "account"), (p.username, "user")):
        if name and p.domainid is None and (caller.is_root_admin or caller.is_domain_admin):
            raise InvalidParameter(f"could not find {what} {name} because domain is not specified")
    if p.account:
        domain = p.domainid or db.domains[caller.account.domain_id]
        whose = active_account(db, p.account, domain.id)
        if whose is None:
            raise InvalidParameter(f"could not find account {p.account} in domain {domain.uuid}")
        call.check_access(whose)
    domains: set[int] | None = None
    if p.domainid is not None:
        call.check_domain(p.domainid)
        domains = domains_below(db, p.domainid.id) if p.isrecursive else {p.domainid.id}
    elif p.listall and caller.is_domain_admin:
        domains = domains_below(db, caller.account.domain_id)
    own = whose is None and domains is None and not (p.listall and caller.is_root_admin)
    if own or (whose is None and not caller.is_root_admin and not caller.is_domain_admin):
        whose = caller.account
    filters = [
        equal("id", p.id),
        equal("name", p.name),
        equal("display_text", p.displaytext),
        equal("state", p.state),
        matching(lambda r: r.domain_id in domains) if domains is not None else None,
        matching(lambda r: any(m.account_id == whose.id for m in members(call, r))) if whose is not None else None,
        _of_user(call),
        tagged(call, "Project"),
    ]
    return call.listing("project", db.projects, project_view, where=filters, keyword=("name", "display_text"))


def _of_user(call: Call) -> Any:
    name = call.params.username
    if not name:
        return None
    ids = {u.account_id for u in call.db.users.where(username=name)}
    return matching(lambda project: any(m.account_id in ids for m in members(call, project)))
