"""What the installation brings: ROOT domain, roles, system and admin account, the management server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import contract
from ...auth import digest_password
from ...model.management import ManagementServer
from ...model.tenants import Account, Domain, Role, RolePermission, User
from ...registry import at_install

if TYPE_CHECKING:
    from ...simulator import Simulator


@at_install(order=1)
def tenants(sim: Simulator) -> None:
    root = sim.db.domains.add(Domain(name="ROOT"))
    for fact in contract.facts("roles.json"):
        add_role(sim, fact)
    admin_role = sim.db.roles.first(name="Root Admin")
    for name, role, kind in (("system", admin_role, 1), ("admin", admin_role, 1)):
        account = sim.db.accounts.add(
            Account(name=name, domain_id=root.id, account_type=kind, role_id=role.id, is_default=True)
        )
        sim.db.users.add(
            User(
                username=name,
                account_id=account.id,
                firstname="Admin" if name == "admin" else "system",
                lastname="User" if name == "admin" else "cloud",
                email="admin@mailprovider.com" if name == "admin" else None,
                password=digest_password(sim.admin_password, sim.ids.octets(8).hex()) if name == "admin" else "",
                is_default=True,
            )
        )
    sim.db.management_servers.add(ManagementServer(name="localhost"))


def add_role(sim: Simulator, fact: dict[str, object]) -> Role:
    role: Role = sim.db.roles.add(
        Role(
            name=str(fact["name"]),
            role_type=str(fact["type"]),
            description=str(fact["description"]) if fact.get("description") else None,
            is_default=bool(fact["isdefault"]),
            is_public=bool(fact["ispublic"]),
        )
    )
    rules = fact["rules"]
    assert isinstance(rules, list)
    for order, rule in enumerate(rules):
        sim.db.role_permissions.add(
            RolePermission(
                role_id=role.id,
                rule=rule.lstrip("!"),
                permission="deny" if rule.startswith("!") else "allow",
                sort_order=order,
            )
        )
    return role
