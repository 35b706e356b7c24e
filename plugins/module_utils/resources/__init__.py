# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every resource and operation of the collection: the one source of modules, documentation and documents."""

# The imports are read from the names of this module: each area stands here once.
# ruff: noqa: F401

from __future__ import annotations

from types import ModuleType

from ..model import Operation, Resource
from . import (
    address_ranges,
    affinity_groups,
    api,
    audits,
    certificate_requests,
    clusters,
    compute_offerings,
    disk_offerings,
    events_and_alerts,
    hosts,
    image_store_url_check,
    images_out,
    instance_nics,
    instance_schedules,
    instances,
    isos,
    jobs,
    network_offerings,
    networks,
    notices,
    ova_inspections,
    physical_networks,
    procedures,
    projects,
    references,
    resource_limits,
    roles,
    settings,
    simulators,
    snapshot_policies,
    snapshots,
    ssh_key_pairs,
    storage,
    system_offerings,
    system_vm_certificates,
    system_vm_templates,
    system_vms,
    templates,
    tenants,
    usage,
    users,
    vm_snapshots,
    volumes,
    vpc_offerings,
    webhooks,
    whole,
    zones,
)
from .info import info

_IMPORTED = [part for _name, part in sorted(globals().items()) if isinstance(part, ModuleType)]
"""The areas, and the parts that they share, which hold no records of their own."""
_AREAS = (
    references,  # first: a kind that gets a module of its own takes its place
    *(area for area in _IMPORTED if area is not references),
)

RESOURCES: dict[str, Resource] = {record.name: record for area in _AREAS for record in getattr(area, "RESOURCES", ())}
OPERATIONS: dict[str, Operation] = {
    record.name: record for area in _AREAS for record in getattr(area, "OPERATIONS", ())
}
OPERATIONS["info"] = info(RESOURCES)


def get(name: str) -> Resource | Operation:
    """The record of a module."""
    return RESOURCES[name] if name in RESOURCES else OPERATIONS[name]
