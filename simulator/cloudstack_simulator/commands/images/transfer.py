"""extract, copy and prepare: images on the move."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter, PermissionDenied, ResourceUnavailable
from ...model.images import Template
from ...registry import command
from ...simulator import Simulator
from ..common import completed
from . import downloads, rows
from .links import download_link, extract_answer
from .listing import view_rows
from .view import image_view

BETWEEN_POOLS = 20.0
"""Seconds between copies to one pool and the next."""


KINDS = {"iso": "Iso", "template": "Template"}
"""Word of the API → resource type of its events."""


@command("extractTemplate", "extractIso")
def extract(call: Call) -> Generator[float, None, Any]:
    p = call.params
    word = "iso" if call.command == "extractIso" else "template"
    template: Template = p.id
    if not call.caller.is_root_admin and call.setting("disable.extraction"):
        raise PermissionDenied("Extraction has been disabled by admin")
    if not template or template.removed is not None or template.is_iso is not (word == "iso"):
        raise InvalidParameter(f"Unable to find {word} with id {template.id}")
    if not call.caller.is_root_admin and not template.extractable:
        raise InvalidParameter(f"Unable to extract template {template} as it's not extractable")
    zone = p.zoneid if p.zoneid is not None else _first_zone(call, template)
    live(zone, "Please specify a valid zone.")
    if not rows.is_ready(call.sim, template, zone):
        raise InvalidParameter(f"The {word} has not been downloaded")
    yield 0.2
    url = download_link(call.sim, zone, template.format.lower())
    completed(call, f"{word.upper()}.EXTRACT", f"extracting {word}. Template Id", template, KINDS[word])
    return {word: extract_answer(call, template, url, zone.id, mode=p.mode)}


def _first_zone(call: Call, template: Template) -> Any:
    places = call.db.template_zones.where(template_id=template.id)
    return call.db.zones.get(places[0].zone_id) if places else None


@command("copyTemplate", "copyIso")
def copy_template(call: Call) -> Generator[float, None, Any]:
    p = call.params
    template: Template = live(p.id, "Unable to find template with id")
    call.check_access(template)
    targets = _targets(call, template)
    yield 0.3
    for zone in targets:
        downloads.fetch(call.sim, template, zone)
    found = [row for row in rows.image_rows(call.sim, [template]) if row.zone in targets]
    word = "iso" if template.is_iso else "template"
    completed(call, f"{word.upper()}.COPY", f"copying {word}. Template Id", template, KINDS[word])
    return {word: image_view(call, found[0])}


def _targets(call: Call, template: Template) -> list[Any]:
    p = call.params
    given = p.destzoneids or ([p.destzoneid] if p.destzoneid is not None else [])
    if not given:
        raise InvalidParameter("Either destzoneid or destzoneids parameters have to be specified.")
    if p.sourcezoneid is not None and any(zone.id == p.sourcezoneid.id for zone in given):
        raise InvalidParameter("Please specify different source and destination zones.")
    if p.sourcezoneid is not None:
        live(p.sourcezoneid, "Please specify a valid source zone.")
        if not rows.is_ready(call.sim, template, p.sourcezoneid):
            raise InvalidParameter(f"There is no template {template} ready on image store.")
    for zone in given:
        live(zone, "Please specify a valid destination zone.")
        if not rows.stores_of(call.sim, zone):
            raise ResourceUnavailable("Destination zone is not ready, no image store associated")
    here = {place.zone_id for place in call.db.template_zones.where(template_id=template.id)}
    return [zone for zone in given if zone.id not in here] or given


@command("prepareTemplate")
def prepare_template(call: Call) -> dict[str, Any]:
    p = call.params
    template: Template = live(p.templateid, "Unable to find template id={id}")
    zone = live(p.zoneid, "Unable to find zone by id {id}")
    pools = [p.storageid] if p.storageid is not None else _pools(call, zone)
    for index, pool in enumerate(pools):
        call.sim.scheduler.after(0.05 + index * BETWEEN_POOLS, seed, call.sim, template, pool)
    found = [row for row in rows.image_rows(call.sim, [template]) if row.zone is zone]
    return view_rows(call, "template", found)


def _pools(call: Call, zone: Any) -> list[Any]:
    return [pool for pool in call.db.storage_pools.where(zone_id=zone.id) if pool.state == "Up"]


def seed(sim: Simulator, template: Template, pool: Any) -> None:
    """Copy a template to primary storage ahead of its first use."""
    if pool.removed is None and template.removed is None:
        rows.keep_on_pool(sim, template, pool)
