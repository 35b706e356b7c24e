"""Who sees and touches what."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator


def users(sim: Simulator, caller: Any, **params: Any) -> set[str]:
    body = sim.call("listUsers", caller, **params)[1]["listusersresponse"]
    return {row["username"] for row in body.get("user", [])}


def test_without_listall_everybody_sees_only_his_own_account(sim: Simulator, people: dict[str, Any]) -> None:
    for name in ("admin", "owner", "ann"):
        assert users(sim, people[name]) == {name}


def test_listall_shows_all_to_the_root_admin_and_his_domains_to_a_domain_admin(
    sim: Simulator, people: dict[str, Any]
) -> None:
    assert users(sim, people["admin"], listall=True) == {
        "admin",
        "baremetal-system-account",
        "owner",
        "ann",
        "bob",
        "eve",
    }
    assert users(sim, people["owner"], listall=True) == {"owner", "ann", "bob", "eve"}
    assert users(sim, people["ann"], listall=True) == {"ann"}


def test_a_domain_without_isrecursive_is_that_domain_alone(sim: Simulator, people: dict[str, Any]) -> None:
    domain = people["ann"].domain.uuid
    assert users(sim, people["admin"], domainid=domain) == {"owner", "ann", "bob"}
    assert users(sim, people["admin"], domainid=domain, isrecursive=True) == {"owner", "ann", "bob", "eve"}


@pytest.mark.parametrize("name", ["bob", "eve"])
def test_a_user_does_not_see_or_change_others(sim: Simulator, people: dict[str, Any], name: str) -> None:
    assert users(sim, people["ann"], id=people[name].user.uuid) == set()
    status, _body = sim.call("updateUser", people["ann"], id=people[name].user.uuid, firstname="Mallory")
    assert status == 531
    assert people[name].user.firstname == "F"


def test_a_domain_admin_reaches_down_but_not_up(sim: Simulator, people: dict[str, Any]) -> None:
    assert sim.call("updateUser", people["owner"], id=people["eve"].user.uuid, firstname="E")[0] == 200
    assert sim.call("updateUser", people["owner"], id=people["admin"].user.uuid, firstname="E")[0] == 531
    assert sim.call("listDomains", people["owner"], id=people["admin"].domain.uuid)[0] == 531


def test_members_see_what_their_project_owns(sim: Simulator, people: dict[str, Any]) -> None:
    made = sim.call("createProject", people["ann"], name="p")[1]["createprojectresponse"]
    sim.settle()
    sim.call("addAccountToProject", people["ann"], projectid=made["id"], account="bob")
    sim.settle()

    def keys(name: str, **params: Any) -> int:
        status, body = sim.call("listSSHKeyPairs", people[name], **params)
        return body["listsshkeypairsresponse"].get("count", 0) if status == 200 else -status

    assert sim.call("createSSHKeyPair", people["ann"], name="k", projectid=made["id"])[0] == 200
    assert keys("bob") == 0
    assert keys("bob", projectid=made["id"]) == 1
    assert keys("bob", projectid=-1) == 1
    assert keys("owner", projectid=-1) == 0, "it is no project of his"
    assert keys("owner", projectid=made["id"]) == 1
    assert sim.call("createSSHKeyPair", people["bob"], name="own")[0] == 200
    assert (keys("bob", projectid=-1), keys("bob", projectid=-1, listall=True)) == (1, 2)
    assert (keys("admin", projectid=-1, listall=True), keys("admin", listall=True)) == (2, 1)
    sim.call("deleteSSHKeyPair", people["bob"], name="own")
    assert keys("eve", projectid=made["id"]) == -531
    assert sim.call("createSSHKeyPair", people["eve"], name="hers")[0] == 200
    assert keys("eve", projectid=-1) == 1, "who is in no project sees what is his own"
    sim.call("deleteSSHKeyPair", people["eve"], name="hers")
    assert keys("admin", listall=True) == 0
    assert keys("admin", projectid=-1) == 1
    sim.call("deleteProject", people["ann"], id=made["id"], cleanup=True)
    sim.settle()
    assert keys("admin", projectid=-1) == 0


def test_an_account_goes_with_all_it_owns(sim: Simulator, people: dict[str, Any]) -> None:
    assert sim.call("createSSHKeyPair", people["ann"], name="k")[0] == 200
    sim.call("deleteAccount", id=people["ann"].account.uuid)
    sim.settle()
    assert sim.call("listSSHKeyPairs", listall=True)[1]["listsshkeypairsresponse"] == {}
    assert users(sim, people["admin"], listall=True, username="ann") == set()


def test_what_a_project_owns_is_found_with_the_project_by_its_members(sim: Simulator, people: dict[str, Any]) -> None:
    made = sim.call("createProject", people["ann"], name="p")[1]["createprojectresponse"]
    sim.settle()
    params = {"name": "g", "type": "host anti-affinity", "projectid": made["id"]}
    sim.call("createAffinityGroup", people["ann"], **params)
    sim.settle()
    group = sim.db.affinity_groups.first(name="g").uuid

    def found(name: str, **more: Any) -> int:
        return sim.call("listAffinityGroups", people[name], id=group, **more)[1]["listaffinitygroupsresponse"].get(
            "count", 0
        )

    assert (found("ann"), found("ann", projectid=made["id"]), found("owner"), found("admin")) == (0, 1, 1, 1)
