"""How images come to image stores: at once where the hypervisor is the fake one, over time elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...model.images import BUILTIN, PERHOST, SYSTEM, Template, TemplateCopy
from .. import hypervisors
from . import rows

if TYPE_CHECKING:
    from ...simulator import Simulator

SYSTEM_ACCOUNT = 1
FAKE_SIZE = 5 << 20
REAL_SIZE = 2 << 30
REAL_PHYSICAL_SIZE = 512 << 20
SYSTEM_SIZE = 2 << 30
STEP = 1.0
PERCENT_PER_STEP = 25
RETRY = 15.0
NO_ROOM = "No space left on device"
NO_VM = "Storage agent or storage VM disconnected"


def register(sim: Simulator, template: Template, zone: Any) -> None:
    """A new template belongs to a zone, and is fetched; by a disabled zone's storage VM once there is one."""
    rows.put_in_zone(sim, template, zone)
    if zone.allocation_state != "Disabled":
        fetch(sim, template, zone)


def fetch(sim: Simulator, template: Template, zone: Any) -> None:
    """Bring a template to stores of its zone: to all that lack it, to one store when only its owner wants it."""
    here = {copy.store_id for copy in rows.copies(sim, template, zone)}
    if template.direct_download or (here and is_private(template)):
        return
    stores = [store for store in rows.stores_of(sim, zone) if store.id not in here]
    stores = [store for store in stores if not store.full] or stores
    if is_private(template) and len(stores) > 1:
        stores = [sim.choose("image store", stores, template=template)]
    for store in stores:
        start(sim, template, store)


def is_private(template: Template) -> bool:
    """Whether one store of a zone is enough for it."""
    return not (template.public or template.featured or template.kind == SYSTEM)


def start(sim: Simulator, template: Template, store: Any) -> TemplateCopy:
    """Begin the copy of a template on one store."""
    copy: TemplateCopy = sim.db.template_copies.add(
        TemplateCopy(
            template_id=template.id, store_id=store.id, zone_id=store.zone_id, state="NOT_DOWNLOADED", percent=0
        )
    )
    _begin(sim, template, copy, store)
    return copy


def _begin(sim: Simulator, template: Template, copy: TemplateCopy, store: Any) -> None:
    if is_seeded(template) and store.full:
        copy.state, copy.error = "DOWNLOAD_ERROR", NO_ROOM
    elif is_seeded(template):
        copy.state, copy.percent = "DOWNLOADED", 100
        if template.size is not None:
            rows.count_copy(sim, template, copy, 1)
    elif is_instant(sim, template, store) and not store.full:
        finish(sim, template, copy)
    else:
        sim.scheduler.after(STEP, advance, sim, template, copy)


def is_seeded(template: Template) -> bool:
    """System templates lie on a store before anything runs; the fake hypervisor's built-in one does, too."""
    if template.account_id != SYSTEM_ACCOUNT:
        return False
    return template.kind == SYSTEM or (template.kind == BUILTIN and hypervisors.is_fake(template.hypervisor))


def synchronize(sim: Simulator, zone_id: int) -> None:
    """A secondary storage VM has come up: it looks at what lies on the stores, and fetches what they lack.

    Both only for hypervisors that the zone has. What had failed is tried again. A template of its owner alone that lies
    on one store of the zone does not come to the others.
    """
    for failed in sim.db.template_copies.where(zone_id=zone_id, state="DOWNLOAD_ERROR"):
        failed.state, failed.percent, failed.error = "NOT_DOWNLOADED", 0, None
        _begin(sim, sim.db.templates[failed.template_id], failed, sim.db.image_stores[failed.store_id])
    zone = sim.db.zones[zone_id]
    there = {host.hypervisor for host in sim.db.hosts.where(zone_id=zone_id, kind="Routing")} | {None, "Any"}
    for template in sim.db.templates:
        if template.hypervisor not in there or template.kind == PERHOST:
            continue
        if is_seeded(template):
            _measure(sim, template, zone_id)
        elif template.url and sim.db.template_zones.where(template_id=template.id, zone_id=zone.id):
            fetch(sim, template, zone)


def _measure(sim: Simulator, template: Template, zone_id: int) -> None:
    if template.size is None and sim.db.template_copies.where(template_id=template.id, zone_id=zone_id):
        template.size, template.physical_size = sizes(template)
        for copy in sim.db.template_copies.where(template_id=template.id):
            rows.count_copy(sim, template, copy, 1)


def is_instant(sim: Simulator, template: Template, store: Any) -> bool:
    """Whether it is there at once: on the fake hypervisor, ISOs too where there is no other."""
    if template.hypervisor is not None:
        return hypervisors.is_fake(template.hypervisor)
    hosts = sim.db.hosts.where(kind="Routing", **({"zone_id": store.zone_id} if store.zone_id else {}))
    return bool(hosts) and all(hypervisors.is_fake(h.hypervisor) for h in hosts)


def advance(sim: Simulator, template: Template, copy: TemplateCopy) -> None:
    """One step of a download; it waits as long as no secondary storage VM is there to do it."""
    if copy.removed is not None or template.removed is not None or copy.state in rows.READY:
        return
    if not _has_agent(sim, copy.zone_id):
        copy.state, copy.error = "NOT_DOWNLOADED", NO_VM
        sim.scheduler.after(RETRY, advance, sim, template, copy)
        return
    if sim.db.image_stores[copy.store_id].full:
        copy.state, copy.error = "DOWNLOAD_ERROR", NO_ROOM
        return
    copy.error = None
    if copy.percent >= 100:
        finish(sim, template, copy)
        return
    copy.state, copy.percent = "DOWNLOAD_IN_PROGRESS", min(100, copy.percent + PERCENT_PER_STEP)
    sim.scheduler.after(STEP, advance, sim, template, copy)


def _has_agent(sim: Simulator, zone_id: int | None) -> bool:
    agents = sim.db.hosts.where(kind="SecondaryStorageVM", state="Up")
    return any(zone_id in (None, agent.zone_id) for agent in agents)


def finish(sim: Simulator, template: Template, copy: TemplateCopy) -> None:
    """The copy is complete: VMs can be made from it."""
    if template.size is None:
        template.size, template.physical_size = sizes(template)
    copy.state, copy.percent, copy.error = "DOWNLOADED", 100, None
    rows.count_copy(sim, template, copy, 1)


def sizes(template: Template) -> tuple[int, int]:
    """(virtual, physical) bytes of an image."""
    if template.kind in (SYSTEM, BUILTIN) and template.account_id == SYSTEM_ACCOUNT:
        return SYSTEM_SIZE, SYSTEM_SIZE if hypervisors.is_fake(template.hypervisor) else REAL_PHYSICAL_SIZE
    if template.hypervisor is None or hypervisors.is_fake(template.hypervisor):
        return FAKE_SIZE, FAKE_SIZE
    return REAL_SIZE, REAL_PHYSICAL_SIZE


def store_added(sim: Simulator, store: Any) -> None:
    """A new image store gets the templates that belong to every zone."""
    zones = [sim.db.zones[store.zone_id]] if store.zone_id is not None else list(sim.db.zones)
    for template in sim.db.templates:
        if not template.cross_zones or template.kind == PERHOST:
            continue
        for zone in zones:
            rows.put_in_zone(sim, template, zone)
        if is_seeded(template):
            start(sim, template, store)
    if _has_agent(sim, store.zone_id):
        for zone in zones:
            synchronize(sim, zone.id)


def store_removed(sim: Simulator, store: Any) -> None:
    """An image store is gone with the copies on it."""
    for copy in sim.db.template_copies.where(store_id=store.id):
        template = sim.db.templates.get(copy.template_id)
        if template is not None:
            rows.count_copy(sim, template, copy, -1)
        sim.db.template_copies.delete(copy)
