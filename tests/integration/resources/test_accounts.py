"""Accounts: every way between states, identity by id, first users, LDAP."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError, InvalidInput

USER = {"password": "p", "email": "u@example.com", "first_name": "U", "last_name": "V"}
STATES = ("enabled", "disabled", "locked")


def account(name, **more):
    return {"name": name, "username": name, **USER, **more}


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(STATES, 2)))
def test_every_way_between_states_is_gone(cloud, before, after):
    cloud.run("account", **account("ways", state=before))
    assert cloud.run("account", name="ways", state=after)["resource"]["state"] == after
    assert cloud.run("account", name="ways", state=after)["changed"] is False


def test_an_id_is_enough_in_any_domain(cloud):
    cloud.run("domain", path="ROOT/elsewhere")
    made = cloud.run("account", **account("far", domain="ROOT/elsewhere"))["resource"]
    renamed = cloud.run("account", id=made["id"], name="farther")
    assert [change["option"] for change in renamed["plan"]["changes"]] == ["name"]
    assert (renamed["resource"]["id"], renamed["resource"]["domain"]) == (made["id"], "ROOT/elsewhere")


def test_what_a_first_user_needs_is_named(cloud):
    with pytest.raises(InvalidInput) as caught:
        cloud.run("account", name="nobody", username="nobody", password="p")
    assert (caught.value.option, cloud.changes) == ("email", 0)


def test_an_account_of_ldap_needs_no_password_and_is_made_in_one_call(cloud):
    wish = {"name": "staff", "ldap_domain": "cn=staff,dc=example,dc=com"}
    assert cloud.run("account", **wish, check=True)["changed"] is True
    with pytest.raises(CloudStackError, match="linkAccountToLdap"):
        cloud.run("account", **wish)
    assert cloud.changes == 1, "this server has no LDAP, so nothing is made"
    assert cloud.run("account", name="staff", state="absent")["changed"] is False
