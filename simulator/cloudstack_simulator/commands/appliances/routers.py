"""What networks and VPCs ask of their virtual routers."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import CloudRuntime
from ...model.appliances import INTERNAL_BALANCER, Router
from ...model.networks import Network
from .. import hypervisors
from ..networks import addressing, services
from . import recipes, router_nics
from .router_life import BOOT, create, of_network, of_vpc, remove, start, take_scripts

if TYPE_CHECKING:
    from ...simulator import Simulator

Steps = Generator[float, None, None]


def ensure_for(call: Call, network: Network) -> Steps:
    """Give a network the running routers that it needs; a tier gets a side of its VPC's routers."""
    sim = call.sim
    if network.vpc_id is not None:
        vpc = sim.db.vpcs[network.vpc_id]
        yield from ensure_for_vpc(call, vpc)
        for router in of_vpc(sim, vpc):
            _join(sim, router, network)
        return
    if not services.has_router(sim.db, network):
        return
    existing = of_network(sim, network)
    _refuse_shared(sim, network)
    yield from _start_stopped(sim, existing)
    for _missing in range(_wanted(network.redundant) - len(existing)):
        yield from create(sim, network=network, peers=of_network(sim, network))


def _wanted(redundant: bool) -> int:
    return 2 if redundant else 1


def _refuse_shared(sim: Simulator, network: Network) -> None:
    """Routers of shared networks of Advanced zones do not start on the fake hypervisor."""
    zone = sim.db.zones[network.zone_id]
    if network.guest_type != "Shared" or zone.network_type == "Basic":
        return
    if hypervisors.is_fake(recipes.hypervisor_for(sim, zone)):
        raise CloudRuntime("Command failed due to Internal Server Error")


def _start_stopped(sim: Simulator, existing: list[Router]) -> Steps:
    for router in existing:
        if router.state == "Stopped":
            yield from start(sim, router)


def ensure_for_vpc(call: Call, vpc: Any) -> Steps:
    """Give a VPC the running routers that it needs."""
    existing = of_vpc(call.sim, vpc)
    yield from _start_stopped(call.sim, existing)
    for _missing in range(_wanted(vpc.redundant) - len(existing)):
        yield from create(call.sim, vpc=vpc, peers=of_vpc(call.sim, vpc))


def _join(sim: Simulator, router: Router, network: Network) -> None:
    if not any(nic.network_id == network.id for nic in router_nics.of(sim, router)):
        nic = router_nics.add_guest(sim, router, network)
        if router.state == "Running" and network.vlan:
            nic.vlan = network.broadcast_uri


def restart_for(call: Call, network: Network, *, cleanup: bool, live_patch: bool) -> Steps:
    """restartNetwork: patch the routers, replace them one by one, or only see that they are there."""
    sim = call.sim
    if network.vpc_id is not None:
        if live_patch and not cleanup:
            yield from _patch(sim, of_vpc(sim, sim.db.vpcs[network.vpc_id]))
        yield from ensure_for(call, network)
        return
    old = of_network(sim, network)
    if live_patch and not cleanup:
        yield from _patch(sim, old)
    elif cleanup and services.has_router(sim.db, network):
        _refuse_shared(sim, network)
        if services.supports(sim.db, network, "SourceNat"):
            addressing.source_nat_address(call, network)
        yield from _replace(sim, old, _wanted(network.redundant), network=network)
    else:
        yield from ensure_for(call, network)


def restart_for_vpc(call: Call, vpc: Any, *, cleanup: bool, live_patch: bool) -> Steps:
    """restartVPC, like `restart_for`. Routers are patched through the tiers: where there is none, nothing happens."""
    old = of_vpc(call.sim, vpc)
    if live_patch and not cleanup:
        if call.db.networks.where(vpc_id=vpc.id):
            yield from _patch(call.sim, old)
    elif cleanup:
        yield from _replace(call.sim, old, _wanted(vpc.redundant), vpc=vpc)
    else:
        yield from ensure_for_vpc(call, vpc)


def _replace(sim: Simulator, old: list[Router], count: int, **owner: Any) -> Steps:
    """New routers, then the old ones go: nobody is without one for longer than the switch takes."""
    for router in _expendable(old):
        remove(sim, router)
        old = [other for other in old if other is not router]
    peers = list(old)
    for number in range(count):
        yield from create(sim, peers=peers, **owner)
        if number == 0:
            for router in old:
                remove(sim, router)
        peers = of_network(sim, owner["network"]) if "network" in owner else of_vpc(sim, owner["vpc"])


def _expendable(old: list[Router]) -> list[Router]:
    """Those that carry no traffic: all that don't run, and of a pair the one that is not primary."""
    down = [router for router in old if router.state != "Running"]
    up = [router for router in old if router.state == "Running"]
    backup = next((router for router in up if router.redundant_state == "BACKUP"), up[-1] if up else None)
    return [*down, backup] if len(up) > 1 and backup is not None else down


def _patch(sim: Simulator, routers: list[Router]) -> Steps:
    """Bring new scripts into running routers without a restart."""
    for router in routers:
        if router.state != "Running":
            continue
        yield BOOT[hypervisors.is_fake(router.hypervisor)]
        if hypervisors.is_fake(router.hypervisor):
            raise CloudRuntime(recipes.NO_PATCH)
        if not sim.faults.strikes("patch-swallowed", router.name):
            take_scripts(sim, router)


def remove_for(sim: Simulator, network: Network) -> None:
    """A network shuts down: its routers go; the routers of a VPC lose their side in it."""
    for router in of_network(sim, network):
        if router.vpc_id is None:
            remove(sim, router)
            continue
        for nic in router_nics.of(sim, router):
            if nic.network_id == network.id:
                router_nics.drop(sim, nic)
    for balancer in sim.db.vms.where(vm_type=INTERNAL_BALANCER, zone_id=network.zone_id):
        if balancer.network_id == network.id:
            remove(sim, balancer)


def remove_for_vpc(sim: Simulator, vpc: Any) -> None:
    for router in of_vpc(sim, vpc):
        remove(sim, router)
