"""Disk offerings."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal, matching
from ...model.offerings import DiskOffering
from ...registry import SUCCESS, command
from ..annotations import has_annotations
from ..volumes import placement as pools
from . import admins, scopes
from . import disk_rules as rules

GIB = rules.GIB


def disk_offering_view(call: Call, offering: DiskOffering) -> dict[str, Any]:
    return {
        "id": offering.uuid,
        **scopes.scope_fields(call, offering, lambda domain: domain.path),
        "name": offering.name,
        "state": offering.state,
        "displaytext": offering.display_text,
        "disksize": offering.size // GIB,
        "created": timestamp(offering.created),
        "iscustomized": offering.customized,
        "tags": ",".join(offering.tags) or None,
        **rules.disk_fields(offering),
        "displayoffering": offering.display,
        "disksizestrictness": offering.size_strictness,
        "encrypt": offering.encrypt,
        "details": (offering.details | scopes.scope_details(offering)) or None,
        "hasannotations": has_annotations(call, offering),
    }


@command("listDiskOfferings")
def list_disk_offerings(call: Call) -> dict[str, Any]:
    p = call.params
    if p.domainid is not None and not p.account:
        return _of_domain(call)
    scopes.check_recursion(call, "disk")
    tags = _wanted_tags(call)
    answer = call.listing(
        "diskoffering",
        call.db.disk_offerings,
        _listed,
        where=[
            equal("id", p.id),
            matching(lambda o: not o.compute_only),
            scopes.in_state(call),
            equal("name", p.name),
            equal("encrypt", p.encrypt),
            scopes.of_storage_type(p.storagetype, lambda o: o.use_local_storage),
            scopes.for_zone(p.zoneid),
            scopes.visible(call, call.owner()),
            _instead(call),
        ],
        keyword=("name", "display_text"),
        sort=scopes.by_sort_key(call),
    )
    return _with_tags(answer, tags)


def _listed(call: Call, offering: DiskOffering) -> dict[str, Any]:
    """An offering, and whether a disk of it would find a pool where the instance is that the call names."""
    view, vm = disk_offering_view(call, offering), call.params.virtualmachineid
    if vm is not None:
        cluster = pools.cluster_of_host(call.sim, vm.host_id if vm.host_id is not None else vm.last_host_id)
        found = pools.candidates(
            call.sim, vm.zone_id, size=offering.size, tags=offering.tags, cluster=cluster,
            local=offering.use_local_storage,
        )  # fmt: skip
        view["suitableforvirtualmachine"] = bool(found)
    return view


def _of_domain(call: Call) -> dict[str, Any]:
    """A domain without an account: all that is bound to it, in every state; the server overlooks the other filters."""
    scopes.check_domain_line(call, call.caller.account, "disk")
    domain = call.params.domainid
    return call.listing(
        "diskoffering",
        call.db.disk_offerings,
        disk_offering_view,
        where=[matching(lambda o: not o.compute_only and domain.id in o.domain_ids)],
        sort=scopes.by_sort_key(call),
    )


def _instead(call: Call) -> Any:
    """What a volume may have instead of its offering."""
    p, volume = call.params, call.params.volumeid
    if p.virtualmachineid is not None:
        live(p.virtualmachineid, "Unable to find the VM instance with the specified ID")
    if volume is None:
        return None
    live(volume, "Unable to find a volume with specified id {id}")
    own = call.db.disk_offerings[volume.disk_offering_id]
    of_size = own.size_strictness and not own.compute_only
    return matching(
        lambda o: (
            o.id != own.id
            and o.size_strictness is own.size_strictness
            and (not of_size or o.customized or o.size == volume.size)
        )
    )


def _wanted_tags(call: Call) -> set[str]:
    """Storage tags that the offerings have to have: those of the volume's offering, or of the pool."""
    p = call.params
    if p.volumeid is not None and p.storageid is not None:
        raise InvalidParameter("Both volume ID and storage pool ID are not allowed at the same time")
    if not call.setting("match.storage.pool.tags.with.disk.offering", p.zoneid or None):
        return set()
    if p.volumeid:
        return set(call.db.disk_offerings[p.volumeid.disk_offering_id].tags)
    return set(p.storageid.tags) if p.storageid else set()


def _with_tags(answer: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    """The server takes the others out of the page when it has counted them."""
    if not wanted or "diskoffering" not in answer:
        return answer
    shown = [o for o in answer["diskoffering"] if wanted <= set((o["tags"] or "").split(","))]
    return {"count": answer["count"]} | ({"diskoffering": shown} if shown else {})


@command("createDiskOffering")
def create_disk_offering(call: Call) -> dict[str, Any]:
    p = call.params
    domains, zones = scopes.given_domains(call), scopes.given_zones(call)
    if not p.customized and p.disksize is None:
        raise InvalidParameter("Disksize is required for a non-customized disk offering")
    if p.customized and p.disksize is not None:
        raise InvalidParameter("Disksize is not allowed for a customized disk offering")
    mode = rules.cache_mode(p.cachemode)
    local = rules.uses_local_storage(p.storagetype)
    rules.refuse_storage_policy(call)
    rules.check_rates(call)
    size = 0 if p.customized else rules.size(call, p.disksize)
    provisioning = rules.provisioning_type(p.provisioningtype)
    lowest, highest = rules.iops(call, p.customizediops)
    admins.check_new(call, "disk", domains)
    offering = call.db.disk_offerings.add(
        DiskOffering(
            name=p.name,
            display_text=p.displaytext or p.name,
            size=size,
            customized=bool(p.customized),
            custom_iops=p.customizediops,
            min_iops=lowest,
            max_iops=highest,
            tags=scopes.split_tags(p.tags),
            use_local_storage=local,
            provisioning_type=provisioning,
            cache_mode=mode,
            rates=rules.rates(call),
            hypervisor_snapshot_reserve=rules.snapshot_reserve(p.hypervisorsnapshotreserve),
            display=p.get("displayoffering", True),
            size_strictness=bool(p.disksizestrictness),
            encrypt=bool(p.encrypt),
            domain_ids=domains,
            zone_ids=zones,
            details=_details(call),
        )
    )
    call.event(
        "DISK.OFFERING.CREATE",
        f"Successfully completed creating disk offering. Disk offering id={offering.uuid}",
        offering,
    )
    return {"diskoffering": disk_offering_view(call, offering)}


def _details(call: Call) -> dict[str, str]:
    """`details[0].a=b` gives {"a": "b"}: unlike elsewhere, `key` and `value` are keys like others."""
    found: dict[str, str] = {}
    for entry in (call.params.details or {}).values():
        found |= entry if isinstance(entry, dict) else {}
    return found


@command("updateDiskOffering")
def update_disk_offering(call: Call) -> dict[str, Any]:
    p = call.params
    offering = live(p.id, "Unable to find disk offering by id {id}")
    domains = scopes.new_domains(call, "disk offering", offering.domain_ids)
    zones = scopes.new_zones(call, "disk offering", offering.zone_ids)
    domains = admins.check_update(call, "disk", offering, domains, zones)
    state = scopes.changed_state(call, offering.state)
    tags = offering.tags if p.tags is None else scopes.split_tags(p.tags)
    if p.tags is not None:
        rules.check_storage_tags(call, offering, tags)
    rules.check_rates(call)
    mode = rules.cache_mode(p.cachemode)
    offering.name, offering.display_text = p.name or offering.name, p.displaytext or offering.display_text
    offering.sort_key = offering.sort_key if p.sortkey is None else p.sortkey
    offering.display = offering.display if p.displayoffering is None else p.displayoffering
    offering.cache_mode = mode or offering.cache_mode
    offering.rates, offering.state, offering.tags = offering.rates | rules.rates(call), state, tags
    offering.domain_ids, offering.zone_ids = domains, zones
    call.event(
        "DISK.OFFERING.EDIT",
        f"Successfully completed updating disk offering. Disk offering id={offering.uuid}",
        offering,
    )
    return {"diskoffering": disk_offering_view(call, offering)}


@command("deleteDiskOffering")
def delete_disk_offering(call: Call) -> dict[str, Any]:
    offering = live(call.params.id, "Unable to find disk offering by id {id}")
    admins.check_deletion(call, "disk", offering)
    offering.state = "Inactive"
    call.event(
        "DISK.OFFERING.DELETE",
        f"Successfully completed deleting disk offering. Disk offering id={offering.uuid}",
        offering,
    )
    return SUCCESS
