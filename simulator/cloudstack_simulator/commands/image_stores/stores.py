"""Image stores (secondary storage)."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...call import Call, live
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter, PermissionDenied
from ...listing import equal
from ...model.images import Template
from ...model.pools import ImageStore
from ...model.volumes import Snapshot, Volume
from ...parameters import flat_map
from ...registry import SUCCESS, command
from ..annotations import has_annotations
from ..images.downloads import store_added, store_removed
from ..storage_pools.providers import IMAGE
from ..urls import parts_of
from .contents import capacity, contents


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
        "disksizetotal": capacity(store) if store.used is not None else None,
        "disksizeused": store.used,
        "hasannotations": has_annotations(call, store),
    }


ROLES = {"listImageStores": "Image", "listSecondaryStagingStores": "ImageCache"}


@command(*ROLES)
def list_image_stores(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "imagestore",
        call.db.image_stores,
        image_store_view,
        where=[
            equal("role", ROLES[call.command]),
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
    p = call.params
    given = Wanted(p.name, p.url, IMAGE.get(p.provider.lower(), "NFS"), flat_map(p.details))
    return {"imagestore": image_store_view(call, add(call, given))}


@command("addSecondaryStorage")
def add_secondary_storage(call: Call) -> dict[str, Any]:
    return {"secondarystorage": image_store_view(call, add(call, Wanted(None, call.params.url, "NFS", {})))}


@command("addSwift")
def add_swift(call: Call) -> dict[str, Any]:
    p = call.params
    given = {"account": p.account, "username": p.username, "key": p.key}
    details = {name: value for name, value in given.items() if value is not None}
    return {"secondarystorage": image_store_view(call, add(call, Wanted(None, p.url, "Swift", details)))}


S3_DETAILS = (
    "accesskey", "secretkey", "endpoint", "bucket", "usehttps", "connectiontimeout", "maxerrorretry", "sockettimeout",
    "connectionttl", "usetcpkeepalive",
)  # fmt: skip
S3_SIGNERS = ("S3SignerType", "AWSS3V4SignerType")


@command("addImageStoreS3")
def add_s3(call: Call) -> dict[str, Any]:
    p = call.params
    details = {name: str(p[name]).lower() if p[name] in (True, False) else str(p[name])
               for name in S3_DETAILS if p[name] is not None}  # fmt: skip
    if p.s3signer in S3_SIGNERS:
        details["s3signer"] = p.s3signer
    return {"imagestore": image_store_view(call, add(call, Wanted(None, None, "S3", details)))}


@command("listSwifts")
def list_swifts(call: Call) -> dict[str, Any]:
    return call.listing("imagestore", call.db.image_stores, image_store_view, where=[equal("provider", "Swift")])


class Wanted(NamedTuple):
    """A new image store."""

    name: str | None
    url: str | None
    provider: str
    details: dict[str, str]


def add(call: Call, wanted: Wanted) -> ImageStore:
    p, db, provider = call.params, call.db, wanted.provider
    name = wanted.name or wanted.url
    if name is not None and db.image_stores.first(name=name):
        raise InvalidParameter(f"The image store with name {name} already exists, try creating with another name")
    scope = "ZONE" if p.zoneid else "REGION"
    if provider == "NFS" and scope == "REGION":
        raise InvalidParameter(f"Image store provider {provider} does not support scope {scope}")
    for other in db.image_stores.where(role="Image"):
        if other.provider != provider:
            raise InvalidParameter(
                f"You can only add new image stores from the same provider {other.provider} already added"
            )
    zone = open_zone(call, p.zoneid) if p.zoneid else None
    store: ImageStore = db.image_stores.add(
        ImageStore(
            name=name or "",
            url=wanted.url,
            provider=provider,
            protocol=_protocol(wanted),
            zone_id=zone.id if zone else None,
            scope=scope,
            details=wanted.details,
        )
    )
    store.name = store.name or store.uuid
    call.sim.faults.appeared("image-store-full", store)
    store_added(call.sim, store)
    return store


def open_zone(call: Call, given: Any) -> Any:
    """The zone of a new store; a disabled one is for root admins."""
    zone = live(given, "Can't find zone by id {id}")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied("Cannot perform this operation, Zone with specified id is currently disabled")
    return zone


def _protocol(wanted: Wanted) -> str | None:
    if wanted.provider == "NFS":
        return file_protocol(wanted.url)
    if wanted.provider == "S3":
        return "https" if wanted.details.get("usehttps", "").lower() == "true" else "http"
    return parts_of(wanted.url or "").scheme or None


def file_protocol(url: str | None) -> str:
    """`nfs` or `cifs`, of a URL that names a host and a path."""
    parts = parts_of(url or "")
    if not parts.scheme:
        raise CloudRuntime(f"Failed to add data store: uri.scheme is null {url}, add nfs:// (or cifs://) as a prefix")
    if parts.scheme.lower() in ("nfs", "cifs") and not (parts.netloc and parts.path):
        raise CloudRuntime(
            "Failed to add data store: Your host and/or path is wrong.  Make sure it's of the format "
            "nfs://hostname/path"
        )
    return parts.scheme.lower()


@command("updateImageStore")
def update_image_store(call: Call) -> dict[str, Any]:
    p = call.params
    store = live(p.id, "Unable to find image store with ID: {id}", IllegalArgument)
    if (p.name or "").strip():
        store.name = p.name
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
    """Refuse while something of a user is on it; what the server brought itself does not count."""
    held = [one.row for one in contents(call.sim, store)]
    if any(isinstance(row, Snapshot) for row in held):
        raise InvalidParameter("Cannot delete image store with active snapshots backup!")
    if any(isinstance(row, Volume) for row in held):
        raise InvalidParameter("Cannot delete image store with active volumes backup!")
    if any(isinstance(row, Template) and row.kind not in ("SYSTEM", "BUILTIN") for row in held):
        raise InvalidParameter("Cannot delete image store with active templates backup!")
