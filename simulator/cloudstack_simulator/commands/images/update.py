"""updateTemplate, updateIso, linkUserDataToTemplate."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter
from ...model.images import ROUTING, USER, Template
from ...parameters import flat_map
from ...registry import command
from ..common import architecture
from . import checks
from .view import updated_view

PLAIN = {
    "name": "name", "displaytext": "display_text", "passwordenabled": "password_enabled",
    "sshkeyenabled": "ssh_key_enabled", "isdynamicallyscalable": "dynamically_scalable", "requireshvm": "requires_hvm",
    "bootable": "bootable", "sortkey": "sort_key", "templatetag": "tag", "forcks": "for_cks",
}  # fmt: skip
"""Parameters that are stored as they are, and their fields."""


@command("updateTemplate")
def update_template(call: Call) -> dict[str, Any]:
    return {"template": _update(call)}


@command("updateIso")
def update_iso(call: Call) -> dict[str, Any]:
    return {"iso": _update(call)}


def _update(call: Call) -> dict[str, Any]:
    p = call.params
    template: Template = live(p.id, "unable to find template/iso with specified id")
    call.check_access(template)
    if p.isrouting is not None:
        checks.rights(call)
    kind = _kind(call, template)
    image_format = checks.format_name(p.format) if p.format is not None else template.format
    system = p.ostypeid
    if system is not None and (not system or system.removed is not None):
        raise InvalidParameter("Please specify a valid guest OS ID.")
    arch = architecture(p.arch) or template.arch
    template.kind, template.format, template.arch = kind, image_format, arch
    if system is not None:
        template.guest_os_id = system.id
        _tell_instances(call, template)
    for parameter, field in PLAIN.items():
        if p[parameter] is not None:
            setattr(template, field, p[parameter])
    if p.cleanupdetails:
        template.details = {}
    elif p.details:
        template.details = flat_map(p.details)
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


def _tell_instances(call: Call, template: Template) -> None:
    """Instances made from it get the new guest OS, unless the caller keeps it from them."""
    users = call.db.vms.where(template_id=template.id, vm_type="User")
    forced = call.params.forceupdateostype
    if users and forced is False:
        raise InvalidParameter(
            "Updating OS type will update the OS type of existing instances of this template; "
            "set forceupdateostype=true to do so"
        )
    for vm in users:
        vm.guest_os_id = template.guest_os_id
