"""How a network comes to life with its first VM, restarts, and goes."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.networks import Network
from ...registry import SUCCESS, check, command
from ..appliances import routers
from ..common import completed
from ..routed import use
from . import addressing, rules, services

if TYPE_CHECKING:
    from ...simulator import Simulator

Steps = Generator[float, None, None]
STEP = 0.05


def implement(call: Call, network: Network) -> Steps:
    """Give a guest network its VLAN, its source NAT address and its router, as far as it lacks them."""
    sim = call.sim
    if network.state in ("Allocated", "Implementing"):
        network.state = "Implementing"
        yield STEP
        if network.vlan is None:
            addressing.take_vlan(sim, network)
            call.event(
                "ZONE.VLAN.ASSIGN",
                f"Assigned Zone Vlan: {network.vlan} Network Id: {network.id}",
                network,
                resource_type="Network",
            )
        if services.supports(sim.db, network, "SourceNat") and network.vpc_id is None:
            addressing.source_nat_address(call, network)
        if services.supports(sim.db, network, "Firewall") and network.vpc_id is None:
            call.event(
                "FIREWALL.OPEN",
                "Successfully created entity for creating firewall rule",
                state="Created",
                resource_type="FirewallRule",
            )
        network.state = "Implemented"
    yield from routers.ensure_for(call, network)


def implement_now(call: Call, network: Network) -> None:
    """`implement` without letting time pass (persistent networks)."""
    for _pause in implement(call, network):
        pass


def _refuse_a_shared_vlan(call: Call, network: Network) -> None:
    gateways = [g for g in call.db.private_gateways if g.associated_network_id == network.id]
    for other in [*call.db.networks.where(associated_id=network.id), *gateways]:
        raise InvalidParameter(
            f"Cannot delete network {network.uuid} which is associated to another network {other.uuid}"
        )


def vms_in(sim: Simulator, network: Network) -> list[Any]:
    """Instances with a NIC in the network."""
    numbers = {n.vm_id for n in sim.db.nics.where(network_id=network.id)}
    return [vm for vm in (sim.db.vms.live.get(n) for n in numbers) if vm is not None and vm.vm_type == "User"]


def shut_down(sim: Simulator, network: Network) -> None:
    """Take back routers and VLAN; addresses and rules stay and are there again when it comes to life again."""
    routers.remove_for(sim, network)
    addressing.release_vlan(sim, network)
    if network.state in ("Implemented", "Implementing"):
        network.state = "Allocated"


def _drop_rules_and_addresses(sim: Simulator, network: Network) -> None:
    db = sim.db
    for rule in db.firewall_rules.where(network_id=network.id):
        if rule.removed is None:
            rules.drop(sim, rule)
    for vpn in db.remote_access_vpns.where(network_id=network.id):
        db.remote_access_vpns.delete(vpn)
    for ip in db.ip_addresses.where(network_id=network.id):
        ip.network_id = None
        if ip.vpc_id is None or not ip.is_source_nat:
            addressing.release_public(sim, ip)


def destroy(sim: Simulator, network: Network) -> None:
    """Remove a network that has no VMs any more."""
    shut_down(sim, network)
    _drop_rules_and_addresses(sim, network)
    for vlan in sim.db.vlans.where(network_id=network.id):
        for ip in sim.db.ip_addresses.where(vlan_id=vlan.id):
            sim.db.ip_addresses.delete(ip)
        sim.db.vlans.remove(vlan)
    offering = sim.db.network_offerings.get(network.offering_id)
    if offering is not None and network.guest_type == "Isolated" and not offering.specify_vlan:
        sim.limits.add(network.account_id, "network", -1)
    for permission in sim.db.network_permissions.where(network_id=network.id):
        sim.db.network_permissions.delete(permission)
    use.release(sim, "network_id", network.id)
    network.state = "Destroy"
    sim.tags.drop(network)
    sim.db.networks.remove(network)


@check("deleteNetwork", "restartNetwork", "updateNetwork")
def network_exists(call: Call) -> None:
    network = call.params.id
    if not network or network.removed is not None:
        raise InvalidParameter(f"Network ID={network.id} doesn't exist")


@command("deleteNetwork", sync=lambda call: ("network", call.params.id))
def delete_network(call: Call) -> Any:
    network = call.params.id
    network_exists(call)
    if network.is_system:
        raise InvalidParameter("Network with specified id is system and can't be removed")
    _refuse_a_shared_vlan(call, network)
    call.check_access(network)
    if call.params.forced and not call.caller.is_root_admin:
        raise InvalidParameter("Delete network with 'forced' option can only be called by root admins")
    yield STEP
    if vms_in(call.sim, network):
        raise CloudRuntime("Failed to delete network")
    destroy(call.sim, network)
    completed(call, "NETWORK.DELETE", "deleting network. Network Id", network)
    return SUCCESS


@command("restartNetwork", sync=lambda call: ("network", call.params.id))
def restart_network(call: Call) -> Any:
    p, network = call.params, call.params.id
    if network.vpc_id is not None and p.cleanup:
        raise InvalidParameter("Cannot restart a VPC tier with cleanup, please restart the whole VPC.")
    if network.state not in ("Implemented", "Setup"):
        raise InvalidParameter(
            "Network is not in the right state to be restarted. Correct states are: Implemented, Setup"
        )
    call.check_access(network)
    if p.makeredundant and not network.redundant and not services.supports(call.db, network, "SourceNat"):
        offering = call.db.network_offerings[network.offering_id]
        raise CloudRuntime(f"Service SourceNat is not supported by the network offering {offering}")
    yield STEP
    if p.makeredundant:
        network.redundant = True
    yield from routers.restart_for(
        call, network, cleanup=bool(p.cleanup or p.makeredundant), live_patch=bool(p.livepatch)
    )
    network.restart_required = False
    completed(call, "NETWORK.RESTART", "restarting network. Network Id", network)
    return SUCCESS
