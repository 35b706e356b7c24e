"""Browsing the files of image stores and storage pools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import CloudRuntime, JavaError
from ...listing import page
from ...model.images import Template
from ...model.volumes import Snapshot, Volume
from ...registry import command
from .contents import contents

File = tuple[str, int, Any]
"""(path below the store, bytes, row)"""


@command("listImageStoreObjects")
def list_image_store_objects(call: Call) -> dict[str, Any]:
    store = live(call.params.id, "Unable to find image store with ID: {id}")
    if store.used is None:
        raise CloudRuntime("No remote endpoint to send command")
    return _browse(call, store, [(held.path, held.size, held.row) for held in contents(call.sim, store)])


@command("listStoragePoolObjects")
def list_storage_pool_objects(call: Call) -> dict[str, Any]:
    db = call.db
    pool = live(call.params.id, "Unable to find storage pool with ID: {id}")
    if pool.state != "Up" or pool.hypervisor == "Simulator" or not db.hosts.where(zone_id=pool.zone_id, state="Up"):
        raise CloudRuntime("No remote endpoint to send command")
    files: list[File] = [(v.path, v.size, v) for v in db.volumes.where(pool_id=pool.id) if v.path]
    files += [
        (held.uuid, held.size, db.templates[held.template_id]) for held in db.template_pools.where(pool_id=pool.id)
    ]
    return _browse(call, pool, files)


def _browse(call: Call, store: Any, files: Iterable[File]) -> dict[str, Any]:
    """One directory: its sub-directories, then its files."""
    inside = [part for part in (call.params.path or "").split("/") if part not in ("", ".")]
    below = [(path.split("/")[len(inside) :], size, row) for path, size, row in files if _is_below(path, inside)]
    if inside and not below:
        raise JavaError(f"Path {'/'.join(inside)} doesn't exist in store: {store.uuid}")
    directories = sorted({rest[0] for rest, _size, _row in below if len(rest) > 1})
    entries = [(name, 0, None) for name in directories]
    entries += [(rest[0], size, row) for rest, size, row in below if len(rest) == 1]
    return page(call, "datastoreobject", entries, lambda entry: _entry_view(store, entry))


def _is_below(path: str, inside: list[str]) -> bool:
    return path.split("/")[: len(inside)] == inside and path.count("/") >= len(inside)


def _entry_view(store: Any, entry: File) -> dict[str, Any]:
    name, size, row = entry
    view = {
        "name": name,
        "isdirectory": row is None,
        "size": size,
        "lastupdated": timestamp(row.created if row is not None else store.created),
    }
    if isinstance(row, Template):
        view |= {"templateid": row.uuid, "templatename": row.name, "format": row.format}
    elif isinstance(row, Snapshot):
        view |= {"snapshotid": row.uuid, "snapshotname": row.name}
    elif isinstance(row, Volume):
        view |= {"volumeid": row.uuid, "volumename": row.name}
    return view
