"""Devices of other makers. The simulator has none, so that none can be added: up to where the server would connect to
the device it answers as the server does, from there on it says that it has no such thing.
"""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, NotModelled, ServerApiError
from ...registry import SUCCESS, command

PROVIDERS = {
    "addBaremetalDhcp": "BaremetalDhcpProvider",
    "addBaremetalPxeKickStartServer": "BaremetalPxeProvider",
    "addBaremetalPxePingServer": "BaremetalPxeProvider",
    "addBigSwitchBcfDevice": "BigSwitchBcf",
    "addBrocadeVcsDevice": "BrocadeVcs",
    "addGloboDnsHost": "GloboDns",
    "addNetscalerLoadBalancer": "Netscaler",
    "addNiciraNvpDevice": "NiciraNvp",
    "addOpenDaylightController": "Opendaylight",
    "addPaloAltoFirewall": "PaloAlto",
}
"""The provider that has to be on the physical network before its device is looked for."""
NETSCALERS = ("netscalermpxloadbalancer", "netscalervpxloadbalancer", "netscalersdxloadbalancer")


@command(*PROVIDERS)
def add_device(call: Call) -> dict[str, Any]:
    p, name = call.params, PROVIDERS[call.command]
    if call.command == "addNetscalerLoadBalancer" and p.networkdevicetype.lower() not in NETSCALERS:
        raise InvalidParameter("Invalid Netscaler device type")
    network = live(p.physicalnetworkid, "Could not find phyical network with ID: {id}")
    provider = call.db.service_providers.first(physical_network_id=network.id, name=name)
    if provider is None:
        raise CloudRuntime(
            f"Network Service Provider: {name} is not enabled in the physical network: {network.id}to add this device"
        )
    if provider.state == "Shutdown":
        raise CloudRuntime(
            f"Network Service Provider: {name} is in shutdown state in the physical network: {network.id}"
            "to add this device"
        )
    raise NotModelled(call.command)


@command(
    "configureNetscalerLoadBalancer", "configurePaloAltoFirewall", "deleteBaremetalRct", "deleteBigSwitchBcfDevice",
    "deleteBrocadeVcsDevice", "deleteNetscalerLoadBalancer", "deleteNiciraNvpDevice", "deleteOpenDaylightController",
    "deletePaloAltoFirewall", "deleteUcsManager", "associateUcsProfileToBlade",
)  # fmt: skip
def no_such_device(call: Call) -> dict[str, Any]:
    """Ids that name no device are refused before; what the server says to an internal number is not known."""
    raise NotModelled(call.command)


@command("addNetworkDevice", "listNetworkDevice")
def network_device(call: Call) -> dict[str, Any]:
    """What is left of them on the server: the refusal of a call without parameters and of unknown kinds."""
    p = call.params
    if p.networkdeviceparameterlist is None:
        raise ServerApiError(530, "Parameter list is null")
    known = p.networkdevicetype is None or p.networkdevicetype.lower() in ("externaldhcp", "pxeserver")
    if call.command == "listNetworkDevice" and not known:
        raise ServerApiError(530, f"Unknown network device type:{p.networkdevicetype}")
    raise NotModelled(call.command)


@command("deleteNetworkDevice")
def delete_network_device(_call: Call) -> dict[str, Any]:
    """The server does nothing about it, and says that it did."""
    return SUCCESS


@command("cloudianIsEnabled")
def cloudian_is_enabled(call: Call) -> dict[str, Any]:
    value = call.setting
    url = f"{value('cloudian.cmc.protocol')}://{value('cloudian.cmc.host')}:{value('cloudian.cmc.port')}/Cloudian/"
    return {"cloudianisenabled": {"enabled": bool(value("cloudian.connector.enabled")), "url": url}}
