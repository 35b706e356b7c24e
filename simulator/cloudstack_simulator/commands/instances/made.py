"""Instances that the server makes for its own services in a tenant's name, from the template of its own VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import CloudRuntime
from ...model.images import SYSTEM
from ...model.instances import Instance
from ..images import rows as images
from ..volumes import lifecycle as disks
from . import counting, interfaces, life, sizes
from .interfaces import Wanted

if TYPE_CHECKING:
    from ...simulator import Simulator


def system_template(call: Call, zone: Any, hypervisor: str) -> Any:
    """The ready template of the server's own VMs for a hypervisor, or None."""
    for template in call.db.templates.where(kind=SYSTEM):
        if template.hypervisor == hypervisor and images.is_ready(call.sim, template, zone):
            return template
    return None


def add(call: Call, vm: Instance, network: Any, *, root_size: int | None = None) -> Instance:
    """Take in a new instance with a NIC and its root disk, counted for its owner; it is not started."""
    sim, db = call.sim, call.db
    owner, template = db.accounts[vm.account_id], db.templates[vm.template_id or 0]
    counting.check(sim, owner, sizes.size_of(db, vm))
    sim.limits.check(owner, "volume")
    vm.guest_os_id, vm.user_id, vm.display_name = template.guest_os_id, call.caller.user.id, vm.name
    db.vms.add(vm)
    vm.instance_name = f"i-{owner.id}-{vm.id}-{call.setting('instance.name')}"
    interfaces.give(call, vm, [Wanted(network)])
    counting.count(sim, vm, 1)
    disks.new_root(sim, vm, template, size=root_size)
    return vm


def start(call: Call, vm: Instance) -> life.Steps:
    """Start it for the first time; where it cannot, it stays behind in state Error and counts no longer."""
    try:
        yield from life.start(call, vm)
    except CloudRuntime:
        counting.count(call.sim, vm, -1)
        life.set_state(call.sim, vm, "Error")
        raise


def drop(call: Call, vm: Instance) -> life.Steps:
    """Destroy and expunge it."""
    counted = vm.removed is None and vm.state not in ("Error", "Destroyed")
    if vm.removed is None:
        yield from life.destroy(call, vm)
        if counted:
            counting.count(call.sim, vm, -1)
        life.expunge(call.sim, vm)


def forget(sim: Simulator, vm: Any) -> None:
    """Expunge it at once, whatever it is doing."""
    if vm.state not in ("Error", "Destroyed"):
        counting.count(sim, vm, -1)
    life.expunge(sim, vm)
