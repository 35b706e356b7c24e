"""Projects that one has to be invited to (`project.invite.required`)."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator


class Team:
    """A project of the domain's owner, who invites ann."""

    def __init__(self, op: Any, people: dict[str, Any]) -> None:
        op.sim.settings.set("project.invite.required", True)
        self.sim: Simulator = op.sim
        self.owner, self.ann = type(op)(op.sim, people["owner"]), type(op)(op.sim, people["ann"])
        self.id = self.owner.do("createProject", name="p", displaytext="p")["project"]["id"]

    def members(self) -> list[str]:
        return sorted(row["account"] for row in self.owner.rows("listProjectAccounts", projectid=self.id))

    def invitations(self, **params: Any) -> list[tuple[str, str]]:
        rows = self.owner.rows("listProjectInvitations", listall=True, **params)
        return [(row["account"], row["state"]) for row in rows]


@pytest.fixture
def team(op: Any, people: dict[str, Any]) -> Team:
    return Team(op, people)


def test_an_invited_account_becomes_a_member_when_it_accepts(team: Team) -> None:
    team.owner.do("addAccountToProject", projectid=team.id, account="ann", roletype="Admin")
    assert team.members() == ["owner"]
    assert team.invitations() == [("ann", "Pending")]
    team.ann.do("updateProjectInvitation", account="ann", projectid=team.id)
    assert team.members() == ["ann", "owner"]
    assert team.invitations() == [("ann", "Completed")]
    assert team.invitations(activeonly=True) == []


def test_who_declines_stays_outside(team: Team) -> None:
    team.owner.do("addAccountToProject", projectid=team.id, account="ann")
    team.ann.do("updateProjectInvitation", account="ann", projectid=team.id, accept=False)
    assert team.members() == ["owner"]
    assert team.invitations() == [("ann", "Declined")]
    _code, text = team.ann.refused("updateProjectInvitation", account="ann", projectid=team.id)
    assert text.startswith('Unable to find invitation for account name=ann to the project=Project {"id":')


def test_nobody_is_invited_twice_until_the_invitation_expires(team: Team) -> None:
    team.owner.do("addAccountToProject", projectid=team.id, account="ann")
    _code, text = team.owner.refused("addAccountToProject", projectid=team.id, account="ann")
    assert text.startswith("There is already a pending invitation")
    team.sim.advance(86_401)
    assert team.invitations() == [("ann", "Expired")]
    _code, text = team.ann.refused("updateProjectInvitation", account="ann", projectid=team.id)
    assert text.startswith("Invitation is expired")
    team.owner.do("addAccountToProject", projectid=team.id, account="ann")


def test_an_invitation_can_be_taken_back(team: Team) -> None:
    team.owner.do("addAccountToProject", projectid=team.id, account="ann")
    row = team.owner.only("listProjectInvitations", listall=True)
    team.owner.do("deleteProjectInvitation", id=row["id"])
    assert team.invitations() == []


def test_mail_cannot_be_sent(team: Team) -> None:
    assert team.owner.refused("addAccountToProject", projectid=team.id, email="x@example.com")[0] == 530


def test_an_account_s_invitation_is_answered_by_the_account_s_name(team: Team) -> None:
    """Without a name the server looks only for what was sent to just the calling user."""
    team.owner.do("addAccountToProject", projectid=team.id, account="ann")
    _code, text = team.ann.refused("updateProjectInvitation", projectid=team.id)
    assert text.startswith("Unable to find invitation for account name=null")
    team.owner.do("deleteProjectInvitation", id=team.owner.only("listProjectInvitations", listall=True)["id"])
    team.owner.do("addUserToProject", projectid=team.id, username="ann")
    assert team.invitations(projectid=team.id) == []
    assert [row["state"] for row in team.ann.rows("listProjectInvitations")] == ["Pending"]
    team.ann.do("updateProjectInvitation", projectid=team.id)
    assert team.members() == ["ann", "owner"]
    team.owner.do("deleteUserFromProject", projectid=team.id, userid=team.sim.db.users.first(username="ann").uuid)
    assert team.ann.rows("listProjectInvitations") == []


def test_all_invitations_of_a_project(team: Team) -> None:
    team.owner.do("addAccountToProject", projectid=team.id, account="ann")
    team.owner.do("addAccountToProject", projectid=team.id, account="bob")
    assert team.invitations(projectid=team.id) == [("ann", "Pending"), ("bob", "Pending")]
