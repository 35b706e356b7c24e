# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System offerings: sizes of console proxies, secondary storage VMs, virtual routers and internal load balancers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row
from .offering_parts import ACTIVE_STATES, OFFERING_STATE, offering_rows
from .service_offering_parts import COMMON, SORT_KEY, UPDATE, before_create, check_sizes, reinstate, retire, sizes

_NOT_FOR_SYSTEM_VMS = {
    "customized": "system VMs have one size: nobody chooses it",
    "mincpunumber": "system VMs have one size: nobody chooses it",
    "maxcpunumber": "system VMs have one size: nobody chooses it",
    "minmemory": "system VMs have one size: nobody chooses it",
    "maxmemory": "system VMs have one size: nobody chooses it",
    "customizediops": "the server refuses it for system offerings",
    "miniops": "works only together with customizediops, which the server refuses for system offerings",
    "maxiops": "works only together with customizediops, which the server refuses for system offerings",
    "hypervisorsnapshotreserve": "the server refuses it for system offerings",
    "isvolatile": "about root disks of instances",
    "purgeresources": "about expunged instances",
    "leaseduration": "about leases of instances",
    "leaseexpiryaction": "about leases of instances",
    "vgpuprofileid": "about GPUs of instances",
    "gpucount": "about GPUs of instances",
    "gpudisplay": "about GPUs of instances",
    "externaldetails": "about instances of external hypervisors",
}


def _validate(given: Mapping[str, Any]) -> None:
    check_sizes(given)
    kind = given.get("system_vm_type")
    if given.get("network_rate") is not None and kind not in (None, "domainrouter"):
        raise InvalidInput(
            f"network_rate is only possible for virtual routers, not for {kind}",
            option="network_rate",
            remedy="leave out network_rate",
        )


def _refuse_if_used(ctx: Any, row: Row | None) -> None:
    """New system VMs would not start, or would silently take the built-in size, if their offering were gone."""
    if row is None or ctx.state != "absent" or ctx.given.get("force"):
        return
    users = list(_named_by(ctx, row))
    if row.get("defaultuse"):
        users.insert(0, "the system itself (it is a built-in default)")
    if users:
        raise InvalidInput(
            f"{ctx.name} is used by {', '.join(users)}",
            option="state",
            obj=ctx.name,
            remedy="give these another offering first, or set force to true",
        )


def _named_by(ctx: Any, row: Row) -> list[str]:
    settings = ctx.client.list("listConfigurations", {"name": "service.offering"})
    users = [f"the setting {setting['name']}" for setting in settings if setting.get("value") == row["id"]]
    for command, noun in (("listNetworkOfferings", "network offering"), ("listVPCOfferings", "VPC offering")):
        offerings = ctx.client.list(command, {})
        users += [f"the {noun} {o.get('name')}" for o in offerings if o.get("serviceofferingid") == row["id"]]
    return users


SYSTEM_OFFERING = Resource(
    name="system_offering",
    noun="system offering",
    summary="Manage offerings of system VMs and virtual routers",
    description=(
        (
            "Creates, changes and retires the offerings that console proxies, secondary storage VMs, virtual routers "
            "and internal load balancers are made of."
        ),
        (
            "To put an offering to use, name its id in a setting (V(consoleproxy.service.offering) for example) or in "
            "a network offering, and recreate the VMs."
        ),
    ),
    notes=(
        "The system VM template of today needs 512 MB of memory or more.",
        (
            "O(storage_type) must agree with the zone's setting V(system.vm.use.local.storage), or the server "
            "silently takes the built-in offering for virtual routers."
        ),
        (
            "Deleting an offering makes it inactive. The task refuses if the offering is a built-in default or is "
            "named in a global setting, a network offering or a VPC offering."
        ),
    ),
    commands=Commands(
        list="listServiceOfferings",
        create="createServiceOffering",
        update="updateServiceOffering",
        delete="deleteServiceOffering",
        fixed={"list": {"issystem": True}, "create": {"issystem": True}},
    ),
    identity=("name",),
    scope=("system_vm_type",),
    states=ACTIVE_STATES,
    updates=(UPDATE,),
    options=(
        *COMMON[:2],
        Option(
            "system_vm_type",
            help="What the offering is for.",
            api="systemvmtype",
            choices=("domainrouter", "consoleproxy", "secondarystoragevm", "internalloadbalancervm"),
            needed=True,
        ),
        *sizes(needed=True),
        *COMMON[2:],
        Option(
            "force",
            "bool",
            help="Delete the offering though settings or other offerings name it.",
            behaviour=True,
            default=False,
        ),
        OFFERING_STATE,
    ),
    omitted={
        **SORT_KEY,
        **{f"createServiceOffering.{name}": reason for name, reason in _NOT_FOR_SYSTEM_VMS.items()},
        "updateServiceOffering.purgeresources": _NOT_FOR_SYSTEM_VMS["purgeresources"],
        "updateServiceOffering.externaldetails": _NOT_FOR_SYSTEM_VMS["externaldetails"],
        "updateServiceOffering.cleanupexternaldetails": _NOT_FOR_SYSTEM_VMS["externaldetails"],
    },
    returns={"state": "state"},
    validate=_validate,
    check_wish=_refuse_if_used,
    rows=offering_rows,
    before_create=before_create,
    retire=retire,
    reinstate=reinstate,
    initial_states=("active",),
    built_in=lambda row: bool(row.get("defaultuse")),
    event_resource="ServiceOffering",
)

RESOURCES = (SYSTEM_OFFERING,)
