"""Networks that their owner shares with other accounts."""

from __future__ import annotations

from typing import Any

from ...access import active_account, may_use_account
from ...call import Call, live
from ...errors import InvalidParameter
from ...model.networks import Network, NetworkPermission
from ...model.tenants import account_text
from ...registry import SUCCESS, command

PROJECT = 5


def is_shared_with(call: Call, network: Network, account_ids: set[int]) -> bool:
    return any(p.account_id in account_ids for p in call.db.network_permissions.where(network_id=network.id))


def _network(call: Call) -> Network:
    network, db = call.params.networkid, call.db
    if not network or network.removed is not None:
        raise InvalidParameter(f"unable to find network with id {network.id}")
    if network.acl_type == "Domain":
        raise InvalidParameter("network is already shared in domain")
    if network.vpc_id is not None:
        raise InvalidParameter("VPC tiers cannot be shared")
    call.check_access(network)
    if db.accounts[network.account_id].account_type == PROJECT:
        raise InvalidParameter(
            f"Update network permissions is an invalid operation on network {network.name}. Project owned networks "
            "cannot be shared outside network."
        )
    caller = call.caller
    if not (caller.is_root_admin or caller.is_domain_admin) and network.account_id != caller.account.id:
        raise InvalidParameter(
            f"Unable to grant permission to account {caller.account.name} as it is neither admin nor owner or the "
            "network"
        )
    return network


def _accounts(call: Call, network: Network) -> list[Any]:
    """The accounts, projects' accounts and names that the call gives, all of the network's domain."""
    p, domain = call.params, call.db.domains[network.domain_id]
    found = [
        *(p.accountids or []),
        *(_of_project(call, project) for project in p.projectids or []),
        *_named(call, domain.id),
    ]
    for account in found:
        if not account or account.removed is not None or account.domain_id != domain.id:
            raise InvalidParameter(
                f"Unable to find account {account.id} in domain id={domain.uuid}. No permissions is removed"
            )
    return found


def _of_project(call: Call, project: Any) -> Any:
    live(project, "Unable to find project by id {id}")
    account = call.db.accounts[project.project_account_id]
    if not may_use_account(call.caller, account, call.db):
        raise InvalidParameter(f"Account {account_text(call.caller.account)} can't access project id={project.uuid}")
    return account


def _named(call: Call, domain_id: int) -> list[Any]:
    """The accounts of `accounts`; the caller's own is passed over."""
    found = []
    for name in call.params.accounts or []:
        account = active_account(call.db, name, domain_id)
        if account is None:
            raise InvalidParameter(f"Unable to find account by name {name}")
        found.append(account)
    return [account for account in found if account.id != call.caller.account.id]


@command("createNetworkPermissions")
def create(call: Call) -> dict[str, Any]:
    network = _network(call)
    for account in _accounts(call, network):
        if account.id != network.account_id and not is_shared_with(call, network, {account.id}):
            call.db.network_permissions.add(NetworkPermission(network_id=network.id, account_id=account.id))
    return SUCCESS


@command("removeNetworkPermissions")
def remove(call: Call) -> dict[str, Any]:
    network = _network(call)
    numbers = {account.id for account in _accounts(call, network)}
    for permission in call.db.network_permissions.where(network_id=network.id):
        if permission.account_id in numbers:
            call.db.network_permissions.delete(permission)
    return SUCCESS


@command("resetNetworkPermissions")
def reset(call: Call) -> dict[str, Any]:
    for permission in call.db.network_permissions.where(network_id=_network(call).id):
        call.db.network_permissions.delete(permission)
    return SUCCESS


@command("listNetworkPermissions")
def list_permissions(call: Call) -> dict[str, Any]:
    network = call.params.networkid
    if not network or network.removed is not None:
        raise InvalidParameter(f"unable to find network with id {network.id}")
    call.check_access(network)
    return call.listing("networkpermission", call.db.network_permissions.where(network_id=network.id), _view)


def _view(call: Call, permission: NetworkPermission) -> dict[str, Any]:
    db = call.db
    account = db.accounts[permission.account_id]
    domain = db.domains[account.domain_id]
    project = db.projects.first(project_account_id=account.id) if account.account_type == PROJECT else None
    owner = (
        {"projectid": project.uuid, "project": project.name}
        if project is not None
        else {"accountid": account.uuid, "account": account.name}
    )
    return {
        "networkid": db.networks[permission.network_id].uuid,
        "domainid": domain.uuid,
        "domain": domain.name,
        **owner,
    }
