"""Network services of offerings: who provides them, and what they are able to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...call import Call
from ...contract import facts
from ...errors import InvalidParameter
from ..physical.providers import provider_name

Services = dict[str, list[str]]
ORDER = (
    "PortForwarding", "Dns", "Connectivity", "Lb", "UserData", "SourceNat", "StaticNat", "NetworkACL", "Vpn", "Dhcp",
    "Firewall", "SecurityGroup",
)  # fmt: skip


def known_services() -> dict[str, str]:
    """The server's spelling of each service by its lower-cased name."""
    names = [s["name"] for s in facts("providers.json")["services"]] + ["Gateway"]
    return {name.lower(): name for name in names}


def ordered(services: Services) -> Services:
    """The services in the order of the answers."""
    return {
        name: services[name] for name in sorted(services, key=lambda n: ORDER.index(n) if n in ORDER else len(ORDER))
    }


def given_providers(call: Call) -> dict[str, list[str]]:
    """`serviceproviderlist` as {service: providers} in the server's spelling of providers."""
    found: dict[str, list[str]] = {}
    for entry in (call.params.serviceproviderlist or {}).values():
        service, provider = entry.get("service"), entry.get("provider")
        if not service or not provider:
            continue
        name = provider_name(provider)
        if name is None:
            raise InvalidParameter(f"Invalid service provider: {provider}")
        found.setdefault(service, []).append(name)
    return found


def with_providers(services: Services, given: dict[str, list[str]]) -> Services:
    """The services with the providers that were given for them."""
    spelling = known_services()
    for service, providers in given.items():
        name = spelling.get(service.lower())
        if name is None:
            raise InvalidParameter(f"Invalid service {service}")
        if name not in services:
            raise InvalidParameter(
                f"Service {service} is not enabled for the network offering, can't add a provider to it"
            )
        if len(providers) > 1 and name != "Lb":
            raise InvalidParameter(
                "In the current release only one provider can be specified for the service if the service is not LB"
            )
        services[name] = providers
    return services


@dataclass(frozen=True)
class Capability:
    """One entry of `servicecapabilitylist`."""

    service: str
    name: str
    value: str

    def is_true(self) -> bool:
        if self.value.lower() not in ("true", "false"):
            raise InvalidParameter(f"Unknown specified value for {self.name}")
        return self.value.lower() == "true"


NAMES = {
    name.lower(): name
    for name in (
        "SupportedProtocols", "SupportedLbAlgorithms", "SupportedStickinessMethods", "LbSchemes",
        "SupportedLBIsolation", "ElasticLb", "InlineMode", "VmAutoScaling", "SupportedSourceNatTypes",
        "RedundantRouter", "ElasticIp", "AssociatePublicIP", "DistributedRouter", "RegionLevelVpc",
        "StretchedL2Subnet", "PublicAccess", "NoVlan", "SupportedVpnTypes", "VpnTypes", "MultipleIps",
        "TrafficStatistics", "SupportedTrafficDirection", "SupportedEgressProtocols", "AllowDnsSuffixModification",
        "DhcpAccrossMultipleSubnets", "ExtraDhcpOptions",
    )
}  # fmt: skip


def capabilities(call: Call) -> list[Capability]:
    found = []
    for entry in (call.params.servicecapabilitylist or {}).values():
        service, name, value = (
            entry.get("service", ""),
            entry.get("capabilitytype", ""),
            entry.get("capabilityvalue", ""),
        )
        if name.lower() not in NAMES or not value:
            raise InvalidParameter(f"Invalid capability:{name} capability value:{value}")
        found.append(Capability(known_services().get(service.lower(), service), NAMES[name.lower()], value))
    return found


def service_views(services: Services, capabilities_of: dict[str, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The `service` field of an offering, with capabilities where there are some."""
    views = []
    for name, providers in services.items():
        view: dict[str, Any] = {"name": name, "provider": [{"name": provider} for provider in providers]}
        able = (capabilities_of or {}).get(name)
        if able:
            view["capability"] = [
                {"name": key, "value": value, "canchooseservicecapability": False} for key, value in able.items()
            ]
        views.append(view)
    return views
