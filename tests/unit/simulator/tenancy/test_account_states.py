"""Accounts that are disabled and locked, with what they run; users that change their account."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module", autouse=True)
def running(world: Any) -> None:
    """Ann's instance `hers` in a network of her own."""
    world.network("annes", by="ann")
    template = world.rows("listTemplates", templatefilter="featured")[0]["id"]
    world.do(
        "deployVirtualMachine", name="hers", zoneid="@zones:", templateid=template, networkids="@networks:annes",
        serviceofferingid="@service_offerings:Small Instance", by="ann",
    )  # fmt: skip


def states(world: Any) -> set[str]:
    account = world.row("@accounts:ann")
    return {vm.state for vm in world.sim.db.vms.where(account_id=account.id)}


def test_a_locked_account_goes_on_and_a_disabled_one_stops(world: Any) -> None:
    assert world.do("disableAccount", id="@accounts:ann", lock="true")["account"]["state"] == "locked"
    assert states(world) == {"Running"}
    assert world.do("disableAccount", id="@accounts:ann", lock="false")["account"]["state"] == "disabled"
    assert states(world) == {"Stopped"}
    refusal = world.refused("disableAccount", id="@accounts:ann", lock="true")
    assert refusal[0] == 530
    assert "Unable to lock account Account [" in refusal[1]
    assert world.do("enableAccount", id="@accounts:ann")["account"]["state"] == "enabled"


@pytest.mark.parametrize(
    ("command", "params", "refusal"),
    [
        ("disableAccount", {"id": "@accounts:admin", "lock": "false"}, (530, "Unable to update account Account [")),
        ("disableAccount", {"id": "@accounts:system", "lock": "true"}, (530, "is a system account, lock is not")),
        ("disableAccount", {"id": "@accounts:system", "lock": "false", "by": "owner"}, (530, "disable is not")),
        (
            "disableAccount",
            {"account": "no", "domainid": "@domains:a", "lock": "true"},
            (431, "Unable to find active account by accountId: null OR by name: no in domain 2"),
        ),
    ],
)
def test_what_is_neither_disabled_nor_locked(
    world: Any, command: str, params: dict[str, Any], refusal: tuple[int, str]
) -> None:
    code, text = world.refused(command, **params)
    assert (code, refusal[1] in text) == (refusal[0], True), text


def test_who_moves_to_the_account_where_he_is_stays_as_he_was(world: Any) -> None:
    user = world.row("@users:eve")
    created = user.created
    world.sim.advance(60)
    world.do("moveUser", id="@users:eve", accountid="@accounts:eve")
    assert user.created == created


def test_a_suspended_project_stops_what_it_runs(world: Any) -> None:
    world.do("createProject", name="works", by="ann")
    project = world.row("@projects:works").uuid
    template = world.rows("listTemplates", templatefilter="featured")[0]["id"]
    world.network("theirs", projectid=project, by="ann")
    world.do(
        "deployVirtualMachine", name="worker", zoneid="@zones:", templateid=template, networkids="@networks:theirs",
        serviceofferingid="@service_offerings:Small Instance", projectid=project, by="ann",
    )  # fmt: skip
    world.do("suspendProject", id=project, by="ann")
    assert world.row("@vms:worker").state == "Stopped"
    assert world.do("activateProject", id=project, by="ann")["project"]["state"] == "Active"


def test_members_and_admins_list_members(world: Any) -> None:
    code, text = world.refused("listProjectAccounts", projectid="@projects:works", by="eve")
    assert (code, "is not authorized to list users of the project id=" in text) == (531, True)
    assert len(world.rows("listProjectAccounts", projectid="@projects:works", by="ann")) == 1
