"""registerTemplate, registerIso and the uploads from a browser."""

from __future__ import annotations

from typing import Any

from ...access import entity_owner
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, ParameterError
from ...model.images import Template, TemplateCopy
from ...parameters import flat_map
from ...registry import command
from ..common import DEFAULT_ARCHITECTURE, architecture
from ..extensions.use import external_details
from . import checks, downloads, rows
from .links import serving_host, upload_patience, upload_ticket
from .listing import view_rows
from .view import registered_iso_view


@command("registerTemplate")
def register_template(call: Call) -> dict[str, Any]:
    p = call.params
    owner = entity_owner(call)
    given = _given_zones(call)
    if p.ostypeid is None and not p.deployasis:
        raise ParameterError("Please provide a guest OS type")
    arch = architecture(p.arch) or DEFAULT_ARCHITECTURE
    checks.rights(call)
    cross_zones = any(getattr(z, "id", None) == checks.ALL_ZONES for z in given)
    kind = checks.kind(call, p.templatetype, p.isrouting, cross_zones=cross_zones)
    hypervisor = checks.hypervisor(p.hypervisor)
    checks.visibility(call, owner, cross_zones=cross_zones, what="template")
    zones = checks.zones(call, given)
    image_format = checks.format_name(p.format)
    checks.url(p.url, image_format)
    display_text = p.displaytext or p.name
    checks.reserved_name(call, p.name, display_text, arch)
    _check_guest_os(call)
    call.sim.limits.check(owner, "template")
    template = Template(
        name=p.name,
        display_text=display_text,
        account_id=owner.id,
        format=image_format,
        kind=kind,
        hypervisor=hypervisor,
        guest_os_id=p.ostypeid.id if p.ostypeid is not None else None,
        url=p.url,
        cross_zones=cross_zones,
        password_enabled=p.get("passwordenabled", False),
        ssh_key_enabled=p.get("sshkeyenabled", False),
        dynamically_scalable=p.get("isdynamicallyscalable", False),
        requires_hvm=p.get("requireshvm", True),
        tag=p.templatetag,
        arch=arch,
        direct_download=p.get("directdownload", False),
        deploy_as_is=p.get("deployasis", False),
        for_cks=p.get("forcks", False),
        details=flat_map(p.details) | external_details(call),
        extension_id=_extension(call, hypervisor, kind),
        **_visibility(call),
    )
    found = _add(call, template, zones)
    call.event("TEMPLATE.CREATE", f"Successfully completed creating template. Template Id: {template.uuid}", template)
    return view_rows(call, "template", found)


def _extension(call: Call, hypervisor: str, kind: str) -> int | None:
    """The number of the extension, where one can be."""
    if hypervisor != "External":
        return None
    if kind != "USER":
        raise InvalidParameter("Only USER templates supported for External hypervisor type")
    extension = call.params.extensionid
    return extension.id if extension else None


def _given_zones(call: Call) -> list[Any]:
    p = call.params
    if p.zoneid is not None and p.zoneids is not None:
        raise ParameterError("Both zoneid and zoneids cannot be specified at the same time")
    if p.zoneid is None and p.zoneids is None:
        raise ParameterError("Either zoneid or zoneids is required. Both cannot be null.")
    if p.zoneids is not None and len(p.zoneids) > 1 and any(z.id == checks.ALL_ZONES for z in p.zoneids):
        raise ParameterError("Parameter zoneids can't combine all zones (-1) option with other zones")
    return list(p.zoneids) if p.zoneids is not None else [p.zoneid]


def _check_guest_os(call: Call) -> None:
    system = call.params.ostypeid
    if system is not None and (not system or system.removed is not None):
        raise InvalidParameter("Please pass a valid GuestOS Id")


def _visibility(call: Call) -> dict[str, Any]:
    p = call.params
    checksum = p.checksum
    if checksum and checksum.startswith("{"):
        checksum = checksum.partition("}")[2]
    return {
        "public": p.get("ispublic", False),
        "featured": p.get("isfeatured", False),
        "extractable": p.get("isextractable", False),
        "checksum": checksum,
    }


def _add(call: Call, template: Template, zones: list[Any] | None) -> list[rows.ImageRow]:
    """Take it in and start its downloads; the rows that the lists now have of it."""
    sim = call.sim
    places = list(sim.db.zones) if zones is None else zones
    if not places:
        raise CloudRuntime("No zones are present in the system, can't add template")
    for zone in places:
        if not template.direct_download and not rows.stores_of(sim, zone):
            raise InvalidParameter("Failed to find a secondary storage in the specified zone.")
    add(call, template)
    for zone in places:
        downloads.fetch(sim, template, zone)
    return rows.image_rows(sim, [template])


def add(call: Call, template: Template) -> Template:
    """The row itself, with its unique name, counted for its owner."""
    sim = call.sim
    sim.db.templates.add(template)
    template.unique_name = f"{template.id}-{template.account_id}-{sim.ids.uuid()}"
    sim.limits.add(template.account_id, "template", 1)
    return template


@command("registerIso")
def register_iso(call: Call) -> dict[str, Any]:
    p = call.params
    owner = entity_owner(call)
    bootable = p.get("bootable", True)
    arch = architecture(p.arch) or DEFAULT_ARCHITECTURE
    cross_zones = getattr(p.zoneid, "id", None) == checks.ALL_ZONES
    if bootable and p.ostypeid is None:
        raise InvalidParameter("Please pass a valid GuestOS Id")
    _check_guest_os(call)
    checks.visibility(call, owner, cross_zones=cross_zones, what="ISO")
    zones = checks.zones(call, [p.zoneid])
    checks.url(p.url, "ISO")
    call.sim.limits.check(owner, "template")
    system = p.ostypeid.id if p.ostypeid is not None else rows.guest_os_named(call.sim, "None")
    template = Template(
        name=p.name,
        display_text=p.displaytext or p.name,
        account_id=owner.id,
        format="ISO",
        guest_os_id=system,
        url=p.url,
        cross_zones=cross_zones,
        bootable=bootable,
        bits=64,
        arch=arch,
        dynamically_scalable=p.get("isdynamicallyscalable", False),
        direct_download=p.get("directdownload", False),
        password_enabled=p.get("passwordenabled", False),
        **_visibility(call),
    )
    found = _add(call, template, zones)
    call.event("ISO.CREATE", f"Successfully completed creating ISO. Iso Id: {template.uuid}", template)
    return view_rows(call, "iso", found, registered_iso_view)


@command("getUploadParamsForTemplate", "getUploadParamsForIso")
def upload_params(call: Call) -> dict[str, Any]:
    p = call.params
    owner = entity_owner(call)
    is_iso = call.command == "getUploadParamsForIso"
    zones = checks.zones(call, [p.zoneid])
    if zones is None:
        raise CloudRuntime("Operation is not supported for more than one zone id at a time.")
    stores = rows.stores_of(call.sim, zones[0])
    if not stores:
        raise CloudRuntime("unable to find zone or an image store with enough capacity")
    host = serving_host(call.sim, zones[0])
    call.sim.limits.check(owner, "template")
    template = add(
        call,
        Template(
            name=p.name, display_text=p.displaytext or p.name, account_id=owner.id,
            format="ISO" if is_iso else checks.format_name(p.format),
            hypervisor=None if is_iso else checks.hypervisor(p.hypervisor),
            guest_os_id=p.ostypeid.id if p.ostypeid is not None else None,
            requires_hvm=p.get("requireshvm", False), bootable=p.get("bootable", True), bits=64 if is_iso else 0,
            password_enabled=p.get("passwordenabled", False), ssh_key_enabled=p.get("sshkeyenabled", False),
            dynamically_scalable=p.get("isdynamicallyscalable", False), details=flat_map(p.details),
            **_visibility(call),
        ),
    )  # fmt: skip
    rows.put_in_zone(call.sim, template, zones[0])
    copy = call.db.template_copies.add(
        TemplateCopy(
            template_id=template.id, store_id=stores[0].id, zone_id=zones[0].id, state="NOT_UPLOADED", percent=0
        )
    )
    call.sim.scheduler.after(upload_patience(call.sim), _abandon, copy)
    return {"getuploadparams": upload_ticket(call, template.uuid, host)}


def _abandon(copy: TemplateCopy) -> None:
    if copy.state == "NOT_UPLOADED":
        copy.state = "UPLOAD_ABANDONED"
