"""The life of console proxies and secondary storage VMs."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ... import net
from ...envelope import VERSION
from ...errors import ApiError, CloudRuntime, InsufficientAddressCapacity
from ...model.appliances import CONSOLE_PROXY, SECONDARY_STORAGE_VM, SystemVm
from ...model.hosts import Host
from .. import hypervisors, mocks
from ..certificates import keystore
from ..hosts.agents import connect
from ..images import downloads
from ..instances import placement
from ..instances.destination import Destination
from ..monitoring import alerts
from ..networks import addressing
from ..volumes import lifecycle as disks
from ..zones import pod_ranges
from . import recipes

if TYPE_CHECKING:
    from ...simulator import Simulator

Steps = Generator[float, None, None]
BOOT = {True: 1.0, False: 4.0}
"""Seconds until a system VM runs, on the fake hypervisor and elsewhere."""
AGENT = {True: 0.3, False: 4.0}
"""Seconds after that until its agent is there."""
AGENT_AGAIN = {True: 3.0, False: 5.0}
"""The same for a VM that was stopped: the server first has to give up the old connection."""
STOPPING = {True: 0.2, False: 2.0}
AGENT_KINDS = {CONSOLE_PROXY: "ConsoleProxy", SECONDARY_STORAGE_VM: "SecondaryStorageVM"}
STATES_WITH_POWER = ("Starting", "Running", "Migrating", "Stopping")


def all_of(sim: Simulator, zone: Any, kind: str) -> list[SystemVm]:
    found: list[SystemVm] = sim.db.vms.where(zone_id=zone.id, vm_type=kind)
    return found


def agent_of(sim: Simulator, vm: SystemVm) -> Host | None:
    """The agent inside, once it has connected."""
    found = sim.db.hosts.where(vm_id=vm.id)
    return found[0] if found else None


def has_agent(vm: SystemVm) -> bool:
    """Console proxies of the fake hypervisor have no agent that would ever connect."""
    return vm.vm_type == SECONDARY_STORAGE_VM or not hypervisors.is_fake(vm.hypervisor)


def create(sim: Simulator, zone: Any, kind: str, hypervisor: str) -> SystemVm | None:
    """A new system VM that starts at once; None when the zone lacks template, host, disk space or address for it."""
    template, offering = recipes.template_for(sim, zone, hypervisor, kind), recipes.offering_for(sim, kind, zone)
    if template is None or offering is None:
        return None
    vm: SystemVm = sim.db.vms.add(
        SystemVm(
            name="", vm_type=kind, account_id=recipes.SYSTEM_ACCOUNT, zone_id=zone.id, hypervisor=hypervisor,
            service_offering_id=offering.id, template_id=template.id, arch=template.arch, state="Starting",
            updated=sim.clock.now(),
        )
    )  # fmt: skip
    vm.name = vm.instance_name = recipes.instance_name(sim, kind, vm.id)
    disks.new_root(sim, vm, template)
    try:
        _find_place(sim, vm)
        _take_public(sim, vm)
    except ApiError:
        forget(sim, vm)
        return None
    sim.scheduler.after(BOOT[hypervisors.is_fake(hypervisor)], finish_boot, sim, vm)
    return vm


def _find_place(sim: Simulator, vm: SystemVm, wanted: Any = None) -> None:
    """Host, disk, management and control address for a VM that starts."""
    tried: set[int] = set()
    while True:
        host = placement.choose(sim, vm, where=Destination(host=wanted), avoid=tried)
        if host is None:
            raise CloudRuntime(f"Unable to create a deployment for {vm}")
        if not mocks.effect(sim, "StartCommand", host).failed and disks.place(sim, vm, host):
            break
        tried.add(host.id)
    placement.settle(sim, vm, host)
    pod = sim.db.pods[host.pod_id or 0]
    address, number = pod_ranges.take_address(sim, pod, vm.uuid)
    span = net.cidr(pod.cidr)
    vm.private_ip, vm.private_mac = address, recipes.mac(sim, number)
    vm.private_netmask = str(span.netmask) if span is not None else None
    vm.link_local_ip, vm.link_local_mac = recipes.link_local(sim)


def _take_public(sim: Simulator, vm: SystemVm) -> None:
    zone = sim.db.zones[vm.zone_id]
    if zone.network_type == "Basic":
        _take_guest(sim, vm)
        return
    found = free_public(sim, zone)
    if not found:
        raise InsufficientAddressCapacity("Insufficient address capacity")
    ip = found[0]
    vlan = sim.db.vlans[ip.vlan_id]
    ip.state, ip.allocated, ip.is_system = "Allocated", sim.clock.now(), True
    ip.account_id, ip.domain_id = recipes.SYSTEM_ACCOUNT, sim.db.accounts[recipes.SYSTEM_ACCOUNT].domain_id
    vm.public_ip_id, vm.public_ip, vm.public_mac = ip.id, ip.address, recipes.mac(sim, ip.mac)
    vm.public_netmask, vm.public_gateway = vlan.netmask, vlan.gateway


def free_public(sim: Simulator, zone: Any) -> list[Any]:
    """Free public addresses, the lowest first: of ranges for system VMs, else of those that nobody has for himself."""
    free = sorted(sim.db.ip_addresses.where(zone_id=zone.id, state="Free"), key=lambda ip: ip.number)
    ranges = {v.id: v for v in sim.db.vlans.where(zone_id=zone.id) if v.virtual}
    own = [ip for ip in free if ip.vlan_id in ranges and ranges[ip.vlan_id].for_system_vms]
    strict = sim.settings.value("system.vm.public.ip.reservation.mode.strictness")
    others = [
        ip
        for ip in free
        if ip.vlan_id in ranges
        and not ranges[ip.vlan_id].for_system_vms
        and ranges[ip.vlan_id].domain_id is None
        and ranges[ip.vlan_id].account_id in (None, recipes.SYSTEM_ACCOUNT)
    ]
    return own or ([] if strict and any(v.for_system_vms for v in ranges.values()) else others)


def _take_guest(sim: Simulator, vm: SystemVm) -> None:
    """Basic zones have no public network: an address of the guest network in the VM's pod serves."""
    network = sim.db.networks.first(zone_id=vm.zone_id, traffic_type="Guest")
    if network is None:
        raise InsufficientAddressCapacity("Insufficient address capacity")
    vm.public_ip = addressing.guest_address(sim, network, pod_id=vm.pod_id, vm=vm)
    span = next(v for v in sim.db.vlans.where(network_id=network.id) if net.within(vm.public_ip, v.start, v.end))
    vm.public_mac, vm.public_netmask, vm.public_gateway = addressing.next_mac(network), span.netmask, span.gateway


def finish_boot(sim: Simulator, vm: SystemVm) -> None:
    """A starting VM is up: it has today's scripts and certificates; its agent connects a little later."""
    if vm.removed is not None or vm.state != "Starting":
        return
    _running(sim, vm)
    refresh(sim, vm, after=0.0)
    alerts.system_vm_up(sim, vm)
    if has_agent(vm):
        delays = AGENT if agent_of(sim, vm) is None else AGENT_AGAIN
        sim.scheduler.after(delays[hypervisors.is_fake(vm.hypervisor)], connect_agent, sim, vm, vm.updated)


def _running(sim: Simulator, vm: SystemVm) -> None:
    vm.state = "Running"
    vm.updated = vm.running_since = sim.clock.now()


def refresh(sim: Simulator, vm: SystemVm, *, after: float) -> None:
    """What every start and reboot brings in: the scripts and the certificates of the management server.

    `after`: seconds until its services answer.
    """
    take_scripts(sim, vm)
    taken = keystore.is_wanted(sim, vm) and not sim.faults.strikes("certificate-ignored", vm.name)
    current = keystore.current_set(sim) if taken else None
    vm.certificate_set = current.id if current is not None else None
    vm.answers_pages = not sim.faults.strikes("console-page-fails", vm.name)
    vm.takes_websockets = not sim.faults.strikes("websocket-fails", vm.name)
    vm.serving_since = sim.clock.now() + after


def take_scripts(sim: Simulator, vm: SystemVm) -> None:
    vm.code_version, vm.release = recipes.code_version(sim), VERSION


def connect_agent(sim: Simulator, vm: SystemVm, booted: float) -> None:
    if vm.removed is not None or vm.state != "Running" or vm.updated != booted:
        return
    if sim.faults.strikes("agent-silent", vm.name):
        return
    agent = agent_of(sim, vm)
    if agent is None:
        agent = sim.db.hosts.add(
            Host(
                name=vm.name, kind=AGENT_KINDS[vm.vm_type], zone_id=vm.zone_id, pod_id=vm.pod_id, vm_id=vm.id,
                arch=None, capabilities=None, gpu_total=None,
            )
        )  # fmt: skip
    agent.address = vm.private_ip
    connect(sim, agent)
    if vm.vm_type == SECONDARY_STORAGE_VM:
        downloads.synchronize(sim, vm.zone_id)


def start(sim: Simulator, vm: SystemVm) -> Steps:
    """Bring a stopped one up on its last host, with new inner addresses; the agent follows later."""
    vm.state, vm.updated = "Starting", sim.clock.now()
    try:
        _find_place(sim, vm)
    except ApiError:
        vm.state = "Stopped"
        raise
    yield BOOT[hypervisors.is_fake(vm.hypervisor)] / 5
    finish_boot(sim, vm)


def stop(sim: Simulator, vm: SystemVm) -> Steps:
    """Bring it down: it keeps its public address and its pod."""
    effect = mocks.effect(sim, "StopCommand", sim.db.hosts.get(vm.host_id))
    vm.state = "Stopping"
    yield STOPPING[hypervisors.is_fake(vm.hypervisor)] + effect.wait
    if effect.failed:
        vm.state = "Running"
        raise CloudRuntime(f"Unable to stop {vm}")
    halt(sim, vm)


def halt(sim: Simulator, vm: SystemVm) -> None:
    agent = agent_of(sim, vm)
    if agent is not None:
        agent.state = "Disconnected"
    _give_back_inner(sim, vm)
    placement.leave(sim, vm, keep_place=False)
    vm.state, vm.updated, vm.running_since = "Stopped", sim.clock.now(), None


def _give_back_inner(sim: Simulator, vm: SystemVm) -> None:
    pod = sim.db.pods.get(vm.pod_id)
    if pod is not None:
        pod_ranges.free_addresses(pod, vm.uuid)
    vm.private_ip = vm.private_mac = vm.private_netmask = None
    vm.link_local_ip = vm.link_local_mac = None


def reboot(sim: Simulator, vm: SystemVm) -> Steps:
    """Restart in place: addresses and host stay, scripts and certificates are fresh; the agent comes back."""
    effect = mocks.effect(sim, "RebootCommand", sim.db.hosts.get(vm.host_id))
    yield STOPPING[hypervisors.is_fake(vm.hypervisor)] + effect.wait
    if effect.failed:
        raise CloudRuntime(f"Unable to reboot {vm}")
    reboot_now(sim, vm)


def reboot_now(sim: Simulator, vm: SystemVm) -> None:
    fake = hypervisors.is_fake(vm.hypervisor)
    refresh(sim, vm, after=BOOT[fake])
    vm.updated = sim.clock.now()
    agent = agent_of(sim, vm)
    if fake:
        return
    if agent is not None:
        agent.state = "Disconnected"
    sim.scheduler.after(AGENT[fake], connect_agent, sim, vm, vm.updated)


def start_now(sim: Simulator, vm: SystemVm) -> None:
    """`start` in the background; where it finds no place it stays stopped."""
    if vm.removed is not None or vm.state != "Stopped":
        return
    try:
        _find_place(sim, vm)
    except ApiError:
        return
    vm.state = "Starting"
    sim.scheduler.after(BOOT[hypervisors.is_fake(vm.hypervisor)], finish_boot, sim, vm)


def destroy(sim: Simulator, vm: SystemVm) -> Steps:
    """Stop it for good; the zone gets a new one with the next look at what it needs."""
    if vm.state in STATES_WITH_POWER:
        yield STOPPING[hypervisors.is_fake(vm.hypervisor)]
    forget(sim, vm)


def forget(sim: Simulator, vm: SystemVm) -> None:
    """Everything that it had goes back: host, addresses, disk, agent."""
    _give_back_inner(sim, vm)
    placement.leave(sim, vm, keep_place=False)
    agent = agent_of(sim, vm)
    if agent is not None:
        sim.db.hosts.remove(agent)
    ip = sim.db.ip_addresses.get(vm.public_ip_id)
    if ip is not None:
        addressing.release_public(sim, ip)
    vm.public_ip_id = vm.public_ip = vm.public_mac = vm.public_netmask = vm.public_gateway = None
    for volume in disks.of_vm(sim, vm):
        disks.expunge(sim, volume)
    vm.state = "Expunging"
    sim.db.vms.remove(vm)


def migrate(sim: Simulator, vm: SystemVm, host: Any) -> Steps:
    """Move a running one to another host."""
    vm.state = "Migrating"
    effect = mocks.effect(sim, "MigrateCommand", sim.db.hosts.get(vm.host_id))
    yield 0.3 + effect.wait
    vm.state = "Running"
    if effect.failed or vm.stuck:
        raise CloudRuntime(f"Failed to migrate {vm}" if vm.stuck else "Simulated failure")
    vm.last_host_id = vm.host_id
    placement.settle(sim, vm, host)
