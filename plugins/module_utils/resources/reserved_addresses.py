# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether addresses that are kept for system VMs belong to somebody already (N8): the server doesn't look."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..client import InvalidInput
from ..model import Row

_Known = Iterable[tuple[str, str]]


def check_reserved(ctx: Any, zone_id: Any, known: Mapping[str, Any]) -> None:
    """Refuses a range with the address of its gateway, a host, a management server or a storage server in it.

    known: the range as it is (startip, endip); empty where it is new.
    """
    start = ctx.given.get("start_ip") or known.get("startip")
    end = ctx.given.get("end_ip") or known.get("endip") or start
    if not start or (start, end) == (known.get("startip"), known.get("endip")):
        return
    first, last = ipaddress.ip_address(start), ipaddress.ip_address(end)
    taken = [f"{who} ({address})" for who, address in _known(ctx, zone_id) if _within(address, first, last)]
    if taken:
        raise InvalidInput(
            f"{start} - {end} holds the address of {', '.join(taken[:5])}",
            option="start_ip",
            obj=ctx.name,
            remedy="choose addresses that nobody has: the server would give them to system VMs as well",
        )


def _within(address: str, first: Any, last: Any) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return bool(found.version == first.version and first <= found <= last)


def _known(ctx: Any, zone_id: Any) -> _Known:
    gateway = ctx.given.get("gateway")
    if gateway:
        yield "its gateway", str(gateway)
    if zone_id and not ctx.is_planned(zone_id):
        place: Mapping[str, str] = {"zoneid": str(zone_id)}
        questions = [
            lambda: [(f"host {row['name']}", row.get("ipaddress")) for row in _hosts(ctx, place)],
            lambda: [(f"management server {row['name']}", row.get("ipaddress") or row.get("serviceip"))
                     for row in ctx.client.list("listManagementServers")],
            lambda: [(f"storage pool {row['name']}", row.get("ipaddress"))
                     for row in ctx.client.list("listStoragePools", place)],
            lambda: [(f"image store {row['name']}", urlsplit(str(row.get("url") or "")).hostname)
                     for row in ctx.client.list("listImageStores", place)],
        ]  # fmt: skip
        for rows in ctx.client.parallel(questions):
            yield from ((who, str(address)) for who, address in rows if address)


def _hosts(ctx: Any, place: Mapping[str, str]) -> list[Row]:
    """Hypervisors. Those of the simulator hypervisor take their addresses from the range itself [recordings]."""
    rows = ctx.client.list("listHosts", {"type": "Routing", **place})
    return [row for row in rows if row.get("hypervisor") != "Simulator"]
