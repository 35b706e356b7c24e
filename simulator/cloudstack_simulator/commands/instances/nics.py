"""NICs of instances: add, remove, default, list."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal
from ...model.instances import is_behind_share
from ...model.networks import Nic
from ...registry import check, command
from ..networks import addressing, defaults, dhcp_options
from ..networks import lifecycle as networks
from ..networks.views import nic_row_view
from . import interfaces, life
from .power import same_vm, the_instance
from .views import instance_view

NICS = ("nics",)
SETTLED = ("Running", "Stopped")
"""States in which the NICs of an instance can change."""


def _no_snapshots(call: Call, vm: Any, doing: str) -> None:
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter(f"NIC cannot be {doing} VM with VM Snapshots")


@command("addNicToVirtualMachine", sync=same_vm)
def add_nic(call: Call) -> Any:
    p, db = call.params, call.db
    mac = interfaces.standard_mac(p.macaddress)
    vm = the_instance(call, p.virtualmachineid)
    _no_snapshots(call, vm, "added to")
    network = p.networkid
    if not network or network.removed is not None:
        raise InvalidParameter(f"unable to find a network with id {network.id}")
    _refuse_foreign(vm, network)
    defaults.check_reach(call, db.accounts[vm.account_id], network)
    if any(n.network_id == network.id for n in db.nics.where(vm_id=vm.id)):
        raise CloudRuntime(f"A NIC already exists for VM:{vm.instance_name} in network: {network.uuid}")
    if mac is not None and any(n.mac == mac for n in db.nics.where(network_id=network.id)):
        raise CloudRuntime(f"A NIC with this MAC address exists for network: {network.uuid}")
    if p.ipaddress is not None and not net.is_ip4(p.ipaddress) and not net.is_ip6(p.ipaddress):
        raise InvalidParameter(f"Invalid format for IP address parameter: {p.ipaddress}")
    zone = db.zones[vm.zone_id]
    if zone.network_type == "Basic":
        raise CloudRuntime(f"Zone {zone}, has a NetworkType of Basic. Can't add a new NIC to a VM on a Basic Network")
    if network.zone_id != vm.zone_id:
        raise CloudRuntime(f"{vm} is in zone: {zone} but {network} is in zone: {db.zones[network.zone_id]}")
    _check_name(call, vm, network)
    options = dhcp_options.of_nic(call)
    if vm.state not in SETTLED:
        raise CloudRuntime(f"Unable to add NIC to {vm}: {_unavailable(vm, f'add vm {vm} to network')}")
    yield life.STEP
    nics = db.nics.where(vm_id=vm.id)
    if vm.state == "Running":
        yield from networks.implement(call, network)
    device = min(set(range(256)) - {x.device_id for x in nics})
    first = all(not other.is_default for other in nics)
    wanted = interfaces.Wanted(network, p.ipaddress, mac)
    nic = interfaces.add(call, vm, wanted, device_id=device, is_default=first)
    if options:
        nic.dhcp_options = options
    if vm.state == "Running":
        addressing.take_late(call.sim, vm, nic, network)
        addressing.plug(call.sim, vm)
    _completed(call, "NIC.CREATE", "Creating Nic", vm, f"Network Id: {network.uuid}")
    return {"virtualmachine": instance_view(call, vm, NICS)}


def _unavailable(vm: Any, doing: str) -> str:
    """What the server says of an instance in any other state."""
    return (
        f"com.cloud.exception.ResourceUnavailableException: Resource [DataCenter:{vm.zone_id}] is unreachable: "
        f"Unable to {doing}, is not in the right state"
    )


def _completed(call: Call, kind: str, doing: str, vm: Any, about: str) -> None:
    text = f"Successfully completed {doing}. Vm Id: {vm.uuid} {about}"
    call.event(kind, text, vm, resource_type="VirtualMachine")


def _refuse_foreign(vm: Any, network: Any) -> None:
    """The instance behind a shared file system only goes into shared networks of its own account."""
    own = network.acl_type == "Account" and network.account_id == vm.account_id
    if is_behind_share(vm) and network.guest_type == "Shared" and not own:
        raise InvalidParameter(
            "Shared network which is not Account scoped and not belonging to the same account can not be added to a "
            "Shared FileSystem Instance"
        )


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


def _the_nic(call: Call, text: str) -> Nic:
    nic = call.params.nicid
    if not nic or nic.removed is not None:
        raise InvalidParameter(text.format(id=nic.id))
    return nic


def _check_owner(nic: Nic, vm: Any) -> None:
    if nic.vm_id != vm.id:
        raise InvalidParameter(f"{nic} is not a nic on {vm}")


@command("removeNicFromVirtualMachine", sync=same_vm)
def remove_nic(call: Call) -> Any:
    db = call.db
    vm = the_instance(call, call.params.virtualmachineid, "Unable to find a virtual machine with id {id}")
    _no_snapshots(call, vm, "removed from")
    nic = _the_nic(call, "Unable to find a nic with id {id}")
    network = db.networks[nic.network_id]
    if db.zones[vm.zone_id].network_type == "Basic":
        raise InvalidParameter(
            f"Zone {db.zones[vm.zone_id]}, has a NetworkType of Basic. Can't remove a NIC from a VM on a Basic Network"
        )
    _check_owner(nic, vm)
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
    if vm.state not in SETTLED:
        why = _unavailable(vm, f"remove vm {vm} from network")
        raise CloudRuntime(f"Unable to remove {network} from {vm}: {why}")
    yield life.STEP
    addressing.drop_nic(call.sim, nic)
    _completed(call, "NIC.DELETE", "Removing Nic", vm, f"Nic Id: {nic.uuid}")
    return {"virtualmachine": instance_view(call, vm, NICS)}


@command("updateDefaultNicForVirtualMachine", sync=same_vm)
def update_default_nic(call: Call) -> Any:
    db = call.db
    vm = the_instance(call, call.params.virtualmachineid)
    _no_snapshots(call, vm, "updated for")
    nic = _the_nic(call, "unable to find a nic with id {id}")
    zone = db.zones[vm.zone_id]
    if zone.network_type == "Basic":
        raise CloudRuntime(f"Zone {zone}, has a NetworkType of Basic. Can't change default NIC on a Basic Network")
    _check_owner(nic, vm)
    if nic.is_default:
        raise CloudRuntime("refusing to set default nic because chosen nic is already the default")
    if vm.state not in SETTLED:
        raise CloudRuntime(f"refusing to set default {vm} is not Running or Stopped")
    yield life.STEP
    for other in db.nics.where(vm_id=vm.id):
        if other.is_default:
            other.is_default, other.device_id, nic.device_id = False, nic.device_id, other.device_id
    nic.is_default = True
    _completed(call, "NIC.UPDATE", "Creating Nic", vm, f"Nic Id: {nic.uuid}")
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
