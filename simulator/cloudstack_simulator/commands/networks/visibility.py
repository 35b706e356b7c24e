"""Which networks a call lists: the rules are listNetworks' own, not those of the other lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...access import PROJECT, active_account, domains_below, in_domain, is_member, may_use_account
from ...call import Call
from ...errors import InvalidParameter
from ...listing import Filter, matching
from ...model.tenants import account_text
from ...tables import Missing
from . import permissions

KINDS = {
    "account": {"Account"},
    "domain": {"Domain"},
    "accountdomain": {"Account", "Domain"},
    "shared": {"Shared"},
    "all": {"Account", "Domain", "Shared"},
}
"""Values of `networkfilter` → own networks, those of the domain, those that other accounts share."""


@dataclass(slots=True)
class Scope:
    """What the caller asked for, as far as he may."""

    accounts: set[int]
    """Only these accounts' networks; empty: those of `domain`."""
    domain: Any
    """The domain asked for, the caller's for users; None for an admin who named none."""
    recursive: bool
    project_accounts: set[int]
    """Projects' own accounts."""
    of_projects: bool
    """Whether their networks are asked for; else they are left out."""

    def fits(self, network: Any, *, of_projects: bool | None = None) -> bool:
        wanted = self.of_projects if of_projects is None else of_projects
        return (network.account_id in self.project_accounts) is wanted


def networks(call: Call, is_system: bool) -> Filter | None:
    """The filter of the networks that this call may see; system networks (root admins only) are all seen."""
    p = call.params
    kinds = KINDS.get((p.networkfilter or "all").lower())
    if kinds is None:
        raise InvalidParameter(f"Invalid value of networkfilter: {p.networkfilter}")
    if is_system and (p.account is not None or p.domainid is not None):
        raise InvalidParameter("System network belongs to system, account and domainId parameters can't be specified")
    scope = _scope(call)
    if is_system:
        return None
    return matching(_of_accounts(call, scope, kinds) if scope.accounts else _of_domains(call, scope, kinds))


def _scope(call: Call) -> Scope:
    p, db, caller = call.params, call.db, call.caller
    is_admin = caller.is_root_admin or caller.is_domain_admin
    accounts: set[int] = set()
    domain = p.domainid
    if domain is not None:
        accounts |= _named_account(call, domain)
    if not is_admin or (p.projectid is not None and p.projectid.id != -1 and domain is None):
        accounts.add(caller.account.id)
        domain = caller.domain
    if p.projectid is not None and p.projectid.id == -1:
        if not is_admin:
            accounts |= {x.project_account_id for x in db.projects if is_member(db, x, caller)}
    elif p.projectid is not None:
        accounts = {_project_account(call)} | ({caller.account.id} if is_admin else set())
    recursive = bool(p.isrecursive) or (bool(p.listall) and domain is None)
    project_accounts = {a.id for a in db.accounts.all() if a.account_type == PROJECT}
    return Scope(accounts, domain, recursive, project_accounts, p.projectid is not None)


def _named_account(call: Call, domain: Any) -> set[int]:
    """The account in `account`, which counts only beside a domain."""
    if domain.removed is not None:
        raise InvalidParameter("Specified domain id doesn't exist in the system")
    call.check_domain(domain)
    name = call.params.account
    if name is None:
        return set()
    account = active_account(call.db, name, domain.id)
    if account is None:
        raise InvalidParameter(f"Unable to find account {name} in specified domain")
    return {account.id}


def _project_account(call: Call) -> int:
    project, caller = call.params.projectid, call.caller
    if isinstance(project, Missing) or project.removed is not None:
        raise InvalidParameter("Unable to find project by specified id")
    account = call.db.accounts[project.project_account_id]
    if not may_use_account(caller, account, call.db):
        raise InvalidParameter(
            f"Account {account_text(caller.account)} cannot access specified project id",
            uuids=((project.uuid, "projectId"),),
        )
    return int(account.id)


def _of_accounts(call: Call, scope: Scope, kinds: set[str]) -> Callable[[Any], bool]:
    def test(network: Any) -> bool:
        if network.acl_type == "Domain":
            return "Domain" in kinds and _reaches(call, network, scope.domain)
        if network.account_id in scope.accounts and scope.fits(network):
            return "Account" in kinds
        return (
            "Shared" in kinds
            and permissions.is_shared_with(call, network, scope.accounts)
            and scope.fits(network, of_projects=False)
        )

    return test


def _reaches(call: Call, network: Any, domain: Any) -> bool:
    """Whether a network of a domain is there for a domain: its own, or one above that lets its subdomains in."""
    if domain is None:
        return False
    if network.domain_id == domain.id:
        return True
    return bool(network.subdomain_access) and in_domain(call.db, domain.id, network.domain_id)


def _of_domains(call: Call, scope: Scope, kinds: set[str]) -> Callable[[Any], bool]:
    db = call.db
    top = (scope.domain or call.caller.domain).id
    domains = domains_below(db, top) if scope.recursive else {top}
    sharers = {a.id for a in db.accounts.all() if a.domain_id in domains} if db.network_permissions else set()

    def test(network: Any) -> bool:
        if network.acl_type == "Domain":
            if "Domain" not in kinds:
                return False
            return network.domain_id in domains or (
                scope.domain is None and _reaches(call, network, call.caller.domain)
            )
        if network.domain_id in domains and scope.fits(network):
            return "Account" in kinds
        return (
            "Shared" in kinds
            and permissions.is_shared_with(call, network, sharers)
            and scope.fits(network, of_projects=False)
        )

    return test
