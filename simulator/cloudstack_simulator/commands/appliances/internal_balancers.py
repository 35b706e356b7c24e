"""The VMs of internal load balancers: one for each address, from its first member on."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ... import net
from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter
from ...listing import equal
from ...model.appliances import INTERNAL_BALANCER, Router
from ...model.networks import Network, Nic, Rule
from ...registry import command
from ..networks import addressing
from ..volumes import lifecycle as disks
from . import recipes, router_life, router_nics
from .router_view import router_view

if TYPE_CHECKING:
    from ...simulator import Simulator

ROLE = "INTERNAL_LB_VM"
Steps = Generator[float, None, None]


def of_address(sim: Simulator, rule: Rule) -> Router | None:
    """The VM that serves the rule's address."""
    for nic in sim.db.nics.where(network_id=rule.source_network_id):
        vm = sim.db.vms.live.get(nic.vm_id)
        if nic.address == rule.source_ip and isinstance(vm, Router) and vm.vm_type == INTERNAL_BALANCER:
            return vm
    return None


def bring_up(sim: Simulator, rule: Rule) -> Steps:
    """Make the VM of a rule's address, when it has none yet."""
    if of_address(sim, rule) is not None:
        return
    network: Network = sim.db.networks[rule.source_network_id or rule.network_id]
    zone, account = sim.db.zones[network.zone_id], sim.db.accounts[network.account_id]
    hypervisor = recipes.hypervisor_for(sim, zone)
    template = recipes.template_for(sim, zone, hypervisor) if hypervisor is not None else None
    if template is None or hypervisor is None:
        raise CloudRuntime(f"Unable to find a system template for an internal load balancer in zone {zone.name}")
    vm: Router = sim.db.vms.add(
        Router(
            name="", vm_type=INTERNAL_BALANCER, role=ROLE, account_id=account.id, zone_id=zone.id,
            hypervisor=hypervisor, template_id=template.id, arch=template.arch, network_id=network.id,
            vpc_id=network.vpc_id, service_offering_id=recipes.offering_for(sim, INTERNAL_BALANCER).id,
        )
    )  # fmt: skip
    vm.name = vm.instance_name = recipes.instance_name(sim, INTERNAL_BALANCER, vm.id)
    disks.new_root(sim, vm, template, counted=False)
    _add_guest(sim, vm, network, rule)
    router_nics.add_control(sim, vm)
    try:
        yield from router_life.start(sim, vm)
    except ApiError:
        router_life.remove(sim, vm)
        raise


def _add_guest(sim: Simulator, vm: Router, network: Network, rule: Rule) -> None:
    span = net.cidr(network.network_cidr or network.cidr)
    sim.db.nics.add(
        Nic(
            vm_id=vm.id,
            network_id=network.id,
            mac=addressing.next_mac(network),
            device_id=0,
            address=rule.source_ip,
            netmask=str(span.netmask) if span is not None else None,
            gateway=network.gateway,
            is_default=True,
            mtu=network.private_mtu or router_nics.MTU,
        )
    )


def take_down(sim: Simulator, rule: Rule) -> None:
    """A rule goes: with the last one of its address goes the VM."""
    rules = sim.db.firewall_rules.where(source_network_id=rule.source_network_id)
    if any(other.source_ip == rule.source_ip and other.id != rule.id for other in rules):
        return
    vm = of_address(sim, rule)
    if vm is not None:
        router_life.remove(sim, vm)


@command("listInternalLoadBalancerVMs")
def list_internal_balancers(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "internalloadbalancervm",
        call.db.vms.where(vm_type=INTERNAL_BALANCER),
        router_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("state", p.state),
            equal("host_id", p.hostid),
            equal("pod_id", p.podid),
            equal("zone_id", p.zoneid),
            equal("network_id", p.networkid),
            equal("vpc_id", p.vpcid),
        ],
        keyword=("name",),
        owned=True,
    )


def _the_vm(call: Call) -> Router:
    vm = call.params.id
    if not vm or vm.removed is not None or vm.vm_type != INTERNAL_BALANCER:
        raise InvalidParameter("Can't find internal lb vm by id specified")
    call.check_access(vm)
    return vm


def _key(call: Call) -> Any:
    return ("vm", call.params.id)


@command("startInternalLoadBalancerVM", sync=_key)
def start(call: Call) -> Any:
    vm = _the_vm(call)
    if vm.state != "Running":
        yield from router_life.start(call.sim, vm)
    return {"internalloadbalancervm": router_view(call, vm)}


@command("stopInternalLoadBalancerVM", sync=_key)
def stop(call: Call) -> Any:
    vm = _the_vm(call)
    if vm.state != "Stopped":
        yield from router_life.stop(call.sim, vm, forced=bool(call.params.forced))
    return {"internalloadbalancervm": router_view(call, vm)}
