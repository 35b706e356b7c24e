"""Staging stores: where files of an object store are kept while they are at work in a zone."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import ApiError, InvalidParameter, ServerApiError
from ...model.pools import ImageStore
from ...parameters import flat_map
from ...registry import SUCCESS, command
from ..storage_pools.providers import IMAGE
from .stores import Wanted, add, file_protocol, image_store_view, open_zone

SCOPES = ("CLUSTER", "ZONE", "REGION", "GLOBAL", "HOST")
ROLE = "ImageCache"


@command("createSecondaryStagingStore")
def create_staging_store(call: Call) -> dict[str, Any]:
    """Whatever is wrong becomes an internal error, and the store is of the zone without a word of scope, too."""
    try:
        store = _create(call)
    except ApiError as error:
        raise ServerApiError(530, error.text) from None
    return {"secondarystorage": image_store_view(call, store)}


def _create(call: Call) -> ImageStore:
    p = call.params
    scope = p.scope.upper() if p.scope is not None else None
    if scope is not None and scope not in SCOPES:
        raise InvalidParameter(f"invalid scope for cache store {p.scope}")
    if scope not in (None, "ZONE"):
        raise InvalidParameter("Only zone wide cache storage is supported")
    if p.zoneid is None:
        raise InvalidParameter("zone id can't be null, if scope is zone" if scope else "Can't find zone by id null")
    zone = open_zone(call, p.zoneid)
    protocol = file_protocol(p.url)
    known = call.db.image_stores.first(name=p.url)
    if known is not None:
        return known
    store: ImageStore = call.db.image_stores.add(
        ImageStore(
            name=p.url, url=p.url, provider="NFS", protocol=protocol, zone_id=zone.id, role=ROLE,
            details=flat_map(p.details),
        )
    )  # fmt: skip
    return store


@command("deleteSecondaryStagingStore")
def delete_staging_store(call: Call) -> dict[str, Any]:
    store = live(call.params.id, "Cache store with id {id} doesn't exist")
    call.db.image_stores.remove(store)
    return SUCCESS


@command("updateCloudToUseObjectStore")
def use_object_store(call: Call) -> dict[str, Any]:
    """The stores that there are become staging stores, before the new one is looked at."""
    p = call.params
    stores = call.db.image_stores.where(role="Image")
    if any(store.provider != "NFS" for store in stores):
        raise InvalidParameter("We only support migrate NFS secondary storage to use object store!")
    for store in stores:
        store.role = ROLE
    given = Wanted(p.name, p.url, IMAGE.get(p.provider.lower(), "NFS"), flat_map(p.details))
    return {"imagestore": image_store_view(call, add(call, given))}
