"""Out-of-band management of hosts. There is no baseboard controller to reach: power actions fail as they then do."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime
from ...registry import command

DETAIL = "outOfBandManagementEnabled"
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
    if not enabled:
        host.power["state"] = "Disabled"
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
    return _switched(enabled)


def _require_enabled(call: Call, host: Any) -> None:
    for what, row in (("zone", call.db.zones.get(host.zone_id)), ("cluster", call.db.clusters.get(host.cluster_id))):
        if row is not None and row.details.get(DETAIL) == "false":
            raise CloudRuntime(f"Out-of-band management is disabled for the host's {what}. Aborting Operation.")
    if not host.power.get("enabled"):
        raise CloudRuntime("Out-of-band management is disabled or not configured for the host. Aborting Operation.")


@command("issueOutOfBandManagementPowerAction")
def power_action(call: Call) -> dict[str, Any]:
    host, action = _host(call), call.params.action
    if action.upper() not in ACTIONS:
        raise CloudRuntime(
            "No enum constant org.apache.cloudstack.outofbandmanagement.OutOfBandManagement.PowerOperation." + action
        )
    _require_enabled(call, host)
    raise CloudRuntime(f"Out-of-band Management action [{action.upper()}] on {host} failed with error: {UNREACHABLE}")


@command("changeOutOfBandManagementPassword")
def change_password(call: Call) -> dict[str, Any]:
    host = _host(call)
    _require_enabled(call, host)
    raise CloudRuntime(f"Failed to change out-of-band management password for {host}: {UNREACHABLE}")
