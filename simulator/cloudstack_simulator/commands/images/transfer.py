"""extract, copy and prepare: images on the move."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call, live
from ...errors import IllegalArgument, InvalidParameter, ParameterError, PermissionDenied, ResourceUnavailable
from ...model.images import PERHOST, Template, TemplateCopy
from ...registry import command
from ...simulator import Simulator
from ..common import completed
from . import downloads, rows
from .links import download_link, extract_answer
from .listing import view_rows
from .view import image_view

BETWEEN_POOLS = 20.0
"""Seconds between copies to one pool and the next."""


KINDS = {"extractIso": "iso", "copyIso": "iso", "extractTemplate": "template", "copyTemplate": "template"}
"""Command → what it is about: the word of the API."""


@command("extractTemplate", "extractIso")
def extract(call: Call) -> Generator[float, None, Any]:
    p, word = call.params, KINDS[call.command]
    template: Template = p.id
    if word == "template" and (not template or template.removed is not None):
        raise InvalidParameter(f"unable to find template with id {template.id}")
    if not call.caller.is_root_admin and call.setting("disable.extraction"):
        raise PermissionDenied("Extraction has been disabled by admin")
    _check_extractable(call, template, word)
    call.check_access(template)
    copy = next((c for c in call.db.template_copies.where(template_id=template.id) if c.state in rows.READY), None)
    if copy is None:
        raise InvalidParameter(f"The {word.upper()} has not been downloaded ")
    yield 0.2
    url = _link(call, template, copy)
    completed(call, f"{word.upper()}.EXTRACT", f"extracting {word}. Template Id", template, word.capitalize())
    return {word: extract_answer(call, template, url, p.zoneid, mode=p.mode)}


def _check_extractable(call: Call, template: Template, word: str) -> None:
    zone = call.params.zoneid
    if not template or template.removed is not None:
        raise InvalidParameter(f"Unable to find {word.upper()} with id {template.id}")
    if template.kind == PERHOST:
        raise InvalidParameter(
            f"Unable to extract the {word.upper()} {template.name} as it resides on host and not on SSVM"
        )
    if template.is_iso is not (word == "iso"):
        wanted = "ISO" if word == "iso" else "template"
        raise InvalidParameter(f"Unsupported format, could not extract the {wanted}")
    if zone is not None and (not zone or zone.removed is not None):
        raise IllegalArgument("Please specify a valid zone.")
    if not call.caller.is_root_admin and not template.extractable:
        raise InvalidParameter(f"Unable to extract template {template} as it's not extractable")


def _link(call: Call, template: Template, copy: TemplateCopy) -> str:
    """The link of a copy, the one that was made before as long as it holds."""
    ends = copy.link_made + float(call.setting("extract.url.expiration.interval"))
    if copy.link is None or call.now > ends:
        store = call.db.image_stores[copy.store_id]
        zone = call.db.zones.get(store.zone_id) or call.params.zoneid or next(iter(call.db.zones))
        copy.link, copy.link_made = download_link(call.sim, zone, template.format.lower()), call.now
    return copy.link


@command("copyTemplate", "copyIso")
def copy_template(call: Call) -> Generator[float, None, Any]:
    p = call.params
    targets = _targets(call)
    template: Template = live(p.id, "Unable to find template with id")
    if template.kind == "DATADISK":
        raise InvalidParameter(f"Template {template} is of type Datadisk. Cannot copy Datadisk templates.")
    _check_zones(call, targets)
    call.check_access(template)
    if not _is_ready_at_source(call, template):
        raise InvalidParameter(f"There is no template {template} ready on image store.")
    for zone in targets:
        if not rows.is_ready(call.sim, template, zone):
            yield from _copy(call, template, zone)
    found = [row for row in rows.image_rows(call.sim, [template]) if row.zone in targets]
    word = KINDS[call.command]
    completed(call, f"{word.upper()}.COPY", f"copying {word}. Template Id", template, word.capitalize())
    return {word: image_view(call, found[0])}


def _targets(call: Call) -> list[Any]:
    p = call.params
    if p.destzoneid is None and not p.destzoneids:
        raise ParameterError("Either destzoneid or destzoneids parameters have to be specified.")
    if p.destzoneid is not None and p.destzoneids:
        raise ParameterError("Both destzoneid and destzoneids cannot be specified at the same time.")
    return list(p.destzoneids or [p.destzoneid])


def _check_zones(call: Call, targets: list[Any]) -> None:
    source = call.params.sourcezoneid
    if source is not None:
        if any(zone.id == source.id for zone in targets):
            raise InvalidParameter("Please specify different source and destination zones.")
        live(source, "Please specify a valid source zone.")
    for zone in targets:
        live(zone, "Please specify a valid destination zone.")


def _is_ready_at_source(call: Call, template: Template) -> bool:
    """In the zone that is named; without one, on any store."""
    source = call.params.sourcezoneid
    found = call.db.template_copies.where(template_id=template.id)
    return any(c.state in rows.READY and (source is None or c.zone_id in (source.id, None)) for c in found)


def _copy(call: Call, template: Template, zone: Any) -> Generator[float, None, None]:
    """To one store of the zone, not to all of them, whoever may use it."""
    owner = call.db.accounts[template.account_id]
    if template.size is not None:
        call.sim.limits.check(owner, "secondary_storage", template.size)
    stores = rows.stores_of(call.sim, zone)
    if not stores:
        raise ResourceUnavailable("Destination zone is not ready, no image store associated")
    yield 0.3
    rows.put_in_zone(call.sim, template, zone)
    downloads.start(call.sim, template, next((store for store in stores if not store.full), stores[0]))


@command("prepareTemplate")
def prepare_template(call: Call) -> dict[str, Any]:
    p = call.params
    template: Template = live(p.templateid, "Unable to find template id={id}")
    call.check_access(template)
    zone = live(p.zoneid, "Unable to find zone by id {id}")
    pools = [pool for pool in _pools(call, zone) if p.storageid is None or pool.id == p.storageid.id]
    for index, pool in enumerate(pools):
        call.sim.scheduler.after(0.05 + index * BETWEEN_POOLS, seed, call.sim, template, pool)
    found = [row for row in rows.image_rows(call.sim, [template]) if row.zone is zone]
    return view_rows(call, "template", found)


def _pools(call: Call, zone: Any) -> list[Any]:
    """Those that can take a template now; one that is asked for and cannot is passed over."""
    return [pool for pool in call.db.storage_pools.where(zone_id=zone.id) if pool.state == "Up"]


def seed(sim: Simulator, template: Template, pool: Any) -> None:
    """Copy a template to primary storage ahead of its first use."""
    if pool.removed is None and template.removed is None:
        rows.keep_on_pool(sim, template, pool)
