"""What lies on image stores, how much room it takes, and which store takes something new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...model.images import Template, TemplateCopy
from ...model.pools import ImageStore
from ...model.volumes import Snapshot, Volume
from .. import hypervisors

if TYPE_CHECKING:
    from ...simulator import Simulator

DEFAULT_CAPACITY = 1 << 40


@dataclass(frozen=True, slots=True)
class Held:
    """A template, snapshot or uploaded volume on a store."""

    row: Template | Snapshot | Volume
    size: int
    """Bytes it takes there."""
    complete: bool
    path: str
    """Of its file below the store's export."""


def contents(sim: Simulator, store: ImageStore) -> list[Held]:
    """Everything on a store."""
    found = [_template(sim, copy) for copy in sim.db.template_copies.where(store_id=store.id)]
    found += [_snapshot(s) for s in sim.db.snapshots if store.id in s.stores.values()]
    found += [_volume(v) for v in sim.db.volumes if v.image_store_id == store.id and v.pool_id is None]
    return [held for held in found if held.row.removed is None]


def _template(sim: Simulator, copy: TemplateCopy) -> Held:
    template = sim.db.templates[copy.template_id]
    place = f"template/tmpl/{template.account_id}/{template.id}"
    return Held(
        template,
        template.physical_size or template.size or 0,
        copy.state in ("DOWNLOADED", "UPLOADED"),
        f"{place}/{copy.uuid}.{template.format.lower()}",
    )


def _snapshot(snapshot: Snapshot) -> Held:
    place = f"snapshots/{snapshot.account_id}/{snapshot.volume_id}"
    return Held(snapshot, snapshot.physical_size, snapshot.state == "BackedUp", f"{place}/{snapshot.path}")


def _volume(volume: Volume) -> Held:
    name = f"{volume.uuid}.{(volume.format or 'qcow2').lower()}"
    return Held(volume, volume.size, volume.state == "Uploaded", f"volumes/{volume.account_id}/{volume.id}/{name}")


def capacity(store: ImageStore) -> int:
    """Bytes of a store."""
    return store.capacity or DEFAULT_CAPACITY


def measure(sim: Simulator, store: ImageStore) -> None:
    """What the statistics collector asks a storage VM of the zone; the fake hypervisor's have no answer."""
    agents = sim.db.hosts.where(kind="SecondaryStorageVM", state="Up")
    if sim.faults.strikes("store-unmounted", store.name):
        return
    if any(
        store.zone_id in (None, agent.zone_id) and not hypervisors.is_fake(_hypervisor(sim, agent)) for agent in agents
    ):
        store.used = sum(held.size for held in contents(sim, store))


def _hypervisor(sim: Simulator, agent: Any) -> str | None:
    vm = sim.db.vms.get(agent.vm_id)
    return vm.hypervisor if vm is not None else agent.hypervisor


def choose(sim: Simulator, zone_id: int) -> ImageStore | None:
    """The store of a zone that takes something new: of those that may be written, the one with the most room left."""
    writable = [s for s in sim.db.image_stores.where(role="Image") if s.zone_id in (zone_id, None) and not s.read_only]
    if len(writable) < 2:
        return writable[0] if writable else None
    return max(writable, key=lambda store: 1 - (store.used or 0) / capacity(store))


def keep(sim: Simulator, snapshot: Snapshot) -> None:
    """A snapshot is kept on a store of each of its zones."""
    for zone_id in snapshot.zone_ids:
        store = choose(sim, zone_id) if zone_id not in snapshot.stores else None
        if store is not None:
            snapshot.stores[zone_id] = store.id
