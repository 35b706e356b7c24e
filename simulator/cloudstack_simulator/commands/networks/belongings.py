"""What becomes of the instances, networks and VPCs of an account that is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...registry import on_account_removal
from ..instances import counting, life
from ..vpcs import vpcs
from . import lifecycle, public_ips

if TYPE_CHECKING:
    from ...simulator import Simulator


@on_account_removal(order=10)
def expunge_instances(sim: Simulator, account: Any) -> None:
    for vm in sim.db.vms.where(account_id=account.id, vm_type="User"):
        if vm.state not in ("Error", "Destroyed"):
            counting.count(sim, vm, -1)
        life.expunge(sim, vm)


@on_account_removal(order=20)
def destroy_networks(sim: Simulator, account: Any) -> None:
    """Networks before the VPCs that they are tiers of; then addresses that served neither."""
    for network in sim.db.networks.where(account_id=account.id):
        lifecycle.destroy(sim, network)
    for vpc in sim.db.vpcs.where(account_id=account.id):
        vpcs.destroy(sim, vpc)
    for ip in sim.db.ip_addresses.where(account_id=account.id):
        public_ips.release(sim, ip)
