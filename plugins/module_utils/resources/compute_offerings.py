# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compute offerings: the sizes that users choose from for their instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row
from .offering_parts import ACTIVE_STATES, OFFERING_STATE, offering_rows, refuse_mixed_limits
from .service_offering_parts import (
    COMMON,
    SORT_KEY,
    UPDATE,
    before_create,
    check_sizes,
    detail,
    reinstate,
    retire,
    sizes,
)

_RANGE = ("min_cpu_number", "max_cpu_number", "min_memory", "max_memory")
_FIXED = ("cpu_number", "cpu_speed", "memory")


def _validate(given: Mapping[str, Any]) -> None:
    check_sizes(given)
    refuse_mixed_limits(given, "disk_")
    ranged = [name for name in _RANGE if given.get(name) is not None]
    if given.get("is_customized"):
        for name in ("cpu_number", "memory"):
            if given.get(name) is not None:
                raise InvalidInput(
                    f"{name} and is_customized exclude each other: users choose the size of a customized offering",
                    option=name,
                    remedy=f"leave out {name}; limit the choice with {', '.join(_RANGE)} and cpu_speed",
                )
        if ranged and (len(ranged) < len(_RANGE) or given.get("cpu_speed") is None):
            missing = [name for name in (*_RANGE, "cpu_speed") if given.get(name) is None]
            raise InvalidInput(
                f"limits of a customized offering go together: {', '.join(missing)} missing",
                option=missing[0],
                remedy=f"give all of {', '.join(_RANGE)} and cpu_speed, or none",
            )
    elif ranged and given.get("is_customized") is False:
        raise InvalidInput(
            f"{ranged[0]} needs is_customized=true", option=ranged[0], remedy="set is_customized to true"
        )
    # The server accepts a minimum above the maximum, and then no instance fits [observed.md].
    for low, high in ((_RANGE[0], _RANGE[1]), (_RANGE[2], _RANGE[3])):
        if given.get(low) is not None and given.get(high) is not None and int(given[low]) > int(given[high]):
            raise InvalidInput(
                f"{low} ({given[low]}) is greater than {high} ({given[high]})", option=low, remedy="exchange the two"
            )


def _check_wish(ctx: Any, row: Row | None) -> None:
    # Without sizes the server silently makes a customized offering [service_offerings recording].
    missing = [name for name in _FIXED if ctx.given.get(name) is None]
    if row is None and missing and not ctx.given.get("is_customized"):
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs {', '.join(missing)}, or is_customized=true",
            option=missing[0],
            obj=ctx.name,
            remedy="give cpu_number, cpu_speed and memory, or set is_customized to true so that users choose the size",
        )


def _external_details(row: Row) -> dict[str, Any]:
    """Details of external hypervisors carry a prefix among the other details."""
    prefix = "External:"
    details = row.get("serviceofferingdetails") or {}
    return {key[len(prefix) :]: value for key, value in details.items() if key.startswith(prefix)}


COMPUTE_OFFERING = Resource(
    name="compute_offering",
    noun="compute offering",
    summary="Manage compute offerings",
    description=(
        "Creates, changes and retires compute offerings, the sizes that users choose from for their instances.",
        "CPU, memory, rates and storage type are fixed at creation; texts, tags, visibility and activity can change.",
    ),
    notes=(
        (
            "Names are not unique at the server. If more than one active offering has the name, the task fails and "
            "lists the ids; give O(id) then."
        ),
        (
            "Deleting an offering makes it inactive: instances that use it run on. A later task with O(state=present) "
            "creates a new offering of that name."
        ),
        (
            "With O(immutable_drift=replace) the old offering gets another name and becomes inactive, and a new one "
            "takes its name; existing instances keep the old one."
        ),
        "Offerings of system VMs are managed by M(cloudstack.ops.system_offering).",
    ),
    commands=Commands(
        list="listServiceOfferings",
        create="createServiceOffering",
        update="updateServiceOffering",
        delete="deleteServiceOffering",
    ),
    states=ACTIVE_STATES,
    updates=(UPDATE,),
    options=(
        *COMMON[:2],
        *sizes(),
        Option(
            "is_customized",
            "bool",
            help="Users choose CPU and memory, within the limits given here if there are any.",
            api="customized",
            field="iscustomized",
            since="4.13",
        ),
        Option(
            "min_cpu_number",
            "int",
            help="Fewest CPUs a user may choose.",
            field="",
            since="4.13",
            decode=detail("mincpunumber"),
        ),
        Option(
            "max_cpu_number",
            "int",
            help="Most CPUs a user may choose.",
            field="",
            since="4.13",
            decode=detail("maxcpunumber"),
        ),
        Option(
            "min_memory",
            "int",
            help="Least memory a user may choose.",
            field="",
            unit="MB",
            since="4.13",
            decode=detail("minmemory"),
        ),
        Option(
            "max_memory",
            "int",
            help="Most memory a user may choose.",
            field="",
            unit="MB",
            since="4.13",
            decode=detail("maxmemory"),
        ),
        *COMMON[2:],
        Option(
            "is_volatile",
            "bool",
            help=(
                "The root disk is made anew at every reboot, and at every stop and start by the API.",
                "What users wrote to it is lost then.",
            ),
        ),
        Option(
            "is_iops_customized",
            "bool",
            help="Users choose the limits of the storage for the root disk themselves.",
            api="customizediops",
            field="iscustomizediops",
            aliases=("disk_iops_customized",),
            since="4.4",
        ),
        Option(
            "disk_iops_min",
            "int",
            help="Operations that managed storage guarantees to the root disk.",
            api="miniops",
            unit="operations/s",
            since="4.4",
        ),
        Option(
            "disk_iops_max",
            "int",
            help="Operations that managed storage allows the root disk.",
            api="maxiops",
            unit="operations/s",
            since="4.4",
        ),
        Option(
            "hypervisor_snapshot_reserve",
            "int",
            help="Space kept for snapshots of the hypervisor on managed storage, in percent of the root disk.",
            unit="%",
            since="4.4",
        ),
        Option(
            "purge_resources",
            "bool",
            help="What an instance leaves in the server's database is removed after it is expunged.",
            updatable=True,
            since="4.20",
        ),
        Option(
            "lease_duration",
            "int",
            help="Days after which O(lease_expiry_action) happens to an instance.",
            unit="days",
            since="4.21.0",
        ),
        Option(
            "lease_expiry_action",
            help="What happens to an instance when its lease ends.",
            choices=("STOP", "DESTROY"),
            since="4.21.0",
        ),
        Option(
            "vgpu_profile",
            "ref",
            help="Profile of the virtual GPU that instances get.",
            api="vgpuprofileid",
            refers_to="vgpu_profile",
            name_field="vgpuprofilename",
            since="4.21",
        ),
        Option("gpu_count", "int", help="Number of GPUs. The server's default with a profile is 1.", since="4.21"),
        Option("gpu_display", "bool", help="The GPU drives the instance's console.", since="4.21"),
        Option(
            "external_details",
            "map",
            help=(
                "Properties for instances of external hypervisors.",
                "A change replaces all of them, though only the keys given are compared.",
            ),
            field="",
            decode=_external_details,
            updatable=True,
            since="4.21.0",
        ),
        OFFERING_STATE,
    ),
    omitted={
        **SORT_KEY,
        "createServiceOffering.issystem": "offerings of system VMs are the resource system_offering",
        "createServiceOffering.systemvmtype": "offerings of system VMs are the resource system_offering",
        "updateServiceOffering.cleanupexternaldetails": "a single switch that removes what external_details replaces",
    },
    returns={"state": "state"},
    validate=_validate,
    check_wish=_check_wish,
    rows=offering_rows,
    before_create=before_create,
    retire=retire,
    reinstate=reinstate,
    initial_states=("active",),
    event_resource="ServiceOffering",
)

VGPU_PROFILE = Resource(
    name="vgpu_profile",
    noun="vGPU profile",
    summary="Profiles of virtual GPUs",
    commands=Commands(list="listVgpuProfiles"),
    options=(Option("name", help="Name of the profile."),),
    lookup_only=True,
)

RESOURCES = (COMPUTE_OFFERING, VGPU_PROFILE)
