"""Guest addresses, MAC addresses, VLANs and public addresses: who gets which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net, usage
from ...call import Call
from ...errors import ApiError, CloudRuntime, InsufficientAddressCapacity, InsufficientCapacity
from ...model.networks import Network, Nic
from ...wording import printed
from ..zones import zone_life
from . import quarantine

if TYPE_CHECKING:
    from ...simulator import Simulator


class NoGuestAddressError(ApiError):
    """A guest network has no such address left: 530, and the server leaves cserrorcode 0."""

    cs = 0

    def __init__(self, network: Network) -> None:
        super().__init__(f"Unable to acquire Guest IP address for network {network}")


def next_mac(network: Network) -> str:
    """The next MAC address of a guest network: its number and a sequence inside `02:01`."""
    serial, network.next_mac = network.next_mac, network.next_mac + 1
    octets = (0x02, 0x01, network.id >> 8 & 0xFF, network.id & 0xFF, serial >> 8 & 0xFF, serial & 0xFF)
    return ":".join(f"{octet:02x}" for octet in octets)


def taken(sim: Simulator, network: Network) -> set[str]:
    """Guest addresses of a network that are in use."""
    db = sim.db
    used = {n.address for n in db.nics.where(network_id=network.id) if n.address}
    used |= {s.address for s in db.nic_secondary_ips.where(network_id=network.id)}
    used |= {r.source_ip for r in db.firewall_rules.where(source_network_id=network.id)}
    if network.gateway:
        used.add(network.gateway)
    if network.guest_type == "Shared" and db.zones[network.zone_id].network_type == "Basic":
        used |= {getattr(vm, "public_ip", None) or "" for vm in db.vms.where(zone_id=network.zone_id)}
    return used


def guest_address(
    sim: Simulator, network: Network, wanted: str | None = None, *, pod_id: int | None = None, **about: Any
) -> str:
    """A free guest address: the wanted one, else any of the network's (of its ranges, when it is a shared one)."""
    used = taken(sim, network)
    spans = guest_spans(sim, network, pod_id)
    if wanted is not None:
        if not net.is_ip4(wanted) or wanted in used or not any(net.within(wanted, a, b) for a, b in spans):
            raise NoGuestAddressError(network)
        return wanted
    free = [net.address(n) for a, b in spans for n in _candidates(a, b) if net.address(n) not in used]
    if not free:
        raise NoGuestAddressError(network)
    return str(sim.choose("address", free, network=network, **about))


MOST_CANDIDATES = 4096


def _candidates(start: str, end: str) -> range:
    first, last = net.number(start), net.number(end)
    return range(first, min(last, first + MOST_CANDIDATES) + 1)


def guest_spans(sim: Simulator, network: Network, pod_id: int | None = None) -> list[tuple[str, str]]:
    """(first, last) address of each span that instances (with `pod_id` those of a pod) get addresses from."""
    if network.guest_type == "Shared":
        ranges = sim.db.vlans.where(network_id=network.id)
        return [(v.start, v.end) for v in ranges if v.start and v.end and pod_id in (None, v.pod_id or pod_id)]
    span = net.cidr(network.cidr)
    if span is None:
        return []
    return [(net.address(int(span.network_address) + 1), net.address(int(span.broadcast_address) - 1))]


def zone_subnet(sim: Simulator, zone: Any, offering: Any) -> tuple[str, str]:
    """(gateway, CIDR) of an isolated network for which none is given: the zone's."""
    span = net.cidr(zone.guest_cidr)
    if span is None:
        design = printed("Network", id=0, name=None, uuid=sim.ids.uuid(), networkofferingid=offering.id)
        raise CloudRuntime(f"Can't design network {design}; guest CIDR is not configured per zone {zone}")
    return net.address(int(span.network_address) + 1), str(span)


def add_nic(
    sim: Simulator,
    vm: Any,
    network: Network,
    *,
    device_id: int,
    is_default: bool,
    address: str | None,
    mac: str | None = None,
) -> Nic:
    """Give a VM a NIC in a guest network; it shows the network's VLAN as far as the network has one."""
    shown = network.guest_type != "L2" and address is not None
    nic: Nic = sim.db.nics.add(
        Nic(
            vm_id=vm.id,
            network_id=network.id,
            mac=mac or next_mac(network),
            device_id=device_id,
            address=address,
            gateway=network.gateway if shown else None,
            netmask=_netmask(network) if shown else None,
            is_default=is_default,
            vlan=network.broadcast_uri,
        )
    )
    return nic


def _netmask(network: Network) -> str | None:
    span = net.cidr(network.network_cidr or network.cidr)
    return str(span.netmask) if span else None


def take_late(sim: Simulator, vm: Any, nic: Nic, network: Network) -> None:
    """A NIC in a shared network gets its address only when the VM starts: the wanted one, or any of the ranges."""
    if nic.address is None and network.guest_type == "Shared" and guest_spans(sim, network):
        settle_in(sim, nic, network, guest_address(sim, network, nic.wanted_address, pod_id=vm.pod_id, vm=vm))


def settle_in(sim: Simulator, nic: Nic, network: Network, address: str) -> None:
    """Give a NIC an address; in a shared network gateway and netmask of the address' range come with it."""
    nic.address = address
    for vlan in sim.db.vlans.where(network_id=network.id) if network.guest_type == "Shared" else ():
        if vlan.start and vlan.end and net.within(address, vlan.start, vlan.end):
            nic.gateway, nic.netmask = vlan.gateway, vlan.netmask


def plug(sim: Simulator, vm: Any) -> None:
    """The VM has a place: its NICs are in the VLANs of their networks."""
    for nic in sim.db.nics.where(vm_id=vm.id):
        network = sim.db.networks[nic.network_id]
        nic.vlan = network.broadcast_uri


def unplug(sim: Simulator, vm: Any) -> None:
    for nic in sim.db.nics.where(vm_id=vm.id):
        nic.vlan = None


def drop_nics(sim: Simulator, vm: Any) -> None:
    """The VM is gone for good: so are its NICs and their addresses."""
    for nic in sim.db.nics.where(vm_id=vm.id):
        drop_nic(sim, nic)


def drop_nic(sim: Simulator, nic: Nic) -> None:
    for secondary in sim.db.nic_secondary_ips.where(nic_id=nic.id):
        sim.db.nic_secondary_ips.delete(secondary)
    sim.db.nics.remove(nic)


def take_vlan(sim: Simulator, network: Network) -> None:
    """Give a guest network a VLAN of its physical network (of the account's own range, when it has one)."""
    vnets = [v for v in sim.db.vnets.where(physical_network_id=network.physical_network_id) if v.taken is None]
    own = {
        r.id
        for r in sim.db.guest_vlan_ranges.where(physical_network_id=network.physical_network_id)
        if r.account_id == network.account_id
    }
    free = [v for v in vnets if v.range_id in own] if own else []
    free = free or [v for v in vnets if v.range_id is None]
    if not free:
        raise InsufficientCapacity(f"Unable to allocate vnet as a part of network {network} implement ")
    number = sim.choose("vlan", [v.vnet for v in free], network=network)
    vnet = next(v for v in free if v.vnet == number)
    vnet.taken, vnet.network_id, vnet.account_id = sim.clock.now(), network.id, network.account_id
    network.vlan = vnet.vnet


def release_vlan(sim: Simulator, network: Network) -> None:
    for vnet in sim.db.vnets.where(network_id=network.id):
        vnet.taken = vnet.network_id = vnet.account_id = None
        network.vlan = None


def public_network(sim: Simulator, zone_id: int) -> Network:
    return zone_life.system_network(sim, zone_id, "Public")


def may_take(sim: Simulator, ip: Any, account: Any) -> bool:
    """Whether an account may have an address: its range is dedicated to nobody else, nor kept for system VMs."""
    vlan = sim.db.vlans.get(ip.vlan_id)
    if vlan is None or not vlan.virtual or vlan.for_system_vms or vlan.provider is not None:
        return False
    if not quarantine.allows(sim, ip, account):
        return False
    if vlan.account_id is not None and sim.db.accounts[vlan.account_id].name != "system":
        return bool(vlan.account_id == account.id)
    return (
        vlan.domain_id is None
        or vlan.domain_id == account.domain_id
        or sim.db.domains[vlan.domain_id].parent_id is None
    )


def public_address(
    sim: Simulator,
    zone_id: int,
    account: Any,
    wanted: str | None = None,
    *,
    source_nat: bool = False,
    system: bool = False,
    state: str = "Allocated",
) -> Any:
    """Take a free public address of a zone (the lowest one, or the wanted one) for an account.

    `system`: the server takes it for itself, it does not count for the account.
    """
    free = sim.db.ip_addresses.where(zone_id=zone_id, state="Free")
    found = next(
        (
            ip
            for ip in sorted(free, key=lambda i: (not _is_dedicated(sim, i), i.number))
            if (wanted is None or ip.address == wanted) and may_take(sim, ip, account)
        ),
        None,
    )
    counts = not system and (found is None or not _is_dedicated(sim, found))
    if counts:
        sim.limits.check(account, "public_ip")
    if found is None:
        raise InsufficientAddressCapacity("Insufficient address capacity")
    found.state, found.allocated = state, sim.clock.now()
    found.account_id, found.domain_id = account.id, account.domain_id
    found.is_source_nat, found.is_system = source_nat, system
    if counts:
        sim.limits.add(account.id, "public_ip", 1)
    return found


def _is_dedicated(sim: Simulator, ip: Any) -> bool:
    """Addresses of an account's own range count for it from the start, taken or not."""
    return sim.db.vlans[ip.vlan_id].account_id is not None


def release_public(sim: Simulator, ip: Any) -> None:
    """Give a public address back to its range."""
    if ip.account_id is not None and not ip.is_system and not _is_dedicated(sim, ip):
        sim.limits.add(ip.account_id, "public_ip", -1)
    if ip.state == "Allocated" and not ip.is_system:
        quarantine.begin(sim, ip)
        usage.ended(sim, usage.IP_ADDRESS, ip, ip.allocated, source_nat=ip.is_source_nat)
    ip.state, ip.allocated = "Free", None
    ip.account_id = ip.domain_id = ip.network_id = ip.vpc_id = ip.vm_id = ip.vm_address = None
    ip.is_source_nat = ip.is_static_nat = ip.is_system = False
    ip.for_display = True
    sim.tags.drop(ip)


def source_nat_address(call: Call, network: Network) -> Any:
    """The source NAT address of an isolated network: the one it has, else a new one."""
    sim = call.sim
    for ip in sim.db.ip_addresses.where(network_id=network.id):
        if ip.is_source_nat:
            return ip
    ip = public_address(sim, network.zone_id, sim.db.accounts[network.account_id], source_nat=True)
    ip.network_id = network.id
    return ip
