"""Addresses of NICs: secondary ones, and another one for an instance that is stopped."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import InvalidParameter, ServerApiError
from ...model.networks import Nic, NicSecondaryIp
from ...registry import SUCCESS, allocate, check, command
from ..networks import addressing, services
from . import life
from .nics import NICS
from .views import instance_view


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
    call.event(
        "NIC.SECONDARY.IP.ASSIGN", "Successfully created entity for assigning secondary ip to nic", state="Created"
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
    """Whatever is wrong with an address that is there, the server only says that it failed."""
    row = call.params.id
    if not row or row.removed is not None:
        raise ServerApiError(530, "Invalid IP id is passed")
    call.check_access(call.db.vms[call.db.nics[row.nic_id].vm_id])
    if _is_used(call.db, row):
        raise InvalidParameter("Removing guest ip from nic failed")
    call.event("NIC.SECONDARY.IP.UNASSIGN", f"Successfully completed Removing secondary ip from nic. Ip Id: {row.uuid}")
    call.db.nic_secondary_ips.delete(row)
    return SUCCESS


def _is_used(db: Any, row: NicSecondaryIp) -> bool:
    """Whether a rule leads to a secondary address."""
    return (
        any(rule.guest_address == row.address for rule in db.firewall_rules.where(network_id=row.network_id))
        or any(member.address == row.address for member in db.lb_members.where(vm_id=db.nics[row.nic_id].vm_id))
        or any(ip.vm_address == row.address for ip in db.ip_addresses.where(network_id=row.network_id))
    )


@check("updateVmNicIp")
def nic_there(call: Call) -> None:
    """The server cannot announce a job about the network of a NIC that is gone."""
    if call.params.nicid.removed is not None or not call.params.nicid:
        raise InvalidParameter("Can't find network id for specified nic")


@command("updateVmNicIp", sync=lambda call: ("network", call.params.nicid.network_id))
def update_nic_address(call: Call) -> Any:
    p, db = call.params, call.db
    if p.ipaddress is not None and not net.is_ip4(p.ipaddress):
        raise ServerApiError(530, f"Invalid ip address {p.ipaddress}")
    nic = p.nicid
    if not nic or nic.removed is not None:
        raise InvalidParameter(f"There is no nic for the {nic.id}")
    vm, network = db.vms.live.get(nic.vm_id), db.networks[nic.network_id]
    if vm is None or vm.vm_type != "User":
        raise InvalidParameter("The nic is not belongs to user vm")
    if network.state not in ("Allocated", "Implemented", "Setup"):
        raise InvalidParameter(
            "Network is not in the right state to update vm nic ip. Correct states are: Allocated, Implemented, Setup"
        )
    if services.providers(db, network) and vm.state != "Stopped":
        raise InvalidParameter("VM is not Stopped, unable to update the vm nic having the specified id")
    call.check_access(vm)
    if network.guest_type == "L2":
        raise InvalidParameter("UpdateVmNicIpCmd is not supported in L2 network")
    address = _new_address(call, vm, nic, network)
    yield life.STEP
    if network.guest_type == "Isolated":
        _move_rules(db, vm, nic, address)
    addressing.settle_in(call.sim, nic, network, address)
    return {"virtualmachine": instance_view(call, vm, NICS, full=False)}


def _new_address(call: Call, vm: Any, nic: Nic, network: Any) -> str:
    try:
        return addressing.guest_address(call.sim, network, call.params.ipaddress, vm=vm)
    except addressing.NoGuestAddressError:
        about = nic if network.guest_type == "Isolated" else nic.uuid
        raise InvalidParameter(f"Allocating ip to guest nic {about} failed, please choose another ip") from None


def _move_rules(db: Any, vm: Any, nic: Nic, address: str) -> None:
    """What leads to the old address leads to the new one from now on."""
    old = nic.address
    for ip in db.ip_addresses.where(network_id=nic.network_id):
        if old is not None and ip.vm_id == vm.id and ip.vm_address == old:
            ip.vm_address = address
    for rule in db.firewall_rules.where(network_id=nic.network_id):
        if old is not None and rule.vm_id == vm.id and rule.guest_address == old:
            rule.guest_address = address
    for member in db.lb_members.where(vm_id=vm.id):
        if old is not None and member.address == old and db.firewall_rules[member.rule_id].network_id == nic.network_id:
            member.address = address
