"""Maintenance and degraded state of hosts."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...errors import ApiError, CloudRuntime, InvalidParameter, ServerApiError
from ...model.hosts import Host
from ...registry import command
from ..hypervisors import is_fake
from .failover import evacuate, lose_host, stop_what_cannot_move
from .view import host_view

if TYPE_CHECKING:
    from ...simulator import Simulator

PREPARING = ("PrepareForMaintenance", "ErrorInPrepareForMaintenance")
READY = ("Enabled", "ErrorInMaintenance", "Degraded")
CANCELLABLE = (*PREPARING, "Maintenance", "ErrorInMaintenance")
TRIES = 3
"""How often VMs that do not move are tried again before the maintenance has failed."""
RECHECK = 1.0
"""Seconds after the end of the job until the agent's next ping; fake hypervisors take no time for anything."""


@command("prepareHostForMaintenance", sync=lambda call: ("host", call.params.id))
def prepare(call: Call) -> Generator[float, None, dict[str, Any]]:
    host = live(call.params.id, "Unable to find host with ID: {id}. Please specify a valid host ID.")
    try:
        enter(call, host)
    except ApiError as error:
        raise ServerApiError(530, f"Failed to prepare host for maintenance due to: {error.text}") from None
    call.event("MAINT.PREPARE", f"Successfully completed preparing for maintenance. Host Id: {host.uuid}", host)
    yield 0.1
    await_ping(call.sim, host)
    return {"host": host_view(call, host)}


def enter(call: Call, host: Host) -> None:
    """Begin to empty a host: from its agent's next ping on. One that is down may have nothing to begin with."""
    _check_state(host)
    if _parked(call, host):
        return
    _check(call, host)
    host.resource_state, host.failed_rounds = "PrepareForMaintenance", 0
    stop_what_cannot_move(call.sim, host)


def await_ping(sim: Simulator, host: Host) -> None:
    """The agent's next ping after the maintenance of its host has begun."""
    sim.scheduler.after(0.0 if is_fake(host.hypervisor) else RECHECK, go_on, sim, host)


def _parked(call: Call, host: Host) -> bool:
    """A host that is down goes straight into maintenance where its zone allows it, whatever is on it."""
    allowed = call.setting("set.host.down.to.maintenance", call.db.zones[host.zone_id])
    if not allowed or host.state != "Down" or host.resource_state not in ("Enabled", "ErrorInMaintenance"):
        return False
    host.resource_state = "Maintenance"
    return True


def _check_state(host: Host) -> None:
    if host.resource_state in (*PREPARING, "Maintenance"):
        raise CloudRuntime(
            f"Host is already in state {host.resource_state}. Cannot recall for maintenance until resolved."
        )


def _check(call: Call, host: Host) -> None:
    for other in call.db.hosts.where(cluster_id=host.cluster_id):
        if other is not host and other.resource_state in PREPARING:
            cluster = call.db.clusters[host.cluster_id]
            raise CloudRuntime(
                "There are other servers attempting migrations for maintenance. Found hosts in "
                "PrepareForMaintenance OR "
                f"ErrorInPrepareForMaintenance STATUS in cluster {cluster}"
            )
    _check_vms(call, host)
    if host.state != "Up" or host.resource_state not in READY:
        raise CloudRuntime(f"Unable to prepare for maintenance host {host}")


def _check_vms(call: Call, host: Host) -> None:
    vms = call.db.vms.where(host_id=host.id)
    local = {p.id for p in call.db.storage_pools.where(host_id=host.id)}
    strategy = str(call.setting("host.maintenance.local.storage.strategy"))
    on_local = any(v.pool_id in local for vm in vms for v in call.db.volumes.where(vm_id=vm.id))
    if on_local and strategy == "Error":
        raise CloudRuntime(
            "There are active VMs using the host's local storage pool. Please stop all VMs on this host that use local "
            "storage."
        )
    states = {vm.state for vm in vms}
    if "Migrating" in states:
        raise CloudRuntime(
            "Host contains incoming VMs migrating. Please wait for them to complete before putting to maintenance."
        )
    if states & {"Starting", "Stopping"}:
        raise CloudRuntime(
            "Host contains VMs in starting/stopping state. Please wait for them to complete before putting to "
            "maintenance."
        )
    if states & {"Error", "Unknown", "Shutdown"}:
        raise CloudRuntime("Host contains VMs in error/unknown/shutdown state. Please fix errors to proceed.")
    if states and not call.setting("vm.ha.enabled", call.db.zones[host.zone_id]):
        raise CloudRuntime(
            f"Cannot perform maintain for the host {host.name} ({host.id}) as there are running VMs on it and VM high "
            "availability manager is disabled"
        )


def go_on(sim: Simulator, host: Host) -> None:
    """What a host that prepares for maintenance does at each ping: move its VMs, and be done once none is left."""
    if host.resource_state not in PREPARING or host.removed is not None:
        return
    if not sim.db.vms.where(host_id=host.id):
        host.resource_state = "Maintenance"
    elif evacuate(sim, host):
        host.resource_state, host.failed_rounds = "PrepareForMaintenance", 0
    else:
        host.failed_rounds += 1
        given_up = host.failed_rounds > TRIES and not sim.db.vms.where(host_id=host.id, state="Migrating")
        host.resource_state = "ErrorInMaintenance" if given_up else "ErrorInPrepareForMaintenance"


@command("cancelHostMaintenance", sync=lambda call: ("host", call.params.id))
def cancel(call: Call) -> dict[str, Any]:
    host = live(call.params.id, "Host with id {id} doesn't exist")
    _check_agent(call, host)
    leave(host)
    call.event("MAINT.CANCEL", f"Successfully completed cancel maintenance for host. Host Id: {host.uuid}", host)
    return {"host": host_view(call, host)}


def _check_agent(call: Call, host: Host) -> None:
    """Agents of KVM that are away are started again over SSH, where the server may do that."""
    if host.hypervisor == "KVM" and host.state != "Up" and not call.setting("kvm.ssh.to.agent"):
        raise CloudRuntime("SSH access is disabled, cannot cancel maintenance mode as host agent is not connected")


def leave(host: Host) -> None:
    """End the maintenance of a host."""
    if host.resource_state not in CANCELLABLE:
        raise CloudRuntime(
            f"Cannot perform cancelMaintenance when resource state is {host.resource_state}, host: {host}"
        )
    host.resource_state = "Enabled"


@command("declareHostAsDegraded")
def declare_degraded(call: Call) -> dict[str, Any]:
    host = live(call.params.id, "Host [id:{id}] does not exist.")
    if host.state not in ("Alert", "Disconnected"):
        raise InvalidParameter(
            f"Cannot perform declare host ({host}) as 'Degraded' when host is in {host.state} status"
        )
    if host.resource_state == "Degraded":
        raise ServerApiError(
            530,
            "Failed to declare host as Degraded due to: No next resource state found for current state = "
            "Degraded event = DeclareHostDegraded",
        )
    host.resource_state = "Degraded"
    lose_host(call.sim, host)
    call.event(
        "HOST.DECLARE.DEGRADED", f"Successfully completed declaring host as degraded. Host Id: {host.uuid}", host
    )
    return {"host": host_view(call, host)}


@command("cancelHostAsDegraded")
def cancel_degraded(call: Call) -> dict[str, Any]:
    host = live(call.params.id, "Host with id {id} does not exist")
    if host.resource_state != "Degraded":
        raise ServerApiError(
            530,
            f"Failed to cancel host as Degraded due to: No next resource state found for current state = "
            f"{host.resource_state} event = EnableDegradedHost",
        )
    host.resource_state = "Enabled"
    call.event(
        "HOST.CANCEL.DEGRADED", f"Successfully completed canceling degraded status for host. Host Id: {host.uuid}", host
    )
    return {"host": host_view(call, host)}
