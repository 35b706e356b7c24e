# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about room: capacity when a host is lost, addresses, storage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from ..model import Row
from .facts import Facts, percent
from .rule import Finding, Rule

_PUBLIC, _RESERVED, _VLAN = 4, 5, 7
"""Types of listCapacity."""


def _usable(facts: Facts) -> dict[str, list[Row]]:
    """Hosts that instances can run on, by the id of their cluster."""
    found: dict[str, list[Row]] = {}
    for row in facts.rows("hosts"):
        if row.get("state") == "Up" and row.get("resourcestate") == "Enabled":
            found.setdefault(str(row.get("clusterid")), []).append(row)
    return found


def _number(value: Any) -> float:
    return float(value or 0)


def _without_one(facts: Facts) -> Iterator[Finding]:
    hosts = _usable(facts)
    for cluster in facts.rows("clusters"):
        rows = hosts.get(cluster["id"], [])
        for what, used, total in (
            ("memory", "memoryallocatedbytes", "memorywithoverprovisioning"),
            ("CPU", "cpuallocatedvalue", "cpuwithoverprovisioning"),
        ):
            needed = sum(_number(row.get(used)) for row in rows)
            sizes = [_number(row.get(total)) for row in rows]
            left = sum(sizes) - max(sizes, default=0.0)
            if needed > left:
                share = f"{100 * needed / left:.0f} %" if left else "all"
                yield Finding(
                    "cluster", cluster["name"], id=cluster["id"], zone=str(cluster.get("zonename", "")),
                    evidence=f"allocated {what} is {share} of what {len(rows) - 1 if rows else 0} of {len(rows)} hosts "
                    "can hold",
                )  # fmt: skip
                break


def _of_zones(kind: int, noun: str, threshold: str) -> Callable[[Facts], Iterable[Finding]]:
    def look(facts: Facts) -> Iterator[Finding]:
        for row in facts.rows("capacity"):
            if row.get("type") == kind:
                yield from _scarce(facts, row, noun, threshold, "zone", str(row.get("zonename", "")), row["zoneid"])

    return look


def _scarce(facts: Facts, row: Row, noun: str, threshold: str, kind: str, name: str, ident: str) -> Iterator[Finding]:
    used, total = _number(row.get("capacityused")), _number(row.get("capacitytotal"))
    share = percent(used, total)
    if total and share >= facts.limit(threshold):
        worst = "critical" if share >= 100 else ""
        yield Finding(
            kind, name, id=ident, zone=str(row.get("zonename", "")), severity=worst,
            evidence=f"{used:.0f} of {total:.0f} {noun} are used ({share:.0f} %)",
        )  # fmt: skip


def _reserved(facts: Facts) -> Iterator[Finding]:
    """Pod by pod, for each has addresses of its own; the whole zone's figures hide a pod that is full."""
    pods = facts.rows("pods")
    single = {row["zoneid"] for row in pods if sum(other["zoneid"] == row["zoneid"] for other in pods) == 1}
    asked = [row for row in pods if row["zoneid"] not in single]
    calls = [partial(facts.client.list, "listCapacity", {"type": _RESERVED, "podid": row["id"]}) for row in asked]
    for pod, rows in zip(asked, facts.ask(calls), strict=True):
        for row in rows:
            yield from _scarce(
                facts, row, "reserved addresses", "reserved_addresses", "pod", pod["name"], pod["id"]
            )  # fmt: skip
    for row in facts.rows("capacity"):
        if row.get("type") == _RESERVED and row["zoneid"] in single:
            name = str(row.get("zonename", ""))
            yield from _scarce(facts, row, "reserved addresses", "reserved_addresses", "zone", name, row["zoneid"])


def _pools(facts: Facts) -> Iterator[Finding]:
    for row in facts.rows("storage_pools"):
        total = _number(row.get("disksizetotal"))
        used = percent(row.get("disksizeused"), total)
        allocated = percent(row.get("disksizeallocated"), total * _number(row.get("overprovisionfactor") or 1))
        seen = []
        if used >= facts.limit("pool_used"):
            seen.append(f"{used:.0f} % are used")
        if allocated >= facts.limit("pool_allocated"):
            seen.append(f"{allocated:.0f} % of what may be promised are allocated")
        if seen:
            yield Finding(
                "storage pool", row["name"], id=row["id"], zone=str(row.get("zonename", "")),
                evidence=" and ".join(seen), severity="critical" if used >= 95 else "",
            )  # fmt: skip


def _image_stores(facts: Facts) -> Iterator[Finding]:
    for row in facts.rows("image_stores"):
        used = percent(row.get("disksizeused"), row.get("disksizetotal"))
        if used >= facts.limit("image_store_used"):
            yield Finding(
                "image store", row["name"], id=row["id"], zone=str(row.get("zonename", "")),
                evidence=f"{used:.0f} % are used", severity="critical" if used >= 95 else "",
            )  # fmt: skip


RULES = (
    Rule(
        "capacity-n-1", "Capacity when a host is lost", "high",
        why="If the largest host fails, its instances cannot all be started again on the others.",
        remedy="Add a host, move instances to another cluster, or disable the cluster for new ones.",
        modules=("host", "cluster"), needs=("hosts", "clusters"), look=_without_one,
    ),
    Rule(
        "reserved-addresses", "Reserved addresses of pods", "high",
        why="System VMs take their management addresses from there; without one no new system VM starts.",
        remedy="Add a range of management addresses to the pod.",
        modules=("management_ip_range",), needs=("capacity", "pods"), look=_reserved,
    ),
    Rule(
        "public-addresses", "Public addresses", "medium",
        why="New networks, routers and system VMs need one each.",
        remedy="Add a public address range, or release addresses that nobody uses.",
        modules=("vlan_ip_range",), needs=("capacity",),
        look=_of_zones(_PUBLIC, "public addresses", "public_addresses"),
    ),
    Rule(
        "guest-vlans", "VLANs for guest networks", "medium",
        why="Without a free one no isolated network can be made or started.",
        remedy="Widen the range of the physical network; always send the union with what is there.",
        modules=("physical_network",), needs=("capacity",), look=_of_zones(_VLAN, "VLANs", "guest_vlans"),
    ),
    Rule(
        "pool-space", "Room on primary storage", "high",
        why="A pool that fills up stops the instances on it; above the server's own thresholds nothing new is placed.",
        remedy="Add a pool, move volumes away, or delete what nobody needs.",
        modules=("storage_pool", "volume"), needs=("storage_pools",), look=_pools,
    ),
    Rule(
        "image-store-space", "Room on secondary storage", "high",
        why="Snapshots fail, and so do migrations of volumes that are copied through it.",
        remedy="Add an image store, move data to it, or delete old snapshots and templates.",
        modules=("image_store", "secondary_storage_migration", "snapshot"), needs=("image_stores",),
        look=_image_stores,
    ),
)  # fmt: skip
