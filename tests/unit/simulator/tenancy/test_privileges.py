"""Who may work on accounts, users and roles of others, and what new passwords must be like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

USER = {"email": "e@example.com", "firstname": "F", "lastname": "L", "password": "Secret-1"}


@pytest.fixture(scope="module", autouse=True)
def roles(world: Any) -> None:
    """`mighty` may list hosts, which domain admins may not; `rex` administers the resources of domain a."""
    world.do("createRole", name="mighty", type="User")
    world.do("createRolePermission", roleid="@roles:mighty", rule="listHosts", permission="allow")
    world.person("rex", 3, "@domains:a")


@pytest.mark.parametrize(
    ("command", "params", "refusal"),
    [
        ("createAccount", {"roleid": "@roles:mighty", "domainid": "@domains:a"}, (531, "more privileges they have")),
        ("createUser", {"account": "rex", "domainid": "@domains:a"}, (531, "has a lower role type than the user")),
        ("disableUser", {"id": "@users:rex"}, (530, "has a lower role type than the user account [rex, ")),
        ("updateAccount", {"id": "@accounts:rex", "newname": "x"}, (531, "has a lower role type")),
        ("deleteAccount", {"id": "@accounts:rex"}, (530, "has a lower role type")),
        (
            "updateAccount",
            {"id": "@accounts:ann", "roleid": "@roles:Resource Admin"},
            (531, "to Resource Admin,  as either current or new role has higher privileges than the caller"),
        ),
        ("updateAccount", {"id": "@accounts:ann", "roleid": "@roles:Root Admin"}, (431, "is not found or not")),
        ("updateAccount", {"id": "@accounts:ann", "roleid": "@roles:mighty"}, (531, "more privileges they have")),
        (
            "updateAccount",
            {"id": "@accounts:ann", "roleid": "@roles:Root Admin", "by": "admin"},
            (531, "Unable to update account role to Root Admin,  as the user does not belong to the ROOT domain"),
        ),
        ("createUser", {"account": "ann"}, (531, "does not have permission")),
        ("updateUser", {"id": "@users:system", "by": "admin"}, (531, "is a system account; update is not allowed.")),
        ("registerUserKeys", {"id": "@users:system", "by": "admin"}, (531, "is system account, update is not allowed")),
        ("updateRole", {"id": "@roles:User", "type": "User", "by": "admin"}, (531, "Default roles cannot be updated")),
        (
            "importRole",
            {"name": "User", "type": "User", "rules[0].rule": "*", "rules[0].permission": "allow", "by": "admin"},
            (530, "Role already exists"),
        ),
    ],
)
def test_what_is_refused(world: Any, command: str, params: dict[str, Any], refusal: tuple[int, str]) -> None:
    more = {**USER, "username": "newcomer"} if command.startswith("create") else {}
    code, text = world.refused(command, **{"by": "owner", **more, **params})
    assert (code, refusal[1] in text) == (refusal[0], True), text


def test_a_role_in_use_keeps_its_type(world: Any) -> None:
    world.do("createAccount", username="strong", roleid="@roles:mighty", domainid="@domains:a", **USER)
    assert world.refused("updateRole", id="@roles:mighty", type="User")[0] == 531
    world.do("deleteAccount", id="@accounts:strong")


def test_roles_of_root_admins_are_theirs_alone_to_see(world: Any) -> None:
    assert "Root Admin" in world.names("listRoles")
    assert "Root Admin" not in world.names("listRoles", by="owner")
    assert world.rows("listRoles", id="@roles:Root Admin", by="owner") == []


@pytest.mark.parametrize(
    ("setting", "value", "password", "part"),
    [
        ("minimum.length", "9", "Secret-1", "should contain at least [9] characters."),
        ("minimum.digits", "2", "Secret-1", "should contain at least [2] digits."),
        ("minimum.special.characters", "2", "Secret-1", "should contain at least [2] special characters."),
        ("minimum.uppercase.letters", "2", "Secret-1", "should contain at least [2] upper case letters."),
        ("minimum.lowercase.letters", "6", "Secret-1", "should contain at least [6] lower case letters."),
        ("allowPasswordToContainUsername", "false", "my-Ann-1", "should not contain their username."),
        ("regex", "[a-z]+", "Secret-1", "does not match with password policy regex."),
    ],
)
def test_a_password_that_breaks_the_policy(world: Any, setting: str, value: str, password: str, part: str) -> None:
    text = f"User password {part}"
    name, domain = f"password.policy.{setting}", world.row("@domains:a").uuid
    world.do("updateConfiguration", name=name, value=value, domainid=domain)
    new = {**USER, "username": "Ann-1", "account": "ann", "domainid": "@domains:a", "password": password}
    assert world.refused("updateUser", id="@users:ann", password=password) == (431, text)
    assert world.refused("createUser", **new) == (431, text)
    world.do("resetConfiguration", name=name, domainid=domain)


@pytest.fixture
def many(world: Any) -> Iterator[None]:
    world.do("updateConfiguration", name="user.allow.multiple.accounts", value="true")
    yield
    world.do("resetConfiguration", name="user.allow.multiple.accounts")


@pytest.mark.usefixtures("many")
def test_a_name_may_be_in_several_accounts_of_a_domain_but_once_in_each(world: Any) -> None:
    place = {"username": "ann", "domainid": "@domains:a", **USER}
    user = world.do("createUser", account="owner", **place)["user"]["id"]
    code, text = world.refused("createUser", account="owner", **place)
    assert code == 431 and text.startswith("Username [ann] already exists in account [id=")
    world.do("deleteUser", id=user)


def test_users_see_themselves_alone(world: Any) -> None:
    world.do("createUser", account="ann", domainid="@domains:a", username="anna", **USER)
    assert [row["username"] for row in world.rows("listUsers", by="ann")] == ["ann"]
    refusal = (531, "Calling user is not authorized to see the user requested by id")
    assert world.refused("listUsers", id="@users:anna", by="ann") == refusal
    kinds = {row["accounttype"] for row in world.rows("listUsers", listall="true", keyword="domain_admin")}
    assert kinds == {2}
    world.do("deleteUser", id="@users:anna")


def test_roles_are_for_admins_to_make_whatever_a_role_allows(world: Any) -> None:
    world.do("createRole", name="maker", type="DomainAdmin")
    world.do("createRolePermission", roleid="@roles:maker", rule="*", permission="allow")
    made = {"roleid": "@roles:maker", "domainid": "@domains:a", **USER}
    world.do("createAccount", username="smith", **made)
    world.people["smith"] = world.sim.auth.caller_of(world.row("@users:smith"))
    text = "Restricted API called by a user account of non-Admin role type"
    assert world.refused("createRole", name="x", type="User", by="smith") == (531, text)
    assert world.refused("deleteRole", id="@roles:mighty", by="smith") == (531, text)
