"""Accounts, users and projects: what is refused, in which order, and what a change brings with it."""

from __future__ import annotations

from typing import Any

import pytest

BOTH = "Both accountName and domainId are required for finding active account in the system"


@pytest.fixture(scope="module", autouse=True)
def project(world: Any) -> None:
    """The project `shared` of ann in domain a; `carl` is another account there."""
    world.person("carl", 0, "@domains:a")
    world.do("createProject", name="shared", displaytext="s", by="ann")
    world.do("createUser", account="carl", domainid="@domains:a", username="carla", email="c@example.com",
             firstname="C", lastname="A", password="password-of-carla")  # fmt: skip


@pytest.mark.parametrize(
    ("command", "params", "refusal"),
    [
        ("disableAccount", {"account": "bob", "lock": "false"}, (431, BOTH)),
        ("enableAccount", {"account": "bob"}, (431, BOTH)),
        ("updateAccount", {"account": "bob", "newname": "x"}, (431, BOTH)),
        ("lockAccount", {"account": "bob", "domainid": "@domains:ROOT"}, (530, "LockAccount does not lock accounts")),
        (
            "updateAccount",
            {"account": "ann", "domainid": "@domains:a", "newname": "carl"},
            (431, "The account with the proposed name 'carl' exists in the domain"),
        ),
        ("deleteAccount", {"id": "@accounts:admin"}, (431, "Deletion of your own account is not allowed.")),
        ("deleteAccount", {"id": "@accounts:ann"}, (431, "because it manages the following project(s): [1].")),
        ("deleteUser", {"id": "@users:admin"}, (431, "The user is default and can't be (re)moved")),
        ("moveUser", {"id": "@users:carl", "account": "nobody"}, (530, "no account name or account id.")),
        ("moveUser", {"id": "@users:carl", "accountid": "@accounts:bob"}, (431, "is not supported!")),
        ("disableUser", {"id": "@users:system"}, (431, "is a system user, disabling is not allowed")),
        ("lockUser", {"id": "@users:system"}, (531, "is a system user, locking is not allowed")),
        (
            "createProject",
            {"name": "x", "userid": "@users:carl"},
            (431, "Domain ID and account ID must be provided with User ID"),
        ),
        (
            "updateProject",
            {"id": "@projects:shared", "account": "ann", "swapowner": "false", "roletype": "Regular"},
            (431, "Cannot demote the only admin of the project"),
        ),
        (
            "addUserToProject",
            {"projectid": "@projects:shared", "username": "ann"},
            (431, "which is already part of the project"),
        ),
        (
            "deleteUserFromProject",
            {"projectid": "@projects:shared", "userid": "@users:bob"},
            (431, "Unable to find user bob in domain id="),
        ),
        (
            "deleteAccountFromProject",
            {"projectid": "@projects:shared", "account": "ann"},
            (431, "as the account is the owner of the project"),
        ),
        (
            "updateResourceCount",
            {"domainid": "@domains:a", "resourcetype": 6, "tag": "t1"},
            (431, "Resource count with a tag is not supported for resource type 6"),
        ),
    ],
)
def test_what_is_refused(world: Any, command: str, params: dict[str, Any], refusal: tuple[int, str]) -> None:
    code, text = world.refused(command, **params)
    assert (code, refusal[1] in text) == (refusal[0], True), text


def test_an_account_is_locked_with_its_last_enabled_user(world: Any) -> None:
    account = world.row("@accounts:carl")
    world.do("lockUser", id="@users:carl")
    assert account.state == "enabled"
    world.do("disableUser", id="@users:carla")
    assert world.refused("lockUser", id="@users:carla")[0] == 530
    world.do("enableUser", id="@users:carla")
    assert world.do("lockUser", id="@users:carla")["user"]["state"] == account.state == "locked"
    for name in ("carl", "carla"):
        assert world.do("enableUser", id=f"@users:{name}")["user"]["accountid"] == account.uuid
    assert account.state == "enabled"


def _administered(world: Any, name: str) -> int:
    return int(world.sim.limits.count(world.row(f"@accounts:{name}"), "project"))


def test_projects_count_for_those_who_become_their_admins(world: Any) -> None:
    """Who is added as one is not counted; who is made one of a member is."""
    place, carl = {"projectid": "@projects:shared"}, {"account": "carl", "swapowner": "false"}
    world.do("addAccountToProject", account="carl", roletype="Admin", **place)
    assert (_administered(world, "ann"), _administered(world, "carl")) == (1, 0)
    for role, count in (("Admin", 1), ("Regular", 0)):
        world.do("updateProject", id="@projects:shared", roletype=role, **carl)
        assert _administered(world, "carl") == count
    world.do("updateProject", id="@projects:shared", account="carl")
    assert (_administered(world, "ann"), _administered(world, "carl")) == (0, 1)
    world.do("updateProject", id="@projects:shared", account="ann")
    world.do("deleteAccountFromProject", account="carl", **place)
    assert (_administered(world, "ann"), _administered(world, "carl")) == (1, 0)


def test_a_user_alone_is_a_member_once(world: Any) -> None:
    place = {"projectid": "@projects:shared"}
    for _time in range(2):
        world.do("addUserToProject", username="carla", **place)
    assert [m["username"] for m in world.rows("listProjectAccounts", **place) if "username" in m] == ["carla"]
    world.do("deleteUserFromProject", userid="@users:carla", **place)


def test_a_project_with_something_in_it_stays(world: Any) -> None:
    world.network("of-project", projectid="@projects:shared", by="ann")
    text = "Can't delete the project yet because it has 1 Network to clean up"
    assert world.refused("deleteProject", id="@projects:shared") == (530, text)
    world.do("deleteNetwork", id="@networks:of-project")
