"""Whom a subnet or a BGP peer is for: everybody, a domain, an account or a project."""

from __future__ import annotations

from typing import Any

from ...access import active_account
from ...call import Call
from ...errors import InvalidParameter
from ...registry import on_account_removal


def owner_in(call: Call) -> tuple[int | None, int | None]:
    """(domain, account) that the call names; both None when it names nobody."""
    p, db = call.params, call.db
    if p.projectid is not None and p.projectid.id != -1:
        if p.projectid.removed is not None:
            raise InvalidParameter(f"Unable to find project by id {p.projectid.id}")
        account = db.accounts[p.projectid.project_account_id]
        return account.domain_id, account.id
    if p.account:
        if p.domainid is None:
            raise InvalidParameter("Account must be specified with domainId parameter")
        account = active_account(db, p.account, p.domainid.id)
        if account is None:
            raise InvalidParameter(f"Unable to find account by name {p.account} in domain with specified id")
        return account.domain_id, account.id
    return (p.domainid.id, None) if p.domainid is not None else (None, None)


def owner_view(call: Call, row: Any) -> dict[str, Any]:
    db = call.db
    domain, account = db.domains.get(row.domain_id), db.accounts.get(row.owner_id)
    shown = {"domainid": domain.uuid, "domain": domain.name} if domain is not None else {}
    if account is None:
        return shown
    if account.account_type != 5:
        return {**shown, "account": account.name}
    project = db.projects.first(project_account_id=account.id)
    return {**shown, "projectid": project.uuid, "project": project.name} if project else shown


def check_users(call: Call, users: list[Any], domain_id: int | None, owner_id: int | None, what: str) -> None:
    """Refuse to dedicate what networks or VPCs of others use already."""
    if domain_id is not None:
        accounts = call.db.accounts
        others = [user for user in users if accounts[user.account_id].domain_id != domain_id]
        if others:
            raise InvalidParameter(f"The subnet is being used by {len(others)} {what} of other domains.")
    if owner_id is not None:
        others = [user for user in users if user.account_id != owner_id]
        if others:
            raise InvalidParameter(f"The subnet is being used by {len(others)} guest networks of other accounts.")


@on_account_removal()
def forget_dedicated(sim: Any, account: Any) -> None:
    """What was kept for an account goes with it."""
    for peer in sim.db.bgp_peers:
        if peer.owner_id == account.id:
            sim.db.bgp_peers.remove(peer)
    for subnet in sim.db.zone_subnets:
        if subnet.owner_id == account.id:
            for part in sim.db.guest_subnets.where(parent_id=subnet.id):
                sim.db.guest_subnets.remove(part)
            sim.db.zone_subnets.remove(subnet)
