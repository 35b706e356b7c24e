"""NICs of instances: add, remove, default, addresses."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...listing import equal
from ...model.networks import Nic, NicSecondaryIp
from ...registry import SUCCESS, allocate, check, command
from ..common import completed
from ..networks import addressing
from ..networks import lifecycle as networks
from ..networks.views import nic_row_view
from . import interfaces, life
from .power import same_vm, the_instance
from .views import instance_view

NICS = ("nics",)


def _no_snapshots(call: Call, vm: Any, doing: str) -> None:
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter(f"NIC cannot be {doing} VM with VM Snapshots")


@command("addNicToVirtualMachine", sync=same_vm)
def add_nic(call: Call) -> Any:
    p, db = call.params, call.db
    vm = the_instance(call, p.virtualmachineid)
    _no_snapshots(call, vm, "added to")
    network = p.networkid
    if not network or network.removed is not None:
        raise InvalidParameter(f"unable to find a network with id {network.id}")
    owner = db.accounts[vm.account_id]
    if p.ipaddress is not None and not net.is_ip4(p.ipaddress):
        raise InvalidParameter(f"Invalid format for IP address parameter: {p.ipaddress}")
    if any(n.network_id == network.id for n in db.nics.where(vm_id=vm.id)):
        raise CloudRuntime(f"A NIC already exists for VM:{vm.instance_name} in network: {network.uuid}")
    if network.zone_id != vm.zone_id:
        raise CloudRuntime(
            f"{vm} is in zone: {db.zones[vm.zone_id]} but {network} is in zone: {db.zones[network.zone_id]}"
        )
    if p.macaddress is not None:
        interfaces.check_mac(p.macaddress)
        if any(n.mac.lower() == p.macaddress.lower() for n in db.nics.where(network_id=network.id)):
            raise CloudRuntime(f"A NIC with this MAC address exists for network: {network.uuid}")
    interfaces.check_usable(call, owner, network)
    _check_name(call, vm, network)
    yield life.STEP
    nics = db.nics.where(vm_id=vm.id)
    if vm.state == "Running":
        yield from networks.implement(call, network)
    device = min(set(range(256)) - {x.device_id for x in nics})
    nic = interfaces.add(
        call, vm, interfaces.Wanted(network, p.ipaddress, p.macaddress), device_id=device, is_default=not nics
    )
    if vm.state == "Running":
        addressing.take_late(call.sim, vm, nic, network)
        addressing.plug(call.sim, vm)
    completed(call, "NIC.CREATE", "Creating Nic. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm, NICS)}


def _check_name(call: Call, vm: Any, network: Any) -> None:
    for nic in call.db.nics.where(network_id=network.id):
        other = call.db.vms.live.get(nic.vm_id)
        if other is not None and other.vm_type == "User" and other.name.lower() == vm.name.lower():
            raise CloudRuntime(f"Network {network.name} already has a vm with host name: {vm.name}")


@check("removeNicFromVirtualMachine")
def nic_not_removed(call: Call) -> None:
    """The server cannot announce a job about a NIC that is gone."""
    nic = call.params.nicid
    if nic.removed is not None and nic.id > 0:
        raise InvalidParameter(f"Unable to find UUID for id [{nic.id}] of type [Nic]")


def _nic_of(call: Call, vm: Any, text: str) -> Nic:
    nic = call.params.nicid
    if not nic or nic.removed is not None:
        raise InvalidParameter(text.format(id=nic.id))
    if nic.vm_id != vm.id:
        raise InvalidParameter(f"{nic} is not a nic on {vm}")
    return nic  # type: ignore[no-any-return]


@command("removeNicFromVirtualMachine", sync=same_vm)
def remove_nic(call: Call) -> Any:
    db = call.db
    vm = the_instance(call, call.params.virtualmachineid, "Unable to find a virtual machine with id {id}")
    _no_snapshots(call, vm, "removed from")
    nic = _nic_of(call, vm, "Unable to find a nic with id {id}")
    network = db.networks[nic.network_id]
    if nic.is_default:
        raise InvalidParameter(f"Unable to remove nic from {vm} in {network}, nic is default.")
    used = any(r.vm_id == vm.id for r in db.firewall_rules.where(network_id=network.id))
    used = used or any(i.vm_id == vm.id and i.is_static_nat for i in db.ip_addresses.where(network_id=network.id))
    used = used or any(db.firewall_rules[m.rule_id].network_id == network.id for m in db.lb_members.where(vm_id=vm.id))
    if used:
        raise InvalidParameter(
            f"Unable to remove nic from {vm} in {network}, nic has associated Port forwarding or Load balancer or "
            "Static NAT rules."
        )
    yield life.STEP
    addressing.drop_nic(call.sim, nic)
    completed(call, "NIC.DELETE", "Removing Nic. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm, NICS)}


@command("updateDefaultNicForVirtualMachine", sync=same_vm)
def update_default_nic(call: Call) -> Any:
    db = call.db
    vm = the_instance(call, call.params.virtualmachineid)
    _no_snapshots(call, vm, "updated for")
    nic = _nic_of(call, vm, "unable to find a nic with id {id}")
    if nic.is_default:
        raise CloudRuntime("refusing to set default nic because chosen nic is already the default")
    if vm.state not in ("Running", "Stopped"):
        raise CloudRuntime(f"refusing to set default {vm} is not Running or Stopped")
    yield life.STEP
    for other in db.nics.where(vm_id=vm.id):
        if other.is_default:
            other.is_default, other.device_id, nic.device_id = False, nic.device_id, other.device_id
    nic.is_default = True
    completed(call, "NIC.UPDATE", "Creating Nic. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm, NICS)}


@command("listNics")
def list_nics(call: Call) -> dict[str, Any]:
    p = call.params
    vm = p.virtualmachineid
    if not vm or vm.removed is not None:
        raise InvalidParameter(f"Virtual machine id={vm.id} doesn't exist")
    call.check_access(vm)
    rows = sorted(call.db.nics.where(vm_id=vm.id), key=lambda n: n.id)
    return call.listing(
        "nic", rows, nic_row_view, where=[equal("id", p.nicid), equal("network_id", p.networkid)], keyword=("address",)
    )


@allocate("addIpToNic")
def allocate_secondary(call: Call) -> NicSecondaryIp:
    p, db = call.params, call.db
    nic = p.nicid
    if not nic or nic.removed is not None:
        raise InvalidParameter(f"There is no NIC with the ID: {nic.id}")
    vm = db.vms.live.get(nic.vm_id)
    if vm is None or vm.vm_type != "User":
        raise InvalidParameter(f"The NIC [{nic.uuid}] does not belong to a user VM")
    call.check_access(vm)
    network = db.networks[nic.network_id]
    if p.ipaddress is not None and not net.is_ip4(p.ipaddress):
        raise InvalidParameter(f"Invalid ip address {p.ipaddress}")
    most = int(call.setting("vm.network.nic.max.secondary.ipaddresses") or 256)
    if len(db.nic_secondary_ips.where(nic_id=nic.id)) >= most:
        raise ServerApiError(533, "Maximum Number of Ips per Nic has been crossed.")
    try:
        address = addressing.guest_address(call.sim, network, p.ipaddress, nic=nic)
    except addressing.NoGuestAddressError:
        raise ServerApiError(530, "Failed to assign secondary ip to nic") from None
    row: NicSecondaryIp = db.nic_secondary_ips.add(
        NicSecondaryIp(nic_id=nic.id, network_id=network.id, address=address)
    )
    return row


@command("addIpToNic", instance=lambda call: call.db.ip_addresses.get(call.created.id))
def add_secondary(call: Call) -> dict[str, Any]:
    """The job names the public address that happens to have the new row's number, as the server's does."""
    row = call.created
    return {
        "nicsecondaryip": {
            "id": row.uuid,
            "ipaddress": row.address,
            "nicid": call.db.nics[row.nic_id].uuid,
            "networkid": call.db.networks[row.network_id].uuid,
        }
    }


@command("removeIpFromNic")
def remove_secondary(call: Call) -> dict[str, Any]:
    db, row = call.db, call.params.id
    if not row or row.removed is not None:
        raise InvalidParameter("Unable to find secondary ip address by id")
    if any(r.guest_address == row.address for r in db.firewall_rules.where(network_id=row.network_id)):
        raise InvalidParameter(
            f"Can't remove the secondary ip {row.address} is associate with the port forwarding rule"
        )
    for member in db.lb_members.where(vm_id=db.nics[row.nic_id].vm_id):
        if member.address == row.address:
            raise InvalidParameter(f"Can't remove the secondary ip {row.address} is mapped to load balancing rule")
    for ip in db.ip_addresses.where(network_id=row.network_id):
        if ip.vm_address == row.address:
            raise InvalidParameter(
                f"Can' remove the ip {row.address} is associate with static NAT rule public IP address id {ip.uuid}"
            )
    db.nic_secondary_ips.delete(row)
    return SUCCESS


@command("updateVmNicIp")
def update_nic_address(call: Call) -> Any:
    p, db = call.params, call.db
    nic = p.nicid
    if not nic or nic.removed is not None:
        raise InvalidParameter(f"There is no nic for the {nic.id}")
    vm, network = db.vms.live.get(nic.vm_id), db.networks[nic.network_id]
    if vm is None or vm.vm_type != "User":
        raise InvalidParameter("The nic is not belongs to user vm")
    call.check_access(vm)
    if vm.state != "Stopped":
        raise InvalidParameter("VM is not Stopped, unable to update the vm nic having the specified id")
    if network.guest_type == "L2":
        raise InvalidParameter("UpdateVmNicIpCmd is not supported in L2 network")
    if network.state not in ("Allocated", "Implemented", "Setup"):
        raise InvalidParameter(
            "Network is not in the right state to update vm nic ip. Correct states are: Allocated, Implemented, Setup"
        )
    try:
        address = addressing.guest_address(call.sim, network, p.ipaddress, vm=vm)
    except addressing.NoGuestAddressError:
        raise InvalidParameter(f"Allocating ip to guest nic {nic.uuid} failed, please choose another ip") from None
    yield life.STEP
    addressing.settle_in(call.sim, nic, network, address)
    return {"virtualmachine": instance_view(call, vm)}
