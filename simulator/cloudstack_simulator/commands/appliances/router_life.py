"""One virtual router's own life: made, started, stopped, removed; and who of a pair is primary."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...errors import ApiError, CloudRuntime
from ...model.appliances import ROUTER, Router
from ...model.networks import Network
from .. import hypervisors, mocks
from ..instances import placement
from ..volumes import lifecycle as disks
from . import recipes, router_nics

if TYPE_CHECKING:
    from ...simulator import Simulator

Steps = Generator[float, None, None]
BOOT = {True: 0.2, False: 1.0}
"""Seconds until a router runs, on the fake hypervisor and elsewhere."""
REDUNDANCY = 3.0
"""Seconds until a pair has found out who is primary."""


def of_network(sim: Simulator, network: Network) -> list[Router]:
    """Routers with a side in the network, oldest first."""
    numbers = sorted({nic.vm_id for nic in sim.db.nics.where(network_id=network.id)})
    rows = (sim.db.vms.live.get(number) for number in numbers)
    return [row for row in rows if isinstance(row, Router) and row.vm_type == ROUTER]


def of_vpc(sim: Simulator, vpc: Any) -> list[Router]:
    found: list[Router] = sim.db.vms.where(vpc_id=vpc.id)
    return [row for row in found if row.vm_type == ROUTER]


def create(sim: Simulator, *, peers: list[Router], network: Network | None = None, vpc: Any = None) -> Steps:
    """A new router of a network or a VPC, with all its sides, that runs at the end."""
    owner = network or vpc
    zone, account = sim.db.zones[owner.zone_id], sim.db.accounts[owner.account_id]
    hypervisor = recipes.hypervisor_for(sim, zone)
    template = recipes.template_for(sim, zone, hypervisor) if hypervisor is not None else None
    if template is None or hypervisor is None:
        raise CloudRuntime(f"Unable to find a system template for a router in zone {zone.name}")
    router: Router = sim.db.vms.add(
        Router(
            name="", vm_type=ROUTER, account_id=account.id, zone_id=zone.id, hypervisor=hypervisor,
            service_offering_id=_offering(sim, network, account), template_id=template.id, arch=template.arch,
            network_id=network.id if network is not None else None, vpc_id=vpc.id if vpc is not None else None,
            redundant=bool(owner.redundant),
        )
    )  # fmt: skip
    router.name = router.instance_name = recipes.instance_name(sim, ROUTER, router.id)
    _announce(sim, disks.new_root(sim, router, template, counted=False), router)
    _give_nics(sim, router, peers, network, vpc)
    try:
        yield from start(sim, router)
    except ApiError:
        remove(sim, router)
        raise


def _announce(sim: Simulator, disk: Any, router: Router) -> None:
    user = next(iter(sim.db.users.where(account_id=router.account_id)), None)
    if user is not None:
        sim.events.write(
            "VOLUME.CREATE", f"Successfully created entity for creating ROOT volume. Volume Type: ROOTVolume Id: "
            f"{disk.uuid} Vm Id: {router.uuid}", sim.auth.caller_of(user), disk, state="Created",
        )  # fmt: skip


def _offering(sim: Simulator, network: Network | None, account: Any) -> int:
    """The network offering's own system offering, else the configured or built-in one."""
    offering = sim.db.network_offerings.get(network.offering_id) if network is not None else None
    chosen = getattr(offering, "service_offering_id", None)
    default = recipes.default_offering(sim, ROUTER)
    if chosen is None or (default is not None and chosen == default.id):
        chosen = recipes.offering_for(sim, ROUTER, account).id
    return int(chosen)


def _give_nics(sim: Simulator, router: Router, peers: list[Router], network: Network | None, vpc: Any) -> None:
    if network is not None:
        router_nics.add_guest(sim, router, network)
    router_nics.add_control(sim, router)
    where = {"network_id": network.id} if network is not None else {"vpc_id": vpc.id}
    ip = next((ip for ip in sim.db.ip_addresses.where(**where) if ip.is_source_nat), None)
    if ip is not None:
        router_nics.add_public(sim, router, ip, peers)
    if vpc is not None:
        for tier in sim.db.networks.where(vpc_id=vpc.id):
            if tier.state == "Implemented":
                router_nics.add_guest(sim, router, tier)


def start(sim: Simulator, router: Router) -> Steps:
    """Bring a stopped router up; where no host can take it, it stays stopped. Partners keep apart if they can."""
    tried: set[int] = set()
    apart = {peer.host_id for peer in _peers(sim, router) if peer.host_id is not None} if router.redundant else set()
    router.state = "Starting"
    while True:
        host = placement.choose(sim, router, avoid=tried | apart) or placement.choose(sim, router, avoid=tried)
        if host is None or sim.faults.strikes("router-lost", router.name):
            error = CloudRuntime(f"Unable to create a deployment for {router}")
            router.state = "Stopped"
            raise error
        effect = mocks.effect(sim, "StartCommand", host)
        yield BOOT[hypervisors.is_fake(router.hypervisor)] + effect.wait
        if not effect.failed and disks.place(sim, router, host):
            break
        tried.add(host.id)
    placement.settle(sim, router, host)
    router_nics.plug(sim, router)
    boot(sim, router)


def boot(sim: Simulator, router: Router) -> None:
    """It runs, with today's scripts."""
    router.state = "Running"
    router.updated = router.running_since = sim.clock.now()
    router.template_version = recipes.template_version(sim, router.hypervisor)
    router.passes_rules = not sim.faults.strikes("rules-lost", router.name)
    take_scripts(sim, router)
    _see_who_is_primary(sim, router)


def take_scripts(sim: Simulator, router: Router) -> None:
    router.scripts_version = sim.ids.uuid()
    router.software_version = recipes.SERVER_VERSION


def stop(sim: Simulator, router: Router, *, forced: bool = False) -> Steps:
    effect = mocks.effect(sim, "StopCommand", sim.db.hosts.get(router.host_id))
    router.state = "Stopping"
    yield BOOT[hypervisors.is_fake(router.hypervisor)] / 2 + effect.wait
    if effect.failed and not forced:
        router.state = "Running"
        raise CloudRuntime(f"Failed to stop router {router}")
    halt(sim, router)


def halt(sim: Simulator, router: Router) -> None:
    router_nics.unplug(sim, router)
    placement.leave(sim, router, keep_place=False)
    router.state, router.updated, router.running_since = "Stopped", sim.clock.now(), None
    _see_who_is_primary(sim, router)


def reboot(sim: Simulator, router: Router) -> Steps:
    """Stop and start on the same host."""
    host = sim.db.hosts.get(router.host_id)
    effect = mocks.effect(sim, "RebootCommand", host)
    yield BOOT[hypervisors.is_fake(router.hypervisor)] + effect.wait
    if effect.failed:
        raise CloudRuntime(f"Failed to reboot router {router}")
    router_nics.plug(sim, router)
    boot(sim, router)


def remove(sim: Simulator, router: Router) -> None:
    """Stop it for good."""
    peers = _peers(sim, router)
    placement.leave(sim, router, keep_place=False)
    for nic in router_nics.of(sim, router):
        router_nics.drop(sim, nic)
    for volume in disks.of_vm(sim, router):
        disks.expunge(sim, volume)
    sim.tags.drop(router)
    router.state = "Destroyed"
    sim.db.vms.remove(router)
    for peer in peers:
        _see_who_is_primary(sim, peer)


def _peers(sim: Simulator, router: Router) -> list[Router]:
    """The other routers of the same network or VPC."""
    if router.vpc_id is not None:
        found = of_vpc(sim, sim.db.vpcs[router.vpc_id])
    else:
        network = sim.db.networks.get(router.network_id)
        found = of_network(sim, network) if network is not None else []
    return [peer for peer in found if peer is not router]


def _see_who_is_primary(sim: Simulator, router: Router) -> None:
    if router.redundant and not hypervisors.is_fake(router.hypervisor):
        if router.state != "Running":
            router.redundant_state = "UNKNOWN"
        sim.scheduler.after(REDUNDANCY, elect, sim, router)


def elect(sim: Simulator, router: Router) -> None:
    """The running routers of a pair agree: who is primary stays it, else the oldest becomes it."""
    if router.removed is not None:
        return
    known = sorted((r for r in (router, *_peers(sim, router)) if r.state == "Running"), key=lambda r: r.id)
    running = [r for r in known if _is_heard(sim, r)]
    for member in known:
        if member not in running:
            member.redundant_state = "UNKNOWN"
    if sim.faults.strikes("roles-unsettled", router.name):
        for member in running:
            member.redundant_state = "BACKUP"
        return
    chosen = next((r for r in running if r.redundant_state == "PRIMARY"), running[0] if running else None)
    for member in running:
        member.redundant_state = "PRIMARY" if member is chosen else "BACKUP"


def _is_heard(sim: Simulator, router: Router) -> bool:
    host = sim.db.hosts.get(router.host_id)
    return host is not None and host.state == "Up"


def host_changed(sim: Simulator, host: Any) -> None:
    """A host was lost or is back: partners of the pairs on it find out who is primary."""
    for router in sim.db.vms.where(host_id=host.id, vm_type=ROUTER):
        _see_who_is_primary(sim, router)
