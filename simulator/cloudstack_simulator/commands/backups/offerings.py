"""Offerings of backups."""

from __future__ import annotations

from typing import Any

from ... import access
from ...call import Call, live
from ...clock import timestamp
from ...errors import CloudRuntime
from ...listing import equal
from ...model.features import BackupOffering
from ...registry import SUCCESS, command
from . import providers
from .refusals import internal


def offering_view(call: Call, offering: BackupOffering) -> dict[str, Any]:
    zone = call.db.zones[offering.zone_id]
    return {
        "id": offering.uuid,
        "name": offering.name,
        "description": offering.description,
        "provider": offering.provider,
        "externalid": offering.external_id,
        "allowuserdrivenbackups": offering.user_driven,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "created": timestamp(offering.created),
    }


@command("listBackupProviderOfferings")
def list_provider_offerings(call: Call) -> dict[str, Any]:
    zone = call.params.zoneid
    if zone.removed is not None:
        raise CloudRuntime("Invalid zone ID passed")
    providers.check_zone(call, zone)
    provider = providers.of_zone(call, zone)
    rows = [
        BackupOffering(
            name=n,
            description=d,
            external_id=e,
            zone_id=zone.id,
            provider=provider,
            uuid=call.sim.ids.uuid(),
            created=call.now,
        )
        for n, d, e in providers.policies(call, zone)
    ]
    return call.listing("backupoffering", rows, offering_view)


@command("importBackupOffering")
def import_offering(call: Call) -> dict[str, Any]:
    p, offerings = call.params, call.db.backup_offerings
    providers.check_zone(call, p.zoneid)
    provider = providers.of_zone(call, p.zoneid)
    if any(o.external_id == p.externalid for o in offerings.where(zone_id=p.zoneid.id)):
        raise CloudRuntime(f"A backup offering with external ID {p.externalid} already exists")
    if offerings.where(zone_id=p.zoneid.id, name=p.name):
        raise CloudRuntime("A backup offering with the same name already exists in this zone")
    if p.externalid not in [external for _n, _d, external in providers.policies(call, p.zoneid)]:
        raise CloudRuntime(
            f"Backup offering '{p.externalid}' does not exist on provider {provider} on zone {p.zoneid.id}"
        )
    offering = offerings.add(
        BackupOffering(
            name=p.name,
            description=p.description,
            external_id=p.externalid,
            zone_id=p.zoneid.id,
            provider=provider,
            user_driven=p.allowuserdrivenbackups,
        )
    )
    call.event("BACKUP.IMPORT.OFFERING", "Successfully completed importing backup offering", offering)
    return {"backupoffering": offering_view(call, offering)}


@command("listBackupOfferings")
@internal
def list_offerings(call: Call) -> dict[str, Any]:
    """`keyword` never finds anything: the server compares it, with its wildcards, for equality. An id finds its own,
    whatever else is asked; users see only what they may order backups of.
    """
    p = call.params
    if p.id is not None:
        if not p.id or p.id.removed is not None:
            raise CloudRuntime(f"Offering ID {p.id.id} does not exist")
        return call.listing("backupoffering", [p.id], offering_view)
    keyword = equal("name", f"%{p.keyword}%") if p.keyword else None
    theirs = equal("user_driven", True) if call.caller.account.account_type == access.USER else None
    filters = [equal("zone_id", p.zoneid), keyword, theirs]
    return call.listing("backupoffering", call.db.backup_offerings, offering_view, where=filters)


def _offering(call: Call) -> BackupOffering:
    offering = call.params.id
    if not offering or offering.removed is not None:
        raise CloudRuntime(f"Could not find a backup offering with id: {offering.id}")
    found: BackupOffering = offering
    return found


@command("updateBackupOffering")
def update_offering(call: Call) -> dict[str, Any]:
    p = call.params
    offering: BackupOffering = live(p.id, "Unable to find Backup Offering with id: [{id}].")
    offering.name = p.get("name", offering.name)
    offering.description = p.get("description", offering.description)
    offering.user_driven = p.get("allowuserdrivenbackups", offering.user_driven)
    call.event("BACKUP.OFFERING.EDIT", "Successfully completed updating backup offering", offering)
    return {"backupoffering": offering_view(call, offering)}


@command("deleteBackupOffering")
def delete_offering(call: Call) -> dict[str, Any]:
    offering = _offering(call)
    if call.db.backups.where(offering_id=offering.id):
        raise CloudRuntime("Backup Offering cannot be removed as it has backups associated with it.")
    if any(getattr(vm, "backup_offering_id", None) == offering.id for vm in call.db.vms):
        raise CloudRuntime(
            "Backup offering is assigned to VMs, remove the assignment(s) in order to remove the offering."
        )
    call.db.backup_offerings.remove(offering)
    return SUCCESS
