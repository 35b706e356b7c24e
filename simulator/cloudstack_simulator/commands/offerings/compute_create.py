"""Making service offerings, with the checks in the server's order."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...contract import facts
from ...errors import InvalidParameter
from ...model.offerings import DiskOffering, ServiceOffering
from ...parameters import flat_map
from ...registry import command
from ..extensions.use import external_details
from . import admins, disk_rules, scopes
from .compute import PURGE, service_offering_view

LARGEST = 2147483647
SMALLEST_MEMORY = 32
VM_TYPES = ("domainrouter", "consoleproxy", "secondarystoragevm", "internalloadbalancervm")
LIMITS = ("mincpunumber", "maxcpunumber", "minmemory", "maxmemory")
LEASE_ACTIONS = ("STOP", "DESTROY")
LONGEST_LEASE = 36500
DPDK = ("extraconfig-dpdk-numa", "extraconfig-dpdk-hugepages", "extraconfig-dpdk-interface-")


@command("createServiceOffering")
def create_service_offering(call: Call) -> dict[str, Any]:
    p = call.params
    customized = p.customized if p.customized is not None else p.cpunumber is None and p.memory is None
    if customized:
        _check_custom(call)
    else:
        _check_fixed(call)
    domains, zones = scopes.given_domains(call), scopes.given_zones(call)
    mode = disk_rules.cache_mode(p.cachemode)
    local = _uses_local_storage(call)
    vm_type = _vm_type(call)
    _check_network_rate(call, vm_type)
    _check_planner(call)
    disk_rules.refuse_storage_policy(call)
    admins.check_new(call, "service", domains)
    lease = _lease(call)
    details = _details(call, customized=customized)
    disk = _linked_disk(call) or _own_disk(call, mode, local=local, is_system=vm_type is not None)
    offering = call.db.service_offerings.add(
        ServiceOffering(
            name=p.name,
            display_text=p.displaytext or p.name,
            disk_offering_id=disk.id,
            cpu=None if customized else p.cpunumber,
            speed=p.cpuspeed,
            memory=None if customized else p.memory,
            customized=customized,
            offer_ha=bool(p.offerha),
            limit_cpu=bool(p.limitcpuuse),
            volatile=bool(p.isvolatile),
            host_tags=scopes.split_tags(p.hosttags),
            network_rate=p.networkrate,
            planner=p.deploymentplanner,
            is_system=vm_type is not None,
            vm_type=vm_type,
            dynamic_scaling=p.get("dynamicscalingenabled", True),
            disk_offering_strictness=bool(p.diskofferingstrictness),
            gpu_display=bool(p.gpudisplay),
            gpu_count=_gpu_count(call),
            vgpu_profile_id=p.vgpuprofileid.id if p.vgpuprofileid else None,
            lease_days=lease[0],
            lease_action=lease[1],
            domain_ids=domains,
            zone_ids=zones,
            details=details,
        )
    )
    call.event(
        "SERVICE.OFFERING.CREATE",
        f"Successfully completed creating service offering. Service offering id={offering.uuid}",
        offering,
    )
    return {"serviceoffering": service_offering_view(call, offering)}


def _fail(call: Call, text: str) -> InvalidParameter:
    return InvalidParameter(f"Failed to create service offering {call.params.name}: {text}")


def _check_custom(call: Call) -> None:
    p = call.params
    if p.cpunumber is not None or p.memory is not None:
        raise InvalidParameter("For creating a custom compute offering cpu and memory all should be null")
    given = [p[name] for name in (*LIMITS, "cpuspeed")]
    if all(value is None for value in given):
        return
    if any(value is None for value in given):
        raise InvalidParameter(
            "For creating a custom compute offering min/max cpu and min/max memory/cpu speed should all be null or all "
            "specified"
        )
    if p.cpuspeed < 0:
        raise _fail(call, f"specify the cpu speed value between 1 and {LARGEST}")
    if p.mincpunumber < 1 or p.maxcpunumber < 1:
        raise _fail(call, f"specify the minimum or minimum cpu number value between 1 and {LARGEST}")
    if p.minmemory < SMALLEST_MEMORY or p.maxmemory < SMALLEST_MEMORY:
        raise _fail(call, f"specify the memory value between {SMALLEST_MEMORY} and {LARGEST} MB")


def _check_fixed(call: Call) -> None:
    p = call.params
    most_cores = call.setting("vm.serviceoffering.cpu.cores.max") or LARGEST
    most_memory = call.setting("vm.serviceoffering.ram.size.max") or LARGEST
    if p.cpunumber is None or not 1 <= p.cpunumber <= most_cores:
        raise _fail(call, f"specify the cpu number value between 1 and {most_cores}")
    if p.cpuspeed is None or p.cpuspeed < 0:
        raise _fail(call, f"specify the cpu speed value between 0 and {LARGEST}")
    if p.memory is None or not SMALLEST_MEMORY <= p.memory <= most_memory:
        raise _fail(call, f"specify the memory value between {SMALLEST_MEMORY} and {most_memory} MB")


def _uses_local_storage(call: Call) -> bool:
    p = call.params
    if (p.storagetype or "").lower() == "local" and p.offerha:
        raise InvalidParameter("HA offering with local storage is not supported. ")
    return disk_rules.uses_local_storage(p.storagetype)


def _vm_type(call: Call) -> str | None:
    """The system VM type of a system offering; None for an offering of instances."""
    p = call.params
    if not p.issystem:
        return None
    kind: str = p.systemvmtype or "domainrouter"
    if kind not in VM_TYPES:
        raise InvalidParameter(
            "Invalid systemVmType. Supported types are: DomainRouter, ConsoleProxy, SecondaryStorageVm"
        )
    if p.customizediops is not None:
        raise InvalidParameter("Customized IOPS is not a valid parameter for a system VM.")
    if p.hypervisorsnapshotreserve is not None:
        raise InvalidParameter("Hypervisor snapshot reserve is not a valid parameter for a system VM.")
    return kind


def _check_network_rate(call: Call, vm_type: str | None) -> None:
    rate = call.params.networkrate
    if rate is not None and vm_type not in (None, "domainrouter"):
        raise InvalidParameter(
            'Network rate can be specified only for non-System offering and system offerings having "domainrouter" '
            "systemvmtype"
        )
    if rate is not None and rate < 0:
        raise _fail(call, "specify the network rate value more than 0")


def _check_planner(call: Call) -> None:
    name = call.params.deploymentplanner
    if name is not None and name not in facts("catalogue.json")["deployment_planners"]:
        raise InvalidParameter(
            "Invalid name for Deployment Planner specified, please use listDeploymentPlanners to get the valid set"
        )


def _lease(call: Call) -> tuple[int | None, str | None]:
    days, action = call.params.leaseduration, call.params.leaseexpiryaction
    if days is None and action is None:
        return None, None
    if days is None or action is None:
        raise InvalidParameter("Provide values for both: leaseduration and leaseexpiryaction")
    if not 1 <= days <= LONGEST_LEASE:
        raise InvalidParameter(
            f"Invalid leaseduration: must be a natural number (>=1), max supported value is {LONGEST_LEASE}"
        )
    if action.upper() not in LEASE_ACTIONS:
        raise InvalidParameter(
            f"Invalid value configured for leaseexpiryaction, valid values are: {', '.join(LEASE_ACTIONS)}"
        )
    return days, action.upper()


def _gpu_count(call: Call) -> int | None:
    p = call.params
    if p.vgpuprofileid is None:
        return p.gpucount
    live(p.vgpuprofileid, "Please specify a valid vgpu profile.")
    if p.gpucount is not None and p.gpucount < 1:
        raise InvalidParameter("GPU count must be greater than 0.")
    return p.gpucount or 1


def _details(call: Call, *, customized: bool) -> dict[str, str]:
    p = call.params
    details = flat_map(p.serviceofferingdetails) | external_details(call)
    if ("pciDevice" in details) is not ("vgpuType" in details):
        raise InvalidParameter("Please specify the pciDevice and vgpuType correctly.")
    if any(name.startswith("extraconfig") and not name.startswith(DPDK) for name in details):
        raise InvalidParameter("Only extraconfig for DPDK are supported in service offering details")
    if customized and p.mincpunumber is not None:
        details |= {name: str(p[name]) for name in LIMITS}
    if p.purgeresources:
        details[PURGE] = "true"
    return details


def _linked_disk(call: Call) -> DiskOffering | None:
    disk: DiskOffering | None = call.params.diskofferingid
    if disk is not None and (not disk or disk.compute_only or disk.state != "Active"):
        raise InvalidParameter("Please specify a valid disk offering.")
    return disk


def _own_disk(call: Call, mode: str | None, *, local: bool, is_system: bool) -> DiskOffering:
    """The hidden disk offering of the service offering."""
    p = call.params
    provisioning = disk_rules.provisioning_type(p.provisioningtype)
    if p.rootdisksize is not None and p.rootdisksize <= 0:
        raise InvalidParameter(f"The Root disk size is of {p.rootdisksize} GB but it must be greater than 0.")
    if p.rootdisksize is not None:
        disk_rules.check_maximum(call, p.rootdisksize)
    custom_iops = False if is_system else p.customizediops
    lowest, highest = disk_rules.iops(call, custom_iops)
    made: DiskOffering = call.db.disk_offerings.add(
        DiskOffering(
            name=p.name,
            display_text=p.displaytext or p.name,
            size=(p.rootdisksize or 0) * disk_rules.GIB,
            compute_only=True,
            custom_iops=custom_iops,
            min_iops=lowest,
            max_iops=highest,
            tags=scopes.split_tags(p.tags),
            use_local_storage=local,
            provisioning_type=provisioning,
            cache_mode=mode,
            rates=disk_rules.rates(call),
            hypervisor_snapshot_reserve=disk_rules.snapshot_reserve(p.hypervisorsnapshotreserve),
            encrypt=bool(p.encryptroot),
        )
    )
    return made
