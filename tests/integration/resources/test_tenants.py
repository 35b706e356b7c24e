"""Limits, roles and users of tenants: set once, seen as set, changed, refused with a remedy."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput

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
    limits = [{"resource_type": "volume", **owner, "max": number} for number, owner in enumerate(OWNERS, 4)]
    document = {"resource_limits": limits[::-1]}
    tenants.run("resource_limit", resource_type="volume", **OWNERS[1], max=-1)
    assert tenants.run("apply", cloud=document)["counts"]["update"] == 3
    again = tenants.run("apply", cloud=document)
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


def test_limit_of_a_domain_still_to_be_made_can_be_planned(tenants):
    planned = tenants.run("resource_limit", check=True, resource_type="cpu", domain="ROOT/later", max=8)
    assert planned["plan"]["changes"][-1]["after"] == 8
