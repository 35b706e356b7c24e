# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether new storage can be used by those that are to use it (B1, G1). The server adds it also where it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..client import ApiError, JobTimeout
from ..model import Row

PATIENCE = 300.0
"""Seconds in which a storage VM has mounted a new store and the server has asked it for its size, every minute."""
LOOK_EVERY = 2.0
NAMED = 10


def prove_pool(ctx: Any, row: Row) -> None:
    """Every host of the pool's scope that is in service is connected to it. Raises ApiError with those that are not.

    A host that cannot mount it is only logged by the server. It tries again when its agent connects.
    """
    if row.get("managed") or str(row.get("scope", "")).upper() == "HOST":
        return
    hosts = _hosts_of(ctx, row)
    away = [host for host in hosts if host.get("state") != "Up"]
    if away:
        ctx.warn(f"{ctx.name}: not up, and yet to mount it: " + _named(away, "state"))
    up = [host for host in hosts if host.get("state") == "Up"]
    ask = partial(ctx.client.list, "listStoragePools")
    found = ctx.client.parallel([partial(ask, {"id": row["id"], "hostid": host["id"]}) for host in up])
    apart = [host for host, pools in zip(up, found, strict=True) if not pools]
    if apart:
        raise ApiError(
            f"it was added, and {len(apart)} of {len(up)} hosts are not connected to it: {_named(apart)}",
            obj=ctx.name,
            remedy="mount it there by hand to see why not, then let them connect again (command reconnectHost)",
        )


def _hosts_of(ctx: Any, row: Row) -> list[Row]:
    """Hosts in service that are to use a pool: of its cluster, or of its zone and hypervisor, and of its groups."""
    place = {"clusterid": row["clusterid"]} if row.get("clusterid") else {"zoneid": row["zoneid"]}
    found = ctx.client.list("listHosts", {"type": "Routing", **place})
    groups = _groups(row, "storageaccessgroups")
    return [
        host
        for host in found
        if host.get("resourcestate") == "Enabled"
        and row.get("hypervisor") in (None, "Any", host.get("hypervisor"))
        and (not groups or groups & _groups_of_host(host))
    ]


def _groups_of_host(host: Mapping[str, Any]) -> set[str]:
    fields = ("storageaccessgroups", *(f"{place}storageaccessgroups" for place in ("cluster", "pod", "zone")))
    return set().union(*(_groups(host, field) for field in fields))


def _groups(row: Mapping[str, Any], field: str) -> set[str]:
    return {part for part in str(row.get(field) or "").split(",") if part}


def _named(hosts: list[Row], field: str = "") -> str:
    shown = ", ".join(f"{host['name']} ({host[field]})" if field else str(host["name"]) for host in hosts[:NAMED])
    return shown + (f" and {len(hosts) - NAMED} more" if len(hosts) > NAMED else "")


def prove_image_store(ctx: Any, row: Row) -> None:
    """Where storage VMs run, one of them has mounted the store: the server knows its size. Raises JobTimeout.

    A zone that is still being built has none yet, and those of simulated hypervisors mount nothing.
    """
    if row.get("providername") != "NFS" or not _storage_vms(ctx, row):
        return
    clock, begun = ctx.client.clock, ctx.client.clock.monotonic()
    while not float(row.get("disksizetotal") or 0):
        waited = clock.monotonic() - begun
        if waited > PATIENCE:
            raise JobTimeout(
                f"it was added, and no secondary storage VM has told its size after {PATIENCE:.0f} s",
                obj=ctx.name,
                remedy="look whether they can mount it over the storage network, and whether it is exported to them",
            )
        ctx.tell(f"waiting for a secondary storage VM to mount it ({waited:.0f} s)")
        clock.sleep(LOOK_EVERY)
        rows = ctx.client.list("listImageStores", {"id": row["id"]})
        row = rows[0] if rows else row


def _storage_vms(ctx: Any, row: Row) -> bool:
    vms = ctx.client.list("listSystemVms", {"systemvmtype": "secondarystoragevm", "zoneid": row["zoneid"]})
    return any(
        (vm.get("state"), vm.get("agentstate")) == ("Running", "Up") and vm.get("hypervisor") != "Simulator"
        for vm in vms
    )
