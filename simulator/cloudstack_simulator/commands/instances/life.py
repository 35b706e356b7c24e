"""Starting and stopping: what happens to a VM of any kind, in steps of simulated time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from ... import usage
from ...call import Call
from ...errors import ApiError, CloudRuntime
from .. import mocks
from ..networks import addressing
from ..networks import lifecycle as networks
from ..volumes import lifecycle as disks
from . import placement
from .destination import ANYWHERE, Destination
from .statistics import is_measured

if TYPE_CHECKING:
    from ...simulator import Simulator

Steps = Generator[float, None, None]
STEP = 0.1


def set_state(sim: Simulator, vm: Any, state: str) -> None:
    """Change a VM's state and note the time. It runs until it has stopped, not only until it stops."""
    now = sim.clock.now()
    if vm.vm_type == "User":
        _count(sim, vm, state)
    if state == "Running":
        vm.running_since = vm.running_since or now
    elif state not in ("Stopping", "Migrating"):
        vm.measured, vm.running_since = is_measured(sim, vm), None
    vm.state, vm.updated = state, now


def _count(sim: Simulator, vm: Any, state: str) -> None:
    """Tell the usage server what ends with the change."""
    if state not in ("Running", "Stopping", "Migrating"):
        usage.ended(sim, usage.RUNNING_VM, vm, vm.running_since)
    if state in ("Destroyed", "Expunging") and vm.state != "Destroyed":
        usage.ended(sim, usage.ALLOCATED_VM, vm, vm.created)


class NoPlaceError(CloudRuntime):
    """No host can take the VM, or none of them gets it up."""


def start(call: Call, vm: Any, *, where: Destination = ANYWHERE, avoid: tuple[int, ...] = ()) -> Steps:
    """Bring a stopped VM up: networks, host, disks, power. Where nothing can take it, it is back in its old state."""
    sim, before = call.sim, vm.state
    set_state(sim, vm, "Starting")
    yield STEP
    try:
        yield from _power_on(call, vm, where, avoid)
    except ApiError:
        addressing.unplug(sim, vm)
        set_state(sim, vm, before)
        raise
    addressing.plug(sim, vm)
    vm.keeps_place = False
    set_state(sim, vm, "Running")


def refused(vm: Any, error: ApiError) -> ApiError:
    """What the commands about instances make of an error of `start`."""
    if isinstance(error, NoPlaceError):
        return CloudRuntime(f"Unable to start a VM [{vm.uuid}] due to [{error.text}].")
    return error


def _power_on(call: Call, vm: Any, where: Destination, avoid: tuple[int, ...]) -> Steps:
    """The VM takes its place before its networks are made: their routers go where more room is left."""
    sim, tried = call.sim, set(avoid)
    while True:
        host = placement.choose(sim, vm, where=where, avoid=tried)
        if host is None:
            raise NoPlaceError(f"Unable to create a deployment for {vm}")
        placement.settle(sim, vm, host)
        try:
            yield from _connect(call, vm)
        except ApiError:
            placement.unsettle(sim, vm)
            raise
        if disks.place(sim, vm, host):
            effect = mocks.effect(sim, "StartCommand", host)
            yield STEP + effect.wait
            if not effect.failed:
                return
        placement.unsettle(sim, vm)
        tried.add(host.id)
        if where.host is not None:
            raise NoPlaceError(f"Unable to create a deployment for {vm}")


def _connect(call: Call, vm: Any) -> Steps:
    for nic in call.db.nics.where(vm_id=vm.id):
        network = call.db.networks[nic.network_id]
        yield from networks.implement(call, network)
        addressing.take_late(call.sim, vm, nic, network)


def stop(call: Call, vm: Any, *, forced: bool = False, keep_place: bool = True) -> Steps:
    """Bring a running VM down. A host that refuses keeps it running, unless it is forced."""
    sim = call.sim
    if vm.state == "Stopped":
        return
    host = sim.db.hosts.get(vm.host_id)
    set_state(sim, vm, "Stopping")
    effect = mocks.effect(sim, "StopCommand", host)
    yield STEP + effect.wait
    if effect.failed and not forced:
        set_state(sim, vm, "Running")
        raise CloudRuntime(f"Unable to stop {vm}")
    addressing.unplug(sim, vm)
    placement.leave(sim, vm, keep_place=keep_place)
    set_state(sim, vm, "Stopped")


def reboot(call: Call, vm: Any) -> Steps:
    """Restart the guest in its place."""
    effect = mocks.effect(call.sim, "RebootCommand", call.db.hosts.get(vm.host_id))
    yield STEP + effect.wait
    if effect.failed:
        raise CloudRuntime("Unable to get answer that is of class com.cloud.agent.api.RebootAnswer")


def migrate(call: Call, vm: Any, host: Any) -> Steps:
    """Move a running VM to another host."""
    sim = call.sim
    source = sim.db.hosts.get(vm.host_id)
    set_state(sim, vm, "Migrating")
    effect = mocks.effect(sim, "MigrateCommand", source)
    yield STEP + effect.wait
    if effect.failed or vm.stuck:
        set_state(sim, vm, "Running")
        raise CloudRuntime(f"Failed to migrate {vm}" if vm.stuck else "Simulated failure")
    if vm.state != "Migrating":
        raise CloudRuntime(f"Failed to migrate {vm}")
    vm.last_host_id = vm.host_id
    placement.settle(sim, vm, host)
    set_state(sim, vm, "Running")


def destroy(call: Call, vm: Any) -> Steps:
    """Stop an instance for good; it can be recovered until it is expunged."""
    sim = call.sim
    if vm.state == "Destroyed":
        return
    if vm.state == "Running":
        yield from stop(call, vm)
    placement.give_up_place(sim, vm)
    set_state(sim, vm, "Destroyed")


BEFORE_EXPUNGING: list[Callable[[Simulator, Any], None]] = []
"""Called with an instance that shall be expunged: each area may refuse."""
WHEN_EXPUNGED: list[Callable[[Simulator, Any], None]] = []
"""Called with an instance that goes for good: each area drops what hangs on it."""


def check_expunge(sim: Simulator, vm: Any) -> None:
    for listener in BEFORE_EXPUNGING:
        listener(sim, vm)


def expunge(sim: Simulator, vm: Any) -> None:
    """Remove a VM with its root disk, NICs and everything that hangs on it."""
    placement.leave(sim, vm, keep_place=False)
    placement.give_up_place(sim, vm)
    for listener in WHEN_EXPUNGED:
        listener(sim, vm)
    disks.expunge_of_vm(sim, vm)
    addressing.drop_nics(sim, vm)
    sim.tags.drop(vm)
    set_state(sim, vm, "Expunging")
    sim.db.vms.remove(vm)
