"""Whether a VM of any kind may change to another service offering."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter


def check(call: Call, vm: Any, offering: Any) -> None:
    """The server's order: the state, the offering it has, where its root disk lies, what it is for, storage tags."""
    if vm.state not in ("Running", "Stopped"):
        raise InvalidParameter(
            f"Unable to upgrade virtual machine {vm}  in state {vm.state}; make sure the virtual machine is "
            "stopped/running"
        )
    if offering.id == vm.service_offering_id and not offering.customized:
        raise InvalidParameter(
            f"Not upgrading vm {vm} since it already has the requested service offering ({offering.name})"
        )
    current = call.db.service_offerings.get(vm.service_offering_id)
    old_disk = call.db.disk_offerings.get(getattr(current, "disk_offering_id", None))
    new_disk = call.db.disk_offerings.get(offering.disk_offering_id)
    _check_storage(call, vm, new_disk)
    if current is not None and current.is_system is not offering.is_system:
        raise InvalidParameter("isSystem property is different for current service offering and new service offering")
    if call.setting("match.storage.pool.tags.with.disk.offering", call.db.zones[vm.zone_id]):
        _check_tags(old_disk, new_disk)


def on_local_storage(call: Call, vm: Any) -> bool:
    """Whether the VM's root disk lies on a host's own storage."""
    root = call.db.volumes.first(vm_id=vm.id, kind="ROOT")
    pool = call.db.storage_pools.get(root.pool_id) if root is not None else None
    return pool is not None and pool.scope == "HOST"


def _check_storage(call: Call, vm: Any, disk: Any) -> None:
    local = on_local_storage(call, vm)
    if disk is None or disk.use_local_storage is local:
        return
    wanted, found = ("shared", "local") if local else ("local", "shared")
    raise InvalidParameter(
        f"Unable to upgrade virtual machine {vm}, target offering use {wanted} storage but the storage pool where the "
        f"volume is allocated is a {found} storage."
    )


def _check_tags(old: Any, new: Any) -> None:
    before, after = (list(disk.tags) if disk is not None else [] for disk in (old, new))
    if set(before) <= set(after):
        return
    raise InvalidParameter(
        "Unable to upgrade virtual machine; the current service offering  should have tags as subset of the new "
        f"service offering tags. Current service offering tags: [{', '.join(before)}]; "
        f"new service offering tags: [{', '.join(after)}]"
    )
