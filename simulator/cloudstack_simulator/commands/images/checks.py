"""What the server checks of a new template or ISO, in its order."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...access import ROOT_ADMIN
from ...call import Call
from ...errors import IllegalArgument, InvalidParameter, PermissionDenied
from ...model.images import ROUTING, SYSTEM, USER

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


class Wanted(NamedTuple):
    """What a new image shall be, as far as its checks ask."""

    format: str
    arch: str
    zones: list[Any] | None
    """None: all of them."""


def zones(call: Call, given: list[Any] | None) -> None:
    """Refuse zones that are gone, or closed to the caller; None: all zones, whatever they are."""
    for zone in given or ():
        if not zone or zone.removed is not None:
            raise IllegalArgument("Please specify a valid zone.")
        if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
            raise PermissionDenied(f"Cannot perform this operation, Zone {zone} is currently disabled")


def format_name(text: str, error: type[InvalidParameter] = InvalidParameter) -> str:
    if text.upper() not in FORMATS:
        raise error(f"Image format: {text} is incorrect. Supported formats are [{', '.join(FORMATS)}]")
    return text.upper()


def hypervisor(text: str, shown: str | None = None) -> str:
    """A hypervisor's name; an unknown one is refused, and called `shown` where that is given."""
    for known in HYPERVISORS:
        if known.lower() == text.lower():
            return known
    raise InvalidParameter(
        f"Hypervisor Type: {shown or text} is invalid. Supported Hypervisor types are: {', '.join(HYPERVISORS)}"
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


def new_image(call: Call, owner: Any, wanted: Wanted) -> str:
    """What is checked of every new image, in this order; its format."""
    p = call.params
    is_root = owner.account_type == ROOT_ADMIN
    if wanted.zones is None and not is_root:
        raise InvalidParameter(
            "Template registered for 'All zones' can only be owned a Root Admin account. "
            "Please select specific zone(s)."
        )
    if "file://" in (p.url or "").lower():
        raise InvalidParameter("File:// type urls are currently unsupported")
    if p.ispublic and not is_root and not call.setting("allow.public.user.templates", owner):
        raise InvalidParameter("Only private templates/ISO can be created.")
    image_format = format_name(wanted.format, IllegalArgument)
    call.sim.limits.check(owner, "template")
    zones(call, wanted.zones)
    _reserved_name(call, p.name, p.displaytext or p.name, wanted.arch)
    return image_format


def _reserved_name(call: Call, name: str, display_text: str, arch: str) -> None:
    """Names and display texts of SYSTEM templates are taken, in whatever case."""
    for template in call.db.templates.where(kind=SYSTEM):
        same = template.name.lower() == name.lower() or template.display_text.lower() == display_text.lower()
        if template.arch == arch and same:
            raise IllegalArgument("Cannot use reserved names for templates")


def rights(call: Call) -> None:
    """`templatetag` and `isrouting` are for root admins."""
    p = call.params
    for name in ("templatetag", "isrouting"):
        if p[name] is not None and not call.caller.is_root_admin:
            raise PermissionDenied(f"Parameter {name} can only be specified by a Root Admin, permission denied")
