# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adding, finding, switching and removing hosts: what one call per wish does not do."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from ..client import ApiError, InvalidInput, JobTimeout, LostAnswer
from ..model import Row

MAINTENANCE = ("Maintenance", "PrepareForMaintenance", "ErrorInMaintenance", "ErrorInPrepareForMaintenance")
ADDED_WITHIN = 600.0
"""Seconds that addHost may still be at work after its answer was lost: it logs in and sets the agent up."""
_POLL = 1.0


def address(url: Any) -> str:
    """Host part of a URL, or an empty text."""
    text = str(url or "")
    return urlsplit(text if "://" in text else f"http://{text}").hostname or ""


def is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def marker(given: Mapping[str, Any]) -> str:
    """A host tag by which a host is known between addHost and its renaming: its name, and where it is."""
    return _marker_of(given.get("name")) + _digest(f"{given.get('zone')}|{given.get('url')}")


def _marker_of(name: Any) -> str:
    """How the tag of a host begins, wherever it is."""
    return f"being-added-{_digest(str(name))}-"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def tags_of(row: Row) -> list[str]:
    return str(row.get("hosttags") or "").split(",")


def is_same(given: Mapping[str, Any], row: Row) -> bool:
    """By name, or by address: an agent reports its own name, whatever the user calls the host.

    A host of that name in another pod or cluster is the same one: it must not be added again.
    """
    if given.get("zone") not in (None, row.get("zonename"), row.get("zoneid")):
        return False
    name = given.get("name")
    if name is not None and (row.get("name") == name or _was_being_added(name, row)):
        return True
    return row.get("ipaddress") in _addresses(given)


def _was_being_added(name: str, row: Row) -> bool:
    return any(tag.startswith(_marker_of(name)) for tag in tags_of(row))


def _addresses(given: Mapping[str, Any]) -> set[str]:
    """What a host is reached at: the address itself, or those of a full name; without a URL those of its name."""
    host = address(given.get("url") or given.get("name"))
    if is_ip(host):
        return {host}
    return _resolved(host) if host and ("." in host or not given.get("url")) else set()


@lru_cache(maxsize=256)
def _resolved(host: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return set()


def rows(ctx: Any) -> Iterable[Row]:
    """Hosts that may be meant. One that a cut-off run left with its marker counts as not made yet: it is completed."""
    if ctx.id:
        return ctx.view.rows(ctx.resource, {} if ctx.view.whole else {"id": ctx.id})
    if ctx.state == "absent":
        return _listed(ctx)
    return [row for row in _listed(ctx) if not _was_being_added(ctx.given["name"], row)]


def _listed(ctx: Any) -> Iterable[Row]:
    """One call where the name settles it; otherwise all hosts, to look for the address."""
    resource = ctx.resource
    named = ctx.view.rows(resource, {"name": ctx.given["name"]})
    if not ctx.view.whole:
        return named if any(is_same(ctx.given, row) for row in named) else ctx.view.rows(resource)
    found = [row for one in _addresses(ctx.given) for row in ctx.view.holding(resource, "ipaddress", one)]
    left = [row for row in ctx.view.rows(resource) if _was_being_added(ctx.given["name"], row)]
    return [*named, *found, *left]


def validate(given: Mapping[str, Any]) -> None:
    url = given.get("url")
    if url is not None and not address(url):
        raise InvalidInput(f"url {url!r} names no host", option="url", remedy="give for example http://10.0.0.11")
    if any("," in tag for tag in given.get("host_tags") or ()):
        raise InvalidInput("a host tag has a comma in it", option="host_tags", remedy="give each tag by itself")


def create(ctx: Any, params: dict[str, Any]) -> str:
    """Adds the host, then gives it the name and the tags that it shall have."""
    tags = [*(ctx.given.get("host_tags") or ()), marker(ctx.given)]
    params.setdefault("hypervisor", ctx.ref("cluster")["hypervisortype"])
    try:
        answer = ctx.change("addHost", {**params, "hosttags": ",".join(tags)})
    except LostAnswer:
        late = _added_at_last(ctx)
        if late is None:
            raise
        return settle(ctx, late)
    rows_added = next((value for value in answer.values() if isinstance(value, list)), [])
    added = next((row for row in rows_added if marker(ctx.given) in str(row.get("hosttags", ""))), None)
    added = added or (rows_added[0] if rows_added else None)
    if added is None:
        return ""
    return settle(ctx, added)


def _added_at_last(ctx: Any) -> Row | None:
    """The host that addHost goes on adding although nobody reads its answer."""
    clock = ctx.client.clock
    begun = clock.monotonic()
    while True:
        row = marked(ctx.afresh())
        if row is not None:
            ctx.warn(f"the answer to addHost was lost; {ctx.name} was found by reading back")
            return row
        if clock.monotonic() - begun > ADDED_WITHIN:
            return None
        ctx.tell("waiting whether the server adds it")
        clock.sleep(5 * _POLL)


def settle(ctx: Any, row: Row) -> str:
    """Takes the marker off again, and names the host if its address would not tell who it is."""
    change: dict[str, Any] = {"id": row["id"], "hosttags": ",".join(ctx.given.get("host_tags") or ())}
    if row.get("name") != ctx.given["name"]:
        change["name"] = ctx.given["name"]
    ctx.change("updateHost", change)
    return str(row["id"])


def adopt(ctx: Any, _params: dict[str, Any]) -> Row | None:
    """The host of this run after a lost answer: by its marker, or by its name or address if it got that far."""
    fresh = ctx.afresh()
    found = marked(fresh)
    if found is not None:
        settle(ctx, found)
        return found
    named = [row for row in fresh.view.rows(ctx.resource) if is_same(ctx.given, row)]
    return named[0] if len(named) == 1 else None


def marked(ctx: Any) -> Row | None:
    """A host that an earlier run added and did not get to name."""
    sign = marker(ctx.given)
    return next((row for row in ctx.view.rows(ctx.resource) if sign in tags_of(row)), None)


def awaited(_ctx: Any, row: Row) -> str:
    return "its agent" if row.get("state") in ("Creating", "Connecting") else ""


def allocation(row: Row) -> str:
    """Only what has been reached counts: a host that is still being emptied is not in maintenance."""
    state = str(row.get("resourcestate", ""))
    return state.lower() if state in ("Enabled", "Disabled", "Maintenance") else state


def switch(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Brings the host to the wanted allocation state and waits until it has it."""
    wanted, state = ctx.given["allocation_state"], str(row.get("resourcestate"))
    if wanted == "maintenance":
        enter_maintenance(ctx, row)
        return
    if state in MAINTENANCE:
        ctx.change("cancelHostMaintenance", {"id": row["id"]})
        state = wait_for(ctx, row["id"], ("Enabled", "Disabled"))
    elif state == "Degraded":
        ctx.change("cancelHostAsDegraded", {"id": row["id"]})
        state = wait_for(ctx, row["id"], ("Enabled", "Disabled"))
    if wanted != state.lower():
        ctx.change("updateHost", {"id": row["id"], "allocationstate": "Enable" if wanted == "enabled" else "Disable"})


def enter_maintenance(ctx: Any, row: Row) -> None:
    """Empties the host; one that is being emptied already is waited for."""
    state = row.get("resourcestate")
    if state == "Disabled":
        # The server's table of states has no way from Disabled to maintenance [api_facts 2.8].
        ctx.change("updateHost", {"id": row["id"], "allocationstate": "Enable"})
    if state != "PrepareForMaintenance":
        ctx.change("prepareHostForMaintenance", {"id": row["id"]})
    wait_for(ctx, row["id"], ("Maintenance",))


def wait_for(ctx: Any, host_id: str, states: tuple[str, ...]) -> str:
    """The job of a maintenance ends before the goal: the host's own state counts [api_facts 2.8]."""
    clock, limit = ctx.client.clock, ctx.resource.settle_timeout
    begun = clock.monotonic()
    while True:
        row = ctx.client.list("listHosts", {"id": host_id})[0]
        state = str(row.get("resourcestate"))
        if state in states:
            return state
        if state.startswith("Error"):
            raise ApiError(
                f"{ctx.name} is in state {state}: instances could not be moved away",
                obj=ctx.name,
                remedy="move or stop the instances left on it, then run again",
            )
        if clock.monotonic() - begun > limit:
            raise JobTimeout(
                f"{ctx.name} is {state} and not {' or '.join(states)} after {limit} s",
                obj=ctx.name,
                remedy="look at the instances on it, then run again",
            )
        ctx.tell(f"waiting for {' or '.join(states)}, is {state}")
        clock.sleep(_POLL)


def before_delete(ctx: Any, row: Row) -> Mapping[str, Any]:
    """A host is removed from maintenance, so that nothing runs on it; ``force`` skips that."""
    if ctx.given.get("force"):
        return {"forced": True}
    if row.get("resourcestate") not in ("Maintenance", "Degraded"):
        enter_maintenance(ctx, row)
    return {}
