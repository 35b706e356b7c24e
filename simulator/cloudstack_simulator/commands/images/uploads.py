"""Templates and ISOs that a browser uploads."""

from __future__ import annotations

from typing import Any

from ...access import entity_owner
from ...call import Call
from ...errors import CloudRuntime, ParameterError
from ...model.images import Template, TemplateCopy
from ...parameters import flat_map
from ...registry import command
from ..common import DEFAULT_ARCHITECTURE, architecture
from . import checks, rows
from .links import serving_host, upload_patience, upload_ticket
from .register import add, guest_os_of_iso, visibility


@command("getUploadParamsForIso")
def upload_iso(call: Call) -> dict[str, Any]:
    p = call.params
    owner = entity_owner(call)
    if p.zoneid.id <= 0:
        raise ParameterError("Invalid zoneid")
    bootable = bool(p.bootable)
    system = guest_os_of_iso(call, bootable=bootable)
    checks.new_image(call, owner, checks.Wanted("ISO", DEFAULT_ARCHITECTURE, [p.zoneid]))
    iso = Template(
        name=p.name, display_text=p.displaytext or p.name, account_id=owner.id, format="ISO", guest_os_id=system,
        bootable=bootable, bits=64, **visibility(call, owner),
    )  # fmt: skip
    return _expect(call, iso)


@command("getUploadParamsForTemplate")
def upload_template(call: Call) -> dict[str, Any]:
    p = call.params
    owner = entity_owner(call)
    if p.zoneid.id <= 0:
        raise ParameterError("invalid zoneid")
    if p.ostypeid is None and not (p.deployasis and p.hypervisor.lower() == "vmware"):
        raise ParameterError("Missing parameter ostypeid")
    arch = architecture(p.arch) or DEFAULT_ARCHITECTURE
    hypervisor = checks.hypervisor(p.hypervisor, "None")
    image_format = checks.new_image(call, owner, checks.Wanted(p.format, arch, [p.zoneid]))
    template = Template(
        name=p.name, display_text=p.displaytext or p.name, account_id=owner.id, format=image_format,
        hypervisor=hypervisor, guest_os_id=p.ostypeid.id if p.ostypeid is not None else None, arch=arch,
        requires_hvm=p.get("requireshvm", False), password_enabled=p.get("passwordenabled", False),
        ssh_key_enabled=p.get("sshkeyenabled", False), tag=p.templatetag, for_cks=p.get("forcks", False),
        dynamically_scalable=p.get("isdynamicallyscalable", False), details=flat_map(p.details),
        **visibility(call, owner),
    )  # fmt: skip
    return _expect(call, template)


def _expect(call: Call, template: Template) -> dict[str, Any]:
    """Take the row in and tell where its file is awaited."""
    sim, zone = call.sim, call.params.zoneid
    stores = rows.stores_of(sim, zone)
    if not stores:
        raise CloudRuntime("Unable to find image store to download the template [null].")
    if zone.allocation_state == "Disabled":
        raise CloudRuntime("unable to find zone or an image store with enough capacity")
    host = serving_host(sim, zone)
    add(call, template)
    rows.put_in_zone(sim, template, zone)
    copy = call.db.template_copies.add(
        TemplateCopy(template_id=template.id, store_id=stores[0].id, zone_id=zone.id, state="NOT_UPLOADED", percent=0)
    )
    sim.scheduler.after(upload_patience(sim), abandon, copy)
    return {"getuploadparams": upload_ticket(call, template.uuid, host)}


def abandon(copy: TemplateCopy) -> None:
    """Nobody sent the file in time."""
    if copy.state == "NOT_UPLOADED":
        copy.state = "UPLOAD_ABANDONED"
