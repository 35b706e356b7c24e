"""updateTemplate, updateIso, linkUserDataToTemplate."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter, PermissionDenied
from ...model.images import ROUTING, USER, Template
from ...parameters import flat_map
from ...registry import command
from ..common import architecture
from . import checks
from .view import updated_view

PLAIN = {
    "name": "name", "displaytext": "display_text", "passwordenabled": "password_enabled",
    "sshkeyenabled": "ssh_key_enabled", "isdynamicallyscalable": "dynamically_scalable", "requireshvm": "requires_hvm",
    "bootable": "bootable", "sortkey": "sort_key", "forcks": "for_cks",
}  # fmt: skip
"""Parameters that are stored as they are, and their fields."""
BOOT_MODES = ("LEGACY", "SECURE")
UNTOUCHABLE = 1
"""The number of the first system template, which nobody changes or shares."""


@command("updateTemplate")
def update_template(call: Call) -> dict[str, Any]:
    return {"template": _update(call)}


@command("updateIso")
def update_iso(call: Call) -> dict[str, Any]:
    return {"iso": _update(call)}


def _update(call: Call) -> dict[str, Any]:
    p = call.params
    template: Template = live(p.id, "unable to find template/iso with specified id")
    if template.id == UNTOUCHABLE:
        raise InvalidParameter("Unable to update template/iso of specified id")
    call.check_access(template)
    if p.isrouting is not None and not call.caller.is_root_admin:
        raise PermissionDenied("Parameter isrouting can only be specified by a Root Admin, permission denied")
    kind = _kind(call, template)
    image_format = checks.format_name(p.format) if p.format is not None else template.format
    system = p.ostypeid
    if system is not None and (not system or system.removed is not None):
        raise InvalidParameter("Please specify a valid guest OS ID.")
    arch = architecture(p.arch) or template.arch
    details = _details(template, flat_map(p.details))
    template.kind, template.format, template.arch = kind, image_format, arch
    if system is not None and system.id != template.guest_os_id:
        _tell_instances(call, template, system)
        template.guest_os_id = system.id
    for parameter, field in PLAIN.items():
        if p[parameter] is not None:
            setattr(template, field, p[parameter])
    if p.cleanupdetails:
        template.details = {}
    elif details:
        template.details = details
    if p.templatetag is not None:
        template.tag = p.templatetag.strip() or None
    word = "ISO" if template.is_iso else "TEMPLATE"
    call.event(f"{word}.UPDATE", f"Successfully completed updating {word.lower()}", template)
    return updated_view(call, template)


def _kind(call: Call, template: Template) -> str:
    p = call.params
    if p.templatetype is None and p.isrouting is None:
        return template.kind
    if p.templatetype is None:
        return ROUTING if p.isrouting else USER
    return checks.kind(call, p.templatetype, p.isrouting, cross_zones=template.cross_zones, updating=True)


def _details(template: Template, given: dict[str, str]) -> dict[str, str]:
    """The details to keep: the boot mode of UEFI in capitals, if it is one."""
    mode = given.get("UEFI")
    if mode is None:
        return given
    if template.deploy_as_is:
        raise InvalidParameter(
            f"Deploy-as-is template {template} can not have the UEFI setting. Settings are read directly from the "
            "template"
        )
    if mode.strip().upper() not in BOOT_MODES:
        raise InvalidParameter(f"Invalid bootmode: {mode} specified. Valid values are: [{', '.join(BOOT_MODES)}]")
    return given | {"UEFI": mode.strip().upper()}


def _tell_instances(call: Call, template: Template, system: Any) -> None:
    """Instances made from it get the new guest OS, unless the caller keeps it from them."""
    users = call.db.vms.where(template_id=template.id, vm_type="User")
    forced = call.params.forceupdateostype
    if users and forced is False:
        raise InvalidParameter(
            "Updating OS type will update the OS type of existing instances of this template; "
            "set forceupdateostype=true to do so"
        )
    for vm in users:
        vm.guest_os_id = system.id
