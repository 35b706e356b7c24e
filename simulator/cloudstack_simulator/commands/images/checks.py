"""What the server checks of a new template or ISO, in its order."""

from __future__ import annotations

from typing import Any

from ...access import ROOT_ADMIN
from ...call import Call
from ...errors import IllegalArgument, InvalidParameter, PermissionDenied
from ...model.images import ROUTING, SYSTEM, USER
from .. import urls

FORMATS = (
    "QCOW2", "RAW", "VHD", "ISO", "OVA", "VHDX", "BAREMETAL", "EXTERNAL", "VMDK", "VDI", "TAR", "ZIP", "DIR", "",
)  # fmt: skip
HYPERVISORS = (
    "XenServer", "KVM", "VMware", "Hyperv", "VirtualBox", "Parralels", "BareMetal", "Simulator", "Ovm", "Ovm3",
    "LXC", "Custom", "External", "Any",
)  # fmt: skip
KINDS = (
    "ROUTING", "SYSTEM", "BUILTIN", "PERHOST", "USER", "VNF", "DATADISK", "ISODISK", "KUBERNETES",
)  # fmt: skip
FOR_EVERYBODY = ("USER", "VNF")
ALL_ZONES = -1


def zones(call: Call, given: list[Any]) -> list[Any] | None:
    """The zones of a new image; None: all zones."""
    if any(getattr(z, "id", None) == ALL_ZONES for z in given):
        return None
    for zone in given:
        if not zone or zone.removed is not None:
            raise InvalidParameter("Please specify a valid zone.")
        if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
            raise PermissionDenied(f"Cannot perform this operation, Zone {zone} is currently disabled")
    return given


def format_name(text: str) -> str:
    if text.upper() not in FORMATS:
        raise InvalidParameter(f"Image format: {text} is incorrect. Supported formats are [{', '.join(FORMATS)}]")
    return text.upper()


def hypervisor(text: str) -> str:
    for known in HYPERVISORS:
        if known.lower() == text.lower():
            return known
    raise InvalidParameter(
        f"Hypervisor Type: {text} is invalid. Supported Hypervisor types are: {', '.join(HYPERVISORS)}"
    )


def kind(call: Call, given: str | None, is_routing: bool | None, *, cross_zones: bool, updating: bool = False) -> str:
    """The template type that `templatetype` and `isrouting` say together."""
    if given is None:
        return ROUTING if is_routing else USER
    if given.upper() not in KINDS:
        java_array = f"[Lcom.cloud.storage.Storage$TemplateType;@{call.sim.ids.octets(4).hex()}"
        raise InvalidParameter(f"Please specify a valid templatetype: ,{java_array}")
    chosen = given.upper()
    if is_routing is not None and is_routing is not (chosen == ROUTING):
        raise InvalidParameter("Please specify a valid templatetype (consistent with isrouting parameter).")
    if chosen in (SYSTEM, "BUILTIN") and not cross_zones:
        raise InvalidParameter("System and Builtin templates must be cross zone.")
    if not call.caller.is_root_admin and chosen not in FOR_EVERYBODY:
        doing = "update template to" if updating else "register template with"
        raise InvalidParameter(f"Users can not {doing} template type {chosen}.")
    return chosen


def url(text: str, image_format: str) -> None:
    if text.lower().startswith("file:"):
        raise InvalidParameter("File:// type urls are currently unsupported")
    urls.check(text, image_format)


def reserved_name(call: Call, name: str, display_text: str, arch: str) -> None:
    """Names and display texts of SYSTEM templates are taken."""
    for template in call.db.templates.where(kind=SYSTEM):
        if template.arch == arch and (template.name == name or template.display_text == display_text):
            raise IllegalArgument("Cannot use reserved names for templates")


def rights(call: Call) -> None:
    """`templatetag` and `isrouting` are for root admins."""
    p = call.params
    for name in ("templatetag", "isrouting"):
        if p[name] is not None and not call.caller.is_root_admin:
            raise PermissionDenied(f"Parameter {name} can only be specified by a Root Admin, permission denied")


def visibility(call: Call, owner: Any, *, cross_zones: bool, what: str) -> None:
    """Who may register for all zones, and who may make public ones."""
    if cross_zones and owner.account_type != ROOT_ADMIN:
        raise InvalidParameter(
            "Template registered for 'All zones' can only be owned a Root Admin account. "
            "Please select specific zone(s)."
        )
    allowed = call.setting("allow.public.user.templates", owner)
    if (call.params.ispublic or call.params.isfeatured) and not call.caller.is_root_admin and not allowed:
        raise InvalidParameter(f"Only private {what} can be created.")
