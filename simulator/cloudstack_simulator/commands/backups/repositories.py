"""Repositories: NFS and CIFS shares that hold backups."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, ServerApiError
from ...listing import equal
from ...model.features import BackupRepository
from ...registry import SUCCESS, command
from ..common import completed


def view(call: Call, repository: BackupRepository) -> dict[str, Any]:
    zone = call.db.zones[repository.zone_id]
    return {
        "id": repository.uuid,
        "name": repository.name,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "provider": repository.provider,
        "address": repository.address,
        "type": repository.type,
        "capacitybytes": repository.capacity,
        "crosszoneinstancecreation": repository.cross_zone,
        "created": timestamp(repository.created),
    }


@command("addBackupRepository")
def add(call: Call) -> dict[str, Any]:
    """Nothing is checked: neither the name, nor the kind, nor whether the share is there. The database wants a zone."""
    p = call.params
    if not p.zoneid:
        raise CloudRuntime("Unable to persist on DB, due to: Cannot add or update a child row: a foreign key fails")
    repository = call.db.backup_repositories.add(
        BackupRepository(
            name=p.name,
            address=p.address,
            type=p.type,
            zone_id=p.zoneid.id,
            provider=p.get("provider", "nas"),
            mount_options=p.get("mountopts", ""),
            capacity=p.capacitybytes,
            cross_zone=p.crosszoneinstancecreation,
        )
    )
    call.event("BACKUP.REPOSITORY.ADD", "Successfully completed add backup repository", repository)
    return {"backuprepository": view(call, repository)}


@command("listBackupRepositories")
def list_repositories(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("id", p.id), equal("name", p.name), equal("zone_id", p.zoneid), equal("provider", p.provider)]
    return call.listing(
        "backuprepository", call.db.backup_repositories, view, where=filters, keyword=("name", "provider")
    )


CHANGEABLE = {
    "name": "name",
    "address": "address",
    "mountopts": "mount_options",
    "crosszoneinstancecreation": "cross_zone",
}


@command("updateBackupRepository")
def update(call: Call) -> dict[str, Any]:
    repository = _repository(call, "Failed to update backup repository")
    for parameter, field in CHANGEABLE.items():
        if call.params[parameter] is not None:
            setattr(repository, field, call.params[parameter])
    completed(call, "BACKUP.REPOSITORY.UPDATE", "update backup repository", repository)
    return {"backuprepository": view(call, repository)}


def _repository(call: Call, text: str) -> BackupRepository:
    repository = call.params.id
    if not repository or repository.removed is not None:
        raise ServerApiError(530, text)
    return repository


@command("deleteBackupRepository")
def delete(call: Call) -> dict[str, Any]:
    repository = _repository(call, "Failed to delete backup repository")
    for offering in call.db.backup_offerings.where(zone_id=repository.zone_id):
        if offering.external_id == repository.uuid and call.db.backups.where(offering_id=offering.id):
            raise ServerApiError(530, "Failed to delete backup repository as there are backups present on it")
    call.db.backup_repositories.remove(repository)
    return SUCCESS
