# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords of hosts (K7): at the server and on the machines, proved by logging in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, VERIFY, Procedure, Stage, Standing, Target
from ..client import ApiError, InvalidInput
from ..model import Option, Row
from .facts import CLUSTER, POD, ZONE
from .host_login import Login, takes_password
from .hosts import host_target, named_hosts, short_list

BY_CLUSTER = "XenServer"
"""Hypervisor whose hosts share their password within a cluster."""
SUPPORTED = ("KVM", BY_CLUSTER)


def _targets(run: Any) -> Sequence[Target]:
    rows = named_hosts(run)
    foreign = [f"{row['name']} ({row.get('hypervisor')})" for row in rows if row.get("hypervisor") not in SUPPORTED]
    if foreign:
        raise InvalidInput(
            f"the server keeps no password that could be changed for {short_list(foreign)}",
            option="names",
            remedy="only hosts of KVM and XenServer have one; that of vSphere belongs to its datacenter",
        )
    pooled = [row for row in rows if row.get("hypervisor") == BY_CLUSTER]
    if pooled and run.option("names"):
        raise InvalidInput(
            f"{pooled[0]['name']} shares its password with its whole cluster {pooled[0].get('clustername')}",
            option="names",
            remedy="give the cluster instead",
        )
    run.memory["set"] = set()
    single = [_one(row) for row in rows if row not in pooled]
    return [*single, *_clusters(pooled)]


def _one(row: Row) -> Target:
    target = host_target(row)
    return replace(target, facts={"hosts": [row], "params": {"hostid": row["id"]}})


def _clusters(rows: Sequence[Row]) -> list[Target]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["clusterid"], []).append(row)
    return [
        Target(
            id=cluster,
            name=str(hosts[0].get("clustername")),
            kind="cluster",
            place=(str(hosts[0].get("zonename", "")), str(hosts[0].get("podname", ""))),
            cluster=cluster,
            facts={"hosts": hosts, "params": {"clusterid": cluster}},
        )
        for cluster, hosts in found.items()
    ]


def _login(run: Any, row: Row) -> Login:
    places = run.option("probe_addresses") or {}
    told = str(places.get(row["name"]) or places.get(str(row.get("ipaddress"))) or row.get("ipaddress"))
    address, colon, port = told.rpartition(":")
    if not colon or not port.isdigit():
        address, port = told, str(run.option("ssh_port"))
    return Login(
        address, int(port), str(run.option("username")), bool(run.option("host_key_checking")),
        str(run.option("known_hosts") or ""),
    )  # fmt: skip


def _refusing(run: Any, target: Target) -> list[str]:
    """The machines that do not take the new password."""
    rows = target.facts["hosts"]
    password = str(run.option("password"))
    answers = run.client.parallel([partial(takes_password, _login(run, row), password) for row in rows])
    return [row["name"] for row, taken in zip(rows, answers, strict=True) if not taken]


def _probing(run: Any) -> bool:
    return bool(run.option("probe") == "ssh")


def _standing(run: Any, target: Target) -> Standing:
    if target.id in run.memory["set"] and not (_probing(run) and _refusing(run, target)):
        return Standing(DONE)
    if run.option("force"):
        return Standing(DUE, "asked for by force")
    if not _probing(run) or not run.option("update_on_host"):
        raise InvalidInput(
            "the server never tells which password it has, so nobody knows whether there is anything to do",
            option="force",
            remedy="set it to send the password all the same"
            + ("" if run.option("update_on_host") else "; log in to the machines is no proof of what the server has"),
        )
    refusing = _refusing(run, target)
    return Standing(DUE, f"{short_list(refusing)} refuse the password") if refusing else Standing(DONE)


def _preflight(run: Any, due: Sequence[Target]) -> None:
    problems = []
    for target in due:
        away = [f"{row['name']} is {row.get('state')}" for row in target.facts["hosts"] if row.get("state") != "Up"]
        if away and run.option("update_on_host"):
            problems.append(f"{short_list(away)}: the server would keep the password, and the machine its old one")
        if not run.option("update_on_host") and _probing(run):
            refusing = _refusing(run, target)
            if refusing:
                problems.append(f"{short_list(refusing)} refuse the password that the server shall use")
    if problems:
        raise InvalidInput("; ".join(problems), option="names", remedy="mend what is named; nothing was changed")


def _act(run: Any, target: Target) -> None:
    params = {
        **target.facts["params"],
        "username": run.option("username"),
        "password": run.option("password"),
        "update_passwd_on_host": bool(run.option("update_on_host")),
    }
    run.change("updateHostPassword", params, target.title)
    run.memory["set"].add(target.id)


def _verify(run: Any, target: Target) -> None:
    """Of a single machine that did not follow, the server says nothing: only a login proves it."""
    run.notes["verified"] = _probing(run)
    if not _probing(run):
        run.task.warn(f"nobody looked whether {target.name} takes the new password")
        return
    refusing = _refusing(run, target)
    if refusing:
        run.memory["set"].discard(target.id)
        raise ApiError(
            f"the server reported success, and {short_list(refusing)} refuse the new password: only the server has it",
            obj=target.title,
            remedy="run again, or run with the old password and force to bring both together",
        )


HOST_PASSWORD = Procedure(
    name="host_password",
    noun="host",
    summary="Change the password with which the server logs in to hosts",
    description=(
        "Changes the password of KVM hosts one by one, and that of XenServer hosts by whole clusters.",
        "At the server and, unless told otherwise, on the machines too. A login over SSH proves it, before and after.",
    ),
    notes=(
        "Needs the Python library paramiko on the controller, unless O(probe) is V(none).",
        "The server can store the password and report success although the machine kept its old one.",
        "The password is in no result and no log.",
    ),
    options=(
        Option("names", "list", help="Only these hosts. Not for XenServer, where a cluster has one password.",
               behaviour=True, aliases=("name",)),
        ZONE, POD, CLUSTER,
        Option("username", help="User whose password it is; the one with which the hosts were added.", required=True,
               behaviour=True),
        Option("password", help="The new password.", required=True, secret=True, behaviour=True),
        Option("update_on_host", "bool", default=True, behaviour=True,
               help="Change it on the machine too. Otherwise it was changed there already."),
        Option("probe", default="ssh", choices=("ssh", "none"), behaviour=True,
               help="How it is known which password a machine takes. V(none) needs O(force)."),
        Option("probe_addresses", "map", behaviour=True,
               help="Where machines are reached instead: V(host:port) by name or address of the host."),
        Option("ssh_port", "int", default=22, behaviour=True, help="Port of SSH on the machines."),
        Option("host_key_checking", "bool", default=True, behaviour=True,
               help="Show the password only to machines whose key is known."),
        Option("known_hosts", behaviour=True, help="File of known keys, besides those of the user and the system."),
        Option("force", "bool", default=False, behaviour=True,
               help="Send the password without knowing whether it is needed."),
    ),
    sequence=(
        Stage(CHECK, "Refuse other hypervisors, single hosts of a XenServer cluster, and agents that are away",
              each=False),
        Stage(CHECK, "Log in with the new password: a machine that takes it is left in peace"),
        Stage(ACT, "Change the password at the server and on the machine"),
        Stage(VERIFY, "Log in with the new password: the server's success is no proof"),
    ),
    returns={"verified": ("bool", "Whether a login has proved the new password.")},
    constraints={"required_one_of": [["names", "zone", "cluster"]]},
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    sends=("updateHostPassword",),
    act=_act,
    verify=_verify,
)  # fmt: skip
