# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A template as a whole: its copies in all zones, and who may use it."""

from __future__ import annotations

from typing import Any

from ..client import Ambiguous
from ..model import Row
from ..reconcile.view import looks_like_id

_FLAGS = ("ispublic", "isfeatured", "isextractable")
_HIDING = ("ispublic", "isfeatured")
"""What the old template loses. Downloads of it stay allowed: whoever may still use it may need them."""


def image(run: Any, name: str) -> Row | None:
    """The one template of a name or id, with its copies in all zones; ready where all of them are."""
    listed = run.client.list("listTemplates", {"templatefilter": "all", "listall": True, "name": name})
    listed = [row for row in listed if row["name"] == name]
    if not listed and looks_like_id(name):
        listed = run.client.list("listTemplates", {"templatefilter": "all", "listall": True, "id": name})
    ids = sorted({row["id"] for row in listed})
    if len(ids) > 1:
        raise Ambiguous(
            f"there are {len(ids)} templates {name}: {', '.join(ids)}",
            obj=f"template {name}",
            remedy="give the id of the one that is meant",
        )
    ready = all(row.get("isready") for row in listed)
    return {**listed[0], "_copies": listed, "isready": ready} if listed else None


def zone_ids(row: Row) -> list[str]:
    return [copy["zoneid"] for copy in row["_copies"] if copy.get("zoneid")]


def _shares(run: Any, row: Row) -> dict[str, set[str]]:
    """Accounts and projects that were let in; the owner stands among the accounts, though nobody let them in."""
    told = run.client.call("listTemplatePermissions", {"id": row["id"]}).get("templatepermission") or {}
    accounts = {name for name in told.get("account") or () if name != row.get("account")}
    return {"accounts": accounts, "projectids": set(told.get("projectids") or ())}


def lacking(run: Any, old: Row, new: Row) -> list[dict[str, Any]]:
    """Changes by which the new template may be used by everybody who may use the old one; none is ever taken away."""
    flags = {flag: True for flag in _FLAGS if old.get(flag) and not new.get(flag)}
    have, want = _shares(run, new), _shares(run, old)
    calls: list[dict[str, Any]] = [flags] if flags else []
    for kind in ("accounts", "projectids"):
        if want[kind] - have[kind]:
            calls.append({"op": "add", kind: sorted(want[kind] - have[kind])})
    return calls


def shown(run: Any, old: Row) -> list[dict[str, Any]]:
    """Changes by which the old template is offered to nobody but its owner."""
    flags = {flag: False for flag in _HIDING if old.get(flag)}
    calls: list[dict[str, Any]] = [flags] if flags else []
    calls += [{"op": "remove", kind: sorted(names)} for kind, names in _shares(run, old).items() if names]
    return calls
