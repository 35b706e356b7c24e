# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the address of a host suits its pod, and is the one that the server knows."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from ..client import InvalidInput
from ..model import Row
from .host_steps import address, is_ip


def check_address(ctx: Any) -> None:
    """Refuses an address that the server gives to its own machines; warns of one outside of the pod's network.

    Outside is no error here: a host may be reached at another address than the one that its agent reports.
    """
    host = address(ctx.given.get("url"))
    if not is_ip(host) or not ctx.given.get("pod"):
        return
    pod = ctx.ref("pod")
    if ctx.is_planned(pod["id"]) or _chooses_itself(ctx):
        return
    here = ipaddress.ip_address(host)
    for first, last in _reserved(pod):
        if _number(first) <= int(here) <= _number(last):
            raise InvalidInput(
                f"{host} lies in {first} - {last}, which pod {pod['name']} reserves for system VMs",
                option="url",
                obj=ctx.name,
                remedy="choose another address, or shrink the range: the server would give the address away twice",
            )
    network = _network(pod)
    if network is not None and here not in network:
        ctx.warn(f"{ctx.name}: {host} is not in {network}, the network of pod {pod['name']}; the server may refuse it")


def tell_other_address(ctx: Any, row: Row) -> None:
    """Warns of a known host that the server has at another address: nothing can change that in place.

    No error: a host may have been added by an address that is not the one that its agent reports.
    """
    wanted, known = address(ctx.given.get("url")), row.get("ipaddress")
    if not is_ip(wanted) or not known or wanted == known or row.get("hypervisor") == "Simulator":
        return
    ctx.warn(
        f"{ctx.name}: the server has it at {known}, url says {wanted}, and that stays so; if it has moved, remove it "
        "and add it again (role cloudstack.ops.host_lifecycle, host_lifecycle_action: readdress)"
    )


def _chooses_itself(ctx: Any) -> bool:
    """Hosts of CloudStack's simulator hypervisor take addresses of their pod, whatever their URL [recordings]."""
    hypervisor = ctx.given.get("hypervisor") or (ctx.ref("cluster") if ctx.given.get("cluster") else {}).get(
        "hypervisortype"
    )
    return bool(hypervisor == "Simulator")


def _reserved(pod: Row) -> Iterable[tuple[str, str]]:
    """First and last address of each range, in the several forms that versions of CloudStack list them in."""
    ranges = pod.get("ipranges") or ()
    if ranges:
        return [(str(one["startip"]), str(one["endip"])) for one in ranges if one.get("startip") and one.get("endip")]
    starts, ends = _texts(pod.get("startip")), _texts(pod.get("endip"))
    return [pair for pair in zip(starts, ends, strict=False) if all(map(is_ip, pair))]


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def _number(text: str) -> int:
    return int(ipaddress.ip_address(text))


def _network(pod: Row) -> Any:
    try:
        return ipaddress.ip_network(f"{pod.get('gateway')}/{pod.get('netmask')}", strict=False)
    except ValueError:
        return None
