"""How a snapshot looks in answers."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...model.volumes import Snapshot
from ...tags import taggable
from ..common import has_notes, owner_fields, short_tags

taggable("Snapshot", "snapshots")


def snapshot_view(call: Call, snapshot: Snapshot, zone: int | None = None) -> dict[str, Any]:
    """As listSnapshots shows it: its copy in a zone, by default in its first one."""
    volume = call.db.volumes.get(snapshot.volume_id)
    return {
        "id": snapshot.uuid,
        **owner_fields(call, snapshot.account_id),
        **_volume_fields(volume),
        "created": timestamp(snapshot.created),
        "name": snapshot.name,
        "intervaltype": snapshot.kind,
        "state": snapshot.state,
        "physicalsize": snapshot.physical_size,
        "virtualsize": snapshot.size,
        "revertable": _revertable(snapshot),
        **_zone_fields(call, snapshot, zone),
        "ostypeid": getattr(_guest_os(call, volume), "uuid", None),
        "tags": short_tags(call, snapshot),
        "hasannotations": has_notes(call, snapshot),
    }


def made_view(call: Call, snapshot: Snapshot, tags: dict[str, str]) -> dict[str, Any]:
    """As the job that makes one shows it: with the type, and its tags as they were given."""
    system = _guest_os(call, call.db.volumes.get(snapshot.volume_id))
    return snapshot_view(call, snapshot) | {
        "snapshottype": snapshot.kind,
        "osdisplayname": system.display_name if system is not None else None,
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
    }


def _revertable(snapshot: Snapshot) -> bool:
    return snapshot.hypervisor == "KVM" and snapshot.state == "BackedUp"


def _volume_fields(volume: Any) -> dict[str, Any]:
    if volume is None:
        return {}
    return {
        "volumeid": volume.uuid,
        "volumename": volume.name,
        "volumetype": volume.kind,
        "volumestate": volume.state,
    }


def _zone_fields(call: Call, snapshot: Snapshot, number: int | None) -> dict[str, Any]:
    if not snapshot.zone_ids:
        return {}
    zone = call.db.zones[number or snapshot.zone_ids[0]]
    return {"zoneid": zone.uuid, "zonename": zone.name}


def _guest_os(call: Call, volume: Any) -> Any:
    """The guest OS of the template behind a root disk."""
    template = call.db.templates.get(volume.template_id) if volume is not None else None
    return call.db.guest_os.get(template.guest_os_id) if template is not None else None
