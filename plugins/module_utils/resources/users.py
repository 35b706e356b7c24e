# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users: people and programs that log in to an account."""

from __future__ import annotations

from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update
from ..reconcile.values import MISSING
from .user_keys import check_file, held_in_file, write_keys


def _check_wish(ctx: Any, row: Row | None) -> None:
    if ctx.given.get("update_password") == "always" and not ctx.given.get("password"):
        raise InvalidInput(
            f"{ctx.name}: update_password=always needs a password",
            option="password",
            obj=ctx.name,
            remedy="give password, or leave out update_password",
        )
    if ctx.state != "absent":
        check_file(ctx)
    needed = ("account", "password", "email", "first_name", "last_name")
    missing = [name for name in needed if row is None and not ctx.given.get(name)]
    if missing:
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs {', '.join(missing)}",
            option=missing[0],
            obj=ctx.name,
            remedy=f"give {', '.join(missing)}, or check the name",
        )


def _before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    ctx.given["_written"] = True
    return params


def _complete(ctx: Any, row: Row) -> Row:
    """A password cannot be read: with ``always`` it counts as another one until this task has written it."""
    due = ctx.given.get("update_password") == "always" and not ctx.given.get("_written")
    keys = {"_keys_file": held_in_file(ctx, row)} if ctx.given.get("keys_file") and ctx.state != "absent" else {}
    return {**row, "_password": MISSING if due else ctx.given.get("password"), **keys}


def _set_password(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    current = ctx.given.get("current_password")
    proof = {"currentpassword": current} if current else {}
    ctx.change("updateUser", {"id": row["id"], "password": ctx.given["password"], **proof})
    ctx.given["_written"] = True


def _move(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    ctx.change("moveUser", {"id": row["id"], "account": ctx.given["account"]})


def _switch(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    wanted, user = ctx.given["user_state"], {"id": row["id"]}
    # The server locks enabled users alone.
    if wanted == "enabled" or (wanted == "locked" and row.get("state") == "disabled"):
        ctx.change("enableUser", user)
    if wanted != "enabled":
        ctx.change("lockUser" if wanted == "locked" else "disableUser", user)


USER = Resource(
    name="user",
    noun="user",
    exported=False,
    summary="Manage users",
    description=("Creates, changes, moves, enables, disables, locks and deletes users of accounts.",),
    notes=(
        "A password can't be read back. It is set at creation, and later with O(update_password=always) in every run.",
        "Users of LDAP and SAML have no password here.",
        "The server deletes neither the first user of the server nor whoever asks.",
    ),
    commands=Commands(
        list="listUsers", create="createUser", update="updateUser", delete="deleteUser",
        fixed={"list": {"listall": True}}, filters={"username": "username"},
    ),
    identity=("username",),
    scope=("domain",),
    unique=True,
    states=(
        State("enabled", {"user_state": "enabled"}, help="Exists and can log in."),
        State("disabled", {"user_state": "disabled"}, help="Exists and can't log in or use keys."),
        State("locked", {"user_state": "locked"}, help="Exists and can't log in."),
    ),
    initial_states=("enabled",),
    check_wish=_check_wish,
    before_create=_before_create,
    complete=_complete,
    updates=(
        Update("moveUser", options=("account",), run=_move),
        Update("updateUser"),
        Update("updateUser", options=("password",), run=_set_password),
        Update("registerUserKeys", options=("keys_file",), run=write_keys),
        Update("enableUser", options=("user_state",), run=_switch),
    ),
    options=(
        Option("username", help="Name to log in with, unique in the domain. With O(id) it is the new name.",
               required=True, updatable=True, aliases=("name",)),
        Option("domain", "ref", help="Domain of the user's account, as a path.", api="domainid", refers_to="domain",
               default="ROOT"),
        Option("account", help="Account of the user, in the same domain. Another one moves the user there.",
               updatable=True, names="account"),
        Option("password", help="Password. Needed to create a user.", secret=True, field="", updatable=True,
               decode=lambda row: row.get("_password", MISSING), placeholder="vault_user_{username}_password"),
        Option("update_password", help="When O(password) is set.", choices=("on_create", "always"),
               default="on_create", behaviour=True),
        Option("current_password", behaviour=True, secret=True,
               help="The password as it is. The server wants it of users who change their own."),
        Option("email", help="E-mail address. Needed to create a user.", updatable=True),
        Option("first_name", help="First name. Needed to create a user.", api="firstname", updatable=True),
        Option("last_name", help="Last name. Needed to create a user.", api="lastname", updatable=True),
        Option("timezone", help="Time zone, V(Europe/Zurich) for example.", updatable=True, aliases=("time_zone",)),
        Option("api_key_access", help="Whether the user may use API keys.",
               choices=("ENABLED", "DISABLED", "INHERIT"), api="apikeyaccess", updatable=True, on_create=False,
               since="4.20.1.0", server_default="INHERIT"),
        Option("mandate_2fa", "bool", help="Whether the user has to log in with a second factor.", api="mandate2fa",
               field="is2famandated", updatable=True, on_create=False, since="4.18.0.0"),
        Option("keys_file", field="", api="", on_create=False, updatable=True, export=False,
               decode=lambda row: row.get("_keys_file", MISSING),
               help=("File on the machine that runs the task for the user's API keys, readable by its owner alone.",
                     "Keys are made if the user has none.",
                     "It is a profile of C(cmk) with the user's name, which O(api_profile_file) takes.")),
        Option("renew_keys", "bool", default=False, behaviour=True,
               help="Make new keys for O(keys_file) in this run; those of before are no longer valid."),
        Option("user_id", help="Id that the user shall have, as in another region.", api="userid", field="id",
               export=False),
        Option("user_state", api="", field="state", updatable=True, on_create=False, hidden=True),
    ),
    omitted={
        "updateUser.password": "sent on its own, when update_password says so",
        "updateUser.currentpassword": "sent by current_password",
        "updateUser.userapikey": "keys are made by the server, not chosen",
        "updateUser.usersecretkey": "keys are made by the server, not chosen",
    },
    returns={"state": "state"},
    built_in=lambda row: bool(row.get("isdefault")),
)  # fmt: skip

RESOURCES = (USER,)
