"""Service offerings, for instances and for system VMs: lists, changes, removal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ... import access
from ...access import ROOT_ADMIN
from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter, ServerApiError
from ...listing import equal, matching
from ...model.offerings import DiskOffering, ServiceOffering
from ...registry import SUCCESS, command
from ..annotations import has_annotations
from ..extensions import use as extensions
from ..gpu.profiles import profile_view
from ..instances.sizes import size_of
from . import admins, disk_rules, scopes, upgrades

PURGE = "purge.db.entities"


def service_offering_view(call: Call, offering: ServiceOffering) -> dict[str, Any]:
    disk: DiskOffering = call.db.disk_offerings[offering.disk_offering_id]
    details = offering.details | scopes.scope_details(offering)
    return {
        "id": offering.uuid,
        "name": offering.name,
        "state": offering.state,
        "displaytext": offering.display_text,
        "cpunumber": offering.cpu,
        "cpuspeed": offering.speed,
        "memory": offering.memory,
        "created": timestamp(offering.created),
        **disk_rules.disk_fields(disk),
        "offerha": offering.offer_ha,
        "limitcpuuse": offering.limit_cpu,
        "isvolatile": offering.volatile,
        "storagetags": ",".join(disk.tags) or None,
        **scopes.scope_fields(call, offering, lambda domain: domain.name),
        "hosttags": ",".join(offering.host_tags) or None,
        "issystem": offering.is_system,
        "defaultuse": offering.default_use,
        "systemvmtype": offering.vm_type,
        "networkrate": offering.network_rate,
        "deploymentplanner": offering.planner,
        "serviceofferingdetails": details or None,
        "iscustomized": offering.customized,
        "rootdisksize": disk.size // disk_rules.GIB,
        "dynamicscalingenabled": offering.dynamic_scaling,
        "diskofferingstrictness": offering.disk_offering_strictness,
        "diskofferingid": disk.uuid,
        "diskofferingname": disk.name,
        "diskofferingdisplaytext": disk.display_text,
        "encryptroot": disk.encrypt,
        "gpudisplay": offering.gpu_display,
        "gpucount": offering.gpu_count,
        **_gpu_fields(call, offering),
        "leaseduration": offering.lease_days,
        "leaseexpiryaction": offering.lease_action,
        "purgeresources": True if offering.details.get(PURGE) == "true" else None,
        "hasannotations": has_annotations(call, offering),
    }


def _gpu_fields(call: Call, offering: ServiceOffering) -> dict[str, Any]:
    profile = call.db.vgpu_profiles.get(offering.vgpu_profile_id)
    if profile is None:
        return {}
    fields = profile_view(call, profile)
    shown = ("gpucardid", "gpucardname", "videoram", "maxheads", "maxresolutionx", "maxresolutiony")
    return {"vgpuprofileid": profile.uuid, "vgpuprofilename": profile.name} | {name: fields[name] for name in shown}


@command("listServiceOfferings")
def list_service_offerings(call: Call) -> dict[str, Any]:
    p = call.params
    owner = call.owner()
    if p.issystem and not call.caller.is_root_admin:
        raise InvalidParameter("Only ROOT admins can access system offerings.")
    scopes.check_domain_line(call, owner, "service")
    for_vm = _for_vm(call, owner)
    if p.issystem and owner.account_type != ROOT_ADMIN:
        raise InvalidParameter("Only root admins can access system's offering")
    scopes.check_recursion(call, "service")
    return call.listing(
        "serviceoffering",
        call.db.service_offerings,
        service_offering_view,
        where=[
            equal("id", p.id),
            scopes.in_state(call),
            equal("is_system", bool(p.issystem)),
            equal("name", p.name),
            equal("vm_type", p.systemvmtype),
            equal(lambda o: _disk(call, o).encrypt, p.encryptroot),
            scopes.of_storage_type(p.storagetype, lambda o: _disk(call, o).use_local_storage),
            scopes.of_domain(call),
            scopes.for_zone(p.zoneid),
            scopes.visible(call, owner),
            _at_least("cpu", "mincpunumber", "maxcpunumber", p.cpunumber),
            _at_least("memory", "minmemory", "maxmemory", p.memory),
            matching(lambda o: o.speed is None or o.speed >= p.cpuspeed) if p.cpuspeed else None,
            for_vm,
            _for_template(call),
            matching(lambda o: (o.vgpu_profile_id is not None) is p.gpuenabled) if p.gpuenabled is not None else None,
            equal("vgpu_profile_id", p.vgpuprofileid),
        ],
        keyword=("name", "display_text"),
        sort=scopes.by_sort_key(call),
    )


def _disk(call: Call, offering: ServiceOffering) -> DiskOffering:
    disk: DiskOffering = call.db.disk_offerings[offering.disk_offering_id]
    return disk


def _at_least(field: str, lowest: str, highest: str, wanted: int | None) -> Any:
    """Offerings that can give so many cores or so much memory."""
    if wanted is None:
        return None

    def can_give(offering: ServiceOffering) -> bool:
        own = getattr(offering, field)
        if own is not None:
            return bool(own >= wanted)
        low, high = offering.details.get(lowest), offering.details.get(highest)
        return (low is None or int(low) <= wanted) and (high is None or int(high) >= wanted)

    return matching(can_give)


def _for_vm(call: Call, owner: Any) -> Any:
    """Offerings that an instance may change to: like its own in what cannot change, not smaller while it runs."""
    vm = call.params.virtualmachineid
    if vm is None:
        return None
    live(vm, "unable to find a virtual machine with specified id")
    access.check(replace(call.caller, account=owner), vm, call.db)
    own = call.db.service_offerings[vm.service_offering_id]
    running, size = vm.state == "Running", size_of(call.db, vm)
    disk = _disk(call, own)
    tags = set(disk.tags) if call.setting("match.storage.pool.tags.with.disk.offering") else set()
    local = upgrades.on_local_storage(call, vm)

    def fits(offering: ServiceOffering) -> bool:
        if offering.id == own.id and not own.customized:
            return False
        other = _disk(call, offering)
        if (
            own.disk_offering_strictness is not offering.disk_offering_strictness
            or other.use_local_storage is not local
        ):
            return False
        if own.disk_offering_strictness and other.id != disk.id:
            return False
        if not tags <= set(other.tags) or (offering.host_tags and not set(own.host_tags) <= set(offering.host_tags)):
            return False
        return not running or (offering.dynamic_scaling is own.dynamic_scaling and _reaches(offering, size))

    return matching(fits)


def _reaches(offering: ServiceOffering, size: Any) -> bool:
    """Whether the offering can give at least so much."""
    for own, highest, wanted in (
        (offering.cpu, "maxcpunumber", size.cpu),
        (offering.memory, "maxmemory", size.memory),
    ):
        most = own if own is not None else offering.details.get(highest)
        if most is not None and int(most) < wanted:
            return False
    return offering.speed is None or offering.speed >= size.speed


def _for_template(call: Call) -> Any:
    """Offerings for hosts that have the template's tag."""
    template = call.params.templateid
    if template is None:
        return None
    if not template:
        raise InvalidParameter("Unable to find template with the specified ID")
    access.check_launch(call.caller, template, call.db)
    return matching(lambda o: not o.host_tags or template.tag in o.host_tags) if template.tag else None


@command("updateServiceOffering")
def update_service_offering(call: Call) -> dict[str, Any]:
    p = call.params
    offering = live(p.id, "unable to find service offering {id}")
    domains = scopes.new_domains(call, "service offering", offering.domain_ids)
    zones = scopes.new_zones(call, "service offering", offering.zone_ids)
    state = scopes.changed_state(call, offering.state)
    domains = admins.check_update(call, "service", offering, domains, zones)
    if p.storagetags is not None:
        disk, tags = _disk(call, offering), scopes.split_tags(p.storagetags)
        disk_rules.check_storage_tags(call, disk, tags)
        disk.tags = tags
        if not any(name in p for name in ("name", "displaytext", "sortkey", "hosttags", "state")):
            raise ServerApiError(530, "Failed to update service offering")
    if p.hosttags is not None:
        _check_host_tags(call, offering, scopes.split_tags(p.hosttags))
        offering.host_tags = scopes.split_tags(p.hosttags)
    offering.name, offering.display_text = p.name or offering.name, p.displaytext or offering.display_text
    offering.sort_key = offering.sort_key if p.sortkey is None else p.sortkey
    offering.state, offering.domain_ids, offering.zone_ids = state, domains, zones
    offering.details = extensions.changed(call, offering.details)
    offering.details.pop(PURGE, None)
    if p.purgeresources:
        offering.details[PURGE] = "true"
    call.event(
        "SERVICE.OFFERING.EDIT",
        f"Successfully completed updating service offering. Service offering id={offering.uuid}",
        offering,
    )
    return {"serviceoffering": service_offering_view(call, offering)}


def _check_host_tags(call: Call, offering: ServiceOffering, tags: list[str]) -> None:
    lacking = []
    for vm in call.db.vms.where(state="Running"):
        host = call.db.hosts.get(vm.host_id)
        if vm.service_offering_id == offering.id and host is not None and not set(tags) <= set(host.tags):
            lacking.append(host.name)
    if lacking:
        names = ", ".join(dict.fromkeys(lacking))
        raise InvalidParameter(
            f"There are active VMs using offering [{offering}], and the hosts [{names}] don't have the new tags"
        )


@command("deleteServiceOffering")
def delete_service_offering(call: Call) -> dict[str, Any]:
    offering = live(call.params.id, "unable to find service offering {id}")
    if offering.default_use:
        text = "null" if offering.display_text is None else offering.display_text
        raise InvalidParameter(f"The system service offering [{text}] is marked for default use and cannot be deleted")
    admins.check_deletion(call, "service", offering)
    disk = _disk(call, offering)
    if disk.compute_only:
        disk.state = "Inactive"
    offering.state = "Inactive"
    call.event(
        "SERVICE.OFFERING.DELETE",
        f"Successfully completed deleting service offering. Service offering id={offering.uuid}",
        offering,
    )
    return SUCCESS
