# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Physical networks with their traffic types and service providers."""

from __future__ import annotations

from typing import Any

from ..client import InvalidInput, of_all_owners
from ..model import Commands, Option, Resource, Row, State, Update
from .zones import IN_ZONE

ENABLED, DISABLED = State("enabled", {"network_state": "Enabled"}), State("disabled", {"network_state": "Disabled"})


def vlan_ranges(value: Any) -> list[tuple[int, int]] | None:
    """Ranges of VLAN ids, sorted and joined where they touch; None where a part is no range."""
    parts = value.split(",") if isinstance(value, str) else list(value or ())
    ranges = []
    for part in parts:
        begin, _dash, end = str(part).strip().partition("-")
        if not begin:
            continue
        if not begin.isdigit() or (end and not end.isdigit()):
            return None
        ranges.append((int(begin), int(end or begin)))
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _encode_ranges(value: Any, _ctx: Any) -> dict[str, str]:
    """Both ends of every range, as the server wants them: ``600-600`` for a single VLAN."""
    return {"vlan": ",".join(f"{first}-{last}" for first, last in vlan_ranges(value) or ())}


def _validate(given: Any) -> None:
    vlans = given.get("vlan")
    if not vlans:
        return
    ranges = vlan_ranges(vlans)
    if ranges is None or any(first > last or last > 16777215 for first, last in ranges):
        raise InvalidInput(
            f"vlan {vlans!r} is no list of ranges", option="vlan", remedy="give for example [500-599, 700-720]"
        )


def _gone(want: Any, have: Any) -> list[tuple[int, int]]:
    """What of the ranges that are there is in none of those that are wanted."""
    wanted, left = vlan_ranges(want) or [], vlan_ranges(have) or []
    for first, last in wanted:
        pieces = [((low, min(high, first - 1)), (max(low, last + 1), high)) for low, high in left]
        left = [piece for pair in pieces for piece in pair if piece[0] <= piece[1]]
    return left


def _check_wish(ctx: Any, row: Row | None) -> None:
    """The server removes ranges that a change leaves out, so a forgotten one is named before it goes."""
    if row is None or ctx.state == "absent" or ctx.given.get("vlan") is None:
        return
    gone = _gone(ctx.given["vlan"], row.get("vlan"))
    if not gone:
        return
    text = ", ".join(f"{first}-{last}" if first != last else str(first) for first, last in gone)
    networks = of_all_owners(ctx.client, "listNetworks", {"physicalnetworkid": row["id"]})
    used = sorted(
        network["name"]
        for network in networks
        if str(network.get("vlan") or "").isdigit() and any(a <= int(network["vlan"]) <= z for a, z in gone)
    )
    dedicated = ctx.client.list("listDedicatedGuestVlanRanges", {"physicalnetworkid": row["id"]})
    for kept in (str(entry.get("guestvlanrange")) for entry in dedicated):
        if any(a <= last and first <= z for first, last in vlan_ranges(kept) or () for a, z in gone):
            used.append(f"the dedicated range {kept}")
    if used:
        raise InvalidInput(
            f"{ctx.name} would lose the VLANs {text}, which {', '.join(used[:5])} use",
            option="vlan",
            obj=ctx.name,
            remedy="vlan is all the ranges of the network: name those that are in use, too",
        )
    ctx.warn(f"{ctx.name} loses the VLANs {text}")


PHYSICAL_NETWORK = Resource(
    name="physical_network",
    noun="physical network",
    summary="Manage physical networks",
    description=(
        "Creates, changes, enables and deletes physical networks of a zone.",
        "Traffic types and service providers have modules of their own.",
    ),
    check_wish=_check_wish,
    commands=Commands(
        list="listPhysicalNetworks", create="createPhysicalNetwork", update="updatePhysicalNetwork",
        delete="deletePhysicalNetwork",
    ),
    scope=("zone",),
    parent="zone",
    states=(ENABLED, DISABLED),
    initial_states=("disabled",),
    returns={"state": "state"},
    validate=_validate,
    options=(
        Option("name", help="Name of the network. Case counts.", required=True, aliases=("physical_network",)),
        IN_ZONE,
        Option(
            "vlan", "list",
            help=(
                "All VLAN or VNI ranges for guest networks, such as V(500-599).",
                "Ranges that are left out are removed from the network; the server refuses that while one is in use.",
            ),
            updatable=True, equal=lambda want, have: vlan_ranges(want) == vlan_ranges(have), encode=_encode_ranges,
        ),
        Option("isolation_methods", "set", help="How guest networks are kept apart, such as V(VLAN) or V(VXLAN).",
               aliases=("isolation_method",)),
        Option("network_speed", help="Speed, such as V(1G) or V(10G).", updatable=True),
        Option("broadcast_domain_range", help="Whether VLANs reach through the pod or the zone.",
               choices=("POD", "ZONE"), server_default="ZONE"),
        Option("tags", "set", help="Tags that network offerings refer to.", updatable=True, aliases=("tag",)),
        Option(
            "domain", "ref", help="Domain that owns the network, in Basic zones.", api="domainid", refers_to="domain",
        ),
        Option("network_state", api="state", updatable=True, on_create=False, hidden=True),
    ),
)  # fmt: skip

ON_NETWORK = Option(
    "physical_network", "ref", help="Physical network it belongs to.", api="physicalnetworkid",
    refers_to="physical_network", required=True,
)  # fmt: skip
OF_ZONE = Option(
    "zone", "ref", help="Zone of the physical network.", api="", refers_to="zone", behaviour=False,
)  # fmt: skip


def _on_network(ctx: Any) -> list[Row]:
    """These kinds are listed by their network alone; an id is picked from what comes."""
    return ctx.view.rows(ctx.resource, {"physicalnetworkid": ctx.ref_id("physical_network")})


def _label(hypervisor: str, text: str, api: str = "") -> Option:
    return Option(
        f"{hypervisor}_networklabel",
        help=f"{text} The hosts must have it before they are added.",
        api=api or f"{hypervisor}networklabel",
        updatable=True,
    )


TRAFFIC_TYPE = Resource(
    name="traffic_type",
    noun="traffic type",
    summary="Manage traffic types of physical networks",
    description=("Adds traffic types to a physical network, changes their labels and removes them.",),
    notes=("A changed label reaches a host when it reconnects, and network interfaces that are made afterwards.",),
    commands=Commands(
        list="listTrafficTypes", create="addTrafficType", update="updateTrafficType", delete="deleteTrafficType",
        filters={}, parents={"physical_network": "physicalnetworkid"},
    ),
    identity=("traffic_type",),
    rows=_on_network,
    scope=("physical_network",),
    parent="physical_network",
    options=(
        Option("traffic_type", help="Kind of traffic.", required=True,
               choices=("Management", "Guest", "Public", "Storage")),
        ON_NETWORK,
        OF_ZONE,
        _label("kvm", "Bridge of KVM hosts."),
        _label("xen", "Network of XenServer hosts."),
        _label("vmware", "Virtual switch of VMware hosts."),
        _label("hyperv", "Virtual switch of Hyper-V hosts."),
        _label("ovm3", "Network of Oracle VM hosts."),
        Option("vlan", help="VLAN of the traffic, on VMware.", field=""),
        Option("isolation_method", help="How the traffic is kept apart.", field="", choices=("vlan", "vxlan")),
    ),
)  # fmt: skip


def _elements(ctx: Any, provider: Row) -> list[tuple[str, Row]]:
    """Elements of a provider that must be enabled before it, with the command that does it."""
    kinds = {
        "VirtualRouter": ("listVirtualRouterElements", "configureVirtualRouterElement"),
        "VpcVirtualRouter": ("listVirtualRouterElements", "configureVirtualRouterElement"),
        "InternalLbVm": ("listInternalLoadBalancerElements", "configureInternalLoadBalancerElement"),
    }
    if provider["name"] not in kinds:
        return []
    read, configure = kinds[provider["name"]]
    return [(configure, row) for row in ctx.client.list(read, {"nspid": provider["id"]}) if not row.get("enabled")]


def _switch(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    wanted = ctx.given["provider_state"]
    if wanted == "Enabled":
        for configure, element in _elements(ctx, row):
            ctx.change(configure, {"id": element["id"], "enabled": True})
    ctx.change("updateNetworkServiceProvider", {"id": row["id"], "state": wanted})


_ROUTER = ("Dhcp", "Dns", "Gateway", "Lb", "PortForwarding", "SourceNat", "StaticNat", "UserData", "Vpn")
AUTOMATIC: dict[Any, tuple[str, ...]] = {
    "VirtualRouter": (*_ROUTER, "Firewall"),
    "VpcVirtualRouter": _ROUTER,
    "InternalLbVm": ("Lb",),
    "SecurityGroupProvider": ("SecurityGroup",),
    "ConfigDrive": ("Dhcp", "Dns", "UserData"),
    "BaremetalPxeProvider": (),
}
"""Providers that every new physical network has, with their services [zone_build_teardown recording]."""


def _is_automatic(row: Row) -> bool:
    """Whether nobody did anything about a provider since its network was made."""
    at_first = "Enabled" if row.get("name") in ("ConfigDrive", "BaremetalPxeProvider") else "Disabled"
    return row.get("name") in AUTOMATIC and row.get("state") == at_first


NETWORK_SERVICE_PROVIDER = Resource(
    name="network_service_provider",
    noun="network service provider",
    summary="Manage network service providers",
    description=(
        "Adds providers to a physical network, enables and disables them and removes them.",
        "The elements of virtual routers and internal load balancers are enabled with their provider.",
    ),
    commands=Commands(
        list="listNetworkServiceProviders", create="addNetworkServiceProvider",
        update="updateNetworkServiceProvider", delete="deleteNetworkServiceProvider",
        filters={"name": "name"}, parents={"physical_network": "physicalnetworkid"},
    ),
    scope=("physical_network",),
    parent="physical_network",
    rows=_on_network,
    states=(
        State("enabled", {"provider_state": "Enabled"}, help="Exists, and its services can be used."),
        State("disabled", {"provider_state": "Disabled"}, help="Exists without use."),
    ),
    updates=(Update("updateNetworkServiceProvider", options=("provider_state",), run=_switch),
             Update("updateNetworkServiceProvider")),
    options=(
        Option("name", help="Name of the provider, such as V(VirtualRouter).", required=True),
        ON_NETWORK,
        OF_ZONE,
        Option("services", "set", help="Services that it offers here.", api="servicelist", updatable=True,
               server_default=lambda entry: AUTOMATIC.get(entry.get("name"))),
        Option(
            "destination_physical_network", "ref", help="Physical network that its traffic is bridged to.",
            api="destinationphysicalnetworkid", refers_to="physical_network",
        ),
        Option("provider_state", api="state", updatable=True, on_create=False, hidden=True),
    ),
    omitted={"updateNetworkServiceProvider.state": "set through state, after the elements were enabled"},
    initial_states=("disabled",),
    returns={"state": "state"},
    built_in=_is_automatic,
    event_resource="PhysicalNetworkServiceProvider",
)  # fmt: skip

RESOURCES = (PHYSICAL_NETWORK, TRAFFIC_TYPE, NETWORK_SERVICE_PROVIDER)
