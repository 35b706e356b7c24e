# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A template as a whole: its copies in all zones, and who may use it."""

from __future__ import annotations

from typing import Any

from ..client import Ambiguous, InvalidInput, of_all_owners
from ..model import Row
from ..reconcile.view import looks_like_id

FLAGS = ("ispublic", "isfeatured", "isextractable")
_HIDING = ("ispublic", "isfeatured")
"""What the old template loses. Downloads of it stay allowed: whoever may still use it may need them."""


def image(run: Any, name: str) -> Row | None:
    """The one template of a name or id, with its copies in all zones; ready where all of them are."""
    listed = of_all_owners(run.client, "listTemplates", {"templatefilter": "all", "name": name})
    listed = [row for row in listed if row["name"] == name]
    if not listed and looks_like_id(name):
        listed = of_all_owners(run.client, "listTemplates", {"templatefilter": "all", "id": name})
    ids = sorted({row["id"] for row in listed})
    if len(ids) > 1:
        raise Ambiguous(
            f"there are {len(ids)} templates {name}: {', '.join(ids)}",
            obj=f"template {name}",
            remedy="give the id of the one that is meant",
        )
    ready = all(row.get("isready") for row in listed)
    return {**listed[0], "_copies": listed, "isready": ready} if listed else None


def check_pair(old: Row, new: Row | None) -> None:
    """Refuses to replace what belongs to the server, or by one that runs elsewhere."""
    if old.get("templatetype") != "USER":
        raise InvalidInput(
            f"template {old['name']} is of type {old.get('templatetype')}",
            option="name",
            obj=f"template {old['name']}",
            remedy="templates of system VMs are changed by system_vm_template_replacement"
            if old.get("templatetype") == "SYSTEM"
            else "name one of type USER; others belong to the server",
        )
    for field in ("hypervisor", "format", "arch"):
        if new and new.get(field) and old.get(field) and new[field] != old[field]:
            raise InvalidInput(
                f"template {new['name']} has {field} {new[field]}, {old['name']} has {old[field]}",
                option="replacement",
                obj=f"template {old['name']}",
                remedy="a replacement runs where the old one does; register it for the same",
            )


def is_fixed(row: Row) -> bool:
    """Whether nobody can change who may use a template: the server refuses it for all that projects own."""
    return bool(row.get("projectid"))


def zone_ids(row: Row) -> list[str]:
    return [copy["zoneid"] for copy in row["_copies"] if copy.get("zoneid")]


def _shares(run: Any, row: Row) -> dict[str, set[str]]:
    """Accounts and projects that were let in; the owner stands among them, though nobody let them in."""
    told = run.client.call("listTemplatePermissions", {"id": row["id"]}).get("templatepermission") or {}
    accounts = {name for name in told.get("account") or () if name != row.get("account")}
    return {"accounts": accounts, "projectids": set(told.get("projectids") or ()) - {row.get("projectid")}}


def lacking(run: Any, old: Row, new: Row) -> list[dict[str, Any]]:
    """Changes by which the new template may be used by everybody who may use the old one; none is ever taken away."""
    flags = {flag: True for flag in FLAGS if old.get(flag) and not new.get(flag)}
    have, want = _shares(run, new), _shares(run, old)
    calls: list[dict[str, Any]] = [flags] if flags else []
    for kind in ("accounts", "projectids"):
        if want[kind] - have[kind]:
            calls.append({"op": "add", kind: sorted(want[kind] - have[kind])})
    return calls


def shown(run: Any, old: Row) -> list[dict[str, Any]]:
    """Changes by which the old template is offered to nobody but its owner. None for that of a project."""
    if is_fixed(old):
        return []
    flags = {flag: False for flag in _HIDING if old.get(flag)}
    calls: list[dict[str, Any]] = [flags] if flags else []
    calls += [{"op": "remove", kind: sorted(names)} for kind, names in _shares(run, old).items() if names]
    return calls
