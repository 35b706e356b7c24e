"""Who keeps the backups of a zone: the dummy of a test set-up, or NFS and CIFS repositories (nas)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ... import contract
from ...call import Call
from ...errors import CloudRuntime

DUMMY, NAS = "dummy", "nas"
POLICIES = (
    ("Golden Policy", "Gold description", "gold-policy"),
    ("Silver Policy", "Silver description", "silver-policy"),
)


def check_zone(call: Call, zone: Any) -> None:
    """Refuse what has to do with backups where they are turned off, everywhere or in the zone."""
    if not (call.setting("backup.framework.enabled") and call.setting("backup.framework.enabled", zone)):
        raise CloudRuntime("Backup and Recovery feature is disabled for the zone")


def of_zone(call: Call, zone: Any) -> str:
    """The provider that the zone's setting names."""
    return known(call.setting("backup.framework.provider.plugin", zone))


def known(name: str | None) -> str:
    if not name:
        raise CloudRuntime("Invalid backup provider name provided")
    if name not in {provider["name"] for provider in contract.facts("catalogue.json")["backup_providers"]}:
        raise CloudRuntime(f"Failed to find backup provider by the name: {name}")
    if name not in (DUMMY, NAS):
        raise CloudRuntime(f"The backup provider {name} is not modelled by this simulator")
    return name


def policies(call: Call, zone: Any) -> list[tuple[str, str, str]]:
    """(name, description, external id) of what the zone's provider offers."""
    if of_zone(call, zone) == DUMMY:
        return list(POLICIES)
    repositories = call.db.backup_repositories.where(zone_id=zone.id, provider=NAS)
    return [(r.name, "NAS Backup Offering (Repository)", r.uuid) for r in repositories]


def external_id(call: Call, provider: str, vm: Any) -> str:
    """Where the provider keeps a new backup. Repositories take only what a KVM host can write there."""
    if provider == DUMMY:
        return "dummy-external-id"
    if vm.hypervisor != "KVM":
        raise CloudRuntime("Failed to create VM backup")
    return f"{vm.instance_name}/{datetime.fromtimestamp(call.now, UTC):%Y.%m.%d.%H.%M.%S}"


def reaches_other_zones(call: Call, offering: Any) -> bool:
    """Whether an instance can be made from the offering's backups in another zone."""
    repository = call.db.backup_repositories.find(offering.external_id) if offering.provider == NAS else None
    return repository is not None and bool(repository.cross_zone)
