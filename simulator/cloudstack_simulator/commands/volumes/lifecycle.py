"""What happens to volumes, whoever causes it: instances, system VMs and the volume commands call these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import CloudRuntime
from ...model.volumes import Volume
from ..images import rows as images
from . import placement

if TYPE_CHECKING:
    from ...model.images import Template
    from ...model.pools import StoragePool
    from ...model.vms import VirtualMachine
    from ...simulator import Simulator


IN_MAINTENANCE = ("PrepareForMaintenance", "Maintenance", "ErrorInMaintenance")
"""States of a pool from which nothing starts."""


def add(sim: Simulator, volume: Volume, *, uuid: str | None = None) -> Volume:
    """Take a new volume in and count it for its owner."""
    made: Volume = sim.db.volumes.add(volume, uuid=uuid)
    _count(sim, made, 1)
    return made


def _count(sim: Simulator, volume: Volume, sign: int) -> None:
    if volume.counted:
        sim.limits.add(volume.account_id, "volume", sign)
        sim.limits.add(volume.account_id, "primary_storage", sign * volume.size)


def change_size(sim: Simulator, volume: Volume, size: int) -> None:
    if volume.counted:
        sim.limits.add(volume.account_id, "primary_storage", size - volume.size)
    volume.size = size


def change_owner(sim: Simulator, volume: Volume, account_id: int) -> None:
    _count(sim, volume, -1)
    volume.account_id = account_id
    _count(sim, volume, 1)


def new_root(
    sim: Simulator,
    vm: VirtualMachine,
    template: Template | None,
    *,
    size: int | None = None,
    disk_offering: Any = None,
    counted: bool = True,
) -> Volume:
    """The root disk `ROOT-<number>` of a VM, not yet on a pool. `size` in bytes, else the template's."""
    offering = disk_offering or _compute_disk_offering(sim, vm)
    return add(
        sim,
        Volume(
            name=f"ROOT-{vm.id}",
            account_id=vm.account_id,
            zone_id=vm.zone_id,
            kind="ROOT",
            size=size if size is not None else (template.size or 0 if template is not None else 0),
            disk_offering_id=offering.id if offering is not None else None,
            provisioning_type=offering.provisioning_type if offering is not None else "thin",
            vm_id=vm.id,
            device_id=0,
            template_id=template.id if template is not None else None,
            extractable=template is not None and template.extractable,
            counted=counted,
            listed=vm.vm_type == "User",
        ),
    )


def display(sim: Simulator, volume: Volume, *, on: bool) -> None:
    """Show the volume in lists, or hide it."""
    vm = sim.db.vms.get(volume.vm_id)
    if on is not volume.counted and (vm is None or vm.vm_type == "User") and not volume.destroyed:
        _count(sim, volume, -1)  # what is not shown does not count
        volume.counted = on
        _count(sim, volume, 1)
    volume.display = on
    volume.listed = on and (vm is None or vm.vm_type == "User")


def new_data(
    sim: Simulator, vm: VirtualMachine, disk_offering: Any, *, size: int | None = None, device: int | None = None
) -> Volume:
    """The data disk `DATA-<number>` that is made together with a VM, not yet on a pool."""
    return add(
        sim,
        Volume(
            name=f"DATA-{vm.id}",
            account_id=vm.account_id,
            zone_id=vm.zone_id,
            size=size if size is not None else disk_offering.size,
            disk_offering_id=disk_offering.id,
            provisioning_type=disk_offering.provisioning_type,
            vm_id=vm.id,
            device_id=free_device(sim, vm) if device is None else device,
        ),
    )


def _compute_disk_offering(sim: Simulator, vm: VirtualMachine) -> Any:
    offering = sim.db.service_offerings.get(vm.service_offering_id)
    number = getattr(offering, "disk_offering_id", None)
    return sim.db.disk_offerings.get(number)


def of_vm(sim: Simulator, vm: VirtualMachine) -> list[Volume]:
    """The VM's volumes by device."""
    return sorted(sim.db.volumes.where(vm_id=vm.id), key=lambda v: v.device_id or 0)


def free_device(sim: Simulator, vm: VirtualMachine) -> int:
    """The lowest device number a data disk can have (3 is the CD drive)."""
    taken = {v.device_id for v in of_vm(sim, vm)} | {0, 3}
    return next(n for n in range(1, 256) if n not in taken)


def put_on(sim: Simulator, volume: Volume, pool: StoragePool) -> None:
    """The volume is made on a pool: state Ready."""
    volume.pool_id = pool.id
    cluster = sim.db.clusters.get(pool.cluster_id)
    volume.hypervisor = cluster.hypervisor if cluster is not None else pool.hypervisor
    by_name = volume.hypervisor == "Simulator" and volume.kind == "DATADISK"
    volume.path = volume.path or (volume.name if by_name else sim.ids.uuid())
    volume.state = "Ready"
    volume.placed = sim.clock.now()
    if volume.template_id is not None and volume.snapshot_id is None:
        images.keep_on_pool(sim, sim.db.templates[volume.template_id], pool)


def place(sim: Simulator, vm: VirtualMachine, host: Any) -> bool:
    """Put those volumes of a VM on pools of the host's cluster that have none yet; False when one finds no place.

    A disk on a pool in maintenance keeps an instance down; the server's own VMs get a new one elsewhere.
    """
    cluster = sim.db.clusters.get(host.cluster_id)
    chosen: list[tuple[Volume, StoragePool]] = []
    for volume in of_vm(sim, vm):
        held = sim.db.storage_pools.get(volume.pool_id)
        if held is not None and held.state not in IN_MAINTENANCE:
            continue
        if held is not None and vm.vm_type == "User":
            return False
        pool = placement.choose(sim, volume, cluster=cluster)
        if pool is None:
            return False
        chosen.append((volume, pool))
    for volume, pool in chosen:
        put_on(sim, volume, pool)
    return True


def clusters_for(sim: Simulator, vm: VirtualMachine) -> set[int] | None:
    """Numbers of the clusters that reach all of the VM's placed volumes; None: any."""
    allowed: set[int] | None = None
    for volume in of_vm(sim, vm):
        pool = sim.db.storage_pools.get(volume.pool_id)
        if pool is not None and pool.zone_id != vm.zone_id:
            return set()
        if pool is not None and pool.cluster_id is not None:
            allowed = {pool.cluster_id} if allowed is None else allowed & {pool.cluster_id}
    return allowed


def attach(sim: Simulator, volume: Volume, vm: VirtualMachine, device: int, *, noted: bool = True) -> None:
    """`noted`: whether the time of attaching is kept (disks that came with the VM have none)."""
    volume.vm_id, volume.device_id = vm.id, device
    volume.attached = sim.clock.now() if noted else None
    _show_data_offering(sim, vm)


def detach(sim: Simulator, volume: Volume) -> None:
    vm = sim.db.vms.get(volume.vm_id)
    volume.vm_id = volume.device_id = volume.attached = None
    if vm is not None:
        _show_data_offering(sim, vm)


def _show_data_offering(sim: Simulator, vm: VirtualMachine) -> None:
    """An instance's answer names the offering of its first data disk."""
    if vm.vm_type == "User":
        disks = (v for v in of_vm(sim, vm) if v.kind == "DATADISK")
        vm.disk_offering_id = next((v.disk_offering_id for v in disks), None)


def destroy(sim: Simulator, volume: Volume) -> None:
    """Destroyed but recoverable: no longer counts for its owner."""
    if not volume.destroyed:
        volume.state = "Destroy"
        volume.destroyed_at = sim.clock.now()
        _count(sim, volume, -1)


def recover(sim: Simulator, volume: Volume) -> None:
    volume.state = "Ready" if volume.pool_id is not None else "Allocated"
    volume.destroyed_at = None
    _count(sim, volume, 1)


def expunge(sim: Simulator, volume: Volume) -> None:
    """Gone for good, with its snapshot policies; snapshots stay."""
    destroy(sim, volume)
    volume.state = "Expunged"
    for policy in sim.db.snapshot_policies.where(volume_id=volume.id):
        sim.tags.drop(policy)
        sim.db.snapshot_policies.delete(policy)
    sim.tags.drop(volume)
    detach(sim, volume)
    sim.db.volumes.remove(volume)


def expunge_of_vm(sim: Simulator, vm: VirtualMachine) -> None:
    """With an expunged VM goes its root disk; data disks are detached and stay."""
    for volume in of_vm(sim, vm):
        if volume.kind == "ROOT":
            expunge(sim, volume)
        else:
            detach(sim, volume)


def reset_root(
    sim: Simulator,
    vm: VirtualMachine,
    template: Template | None,
    *,
    disk_offering: Any = None,
    size: int | None = None,
    keep_old: bool = False,
) -> Volume:
    """Replace a VM's root disk by a fresh one from its template (restore, recreate).

    `keep_old`: the disk that was stays for a while as a destroyed one.
    """
    old = next((v for v in of_vm(sim, vm) if v.kind == "ROOT"), None)
    if old is None:
        raise CloudRuntime(f"Unable to find root volume of {vm}")
    pool = sim.db.storage_pools.get(old.pool_id)
    offering = disk_offering or sim.db.disk_offerings.get(old.disk_offering_id)
    size = max(size or old.size, (template.size or 0) if template is not None else 0)
    if keep_old and old.state != "Allocated":
        detach(sim, old)
        destroy(sim, old)
    else:
        expunge(sim, old)
    made = new_root(sim, vm, template, size=size, disk_offering=offering, counted=old.counted)
    if pool is not None:
        put_on(sim, made, pool)
    return made
