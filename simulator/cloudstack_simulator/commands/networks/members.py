"""Members of load balancer rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...model.networks import LbMember, Rule
from ...registry import SUCCESS, command
from ..appliances import internal_balancers
from ..common import completed
from ..instances import guards, life
from ..instances.views import instance_view
from . import rules
from .balancing import rule_of
from .firewall import STEP

if TYPE_CHECKING:
    from ...simulator import Simulator

Pairs = list[tuple[Any, str | None]]
FAILED = "Failed to assign load balancer rule"


def _pairs(call: Call) -> Pairs:
    """(VM, guest address) for each member that the call names."""
    p = call.params
    pairs: Pairs = []
    for entry in (p.vmidipmap or {}).values():
        vm = call.db.vms.find(entry.get("vmid", ""))
        if vm is None:
            raise InvalidParameter("Unable to find virtual machine ID: " + str(entry.get("vmid")))
        pairs.append((vm, entry.get("vmip")))
    named = {vm.id for vm, _address in pairs}
    return pairs + [(vm, None) for vm in p.virtualmachineids or [] if vm.id not in named]


@command("assignToLoadBalancerRule", sync=rules.same_network)
def assign(call: Call) -> Any:
    """Every refusal, a member that is there already too, is one and the same error of the job."""
    pairs = _pairs(call)
    yield STEP
    try:
        rule = rule_of(call, "Failed to assign to load balancer {id}, the load balancer was not found.")
        new = _new_members(call, rule, pairs)
    except InvalidParameter:
        raise ServerApiError(530, FAILED) from None
    for vm_id, address in new:
        call.db.lb_members.add(LbMember(rule_id=rule.id, vm_id=vm_id, address=address))
    rule.state = "Active"
    if rule.scheme == "Internal":
        yield from internal_balancers.bring_up(call.sim, rule)
    completed(call, "LB.ASSIGN.TO.RULE", "assigning to load balancer. Load Balancer Id", rule, "LoadBalancerRule")
    return SUCCESS


def _new_members(call: Call, rule: Rule, pairs: Pairs) -> list[tuple[int, str | None]]:
    db = call.db
    if db.scaling_groups.where(rule_id=rule.id):
        raise InvalidParameter(
            f"Failed to assign to load balancer {rule} because it is being used by an Autoscale VM group."
        )
    if not pairs:
        raise InvalidParameter("Both instanceids and vmidipmap  can't be null")
    have = {(m.vm_id, m.address) for m in db.lb_members.where(rule_id=rule.id)}
    new = []
    for vm, address in pairs:
        if not vm or vm.removed is not None or vm.vm_type != "User" or vm.state in ("Destroyed", "Expunging"):
            raise InvalidParameter("Invalid instance id specified")
        nics = [n for n in db.nics.where(vm_id=vm.id) if n.network_id == rule.network_id]
        if not nics:
            raise InvalidParameter(
                "VM with id specified cannot be added because it doesn't belong in the same network."
            )
        member = (vm.id, address or nics[0].address)
        if member in have:
            raise InvalidParameter(f"VM {vm.id} with {member[1]} is already mapped to load balancer.")
        secondary = {s.address for s in db.nic_secondary_ips.where(nic_id=nics[0].id)}
        if member[1] not in (nics[0].address, *secondary):
            raise InvalidParameter(f"VM ip {address} specified does not belong to nic in network {nics[0].network_id}")
        new.append(member)
    return new


def join(sim: Simulator, rule: Rule, vm: Any) -> None:
    """Make an instance that a scaling group started a member of the group's rule."""
    for nic in sim.db.nics.where(vm_id=vm.id):
        if nic.network_id == rule.network_id:
            sim.db.lb_members.add(LbMember(rule_id=rule.id, vm_id=vm.id, address=nic.address))
            rule.state = "Active"


@command("removeFromLoadBalancerRule", sync=rules.same_network)
def remove(call: Call) -> Any:
    rule = rule_of(call, "Invalid load balancer value: {id}")
    pairs, db = _pairs(call), call.db
    if not pairs:
        raise InvalidParameter("Both instanceids and vmidipmap  can't be null")
    for vm, _address in pairs:
        guards.refuse_scaled(call.sim, vm)
    yield STEP
    for vm, address in pairs:
        mapped = [m for m in db.lb_members.where(rule_id=rule.id, vm_id=vm.id) if address in (None, m.address)]
        if address is not None and not mapped:
            raise InvalidParameter(f"The instance id: {vm.id} is not configured for LB rule {rule}")
        for member in mapped:
            db.lb_members.delete(member)
        if db.scaling_groups.where(rule_id=rule.id):
            vm.autoscale_group_id = None
    if not db.lb_members.where(rule_id=rule.id):
        rule.state = "Add"
    completed(call, "LB.REMOVE.FROM.RULE", "removing from load balancer. Load Balancer Id", rule, "LoadBalancerRule")
    return SUCCESS


HIDDEN = ("Destroyed", "Expunging", "Error", "Unknown")
"""States in which an instance is no longer shown as a member."""


@command("listLoadBalancerRuleInstances")
def list_members(call: Call) -> dict[str, Any]:
    """Only members are looked at, so that `applied=false` finds nothing."""
    p, db, rule = call.params, call.db, call.params.id
    if not rule or rule.removed is not None or rule.purpose != "LoadBalancing":
        raise CloudRuntime(f"Unable to find the load balancer with ID [{rule.id}].")
    call.check_access(rule)
    numbers = sorted({m.vm_id for m in db.lb_members.where(rule_id=rule.id)}) if p.get("applied", True) else []
    vms = [vm for vm in (db.vms.live.get(n) for n in numbers) if vm is not None and vm.state not in HIDDEN]
    if p.lbvmips:
        return call.listing("lbrulevmidip", vms, lambda c, vm: _member_addresses(c, rule, vm))
    return call.listing("loadbalancerruleinstance", vms, lambda c, vm: instance_view(c, vm, full=False))


def _member_addresses(call: Call, rule: Rule, vm: Any) -> dict[str, Any]:
    rows = call.db.lb_members.where(rule_id=rule.id, vm_id=vm.id)
    return {
        "loadbalancerruleinstance": instance_view(call, vm, full=False),
        "lbvmipaddresses": [m.address for m in rows],
    }


def _forget_member(sim: Simulator, vm: Any) -> None:
    """An instance goes for good: rules that lead to it go too."""
    for member in sim.db.lb_members.where(vm_id=vm.id):
        sim.db.lb_members.delete(member)
    for rule in [
        r for n in sim.db.nics.where(vm_id=vm.id) for r in sim.db.firewall_rules.where(network_id=n.network_id)
    ]:
        if rule.vm_id == vm.id and rule.removed is None:
            rules.drop(sim, rule)
    for ip in [i for n in sim.db.nics.where(vm_id=vm.id) for i in sim.db.ip_addresses.where(network_id=n.network_id)]:
        if ip.vm_id == vm.id:
            ip.is_static_nat, ip.vm_id, ip.vm_address = False, None, None


life.WHEN_EXPUNGED.append(_forget_member)
