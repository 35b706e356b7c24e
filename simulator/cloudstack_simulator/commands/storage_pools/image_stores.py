"""Image stores (secondary storage)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ...call import Call, live
from ...errors import InvalidParameter, PermissionDenied
from ...listing import equal
from ...model.pools import ImageStore
from ...parameters import flat_map
from ...registry import SUCCESS, command
from ..annotations import has_annotations
from ..images.downloads import store_added, store_removed
from .providers import IMAGE


def image_store_view(call: Call, store: ImageStore) -> dict[str, Any]:
    zone = call.db.zones.get(store.zone_id)
    return {
        "id": store.uuid,
        "zoneid": zone.uuid if zone else None,
        "zonename": zone.name if zone else None,
        "name": store.name,
        "url": store.url,
        "protocol": store.protocol,
        "providername": store.provider,
        "scope": store.scope,
        "readonly": store.read_only,
        "hasannotations": has_annotations(call, store),
    }


@command("listImageStores")
def list_image_stores(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "imagestore",
        call.db.image_stores,
        image_store_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("zone_id", p.zoneid),
            equal("protocol", p.protocol),
            equal("provider", p.provider),
            equal("read_only", p.readonly),
        ],
        keyword=("name", "provider"),
    )


@command("addImageStore")
def add_image_store(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    provider = IMAGE.get(p.provider.lower(), "NFS")
    name = p.name or p.url
    if db.image_stores.first(name=name):
        raise InvalidParameter(f"The image store with name {name} already exists, try creating with another name")
    scope = "ZONE" if p.zoneid else "REGION"
    if provider == "NFS" and scope == "REGION":
        raise InvalidParameter(f"Image store provider {provider} does not support scope {scope}")
    for other in db.image_stores:
        if other.provider != provider:
            raise InvalidParameter(
                f"You can only add new image stores from the same provider {other.provider} already added"
            )
    zone = live(p.zoneid, "Can't find zone by id {id}") if p.zoneid else None
    if zone is not None and zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied("Cannot perform this operation, Zone with specified id is currently disabled")
    protocol = _protocol(p.url) if provider == "NFS" else (urlsplit(p.url or "").scheme or None)
    store = db.image_stores.add(
        ImageStore(
            name=name,
            url=p.url,
            provider=provider,
            protocol=protocol,
            zone_id=zone.id if zone else None,
            scope=scope,
            details=flat_map(p.details),
        )
    )
    store_added(call.sim, store)
    return {"imagestore": image_store_view(call, store)}


def _protocol(url: str | None) -> str:
    parts = urlsplit(url or "")
    if not parts.scheme:
        raise InvalidParameter(f"uri.scheme is null {url}, add nfs:// (or cifs://) as a prefix")
    if parts.scheme.lower() in ("nfs", "cifs") and (not parts.netloc or parts.path in ("", "/")):
        raise InvalidParameter("Your host and/or path is wrong.  Make sure it's of the format nfs://hostname/path")
    return parts.scheme.lower()


@command("updateImageStore")
def update_image_store(call: Call) -> dict[str, Any]:
    p = call.params
    store = live(p.id, "Unable to find image store with ID: {id}")
    store.name = p.name or store.name
    if p.readonly is not None:
        store.read_only = p.readonly
        call.event("IMAGE.STORE.ACCESS.UPDATED", f"Image store access updated: {store.name}", store)
    if p.capacitybytes is not None:
        store.capacity = p.capacitybytes
    return {"imagestore": image_store_view(call, store)}


@command("deleteImageStore")
def delete_image_store(call: Call) -> dict[str, Any]:
    store = live(call.params.id, "Image store with id {id} doesn't exist")
    _check_unused(call, store)
    store_removed(call.sim, store)
    call.db.image_stores.remove(store)
    return SUCCESS


def _check_unused(call: Call, store: ImageStore) -> None:
    """Refuse while something that only this store can have is on it."""
    db = call.db
    alone = not [s for s in db.image_stores.where(zone_id=store.zone_id) if s is not store]
    if alone and any(store.zone_id in s.zone_ids for s in db.snapshots):
        raise InvalidParameter("Cannot delete image store with active snapshots backup!")
    if any(v.image_store_id == store.id and v.pool_id is None for v in db.volumes.where(zone_id=store.zone_id)):
        raise InvalidParameter("Cannot delete image store with active volumes backup!")
    for copy in db.template_copies.where(store_id=store.id):
        template = db.templates.get(copy.template_id)
        if template is not None and template.removed is None and template.kind not in ("SYSTEM", "BUILTIN"):
            raise InvalidParameter("Cannot delete image store with active templates backup!")
