"""Storage access groups: which hosts may use which pools."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter
from ...registry import SUCCESS, command

PLACES = ("zones", "pods", "clusters", "hosts", "storage_pools")


@command("configureStorageAccess")
def configure_access(call: Call) -> dict[str, Any]:
    p = call.params
    targets = [row for row in (p.zoneid, p.podid, p.clusterid, p.hostid, p.storageid) if row is not None]
    if len(targets) != 1:
        raise IllegalArgument("Exactly one of zoneid, podid, clusterid, hostid or storagepoolid is required")
    if "storageaccessgroups" not in p:
        raise InvalidParameter("storageaccessgroups parameter is required")
    target = live(targets[0], "Unable to find the resource with id {id}")
    if target is p.storageid and target.scope == "HOST":
        raise CloudRuntime("Storage Access Groups are not suitable for local storage")
    check_new(p.storageaccessgroups, **_around(call, target))
    target.storage_access_groups = [group for group in p.storageaccessgroups or [] if group]
    call.event(
        "CONFIGURE.STORAGE.ACCESS",
        f"Successfully completed configuring storage access groups. Id: {target.uuid}",
        target,
    )
    return SUCCESS


def _around(call: Call, target: Any) -> dict[str, Any]:
    """The places around a pod, a cluster or a host, the nearest one first; nothing is around zones and pools."""
    p, db = call.params, call.db
    if target is p.podid:
        return {"zone": db.zones[target.zone_id]}
    if target is p.clusterid:
        return {"pod": db.pods[target.pod_id], "zone": db.zones[target.zone_id]}
    if target is p.hostid:
        cluster = db.clusters[target.cluster_id]
        return {"cluster": cluster, "pod": db.pods[cluster.pod_id], "zone": db.zones[cluster.zone_id]}
    return {}


def check_new(groups: list[str] | None, **places: Any) -> None:
    """Refuse groups of a new pod, cluster or host that a place around it has already; the nearest place first."""
    found = []
    for kind, place in places.items():
        known = [group for group in groups or [] if group in place.storage_access_groups]
        if known:
            found.append(f"on the {kind}: [{', '.join(known)}]")
    if found:
        raise CloudRuntime(f"access groups already exist {', '.join(found)}")


@command("listStorageAccessGroups")
def list_groups(call: Call) -> dict[str, Any]:
    p = call.params
    names = {group for table in PLACES for row in call.db.tables[table] for group in row.storage_access_groups}
    word = (p.keyword or "").lower()
    found = sorted(name for name in names if (p.name is None or name == p.name) and word in name.lower())
    return call.listing("storageaccessgroup", found, lambda _call, name: {"name": name})
