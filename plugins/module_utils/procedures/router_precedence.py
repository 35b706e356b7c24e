# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who decides before a setting which system offering a router gets: its network's offering, its account (A6, A7).

Such a router would be cut for nothing: the new one has the offering of the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..model import Row
from . import router_network_offering
from .default_settings import Wish

SETTING = "router.service.offering"


def decided_before(run: Any, wish: Wish, rows: Sequence[Row], *, otherwise: str, by_account: str) -> dict[str, str]:
    """Routers that would not get what ``wish`` sets, by id, and why.

    otherwise, by_account: what to do instead, where a network offering or where an account decides.
    """
    networks = _offerings_of_networks(run)
    found = {
        row["id"]: f"its network offering names another; {otherwise}"
        for row in rows
        if networks.get(str(row.get("guestnetworkid")), wish.value) != wish.value
    }
    if not wish.scope:
        own = _accounts_with_their_own(run, wish, rows)
        for row in rows:
            if (row.get("account"), row.get("domainid")) in own:
                found.setdefault(row["id"], f"its account has a {SETTING} of its own; {by_account}")
    return found


def accounts(run: Any) -> dict[tuple[str, str], str]:
    """Name and domain id to the account's id."""
    rows = run.client.list("listAccounts", {"listall": True})
    return {(row["name"], row["domainid"]): row["id"] for row in rows}


def _accounts_with_their_own(run: Any, wish: Wish, rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Accounts whose own value hides the global one."""
    before = str(wish.row(run).get("value") or "")
    known = accounts(run)
    keys = ((str(row.get("account")), str(row.get("domainid"))) for row in rows)
    ids = {key: known[key] for key in keys if key in known}
    asked = run.client.parallel(
        [partial(run.client.list, "listConfigurations", {"name": SETTING, "accountid": one}) for one in ids.values()]
    )
    return {
        key
        for key, found in zip(ids, asked, strict=True)
        for row in found
        if row["name"] == SETTING and str(row.get("value") or "") not in (before, wish.value)
    }


def _offerings_of_networks(run: Any) -> Mapping[str, str]:
    """Network id to the system offering that its network offering names; built-in defaults name none in effect."""
    offered = run.client.list("listServiceOfferings", {"issystem": True})
    built_in = {row["id"] for row in offered if row.get("defaultuse")}
    named = {
        row["id"]: str(row["serviceofferingid"])
        for row in run.client.list("listNetworkOfferings", {})
        if row.get("serviceofferingid") and row["serviceofferingid"] not in built_in
    }
    if not named:
        return {}
    rows = [row for row in router_network_offering.networks(run) if row.get("networkofferingid") in named]
    return {row["id"]: named[row["networkofferingid"]] for row in rows}
