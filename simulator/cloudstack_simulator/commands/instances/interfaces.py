"""The NICs that an instance is made with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ... import net
from ...call import Call
from ...errors import InvalidParameter
from ...model.instances import Instance
from ...model.networks import Network
from ...parameters import entries
from ..networks import addressing, basic, defaults, services
from .security_groups import default_group


@dataclass(slots=True)
class Wanted:
    """A NIC that a new instance shall get."""

    network: Network
    address: str | None = None
    mac: str | None = None


def wanted_for_new(call: Call, owner: Any) -> list[Wanted]:
    """The NICs that deployVirtualMachine asks for, the default one first."""
    p = call.params
    _check_ways(call)
    address, mac = p.ipaddress, standard_mac(p.macaddress)
    if basic.is_basic(p.zoneid):
        wanted = [Wanted(basic.network_for_instance(call, p.zoneid), address, mac)]
    elif p.iptonetworklist:
        wanted = list({w.network.id: w for w in _mapped(call)}.values())
    else:
        networks = list(p.networkids or [])
        if p.zoneid.security_groups:
            networks = _of_security_group_zone(call, networks)
        wanted = [Wanted(n) for n in networks] or [Wanted(defaults.network_for(call, owner, p.zoneid))]
        # The server forgets the MAC address when it is given an IP address too.
        wanted[0].address, wanted[0].mac = address, mac if address is None else None
    for w in wanted:
        check_usable(call, owner, w.network)
    for w in wanted:
        check_address(w.address)
    return wanted


def _check_ways(call: Call) -> None:
    """Refuse networks that are named in more than one way."""
    p = call.params
    if p.nicnetworklist:
        if p.networkids or p.ipaddress is not None or p.ip6address is not None or p.iptonetworklist:
            raise InvalidParameter(
                "nicnetworklist can't be specified along with networkids, ipaddress, iptonetworklist"
            )
        for entry in entries(p.nicnetworklist):
            _check_mapping(call, entry.get("nic"), entry.get("network"))
    if p.iptonetworklist and (p.networkids or p.ipaddress is not None or p.ip6address is not None):
        raise InvalidParameter("ipToNetworkMap can't be specified along with networkIds or ipAddress")


def _check_mapping(call: Call, nic: str | None, network: str | None) -> None:
    """NICs of templates that come with a description of their own; for others it is only looked through."""
    number = int(nic) if nic is not None and nic.lstrip("+-").isdecimal() else None
    if number is None or call.db.networks.find(network or "") is None:
        raise InvalidParameter(
            f"Network ID: {'null' if network is None else network} for NIC ID: "
            f"{'null' if number is None else number} is invalid"
        )


def _of_security_group_zone(call: Call, networks: list[Network]) -> list[Network]:
    """The networks where security groups guard the instances: shared ones, and the zone's own where none is named."""
    p, db = call.params, call.db
    if not networks:
        guarded = [n for n in db.networks.where(zone_id=p.zoneid.id) if services.supports(db, n, "SecurityGroup")]
        if not guarded:
            raise InvalidParameter(f"No network with security enabled is found in zone id={p.zoneid.uuid}")
        return guarded[:1]
    with_groups = bool(p.securitygroupids or p.securitygroupnames)
    hypervisor = p.hypervisor or getattr(p.templateid, "hypervisor", None)
    if with_groups and len(networks) > 1 and (hypervisor or "").lower() != "kvm":
        raise InvalidParameter("Only support one network per VM if security group enabled")
    for network in networks:
        if not network or network.removed is not None:
            raise InvalidParameter(f"Unable to find network by id {network.id}")
        if with_groups and not services.supports(db, network, "SecurityGroup") and network.guest_type != "L2":
            raise InvalidParameter(f"Network is not security group enabled or not L2 network: {network}")
        if not with_groups and network.guest_type not in ("Shared", "L2"):
            raise InvalidParameter(
                "Can specify only Shared or L2 Guest networks when deploy vm in Advance Security Group enabled zone"
            )
    return networks


def _mapped(call: Call) -> list[Wanted]:
    """The networks of `iptonetworklist`, by id or internal number, each once."""
    return [
        Wanted(_network_of(call, entry.get("networkid") or "null"), entry.get("ip"), standard_mac(entry.get("mac")))
        for entry in entries(call.params.iptonetworklist)
    ]


def _network_of(call: Call, text: str) -> Network:
    found = call.db.networks.find(text)
    if found is None and text.isdecimal():
        found = call.db.networks.get(int(text))
        if found is None:
            raise InvalidParameter(f"Unable to find network by id {text}")
    if found is None or found.removed is not None:
        raise InvalidParameter(f"Unable to translate and find entity with networkId: {text}")
    return found


MAC = re.compile(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}")


def standard_mac(text: str | None) -> str | None:
    """A MAC address as the server keeps it; what is none, or is for many, is refused."""
    if text is None:
        return None
    if not MAC.fullmatch(text):
        raise InvalidParameter(f"Mac address is not valid: {text}")
    octets = [octet.zfill(2).lower() for octet in text.split(":")]
    if int(octets[0], 16) & 1:
        raise InvalidParameter(f"Mac address is not unicast: {text}")
    return ":".join(octets)


def check_address(text: str | None) -> None:
    if text is not None and not net.is_ip4(text):
        raise InvalidParameter(f"Invalid specified IPv4 address {text}")


def check_usable(call: Call, owner: Any, network: Network) -> None:
    """Refuse a network that the new instance may not be in."""
    if not network or network.removed is not None:
        raise InvalidParameter(f"Unable to find network by id {network.id}")
    if network.is_system:
        raise InvalidParameter(f"Network id={network.uuid} is system only and can't be used for vm deployment")
    if call.params.zoneid is not None and network.zone_id != call.params.zoneid.id:
        raise InvalidParameter(f"Network {network} doesn't belong to zone {call.params.zoneid}")
    defaults.check_reach(call, owner, network)


def check_host_name(call: Call, vm: Instance, networks: list[Network], name: str) -> None:
    """Refuse a host name that another instance in one of the networks has; the refused one leaves only its number."""
    for network in networks:
        for nic in call.db.nics.where(network_id=network.id):
            other = call.db.vms.live.get(nic.vm_id)
            if other is None or other.id == vm.id or other.vm_type != "User" or other.name.lower() != name.lower():
                continue
            if vm._table is not None and not call.db.nics.where(vm_id=vm.id):
                call.db.vms.delete(vm)
            raise InvalidParameter(
                f"The vm with hostName {name} already exists in the network domain: {network.network_domain}; "
                f"network={network.name}"
            )


def give(call: Call, vm: Instance, wanted: list[Wanted]) -> None:
    """Give a new instance its NICs with their addresses."""
    for index, w in enumerate(wanted):
        add(call, vm, w, device_id=index, is_default=index == 0)


def add(call: Call, vm: Instance, wanted: Wanted, *, device_id: int, is_default: bool) -> Any:
    network = wanted.network
    address = None
    if network.guest_type == "Isolated" and addressing.guest_spans(call.sim, network):
        address = addressing.guest_address(call.sim, network, wanted.address, vm=vm)
    nic = addressing.add_nic(
        call.sim, vm, network, device_id=device_id, is_default=is_default, address=address, mac=wanted.mac
    )
    nic.wanted_address = wanted.address
    if services.supports(call.db, network, "SecurityGroup") and not vm.security_group_ids:
        vm.security_group_ids = [default_group(call.sim, vm.account_id).id]
    return nic
