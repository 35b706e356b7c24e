# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instances need beyond their record: safe power, refusals, changes that only stopped ones take."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from ..client import ApiError, InvalidInput, JobFailed
from ..client.maps import flat_map
from ..model import Row
from .owned import check_owner, project_given
from .volume_reference import Place

_GONE = frozenset(("Destroyed", "Expunging", "Expunged"))
_SETTLED = frozenset(("Running", "Stopped"))
_MOVING = frozenset(("Starting", "Stopping", "Migrating", "Restoring"))
MOVES_WITHIN = 900.0
"""Seconds in which an instance that starts, stops or moves has to end that."""
NEEDS_STOPPED = ("affinity_groups", "ssh_key_pairs", "security_groups")
"""Options that the server changes on stopped instances alone."""


def validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    if given.get("ip_to_networks") and given.get("networks"):
        raise InvalidInput(
            "networks and ip_to_networks exclude each other", option="networks", remedy="leave out one of the two"
        )
    if given.get("root_disk_size") is not None and int(given["root_disk_size"]) < 1:
        raise InvalidInput("root_disk_size must be at least 1 GB", option="root_disk_size", remedy="give a size in GB")


def is_gone(row: Row) -> bool:
    return row.get("state") in _GONE


def rows(ctx: Any) -> list[Row]:
    """Destroyed instances stay listed until they are expunged; only those who want one back or gone mean them."""
    project = project_given(ctx)
    if ctx.id:
        found = ctx.view.rows(ctx.resource, {**project, "id": ctx.id})
    else:
        found = ctx.view.candidates(ctx.resource, str(ctx.given["name"]), project)
    meant = {"Destroyed"} if _means_destroyed(ctx) else set()
    alive = [row for row in found if not is_gone(row)]
    return alive or [row for row in found if row.get("state") in meant]


def _means_destroyed(ctx: Any) -> bool:
    return ctx.state == "recovered" or (ctx.state == "absent" and bool(ctx.given.get("expunge")))


def check_wish(ctx: Any, row: Row | None) -> None:
    if ctx.state == "absent":
        if row is not None:
            _check_removal(ctx, row)
        return
    if row is None:
        _check_creation(ctx)
    elif row.get("state") == "Error":
        raise InvalidInput(
            f"{ctx.name} is in state Error: it was never deployed",
            option="state",
            obj=ctx.name,
            remedy="remove it with state=absent, expunge=true and confirm, look for capacity, then run again",
        )
    elif row.get("state") == "Running" and ctx.given.get("power") != "Stopped":
        _check_running(ctx, row)


def _check_creation(ctx: Any) -> None:
    if ctx.state == "recovered":
        raise InvalidInput(
            f"{ctx.name} is neither there nor destroyed", option="state", obj=ctx.name, remedy="check the name"
        )
    missing = [name for name in ("zone", "compute_offering", "template") if not ctx.given.get(name)]
    if missing:
        raise InvalidInput(
            f"{ctx.name} does not exist, and deploying it needs {', '.join(missing)}",
            option=missing[0],
            obj=ctx.name,
            remedy=f"give {', '.join(missing)}, or check the name",
        )
    _check_namesakes(ctx)


def _check_namesakes(ctx: Any) -> None:
    """A destroyed instance keeps its name in its networks until it is expunged, and the server makes no other there.

    In check mode that is a warning: an earlier task may be about to expunge it.
    """
    found = ctx.view.candidates(ctx.resource, str(ctx.given["name"]), project_given(ctx))
    destroyed = [row for row in found if (row.get("name"), row.get("state")) == (ctx.given["name"], "Destroyed")]
    if not destroyed:
        return
    names = ctx.given.get("networks") or [entry["network"] for entry in ctx.given.get("ip_to_networks") or ()]
    wanted = {str(ctx.find("network", name, ctx.given)["id"]) for name in names}
    taken = sorted(str(place) for row in destroyed for place in networks_of(row) if place.id in wanted)
    if not taken:
        return
    why = (
        f"{ctx.name}: an instance of this name was destroyed and is not expunged yet; it keeps the name in the network "
        f"{taken[0]}"
    )
    if ctx.check:
        ctx.warn(why)
        return
    raise InvalidInput(
        why,
        option="name",
        obj=ctx.name,
        remedy="take it back (state=recovered), remove it for good (state=absent, expunge=true and confirm), or choose "
        "another name",
    )


def _check_running(ctx: Any, row: Row) -> None:
    """Refuses a change for which the instance would have to be stopped, which nobody asked for."""
    for name in NEEDS_STOPPED:
        option = ctx.resource.option(name)
        wanted = ctx.given.get(name)
        if wanted is not None and option.decode and option.equal and not option.equal(wanted, option.decode(row)):
            raise InvalidInput(
                f"{ctx.name} is running, and {name} can be changed on a stopped one only",
                option=name,
                obj=ctx.name,
                remedy="stop it first (state=stopped), and start it afterwards",
            )


def _check_removal(ctx: Any, row: Row) -> None:
    if row.get("deleteprotection"):
        raise InvalidInput(
            f"{ctx.name} is protected from deletion",
            option="delete_protection",
            obj=ctx.name,
            remedy="set delete_protection to false first",
        )
    if (ctx.given.get("expunge") or ctx.given.get("volumes")) and ctx.given.get("confirm") != row["name"]:
        raise InvalidInput(
            f"{ctx.name} would be gone for good, with its root disk"
            + (" and the volumes named" if ctx.given.get("volumes") else ""),
            option="confirm",
            obj=ctx.name,
            remedy=f"set confirm to {row['name']} if that is meant, or leave out expunge and volumes: a destroyed "
            "instance can be recovered until the setting expunge.delay has passed",
        )


def before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    params.setdefault("customid", str(uuid.uuid4()))
    params["startvm"] = ctx.given.get("power") != "Stopped"
    for option, parameter in (("host", "hostid"), ("cluster", "clusterid"), ("pod", "podid")):
        if ctx.given.get(option):
            params[parameter] = ctx.ref_id(option)
    return params


def create(ctx: Any, params: dict[str, Any]) -> str:
    try:
        return _deploy(ctx, params)
    except JobFailed as error:
        error.remedy = (
            "look at the server's events for what refused it (capacity, tags, affinity); what is left of the instance "
            "is removed with state=absent, expunge=true and confirm"
        )
        raise


def _deploy(ctx: Any, params: dict[str, Any]) -> str:
    try:
        return str(ctx.change("deployVirtualMachine", params)["virtualmachine"]["id"])
    except ApiError as error:
        # Only root admins may choose an id; everybody else does without this proof against lost answers.
        if error.code != 531 or "custom id" not in str(error.server_text) or ctx.given.get("custom_id"):
            raise
        params.pop("customid", None)
        return str(ctx.change("deployVirtualMachine", params)["virtualmachine"]["id"])


def before_delete(ctx: Any, _row: Row) -> Mapping[str, Any]:
    params: dict[str, Any] = {"expunge": True} if ctx.given.get("expunge") else {}
    if ctx.given.get("volumes"):
        around = {key: ctx.given[key] for key in ("zone", "domain", "account", "project") if ctx.given.get(key)}
        params["volumeids"] = [str(ctx.find("volume", name, around)["id"]) for name in ctx.given["volumes"]]
    return params


def power(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    if row.get("state") == "Destroyed":
        ctx.change("recoverVirtualMachine", {"id": row["id"]})
        return
    if _settled(ctx, row) == ctx.given["power"]:
        return
    if ctx.given["power"] == "Running":
        host = {"hostid": ctx.ref_id("host")} if ctx.given.get("host") else {}
        ctx.change("startVirtualMachine", {"id": row["id"], **host})
    else:
        ctx.change("stopVirtualMachine", {"id": row["id"], **_forced(ctx)})


def _settled(ctx: Any, row: Row) -> str:
    """The state of an instance once it neither starts, stops nor moves: the server refuses it another job till then."""
    question = {"id": row["id"], "listall": True}
    if row.get("projectid"):
        question["projectid"] = row["projectid"]
    clock, state = ctx.client.clock, str(row.get("state"))
    end = clock.monotonic() + MOVES_WITHIN
    while state in _MOVING and clock.monotonic() < end:
        ctx.tell(f"waiting while it is {state}")
        clock.sleep(2)
        state = "".join(str(now.get("state")) for now in ctx.client.list("listVirtualMachines", question))
    return state


def restart(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    command = "rebootVirtualMachine" if row.get("state") == "Running" else "startVirtualMachine"
    ctx.change(command, {"id": row["id"], **(_forced(ctx) if command.startswith("reboot") else {})})
    # A restart leaves nothing that could be held against the wish: it is fulfilled.
    del ctx.given["restart"]


def _forced(ctx: Any) -> dict[str, Any]:
    return {"forced": True} if ctx.given.get("force") else {}


def bind(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    around = {key: value for key, value in ctx.given.items() if key in ("domain", "account", "project")}
    groups = [str(ctx.find("affinity_group", name, around)["id"]) for name in ctx.given["affinity_groups"]]
    ctx.change("updateVMAffinityGroup", {"id": row["id"], "affinitygroupids": groups})


def set_keys(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    owner = {key: row[key] for key in ("account", "domainid", "projectid") if row.get(key)}
    ctx.change("resetSSHKeyForVirtualMachine", {"id": row["id"], "keypairs": ctx.given["ssh_key_pairs"], **owner})


def update_extra(ctx: Any, row: Row) -> Mapping[str, Any]:
    """The details that are there go along with new ones: the server replaces them all."""
    return flat_map("details", row.get("details") or {}) if ctx.given.get("details") else {}


def encoded_user_data(value: str, ctx: Any) -> Mapping[str, Any]:
    text = base64.b64encode(value.encode()).decode()
    ctx.client.redactor.add(text)
    return {"userdata": text}


def ip_to_networks(value: list[Mapping[str, Any]], ctx: Any) -> Mapping[str, Any]:
    params: dict[str, Any] = {}
    for number, entry in enumerate(value):
        place = f"iptonetworklist[{number}]"
        params[f"{place}.networkid"] = str(ctx.find("network", entry["network"], ctx.given)["id"])
        for option in ("ip", "ipv6", "mac"):
            if entry.get(option):
                params[f"{place}.{option}"] = entry[option]
    return params


def networks_of(row: Row) -> list[Place]:
    return [Place.of({"id": nic["networkid"], "name": nic.get("networkname")}, "") for nic in row.get("nic") or ()]


def is_in(want: Iterable[str], have: Iterable[Place] | None) -> bool:
    """Whether an instance is in all these networks, by name or id. What was added later is not told here."""
    return set(want) <= {text for place in have or () for text in (str(place), place.id)}


def groups_of(field: str, row: Row) -> list[Place]:
    return [Place.of(group, "") for group in row.get(field) or ()]


def keys_of(row: Row) -> list[str]:
    return sorted(name for name in str(row.get("keypairs") or "").split(",") if name)


def awaited(ctx: Any, row: Row) -> str:
    state = str(row.get("state"))
    if state == "Error":
        raise ApiError(
            f"{ctx.name} could not be deployed",
            obj=ctx.name,
            server_text="state Error",
            remedy="look at the server's events and the capacity; remove it with state=absent and expunge=true",
        )
    wanted = ctx.given.get("power")
    if wanted and state != wanted:
        return f"state {state} to become {wanted}"
    return "" if state in _SETTLED else f"state {state} to end"
