"""Icons of objects, by the uuid of what they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .model.operations import ResourceIcon

if TYPE_CHECKING:
    from .call import Call
    from .simulator import Simulator

TABLES = {
    "UserVm": "vms", "Template": "templates", "ISO": "templates", "Network": "networks", "Project": "projects",
    "Account": "accounts", "Vpc": "vpcs", "Zone": "zones", "User": "users", "Domain": "domains",
    "GuestOsCategory": "os_categories",
}  # fmt: skip
"""Kinds of objects that may have an icon, and where they are."""
LISTS = {
    "listAccounts": "Account", "listDomainChildren": "Domain", "listDomains": "Domain", "listIsos": "ISO",
    "listNetworks": "Network", "listOsCategories": "GuestOsCategory", "listProjects": "Project",
    "listTemplates": "Template", "listUsers": "User", "listVPCs": "Vpc", "listVirtualMachines": "UserVm",
    "listVirtualMachinesMetrics": "UserVm", "listVnfAppliances": "UserVm", "listVnfTemplates": "Template",
    "listZones": "Zone", "listZonesMetrics": "Zone",
}  # fmt: skip
"""What the lists with a parameter `showicon` list."""


def view(icon: ResourceIcon) -> dict[str, Any]:
    return {"base64image": icon.image, "resourcetype": icon.resource_type, "resourceid": icon.resource}


def of(sim: Simulator, kind: str, uuid: str | None) -> ResourceIcon | None:
    found: list[ResourceIcon] = sim.db.resource_icons.where(resource=uuid, resource_type=kind)
    return found[0] if found else None


def show(call: Call, shown: list[dict[str, Any]]) -> None:
    """Add the `icon` of each of the views of a list."""
    kind = LISTS.get(call.command)
    if kind is None or not call.sim.db.resource_icons.live:
        return
    for one in shown:
        icon = of(call.sim, kind, one.get("id")) or _instead(call.sim, kind, one)
        if icon is not None:
            one["icon"] = view(icon)


def _instead(sim: Simulator, kind: str, shown: dict[str, Any]) -> ResourceIcon | None:
    """What stands for an object without an icon of its own: an instance's image, then the category of its system."""
    if kind not in ("UserVm", "Template", "ISO"):
        return None
    icon = None
    if kind == "UserVm" and "isoid" in shown:
        icon = of(sim, "ISO", shown["isoid"])
    elif kind == "UserVm":
        icon = of(sim, "Template", shown.get("templateid"))
    guest_os = sim.db.guest_os.find(shown.get("ostypeid") or shown.get("guestosid") or "")
    if icon is not None or guest_os is None:
        return icon
    return of(sim, "GuestOsCategory", sim.db.os_categories[guest_os.category_id].uuid)
