"""Limits, roles and users of tenants: set once, seen as set, changed, refused with a remedy."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Drift, InvalidInput, NotFound
from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_task
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed, VirtualCloud

PERSON = {"password": "p", "first_name": "F", "last_name": "L", "email": "x@example.com"}


@pytest.fixture(scope="module", name="tenants")
def _tenants(cloud: Any) -> Any:
    """A domain with an account."""
    cloud.run("domain", path="ROOT/tenants")
    cloud.run("account", name="one", domain="ROOT/tenants", account_type="user", username="one", **PERSON)
    return cloud


OWNERS = (
    {"domain": "ROOT/tenants"},
    {"domain": "ROOT/tenants", "account": "one"},
    {"domain": "ROOT/tenants", "account": "one", "tag": "graphics"},
)


@pytest.mark.parametrize("owner", OWNERS, ids=["domain", "account", "tagged"])
def test_limit_is_set_once(tenants, owner):
    limit = {"resource_type": "user_vm", **owner}
    if "tag" in owner:  # no higher than the one without a tag
        tenants.run("resource_limit", **{**limit, "tag": None}, max=-1)
    for maximum in (7, 0, -1, 5):
        planned = tenants.run("resource_limit", check=True, **limit, max=maximum)
        assert (planned["changed"], tenants.changes) == (True, 0)
        assert planned["diff"]["after"] == {"max": maximum}
        done = tenants.run("resource_limit", **limit, max=maximum)
        assert (done["changed"], done["plan"], tenants.changes) == (True, planned["plan"], 1)
        assert done["resource"]["max"] == maximum
        again = tenants.run("resource_limit", **limit, max=maximum)
        assert (again["changed"], tenants.changes) == (False, 0)
    assert tenants.calls <= 2


def test_limits_of_different_owners_are_different_objects(tenants):
    tenants.run("resource_limit", resource_type="volume", **OWNERS[1], max=3)
    # A tagged limit may not exceed the one without a tag, which is raised here, too.
    limits = [{"resource_type": "volume", **owner, "max": 6 - number} for number, owner in enumerate(OWNERS)]
    done = tenants.run("apply", cloud={"resource_limits": limits[::-1]})
    assert ("failed" in done, done["counts"]["update"]) == (False, 3)
    again = tenants.run("apply", cloud={"resource_limits": limits})
    assert (again["changed"], tenants.changes) == (False, 0)


def test_limit_of_an_account_above_its_domain_is_told(tenants):
    tenants.run("resource_limit", resource_type="network", domain="ROOT/tenants", max=3)
    told = tenants.run("resource_limit", resource_type="network", **OWNERS[1], max=4)
    assert "more than the 3 that the domain may take" in told["warnings"][0]


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"resource_type": "user_vm", "max": 1}, "domain"),
        ({"resource_type": "user_vm", "max": 1, "account": "one"}, "domain"),
        ({"resource_type": "user_vm", "max": -2, **OWNERS[0]}, "max"),
        ({"resource_type": "user_vm", **OWNERS[0]}, "max"),
        ({"resource_type": "network", "max": 1, **OWNERS[2]}, "tag"),
    ],
)
def test_bad_limit_is_named_before_any_change(tenants, options, option):
    for check in (True, False):
        with pytest.raises(InvalidInput) as caught:
            tenants.run("resource_limit", check=check, **options)
        assert (caught.value.option, tenants.changes) == (option, 0)


def test_limit_of_nobody_names_who_may_be_meant(tenants):
    with pytest.raises(NotFound, match="account 'won' does not exist") as caught:
        tenants.run("resource_limit", resource_type="user_vm", domain="ROOT/tenants", account="won", max=1)
    assert "did you mean 'one'" in str(caught.value).lower()


def test_limit_of_an_owner_still_to_be_made_can_be_planned(tenants):
    planned = tenants.run("resource_limit", check=True, resource_type="cpu", domain="ROOT/later", max=8)
    assert planned["plan"]["changes"] == [{"option": "max", "before": -1, "after": 8}]
    of_account = {"resource_type": "user_vm", "domain": "ROOT/later", "account": "later", "max": 8}
    planned = tenants.run("resource_limit", check=True, **of_account)
    assert planned["plan"]["changes"] == [{"option": "max", "before": 20, "after": 8}]


RULES = [
    {"rule": "listUsers", "permission": "deny", "description": "not theirs"},
    {"rule": "list*"},
    {"rule": "rebootVirtualMachine"},
]


def rules_of(cloud: Any, name: str) -> list[tuple[str, str]]:
    (role,) = cloud.client.list("listRoles", {"name": name})
    listed = cloud.client.list("listRolePermissions", {"roleid": role["id"]})
    return [(rule["rule"], rule["permission"]) for rule in listed]


def test_role_has_exactly_its_rules_in_their_order(cloud):
    role = {"name": "operators", "type": "User", "description": "x"}
    planned = cloud.run("role", check=True, **role, rules=RULES)
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert cloud.run("role", **role, rules=RULES)["plan"] == planned["plan"]
    steps = (
        RULES,
        [RULES[1], RULES[0], RULES[2]],
        [{"rule": "stop*"}, {**RULES[0], "permission": "allow"}, RULES[2]],
        [{**RULES[2], "description": "another reason"}],
        [],
    )
    for number, rules in enumerate(steps):
        planned = cloud.run("role", check=True, **role, rules=rules)
        assert (planned["changed"], cloud.changes) == (number > 0, 0)
        assert cloud.run("role", **role, rules=rules)["plan"] == planned["plan"]
        again = cloud.run("role", **role, rules=rules)
        assert (again["changed"], cloud.changes) == (False, 0)
        assert rules_of(cloud, "operators") == [(one["rule"], one.get("permission") or "allow") for one in rules]
    assert cloud.run("role", **role)["changed"] is False, "rules that are not named stay"


def test_exported_role_has_its_rules(cloud):
    cloud.run("role", name="kept", type="User", rules=RULES)
    document = cloud.run("export", kinds=["role"])["document"]
    (entry,) = [one for one in document["roles"] if one["name"] == "kept"]
    assert entry["rules"] == [{"permission": "allow", **rule} for rule in RULES]
    assert {"User", "Root Admin"}.isdisjoint(one["name"] for one in document["roles"])
    assert cloud.run("apply", cloud=document)["changed"] is False


def test_life_of_a_role(cloud):
    copied = {"name": "copied", "from_role": "Domain Admin", "is_public": False}
    made = cloud.run("role", **copied)
    assert made["resource"]["type"] == "DomainAdmin"
    assert rules_of(cloud, "copied") == rules_of(cloud, "Domain Admin")
    assert cloud.run("role", **copied)["changed"] is False
    for change in ({"description": "y"}, {"is_public": True}, {"state": "disabled"}, {"state": "enabled"}):
        assert cloud.run("role", name="copied", **change)["changed"] is True
        assert cloud.run("role", name="copied", **change)["changed"] is False
    assert cloud.run("role", id=made["resource"]["id"], name="renamed")["resource"]["name"] == "renamed"
    assert cloud.run("role", name="renamed", state="absent")["changed"] is True
    assert cloud.run("role", name="renamed", state="absent")["changed"] is False


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"name": "none"}, "type"),
        ({"name": "none", "type": "User", "rules": [{"rule": "list-users"}]}, "rules"),
        ({"name": "none", "type": "User", "rules": [{"rule": "a"}, {"rule": "A"}]}, "rules"),
        ({"name": "User", "rules": []}, "rules"),
        ({"name": "User", "state": "absent"}, "state"),
    ],
)
def test_bad_role_is_named_before_any_change(cloud, options, option):
    for check in (True, False):
        with pytest.raises(InvalidInput) as caught:
            cloud.run("role", check=check, **options)
        assert (caught.value.option, cloud.changes) == (option, 0)


@pytest.mark.parametrize("fault", range(6))
def test_rules_that_were_cut_off_are_completed(fault):
    cloud = VirtualCloud()
    role = {"name": "cut", "type": "User", "rules": RULES}
    with contextlib.suppress(Killed):
        cloud.run("role", fault=Fault("killed_after", fault, lambda name: not name.startswith("list")), **role)
    cloud.run("role", **role)
    assert rules_of(cloud, "cut") == [("listUsers", "deny"), ("list*", "allow"), ("rebootVirtualMachine", "allow")]
    assert cloud.run("role", **role)["changed"] is False


def test_life_of_a_user(tenants):
    user = {"username": "jo", "domain": "ROOT/tenants"}
    wanted = {**user, "account": "one", **PERSON, "password": "old-secret"}
    planned = tenants.run("user", check=True, **wanted)
    assert (planned["changed"], tenants.changes) == (True, 0)
    made = tenants.run("user", **wanted)
    assert (made["changed"], made["plan"]) == (True, planned["plan"])
    again = tenants.run("user", **wanted)
    assert (again["changed"], tenants.changes, tenants.calls) == (False, 0, 2)
    tenants.run("account", name="two", domain="ROOT/tenants", account_type="user", username="two", **PERSON)
    for change in (
        {"email": "other@example.com"},
        {"timezone": "Europe/Zurich"},
        {"account": "two"},
        {"state": "locked"},
        {"state": "disabled"},
        {"state": "enabled"},
        {"api_key_access": "DISABLED"},
    ):
        assert tenants.run("user", check=True, **user, **change)["changed"] is True
        assert tenants.run("user", **user, **change)["changed"] is True
        assert tenants.run("user", **user, **change)["changed"] is False
    renamed = tenants.run("user", id=made["resource"]["id"], username="joanna", domain="ROOT/tenants")
    assert renamed["resource"]["username"] == "joanna"
    gone = {"username": "joanna", "domain": "ROOT/tenants", "state": "absent"}
    assert [tenants.run("user", **gone)["changed"] for _ in "ab"] == [True, False]


def test_password_is_set_at_creation_or_always_and_never_shown(tenants):
    user = {"username": "pia", "domain": "ROOT/tenants", "account": "one", **PERSON}
    tenants.run("user", **{**user, "password": "first-secret"})
    kept = tenants.run("user", **{**user, "password": "second-secret"})
    assert (kept["changed"], can_log_in(tenants, "pia", "first-secret")) == (False, True)
    for _run in "ab":
        always = tenants.run("user", **{**user, "password": "second-secret"}, update_password="always")
        assert (always["changed"], tenants.changes) == (True, 1)
        assert "second-secret" not in str(always)
    assert can_log_in(tenants, "pia", "second-secret")
    assert not can_log_in(tenants, "pia", "first-secret")
    made = tenants.run("user", **{**user, "username": "pio"}, update_password="always")
    assert (made["changed"], tenants.changes) == (True, 1)
    with pytest.raises(InvalidInput) as caught:
        tenants.run("user", username="pia", domain="ROOT/tenants", update_password="always")
    assert caught.value.option == "password"


def can_log_in(cloud: Any, username: str, password: str) -> bool:
    answer = cloud.running.sim.reply(
        {"command": "login", "username": username, "password": password, "domain": "/tenants", "response": "json"},
        "POST",
    )
    return answer.status == 200


def test_life_of_a_project(tenants):
    project = {"name": "shop", "domain": "ROOT/tenants"}
    wanted = {**project, "account": "one", "display_text": "Shop", "tags": [{"key": "a", "value": "b"}]}
    planned = tenants.run("project", check=True, **wanted)
    assert (planned["changed"], tenants.changes) == (True, 0)
    assert tenants.run("project", **wanted)["plan"] == planned["plan"]
    again = tenants.run("project", **wanted)
    assert (again["changed"], tenants.changes, tenants.calls) == (False, 0, 2)
    with pytest.raises(Drift, match="account is"):
        tenants.run("project", **{**wanted, "account": "else"})
    for change in ({"display_text": "y"}, {"state": "suspended"}, {"state": "active"}, {"tags": []}):
        assert tenants.run("project", check=True, **project, **change)["changed"] is True
        assert tenants.run("project", **project, **change)["changed"] is True
        assert tenants.run("project", **project, **change)["changed"] is False
    limit = {"resource_type": "user_vm", "project": "shop", "max": 3}
    assert [tenants.run("resource_limit", **limit)["changed"] for _ in "ab"] == [True, False]
    with pytest.raises(InvalidInput) as caught:
        tenants.run("project", name="nobodys", domain="ROOT/tenants")
    assert (caught.value.option, tenants.changes) == ("account", 0)
    gone = {**project, "state": "absent"}
    assert [tenants.run("project", **gone)["changed"] for _ in "ab"] == [True, False]


def test_keys_are_in_their_file_and_nowhere_else(tenants, tmp_path):
    file = tmp_path / "keys.ini"
    user = {"username": "kim", "domain": "ROOT/tenants", "account": "one", **PERSON, "keys_file": str(file)}
    planned = tenants.run("user", check=True, **user)
    assert (planned["changed"], tenants.changes, file.exists()) == (True, 0, False)
    results = [tenants.run("user", **user)]
    assert (results[0]["plan"], file.stat().st_mode & 0o777) == (planned["plan"], 0o600)
    first = file.read_text()
    assert works(tenants, file)
    again = tenants.run("user", **user)
    assert (again["changed"], tenants.changes) == (False, 0)
    # The file went away: the same keys are written again, and none are made.
    file.unlink()
    results.append(tenants.run("user", **user))
    assert (results[-1]["changed"], tenants.changes, file.read_text()) == (True, 0, first)
    results.append(tenants.run("user", **user, renew_keys=True))
    assert (results[-1]["changed"], tenants.changes, file.read_text() == first) == (True, 1, False)
    assert works(tenants, file)
    secrets = [line.partition(" = ")[2] for text in (first, file.read_text()) for line in text.splitlines()[2:]]
    assert len(secrets) == 4
    assert not any(secret in str(results) for secret in secrets)
    with pytest.raises(InvalidInput) as caught:
        tenants.run("user", **{**user, "keys_file": str(tmp_path / "none" / "keys.ini")})
    assert (caught.value.option, tenants.changes) == ("keys_file", 0)


def works(cloud: Any, file: Any) -> bool:
    """Whether the file is a profile that the connection options take."""
    given = {"kind": "user", "api_profile": "kim", "api_profile_file": str(file)}
    return run_task("info", given, environ={})["count"] > 0
