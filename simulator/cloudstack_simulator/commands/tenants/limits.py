"""Resource limits and counts."""

from __future__ import annotations

from typing import Any

from ...access import active_account
from ...call import Call
from ...errors import InvalidParameter, PermissionDenied
from ...limits import KINDS, UNLIMITED, Kind
from ...listing import page
from ...model.tenants import Account, Domain, account_text, domain_path
from ...registry import SUCCESS, command

BY_NUMBER = {kind.number: kind for kind in KINDS.values()}
ADMINS_OF_DOMAINS = (2, 3)
TAGGED = ("user_vm", "cpu", "memory", "gpu", "volume", "primary_storage")
"""Kinds whose use is counted by host tag or storage tag as well."""


def _owner_fields(call: Call, owner: Account | Domain) -> dict[str, Any]:
    """Whose limit or count it is: an account (a project's own one with its project) or a domain."""
    if isinstance(owner, Domain):
        return {"domainid": owner.uuid, "domain": owner.name, "domainpath": domain_path(owner)}
    domain = call.db.domains[owner.domain_id]
    fields = {"account": owner.name, **_owner_fields(call, domain)}
    project = call.db.projects.first(project_account_id=owner.id) if owner.account_type == 5 else None
    if project is not None:
        fields |= {"projectid": project.uuid, "project": project.name}
    return fields


def _kind_fields(kind: Kind) -> dict[str, Any]:
    return {"resourcetype": str(kind.number), "resourcetypename": kind.name}


def _limit_view(call: Call, owner: Account | Domain, kind: Kind) -> dict[str, Any]:
    limits = call.sim.limits
    limit = limits.domain_limit(owner, kind.name) if isinstance(owner, Domain) else limits.limit(owner, kind.name)
    return {**_owner_fields(call, owner), **_kind_fields(kind), "max": limit}


def _tagged_view(call: Call, owner: Account | Domain, kind: Kind, tag: str) -> dict[str, Any]:
    maximum = owner.limits.get(_tagged(kind, tag), UNLIMITED)
    return {**_owner_fields(call, owner), **_kind_fields(kind), "tag": tag, "max": maximum}


def _tagged(kind: Kind, tag: str) -> str:
    """Under which name an owner keeps the limit of a kind for a tag."""
    return f"{kind.name}:{tag}"


def _owner(call: Call) -> Account | Domain | None:
    """The account or domain that the parameters name (an account before a project), None when they name none."""
    p, db = call.params, call.db
    if p.account:
        if p.domainid is None:
            raise InvalidParameter("Account must be specified with domainId parameter")
        found: Account | None = active_account(db, p.account, p.domainid.id)
        if found is None:
            raise InvalidParameter(f"Unable to find account by name {p.account} in domain with specified id")
        return found
    if p.projectid is not None:
        if p.projectid.removed is not None:
            raise InvalidParameter("Unable to find project by id")
        account: Account = db.accounts[p.projectid.project_account_id]
        return account
    domain: Domain | None = p.domainid
    return domain


@command("listResourceLimits")
def list_resource_limits(call: Call) -> dict[str, Any]:
    p = call.params
    owner = _owner(call) or call.caller.account
    if isinstance(owner, Domain):
        call.check_domain(owner)
    else:
        call.check_access(owner)
    kinds = list(KINDS.values())
    if p.resourcetypename is not None:
        if p.resourcetypename not in KINDS:
            raise InvalidParameter("Please specify valid resource type")
        kinds = [KINDS[p.resourcetypename]]
    if p.resourcetype is not None:
        kinds = [_kind(p.resourcetype)]
    if p.tag:
        set_here = [kind for kind in kinds if _tagged(kind, p.tag) in owner.limits]
        return page(call, "resourcelimit", set_here, lambda kind: _tagged_view(call, owner, kind, p.tag))
    first = [KINDS[name] for name in owner.limits if KINDS.get(name) in kinds]
    return page(
        call, "resourcelimit", first + [k for k in kinds if k not in first], lambda kind: _limit_view(call, owner, kind)
    )


def _kind(number: int) -> Kind:
    if number not in BY_NUMBER:
        raise InvalidParameter("Please specify valid resource type")
    return BY_NUMBER[number]


@command("updateResourceLimit")
def update_resource_limit(call: Call) -> dict[str, Any]:
    p = call.params
    owner = _owner(call)
    maximum = p.get("max", UNLIMITED)
    if maximum < UNLIMITED:
        raise InvalidParameter("Please specify either '-1' for an infinite limit, or a limit that is at least '0'.")
    kind = _kind(p.resourcetype)
    if p.tag and kind.name not in TAGGED:
        raise InvalidParameter(f"Resource limit with a tag is not supported for resource type {kind.number}")
    if owner is None:
        raise InvalidParameter("AccountId or domainId have to be specified in order to update resource limit")
    if isinstance(owner, Domain):
        _check_domain_limit(call, owner, kind, maximum)
    else:
        _check_account_limit(call, owner, maximum)
    if p.tag:
        _check_tagged_limit(call, owner, kind, maximum)
    owner.limits[_tagged(kind, p.tag) if p.tag else kind.name] = maximum
    call.event(
        "RESOURCE.LIMIT.UPDATE", f"Successfully completed updating resource limit. Resource Type: {kind.name}", owner
    )
    view = _tagged_view(call, owner, kind, p.tag) if p.tag else _limit_view(call, owner, kind)
    return {"resourcelimit": view}


def _check_tagged_limit(call: Call, owner: Account | Domain, kind: Kind, maximum: int) -> None:
    of_domain = isinstance(owner, Domain)
    limits = call.sim.limits
    untagged = limits.domain_limit(owner, kind.name) if of_domain else limits.limit(owner, kind.name)
    if untagged > 0 and maximum > untagged:
        raise InvalidParameter(
            f"Maximum untagged resource limit for {'domain' if of_domain else 'account'} {owner.name} for resource "
            f"type {kind.name} is {untagged}, please specify a value less than or equal to that"
        )


def _check_account_limit(call: Call, account: Account, maximum: int) -> None:
    if account.id == 1:
        raise InvalidParameter("Can't update system account")
    if account.account_type == 1 and maximum != UNLIMITED:
        raise InvalidParameter(f"Only {UNLIMITED} limit is supported for Root Admin accounts")
    if account is call.caller.account and account.account_type in ADMINS_OF_DOMAINS:
        raise PermissionDenied(
            f"Unable to update resource limit for their own account {account_text(account)}, permission denied"
        )
    call.check_access(account)


def _check_domain_limit(call: Call, domain: Domain, kind: Kind, maximum: int) -> None:
    call.check_domain(domain)
    if domain.parent_id is None:
        raise PermissionDenied(f"Cannot update resource limit for ROOT domain {domain.id}, permission denied")
    if not call.caller.is_root_admin and domain.id == call.caller.account.domain_id:
        raise PermissionDenied(f"Unable to update resource limit for domain {domain.id}, permission denied")
    parent = call.db.domains[domain.parent_id]
    above = call.sim.limits.domain_limit(parent, kind.name)
    if above != UNLIMITED and maximum > above:
        raise InvalidParameter(
            f"Domain {parent.name} has maximum allowed resource limit {above} for {kind.name}, "
            f"please specify a value less than or equal to {above}"
        )


@command("updateResourceCount")
def update_resource_count(call: Call) -> dict[str, Any]:
    p = call.params
    kinds = [_kind(p.resourcetype)] if p.resourcetype is not None else list(KINDS.values())
    if p.tag and p.resourcetype is not None and kinds[0].name not in TAGGED:
        raise InvalidParameter(f"Resource count with a tag is not supported for resource type {kinds[0].number}")
    owner = _owner(call)
    if owner is None or owner.removed is not None or p.domainid.removed is not None:
        raise InvalidParameter("Please specify a valid domain ID.")
    call.check_domain(p.domainid)
    rows = [
        {**_owner_fields(call, owner), **_kind_fields(kind), "resourcecount": _recount(call, owner, kind)}
        for kind in kinds
    ]
    return {"count": len(rows), "resourcecount": rows}


def _recount(call: Call, owner: Account | Domain, kind: Kind) -> int:
    """The count as the server computes it anew: the projects that an account administers, however it came to it; a
    domain's projects are counted once more beside its accounts'.
    """
    if kind.name == "project":
        counted = _projects_below(call, owner) if isinstance(owner, Domain) else _administered(call, owner)
        owner.counts["project"] = counted
    return call.sim.limits.count(owner, kind.name)


def _administered(call: Call, account: Account) -> int:
    rows = call.db.project_members.where(account_id=account.id)
    return sum(member.member_role == "Admin" for member in rows)


def _projects_below(call: Call, domain: Domain) -> int:
    db = call.db
    accounts = sum(_administered(call, account) for account in db.accounts.where(domain_id=domain.id))
    children = sum(_projects_below(call, child) for child in db.domains.where(parent_id=domain.id))
    return accounts + children + len(db.projects.where(domain_id=domain.id))


@command("getApiLimit")
def get_api_limit(call: Call) -> dict[str, Any]:
    return {"apilimit": call.sim.rate_limit.view(call.caller.account)}


@command("resetApiLimit")
def reset_api_limit(call: Call) -> dict[str, Any]:
    account = call.params.account
    if account is None:
        call.sim.rate_limit.reset_all()
    else:
        call.sim.rate_limit.reset(account.id)
    return SUCCESS
