"""How a system VM looks in answers."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...model.appliances import API_TYPES, CONSOLE_PROXY, SystemVm
from ..annotations import has_annotations
from ..common import control_state
from .system_vms import agent_of

GONE_WITH_IT = (
    "gateway", "privateip", "privatemacaddress", "privatenetmask", "linklocalip", "linklocalmacaddress",
    "linklocalnetmask", "publicip", "publicmacaddress", "publicnetmask", "activeviewersessions",
)  # fmt: skip
"""Fields that the answer of destroySystemVm no longer has."""


def system_vm_view(call: Call, vm: SystemVm) -> dict[str, Any]:
    db = call.db
    zone, pod, host = db.zones[vm.zone_id], db.pods.get(vm.pod_id), db.hosts.get(vm.host_id)
    template, offering = db.templates.get(vm.template_id), db.service_offerings.get(vm.service_offering_id)
    agent = agent_of(call.sim, vm)
    return {
        "id": vm.uuid,
        "systemvmtype": API_TYPES[vm.vm_type],
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "dns1": zone.dns1,
        "dns2": zone.dns2,
        "gateway": vm.public_gateway,
        "name": vm.name,
        "podid": pod.uuid if pod else None,
        "podname": pod.name if pod else None,
        "hostid": host.uuid if host else None,
        "hostname": host.name if host else None,
        "hostcontrolstate": control_state(host),
        "hypervisor": vm.hypervisor,
        "privateip": vm.private_ip,
        "privatemacaddress": vm.private_mac,
        "privatenetmask": vm.private_netmask,
        "linklocalip": vm.link_local_ip,
        "linklocalmacaddress": vm.link_local_mac,
        "linklocalnetmask": "255.255.0.0" if vm.link_local_ip else None,
        "publicip": vm.public_ip,
        "publicmacaddress": vm.public_mac,
        "publicnetmask": vm.public_netmask,
        "templateid": template.uuid if template else None,
        "templatename": template.name if template else None,
        "created": timestamp(vm.created),
        "state": vm.state,
        "agentstate": agent.state if agent else None,
        "version": vm.release if agent else None,
        "activeviewersessions": vm.viewers if vm.vm_type == CONSOLE_PROXY else None,
        "isdynamicallyscalable": False,
        "serviceofferingid": offering.uuid if offering else None,
        "serviceofferingname": offering.name if offering else None,
        "arch": vm.arch,
        "hasannotations": has_annotations(call, vm),
    }


def moved_router_view(call: Call, vm: Any) -> dict[str, Any]:
    """The answer of migrateSystemVm about a router: what all kinds of the server's own VMs have."""
    db = call.db
    zone, pod, host = db.zones[vm.zone_id], db.pods.get(vm.pod_id), db.hosts.get(vm.host_id)
    return {
        "id": vm.uuid,
        "systemvmtype": vm.vm_type.lower(),
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "name": vm.name,
        "podid": pod.uuid if pod else None,
        "podname": pod.name if pod else None,
        "hostid": host.uuid if host else None,
        "hostname": host.name if host else None,
        "hypervisor": vm.hypervisor,
        "state": vm.state,
        "arch": vm.arch,
    }


def destroyed_view(call: Call, vm: SystemVm) -> dict[str, Any]:
    """The answer to a destroy, taken before it: the VM as it was, without what it is about to lose."""
    view = system_vm_view(call, vm)
    agent = agent_of(call.sim, vm)
    gone = (*GONE_WITH_IT, "agentstate", "version") if agent is not None and agent.state == "Up" else GONE_WITH_IT
    return {k: v for k, v in view.items() if k not in gone}
