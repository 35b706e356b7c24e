# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The procedures as modules."""

from __future__ import annotations

from ..campaign import as_operation
from ..procedures.capacity import CAPACITY_GUARD
from ..procedures.clusters import CLUSTER_ROLLING_MAINTENANCE
from ..procedures.default_system_offering import DEFAULT_SYSTEM_OFFERING
from ..procedures.host_degraded import HOST_DEGRADED
from ..procedures.host_ha import HOST_HA
from ..procedures.host_maintenance import HOST_MAINTENANCE
from ..procedures.host_out_of_band import OUT_OF_BAND_MANAGEMENT
from ..procedures.host_password import HOST_PASSWORD
from ..procedures.host_power import HOST_POWER
from ..procedures.host_removal import HOST_REMOVAL
from ..procedures.instance_migration import INSTANCE_MIGRATION
from ..procedures.instance_offering_change import INSTANCE_OFFERING_CHANGE
from ..procedures.instance_restore import INSTANCE_RESTORE
from ..procedures.management_servers import MANAGEMENT_SERVER_MAINTENANCE
from ..procedures.primary_storage import STORAGE_POOL_MAINTENANCE
from ..procedures.router_health import ROUTER_HEALTH
from ..procedures.router_offerings import VIRTUAL_ROUTER_OFFERING
from ..procedures.router_recovery import VIRTUAL_ROUTER_RECOVERY
from ..procedures.secondary_storage import SECONDARY_STORAGE_MIGRATION
from ..procedures.snapshot_schedules import SNAPSHOT_SCHEDULE
from ..procedures.system_vm_certificates import SYSTEM_VM_CERTIFICATE_ROLLOUT
from ..procedures.system_vm_templates import SYSTEM_VM_TEMPLATE_REPLACEMENT
from ..procedures.system_vms import SYSTEM_VM_REFRESH
from ..procedures.template_replacement import TEMPLATE_REPLACEMENT
from ..procedures.virtual_routers import VIRTUAL_ROUTER_UPGRADE
from ..procedures.volume_migration import STORAGE_POOL_EVACUATION, VOLUME_MIGRATION
from ..procedures.volume_offering_change import VOLUME_OFFERING_CHANGE

PROCEDURES = (
    CLUSTER_ROLLING_MAINTENANCE,
    DEFAULT_SYSTEM_OFFERING,
    HOST_DEGRADED,
    HOST_HA,
    HOST_MAINTENANCE,
    HOST_PASSWORD,
    HOST_POWER,
    HOST_REMOVAL,
    MANAGEMENT_SERVER_MAINTENANCE,
    OUT_OF_BAND_MANAGEMENT,
    INSTANCE_MIGRATION,
    INSTANCE_OFFERING_CHANGE,
    INSTANCE_RESTORE,
    ROUTER_HEALTH,
    SECONDARY_STORAGE_MIGRATION,
    SNAPSHOT_SCHEDULE,
    STORAGE_POOL_EVACUATION,
    STORAGE_POOL_MAINTENANCE,
    SYSTEM_VM_CERTIFICATE_ROLLOUT,
    SYSTEM_VM_REFRESH,
    SYSTEM_VM_TEMPLATE_REPLACEMENT,
    TEMPLATE_REPLACEMENT,
    VIRTUAL_ROUTER_OFFERING,
    VIRTUAL_ROUTER_RECOVERY,
    VIRTUAL_ROUTER_UPGRADE,
    VOLUME_MIGRATION,
    VOLUME_OFFERING_CHANGE,
)

OPERATIONS = (*(as_operation(procedure) for procedure in PROCEDURES), CAPACITY_GUARD)
