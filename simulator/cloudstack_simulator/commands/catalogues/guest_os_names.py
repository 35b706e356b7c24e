"""Names of guest operating systems on hypervisors."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, NotModelled
from ...listing import Filter, any_of, contains, equal
from ...model.catalogue import GuestOsMapping
from ...registry import SUCCESS, allocate, command
from ..zones.hypervisors import hypervisor_type

HYPERVISORS = "XenServer, KVM or VMware"
ASKED = ("VMware", "XenServer")
"""Hypervisors whose hosts can be asked whether they know a name."""


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
def list_mappings(call: Call) -> dict[str, Any]:
    """Mappings that were added; the server's own thousands are not carried. It knows no keyword."""
    p, db = call.params, call.db
    if p.hypervisorversion is not None and not p.hypervisor:
        raise InvalidParameter(
            f"Hypervisor version parameter cannot be used without specifying a hypervisor : {HYPERVISORS}"
        )
    filters = [
        equal("id", p.id),
        equal("guest_os_id", p.ostypeid),
        _of_systems(call),
        contains("os_name", p.osnameforhypervisor),
        contains("hypervisor", p.hypervisor),
        contains("hypervisor_version", p.hypervisorversion),
    ]
    return call.listing(
        "guestosmapping", db.guest_os_mappings, mapping_view, where=filters,
        sort=lambda m: (m.hypervisor.lower(), m.guest_os_id, -m.id),
    )  # fmt: skip


def _of_systems(call: Call) -> Filter | None:
    """By a part of the system's name; one that no system has is overlooked."""
    word = call.params.osdisplayname
    found = [s.id for s in call.db.guest_os if word is not None and word.lower() in s.display_name.lower()]
    return any_of("guest_os_id", found) if found else None


@allocate("addGuestOsMapping")
def allocate_mapping(call: Call) -> GuestOsMapping:
    p, db = call.params, call.db
    if p.ostypeid is None and not p.osdisplayname:
        raise InvalidParameter("Please specify either a guest OS name or UUID")
    hypervisor, version = hypervisor_type(p.hypervisor), p.hypervisorversion
    if hypervisor not in ("KVM", "XenServer", "VMware"):
        raise InvalidParameter(f"Please specify a valid hypervisor : {HYPERVISORS}")
    if not db.hypervisor_capabilities.where(hypervisor=hypervisor, version=version):
        raise InvalidParameter("Please specify a valid hypervisor and supported version")
    system: Any = p.ostypeid if p.ostypeid is not None else db.guest_os.first(display_name=p.osdisplayname)
    live(system, "Unable to find the guest OS by name or UUID")
    known: GuestOsMapping | None = db.guest_os_mappings.first(
        guest_os_id=system.id, hypervisor=hypervisor, hypervisor_version=version, is_user_defined=True
    )
    if known is not None and not p.forced:
        raise InvalidParameter(
            f"Mapping from hypervisor : {hypervisor}, version : {version} and guest OS : {system.display_name} "
            "already exists!"
        )
    if p.osmappingcheckenabled:
        _ask_host(call, hypervisor, version)
    if known is not None:
        known.os_name = p.osnameforhypervisor
        return known
    mapping: GuestOsMapping = db.guest_os_mappings.add(
        GuestOsMapping(
            guest_os_id=system.id, hypervisor=hypervisor, hypervisor_version=version, os_name=p.osnameforhypervisor
        )
    )
    return mapping


def _ask_host(call: Call, hypervisor: str, version: str) -> None:
    """What a host of such a hypervisor would say to the name is not known."""
    if hypervisor not in ASKED:
        raise InvalidParameter(
            f"Guest OS mapping check is not supported for hypervisor: {hypervisor}, please specify a valid hypervisor "
            f": {', '.join(ASKED)}"
        )
    if not call.db.hosts.where(kind="Routing", hypervisor=hypervisor, hypervisor_version=version):
        raise CloudRuntime(
            f"No {hypervisor} hypervisor with version: {version} exists, please specify available hypervisor and "
            "version"
        )
    raise NotModelled(call.command)


@command("addGuestOsMapping")
def add_mapping(call: Call) -> dict[str, Any]:
    return {"guestosmapping": mapping_view(call, call.created)}


def _mapping(call: Call, what: str) -> GuestOsMapping:
    mapping = live(call.params.id, "Guest OS Mapping not found. Please specify a valid ID for the Guest OS Mapping")
    if not mapping.is_user_defined:
        raise InvalidParameter(f"Unable to {what} system defined Guest OS mapping")
    found: GuestOsMapping = mapping
    return found


@command("updateGuestOsMapping")
def update_mapping(call: Call) -> dict[str, Any]:
    mapping = _mapping(call, "modify")
    if call.params.osmappingcheckenabled:
        _ask_host(call, mapping.hypervisor, mapping.hypervisor_version)
    mapping.os_name = call.params.osnameforhypervisor
    return {"guestosmapping": mapping_view(call, mapping)}


@command("removeGuestOsMapping")
def remove_mapping(call: Call) -> dict[str, Any]:
    call.db.guest_os_mappings.remove(_mapping(call, "remove"))
    return SUCCESS
