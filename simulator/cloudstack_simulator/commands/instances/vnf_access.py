"""The way to a network function's management NICs that is opened together with the appliance."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...model.instances import Instance, SecurityGroup, SecurityGroupRule
from .. import deputy
from ..networks import services

PORTS = {
    "ssh-key": ("ssh_port", 22),
    "ssh-password": ("ssh_port", 22),
    "http": ("http_port", 80),
    "https": ("https_port", 443),
}
"""By way of access: the detail that has its port, and the usual port."""
EVERYWHERE = ["0.0.0.0/0"]


def ports_of(template: Any) -> list[int]:
    """The ports at which the template's ways of access listen; a detail that is no number means the usual one."""
    details, found = template.vnf_details, set()
    for method in (details.get("access_methods") or "").split(","):
        if method.lower() in PORTS:
            name, usual = PORTS[method.lower()]
            text = details.get(name) or ""
            found.add(int(text) if text.isdecimal() else usual)
    return sorted(found)


def open_by_group(call: Call, vm: Instance) -> None:
    """Where security groups guard instances, the appliance gets one of its own."""
    ports = ports_of(call.db.templates[vm.template_id])
    if not call.db.zones[vm.zone_id].security_groups or not ports:
        return
    group = call.db.security_groups.add(
        SecurityGroup(
            name=f"VNF_SecurityGroup_{int(call.now * 1000):x}",
            account_id=vm.account_id,
            description="Security group for VNF appliance",
        )
    )
    for port in ports:
        for cidr in call.params.vnfcidrlist or EVERYWHERE:
            call.db.security_group_rules.add(
                SecurityGroupRule(
                    group_id=group.id, direction="ingress", protocol="tcp", start_port=port, end_port=port, cidr=cidr
                )
            )
    vm.security_group_ids = [*vm.security_group_ids, group.id]


def open_by_address(call: Call, vm: Instance) -> Generator[float, None, None]:
    """Static NAT and firewall rules for each management NIC in an isolated network that has both services."""
    for nic in _management_nics(call, vm):
        network = call.db.networks[nic.network_id]
        ip = yield from _new_address(call, vm, network)
        yield from deputy.run(
            call, vm.account_id, "enableStaticNat", ipaddressid=ip, virtualmachineid=vm.uuid, networkid=network.uuid,
            vmguestip=nic.address,
        )  # fmt: skip
        for port in ports_of(call.db.templates[vm.template_id]):
            yield from deputy.run(
                call, vm.account_id, "createFirewallRule", ipaddressid=ip, protocol="tcp", startport=port, endport=port,
                cidrlist=",".join(call.params.vnfcidrlist or EVERYWHERE),
            )  # fmt: skip


def _management_nics(call: Call, vm: Instance) -> list[Any]:
    managing = {nic["deviceid"] for nic in call.db.templates[vm.template_id].vnf_nics if nic["management"]}
    return [
        nic
        for nic in call.db.nics.where(vm_id=vm.id)
        if nic.device_id in managing and nic.address is not None and _leads_outside(call, nic.network_id)
    ]


def _leads_outside(call: Call, number: int) -> bool:
    network = call.db.networks[number]
    if network.guest_type != "Isolated" or network.vpc_id is not None:
        return False
    return all(services.supports(call.db, network, name) for name in ("StaticNat", "Firewall"))


def _new_address(call: Call, vm: Instance, network: Any) -> Generator[float, None, str]:
    """The first address of a network that is not implemented yet becomes its source NAT, so a second one is taken."""
    made = yield from deputy.run(call, vm.account_id, "associateIpAddress", networkid=network.uuid)
    if made["ipaddress"]["issourcenat"]:
        made = yield from deputy.run(call, vm.account_id, "associateIpAddress", networkid=network.uuid)
    return str(made["ipaddress"]["id"])
