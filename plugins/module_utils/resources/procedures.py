# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The procedures as modules."""

from __future__ import annotations

from ..campaign import as_operation
from ..procedures.system_vms import SYSTEM_VM_REFRESH
from ..procedures.virtual_routers import VIRTUAL_ROUTER_UPGRADE

PROCEDURES = (
    SYSTEM_VM_REFRESH,
    VIRTUAL_ROUTER_UPGRADE,
)

OPERATIONS = tuple(as_operation(procedure) for procedure in PROCEDURES)
