"""Other zones and pools that copies of snapshots may go to."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter, PermissionDenied
from ...model.volumes import Volume


def check_zone(call: Call, zone: Any) -> None:
    live(zone, "Please specify a valid destination zone.")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone.name}")
    _refuse_edge(zone)


def check_pool(call: Call, pool: Any) -> None:
    live(pool, "Please specify a valid destination pool.")
    if pool.state != "Up" and not call.caller.is_root_admin:
        raise PermissionDenied(
            "Cannot perform this operation, the storage pool is not in Up state or the user is not the Root Admin "
            f"{pool.name}"
        )
    _refuse_edge(call.db.zones[pool.zone_id])


def _refuse_edge(zone: Any) -> None:
    if zone.is_edge:
        raise InvalidParameter(f"Snapshot copy is not supported by zone {zone.name}")


def check_policy(call: Call, volume: Volume) -> None:
    """Refuse a policy whose snapshots cannot be where the call wants them."""
    zones, pools = call.params.zoneids or [], call.params.storageids or []
    if not zones and not pools:
        return
    if zones and not call.setting("snapshot.backup.to.secondary"):
        raise InvalidParameter("Backing up of snapshot has been disabled. Snapshot can not be taken for multiple zones")
    if call.db.zones[volume.zone_id].is_edge:
        raise InvalidParameter(
            "Backing up of snapshot is not supported by the zone of the volume. Snapshots can not be taken for "
            "multiple zones"
        )
    for zone in zones:
        check_zone(call, zone)
    for pool in pools:
        check_pool(call, pool)
