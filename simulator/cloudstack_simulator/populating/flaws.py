"""What goes wrong in a cloud over the years, so that looking for it can be rehearsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..commands.snapshots import lifecycle as snapshots
from ..commands.volumes import lifecycle as disks
from ..model.appliances import ROUTER
from ..model.instances import AffinityGroup
from ..scenarios.sandbox import Builder

if TYPE_CHECKING:
    from ..simulator import Simulator

DAY = 86400.0
LONG_AGO = 200 * DAY
OLD_RELEASE = "4.19.3.0"


def plant(sim: Simulator, zone: Any, count: int) -> None:
    """So many of each kind, as far as the zone has instances and routers for them.

    Volumes attached to nothing, old snapshots, instances together that must not be, instances and volumes that hang
    between two states, routers that were not upgraded, counts of resources that drifted, offerings that fit no pool.
    """
    vms = [vm for vm in sim.db.vms.where(zone_id=zone.id, vm_type="User") if vm.state == "Running"]
    _volumes(sim, vms[:count])
    _snapshots(sim, vms[:count])
    _together(sim, vms, count)
    for vm in vms[-count:]:
        vm.state, vm.updated = "Stopping", sim.clock.now() - 2 * DAY
    for router in sim.db.vms.where(zone_id=zone.id, vm_type=ROUTER)[:count]:
        router.software_version = OLD_RELEASE
    _counts(sim, [vm.account_id for vm in vms], count)
    for number in range(1, count + 1):
        Builder(sim).do(
            "createDiskOffering", name=f"{zone.name} tape {number}", displaytext="On tape", disksize=10, tags="tape"
        )


def _volumes(sim: Simulator, owners: list[Any]) -> None:
    """One in three hangs in a migration that is long over."""
    disk = sim.db.disk_offerings.first(name="Small")
    for number, vm in enumerate(owners, 1):
        volume = disks.new_data(sim, vm, disk)
        disks.put_on(sim, volume, sim.db.storage_pools.where(cluster_id=sim.db.hosts[vm.host_id].cluster_id)[0])
        volume.name, volume.vm_id, volume.device_id = f"left-{volume.id}", None, None
        volume.created = sim.clock.now() - LONG_AGO
        if number % 3 == 0:
            volume.state = "Migrating"


def _snapshots(sim: Simulator, owners: list[Any]) -> None:
    for vm in owners:
        root = sim.db.volumes.where(vm_id=vm.id)[0]
        snapshot = snapshots.new(sim, root)
        snapshots.back_up(sim, snapshot)
        snapshot.created = sim.clock.now() - LONG_AGO


def _together(sim: Simulator, vms: list[Any], count: int) -> None:
    """Two instances of an account on one host, and a group that forbids it."""
    places: dict[tuple[int, int], list[Any]] = {}
    for vm in vms:
        places.setdefault((vm.account_id, vm.host_id), []).append(vm)
    pairs = [found[:2] for found in places.values() if len(found) > 1]
    for number, pair in enumerate(pairs[:count], 1):
        account = sim.db.accounts[pair[0].account_id]
        group = sim.db.affinity_groups.add(
            AffinityGroup(
                name=f"apart-{number}", type="host anti-affinity", account_id=account.id, domain_id=account.domain_id
            )
        )
        for vm in pair:
            vm.affinity_group_ids.append(group.id)


def _counts(sim: Simulator, accounts: list[int], count: int) -> None:
    for account_id in dict.fromkeys(accounts[:count]):
        sim.limits.add(account_id, "user_vm", 2)
