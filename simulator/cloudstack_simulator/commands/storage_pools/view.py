"""How answers show a storage pool, and lists of pools."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.pools import StoragePool
from ...registry import command
from ..annotations import has_annotations
from ..common import in_access_group
from ..zones.capacity import overprovisioning

SCOPES = ("HOST", "CLUSTER", "ZONE", "REGION", "GLOBAL")
STATES = (
    "Initial", "Initialized", "Creating", "Attaching", "Up", "PrepareForMaintenance", "ErrorInMaintenance",
    "CancelMaintenance", "Maintenance", "Disabled", "Removed",
)  # fmt: skip
QUIESCE = {"VOLUME_SNAPSHOT_QUIESCEVM": "false"}


def pool_view(call: Call, pool: StoragePool) -> dict[str, Any]:
    """One pool. Capabilities are in lists only; an empty `details` too."""
    db = call.db
    zone, pod, cluster = db.zones[pool.zone_id], db.pods.get(pool.pod_id), db.clusters.get(pool.cluster_id)
    listed = call.command.startswith("list")
    return {
        "id": pool.uuid,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "podid": pod.uuid if pod else None,
        "podname": pod.name if pod else None,
        "clusterid": cluster.uuid if cluster else None,
        "clustername": cluster.name if cluster else None,
        "name": pool.name,
        "ipaddress": pool.address,
        "path": pool.path,
        "created": timestamp(pool.created),
        "type": pool.pool_type,
        "capacitybytes": pool.capacity,
        "disksizetotal": pool.capacity,
        "disksizeallocated": pool.allocated,
        "disksizeused": pool.used,
        "capacityiops": pool.capacity_iops,
        "usediops": pool.used_iops,
        "tags": ",".join(pool.tags) or None,
        "istagarule": pool.is_tag_rule,
        "nfsmountopts": pool.details.get("nfsmountopts"),
        "state": pool.state,
        "scope": pool.scope,
        "overprovisionfactor": str(overprovisioning(call, pool)),
        "hypervisor": pool.hypervisor,
        "provider": pool.provider,
        "storagecapabilities": QUIESCE if listed else None,
        "managed": pool.managed,
        "details": pool.details if pool.details or listed else None,
        "storageaccessgroups": ",".join(pool.storage_access_groups) or None,
        "hasannotations": has_annotations(call, pool),
    }


@command("listStoragePools")
def list_pools(call: Call) -> dict[str, Any]:
    p = call.params
    rows: Any = call.db.storage_pools
    if p.hostid:
        rows = [s for s in rows if reaches(s, p.hostid)]
    return call.listing(
        "storagepool",
        rows,
        pool_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("zone_id", p.zoneid),
            _within("pod_id", p.podid),
            _within("cluster_id", p.clusterid),
            equal("address", p.ipaddress),
            equal("path", p.path),
            equal("scope", _known(p.scope, SCOPES, "scope type")),
            equal("state", _known(p.status, STATES, "status")),
            in_access_group(call),
        ],
        keyword=("name", "pool_type"),
        sort=lambda pool: (pool.scope == "HOST", pool.id),
    )


def _known(word: str | None, words: tuple[str, ...], what: str) -> str | None:
    """A word of the server's, however it is written; others are refused."""
    if word is not None and word.lower() not in {known.lower() for known in words}:
        raise InvalidParameter(f"Invalid {what}: {word}")
    return word


def _within(field: str, place: Any) -> Any:
    """Pools of a pod or cluster, and those that belong to none because they are of the whole zone."""
    return matching(lambda s: getattr(s, field) in (place.id, None)) if place is not None else None


def reaches(pool: StoragePool, host: Any) -> bool:
    """Whether a host is connected to the pool."""
    return host.id not in pool.unmounted and _is_for(pool, host)


def _is_for(pool: StoragePool, host: Any) -> bool:
    if pool.scope == "HOST":
        return pool.host_id == host.id
    if pool.scope == "CLUSTER":
        return pool.cluster_id == host.cluster_id
    return pool.zone_id == host.zone_id and pool.hypervisor in (host.hypervisor, "Any", None)


@command("listStorageTags")
def list_storage_tags(call: Call) -> dict[str, Any]:
    rows = [(pool, tag) for pool in call.db.storage_pools for tag in pool.tags]
    word = (call.params.keyword or "").lower()
    return call.listing("storagetag", [r for r in rows if word in r[1].lower()], _tag_view)


def _tag_view(_call: Call, row: tuple[StoragePool, str]) -> dict[str, Any]:
    return {"poolid": row[0].id, "name": row[1]}
