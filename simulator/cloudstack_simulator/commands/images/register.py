"""registerTemplate and registerIso."""

from __future__ import annotations

from typing import Any

from ...access import ROOT_ADMIN, entity_owner
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, ParameterError
from ...model.images import Template
from ...parameters import flat_map
from ...registry import command
from .. import urls
from ..common import DEFAULT_ARCHITECTURE, architecture
from ..extensions.use import external_details
from . import checks, downloads, rows
from .listing import view_rows
from .view import registered_iso_view


@command("registerTemplate")
def register_template(call: Call) -> dict[str, Any]:
    p = call.params
    owner = entity_owner(call)
    zones = _given_zones(call)
    _check_direct_download(call)
    if p.ostypeid is None and not _deploys_as_is(call):
        raise ParameterError("Please provide a guest OS type")
    arch = architecture(p.arch) or DEFAULT_ARCHITECTURE
    checks.rights(call)
    hypervisor = checks.hypervisor(p.hypervisor)
    kind = checks.kind(call, p.templatetype, p.isrouting, cross_zones=zones is None)
    extension = _extension(call, hypervisor, kind)
    image_format = checks.new_image(call, owner, checks.Wanted(p.format, arch, zones))
    urls.check(p.url, image_format)
    if p.directdownload:
        _look_at_source(call, hypervisor, zones)
    template = Template(
        name=p.name,
        display_text=p.displaytext or p.name,
        account_id=owner.id,
        format=image_format,
        kind=kind,
        hypervisor=hypervisor,
        guest_os_id=p.ostypeid.id if p.ostypeid is not None else None,
        url=p.url,
        cross_zones=zones is None,
        password_enabled=p.get("passwordenabled", False),
        ssh_key_enabled=p.get("sshkeyenabled", False),
        dynamically_scalable=p.get("isdynamicallyscalable", False),
        requires_hvm=p.get("requireshvm", True),
        tag=p.templatetag,
        arch=arch,
        direct_download=p.get("directdownload", False),
        deploy_as_is=_deploys_as_is(call),
        for_cks=p.get("forcks", False),
        details=flat_map(p.details) | external_details(call),
        extension_id=extension,
        **visibility(call, owner),
    )
    found = _add(call, template, zones)
    call.event("TEMPLATE.CREATE", f"Successfully completed creating template. Template Id: {template.uuid}", template)
    return view_rows(call, "template", found)


def _deploys_as_is(call: Call) -> bool:
    return bool(call.params.deployasis) and call.params.hypervisor.lower() == "vmware"


def _check_direct_download(call: Call) -> None:
    p, custom = call.params, call.setting("hypervisor.custom.display.name")
    if p.directdownload and p.hypervisor.lower() not in ("kvm", str(custom).lower()):
        raise ParameterError(f"Parameter directdownload is only allowed for KVM or {custom} templates")


def _look_at_source(call: Call, hypervisor: str, zones: list[Any] | None) -> None:
    """A host that can fetch the image itself looks at the address; hosts of the fake hypervisor cannot."""
    hosts = call.db.hosts.where(kind="Routing", state="Up", hypervisor=hypervisor)
    if not any(zones is None or host.zone_id in {zone.id for zone in zones} for host in hosts):
        raise CloudRuntime(f"Couldn't find a host to validate URL {call.params.url}")


def _extension(call: Call, hypervisor: str, kind: str) -> int | None:
    """The number of the extension, where one can be."""
    if hypervisor != "External":
        return None
    if kind != "USER":
        raise InvalidParameter("Only USER templates supported for External hypervisor type")
    extension = call.params.extensionid
    return extension.id if extension else None


def _given_zones(call: Call) -> list[Any] | None:
    """The zones of a new template; None: all zones."""
    p = call.params
    if p.zoneid is not None and p.zoneids is not None:
        raise ParameterError("Both zoneid and zoneids cannot be specified at the same time")
    if p.zoneid is None and p.zoneids is None:
        raise ParameterError("Either zoneid or zoneids is required. Both cannot be null.")
    if p.zoneids is not None and len(p.zoneids) > 1 and any(z.id == checks.ALL_ZONES for z in p.zoneids):
        raise ParameterError("Parameter zoneids can't combine all zones (-1) option with other zones")
    given = list(p.zoneids) if p.zoneids is not None else [p.zoneid]
    return None if any(_is_all(zone) for zone in given) else given


def _is_all(zone: Any) -> bool:
    return getattr(zone, "id", None) == checks.ALL_ZONES


def visibility(call: Call, owner: Any) -> dict[str, Any]:
    """Only what belongs to a root admin can be featured from the start."""
    p = call.params
    checksum = p.checksum
    if checksum and checksum.startswith("{"):
        checksum = checksum.partition("}")[2]
    return {
        "public": p.get("ispublic", False),
        "featured": owner.account_type == ROOT_ADMIN and p.get("isfeatured", False),
        "extractable": p.get("isextractable", False),
        "checksum": checksum,
    }


def _add(call: Call, template: Template, zones: list[Any] | None) -> list[rows.ImageRow]:
    """Take it in and start its downloads; the rows that the lists now have of it."""
    sim = call.sim
    places = list(sim.db.zones) if zones is None else zones
    if not places:
        raise CloudRuntime("No zones are present in the system, can't add template")
    add(call, template)
    for zone in places:
        _check_stores(call, zone)
        downloads.register(sim, template, zone)
    return rows.image_rows(sim, [template])


def _check_stores(call: Call, zone: Any) -> None:
    """The server has written the row by then, and leaves it."""
    if not call.params.directdownload and not rows.stores_of(call.sim, zone):
        raise CloudRuntime("Unable to find image store to download the template [null].")


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
    arch = architecture(p.arch) or DEFAULT_ARCHITECTURE
    zones = None if _is_all(p.zoneid) else [p.zoneid]
    bootable = p.get("bootable", True)
    system = guest_os_of_iso(call, bootable=bootable)
    checks.new_image(call, owner, checks.Wanted("ISO", arch, zones))
    urls.check(p.url, "ISO")
    if p.directdownload:
        _look_at_source(call, "KVM", zones)
    template = Template(
        name=p.name,
        display_text=p.displaytext or p.name,
        account_id=owner.id,
        format="ISO",
        guest_os_id=system,
        url=p.url,
        cross_zones=zones is None,
        bootable=bootable,
        bits=64,
        arch=arch,
        dynamically_scalable=p.get("isdynamicallyscalable", False),
        direct_download=p.get("directdownload", False),
        password_enabled=p.get("passwordenabled", False),
        **visibility(call, owner),
    )
    found = _add(call, template, zones)
    call.event("ISO.CREATE", f"Successfully completed creating ISO. Iso Id: {template.uuid}", template)
    return view_rows(call, "iso", found, registered_iso_view)


def guest_os_of_iso(call: Call, *, bootable: bool) -> int | None:
    """What cannot be booted has the system None, whatever was asked for; what can has another."""
    none, given = rows.guest_os_named(call.sim, "None"), call.params.ostypeid
    if not bootable:
        return none
    if given is None or given.id == none:
        raise InvalidParameter("Please pass a valid GuestOS Id")
    number: int = given.id
    return number
