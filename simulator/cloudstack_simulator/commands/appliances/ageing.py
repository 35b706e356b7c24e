"""As after an upgrade of the management server: what runs already is still of the release before.

Real clouds come to this by themselves, a simulated one only on demand; campaigns that renew VMs need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.appliances import API_TYPES, INTERNAL_BALANCER, ROUTER

if TYPE_CHECKING:
    from ...simulator import Simulator

TEMPLATE, RELEASE = "4.20.0", "4.20.1.0"


def age(sim: Simulator, *, template: str = TEMPLATE, release: str = RELEASE) -> int:
    """Make every router, internal load balancer and system VM one of an older template and release; returns how many.

    With today's template only the scripts are old: then the server does not say that an upgrade is required.
    """
    scripts = sim.ids.named_uuid(release)
    routers = [vm for kind in (ROUTER, INTERNAL_BALANCER) for vm in sim.db.vms.where(vm_type=kind)]
    for router in routers:
        router.template_version, router.software_version, router.scripts_version = template, release, scripts
    vms = [vm for kind in API_TYPES for vm in sim.db.vms.where(vm_type=kind)]
    for vm in vms:
        vm.code_version, vm.release = scripts, release
    return len(routers) + len(vms)
