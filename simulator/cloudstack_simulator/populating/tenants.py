"""Accounts, networks with routers, and instances of a large cloud, put into the tables by the areas' own functions."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from .. import net
from ..commands.appliances import recipes, router_nics
from ..commands.instances import counting, placement
from ..commands.networks import addressing
from ..commands.volumes import lifecycle as disks
from ..model.appliances import ROUTER, Router
from ..model.instances import Instance
from ..model.networks import Network
from ..scenarios.sandbox import Builder

if TYPE_CHECKING:
    from ..model.hosts import Host
    from ..simulator import Simulator
    from .wanted import Wanted

NETWORKS_PER_ACCOUNT = 10
STOPPED_EVERY = 12
DATA_DISK_EVERY = 10
OLDEST = 300 * 86400.0
"""Age of the first instance, seconds."""
OFFERING = "DefaultIsolatedNetworkOfferingWithSourceNatService"


class Tenants:
    """Makes the tenants' part of a zone on its hosts. `prefix`: what tells its accounts from other zones'."""

    def __init__(self, sim: Simulator, zone: Any, hosts: list[Host], prefix: str) -> None:
        self.sim, self.zone, self.hosts, self.prefix = sim, zone, hosts, prefix
        self.pools = {pool.cluster_id: pool for pool in sim.db.storage_pools.where(zone_id=zone.id)}
        self.clusters = sim.db.clusters

    def fill(self, wanted: Wanted) -> None:
        accounts = self._accounts(-(-wanted.routers // NETWORKS_PER_ACCOUNT))
        networks = self._networks(accounts, wanted.routers)
        self._routers(networks)
        self._instances(networks, wanted.vms)

    def _accounts(self, count: int) -> list[Any]:
        builder, accounts, prefix = Builder(self.sim), self.sim.db.accounts, f"{self.prefix}tenant"
        domain = builder.do("createDomain", name=f"{prefix}s")["domain"]["id"] if count else ""
        for number in range(1, count + 1):
            builder.do(
                "createAccount", username=f"{prefix}-{number:04}", accounttype=0, domainid=domain, firstname="Tenant",
                lastname=str(number), email=f"{prefix}-{number:04}@example.com", password=self.sim.ids.key(),
            )  # fmt: skip
        return [row for row in accounts if row.name.startswith(f"{prefix}-")]

    def _networks(self, accounts: list[Any], count: int) -> list[Network]:
        db, now = self.sim.db, self.sim.clock.now()
        offering = db.network_offerings.the(name=OFFERING)
        physical = db.physical_networks.the(zone_id=self.zone.id)
        vnets = iter(db.vnets.where(physical_network_id=physical.id))
        free = iter(ip for ip in db.ip_addresses.where(zone_id=self.zone.id, state="Free"))
        made = []
        for number, account in zip(range(1, count + 1), cycle(accounts), strict=False):
            vnet, ip = next(vnets), next(free)
            network = db.networks.add(
                Network(
                    name=f"net-{number:05}", display_text=f"Network {number} of {account.name}", zone_id=self.zone.id,
                    account_id=account.id, domain_id=account.domain_id, offering_id=offering.id,
                    physical_network_id=physical.id, guest_type="Isolated", state="Implemented", vlan=vnet.vnet,
                    broadcast_type="Vxlan", gateway="10.1.1.1", cidr="10.1.1.0/24",
                    network_domain=f"{account.name}.internal", acl_type="Account", public_mtu=1500, private_mtu=1500,
                )
            )  # fmt: skip
            vnet.taken, vnet.network_id, vnet.account_id = now, network.id, account.id
            ip.state, ip.allocated, ip.is_source_nat = "Allocated", now, True
            ip.account_id, ip.domain_id, ip.network_id = account.id, account.domain_id, network.id
            self.sim.limits.add(account.id, "network", 1)
            self.sim.limits.add(account.id, "public_ip", 1)
            made.append(network)
        return made

    def _routers(self, networks: list[Network]) -> None:
        sim, db = self.sim, self.sim.db
        template = recipes.template_for(sim, self.zone, self.hosts[0].hypervisor)
        offering = recipes.default_offering(sim, ROUTER)
        if template is None:
            raise RuntimeError(f"zone {self.zone.name} has no system template")
        addresses = {ip.network_id: ip for ip in db.ip_addresses.where(zone_id=self.zone.id) if ip.is_source_nat}
        for network, host in zip(networks, cycle(self.hosts), strict=False):
            router = db.vms.add(
                Router(
                    name="", vm_type=ROUTER, account_id=network.account_id, zone_id=self.zone.id,
                    hypervisor=host.hypervisor or "",
                    service_offering_id=offering.id, template_id=template.id, arch=template.arch, network_id=network.id,
                )
            )  # fmt: skip
            router.name = router.instance_name = recipes.instance_name(sim, ROUTER, router.id)
            router_nics.add_guest(sim, router, network)
            router_nics.add_control(sim, router)
            router_nics.add_public(sim, router, addresses[network.id], [])
            disks.put_on(sim, disks.new_root(sim, router, template, counted=False), self.pools[host.cluster_id])
            placement.settle(sim, router, host)
            router_nics.plug(sim, router)
            router.state = "Running"
            router.updated = router.running_since = sim.clock.now()
            router.template_version = recipes.template_version(sim, router.hypervisor)
            router.scripts_version, router.software_version = recipes.code_version(sim), recipes.SERVER_VERSION

    def _instances(self, networks: list[Network], count: int) -> None:
        sim, db, now = self.sim, self.sim.db, self.sim.clock.now()
        offerings = [o for o in db.service_offerings if not o.is_system and not o.customized and o.cpu]
        template = next(t for t in db.templates if t.kind == "BUILTIN" and t.hypervisor == self.hosts[0].hypervisor)
        disk = db.disk_offerings.first(name="Small")
        users = {user.account_id: user.id for user in db.users}
        spread = OLDEST / (count or 1)
        places = zip(range(1, count + 1), cycle(networks), cycle(self.hosts), cycle(offerings), strict=False)
        for number, network, host, offering in places:
            vm = db.vms.add(
                Instance(
                    name=f"vm-{number:05}", display_name=f"vm-{number:05}", vm_type="User",
                    account_id=network.account_id, user_id=users[network.account_id], zone_id=self.zone.id,
                    hypervisor=host.hypervisor or "",
                    service_offering_id=offering.id, template_id=template.id, guest_os_id=template.guest_os_id,
                    dynamically_scalable=False, created=now - OLDEST + number * spread,
                )
            )  # fmt: skip
            vm.instance_name = f"i-{vm.account_id}-{vm.id}-VM"
            address = net.address(net.number("10.1.1.2") + (number - 1) // len(networks))
            addressing.add_nic(sim, vm, network, device_id=0, is_default=True, address=address)
            counting.count(sim, vm, 1)
            volumes = [disks.new_root(sim, vm, template)]
            if number % DATA_DISK_EVERY == 0:
                volumes.append(disks.new_data(sim, vm, disk))
            for volume in volumes:
                disks.put_on(sim, volume, self.pools[host.cluster_id])
            self._start(vm, host, running=number % STOPPED_EVERY != 0)

    def _start(self, vm: Instance, host: Host, *, running: bool) -> None:
        placement.settle(self.sim, vm, host)
        vm.updated = vm.created
        if running:
            vm.state, vm.running_since, vm.measured = "Running", vm.created, True
        else:
            addressing.unplug(self.sim, vm)
            vm.last_host_id = host.id
            placement.leave(self.sim, vm, keep_place=False)
