# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Out-of-band management of hosts (J2): the board controller through which a machine can be switched off for sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, VERIFY, Procedure, Stage, Standing, Target, given, when, with_default
from ..client import ApiError, InvalidInput
from ..model import Option, Row
from .facts import CLUSTER, POD, ZONE
from .hosts import HOSTS, host_now, host_target, named_hosts

FIELDS = ("driver", "address", "port", "username")
KNOWN_POWER = ("on", "off")


def board(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the server knows of a host's board controller."""
    return row.get("outofbandmanagement") or {}


def power(row: Mapping[str, Any]) -> str:
    """``on``, ``off``, or what else the server says (``unknown``, ``disabled``), in small letters."""
    return str(board(row).get("powerstate", "disabled")).lower()


def is_enabled(row: Mapping[str, Any]) -> bool:
    return bool(board(row).get("enabled"))


def ask_power(run: Any, target: Target) -> str:
    """Asks the controller itself; the list only tells what it said the last time."""
    run.change("issueOutOfBandManagementPowerAction", {"hostid": target.id, "action": "STATUS"}, target.title)
    return power(host_now(run, target.id))


def _targets(run: Any) -> Sequence[Target]:
    rows = named_hosts(run)
    if len(rows) > 1 and run.option("address"):
        raise InvalidInput(
            "one address is no controller of several machines", option="address", remedy="give one host per task"
        )
    return [host_target(row) for row in rows]


def _enabling(run: Any) -> bool:
    return bool(run.option("state") == "enabled")


def _differences(run: Any, row: Mapping[str, Any]) -> list[str]:
    known = board(row)
    found = [
        f"{name} is {known.get(name)!r}, wanted {str(run.option(name))!r}"
        for name in FIELDS
        if run.option(name) is not None and str(known.get(name) or "").lower() != str(run.option(name)).lower()
    ]
    if run.option("password") and run.option("update_password") == "always":
        found.append("its password is to be set")
    return found


def _standing(run: Any, target: Target) -> Standing:
    row = host_now(run, target.id)
    if not _enabling(run):
        return Standing(DUE, "it is enabled") if is_enabled(row) else Standing(DONE)
    changes = _differences(run, row) if target.id not in run.memory.setdefault("set", set()) else []
    if not is_enabled(row):
        changes.append("it is not enabled")
    elif power(row) not in KNOWN_POWER:
        changes.append(f"its power is {power(row)}")
    return Standing(DUE, "; ".join(changes)) if changes else Standing(DONE)


def _preflight(run: Any, due: Sequence[Target]) -> None:
    if not due or not _enabling(run):
        return
    everything = run.client.list("listHosts", {"type": "Routing"})
    for target in due:
        changes = _differences(run, target.facts)
        missing = [name for name in (*FIELDS, "password") if not run.option(name)]
        if changes and missing:
            raise InvalidInput(
                f"{target.name}: {'; '.join(changes)}; the server takes a controller only with all its data",
                option=missing[0],
                remedy=f"give {', '.join(missing)} too",
            )
        if not changes and not board(target.facts).get("driver"):
            raise InvalidInput(
                f"{target.name} has no controller yet",
                option="driver",
                remedy=f"give {', '.join((*FIELDS, 'password'))}",
            )
        _must_be_its_own(run, target, everything)


def _must_be_its_own(run: Any, target: Target, everything: Sequence[Row]) -> None:
    """Two hosts with one controller: fencing one of them would switch off the other."""
    own = board(target.facts)
    wanted = tuple(str(run.option(name) or own.get(name) or "") for name in ("address", "port"))
    for other in everything:
        known = board(other)
        if other["id"] != target.id and wanted[0] and wanted == (known.get("address"), str(known.get("port"))):
            raise InvalidInput(
                f"the controller at {wanted[0]} port {wanted[1]} is that of host {other['name']} already",
                option="address",
                remedy="compare the serial numbers of machine and controller; a wrong one switches off another machine",
            )


def _act(run: Any, target: Target) -> None:
    if not _enabling(run):
        run.change("disableOutOfBandManagementForHost", {"hostid": target.id}, target.title)
        return
    row = host_now(run, target.id)
    if _differences(run, row) and target.id not in run.memory["set"]:
        params = {name: run.option(name) for name in (*FIELDS, "password")}
        run.change("configureOutOfBandManagement", {"hostid": target.id, **params}, target.title)
        run.memory["set"].add(target.id)
    if not is_enabled(row):
        run.change("enableOutOfBandManagementForHost", {"hostid": target.id}, target.title)


def _verify(run: Any, target: Target) -> None:
    """The controller answers, and does not say of a machine whose agent is up that it is off."""
    if not _enabling(run):
        if is_enabled(host_now(run, target.id)):
            raise ApiError("it is still enabled", obj=target.title, remedy="run again")
        return
    found = ask_power(run, target)
    if found not in KNOWN_POWER:
        raise ApiError(f"its controller says {found!r} of its power", obj=target.title, remedy="look at the controller")
    if found == "off" and host_now(run, target.id).get("state") == "Up":
        raise ApiError(
            "its controller says that the machine is off, and its agent is up: it is the controller of another machine",
            obj=target.title,
            remedy="correct the address before anything is switched off through it",
        )


OUT_OF_BAND_MANAGEMENT = Procedure(
    name="out_of_band_management",
    noun="host",
    summary="Set up the board controllers of hosts",
    description=(
        "Tells the server where the board controller of a host is, enables it, and asks it for the machine's power.",
        "It counts as done when the controller has answered.",
    ),
    notes=(
        "A wrong address switches off the wrong machine, so one controller for two hosts is refused.",
        "So is one that calls a machine off whose agent is up. Compare the serial numbers all the same.",
        "The server never tells the password, so it is set with the controller, or with O(update_password=always).",
    ),
    options=(
        HOSTS, ZONE, POD, CLUSTER,
        Option("state", default="enabled", choices=("enabled", "disabled"), behaviour=True,
               help="Whether the server may switch the machine."),
        Option("driver", choices=("ipmitool", "redfish", "nestedcloudstack"), behaviour=True,
               help="How the controller is spoken to."),
        Option("address", help="Address of the controller.", behaviour=True),
        Option("port", "int", help="Port of the controller, V(623) for IPMI.", behaviour=True),
        Option("username", help="User of the controller.", behaviour=True),
        Option("password", help="Password of O(username).", secret=True, behaviour=True),
        Option("update_password", default="on_create", choices=("on_create", "always"), behaviour=True,
               help="Whether O(password) is set again where all else is as it should be."),
        with_default("step_timeout", 120),
    ),
    sequence=(
        Stage(CHECK, "Refuse a controller that belongs to another host", each=False),
        Stage(ACT, "Tell the server where the controller is"),
        Stage(ACT, "Enable it"),
        Stage(VERIFY, "Ask it for the power of the machine, which must not be off while the agent is up"),
    ),
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    sends=(
        *when(
            given("state", "enabled"),
            "configureOutOfBandManagement", "enableOutOfBandManagementForHost", "issueOutOfBandManagementPowerAction",
        ),
        *when(given("state", "disabled"), "disableOutOfBandManagementForHost"),
    ),
    act=_act,
    verify=_verify,
)  # fmt: skip
