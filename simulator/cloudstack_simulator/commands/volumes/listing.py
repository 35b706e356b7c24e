"""listVolumes and its kin."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...listing import Filter, contains, equal, matching, tagged
from ...model.volumes import Volume
from ...registry import command
from ..common import by_ids
from .encryption import is_encrypted
from .view import volume_view

KEYWORD = ("name", "kind", "state")


@command("listVolumes")
def list_volumes(call: Call) -> dict[str, Any]:
    """The pages go from the newest to the oldest volumes; the rows of a page are in their order."""
    answer = call.listing(
        "volume", call.db.volumes, volume_view, where=filters(call), keyword=KEYWORD, owned=True, newest_first=True
    )
    if "volume" in answer:
        answer["volume"].reverse()
    return answer


def filters(call: Call) -> list[Filter | None]:
    """The filters of listVolumes. The server overlooks the host."""
    p = call.params
    return [
        by_ids(call),
        equal("vm_id", p.virtualmachineid),
        equal("name", p.name),
        contains("kind", p.type),
        equal("state", p.state),
        equal("zone_id", p.zoneid),
        equal("disk_offering_id", _disk_offering(call)),
        equal(lambda v: _pool(call, v, "pod_id"), p.podid),
        equal(lambda v: _pool(call, v, "cluster_id"), p.clusterid),
        equal("pool_id", _on_pool(call)),
        *_by_display(call),
        matching(lambda v: is_encrypted(call.sim, v) is p.isencrypted) if p.isencrypted is not None else None,
        tagged(call, "Volume"),
    ]


def _disk_offering(call: Call) -> Any:
    """The disk offering asked for: that of a service offering is the hidden one behind it."""
    p = call.params
    if p.diskofferingid is not None or not p.serviceofferingid:
        return p.diskofferingid
    return call.db.disk_offerings.get(p.serviceofferingid.disk_offering_id)


def _on_pool(call: Call) -> Any:
    uuid = call.params.storageid
    if uuid is None:
        return None
    pool = call.db.storage_pools.find(uuid)
    if pool is None or pool.removed is not None:
        raise InvalidParameter(f"Unable to find storage pool by uuid {uuid}")
    return pool


def _pool(call: Call, volume: Volume, field: str) -> Any:
    return getattr(call.db.storage_pools.get(volume.pool_id), field, None)


def _by_display(call: Call) -> list[Filter | None]:
    shown = call.params.get("displayvolume", True)
    if call.params.listsystemvms:
        return [equal("display", shown)]
    return [equal("listed", True)] if shown else [equal("display", False), _of_no_system_vm(call)]


def _of_no_system_vm(call: Call) -> Filter:
    kinds = call.db.vms.buckets("vm_type") or {}
    system = {number for kind, bucket in kinds.items() if kind != "user" for number in bucket}
    return matching(lambda v: v.vm_id not in system)
