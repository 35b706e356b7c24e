# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ranges that share addresses (N6, N7): named before anything is sent. The server refuses them without naming one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Row

UNTAGGED = "untagged"


def check_public_range(ctx: Any, row: Row | None) -> None:
    """Refuses a public or shared range that shares addresses with another one of its zone, or with a pod."""
    wanted = _wanted(ctx, row)
    zone = (row or {}).get("zoneid") or (ctx.ref_id("zone") if ctx.given.get("zone") else "")
    if wanted is None or not zone or ctx.is_planned(zone):
        return
    others = [other for other in ctx.view.rows(ctx.resource, {"zoneid": zone}) if other["id"] != (row or {}).get("id")]
    near = (other for other in others if not _lie_apart(ctx, row or {}, other) and not _leaves(ctx, other))
    _refuse(ctx, wanted, ((f"the range {_text(other)} ({_vlan(other)})", other) for other in near))
    pods = ctx.client.list("listPods", {"zoneid": zone})
    _refuse(ctx, wanted, _of_pods(pods))


def check_management_range(ctx: Any, row: Row | None) -> None:
    """Refuses management addresses that the pod has already, or that are public ones of its zone."""
    wanted = _wanted(ctx, row)
    pod = {"id": row["podid"], "zoneid": row["zoneid"]} if row else ctx.ref("pod")
    if wanted is None or ctx.is_planned(pod["id"]):
        return
    ranges = ctx.client.list("listPods", {"id": pod["id"]})
    own = str((row or {}).get("startip"))
    _refuse(ctx, wanted, (one for one in _of_pods(ranges) if one[1]["startip"] != own and not _leaves(ctx, one[1])))
    public = ctx.client.list("listVlanIpRanges", {"zoneid": pod["zoneid"], "forvirtualnetwork": True})
    _refuse(ctx, wanted, ((f"the public range {_text(other)}", other) for other in public))


def check_storage_range(ctx: Any, row: Row | None) -> None:
    """Refuses addresses of storage that the pod has already, for storage or management. Made ranges do not grow."""
    wanted = _wanted(ctx, row)
    if row is not None or wanted is None or ctx.is_planned(ctx.ref_id("pod")):
        return
    pod = ctx.ref_id("pod")
    _refuse(ctx, wanted, _of_pods(ctx.client.list("listPods", {"id": pod})))
    others = (other for other in ctx.view.rows(ctx.resource, {"podid": pod}) if not _leaves(ctx, other))
    _refuse(ctx, wanted, ((f"the storage range {_text(other)}", other) for other in others))


def _wanted(ctx: Any, row: Row | None) -> tuple[Any, Any] | None:
    """First and last address as asked for; None where there is nothing to look at: IPv6, or no change."""
    have = row or {}
    start = ctx.given.get("start_ip") or have.get("startip")
    end = ctx.given.get("end_ip") or have.get("endip") or start
    if ctx.state == "absent" or not start or (start, end) == (have.get("startip"), have.get("endip")):
        return None
    return ipaddress.ip_address(str(start)), ipaddress.ip_address(str(end))


def _refuse(ctx: Any, wanted: tuple[Any, Any], known: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    first, last = wanted
    shared = [name for name, row in known if _overlap(first, last, row)]
    if shared:
        raise InvalidInput(
            f"{first} - {last} shares addresses with {', '.join(shared[:5])}",
            option="end_ip" if ctx.given.get("end_ip") else "start_ip",
            obj=ctx.name,
            remedy="choose addresses that no other range has, or change or remove the other range first",
        )


def _overlap(first: Any, last: Any, row: Mapping[str, Any]) -> bool:
    start, end = row.get("startip"), row.get("endip") or row.get("startip")
    if not start:
        return False
    return bool(first <= ipaddress.ip_address(str(end)) and ipaddress.ip_address(str(start)) <= last)


def _lie_apart(ctx: Any, row: Row, other: Row) -> bool:
    """Two shared networks in VLANs of their own may have the same addresses [api_errors checkZoneVlanIpOverlap]."""
    own = _tag(ctx.given.get("vlan") or row.get("vlan"))
    said = ctx.given.get("for_virtual_network")
    # What is not told is public: that is the server's default.
    public = row.get("forvirtualnetwork", True) if said is None else said
    return own not in (UNTAGGED, _tag(other.get("vlan"))) and not (public or other.get("forvirtualnetwork"))


def _tag(vlan: Any) -> str:
    return str(vlan or "").removeprefix("vlan://").strip() or UNTAGGED


def _leaves(ctx: Any, other: Mapping[str, Any]) -> bool:
    """Whether the same document removes it."""
    return bool(ctx.view.leaving and ctx.view.leaving(ctx.resource, str(other.get("startip")), {}))


def _of_pods(pods: Iterable[Row]) -> Iterable[tuple[str, Row]]:
    return [
        (f"the management range {_text(part)} of pod {pod['name']}", part)
        for pod in pods
        for part in pod.get("ipranges") or ()
    ]


def _text(row: Mapping[str, Any]) -> str:
    return f"{row.get('startip')} - {row.get('endip') or row.get('startip')}"


def _vlan(row: Row) -> str:
    tag = _tag(row.get("vlan"))
    return tag if tag == UNTAGGED else f"VLAN {tag}"
