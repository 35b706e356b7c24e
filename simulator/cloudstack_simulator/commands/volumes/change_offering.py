"""changeOfferingForVolume."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.volumes import Volume
from ...registry import command
from ..common import completed
from . import lifecycle, placement
from .resize import check_change, check_iops, check_strictness, new_size, resize, set_iops, usable
from .view import volume_view


@command("changeOfferingForVolume")
def change_offering(call: Call) -> Generator[float, None, Any]:
    p = call.params
    volume = usable(call, p.id)
    offering = p.diskofferingid
    if offering.removed is not None or offering.state != "Active" or offering.compute_only:
        raise InvalidParameter("Requested disk offering has been removed.")
    size = new_size(call, offering)
    if offering.custom_iops:
        check_iops(call, volume)
    current = call.db.disk_offerings.get(volume.disk_offering_id)
    if current is not None and current.size_strictness and size != volume.size:
        raise InvalidParameter(f"Resize volume for {volume.name} is not allowed since disk offering's size is fixed")
    if current is not None and current.id == offering.id and not offering.customized:
        raise InvalidParameter(f"Volume {volume} is already having disk offering {offering.uuid}")
    check(call, volume, offering, size)
    yield 0.2
    take_over(call, volume, offering, size)
    completed(call, "VOLUME.CHANGE.DISK.OFFERING", "changing disk offering of a volume. Volume Id", volume)
    view = volume_view(call, volume, full=False)
    for name in ("storagetype", "hypervisor"):
        view.pop(name, None)
    return {"volume": view}


def check(call: Call, volume: Volume, offering: Any, size: int) -> None:
    """Refuse what the volume cannot become."""
    _check_tags(call, volume, call.db.disk_offerings.get(volume.disk_offering_id), offering)
    check_change(call, volume, size, to_offering=True)
    if offering.custom_iops:
        check_iops(call, volume)


def take_over(call: Call, volume: Volume, offering: Any, size: int) -> None:
    """The volume has the offering from now on: on another pool if it must, with its size and IOPS."""
    _move_if_needed(call, volume, offering)
    if size != volume.size:
        resize(call, volume, size)
    volume.disk_offering_id = offering.id
    set_iops(call, volume, offering)


def _check_tags(call: Call, volume: Volume, current: Any, offering: Any) -> None:
    check_strictness(call, volume, current, offering, ".")
    if current is None or not call.setting("match.storage.pool.tags.with.disk.offering", call.db.zones[volume.zone_id]):
        return
    if not set(current.tags) <= set(offering.tags):
        raise InvalidParameter(
            f"Selected disk offering {current.uuid} does not have tags as in existing disk offering of volume "
            f"{volume.uuid}"
        )


def _move_if_needed(call: Call, volume: Volume, offering: Any) -> None:
    pool = call.db.storage_pools.get(volume.pool_id)
    if pool is None or placement.suits(pool, offering.tags):
        return
    if not call.params.automigrate:
        raise InvalidParameter(
            f"Failed to change offering for volume {volume.uuid} since automigrate is set to false but volume needs "
            "to migrated"
        )
    cluster = call.db.clusters.get(pool.cluster_id)
    chosen = placement.choose(call.sim, volume, tags=offering.tags, cluster=cluster)
    if chosen is None:
        raise CloudRuntime(
            f"Volume change offering operation failed for volume: {volume} as no suitable pool(s) found for migrating "
            "to support new disk offering"
        )
    lifecycle.put_on(call.sim, volume, chosen)
