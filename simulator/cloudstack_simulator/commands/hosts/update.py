"""Changing hosts and their passwords, removing and reconnecting them."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import ApiError, CloudRuntime, InvalidParameter, ServerApiError
from ...model.annotations import Annotation
from ...model.hosts import Host
from ...registry import SUCCESS, command
from ..extensions import use as extensions
from ..storage_pools import local
from ..zones import dedication, pod_ranges
from . import add, agents
from .failover import lose_host
from .view import host_view

NEXT_STATE = {
    ("Enabled", "Enable"): "Enabled",
    ("Enabled", "Disable"): "Disabled",
    ("Disabled", "Enable"): "Enabled",
    ("Disabled", "Disable"): "Disabled",
    ("ErrorInMaintenance", "Disable"): "Disabled",
}


@command("updateHost")
def update_host(call: Call) -> dict[str, Any]:
    host = live(call.params.id, "Host with id {id} doesn't exist")
    try:
        _change(call, host)
    except ApiError as error:
        raise ServerApiError(530, f"Failed to update host: {host} with id {host.id}, {error.text}") from None
    return {"host": host_view(call, host)}


def _change(call: Call, host: Host) -> None:
    p = call.params
    if p.istagarule:
        raise InvalidParameter("The parameter istagarule cannot be set to true as JS interpretation is disabled")
    state = host.resource_state
    if p.allocationstate:
        if p.allocationstate not in ("Enable", "Disable"):
            raise InvalidParameter(f"Invalid allocation state: {p.allocationstate}, only Enable/Disable are allowed")
        state = NEXT_STATE.get((host.resource_state, p.allocationstate), "")
        if not state:
            raise CloudRuntime(
                f"No next resource state found for current state = {host.resource_state} event = {p.allocationstate}"
            )
    if "oscategoryid" in p:
        category = live(p.oscategoryid, "Please specify a valid guest OS category.")
        host.os_category_id = category.id
    host.resource_state = state
    host.name = p.name or host.name
    host.url = p.url or host.url
    host.details = extensions.changed(call, host.details)
    if "hosttags" in p:
        host.tags = p.hosttags
        host.is_tag_rule = False
    if p.annotation:
        call.db.annotations.add(
            Annotation(entity_uuid=host.uuid, entity_type="HOST", annotation=p.annotation, user_id=call.caller.user.id)
        )


@command("deleteHost")
def delete_host(call: Call) -> dict[str, Any]:
    p = call.params
    host = live(p.id, "Host with ID [{id}] was not found")
    if host.resource_state not in ("Maintenance", "Degraded") and not p.forced:
        raise CloudRuntime(
            f"Host with UUID [{host.uuid}] is not in maintenance mode and no forced deletion was requested."
        )
    lose_host(call.sim, host)
    remove(call, host)
    return SUCCESS


def remove(call: Call, host: Host) -> None:
    """Forget a host with its dedication and address, and with its local storage where nothing is lost by that.

    Local volumes go when the call says so; else they and their pool stay behind, out of reach.
    """
    for pool in call.db.storage_pools.where(host_id=host.id):
        if call.params.get("forcedestroylocalstorage") or not call.db.volumes.where(pool_id=pool.id):
            local.remove(call.sim, pool)
    dedication.release(call.sim, "host", host)
    if host.pod_id is not None:
        pod_ranges.free_addresses(call.db.pods[host.pod_id], host.uuid)
    host.state = "Removed"
    call.db.hosts.remove(host)


@command("reconnectHost")
def reconnect_host(call: Call) -> dict[str, Any]:
    host = live(call.params.id, "Host with id {id} doesn't exist")
    if host.state != "Up":
        raise ServerApiError(
            530,
            f"Failed to reconnect host: Unable to disconnect host because it is not connected to this server: {host}",
        )
    view = host_view(call, host)
    agents.disconnect(host)
    agents.connect_soon(call.sim, host)
    call.event("HOST.RECONNECT", f"Successfully completed reconnecting host. Host Id: {host.uuid}", host)
    return {"host": view}


@command("updateHostPassword")
def update_password(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    if not p.hostid and not p.clusterid:
        raise InvalidParameter("You should provide an host id.")
    if p.clusterid:
        cluster = live(p.clusterid, "Unable to find the cluster by id={id}")
        hypervisor, hosts = cluster.hypervisor, db.hosts.where(cluster_id=cluster.id)
    else:
        host = live(p.hostid, "Host with id {id} doesn't exist")
        hypervisor, hosts = host.hypervisor, [host]
        if hypervisor == "XenServer":
            raise InvalidParameter(
                "Single host update is not supported by XenServer hypervisors. Please try again informing the "
                "Cluster ID."
            )
    if hypervisor not in ("KVM", "XenServer"):
        raise InvalidParameter("This operation is not supported for this hypervisor type")
    if any(row.username != p.username for row in hosts):
        raise InvalidParameter("The username is not same for the hosts..")
    for row in hosts:
        row.stored_password = add.fingerprint(p.password)
        _tell_machine(call, row)
    return SUCCESS


def _tell_machine(call: Call, host: Host) -> None:
    """The machine itself, if that is asked for. Of a single host whose agent is away, the failure is not told."""
    p = call.params
    if not p.update_passwd_on_host:
        return
    if host.state == "Up":
        host.own_password = add.fingerprint(p.password)
    elif p.clusterid:
        raise CloudRuntime(
            f"CloudStack failed to update the password of {host}. Please make sure you are still able to connect to "
            "your hosts."
        )


@command("releaseHostReservation")
def release_reservation(call: Call) -> dict[str, Any]:
    host = live(call.params.id, "Host with id {id} doesn't exist")
    call.event("HOST.RESERVATION.RELEASE", "Successfully completed releasing host reservation", host)
    return SUCCESS
