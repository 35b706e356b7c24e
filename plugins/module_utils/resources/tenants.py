# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regions, domains and accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update

REGION = Resource(
    name="region",
    noun="region",
    summary="Manage regions",
    description=("Adds, changes and removes the regions that this management server knows.",),
    commands=Commands(list="listRegions", create="addRegion", update="updateRegion", delete="removeRegion"),
    options=(
        Option("name", help="Name of the region. With O(id) it is the new name.", required=True, updatable=True),
        Option("region_id", "int", help="Number of the region, the same in all regions.", needed=True, api="id"),
        Option("endpoint", help="URL of its management server, with a slash at the end.", needed=True, updatable=True),
    ),
    built_in=lambda row: str(row.get("id")) == "1",
)  # fmt: skip


def full_path(value: Any) -> str:
    """A domain's path from ROOT: ``/a/b``, ``a/b`` and ``ROOT/a/b`` are the same."""
    parts = [part for part in str(value).split("/") if part]
    return "/".join(parts if parts[:1] == ["ROOT"] else ["ROOT", *parts])


def _refer(value: str) -> tuple[Mapping[str, Any], Callable[[Row], bool]]:
    path = full_path(value)
    return {"name": path.rsplit("/", 1)[-1]}, lambda row: row.get("path") == path


def _rows(ctx: Any) -> list[Row]:
    if ctx.id:
        return ctx.view.rows(ctx.resource, {"id": ctx.id})
    if ctx.view.whole:
        return ctx.view.candidates(ctx.resource, ctx.given["path"])
    return ctx.view.rows(ctx.resource, {"name": full_path(ctx.given["path"]).rsplit("/", 1)[-1]})


def _create_domain(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    parent, _slash, name = full_path(ctx.given["path"]).rpartition("/")
    if not parent:
        raise InvalidInput("the domain ROOT is always there", option="path", remedy="give the path of another domain")
    return {**params, "name": name, "parentdomainid": ctx.find("domain", parent, {})["id"]}


def _delete_domain(ctx: Any, _row: Row) -> Mapping[str, Any]:
    return {"cleanup": True} if ctx.given.get("clean_up") else {}


def _parent_exists(ctx: Any, row: Row | None) -> None:
    if row is None and ctx.state != "absent":
        parent = full_path(ctx.given["path"]).rpartition("/")[0]
        if parent:
            ctx.find("domain", parent, {})


def _around(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    parent = full_path(given["path"]).rpartition("/")[0] if given.get("path") else ""
    return [("domain", parent)] if parent else []


DOMAIN = Resource(
    name="domain",
    noun="domain",
    summary="Manage domains",
    description=("Creates, changes and deletes domains. The parent must be there already.",),
    notes=("O(clean_up) deletes everything in the domain: accounts, instances, even protected ones.",),
    commands=Commands(
        list="listDomains", create="createDomain", update="updateDomain", delete="deleteDomain",
        fixed={"list": {"listall": True}}, filters={},
    ),
    identity=("path",),
    rows=_rows,
    refer=_refer,
    canonical=full_path,
    also_needs=_around,
    check_wish=_parent_exists,
    before_create=_create_domain,
    before_delete=_delete_domain,
    options=(
        Option("path", help="Path from the root, such as V(ROOT/customers/acme).", required=True, api="", field="path",
               equal=lambda want, have: full_path(want) == have),
        Option("network_domain", help="DNS domain of its networks.", updatable=True),
        Option("domain_id", help="Id that the domain shall have, as in another region.", api="domainid", field="id",
               export=False),
        Option("clean_up", "bool", default=False, behaviour=True, help="Delete the domain with everything in it."),
    ),
    omitted={
        "createDomain.name": "the last part of path",
        "createDomain.parentdomainid": "the rest of path",
        "updateDomain.name": "a domain with another name has another path",
    },
    built_in=lambda row: row.get("path") == "ROOT",
    unique=True,
)  # fmt: skip


def _switch(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    wanted, account = ctx.given["account_state"], {"id": row["id"]}
    # The server locks enabled accounts alone.
    if wanted == "enabled" or (wanted == "locked" and row.get("state") == "disabled"):
        ctx.change("enableAccount", account)
    if wanted != "enabled":
        ctx.change("disableAccount", {**account, "lock": wanted == "locked"})


SYSTEM_ACCOUNTS = frozenset(("system", "baremetal-system-account"))


def _of_first_user(field: str) -> Callable[[Row], Any]:
    """What an account's row tells of the user that was made with it."""
    return lambda row: (row.get("user") or [{}])[0].get(field)


def _first_user(name: str, text: str, api: str, *, secret: bool = False) -> Option:
    """An option of the account's first user, which is made with the account and managed on its own later."""
    return Option(
        name, help=f"{text} of the first user. Needed to create an account without O(ldap_domain).", api=api, field="",
        secret=secret,
        told=None if secret else _of_first_user(api),
        placeholder="vault_account_{domain}_{name}_password" if secret else "",
    )  # fmt: skip


_FIRST_USER = ("username", "password", "email", "first_name", "last_name")


def _check_account(ctx: Any, row: Row | None) -> None:
    if row is not None:
        # An id is enough: the default must not be held against an account of another domain.
        if ctx.id and ctx.given.get("domain") == "ROOT":
            ctx.given.pop("domain")
        return
    if ctx.state == "absent" or ctx.given.get("ldap_domain"):
        return
    missing = [name for name in _FIRST_USER if not ctx.given.get(name)]
    if missing:
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs {', '.join(missing)}",
            option=missing[0],
            obj=ctx.name,
            remedy=f"give {', '.join(missing)}, or ldap_domain, or check the name",
        )


def _create_account(ctx: Any, params: dict[str, Any]) -> str:
    if not ctx.given.get("ldap_domain"):
        return str(ctx.change("createAccount", params)["account"]["id"])
    # Linking a name that is no account yet makes one, so no call can be cut off between the two.
    kept = {name: params[name] for name in ("account", "domainid", "accounttype", "roleid") if name in params}
    kept.update(ldapdomain=ctx.given["ldap_domain"], type=ctx.given["ldap_type"])
    if ctx.given.get("username"):
        kept["admin"] = ctx.given["username"]
    answer = ctx.change("linkAccountToLdap", kept)
    return str(next(iter(answer.values()))["accountid"])


def _account_params(_ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    if "roleid" not in params and "accounttype" not in params:
        return {**params, "accounttype": 0}
    return params


ACCOUNT_TYPES = {"user": 0, "root_admin": 1, "domain_admin": 2}

ACCOUNT = Resource(
    name="account",
    noun="account",
    summary="Manage accounts",
    description=("Creates, changes, enables, disables, locks and deletes accounts.",),
    notes=(
        "Deleting an account deletes everything that it owns, even protected instances.",
        "With O(ldap_domain) a new account is made by linking it; the member O(username) becomes its first user.",
        "The server does not tell of links to LDAP, so an existing account is not linked.",
    ),
    commands=Commands(
        list="listAccounts", create="createAccount", update="updateAccount", delete="deleteAccount",
        fixed={"list": {"listall": True}},
    ),
    scope=("domain",),
    states=(
        State("enabled", {"account_state": "enabled"}, help="Exists, and its users can log in."),
        State("disabled", {"account_state": "disabled"}, help="Exists; nobody logs in, and its instances are stopped."),
        State("locked", {"account_state": "locked"}, help="Exists; nobody logs in, and its instances run on."),
    ),
    check_wish=_check_account,
    before_create=_account_params,
    create=_create_account,
    updates=(Update("disableAccount", options=("account_state",), run=_switch), Update("updateAccount")),
    options=(
        Option("name", help="Name of the account. With O(id) it is the new name.", required=True, api="account",
               update_api="newname", field="name", updatable=True),
        Option("domain", "ref", help="Domain of the account, as a path.", api="domainid", refers_to="domain",
               name_field="domainpath", by_name=True, default="ROOT"),
        Option("account_type", help="Kind of account, where no O(role) is given. The default is V(user).",
               choices=tuple(ACCOUNT_TYPES), api="accounttype",
               encode=lambda value, _ctx: {"accounttype": ACCOUNT_TYPES[value]},
               equal=lambda want, have: ACCOUNT_TYPES[want] == have, export=False),
        Option("role", "ref", help="Role of the account's users.", api="roleid", refers_to="role",
               name_field="rolename", by_name=True, updatable=True, server_default="User"),
        Option("network_domain", help="DNS domain of its networks.", updatable=True),
        Option("details", "map", help="Details of the account.", api="accountdetails", updatable=True),
        Option("api_key_access", help="Whether its users may use API keys.",
               choices=("ENABLED", "DISABLED", "INHERIT"), api="apikeyaccess", updatable=True, on_create=False,
               since="4.20.1.0", server_default="INHERIT"),
        _first_user("username", "Login name", "username"),
        _first_user("password", "Password", "password", secret=True),
        _first_user("email", "E-mail address", "email"),
        _first_user("first_name", "First name", "firstname"),
        _first_user("last_name", "Last name", "lastname"),
        Option("timezone", help="Time zone of the first user, at creation.", field="", aliases=("time_zone",),
               told=_of_first_user("timezone")),
        Option("ldap_domain", api="", field="",
               help="Group or organizational unit in LDAP whose members a new account takes in as its users."),
        Option("ldap_type", choices=("GROUP", "OU"), default="GROUP", behaviour=True, help="What O(ldap_domain) is."),
        Option("account_id", help="Id that the account shall have, as in another region.", api="accountid",
               field="id", export=False),
        Option("user_id", help="Id that the first user shall have, as in another region.", api="userid", field="",
               export=False),
        Option("account_state", api="", field="state", updatable=True, on_create=False, hidden=True),
    ),
    omitted={
        "updateAccount.account": "the account is named by its id",
        "updateAccount.domainid": "the account is named by its id",
    },
    initial_states=("enabled",),
    returns={"state": "state"},
    built_in=lambda row: bool(row.get("isdefault")) or row.get("name") in SYSTEM_ACCOUNTS,
)  # fmt: skip

RESOURCES = (REGION, DOMAIN, ACCOUNT)
