# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VPC offerings: what virtual private clouds are made of."""

from __future__ import annotations

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

VPC_OFFERING = Resource(
    name="vpc_offering",
    noun="VPC offering",
    summary="Manage VPC offerings",
    description=(
        "Creates, changes, enables, disables and deletes VPC offerings, which virtual private clouds are made of.",
        "Services and providers are fixed at creation; texts, visibility and activity can change.",
    ),
    notes=(
        "A new offering is disabled unless O(state=enabled).",
        "The server refuses to delete an offering that VPCs use; disable it then.",
        (
            "With O(immutable_drift=replace) the old offering gets another name and is disabled, and a new one takes "
            "its name. VPCs keep the old one."
        ),
    ),
    commands=Commands(
        list="listVPCOfferings",
        create="createVPCOffering",
        update="updateVPCOffering",
        delete="deleteVPCOffering",
    ),
    states=STATES,
    options=(
        *NAMES,
        services(
            (
                (
                    "Services of the VPCs: V(Dhcp), V(Dns), V(SourceNat), V(StaticNat), V(PortForwarding), V(Lb), "
                    "V(Vpn), V(UserData), V(NetworkACL), V(Connectivity)."
                ),
                "The server adds SourceNat and NetworkACL if they are left out.",
            ),
            needed=True,
            implied=frozenset(("SourceNat", "NetworkACL")),
        ),
        SERVICE_PROVIDERS,
        capabilities(listed=False, since="4.4"),
        Option(
            "service_offering",
            "ref",
            help=(
                "System offering of the virtual routers.",
                "The server does not tell it back, so a difference is not seen.",
            ),
            api="serviceofferingid",
            field="",
            refers_to="system_offering",
        ),
        *NEWER,
        *visibility("offering"),
        STATE,
    ),
    omitted={
        "createVPCOffering.enable": "sent by the state enabled",
        "updateVPCOffering.sortkey": "the server does not tell the order, so it could not be kept",
    },
    returns={"state": "state"},
    validate=validate,
    before_create=before_create,
    retire=retire_by("updateVPCOffering"),
    initial_states=("disabled",),
    built_in=lambda row: bool(row.get("isdefault")),
)

RESOURCES = (VPC_OFFERING,)
