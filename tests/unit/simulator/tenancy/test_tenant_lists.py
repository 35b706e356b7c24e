"""Lists of accounts and projects, and limits: who is shown whom, and who may set what."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module", autouse=True)
def projects(world: Any) -> None:
    """Project `first` is ann's, `second` eve's in the domain below."""
    world.do("createProject", name="first", by="ann")
    world.do("createProject", name="second", by="eve")


@pytest.mark.parametrize(
    ("by", "params", "names"),
    [
        ("admin", {}, {"admin"}),
        ("admin", {"domainid": "@domains:a"}, {"owner", "ann"}),
        ("admin", {"domainid": "@domains:a", "listall": "true"}, {"owner", "ann", "eve"}),
        ("admin", {"domainid": "@domains:a", "isrecursive": "true"}, {"owner", "ann", "eve"}),
        ("owner", {}, {"owner"}),
        ("owner", {"listall": "true"}, {"owner", "ann", "eve"}),
        ("ann", {"listall": "true"}, {"ann"}),
        ("ann", {"domainid": "@domains:a"}, {"ann"}),
    ],
)
def test_accounts(world: Any, by: str, params: dict[str, str], names: set[str]) -> None:
    assert {row["name"] for row in world.rows("listAccounts", by=by, **params)} == names


def test_users_may_see_the_accounts_of_their_domain_but_its_admins(world: Any) -> None:
    world.do("updateConfiguration", name="allow.user.view.all.domain.accounts", value="true", domainid="@domains:a")
    assert world.names("listAccounts", by="ann") == ["ann", "eve"]
    world.do("resetConfiguration", name="allow.user.view.all.domain.accounts", domainid="@domains:a")


@pytest.mark.parametrize(
    ("command", "params", "refusal"),
    [
        ("listAccounts", {"id": "@accounts:bob", "domainid": "@domains:a"}, (431, "Unable to find account by id ")),
        ("listAccounts", {"id": "@accounts:system"}, (431, "Unable to find account by id 1")),
        (
            "listAccounts",
            {"id": "@accounts:ann", "domainid": "@domains:a", "name": "no"},
            (431, "Unable to find account by name no in domain 2"),
        ),
        ("listProjects", {"account": "ann"}, (431, "could not find account ann because domain is not specified")),
        ("listProjects", {"username": "ann"}, (431, "could not find user ann because domain is not specified")),
        ("listProjects", {"account": "no", "domainid": "@domains:a"}, (431, "Unable to find account no in domain 2")),
        ("listProjects", {"username": "no", "domainid": "@domains:a"}, (431, "Unable to find user no in domain 2")),
        ("listProjects", {"account": "bob", "by": "ann"}, (531, "Can't list account bob projects; unauthorized")),
        ("listProjects", {"username": "bob", "by": "ann"}, (531, "Can't list user bob projects; unauthorized")),
        (
            "listProjects",
            {"domainid": "@domains:ROOT", "by": "ann"},
            (531, "Can't list domain id= 1 projects; unauthorized"),
        ),
    ],
)
def test_what_is_refused(world: Any, command: str, params: dict[str, str], refusal: tuple[int, str]) -> None:
    code, text = world.refused(command, **params)
    assert (code, refusal[1] in text) == (refusal[0], True), text


@pytest.mark.parametrize(
    ("by", "params", "names"),
    [
        ("admin", {"listall": "true"}, ["first", "second"]),
        ("admin", {"listall": "true", "page": 1, "pagesize": 1}, ["second"]),
        ("admin", {"domainid": "@domains:a"}, ["first"]),
        ("admin", {"domainid": "@domains:deep", "username": "eve"}, ["second"]),
        ("admin", {"domainid": "@domains:a", "isrecursive": "true", "listall": "true"}, ["first", "second"]),
        ("owner", {"listall": "true"}, ["first"]),
        ("ann", {}, ["first"]),
    ],
)
def test_projects(world: Any, by: str, params: dict[str, Any], names: list[str]) -> None:
    assert [row["name"] for row in world.rows("listProjects", by=by, **params)] == names


def test_a_domain_may_be_unlimited_below_a_limited_one(world: Any) -> None:
    world.do("updateResourceLimit", domainid="@domains:a", resourcetype=0, max=5)
    world.do("updateResourceLimit", domainid="@domains:deep", resourcetype=0, max=-1)
    text = world.refused("updateResourceLimit", domainid="@domains:deep", resourcetype=0, max=6)[1]
    assert "has maximum allowed resource limit 5 for user_vm" in text


def test_projects_are_counted_anew_with_all_their_admins(world: Any) -> None:
    world.do("addAccountToProject", projectid="@projects:first", account="owner", roletype="Admin")
    given = {"account": "owner", "domainid": "@domains:a", "resourcetype": 5}
    assert world.row("@accounts:owner").counts.get("project", 0) == 0
    assert world.rows("updateResourceCount", **given)[0]["resourcecount"] == 1
    assert world.refused("updateResourceCount", domainid="@domains:ROOT", by="owner")[0] == 531


def test_a_domain_moves_where_there_is_room_for_it(world: Any) -> None:
    moved = {"domainid": "@domains:deep"}
    world.do("createDomain", name="small")
    world.do("updateResourceLimit", domainid="@domains:small", resourcetype=5, max=0)
    code, text = world.refused("moveDomain", **moved, parentdomainid="@domains:small")
    assert (code, "as maximum domain resource limit of type [project] would be exceeded." in text) == (535, True)
    assert world.refused("moveDomain", **moved, parentdomainid="@domains:small", by="ann")[0] in (432, 531)
    world.do("updateResourceLimit", domainid="@domains:small", resourcetype=5, max=1)
    assert world.do("moveDomain", **moved, parentdomainid="@domains:small")["domain"]["path"] == "ROOT/small/deep"
    world.do("moveDomain", **moved, parentdomainid="@domains:a")


def test_a_domain_moves_only_where_it_still_reaches_what_it_uses(world: Any) -> None:
    """The instance's offering, its network's offering and its network are those of domain `a`, one after the other."""
    world.do("createDomain", name="far")
    world.do("createDomain", name="near", parentdomainid="@domains:a")
    network = world.network("eves", by="eve")
    template = world.rows("listTemplates", templatefilter="featured")[0]["id"]
    world.do(
        "deployVirtualMachine", name="eves", zoneid="@zones:", networkids="@networks:eves", startvm="false", by="eve",
        serviceofferingid="@service_offerings:Small Instance", templateid=template,
    )  # fmt: skip
    nic = world.sim.db.nics.where(vm_id=world.row("@vms:eves").id)[0]
    home = world.row("@domains:a").id
    away = {"domainid": "@domains:deep", "parentdomainid": "@domains:far"}

    def refused() -> str:
        code, text = world.refused("moveDomain", **away)
        assert code == 431
        return str(text.split("] does not have access to [")[1].split("]")[0])

    for text, offering in (
        ("Service offerings", world.row("@service_offerings:Small Instance")),
        ("Network offerings", world.sim.db.network_offerings[network.offering_id]),
    ):
        offering.domain_ids = [home]
        assert refused() == text
        offering.domain_ids = []
    shared = world.row("@networks:other")
    shared.acl_type, shared.subdomain_access, shared.domain_id, nic.network_id = "Domain", True, home, shared.id
    assert refused() == "Networks"
    assert world.do("moveDomain", **{**away, "parentdomainid": "@domains:near"})["domain"]["path"] == "ROOT/a/near/deep"
