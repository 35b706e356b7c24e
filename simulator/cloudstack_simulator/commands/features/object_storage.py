"""Object stores and buckets."""

from __future__ import annotations

import re
from typing import Any

from ...access import entity_owner
from ...call import Call, live
from ...clock import timestamp
from ...errors import ApiError, IllegalArgument, InvalidParameter, ServerApiError
from ...limits import GIB
from ...listing import any_of, equal, tagged
from ...model.features import Bucket, ObjectStore
from ...parameters import flat_map
from ...registry import SUCCESS, allocate, command, on_account_removal
from ...tags import taggable
from .. import urls
from ..common import owner_fields

PROVIDERS = ("Simulator", "MinIO", "Ceph", "Cloudian HyperStore")

ADDRESS = re.compile(r"(\d+\.){3}\d+")

taggable("Bucket", "buckets")


def store_view(_call: Call, store: ObjectStore) -> dict[str, Any]:
    return {"id": store.uuid, "name": store.name, "providername": store.provider}


def store_row(call: Call, store: ObjectStore) -> dict[str, Any]:
    buckets = call.db.buckets.where(object_store_id=store.id)
    return {
        **store_view(call, store),
        "url": store.url,
        "storagetotal": store.size * GIB if store.size else None,
        "storageallocated": sum(b.quota for b in buckets) * GIB,
        "storageused": sum(b.size for b in buckets),
    }


@command("addObjectStoragePool")
def add_store(call: Call) -> dict[str, Any]:
    p = call.params
    try:
        _check_new(call)
    except ApiError as error:
        raise ServerApiError(530, error.text) from None
    store = call.db.object_stores.add(
        ObjectStore(name=p.name, url=p.url, provider=p.provider, size=p.size, details=flat_map(p.details))
    )
    return {"objectstore": store_view(call, store)}


def _check_new(call: Call) -> None:
    p, stores = call.params, call.db.object_stores
    if p.provider not in PROVIDERS:
        raise InvalidParameter(f"can't find object store provider: {p.provider}")
    if stores.where(name=p.name):
        raise InvalidParameter(f"The object store with name {p.name} already exists, try creating with another name")
    urls.check(p.url)
    if any(store.url == p.url for store in stores):
        raise InvalidParameter(f"The object store with url {p.url} already exists")


@command("updateObjectStoragePool")
def update_store(call: Call) -> dict[str, Any]:
    """Names may be given twice here."""
    p = call.params
    store = live(p.id, "Unable to find object store with ID: {id}", IllegalArgument)
    if p.url is not None:
        try:
            urls.check(p.url)
        except ApiError:
            raise InvalidParameter(f"{p.url} is not a valid URL") from None
    store.name, store.url, store.size = p.get("name", store.name), p.get("url", store.url), p.get("size", store.size)
    return {"objectstore": store_view(call, store)}


@command("deleteObjectStoragePool")
def delete_store(call: Call) -> dict[str, Any]:
    store = live(call.params.id, "Object store with id {id} doesn't exist")
    if call.db.buckets.where(object_store_id=store.id):
        raise InvalidParameter("Cannot delete object store with buckets")
    call.db.object_stores.remove(store)
    return SUCCESS


@command("listObjectStoragePools")
def list_stores(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("id", p.id), equal("name", p.name), equal("provider", p.provider)]
    return call.listing("objectstore", call.db.object_stores, store_row, where=filters, keyword=("name", "provider"))


def bucket_view(call: Call, bucket: Bucket) -> dict[str, Any]:
    store = call.db.object_stores[bucket.object_store_id]
    owner = owner_fields(call, bucket.account_id)
    return {
        "id": bucket.uuid,
        "name": bucket.name,
        "created": timestamp(bucket.created),
        **{k: v for k, v in owner.items() if k in ("account", "projectid", "project")},
        "objectstorageid": store.uuid,
        "objectstore": store.name,
        "size": bucket.size,
        "state": bucket.state,
        "quota": bucket.quota,
        "encryption": bucket.encryption,
        "versioning": bucket.versioning,
        "objectlocking": bucket.object_locking,
        "policy": bucket.policy,
        "provider": store.provider,
        "tags": call.sim.tags.full_views(bucket),
    }


def bucket_row(call: Call, bucket: Bucket) -> dict[str, Any]:
    store = call.db.object_stores[bucket.object_store_id]
    return {
        **bucket_view(call, bucket),
        "url": f"{store.url.rstrip('/')}/{bucket.name}",
        "accesskey": "accesskey",
        "usersecretkey": "secretkey",
    }


@allocate("createBucket")
def allocate_bucket(call: Call) -> Bucket:
    p = call.params
    _check_name(p.name)
    owner = entity_owner(call)
    store = live(p.objectstorageid, "Unable to find object store by id {id}")
    if p.quota < 0:
        raise InvalidParameter("Invalid quota size. Please specify a value greater than or equal to 0")
    call.sim.limits.check(owner, "bucket")
    call.sim.limits.check(owner, "object_storage", p.quota * GIB)
    bucket: Bucket = call.db.buckets.add(
        Bucket(
            name=p.name,
            account_id=owner.id,
            object_store_id=store.id,
            quota=p.quota,
            encryption=bool(p.encryption),
            versioning=bool(p.versioning),
            object_locking=bool(p.objectlocking),
            policy=p.policy,
        )
    )
    _count(call.sim, bucket, 1)
    return bucket


def _check_name(name: str) -> None:
    """Names are as S3 wants them."""
    trouble = _trouble(name)
    if trouble is not None:
        raise InvalidParameter(f"Invalid Bucket Name: Bucket name {trouble}")


def _trouble(name: str) -> str | None:
    if not 3 <= len(name) <= 63:
        return "should be between 3 and 63 characters long"
    if ADDRESS.fullmatch(name):
        return "must not be formatted as an IP Address"
    for before, sign in zip(chr(0) + name, name, strict=False):
        trouble = _trouble_with(before, sign)
        if trouble is not None:
            return trouble
    return "should not end with '-' or '.'" if name[-1] in ".-" else None


def _trouble_with(before: str, sign: str) -> str | None:
    if "A" <= sign <= "Z":
        return "should not contain uppercase characters"
    if sign in " \t\r\n":
        return "should not contain white space"
    if sign in ".-":
        if before == chr(0):
            return "should not begin with a period" if sign == "." else "should not begin with a '-'"
        if sign == before == ".":
            return "should not contain two adjacent periods"
        return "should not contain dashes next to periods" if {before, sign} == {".", "-"} else None
    return None if sign.isascii() and sign.isalnum() else f"should not contain '{sign}'"


def _count(sim: Any, bucket: Bucket, sign: int) -> None:
    sim.limits.add(bucket.account_id, "bucket", sign)
    sim.limits.add(bucket.account_id, "object_storage", sign * bucket.quota * GIB)


@command("createBucket")
def create_bucket(call: Call) -> dict[str, Any]:
    call.event("BUCKET.CREATE", f"Successfully completed creating bucket. Bucket Id: {call.created.uuid}", call.created)
    return {"bucket": bucket_view(call, call.created)}


def _bucket(call: Call) -> Bucket:
    bucket: Bucket = live(call.params.id, "Unable to find bucket with ID: {id}")
    call.check_access(bucket)
    return bucket


@command("updateBucket")
def update_bucket(call: Call) -> dict[str, Any]:
    p, bucket = call.params, _bucket(call)
    if p.quota is not None:
        more = (p.quota - bucket.quota) * GIB
        if more > 0:
            call.sim.limits.check(call.db.accounts[bucket.account_id], "object_storage", more)
        call.sim.limits.add(bucket.account_id, "object_storage", more)
        bucket.quota = p.quota
    bucket.versioning = p.get("versioning", bucket.versioning)
    bucket.encryption = p.get("encryption", bucket.encryption)
    bucket.policy = p.get("policy", bucket.policy)
    return SUCCESS


@command("deleteBucket")
def delete_bucket(call: Call) -> dict[str, Any]:
    _remove(call.sim, _bucket(call))
    return SUCCESS


def _remove(sim: Any, bucket: Bucket) -> None:
    _count(sim, bucket, -1)
    sim.tags.drop(bucket)
    sim.db.buckets.remove(bucket)


@command("listBuckets")
def list_buckets(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [
        equal("id", p.id),
        any_of("id", p.ids),
        equal("name", p.name),
        equal("object_store_id", p.objectstorageid),
        tagged(call, "Bucket"),
    ]
    return call.listing("bucket", call.db.buckets, bucket_row, where=filters, keyword=("name",), owned=True)


@on_account_removal()
def forget_buckets(sim: Any, account: Any) -> None:
    for bucket in sim.db.buckets.where(account_id=account.id):
        _remove(sim, bucket)
