"""How domains, accounts, users and projects look in answers."""

from __future__ import annotations

from typing import Any

from ...access import in_domain
from ...call import Call
from ...clock import timestamp
from ...limits import GIB, KINDS, UNLIMITED
from ...model.tenants import Account, Domain, Project, User, domain_path
from ...two_factor import is_mandated
from ..annotations import has_annotations

LIMIT_FIELDS = {
    name: (f"{kind.field}limit", f"{kind.field}total", f"{kind.field}available") for name, kind in KINDS.items()
}


def _shown(limit: int) -> str:
    return "Unlimited" if limit == UNLIMITED else str(limit)


def _limit_fields(kind: str, limit: int, count: int, available_limit: int | None = None) -> dict[str, Any]:
    """`vmlimit`, `vmtotal`, `vmavailable` of one kind; storage totals are GiB."""
    fact = KINDS[kind]
    total: int | float = count // fact.unit
    if kind == "secondary_storage":
        total = count / GIB
    room = limit if available_limit is None else available_limit
    of_limit, of_total, of_room = LIMIT_FIELDS[kind]
    return {
        of_limit: _shown(limit),
        of_total: total,
        of_room: "Unlimited" if room == UNLIMITED else str(room - total),
    }


def account_limit_fields(call: Call, account: Account) -> dict[str, Any]:
    limits = call.sim.limits
    fields: dict[str, Any] = {}
    for kind in KINDS:
        fields |= _limit_fields(kind, limits.limit(account, kind), limits.count(account, kind))
    return fields


def domain_limit_fields(call: Call, domain: Domain) -> dict[str, Any]:
    """Only limits that were set are shown, with the server's slips.

    The backup storage's room is that of the setting; buckets and object storage show the limit of the account whose
    internal number the domain's number is.
    """
    limits = call.sim.limits
    fields: dict[str, Any] = {}
    for kind in KINDS:
        limit = UNLIMITED if domain.parent_id is None else domain.limits.get(kind, UNLIMITED)
        room = None
        if domain.parent_id is not None and kind == "backup_storage":
            room = limits.domain_limit(domain, kind)
        namesake = call.db.accounts.get(domain.id)
        if domain.parent_id is not None and kind in ("bucket", "object_storage") and namesake is not None:
            limit = limits.limit(namesake, kind)
        fields |= _limit_fields(kind, limit, limits.count(domain, kind), room)
    return fields


def domain_view(call: Call, domain: Domain) -> dict[str, Any]:
    """A domain as the commands that change one answer it."""
    parent = call.db.domains.get(domain.parent_id)
    return {
        "id": domain.uuid,
        "name": domain.name,
        "level": domain.level,
        "parentdomainid": parent.uuid if parent else None,
        "parentdomainname": parent.name if parent else None,
        "haschild": bool(call.db.domains.where(parent_id=domain.id)),
        "networkdomain": domain.network_domain,
        "path": domain_path(domain),
        "created": timestamp(domain.created) if parent else None,
        "secondarystoragetotal": 0.0,
    }


def domain_row(call: Call, domain: Domain) -> dict[str, Any]:
    """A domain as listDomains shows it."""
    return {
        **domain_view(call, domain),
        "state": domain.state,
        **(domain_limit_fields(call, domain) if wants_limits(call) else {}),
        "hasannotations": has_annotations(call, domain),
    }


DETAILS = ("all", "resource", "min")
"""What the parameter `details` of listAccounts, listDomains and listProjects may name."""


def wants_limits(call: Call) -> bool:
    details = call.params.details
    return not details or any(d.lower() in ("all", "resource") for d in details)


def account_view(call: Call, account: Account) -> dict[str, Any]:
    db = call.db
    domain, role = db.domains[account.domain_id], db.roles.get(account.role_id)
    zone = db.zones.get(account.default_zone_id)
    view: dict[str, Any] = {
        "id": account.uuid,
        "name": account.name,
        "accounttype": account.account_type,
        "roleid": role.uuid if role else None,
        "roletype": role.role_type if role else None,
        "rolename": role.name if role else None,
        "domainid": domain.uuid,
        "domain": domain.name,
        "domainpath": domain_path(domain),
        "defaultzoneid": zone.uuid if zone else None,
        "secondarystoragetotal": 0.0,
        "state": account.state,
        "created": None if account.name in ("admin", "system") and account.is_default else timestamp(account.created),
        "user": [user_view(call, user) for user in db.users.where(account_id=account.id)],
        "networkdomain": account.network_domain,
        "accountdetails": account.details or None,
        "isdefault": account.is_default,
        "groups": [],
    }
    return view


def account_row(call: Call, account: Account) -> dict[str, Any]:
    """An account as listAccounts and most account commands show it."""
    view = account_view(call, account)
    if wants_limits(call):
        view |= account_limit_fields(call, account) | vm_counts(call, account)
    return {**view, "apikeyaccess": account.api_key_access}


def vm_counts(call: Call, account: Account) -> dict[str, int]:
    owned = (call.db.vms.buckets("account_id") or {}).get(account.id, {})
    states = [vm.state for vm in owned.values() if vm.vm_type == "User"]
    running = states.count("Running")
    return {"vmrunning": running, "vmstopped": states.count("Stopped")}


def user_view(call: Call, user: User) -> dict[str, Any]:
    db = call.db
    account = db.accounts[user.account_id]
    domain, role = db.domains[account.domain_id], db.roles.get(account.role_id)
    return {
        "id": user.uuid,
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "email": user.email,
        "created": timestamp(user.created),
        "state": user.state,
        "account": account.name,
        "accounttype": account.account_type,
        "usersource": user.source,
        "roleid": role.uuid if role else None,
        "roletype": role.role_type if role else None,
        "rolename": role.name if role else None,
        "domainid": domain.uuid,
        "domain": domain.name,
        "timezone": user.timezone,
        "apikey": user.api_key,
        "accountid": account.uuid,
        "iscallerchilddomain": False,
        "isdefault": user.is_default,
        "is2faenabled": user.two_factor,
        "is2famandated": is_mandated(call.sim, user),
    }


def user_row(call: Call, user: User) -> dict[str, Any]:
    """A user as listUsers shows it."""
    own = call.caller.account.domain_id
    domain_id = call.db.accounts[user.account_id].domain_id
    below = domain_id != own and in_domain(call.db, domain_id, own)
    return {**user_view(call, user), "iscallerchilddomain": below, "apikeyaccess": user.api_key_access}


def project_view(call: Call, project: Project) -> dict[str, Any]:
    db = call.db
    account, domain = db.accounts[project.project_account_id], db.domains[project.domain_id]
    admins = [m for m in db.project_members.where(project_id=project.id) if m.member_role == "Admin"]
    view: dict[str, Any] = {
        "id": project.uuid,
        "name": project.name,
        "displaytext": project.display_text,
        "domainid": domain.uuid,
        "domain": domain.name,
        "owner": [_project_owner(call, member) for member in admins],
        "projectaccountname": account.name,
        "state": project.state,
        "tags": call.sim.tags.full_views(project),
        "created": timestamp(project.created),
    }
    limits = account_limit_fields(call, account) if wants_limits(call) else {}
    view |= {name: value for name, value in limits.items() if not name.startswith("project")}
    return view | (vm_counts(call, account) if wants_limits(call) else {})


def _project_owner(call: Call, member: Any) -> dict[str, Any]:
    owner = {"account": call.db.accounts[member.account_id].name}
    if member.user_id is not None:
        user = call.db.users[member.user_id]
        owner |= {"user": user.username, "userid": user.uuid}
    return owner
