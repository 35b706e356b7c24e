"""Guest operating systems, their categories and their names on hypervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import contract
from ...call import Call, live
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter
from ...listing import contains, equal
from ...model.catalogue import GuestOs, GuestOsMapping, HypervisorCapabilities, OsCategory
from ...parameters import flat_map
from ...registry import SUCCESS, allocate, at_install, command

if TYPE_CHECKING:
    from ...simulator import Simulator

HYPERVISORS = ("XenServer", "VMware", "KVM")


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
    p = call.params
    filters = [
        equal("id", p.id),
        contains("name", p.name),
        contains("name", p.keyword),
        equal("is_featured", p.isfeatured),
    ]
    return call.listing(
        "oscategory", call.db.os_categories, category_view, where=filters, sort=lambda c: (c.sort_key, c.id)
    )


@command("addOsCategory")
def add_os_category(call: Call) -> dict[str, Any]:
    category = call.db.os_categories.add(
        OsCategory(name=call.params.name, is_featured=call.params.get("isfeatured", False))
    )
    return {"oscategory": {**category_view(call, category), "created": None}}


@command("updateOsCategory")
def update_os_category(call: Call) -> dict[str, Any]:
    p = call.params
    category = live(p.id, "OS category not found by id {id}")
    category.name = p.get("name", category.name)
    category.is_featured = p.get("isfeatured", category.is_featured)
    category.sort_key = p.get("sortkey", category.sort_key)
    return {"oscategory": category_view(call, category)}


@command("deleteOsCategory")
def delete_os_category(call: Call) -> dict[str, Any]:
    category = live(call.params.id, "OS category not found by id {id}")
    if call.db.guest_os.where(category_id=category.id):
        raise CloudRuntime("Unable to remove OS category as it is in use by guest OS types")
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
    category = live(p.oscategoryid, "OS category not found. Please specify a valid OS category")
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


def _own(row: Any, what: str) -> Any:
    if not row.is_user_defined:
        raise InvalidParameter(f"Unable to {what} system defined guest OS")
    return row


@command("updateGuestOs")
def update_guest_os(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    system = _own(live(p.id, "Guest OS not found. Please specify a valid ID for the Guest OS"), "modify")
    if p.details and not p.name:
        raise CloudRuntime("Unable to persist on DB, due to: Column 'name' cannot be null")
    if any(other is not system for other in db.guest_os.where(display_name=p.osdisplayname)):
        raise InvalidParameter(
            f"The specified Guest OS name : {p.osdisplayname} already exists. Please specify a unique guest OS name"
        )
    system.display_name = p.osdisplayname or system.display_name
    if p.oscategoryid is not None:
        system.category_id = p.oscategoryid.id
    system.for_display = p.get("fordisplay", system.for_display)
    return {"ostype": guest_os_view(call, system)}


@command("removeGuestOs")
def remove_guest_os(call: Call) -> dict[str, Any]:
    system = _own(live(call.params.id, "Guest OS not found. Please specify a valid ID for the Guest OS"), "remove")
    call.db.guest_os.remove(system)
    return SUCCESS


def mapping_view(call: Call, mapping: GuestOsMapping) -> dict[str, Any]:
    system = call.db.guest_os[mapping.guest_os_id]
    return {
        "id": mapping.uuid,
        "hypervisor": mapping.hypervisor,
        "hypervisorversion": mapping.hypervisor_version,
        "ostypeid": system.uuid,
        "osdisplayname": system.display_name,
        "osnameforhypervisor": mapping.os_name,
        "isuserdefined": str(mapping.is_user_defined).lower(),
    }


@command("listGuestOsMapping")
def list_guest_os_mapping(call: Call) -> dict[str, Any]:
    """Mappings that were added; the server's own thousands are not carried."""
    p, db = call.params, call.db
    if p.hypervisorversion and not p.hypervisor:
        raise InvalidParameter("Hypervisor version parameter cannot be used without specifying a hypervisor type")
    filters = [
        equal("id", p.id),
        equal("guest_os_id", p.ostypeid),
        equal(lambda m: db.guest_os[m.guest_os_id].display_name, p.osdisplayname),
        equal("os_name", p.osnameforhypervisor),
        equal("hypervisor", p.hypervisor),
        equal("hypervisor_version", p.hypervisorversion),
    ]
    return call.listing("guestosmapping", db.guest_os_mappings, mapping_view, where=filters, keyword=("os_name",))


@allocate("addGuestOsMapping")
def allocate_mapping(call: Call) -> GuestOsMapping:
    p, db = call.params, call.db
    if p.hypervisor not in HYPERVISORS:
        raise InvalidParameter(f"Please specify a valid hypervisor : {', '.join(HYPERVISORS)}")
    if not p.ostypeid and not p.osdisplayname:
        raise InvalidParameter("Please specify either a guest OS name or UUID")
    system = p.ostypeid or db.guest_os.first(display_name=p.osdisplayname)
    if system is None:
        raise InvalidParameter(f"Unable to find the guest OS by name or UUID: {p.osdisplayname}")
    version = p.hypervisorversion
    same = [
        m
        for m in db.guest_os_mappings.where(guest_os_id=system.id)
        if (m.hypervisor, m.hypervisor_version) == (p.hypervisor, version)
    ]
    if same and not p.forced:
        raise InvalidParameter(
            f"Mapping from hypervisor : {p.hypervisor}, version : {version} and guest OS : {system.display_name} "
            "already exists!"
        )
    mapping: GuestOsMapping = db.guest_os_mappings.add(
        GuestOsMapping(
            guest_os_id=system.id, hypervisor=p.hypervisor, hypervisor_version=version, os_name=p.osnameforhypervisor
        )
    )
    return mapping


@command("addGuestOsMapping")
def add_mapping(call: Call) -> dict[str, Any]:
    return {"guestosmapping": mapping_view(call, call.created)}


def _mapping(call: Call, what: str) -> GuestOsMapping:
    mapping = live(call.params.id, "Guest OS mapping not found. Please specify a valid ID for the Guest OS mapping")
    if not mapping.is_user_defined:
        raise InvalidParameter(f"Unable to {what} system defined Guest OS mapping")
    found: GuestOsMapping = mapping
    return found


@command("updateGuestOsMapping")
def update_mapping(call: Call) -> dict[str, Any]:
    mapping = _mapping(call, "modify")
    mapping.os_name = call.params.osnameforhypervisor
    return {"guestosmapping": mapping_view(call, mapping)}


@command("removeGuestOsMapping")
def remove_mapping(call: Call) -> dict[str, Any]:
    call.db.guest_os_mappings.remove(_mapping(call, "remove"))
    return SUCCESS


def capabilities_view(_call: Call, row: HypervisorCapabilities) -> dict[str, Any]:
    return {
        "id": row.uuid if row.shows_id else None,
        "hypervisorversion": row.version,
        "hypervisor": row.hypervisor,
        "maxguestslimit": row.max_guests,
        "securitygroupenabled": row.security_groups,
        "maxdatavolumeslimit": row.max_data_disks,
        "maxhostspercluster": row.max_hosts_per_cluster,
        "storagemotionenabled": row.storage_motion,
        "vmsnapshotenabled": row.vm_snapshots,
    }


@command("listHypervisorCapabilities")
def list_hypervisor_capabilities(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("id", p.id), equal("hypervisor", p.hypervisor)]
    return call.listing(
        "hypervisorCapabilities",
        call.db.hypervisor_capabilities,
        capabilities_view,
        where=filters,
        keyword=("hypervisor",),
    )


@command("updateHypervisorCapabilities")
def update_hypervisor_capabilities(call: Call) -> dict[str, Any]:
    p = call.params
    row = p.id
    if row is None:
        found = call.db.hypervisor_capabilities.where(hypervisor=p.hypervisor or "", version=p.hypervisorversion or "")
        row = found[0] if found else None
    live(row, "unable to find the hypervisor capabilities")
    row.max_guests = p.get("maxguestslimit", row.max_guests)
    row.max_data_disks = p.get("maxdatavolumeslimit", row.max_data_disks)
    row.max_hosts_per_cluster = p.get("maxhostsperclusterlimit", row.max_hosts_per_cluster)
    row.security_groups = p.get("securitygroupenabled", row.security_groups)
    row.storage_motion = p.get("storagemotionenabled", row.storage_motion)
    row.vm_snapshots = p.get("vmsnapshotenabled", row.vm_snapshots)
    return {"hypervisorcapabilities": capabilities_view(call, row)}
