"""Static NAT: a public address that leads to one instance."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter, ServerApiError
from ...registry import SUCCESS, command
from ..common import completed
from . import rules, services
from .firewall import STEP
from .forwarding import address_text, may_tie, network_of


@command("enableStaticNat")
def enable_static_nat(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    ip, vm = p.ipaddressid, p.virtualmachineid
    if not ip:
        raise InvalidParameter(f"Unable to find ip address by id {ip.id}")
    network = network_of(
        call,
        f"Unable to enable static NAT for the ipAddress id={ip.id} as ip is not associated with any network and no "
        "networkId is passed in",
    )
    nics = [n for n in db.nics.where(vm_id=vm.id) if n.network_id == network.id]
    if not nics:
        raise InvalidParameter("Vm doesn't belong to the network with specified id")
    if not services.supports(db, network, "StaticNat"):
        raise InvalidParameter(
            "Unable to create static nat rule; StaticNat service is not supported in network with specified id"
        )
    if vm.vm_type != "User":
        raise InvalidParameter(
            f"Can't enable static nat for the address {address_text(ip)}, invalid virtual machine id specified "
            f"({vm.id})."
        )
    if ip.network_id is None and not may_tie(ip, network):
        raise InvalidParameter(f"Ip address {address_text(ip)} is not assigned to the network {network}")
    rules.check_service(call, ip, network, "StaticNat")
    if vm.state in ("Destroyed", "Expunging"):
        raise InvalidParameter(f"Invalid user vm: {vm}")
    call.check_access(ip)
    call.check_access(vm)
    _check_guest_address(call, nics[0])
    _check_ready(call, ip, vm, p.vmguestip or nics[0].address)
    ip.is_static_nat, ip.vm_id = True, vm.id
    ip.vm_address = p.vmguestip or nics[0].address
    ip.network_id = network.id
    completed(call, "STATICNAT.ENABLE", "enabling static nat. Ip Id", ip, "IpAddress")
    return SUCCESS


def _check_guest_address(call: Call, nic: Any) -> None:
    wanted = call.params.vmguestip
    secondary = {s.address for s in call.db.nic_secondary_ips.where(nic_id=nic.id)}
    if wanted not in (None, nic.address, *secondary):
        raise InvalidParameter(f"VM ip {wanted} address not belongs to the vm")


def _check_ready(call: Call, ip: Any, vm: Any, guest_address: str | None) -> None:
    if ip.is_source_nat:
        raise InvalidParameter(f"Can't enable static, ip address {address_text(ip)} is a sourceNat ip address")
    purposes = {r.purpose for r in call.db.firewall_rules.where(ip_id=ip.id)}
    for purpose in ("PortForwarding", "LoadBalancing"):
        if not ip.is_static_nat and purpose in purposes:
            raise ServerApiError(
                537,
                f"Failed to enable static nat for the ip address {address_text(ip)} as it already has {purpose} rules "
                "assigned",
            )
    if ip.is_static_nat and ip.vm_id != vm.id:
        raise ServerApiError(
            537,
            f"Failed to enable static for the ip address {address_text(ip)} and vm id={vm.id} as it's already assigned "
            "to antoher vm",
        )
    for other in call.db.ip_addresses.where(zone_id=ip.zone_id, state="Allocated"):
        if other.vm_id == vm.id and other.is_static_nat and other.vm_address == guest_address:
            raise InvalidParameter(
                f"Failed to enable static nat on the  ip {ip.address} with Id {ip.uuid} as the vm {vm.instance_name} "
                f"with Id {vm.uuid} is already associated with another public ip {other.address} with id {other.uuid}"
            )


@command("disableStaticNat")
def disable_static_nat(call: Call) -> Any:
    """The rules on the address go with it."""
    ip = call.params.ipaddressid
    if not ip or ip.account_id is None:
        text = address_text(ip) if ip else "null"
        raise InvalidParameter(f"Unable to create ip forwarding rule on address {text}, invalid IP address specified.")
    call.check_access(ip)
    if ip.is_system:
        raise InvalidParameter("Can't disable static nat for system IP address with specified id")
    if call.db.remote_access_vpns.where(ip_id=ip.id):
        raise InvalidParameter("Can't disable static nat as the IP address is used by a Remote Access VPN")
    if ip.vm_id is None:
        raise InvalidParameter("Specified IP address id is not associated with any vm Id")
    if not ip.is_static_nat:
        raise InvalidParameter("One to one nat is not enabled for the specified ip id")
    yield STEP
    rules.drop_of_address(call.sim, ip)
    ip.is_static_nat, ip.vm_id, ip.vm_address = False, None, None
    if ip.vpc_id is not None:
        ip.network_id = None
    completed(call, "STATICNAT.DISABLE", "disabling static nat. Ip Id", ip, "IpAddress")
    return SUCCESS
