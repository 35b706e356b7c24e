"""Domains, accounts, users, roles and projects."""

from __future__ import annotations

from ..tables import Row, entity, fresh
from ..wording import printed


@entity("domains", "Domain", indexes=("parent_id",))
class Domain(Row):
    name: str
    parent_id: int | None = None
    level: int = 0
    path: str = "/"
    """Names from the root: `/` for ROOT, `/a/b/` below it."""
    network_domain: str | None = None
    state: str = "Active"
    ldap_group: str | None = None
    """The group of a directory that is linked to it."""
    limits: dict[str, int] = fresh(dict)
    counts: dict[str, int] = fresh(dict)


@entity("accounts", "Account", indexes=("domain_id", "name", "role_id"))
class Account(Row):
    name: str
    domain_id: int
    account_type: int = 0
    """0 user, 1 root admin, 2 domain admin, 5 project."""
    role_id: int | None = None
    state: str = "enabled"
    network_domain: str | None = None
    default_zone_id: int | None = None
    details: dict[str, str] = fresh(dict)
    is_default: bool = False
    api_key_access: str = "INHERIT"
    ldap_group: str | None = None
    """The group of a directory that is linked to it."""
    limits: dict[str, int] = fresh(dict)
    """Own limits by kind of resource; kinds without one have the setting's."""
    counts: dict[str, int] = fresh(dict)

    @property
    def account_id(self) -> int:
        return self.id


@entity("users", "User", indexes=("account_id", "username", "api_key"))
class User(Row):
    username: str
    account_id: int
    password: str = ""
    """Salted digest."""
    firstname: str = ""
    lastname: str = ""
    email: str | None = None
    timezone: str | None = None
    state: str = "enabled"
    api_key: str | None = None
    secret_key: str | None = None
    api_key_access: str = "INHERIT"
    is_default: bool = False
    source: str = "native"
    wrong_logins: int = 0
    """How often in a row somebody gave a wrong password."""
    two_factor: bool = False
    """Whether a second factor is wanted, set up or not."""
    two_factor_provider: str | None = None
    two_factor_key: str | None = None
    two_factor_verified: bool = False
    """Whether a code was right once since it was set up."""

    def __str__(self) -> str:
        return printed("User", username=self.username, uuid=self.uuid) + "."


@entity("roles", "Role", indexes=("name",))
class Role(Row):
    name: str
    role_type: str
    """Admin, ResourceAdmin, DomainAdmin, User."""
    description: str | None = None
    is_default: bool = False
    is_public: bool = True
    state: str = "enabled"


@entity("role_permissions", "RolePermission", indexes=("role_id",))
class RolePermission(Row):
    role_id: int
    rule: str
    permission: str
    """allow or deny"""
    description: str | None = None
    sort_order: int = 0


@entity("projects", "Project", indexes=("project_account_id", "domain_id"))
class Project(Row):
    name: str
    domain_id: int
    project_account_id: int
    display_text: str | None = None
    state: str = "Active"


@entity("project_members", "ProjectAccount", indexes=("project_id", "account_id", "project_role_id"))
class ProjectMember(Row):
    project_id: int
    account_id: int
    user_id: int | None = None
    """None: every user of the account."""
    member_role: str = "Regular"
    """Admin or Regular."""
    project_role_id: int | None = None


@entity("project_roles", "ProjectRole", indexes=("project_id",))
class ProjectRole(Row):
    project_id: int
    name: str
    description: str | None = None


@entity("project_role_permissions", "ProjectRolePermission", indexes=("project_role_id",))
class ProjectRolePermission(Row):
    project_id: int
    project_role_id: int
    rule: str
    permission: str
    description: str | None = None
    sort_order: int = 0


@entity("project_invitations", "ProjectInvitation", indexes=("project_id",))
class ProjectInvitation(Row):
    project_id: int
    account_id: int
    user_id: int | None = None
    """None: for the whole account."""
    member_role: str = "Regular"
    project_role_id: int | None = None
    token: str = ""
    state: str = "Pending"
    """Pending, Completed, Declined or Expired."""


def account_text(account: Account) -> str:
    """The server's way to print an account in its texts."""
    return f'Account [{{"accountName":"{account.name}","id":{account.id},"uuid":"{account.uuid}"}}]'


def domain_text(domain: Domain) -> str:
    """The server's way to print a domain in its texts."""
    path = domain.path.replace("/", "\\/")
    return f'Domain {{"id":{domain.id},"name":"{domain.name}","path":"{path}","uuid":"{domain.uuid}"}}'


def domain_path(domain: Domain) -> str:
    """`ROOT`, `ROOT/a/b`: how answers write a domain's path."""
    return ("ROOT" + domain.path).rstrip("/")
