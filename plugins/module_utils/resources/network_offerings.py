# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network offerings: what guest networks are made of."""

from __future__ import annotations

from typing import Any

from ..model import Commands, Option, Resource
from .offering_parts import visibility
from .service_parts import (
    NAMES,
    NEWER,
    SERVICE_PROVIDERS,
    STATE,
    STATES,
    before_create,
    capabilities,
    retire_by,
    services,
    validate,
)


def _before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    return before_create(ctx, {"traffictype": "Guest", **params})


NETWORK_OFFERING = Resource(
    name="network_offering",
    noun="network offering",
    summary="Manage network offerings",
    description=(
        "Creates, changes, enables, disables and deletes network offerings, which guest networks are made of.",
        "Services, providers and rates are fixed at creation; texts, tags, visibility and activity can change.",
    ),
    notes=(
        "A new offering is disabled unless O(state=enabled).",
        "The server refuses to delete an offering that networks use; disable it then.",
        (
            "With O(immutable_drift=replace) the old offering gets another name and is disabled, and a new one takes "
            "its name. Networks keep the old one until they are given the new one."
        ),
        "Only one offering of the cloud can have O(availability=Required).",
    ),
    commands=Commands(
        list="listNetworkOfferings",
        create="createNetworkOffering",
        update="updateNetworkOffering",
        delete="deleteNetworkOffering",
    ),
    states=STATES,
    options=(
        *NAMES,
        Option("guest_ip_type", help="Type of the networks.", choices=("Isolated", "Shared", "L2"), needed=True),
        Option(
            "traffic_type",
            help="Traffic of the networks; the server takes only V(Guest), which is the default at creation.",
            choices=("Guest",),
            server_default="Guest",
        ),
        services(
            (
                (
                    "Services of the networks: V(Dhcp), V(Dns), V(SourceNat), V(StaticNat), V(PortForwarding), "
                    "V(Firewall), V(Lb), V(Vpn), V(UserData), V(NetworkACL), V(SecurityGroup), V(Connectivity) and "
                    "others."
                ),
            ),
            needed=False,
        ),
        SERVICE_PROVIDERS,
        capabilities(listed=True),
        Option(
            "service_offering",
            "ref",
            help="System offering of the virtual routers.",
            api="serviceofferingid",
            refers_to="system_offering",
            server_default="System Offering For Software Router",
        ),
        Option(
            "availability",
            help="V(Required) makes it the one that networks get by default.",
            choices=("Required", "Optional"),
            updatable=True,
            server_default="Optional",
        ),
        Option(
            "conserve_mode",
            "bool",
            help=(
                "One public address can serve several purposes.",
                "The server's default is true.",
                "False is needed for VPC tiers.",
            ),
            server_default=True,
        ),
        Option(
            "egress_default_policy",
            help="Whether traffic to the outside is allowed where no egress rule says otherwise.",
            choices=("allow", "deny"),
            encode=lambda value, _ctx: {"egressdefaultpolicy": value == "allow"},
            decode=lambda row: "allow" if row.get("egressdefaultpolicy") else "deny",
            server_default="allow",
        ),
        Option(
            "persistent", "bool", help="Networks are built at once, without an instance in them.", api="ispersistent"
        ),
        Option("for_vpc", "bool", help="The networks are tiers of VPCs."),
        Option("specify_vlan", "bool", help="The VLAN of a network is given by who makes it, an admin."),
        Option("specify_ip_ranges", "bool", help="Address ranges are given by who makes the network, an admin."),
        Option(
            "network_rate",
            "int",
            help=(
                "Limit of the networks;",
                "0 is no limit.",
                "The server's default is the setting V(network.throttling.rate).",
            ),
            unit="Mbit/s",
        ),
        Option("max_connections", "int", help="Connections that the load balancer keeps at most.", updatable=True),
        Option(
            "keepalive_enabled",
            "bool",
            help="The load balancer keeps connections open. The server does not tell it back.",
            field="",
        ),
        Option(
            "tags",
            "set",
            help="Only physical networks with all these tags are used. An empty list removes them.",
            updatable=True,
            aliases=("tag",),
        ),
        Option(
            "details",
            "map",
            help="Further properties, for internal load balancers for example. Only the keys given are compared.",
            since="4.2.0",
        ),
        *NEWER,
        Option(
            "nsx_supports_internal_lb", "bool", help="NSX provides internal load balancing.", field="", since="4.20.0"
        ),
        Option("for_tungsten", "bool", help="The networks are made by Tungsten Fabric."),
        *visibility("offering"),
        STATE,
    ),
    omitted={
        "createNetworkOffering.enable": "sent by the state enabled",
        "updateNetworkOffering.sortkey": "the server does not tell the order, so it could not be kept",
        "updateNetworkOffering.keepaliveenabled": "the server does not tell it, so a difference can't be seen",
    },
    returns={"state": "state"},
    validate=validate,
    before_create=_before_create,
    retire=retire_by("updateNetworkOffering"),
    initial_states=("disabled",),
    built_in=lambda row: bool(row.get("isdefault")),
)

RESOURCES = (NETWORK_OFFERING,)
