"""The offerings that an installation brings, and the ones that come with the first console proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...contract import facts
from ...model.offerings import DiskOffering, NetworkOffering, ServiceOffering, VpcOffering
from ...registry import at_install
from .disk_rules import GIB

if TYPE_CHECKING:
    from ...simulator import Simulator

CONSOLE_PROXY = "consoleproxy"


@at_install(order=20)
def install(sim: Simulator) -> None:
    rows = facts("offerings.json")
    for fact in rows["disk"]:
        sim.db.disk_offerings.add(
            DiskOffering(
                name=fact["name"],
                display_text=fact["displaytext"],
                size=fact["disksize"] * GIB,
                customized=fact["iscustomized"],
            )
        )
    for fact in rows["compute"] + [f for f in rows["system"] if f["systemvmtype"] != CONSOLE_PROXY]:
        _add_service_offering(sim, fact)
    for fact in rows["network"]:
        _add_network_offering(sim, fact)
    for fact in rows["vpc"]:
        _add_vpc_offering(sim, fact)


def default_system_offering(sim: Simulator, vm_type: str, *, local: bool = False) -> ServiceOffering:
    """The server's own offering for a type of system VM (domainrouter, consoleproxy, secondarystoragevm …).

    Those for console proxies are made when the first one is needed, as on the server.
    """
    name = unique_name(vm_type, local=local)
    found = sim.db.service_offerings.first(unique_name=name)
    if found is None:
        for fact in facts("offerings.json")["system"]:
            if fact["systemvmtype"] == vm_type:
                _add_service_offering(sim, fact)
        found = sim.db.service_offerings.the(unique_name=name)
    offering: ServiceOffering = found
    return offering


def unique_name(vm_type: str, *, local: bool) -> str:
    return f"{vm_type}-Local" if local else vm_type


def _add_service_offering(sim: Simulator, fact: dict[str, Any]) -> None:
    local = fact["storagetype"] == "local"
    disk = sim.db.disk_offerings.add(
        DiskOffering(
            name=fact["name"], display_text=fact.get("displaytext"), compute_only=True, use_local_storage=local
        )
    )
    kind = fact.get("systemvmtype")
    sim.db.service_offerings.add(
        ServiceOffering(
            name=fact["name"],
            display_text=fact.get("displaytext"),
            disk_offering_id=disk.id,
            cpu=fact["cpunumber"],
            speed=fact["cpuspeed"],
            memory=fact["memory"],
            offer_ha=fact["offerha"],
            network_rate=fact.get("networkrate"),
            is_system=fact["issystem"],
            vm_type=kind,
            default_use=fact["defaultuse"],
            unique_name=unique_name(kind, local=local) if kind else fact["name"],
        )
    )


def _add_network_offering(sim: Simulator, fact: dict[str, Any]) -> None:
    able = fact["capabilities"]
    sim.db.network_offerings.add(
        NetworkOffering(
            name=fact["name"],
            display_text=fact["displaytext"],
            guest_type=fact["guestiptype"],
            services=fact["services"],
            is_default=fact["isdefault"],
            specify_vlan=fact["specifyvlan"],
            conserve_mode=fact["conservemode"],
            specify_ip_ranges=fact["specifyipranges"],
            availability=fact["availability"],
            state=fact["state"],
            service_offering_id=sim.db.service_offerings.the(unique_name="domainrouter").id,
            for_vpc=fact["forvpc"],
            for_nsx=fact["fornsx"],
            for_tungsten=fact["fortungsten"],
            network_mode=fact.get("networkmode"),
            persistent=fact["ispersistent"],
            egress_allow=fact["egressdefaultpolicy"],
            dedicated_lb=able.get("SupportedLBIsolation") == "dedicated",
            elastic_lb=able.get("ElasticLb") == "true",
            inline_lb=able.get("InlineMode") == "true",
            lb_autoscaling=able.get("VmAutoScaling") == "true",
            internal_lb=fact["supportsinternallb"],
            redundant_router=able.get("RedundantRouter") == "true",
            elastic_ip=able.get("ElasticIp") == "true",
            associate_public_ip=able.get("AssociatePublicIP") == "true",
        )
    )


def _add_vpc_offering(sim: Simulator, fact: dict[str, Any]) -> None:
    sim.db.vpc_offerings.add(
        VpcOffering(
            name=fact["name"],
            display_text=fact["displaytext"],
            services=fact["services"],
            is_default=fact["isdefault"],
            state=fact["state"],
            redundant_router=fact["name"].startswith("Redundant"),
            for_nsx=fact["fornsx"],
            network_mode=fact.get("networkmode"),
        )
    )
