"""Domains."""

from __future__ import annotations

import re
from typing import Any

from ...access import domains_below, in_domain
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, ParameterError, PermissionDenied, ResourceAllocation
from ...limits import KINDS, UNLIMITED
from ...listing import contains, equal
from ...model.tenants import Domain, domain_text
from ...registry import SUCCESS, command
from ..common import check_details
from .domain_reach import check_reach
from .removal import remove_account
from .views import DETAILS, domain_row, domain_view

NETWORK_DOMAIN = (
    "Invalid network domain. Total length should not exceed 190 chars. Each domain label must be between 1 and 63 "
    "characters long. It can contain ASCII letters 'a' through 'z', the digits '0' through '9', and the hyphen ('-'); "
    'it cannot start or end with "-".'
)
LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


def is_network_domain(name: str) -> bool:
    """Whether a DNS suffix is well formed."""
    return len(name) <= 190 and all(LABEL.fullmatch(label) for label in name.split("."))


def _unique_name(call: Call, name: str, parent: Domain) -> None:
    if any(d.name.lower() == name.lower() for d in call.db.domains.where(parent_id=parent.id)):
        raise InvalidParameter(f"Domain with name [{name}] already exists for the parent with ID [{parent.id}].")


@command("createDomain")
def create_domain(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if "/" in p.name:
        raise ParameterError(
            "Domain name contains one or more invalid characters.  Please enter a name without '/' characters."
        )
    parent = p.parentdomainid if "parentdomainid" in p else db.domains.the(parent_id=None)
    if parent.removed is not None:
        raise InvalidParameter(f"Unable to create domain {p.name}, parent domain {parent.id} not found.")
    call.check_domain(parent)
    if p.networkdomain is not None and not is_network_domain(p.networkdomain):
        raise InvalidParameter(NETWORK_DOMAIN)
    _unique_name(call, p.name, parent)
    domain = db.domains.add(
        Domain(
            name=p.name,
            parent_id=parent.id,
            level=parent.level + 1,
            path=f"{parent.path}{p.name}/",
            network_domain=p.networkdomain,
        ),
        uuid=p.domainid,
    )
    call.event("DOMAIN.CREATE", f"Successfully completed creating Domain. Domain Name: {domain.name}", domain)
    return {"domain": {**domain_view(call, domain), "created": None}}


@command("updateDomain")
def update_domain(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    domain = live(p.id, "Unable to find domain with specified domain id")
    if domain.parent_id is None and p.name is not None:
        raise InvalidParameter("ROOT domain can not be edited with a new name")
    call.check_domain(domain)
    if p.networkdomain and not is_network_domain(p.networkdomain):
        raise InvalidParameter(NETWORK_DOMAIN.replace("should not", "shouldn't"))
    if p.name:
        parent = db.domains[domain.parent_id]
        if any(d is not domain and d.name.lower() == p.name.lower() for d in db.domains.where(parent_id=parent.id)):
            raise InvalidParameter(
                f"Failed to update specified domain id with name '{p.name}' since it already exists in the system"
            )
        domain.name = p.name
        _set_path(call, domain, f"{parent.path}{p.name}/", domain.level)
    if p.networkdomain is not None:
        domain.network_domain = p.networkdomain or None
    call.event("DOMAIN.UPDATE", f"Successfully completed updating Domain. Domain Id: {domain.uuid}", domain)
    return {"domain": domain_view(call, domain)}


def _set_path(call: Call, domain: Domain, path: str, level: int) -> None:
    domain.path, domain.level = path, level
    for child in call.db.domains.where(parent_id=domain.id):
        _set_path(call, child, f"{path}{child.name}/", level + 1)


@command("moveDomain")
def move_domain(call: Call) -> dict[str, Any]:
    moved, parent = call.params.domainid, call.params.parentdomainid
    _check_move(call, moved, parent)
    _unique_name(call, moved.name, parent)
    _check_room(call, moved, parent)
    check_reach(call, moved, parent)
    _move_counts(call, moved, parent)
    moved.parent_id = parent.id
    _set_path(call, moved, f"{parent.path}{moved.name}/", parent.level + 1)
    call.event("DOMAIN.MOVE", f"Successfully completed moving Domain. Domain Id: {moved.uuid}", moved)
    return {"domain": domain_view(call, moved)}


def _check_move(call: Call, moved: Domain, parent: Domain) -> None:
    if moved.id == call.db.domains.the(parent_id=None).id:
        raise InvalidParameter("The domain to be moved cannot be the ROOT domain.")
    if moved.id == parent.id:
        raise InvalidParameter("The domain to be moved and the new parent domain cannot be the same.")
    for one in (moved, parent):
        if one.removed is not None:
            raise InvalidParameter(f"Unable to find a domain with the specified ID [{one.id}].")
    call.check_domain(moved)
    call.check_domain(parent)
    if moved.parent_id == parent.id:
        raise InvalidParameter(
            "The current parent domain of the domain to be moved is equal to the new parent domain "
            f"[{domain_text(parent)}]."
        )
    if in_domain(call.db, parent.id, moved.id):
        raise InvalidParameter("The new parent domain of the domain cannot be one of its children.")


def _check_room(call: Call, moved: Domain, parent: Domain) -> None:
    """What is in the domain has to fit below the limits of the new parent; those further above are not asked."""
    limits = call.sim.limits
    for kind in KINDS.values():
        limit = limits.domain_limit(parent, kind.name)
        mine, theirs = limits.count(moved, kind.name), limits.count(parent, kind.name)
        if limit != UNLIMITED and mine + theirs > limit * kind.unit:
            raise ResourceAllocation(
                f"Cannot move domain [{moved.uuid}] to parent domain [{parent.uuid}] as maximum domain resource limit "
                f"of type [{kind.name}] would be exceeded. The current resource count for domain [{moved.uuid}] is "
                f"[{mine}], the resource count for the new parent domain [{parent.uuid}] is [{theirs}], and the limit "
                f"is [{limit * kind.unit}]."
            )


def _move_counts(call: Call, moved: Domain, parent: Domain) -> None:
    """Take the domain's counts from its old ancestors and give them to the new ones."""
    for start, sign in ((moved.parent_id, -1), (parent.id, 1)):
        number: int | None = start
        while number is not None:
            ancestor = call.db.domains[number]
            for kind, count in moved.counts.items():
                ancestor.counts[kind] = ancestor.counts.get(kind, 0) + sign * count
            number = ancestor.parent_id


@command("deleteDomain", sync=lambda call: ("domain", call.params.id))
def delete_domain(call: Call) -> dict[str, Any]:
    db, domain = call.db, call.params.id
    if domain.removed is not None:
        raise InvalidParameter(f"Failed to delete domain {domain.id}, domain not found")
    if domain.parent_id is None:
        raise PermissionDenied("Can't delete ROOT domain")
    call.check_domain(domain)
    accounts = db.accounts.where(domain_id=domain.id)
    if not call.params.cleanup and (accounts or db.domains.where(parent_id=domain.id)):
        raise CloudRuntime(
            f"Delete failed on domain {domain_text(domain)}; Please make sure all users and sub domains have been "
            "removed from the domain before deleting"
        )
    for number in sorted(domains_below(db, domain.id), reverse=True):
        below = db.domains[number]
        for account in db.accounts.where(domain_id=number):
            remove_account(call.sim, account)
        if below.removed is None:
            db.domains.remove(below)
    call.event("DOMAIN.DELETE", f"Successfully completed deleting Domain. Domain Id: {domain.uuid}", domain)
    return SUCCESS


@command("listDomains")
def list_domains(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    check_details(call, DETAILS)
    filters = [equal("id", p.id), equal("name", p.name), equal("level", p.level)]
    if p.id is not None:
        live(p.id, "Domain id={id} doesn't exist")
        call.check_domain(p.id)
    elif not call.caller.is_root_admin:
        own = call.caller.account.domain_id
        below = domains_below(db, own) if p.listall else {own}
        return call.listing(
            "domain", [d for d in db.domains if d.id in below], domain_row, where=filters, keyword=("name",)
        )
    return call.listing("domain", db.domains, domain_row, where=filters, keyword=("name",))


@command("listDomainChildren")
def list_domain_children(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    parent = p.id if "id" in p else db.domains[call.caller.account.domain_id]
    live(parent, "Domain id={id} doesn't exist")
    call.check_domain(parent)
    deep = p.isrecursive or (p.listall and "id" not in p)
    numbers = domains_below(db, parent.id) if deep else {d.id for d in db.domains.where(parent_id=parent.id)}
    rows = [d for d in db.domains if d.id in numbers and d is not parent]
    return call.listing("domain", rows, domain_view, where=[contains("name", p.keyword), equal("name", p.name)])
