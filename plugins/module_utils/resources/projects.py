# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects: what several accounts work on together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update
from .defaults import same_as_name
from .owned import tagging

_TAGS, _SET_TAGS = tagging("Project")


def _check_wish(ctx: Any, row: Row | None) -> None:
    given = ctx.given
    if row is None and bool(given.get("account")) != bool(given.get("domain")):
        missing = "account" if given.get("domain") else "domain"
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it for somebody needs account and domain",
            option=missing,
            obj=ctx.name,
            remedy=f"give {missing}, or leave out both to own it yourself",
        )


def _owners(row: Row) -> list[str]:
    return [str(owner["account"]) for owner in row.get("owner") or () if owner.get("account")]


def _switch(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    command = "activateProject" if ctx.given["project_state"] == "Active" else "suspendProject"
    ctx.change(command, {"id": row["id"]})


def _before_delete(ctx: Any, _row: Row) -> Mapping[str, Any]:
    return {"cleanup": True} if ctx.given.get("clean_up") else {}


PROJECT = Resource(
    name="project",
    noun="project",
    exported=False,
    summary="Manage projects",
    description=("Creates, changes, activates, suspends and deletes projects.",),
    notes=(
        "Names are unique in a domain, in any case of letters.",
        "The server deletes no project that still has something, unless O(clean_up) is true.",
    ),
    commands=Commands(
        list="listProjects", create="createProject", update="updateProject", delete="deleteProject",
        fixed={"list": {"listall": True}},
    ),
    scope=("domain",),
    unique=True,
    states=(
        State("active", {"project_state": "Active"}, help="Exists and can be used."),
        State("suspended", {"project_state": "Suspended"}, help="Exists; its instances are stopped, nothing is added."),
    ),
    initial_states=("active",),
    check_wish=_check_wish,
    before_delete=_before_delete,
    updates=(Update("updateProject"), Update("activateProject", options=("project_state",), run=_switch), _SET_TAGS),
    options=(
        Option("name", help="Name of the project. With O(id) it is the new name.", required=True, updatable=True),
        Option("domain", "ref", help="Domain of the project, as a path. A new one is made in the caller's own.",
               api="domainid", refers_to="domain"),
        Option("account", help="Account of O(domain) that owns a new project.", names="account", decode=_owners,
               equal=lambda want, have: want in have),
        Option("display_text", help="What users see. The server takes the name if it is left out.", api="displaytext",
               updatable=True, server_default=same_as_name),
        Option("clean_up", "bool", default=False, behaviour=True,
               help="Delete the project with all that it has: instances, volumes, networks, templates ..."),
        Option("project_state", api="", field="state", updatable=True, on_create=False, hidden=True),
        _TAGS,
    ),
    omitted={
        "createProject.accountid": "the owner is given by account and domain",
        "createProject.userid": "the owner is an account with all of its users",
        "updateProject.account": "owners change along with the members of the project",
        "updateProject.userid": "owners change along with the members of the project",
        "updateProject.swapowner": "owners change along with the members of the project",
        "updateProject.roletype": "owners change along with the members of the project",
    },
    returns={"state": "state"},
)  # fmt: skip

RESOURCES = (PROJECT,)
