"""Network service providers of physical networks, and the elements behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...contract import facts
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal
from ...model.physical import InternalLbElement, OvsElement, PhysicalNetwork, RouterElement, ServiceProvider
from ...registry import SUCCESS, allocate, command

if TYPE_CHECKING:
    from ...simulator import Simulator

ROUTERS = {"VirtualRouter": "VirtualRouter", "VpcVirtualRouter": "VPCVirtualRouter"}
DEFAULTS = (
    ("VirtualRouter", "Disabled"),
    ("SecurityGroupProvider", "Disabled"),
    ("VpcVirtualRouter", "Disabled"),
    ("BaremetalPxeProvider", "Enabled"),
    ("InternalLbVm", "Disabled"),
    ("ConfigDrive", "Enabled"),
)
"""What every new physical network has, in the order of their numbers."""
HIDDEN_SERVICES = {"NetworkACL", "BaremetalPxeService"}
"""Services that a provider's row doesn't name."""
FURTHER_NAMES = (
    "Tungsten", "Nsx", "Netris", "Opendaylight", "BrocadeVcs", "GloboDns", "ExternalDhcpServer", "ExternalGateWay",
    "ElasticLoadBalancerVm", "None",
)  # fmt: skip


def _services() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = facts("providers.json")["services"]
    return found


def known_providers() -> dict[str, bool]:
    """Every provider's name and whether its services can be chosen one by one."""
    named = {p["name"]: p["canenableindividualservice"] for s in _services() for p in s["provider"]}
    return dict.fromkeys(FURTHER_NAMES, False) | named


def provider_name(text: str) -> str | None:
    """The server's spelling of a provider's name, or None for no provider."""
    return {name.lower(): name for name in known_providers()}.get(text.lower())


def services_of(provider: str) -> list[str]:
    """The services that a provider's row names, in the order of the answers."""
    names = [s["name"] for s in _services() if any(p["name"] == provider for p in s["provider"])]
    shown = [name for name in names if name not in HIDDEN_SERVICES]
    if provider in ROUTERS:
        shown.insert(shown.index("Dns") + 1, "Gateway")
    return shown


def add_defaults(sim: Simulator, network: PhysicalNetwork) -> None:
    for name, state in DEFAULTS:
        _add(sim, network, name, services_of(name), state)
    if "GRE" in network.isolation_methods:
        provider = _add(sim, network, "Ovs", services_of("Ovs"), "Disabled")
        sim.db.ovs_elements.add(OvsElement(provider_id=provider.id))


def _add(sim: Simulator, network: PhysicalNetwork, name: str, services: list[str], state: str) -> ServiceProvider:
    provider: ServiceProvider = sim.db.service_providers.add(
        ServiceProvider(name=name, physical_network_id=network.id, services=services, state=state)
    )
    if name in ROUTERS:
        sim.db.router_elements.add(RouterElement(provider_id=provider.id, kind=ROUTERS[name]))
    elif name == "InternalLbVm":
        sim.db.internal_lb_elements.add(InternalLbElement(provider_id=provider.id))
    return provider


def drop(sim: Simulator, provider: ServiceProvider) -> None:
    for table in (sim.db.router_elements, sim.db.internal_lb_elements, sim.db.ovs_elements):
        for element in table.where(provider_id=provider.id):
            table.delete(element)
    sim.db.service_providers.delete(provider)


def is_ready(sim: Simulator, provider: ServiceProvider) -> bool:
    """Whether the element behind a provider is configured; providers without an element always are."""
    elements = sim.db.router_elements.where(provider_id=provider.id)
    elements += sim.db.internal_lb_elements.where(provider_id=provider.id)
    elements += sim.db.ovs_elements.where(provider_id=provider.id)
    if provider.name == "Ovs" and not elements:
        return False
    return all(element.enabled for element in elements)


def provider_view(call: Call, provider: ServiceProvider) -> dict[str, Any]:
    network = call.db.physical_networks[provider.physical_network_id]
    return {
        "name": provider.name,
        "physicalnetworkid": network.uuid,
        "state": provider.state,
        "id": provider.uuid,
        "servicelist": provider.services,
        "canenableindividualservice": known_providers().get(provider.name, False),
    }


@command("listNetworkServiceProviders")
def list_providers(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "networkserviceprovider",
        call.db.service_providers,
        provider_view,
        where=[equal("physical_network_id", p.physicalnetworkid), equal("name", p.name), equal("state", p.state)],
        newest_first=True,
    )


@allocate("addNetworkServiceProvider")
def allocate_provider(call: Call) -> ServiceProvider:
    p = call.params
    network = live(p.physicalnetworkid, "Physical Network id={id}doesn't exist in the system")
    name = provider_name(p.name)
    if name is None:
        raise InvalidParameter(f"Invalid Network Service Provider={p.name}")
    if call.db.service_providers.first(physical_network_id=network.id, name=name):
        raise CloudRuntime(f"The '{p.name}' provider already exists on physical network : {network}")
    provider = _add(call.sim, network, name, _chosen_services(call, name), "Disabled")
    if p.destinationphysicalnetworkid:
        provider.destination_id = p.destinationphysicalnetworkid.id
    return provider


def _chosen_services(call: Call, name: str) -> list[str]:
    wanted, offered = call.params.servicelist, services_of(name)
    if not wanted:
        return offered
    if not known_providers()[name] and set(wanted) != set(offered):
        raise InvalidParameter(
            "Cannot enable subset of Services, Please specify the complete list of Services for this Service Provider "
            f"'{name}'"
        )
    for service in wanted:
        if service not in {s["name"] for s in _services()} | {"Gateway"}:
            raise InvalidParameter(f"Invalid Network Service specified={service}")
        if service not in offered:
            raise InvalidParameter(f"{name} Provider cannot provide this Service specified={service}")
    return list(wanted)


@command("addNetworkServiceProvider")
def add_provider(call: Call) -> dict[str, Any]:
    row = call.created
    call.event("SERVICE.PROVIDER.CREATE", f"Successfully completed creating Network ServiceProvider. Id: {row.id}", row)
    return {"networkserviceprovider": provider_view(call, row)}


@command("updateNetworkServiceProvider")
def update_provider(call: Call) -> dict[str, Any]:
    p = call.params
    provider = live(p.id, "Network Service Provider id={id}doesn't exist in the system")
    states = {"enabled": "Enabled", "disabled": "Disabled", "shutdown": "Shutdown"}
    if p.state:
        state = states.get(p.state.lower())
        if state is None:
            raise InvalidParameter(f"Unable to resolve state '{p.state}' to a supported value {{Enabled or Disabled}}")
        if state == "Enabled" and not is_ready(call.sim, provider):
            raise CloudRuntime("Provider is not ready, cannot Enable the provider, please configure the provider first")
        if state == "Shutdown":
            raise InvalidParameter("Updating the provider state to 'Shutdown' is not supported")
    if p.servicelist:
        if not known_providers().get(provider.name):
            raise InvalidParameter(f"Cannot update set of Services for this Service Provider '{provider.name}'")
        provider.services = _chosen_services(call, provider.name)
    if p.state:
        provider.state = states[p.state.lower()]
    call.event(
        "SERVICE.PROVIDER.UPDATE",
        f"Successfully completed updating physical network ServiceProvider. Id: {provider.id}",
        provider,
    )
    return {"networkserviceprovider": provider_view(call, provider)}


@command("deleteNetworkServiceProvider")
def delete_provider(call: Call) -> dict[str, Any]:
    provider = live(call.params.id, "Network Service Provider id={id}doesn't exist in the system")
    physical = call.db.physical_networks[provider.physical_network_id]
    for network in call.db.networks.where(zone_id=physical.zone_id, traffic_type="Guest"):
        offering = call.db.network_offerings.get(network.offering_id)
        used = {name for names in offering.services.values() for name in names} if offering else set()
        if network.physical_network_id == physical.id and provider.name in used:
            raise CloudRuntime(
                "Provider is not deletable because there are active networks using this provider, please upgrade these "
                "networks to new network offerings"
            )
    drop(call.sim, provider)
    call.event(
        "SERVICE.PROVIDER.DELETE",
        f"Successfully completed deleting Network ServiceProvider. Id: {provider.id}",
        provider,
    )
    return SUCCESS


@command("listSupportedNetworkServices")
def list_services(call: Call) -> dict[str, Any]:
    p = call.params
    rows = _services()
    if p.provider is not None:
        name = provider_name(p.provider)
        if name is None:
            raise InvalidParameter(f"Invalid Network Service Provider={p.provider}")
        rows = [row for row in rows if any(q["name"] == name for q in row["provider"])]
    if p.service is not None:
        rows = [row for row in rows if row["name"].lower() == p.service.lower()]
    return call.listing("networkservice", rows, lambda _call, row: row)
