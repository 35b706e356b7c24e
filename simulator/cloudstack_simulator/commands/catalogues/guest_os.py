"""Guest operating systems and their categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import contract
from ...call import Call, live
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter
from ...listing import Filter, contains, equal, matching
from ...model.catalogue import GuestOs, HypervisorCapabilities, OsCategory
from ...parameters import flat_map
from ...registry import SUCCESS, allocate, at_install, command
from ..common import architecture

if TYPE_CHECKING:
    from ...simulator import Simulator

NOT_FOUND = "Guest OS not found. Please specify a valid ID for the Guest OS"


@at_install(order=5)
def install(sim: Simulator) -> None:
    facts = contract.facts("guest_os.json")
    categories = {}
    for name, featured in facts["categories"]:
        categories[name] = sim.db.os_categories.add(OsCategory(name=name, is_featured=featured, is_built_in=True))
    for name, category in facts["systems"]:
        sim.db.guest_os.add(GuestOs(display_name=name, category_id=categories[category].id))
    for row in facts["hypervisors"]:
        sim.db.hypervisor_capabilities.add(
            HypervisorCapabilities(
                hypervisor=row["hypervisor"],
                version=row["hypervisorversion"],
                max_guests=row.get("maxguestslimit"),
                max_data_disks=row.get("maxdatavolumeslimit"),
                max_hosts_per_cluster=row.get("maxhostspercluster"),
                security_groups=row["securitygroupenabled"],
                storage_motion=row["storagemotionenabled"],
                vm_snapshots=row["vmsnapshotenabled"],
                shows_id=row.get("id", "") is not None,
            ),
            uuid=row.get("id"),
        )


def category_view(_call: Call, category: OsCategory) -> dict[str, Any]:
    return {
        "id": category.uuid,
        "name": category.name,
        "isfeatured": category.is_featured,
        "created": None if category.is_built_in else timestamp(category.created),
    }


@command("listOsCategories")
def list_os_categories(call: Call) -> dict[str, Any]:
    """A keyword takes the place of a name."""
    p = call.params
    filters = [
        equal("id", p.id),
        contains("name", p.name if p.keyword is None else p.keyword),
        equal("is_featured", p.isfeatured),
        _with_images(call),
    ]
    return call.listing(
        "oscategory", call.db.os_categories, category_view, where=filters, sort=lambda c: (c.sort_key, c.id)
    )


def _with_images(call: Call) -> Filter | None:
    """Categories of whose systems there are templates or ISOs as asked for: in a zone, of an architecture …"""
    p, db, arch = call.params, call.db, architecture(call.params.arch)
    if all(value is None for value in (p.zoneid, arch, p.isiso, p.isvnf)):
        return None
    here = {place.template_id for place in db.template_zones.where(zone_id=p.zoneid.id)} if p.zoneid else None
    found = {
        db.guest_os[image.guest_os_id].category_id
        for image in db.templates
        if image.guest_os_id is not None
        and (here is None or image.id in here)
        and arch in (None, image.arch)
        and p.isiso in (None, image.is_iso)
        and p.isvnf in (None, image.kind == "VNF")
    }
    return matching(lambda category: category.id in found)


@command("addOsCategory")
def add_os_category(call: Call) -> dict[str, Any]:
    category = call.db.os_categories.add(
        OsCategory(name=call.params.name, is_featured=call.params.get("isfeatured", False))
    )
    return {"oscategory": {**category_view(call, category), "created": None}}


@command("updateOsCategory")
def update_os_category(call: Call) -> dict[str, Any]:
    p = call.params
    category = live(p.id, "Invalid OS category ID specified")
    if (p.name or "").strip():
        category.name = p.name
    category.is_featured = p.get("isfeatured", category.is_featured)
    category.sort_key = p.get("sortkey", category.sort_key)
    return {"oscategory": category_view(call, category)}


@command("deleteOsCategory")
def delete_os_category(call: Call) -> dict[str, Any]:
    category = live(call.params.id, "Invalid OS category ID specified")
    systems = call.db.guest_os.where(category_id=category.id)
    if systems:
        raise InvalidParameter(f"Unable to delete the OS category. {len(systems)} guest OS exist for it.")
    call.db.os_categories.remove(category)
    return SUCCESS


def guest_os_view(call: Call, system: GuestOs) -> dict[str, Any]:
    category = call.db.os_categories[system.category_id]
    return {
        "id": system.uuid,
        "oscategoryid": category.uuid,
        "oscategoryname": category.name,
        "name": system.display_name,
        "description": system.display_name,
        "isuserdefined": system.is_user_defined,
        "fordisplay": system.for_display,
    }


@command("listOsTypes")
def list_os_types(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [
        equal("id", p.id),
        equal("category_id", p.oscategoryid),
        contains("display_name", p.description),
        contains("display_name", p.keyword),
        equal("for_display", p.get("fordisplay", None if p.id else True)),
    ]
    return call.listing(
        "ostype", call.db.guest_os, guest_os_view, where=filters, sort=lambda s: (s.display_name.lower(), s.id)
    )


@allocate("addGuestOs")
def allocate_guest_os(call: Call) -> GuestOs:
    p, db = call.params, call.db
    category = live(p.oscategoryid, "Guest OS category not found. Please specify a valid Guest OS category")
    if db.guest_os.where(display_name=p.osdisplayname):
        raise InvalidParameter(
            f"The specified Guest OS name : {p.osdisplayname} already exists. Please specify a unique name"
        )
    system: GuestOs = db.guest_os.add(
        GuestOs(
            display_name=p.osdisplayname,
            category_id=category.id,
            is_user_defined=True,
            for_display=p.get("fordisplay", True),
            details=flat_map(p.details) or None,
        )
    )
    return system


@command("addGuestOs")
def add_guest_os(call: Call) -> dict[str, Any]:
    call.event(
        "GUEST.OS.ADD",
        f"Successfully completed Adding new guest OS type. Guest OS Id: {call.created.uuid}",
        call.created,
    )
    return {"ostype": guest_os_view(call, call.created)}


@command("updateGuestOs")
def update_guest_os(call: Call) -> dict[str, Any]:
    """Systems that the server brings may be moved to another category; `fordisplay` alone changes nothing."""
    p = call.params
    system = live(p.id, NOT_FOUND)
    name = (p.osdisplayname or "").strip() and p.osdisplayname
    renamed = bool(name) and name != system.display_name
    _check_update(call, system, name if renamed else None)
    if (name or p.details or p.fordisplay is not None) and not system.is_user_defined:
        raise InvalidParameter("Unable to modify system defined guest OS")
    if p.details and not p.name:
        raise CloudRuntime("Unable to persist on DB, due to: Column 'name' cannot be null")
    if renamed or p.oscategoryid is not None:
        system.display_name = name or system.display_name
        system.for_display = p.get("fordisplay", system.for_display)
        system.category_id = p.oscategoryid.id if p.oscategoryid is not None else system.category_id
    return {"ostype": guest_os_view(call, system)}


def _check_update(call: Call, system: GuestOs, new_name: str | None) -> None:
    p = call.params
    if new_name is not None and any(other is not system for other in call.db.guest_os.where(display_name=new_name)):
        raise InvalidParameter(
            f"The specified Guest OS name : {new_name} already exists. Please specify a unique guest OS name"
        )
    if p.oscategoryid is not None:
        live(p.oscategoryid, "Invalid OS category ID specified")


@command("removeGuestOs")
def remove_guest_os(call: Call) -> dict[str, Any]:
    system = live(call.params.id, NOT_FOUND)
    if not system.is_user_defined:
        raise InvalidParameter("Unable to remove system defined guest OS")
    call.db.guest_os.remove(system)
    return SUCCESS
