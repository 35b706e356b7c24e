"""Host HA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, ParameterError
from ...listing import page
from ...registry import command
from . import out_of_band

if TYPE_CHECKING:
    from ...simulator import Simulator

PROVIDERS = {"Simulator": "SimulatorHAProvider", "KVM": "KVMHAProvider"}
DETAIL = "resourceHAEnabled"
ASSESSMENT = 10.0
"""Seconds between two background checks."""


@command("listHostHAProviders")
def list_providers(call: Call) -> dict[str, Any]:
    names = [name for hypervisor, name in PROVIDERS.items() if hypervisor.lower() == call.params.hypervisor.lower()]
    return page(call, "haprovider", names, lambda name: {"haprovider": name})


def _host(call: Call) -> Any:
    return live(call.params.hostid, "Unable to find host by id {id}")


@command("configureHAForHost")
def configure(call: Call) -> dict[str, Any]:
    host, provider = _host(call), call.params.provider
    if provider.lower() not in [name.lower() for name in PROVIDERS.values()]:
        raise CloudRuntime(f"Given HA provider [{provider}] does not exist.")
    host.ha["provider"] = provider.lower()
    return {"hostha": {"hostid": host.uuid, "haprovider": provider.lower()}}


@command("enableHAForHost", "disableHAForHost")
def switch_host(call: Call) -> dict[str, Any]:
    host, enabled = _host(call), call.command.startswith("enable")
    if "provider" not in host.ha:
        raise InvalidParameter(f"HAProvider is not provided for the resource [{host.id}], failing configuration.")
    host.ha["enabled"] = enabled
    call.sim.scheduler.after(ASSESSMENT, assess, call.sim, host)
    return {"hostha": {"hostid": host.uuid, "haenable": enabled, "status": True}}


def assess(sim: Simulator, host: Any) -> None:
    """The background check: a host can be fenced only through a controller that answers."""
    if not host.ha.get("enabled"):
        host.ha["state"] = "Disabled"
        return
    host.ha["state"] = "Available" if host.power.get("enabled") and out_of_band.answers(host) else "Ineligible"
    if host.removed is None:
        sim.scheduler.after(ASSESSMENT, assess, sim, host)


@command("enableHAForCluster", "disableHAForCluster", "enableHAForZone", "disableHAForZone")
def switch_place(call: Call) -> dict[str, Any]:
    """`success` is the new state: disabling answers false."""
    place = live(call.params.clusterid or call.params.zoneid, "Unable to find the cluster or zone by id {id}")
    enabled = call.command.startswith("enable")
    place.details[DETAIL] = str(enabled).lower()
    return {"success": enabled}


@command("listSimulatorHAStateTransitions")
def list_transitions(call: Call) -> dict[str, Any]:
    """What hosts did whose HA was set up to be in some state, which none is here."""
    live(call.params.hostid, "Unable to find host by ID: {id}", ParameterError)
    return {}


@command("listHostHAResources")
def list_resources(call: Call) -> dict[str, Any]:
    wanted = call.params.hostid
    hosts = [h for h in call.db.hosts if h.ha and (wanted is None or h is wanted)]
    return page(call, "hostha", hosts, _resource_view)


def _resource_view(host: Any) -> dict[str, Any]:
    return {
        "hostid": host.uuid,
        "haenable": host.ha.get("enabled", False),
        "hastate": host.ha.get("state", "Disabled"),
        "haprovider": host.ha.get("provider"),
    }
