"""Out-of-band management of hosts. A simulated machine's baseboard controller answers at any address but the loopback,
where power actions fail as they do without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...errors import CloudRuntime
from ...registry import command
from ..hosts import agents

if TYPE_CHECKING:
    from ...simulator import Simulator

DETAIL = "outOfBandManagementEnabled"
SECONDS, BOOT_SECONDS = 0.3, 90.0
"""How long a controller takes to answer, and a machine to start."""
ACTIONS = ("ON", "OFF", "CYCLE", "RESET", "SOFT", "STATUS")
DRIVERS = ("ipmitool", "redfish", "nestedcloudstack")
UNREACHABLE = (
    "Loading IANA PEN Registry...\nGet Auth Capabilities error\n"
    "Error issuing Get Channel Authentication Capabilities request\n"
    "Error: Unable to establish IPMI v2 / RMCP+ session\n"
)


def _host(call: Call) -> Any:
    return live(call.params.hostid, "Unable to find host by id {id}")


@command("configureOutOfBandManagement")
def configure(call: Call) -> dict[str, Any]:
    p, host = call.params, _host(call)
    if p.driver.lower() not in DRIVERS:
        raise CloudRuntime("Out-of-band management driver is not available. Please provide a valid driver name.")
    host.power |= {
        "driver": p.driver, "address": p.address, "port": p.port, "username": p.username, "password": p.password
    }  # fmt: skip
    return {
        "outofbandmanagement": {
            "hostid": host.uuid,
            "powerstate": host.power.get("state", "Disabled"),
            "enabled": host.power.get("enabled", False),
            "driver": p.driver.lower(),
            "address": p.address,
            "port": p.port,
            "username": p.username,
            "password": p.password,
            "description": f"Out-of-band management successfully configured for {host}.",
            "status": True,
        }
    }


def _switched(enabled: bool, **who: str) -> dict[str, Any]:
    return {"outofbandmanagement": {**who, "enabled": enabled, "status": True}}


@command("enableOutOfBandManagementForHost", "disableOutOfBandManagementForHost")
def switch_host(call: Call) -> dict[str, Any]:
    host = _host(call)
    if "driver" not in host.power:
        raise CloudRuntime(
            "Out-of-band management is not configured for the host. Please configure the host before "
            "enabling/disabling it."
        )
    enabled = call.command.startswith("enable")
    host.power["enabled"] = enabled
    _forget_state([host])
    return _switched(enabled, hostid=host.uuid)


@command(
    "enableOutOfBandManagementForCluster",
    "disableOutOfBandManagementForCluster",
    "enableOutOfBandManagementForZone",
    "disableOutOfBandManagementForZone",
)
def switch_place(call: Call) -> dict[str, Any]:
    place = call.params.clusterid or call.params.zoneid
    place = live(place, "Unable to find the cluster or zone by id {id}")
    enabled = call.command.startswith("enable")
    place.details[DETAIL] = str(enabled).lower()
    if not enabled:
        kind = "cluster_id" if call.params.clusterid else "zone_id"
        _forget_state(call.db.hosts.where(**{kind: place.id}))
    return _switched(enabled)


def _forget_state(hosts: list[Any]) -> None:
    """Nothing is known of the power of hosts until a controller has been asked."""
    for host in hosts:
        if "driver" in host.power:
            host.power["state"] = "Disabled"


def _require_enabled(call: Call, host: Any) -> None:
    for what, row in (("zone", call.db.zones.get(host.zone_id)), ("cluster", call.db.clusters.get(host.cluster_id))):
        if row is not None and row.details.get(DETAIL) == "false":
            raise CloudRuntime(f"Out-of-band management is disabled for the host's {what}. Aborting Operation.")
    if not host.power.get("enabled") or host.resource_state == "Degraded":
        raise CloudRuntime("Out-of-band management is disabled or not configured for the host. Aborting Operation.")


@command("issueOutOfBandManagementPowerAction")
def power_action(call: Call) -> Any:
    host, action = _host(call), call.params.action
    if action.upper() not in ACTIONS:
        raise CloudRuntime(
            "No enum constant org.apache.cloudstack.outofbandmanagement.OutOfBandManagement.PowerOperation." + action
        )
    _require_enabled(call, host)
    if not answers(host):
        raise CloudRuntime(
            f"Out-of-band Management action [{action.upper()}] on {host} failed with error: {UNREACHABLE}"
        )
    yield SECONDS
    _act(call.sim, host, action.upper())
    return {
        "outofbandmanagement": {
            "hostid": host.uuid,
            "powerstate": host.power["state"],
            "action": action.upper(),
            "status": True,
        }
    }


def answers(host: Any) -> bool:
    """Whether there is a controller where the host's is said to be."""
    address = host.power.get("address") or ""
    return bool(address) and not address.startswith("127.") and address not in ("localhost", "::1")


def _act(sim: Simulator, host: Any, action: str) -> None:
    """What a controller does to its machine: without power the agent is away, and comes back some time after it."""
    was_on = host.power.get("machine", "On") == "On"
    if action in ("OFF", "SOFT") and was_on:
        host.power["machine"] = "Off"
        agents.disconnect(host)
    elif action in ("CYCLE", "RESET") and was_on:
        agents.disconnect(host)
        sim.scheduler.after(BOOT_SECONDS, booted, sim, host)
    elif action == "ON" and not was_on:
        host.power["machine"] = "On"
        sim.scheduler.after(BOOT_SECONDS, booted, sim, host)
    host.power["state"] = host.power.get("machine", "On")


def booted(sim: Simulator, host: Any) -> None:
    """The machine is up again, unless its power went meanwhile."""
    if host.power.get("machine", "On") == "On":
        agents.connect(sim, host)


@command("changeOutOfBandManagementPassword")
def change_password(call: Call) -> dict[str, Any]:
    host = _host(call)
    _require_enabled(call, host)
    raise CloudRuntime(f"Failed to change out-of-band management password for {host}: {UNREACHABLE}")
