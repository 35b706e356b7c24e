# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Primary storage pools and secondary storage (image stores)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..client import ApiError, InvalidInput, JobTimeout, of_all_owners
from ..model import Commands, Option, Resource, Row, State, Update
from ..procedures.primary_storage_facts import running_instances, volumes_on
from .clusters import IN_POD
from .image_store_checks import check_removal, check_url
from .storage_proofs import prove_image_store, prove_pool
from .storage_tags import warn_of_lost_offerings
from .zones import IN_ZONE

_GONE = ("Destroy", "Destroyed", "Expunging", "Expunged")
_SCHEMES = {"NetworkFilesystem": "nfs", "SharedMountPoint": "sharedmountpoint", "Filesystem": "file"}


def pool_url(row: Row) -> str | None:
    """What a pool was made of, as far as the server tells it in parts."""
    scheme = _SCHEMES.get(str(row.get("type")))
    return f"{scheme}://{row.get('ipaddress', '')}{row.get('path', '')}" if scheme else None


def same_url(want: Any, have: Any) -> bool:
    """Equality without who asks, a colon after the host and doubled slashes; what is not told is taken as equal."""
    if have is None:
        return True
    one, other = _parts(want), _parts(have)
    return one == other or (one[0] == other[0] and one[0] in ("sharedmountpoint", "file") and one[2] == other[2])


def _parts(url: Any) -> tuple[str, str, str]:
    parts = urlsplit(str(url))
    host = parts.netloc.rpartition("@")[2]
    return parts.scheme.lower(), host.rstrip(":").lower(), "/" + parts.path.strip("/").replace("//", "/")


_IN_MAINTENANCE = ("PrepareForMaintenance", "Maintenance", "ErrorInMaintenance", "CancelMaintenance")


def _state_of(row: Row) -> str:
    """Only what has been reached counts: a pool that is still being emptied is not in maintenance."""
    state = str(row.get("state"))
    return {"Up": "enabled", "Disabled": "disabled", "Maintenance": "maintenance"}.get(state, state)


def _switch(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    wanted, now, pool = ctx.given["allocation_state"], row.get("state"), {"id": row["id"]}
    if wanted == "maintenance":
        _enter_maintenance(ctx, row)
        return
    if now in _IN_MAINTENANCE:
        ctx.change("cancelStorageMaintenance", pool)
        _wait(ctx, row["id"], "Up")
    elif wanted == "enabled":
        ctx.change("updateStoragePool", {**pool, "enabled": True})
    if wanted == "disabled":
        ctx.change("updateStoragePool", {**pool, "enabled": False})


def _enter_maintenance(ctx: Any, row: Row) -> None:
    """The way to maintenance leads from Up alone; a pool that is on its way is waited for."""
    if row.get("state") == "Disabled":
        ctx.change("updateStoragePool", {"id": row["id"], "enabled": True})
    if row.get("state") != "PrepareForMaintenance":
        ctx.change("enableStorageMaintenance", {"id": row["id"]})
    _wait(ctx, row["id"], "Maintenance")


def _wait(ctx: Any, pool_id: str, state: str) -> None:
    clock, begun = ctx.client.clock, ctx.client.clock.monotonic()
    while True:
        row = ctx.client.list("listStoragePools", {"id": pool_id})[0]
        if row.get("state") == state:
            return
        if row.get("state") == "ErrorInMaintenance":
            raise ApiError(
                f"{ctx.name} is in state ErrorInMaintenance: an instance on it could not be stopped",
                obj=ctx.name,
                remedy="stop the instances that use it, then run again",
            )
        if clock.monotonic() - begun > ctx.resource.settle_timeout:
            raise JobTimeout(f"{ctx.name} is {row.get('state')} and not {state}", obj=ctx.name, remedy="run again")
        clock.sleep(1.0)


def _before_delete(ctx: Any, row: Row) -> Mapping[str, Any]:
    """A pool is deleted from maintenance only [api_facts 2.9]."""
    if row.get("state") != "Maintenance":
        _enter_maintenance(ctx, row)
    return {"forced": True} if ctx.given.get("force") else {}


def _validate(given: Mapping[str, Any]) -> None:
    url = given.get("storage_url")
    if url is not None and not urlsplit(str(url)).scheme:
        raise InvalidInput(
            "storage_url has no scheme", option="storage_url", remedy="give for example nfs://10.0.0.5/primary"
        )


def _refuse_volumes(ctx: Any, row: Row) -> None:
    """A pool with volumes can't be deleted, but the maintenance before would stop their instances all the same."""
    volumes = [
        volume
        for volume in of_all_owners(ctx.client, "listVolumes", {"storageid": row["id"]})
        if volume.get("state") not in _GONE
    ]
    if volumes:
        names = ", ".join(sorted({str(volume.get("name")) for volume in volumes})[:5])
        more = " ..." if len(volumes) > 5 else ""
        raise InvalidInput(
            f"{ctx.name} holds {len(volumes)} volume{'s' if len(volumes) > 1 else ''} ({names}{more})",
            option="state",
            obj=ctx.name,
            remedy="move the volumes to other storage or delete them first",
        )


def _refuse_running(ctx: Any, row: Row) -> None:
    """Maintenance stops every instance on the pool, which a wish for a state alone does not say."""
    if ctx.given.get("allocation_state") != "maintenance" or row.get("state") in _IN_MAINTENANCE:
        return
    running = running_instances(volumes_on(ctx, row["id"]))
    if running:
        names = ", ".join(instance["name"] for instance in running[:5]) + (" ..." if len(running) > 5 else "")
        raise InvalidInput(
            f"{ctx.name}: {len(running)} instances run from it ({names}) and would be stopped",
            option="allocation_state",
            obj=ctx.name,
            remedy="use storage_pool_maintenance, which asks for it and starts them again afterwards, or "
            "storage_pool_evacuation to move their volumes away first",
        )


def _check_wish(ctx: Any, row: Row | None) -> None:
    if ctx.state == "absent":
        if row is not None:
            _refuse_volumes(ctx, row)
        return
    if row is not None:
        warn_of_lost_offerings(ctx, row)
        _refuse_running(ctx, row)
        return
    scope = str(ctx.given.get("scope") or "cluster").lower()
    needed = {"cluster": ("pod", "cluster"), "zone": ("hypervisor",)}.get(scope, ())
    missing = [name for name in needed if not ctx.given.get(name)]
    if missing:
        raise InvalidInput(
            f"{ctx.name}: a pool of scope {scope} needs {' and '.join(missing)}",
            option=missing[0],
            obj=ctx.name,
            remedy=f"give {' and '.join(missing)}",
        )


def _before_create(_ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    if str(params.get("scope", "")).lower() == "zone":
        return {key: value for key, value in params.items() if key not in ("podid", "clusterid")}
    return params


STORAGE_POOL = Resource(
    name="storage_pool",
    noun="storage pool",
    summary="Manage primary storage",
    description=("Adds primary storage pools, changes them, puts them into and out of maintenance and deletes them.",),
    notes=(
        "Adding storage destroys data that is on it, and one export must never serve two clouds.",
        "A new pool counts as there when every host in service of its scope is connected to it.",
        "Maintenance would stop every running instance with a volume on the pool, so it is refused while any runs.",
        "M(cloudstack.ops.storage_pool_maintenance) does it with all that belongs to it.",
    ),
    commands=Commands(
        list="listStoragePools", create="createStoragePool", update="updateStoragePool", delete="deleteStoragePool"
    ),
    scope=("zone",),
    parent="cluster",
    after=("host",),
    settle_timeout=1800,
    validate=_validate,
    check_wish=_check_wish,
    before_create=_before_create,
    before_delete=_before_delete,
    prove=prove_pool,
    updates=(Update("updateStoragePool", options=("allocation_state",), run=_switch), Update("updateStoragePool")),
    options=(
        Option("name", help="Name of the pool. With O(id) it is the new name.", required=True, updatable=True),
        IN_ZONE,
        Option(IN_POD.name, "ref", help="Pod, for a pool of a cluster.", api="podid", refers_to="pod",
               name_field="podname", by_name=True),
        Option("cluster", "ref", help="Cluster, for a pool of a cluster.", api="clusterid", refers_to="cluster",
               name_field="clustername", by_name=True),
        Option("storage_url", help="Where the storage is, such as V(nfs://10.0.0.5/primary).", needed=True, api="url",
               decode=pool_url, equal=same_url),
        Option("scope", help="Who may use it. The server's default is V(cluster).", choices=("cluster", "zone", "host"),
               equal=lambda want, have: str(want).lower() == str(have or "").lower(),
               server_default="cluster", told=lambda row: str(row.get("scope") or "cluster").lower()),
        Option("hypervisor", help="Hypervisor, for a pool of a zone.",
               equal=lambda want, have: have is None or str(want).lower() == str(have).lower(),
               told=lambda row: row.get("hypervisor") if row.get("scope") == "ZONE" else None),
        Option("provider", help="Storage provider. The server's default is V(DefaultPrimary).",
               server_default="DefaultPrimary"),
        Option("storage_tags", "set", help="All tags of the pool; an empty list removes them.", api="tags",
               updatable=True, aliases=("storage_tag",)),
        Option("is_tag_a_rule", "bool", help="Whether O(storage_tags) is one rule in JavaScript.", api="istagarule",
               updatable=True),
        Option("allocation_state", help="Whether the pool takes volumes, or is in maintenance.",
               choices=("enabled", "disabled", "maintenance"), api="", decode=_state_of, updatable=True,
               on_create=False, server_default="enabled"),
        Option("capacity_bytes", "int", help="Size that CloudStack shall count with, on managed storage.",
               unit="bytes", updatable=True, told=lambda row: row.get("capacitybytes") if row.get("managed") else None),
        Option("capacity_iops", "int", help="Operations that CloudStack shall count with.", unit="operations/s",
               updatable=True, told=lambda row: row.get("capacityiops") if row.get("managed") else None),
        Option("managed", "bool", help="Whether each volume gets its own volume on the storage."),
        Option("details", "map", help="Details for the storage provider, such as C(nfsmountopts).", updatable=True),
        Option("storage_access_groups", "set", help="Hosts of these groups alone use the pool.",
               api="storageaccessgroups", since="4.21.0"),
        Option("force", "bool", default=False, behaviour=True, help="Delete the pool with its destroyed volumes."),
    ),
    omitted={
        "updateStoragePool.enabled": "set through allocation_state",
        "updateStoragePool.url": "the server accepts it for few providers and tells no result",
    },
)  # fmt: skip

IMAGE_STORE = Resource(
    name="image_store",
    noun="image store",
    summary="Manage secondary storage",
    description=("Adds secondary storage, changes its name and write protection and removes it.",),
    notes=(
        "The address of a store cannot be changed through the API.",
        "A new NFS store counts as there when a secondary storage VM of its zone, if one runs, has mounted it.",
        "The server refuses to remove a store that holds templates of users, snapshots or volumes.",
        "It does not look at system VM templates, without which no system VM starts any more.",
        "So the only store that has those of an enabled zone with hosts is removed with O(force) alone.",
    ),
    commands=Commands(
        list="listImageStores", create="addImageStore", update="updateImageStore", delete="deleteImageStore"
    ),
    scope=("zone",),
    parent="zone",
    states=(
        State("read_only", {"is_read_only": True}, help="Exists, and nothing new is written to it."),
        State("writable", {"is_read_only": False}, help="Exists and is written to."),
    ),
    options=(
        Option("name", help="Name of the store. With O(id) it is the new name.", required=True, updatable=True),
        Option("zone", "ref", help="Zone, for NFS.", api="zoneid", refers_to="zone", name_field="zonename",
               by_name=True),
        Option("provider", help="Kind of the store, such as V(NFS) or V(S3).", needed=True, field="providername"),
        Option("url", help="Where the store is, such as V(nfs://10.0.0.5/secondary).",
               equal=same_url),
        Option("details", "map", help="Access data and settings of the provider.", field="", secret=True),
        Option("force", "bool", default=False, behaviour=True,
               help="Remove the only store of an enabled zone that has system VM templates."),
        Option("is_read_only", "bool", api="readonly", updatable=True, on_create=False, hidden=True),
    ),
    initial_states=("writable",),
    validate=check_url,
    check_wish=check_removal,
    prove=prove_image_store,
    omitted={"updateImageStore.capacitybytes": "the server shows only what the store reports, so it can't be compared"},
)  # fmt: skip

RESOURCES = (STORAGE_POOL, IMAGE_STORE)
