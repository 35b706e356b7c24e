"""Taking and deleting snapshots: for the commands and for policies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...model.volumes import Snapshot, Volume
from ..image_stores.contents import keep
from ..images import rows as images

if TYPE_CHECKING:
    from ...simulator import Simulator


def new(
    sim: Simulator, volume: Volume, *, name: str | None = None, kind: str = "MANUAL", policy: Any = None
) -> Snapshot:
    """A snapshot that is allocated, not taken yet."""
    snapshot: Snapshot = sim.db.snapshots.add(
        Snapshot(
            name=name or default_name(sim, volume),
            volume_id=volume.id,
            account_id=volume.account_id,
            zone_id=volume.zone_id,
            size=volume.size,
            kind=kind,
            disk_offering_id=volume.disk_offering_id,
            hypervisor=volume.hypervisor,
            policy_id=policy.id if policy is not None else None,
            path=sim.ids.uuid(),
        )
    )
    sim.limits.add(volume.account_id, "snapshot", 1)
    return snapshot


def default_name(sim: Simulator, volume: Volume) -> str:
    """`vm_volume_time`, with `detached` for a volume without VM."""
    vm = sim.db.vms.get(volume.vm_id)
    moment = datetime.fromtimestamp(sim.clock.now(), UTC).strftime("%Y%m%d%H%M%S")
    return f"{vm.name if vm is not None else 'detached'}_{volume.name}_{moment}"


def back_up(sim: Simulator, snapshot: Snapshot, zones: list[int] | None = None) -> None:
    """The snapshot lies on the secondary storage of its zone (and of further ones)."""
    snapshot.state = "BackedUp"
    snapshot.zone_ids = [snapshot.zone_id, *(z for z in zones or [] if z != snapshot.zone_id)]
    keep(sim, snapshot)
    if snapshot.hypervisor != "Simulator":
        snapshot.physical_size = snapshot.size
        sim.limits.add(snapshot.account_id, "secondary_storage", snapshot.physical_size)


def has_no_room(sim: Simulator, volume: Volume) -> bool:
    """Whether no image store of the volume's zone takes anything any more."""
    stores = images.stores_of(sim, sim.db.zones[volume.zone_id])
    return bool(stores) and all(store.full for store in stores)


def fail(sim: Simulator, snapshot: Snapshot) -> None:
    snapshot.state = "Error"
    snapshot.zone_ids, snapshot.stores = [], {}
    sim.limits.add(snapshot.account_id, "snapshot", -1)


def delete(sim: Simulator, snapshot: Snapshot) -> None:
    if snapshot.removed is not None:
        return
    if snapshot.state != "Error":
        sim.limits.add(snapshot.account_id, "snapshot", -1)
        sim.limits.add(snapshot.account_id, "secondary_storage", -snapshot.physical_size)
    snapshot.state = "Destroyed"
    sim.tags.drop(snapshot)
    sim.db.snapshots.remove(snapshot)
