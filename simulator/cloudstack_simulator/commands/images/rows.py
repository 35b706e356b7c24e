"""Templates by zone: what exists where, and what the lists make their rows of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ...model.images import Template, TemplateCopy, TemplateOnPool, TemplateZone
from .. import hypervisors

if TYPE_CHECKING:
    from ...simulator import Simulator

READY = ("DOWNLOADED", "UPLOADED")
FAKE_COPY = 100
"""Bytes that the fake hypervisor says a template takes on primary storage."""


class ImageRow(NamedTuple):
    """One row of listTemplates and listIsos: a template in one zone (or in none)."""

    template: Template
    zone: Any

    @property
    def id(self) -> int:
        return self.template.id


def image_rows(sim: Simulator, templates: list[Template]) -> list[ImageRow]:
    """The rows of some templates, zone by zone."""
    rows = []
    for template in templates:
        zones = sim.db.template_zones.where(template_id=template.id)
        rows += [ImageRow(template, sim.db.zones[z.zone_id]) for z in zones] or [ImageRow(template, None)]
    return rows


def copies(sim: Simulator, template: Template, zone: Any) -> list[TemplateCopy]:
    """The copies of a template on the image stores that serve a zone."""
    found: list[TemplateCopy] = sim.db.template_copies.where(template_id=template.id)
    return [c for c in found if zone is not None and c.zone_id in (zone.id, None)]


def is_ready(sim: Simulator, template: Template, zone: Any) -> bool:
    """Whether VMs of the zone can be made from it."""
    if zone is None:
        return template.kind == "PERHOST"
    return template.direct_download or any(c.state in READY for c in copies(sim, template, zone))


def put_in_zone(sim: Simulator, template: Template, zone: Any) -> None:
    if not sim.db.template_zones.where(template_id=template.id, zone_id=zone.id):
        sim.db.template_zones.add(TemplateZone(template_id=template.id, zone_id=zone.id))


def stores_of(sim: Simulator, zone: Any) -> list[Any]:
    """Image stores that take new templates of a zone."""
    own = sim.db.image_stores.where(zone_id=zone.id)
    regional = [s for s in sim.db.image_stores if s.zone_id is None]
    return [s for s in own + regional if not s.read_only and s.role == "Image"]


def keep_on_pool(sim: Simulator, template: Template, pool: Any) -> None:
    """Primary storage keeps a copy of each template that a volume on it was made from."""
    if template.is_iso or sim.db.template_pools.first(template_id=template.id, pool_id=pool.id):
        return
    size = FAKE_COPY if hypervisors.is_fake(pool.hypervisor) else template.size or 0
    sim.db.template_pools.add(TemplateOnPool(template_id=template.id, pool_id=pool.id, size=size))


def drop_from_zone(sim: Simulator, template: Template, zone: Any) -> None:
    """Forget a template in one zone: its copies there and its place in the zone."""
    for copy in copies(sim, template, zone):
        count_copy(sim, template, copy, -1)
        sim.db.template_copies.delete(copy)
    for place in sim.db.template_zones.where(template_id=template.id, zone_id=zone.id):
        sim.db.template_zones.delete(place)


def drop(sim: Simulator, template: Template) -> None:
    """The template is gone everywhere; copies on primary storage go with it."""
    for copy in sim.db.template_copies.where(template_id=template.id):
        count_copy(sim, template, copy, -1)
        sim.db.template_copies.delete(copy)
    for table in (sim.db.template_zones, sim.db.template_pools):
        for row in table.where(template_id=template.id):
            table.delete(row)
    sim.limits.add(template.account_id, "template", -1)
    sim.tags.drop(template)
    sim.db.templates.remove(template)


def count_copy(sim: Simulator, template: Template, copy: TemplateCopy, sign: int) -> None:
    """A finished copy counts against its owner's secondary storage."""
    if copy.state in READY and template.size:
        sim.limits.add(template.account_id, "secondary_storage", sign * template.size)


def guest_os_named(sim: Simulator, name: str) -> int | None:
    """The number of the guest OS with this name, if there is one."""
    found = sim.db.guest_os.first(display_name=name)
    return found.id if found is not None else None
