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
    add_roles(sim)
    for name, role, is_admin in (
        ("system", "Root Admin", True),
        ("admin", "Root Admin", True),
        ("baremetal-system-account", "User", False),
    ):
        account = sim.db.accounts.add(
            Account(
                name=name,
                domain_id=root.id,
                account_type=int(is_admin),
                role_id=sim.db.roles.the(name=role).id,
                is_default=is_admin,
            )
        )
        add_user(sim, account)
    sim.db.management_servers.add(ManagementServer(name="localhost"))


def add_user(sim: Simulator, account: Account) -> None:
    """The user of a built-in account: only the admin has a password, and only he and the bare-metal one have keys."""
    name = account.name
    user = User(username=name, account_id=account.id, firstname=name, lastname=name, is_default=account.is_default)
    if name == "admin":
        user.firstname, user.lastname, user.email = "Admin", "User", "admin@mailprovider.com"
        user.password = digest_password(sim.admin_password, sim.ids.octets(8).hex())
    if name != "system":
        user.api_key, user.secret_key = sim.ids.key(), sim.ids.key()
    sim.db.users.add(user)


def add_roles(sim: Simulator) -> None:
    facts = contract.facts("roles.json")
    roles = [
        sim.db.roles.add(
            Role(
                name=fact["name"],
                role_type=fact["type"],
                description=fact.get("description"),
                is_default=fact["isdefault"],
                is_public=fact["ispublic"],
            )
        )
        for fact in facts["roles"]
    ]
    for order, (number, rule, *description) in enumerate(facts["rules"]):
        sim.db.role_permissions.add(
            RolePermission(
                role_id=roles[number].id,
                rule=rule.lstrip("!"),
                permission="deny" if rule.startswith("!") else "allow",
                description=description[0] if description else None,
                sort_order=order,
            )
        )
