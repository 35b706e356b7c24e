# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a zone can take one router more: a restart with cleanup makes the new one while the old one runs (F3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..campaign import Target
from ..client import InvalidInput
from ..model import Row
from .facts import setting
from .host_places import MIB, Need, room_of
from .router_addresses import check_addresses

ROLLING = "network.rolling.restart"
RESERVED = 5
"""Type of listCapacity: addresses that pods reserve for system VMs."""

WITHOUT_LINK_LOCAL = ("VMware", "Hyperv")
"""Hypervisors whose routers take a reserved address of the pod; others take a link-local one, of 65,000."""

TOLD = ("memorytotal", "memoryallocatedbytes", "cpuwithoverprovisioning", "cpuallocatedvalue")
"""Fields of a host without which its room is not known."""


def check_room(run: Any, due: Iterable[Target], option: str, offering: Row | None = None) -> None:
    """Refuses where the new router would find no place; ``offering`` is the one that it gets, if not the old one's.

    Where the server takes the old one away first nothing more is needed: without rolling restarts, and of a pair. What
    a server does not tell holds nobody up.
    """
    due = list(due)
    check_addresses(run, due, option)
    rows = [row for target in due if (row := _alone(target)) is not None]
    if not rows or setting(run, ROLLING).lower() != "true":
        return
    zones = {str(row["zoneid"]): str(row.get("zonename", "")) for row in rows}
    questions: list[Callable[[], list[Row]]] = [
        partial(run.client.list, "listHosts", {"type": "Routing"}),
        partial(run.client.list, "listServiceOfferings", {"issystem": True}),
        *(partial(run.client.list, "listCapacity", {"zoneid": zone}) for zone in zones),
    ]
    hosts, offered, *capacities = run.client.parallel(questions)
    sizes = {row["id"]: row for row in offered}
    for (zone, title), told in zip(zones.items(), capacities, strict=True):
        inside = [row for row in rows if row["zoneid"] == zone]
        _check_hosts(title, inside, [row for row in hosts if row.get("zoneid") == zone], sizes, offering, option)
        _check_reserved(title, inside, told, option)


def _alone(target: Target) -> Row | None:
    """The only running router of a network or VPC; None of a pair, which loses its backup first."""
    if target.facts["single"]:
        return None
    running: list[Row] = [row for row in target.facts["seen"].rows if row.get("state") == "Running"]
    return running[0] if len(running) == 1 else None


def _check_hosts(
    zone: str, rows: Sequence[Row], hosts: Sequence[Row], sizes: Mapping[str, Row], offering: Row | None, option: str
) -> None:
    for kind in sorted({str(row["hypervisor"]) for row in rows if row.get("hypervisor")}):
        needs = [_need(offering or sizes.get(str(row.get("serviceofferingid")), {})) for row in rows
                 if row.get("hypervisor") == kind]  # fmt: skip
        need = max(needs, key=lambda one: (one.memory, one.cpu))
        if not any(_takes(host, need) for host in hosts if host.get("hypervisor") == kind):
            raise InvalidInput(
                f"no {kind} host of zone {zone} has room for one more router ({need.memory / MIB:.0f} MB, "
                f"{need.cpu:.0f} MHz), which a restart with cleanup makes before the old one goes",
                option=option,
                obj=f"zone {zone}",
                remedy=f"move instances away, enable or add a host, or set {ROLLING} to false: then the old one goes "
                "first, and the cut is longer",
            )


def _need(offering: Row) -> Need:
    cpu = float(offering.get("cpunumber") or 0) * float(offering.get("cpuspeed") or 0)
    return Need(cpu, float(offering.get("memory") or 0) * MIB)


def _takes(host: Row, need: Need) -> bool:
    if (host.get("state"), host.get("resourcestate")) != ("Up", "Enabled"):
        return False
    return any(host.get(field) is None for field in TOLD) or room_of(host).takes(need)


def _check_reserved(zone: str, rows: Sequence[Row], capacities: Sequence[Row], option: str) -> None:
    reserving = any(row.get("hypervisor") in WITHOUT_LINK_LOCAL for row in rows)
    if reserving and _is_used_up(capacities, RESERVED):
        raise InvalidInput(
            f"the pods of zone {zone} have no reserved address left; a new router takes one before the old one goes",
            option=option,
            obj=f"zone {zone}",
            remedy=f"add a range to a pod (module management_ip_range), or set {ROLLING} to false",
        )


def _is_used_up(capacities: Sequence[Row], kind: int) -> bool:
    told = [row for row in capacities if int(row.get("type", -1)) == kind]
    total = sum(int(row.get("capacitytotal") or 0) for row in told)
    return total > 0 and sum(int(row.get("capacityused") or 0) for row in told) >= total
