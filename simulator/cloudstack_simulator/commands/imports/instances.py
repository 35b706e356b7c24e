"""listUnmanagedInstances, unmanageVirtualMachine, importUnmanagedInstance."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...access import entity_owner
from ...call import Call
from ...errors import ApiError, InvalidParameter, ResourceAllocation, ServerApiError
from ...model.imports import ForeignInstance
from ...model.instances import Instance
from ...model.volumes import Volume
from ...parameters import RFC_NAME, flat_map
from ...registry import check, command
from ..instances import counting, interfaces, life, placement, sizes
from ..instances.interfaces import Wanted
from ..instances.power import not_removed, same_vm
from ..instances.views import instance_view
from ..networks import addressing
from ..offerings import usable
from ..volumes import lifecycle as disks

SUPPORTED = ("KVM", "VMware")
Steps = Generator[float, None, Any]


def supported_cluster(call: Call) -> Any:
    cluster = call.params.clusterid
    if not cluster or cluster.removed is not None:
        raise InvalidParameter(f"Cluster with ID [{cluster.id}] cannot be found.")
    if cluster.hypervisor not in SUPPORTED:
        raise InvalidParameter(f"VM import is currently not supported for hypervisor [{cluster.hypervisor}].")
    return cluster


def view(call: Call, found: ForeignInstance) -> dict[str, Any]:
    db = call.db
    cluster, host = db.clusters[found.cluster_id], db.hosts[found.host_id]
    return {
        "name": found.name,
        "clusterid": cluster.uuid,
        "clustername": cluster.name,
        "hostid": host.uuid,
        "hostname": host.name,
        "powerstate": "PowerOn" if found.running else "PowerOff",
        "cpunumber": found.cpu,
        "cpucorepersocket": 0,
        "cpuspeed": found.speed,
        "memory": found.memory,
        "osdisplayname": found.os,
        "disk": [_disk_view(call, n, disk) for n, disk in enumerate(found.disks)],
        "nic": [
            {"id": str(n), "macaddress": nic["mac"], "vlanid": nic["vlan"], "ipaddresses": [nic["address"]]}
            if nic["address"]
            else {"id": str(n), "macaddress": nic["mac"], "vlanid": nic["vlan"]}
            for n, nic in enumerate(found.nics)
        ],
    }


def _disk_view(call: Call, number: int, disk: dict[str, Any]) -> dict[str, Any]:
    pool = call.db.storage_pools[disk["pool"]]
    return {
        "id": str(number),
        "label": f"disk {number}",
        "capacity": disk["size"],
        "imagepath": disk["path"],
        "position": number,
        "datastorename": pool.uuid,
        "datastorehost": pool.address,
        "datastorepath": pool.path,
        "datastoretype": pool.pool_type,
    }


@command("listUnmanagedInstances")
def list_instances(call: Call) -> dict[str, Any]:
    """All of them, whatever the page. They are found by hosts that are up."""
    cluster, p = supported_cluster(call), call.params
    found = [
        one
        for one in call.db.foreign_instances.where(cluster_id=cluster.id)
        if p.name in (None, one.name)
        and (p.keyword or "").lower() in one.name.lower()
        and call.db.hosts[one.host_id].state == "Up"
    ]
    return {"count": len(found), "unmanagedinstance": [view(call, one) for one in found]} if found else {}


check("unmanageVirtualMachine")(not_removed)


@command("unmanageVirtualMachine", sync=same_vm)
def unmanage(call: Call) -> Steps:
    """A refusal is no failure of the job: it stands in its result."""
    vm = call.params.id
    try:
        _check_unmanaging(call, vm)
    except ApiError as error:
        return {"unmanagevirtualmachineresponse": {"success": False, "details": error.text}}
    yield 0.5
    found = call.db.foreign_instances.add(_outside(call, vm))
    _let_go(call, vm)
    call.event("VM.UNMANAGE", "Successfully completed unmanaging VM", vm, resource_type="VirtualMachine")
    return {
        "unmanagevirtualmachineresponse": {
            "success": True,
            "details": "VM unmanaged successfully",
            "hostid": call.db.hosts[found.host_id].uuid,
        }
    }


def _check_unmanaging(call: Call, vm: Any) -> None:
    if not vm or vm.removed is not None:
        raise InvalidParameter("Could not find VM to unmanage, it is either removed or not existing VM")
    if vm.state not in ("Running", "Stopped"):
        raise InvalidParameter(f"VM with id = {vm.uuid} must be running or stopped to be unmanaged")
    if vm.hypervisor not in SUPPORTED:
        raise InvalidParameter(f"Unmanage VM is currently not allowed for hypervisor {vm.hypervisor}")
    if vm.vm_type != "User":
        raise InvalidParameter("Unmanage VM is currently allowed for guest VMs only")
    start = f"Cannot unmanage VM with id = {vm.uuid} as there "
    if any(call.db.snapshots.where(volume_id=v.id) for v in disks.of_vm(call.sim, vm)):
        raise InvalidParameter(
            f"{start}are volume snapshots for its volume(s). Please remove snapshots before unmanaging."
        )
    if vm.iso_id is not None:
        raise InvalidParameter(f"{start}is an ISO attached. Please detach ISO before unmanaging.")
    if vm.host_id is None and _host_for(call, vm) is None:
        raise InvalidParameter(f"Cannot find a host to verify if the VM to unmanage with id = {vm.uuid} exists.")


def _host_for(call: Call, vm: Any) -> Any:
    hosts = call.db.hosts.where(zone_id=vm.zone_id, kind="Routing", hypervisor=vm.hypervisor, state="Up")
    return call.db.hosts.get(vm.last_host_id) or next(iter(hosts), None)


def _outside(call: Call, vm: Instance) -> ForeignInstance:
    """The instance as its hypervisor goes on to know it."""
    db, size = call.db, sizes.size_of(call.db, vm)
    host = db.hosts.get(vm.host_id) or _host_for(call, vm)
    guest_os = db.guest_os.get(vm.guest_os_id)
    nics = sorted(db.nics.where(vm_id=vm.id), key=lambda nic: nic.device_id)
    return ForeignInstance(
        name=vm.instance_name,
        cluster_id=host.cluster_id,
        host_id=host.id,
        hypervisor=vm.hypervisor,
        cpu=size.cpu,
        speed=size.speed,
        memory=size.memory,
        running=vm.state == "Running",
        os=guest_os.display_name if guest_os else None,
        disks=[
            {"path": v.path, "size": v.size, "pool": v.pool_id, "root": v.kind == "ROOT"}
            for v in disks.of_vm(call.sim, vm)
        ],
        nics=[{"mac": n.mac, "vlan": _vlan(db, n), "address": n.address} for n in nics],
    )


def _vlan(db: Any, nic: Any) -> int | None:
    text = (nic.vlan or db.networks[nic.network_id].vlan or "").rpartition("/")[2]
    return int(text) if text.isdigit() else None


def _let_go(call: Call, vm: Instance) -> None:
    counting.count(call.sim, vm, -1)
    for volume in disks.of_vm(call.sim, vm):
        disks.expunge(call.sim, volume)
    life.expunge(call.sim, vm)


@command("importUnmanagedInstance", instance=lambda _call: None)
def take_in(call: Call) -> Steps:
    p = call.params
    if not p.name:
        raise InvalidParameter("Instance name cannot be empty")
    if p.domainid is not None and not p.account:
        raise InvalidParameter("domainid parameter must be specified with account parameter")
    cluster = supported_cluster(call)
    owner, zone = entity_owner(call), call.db.zones[cluster.zone_id]
    if p.templateid is not None and (not p.templateid or p.templateid.removed is not None):
        raise InvalidParameter(f"Template ID: {p.templateid.id} cannot be found")
    if not p.serviceofferingid or p.serviceofferingid.removed is not None:
        raise InvalidParameter(f"Service offering ID: {p.serviceofferingid.id} cannot be found")
    usable.check(call, owner, p.serviceofferingid, zone)
    try:
        call.sim.limits.check(owner, "user_vm")
    except ResourceAllocation as error:
        raise ServerApiError(530, f"VM resource allocation error for account: {owner.uuid}. {error.text}") from None
    host_name = _host_name(call, cluster)
    found = next((f for f in call.db.foreign_instances.where(cluster_id=cluster.id) if f.name == p.name), None)
    if found is None:
        raise ServerApiError(530, f"Failed to find unmanaged vm with name: {p.name} in cluster: {cluster.uuid}")
    if p.templateid is None:
        raise InvalidParameter(
            f"Template is needed and unable to use default template for hypervisor {cluster.hypervisor}"
        )
    _check_offering(call, found)
    offerings = _disk_offerings(call, found)
    wanted = _nics(call, zone, found)
    yield 0.5
    vm = _make(call, owner, zone, found, host_name)
    interfaces.give(call, vm, wanted)
    _take_disks(call, vm, found, offerings)
    counting.count(call.sim, vm, 1)
    if found.running:
        placement.settle(call.sim, vm, call.db.hosts[found.host_id])
        addressing.plug(call.sim, vm)
        life.set_state(call.sim, vm, "Running")
    call.db.foreign_instances.delete(found)
    call.event("VM.IMPORT", "Successfully completed importing unmanaged VM", vm, resource_type="VirtualMachine")
    return {"virtualmachine": instance_view(call, vm)}


def _host_name(call: Call, cluster: Any) -> str:
    p = call.params
    name = p.hostname or (p.name if cluster.hypervisor == "VMware" else p.displayname or p.name)
    if RFC_NAME.fullmatch(name):
        return str(name)
    if not p.hostname:
        raise InvalidParameter(
            "Please provide a valid hostname for the VM. VM name contains unsupported characters that cannot be used "
            "as hostname."
        )
    raise InvalidParameter(
        "Invalid VM hostname. VM hostname can contain ASCII letters 'a' through 'z', the digits '0' through '9', and "
        "the hyphen ('-'), must be between 1 and 63 characters long, and can't start or end with \"-\" and can't start "
        "with digit"
    )


def _check_offering(call: Call, found: ForeignInstance) -> None:
    """A running instance keeps its sizes, so a fixed offering has to have them too."""
    offering = call.params.serviceofferingid
    if sizes.is_open(offering) or not found.running:
        return
    about = "does not match VM {} {}{} and VM is not in powered off state (Power state: PowerOn)"
    if offering.cpu != found.cpu:
        text = about.format("CPU cores", found.cpu, "").replace("does not", "do not", 1)
        raise InvalidParameter(f"Service offering ({offering.uuid}) {offering.cpu} CPU cores {text}")
    if offering.memory != found.memory:
        text = about.format("memory", found.memory, "MB")
        raise InvalidParameter(f"Service offering ({offering.uuid}) {offering.memory}MB memory {text}")


def _disk_offerings(call: Call, found: ForeignInstance) -> dict[str, Any]:
    """Offerings of the data disks by the number of the disk."""
    given = {e.get("disk"): e.get("diskOffering") for e in (call.params.datadiskofferinglist or {}).values()}
    if len(given) != len(found.disks) - 1:
        raise InvalidParameter(
            f"VM has total {len(found.disks)} disks for which {len(given)} disk offering mappings provided. "
            f"{len(found.disks) - 1} disks need a disk offering for import"
        )
    rows = {}
    for disk, uuid in given.items():
        row = call.db.disk_offerings.find(uuid or "")
        if row is None or row.removed is not None:
            raise InvalidParameter(f"Disk offering ID: {uuid} for disk ID: {disk} is invalid")
        rows[str(disk)] = row
    return rows


def _nics(call: Call, zone: Any, found: ForeignInstance) -> list[Wanted]:
    networks = {e.get("nic"): e.get("network") for e in (call.params.nicnetworklist or {}).values()}
    addresses = {e.get("nic"): e.get("ip4Address") for e in (call.params.nicipaddresslist or {}).values()}
    wanted = []
    for number, nic in enumerate(found.nics):
        network = call.db.networks.find(networks.get(str(number)) or "")
        if network is None or network.removed is not None or network.zone_id != zone.id:
            raise InvalidParameter(f"Suitable network for NIC(ID: {number}) not found during VM import")
        address = addresses.get(str(number))
        wanted.append(Wanted(network, None if address == "auto" else address, nic["mac"]))
    return wanted


def _make(call: Call, owner: Any, zone: Any, found: ForeignInstance, host_name: str) -> Instance:
    p = call.params
    vm = Instance(
        name=host_name,
        display_name=p.displayname or p.name,
        instance_name=found.name,
        vm_type="User",
        account_id=owner.id,
        zone_id=zone.id,
        state="Stopped",
        service_offering_id=p.serviceofferingid.id,
        template_id=p.templateid.id,
        guest_os_id=p.templateid.guest_os_id,
        hypervisor=found.hypervisor,
        details={k: str(v) for k, v in flat_map(p.details).items()},
        user_id=call.caller.user.id,
        last_host_id=found.host_id,
    )
    if sizes.is_open(p.serviceofferingid):
        vm.details |= {"cpuNumber": str(found.cpu), "cpuSpeed": str(found.speed), "memory": str(found.memory)}
    call.db.vms.add(vm)
    return vm


def _take_disks(call: Call, vm: Instance, found: ForeignInstance, offerings: dict[str, Any]) -> None:
    for number, disk in enumerate(found.disks):
        offering = offerings.get(str(number)) or call.db.disk_offerings.get(
            call.params.serviceofferingid.disk_offering_id
        )
        volume = disks.add(
            call.sim,
            Volume(
                name=f"{'ROOT' if disk['root'] else 'DATA'}-{vm.id}",
                account_id=vm.account_id,
                zone_id=vm.zone_id,
                kind="ROOT" if disk["root"] else "DATADISK",
                size=disk["size"],
                disk_offering_id=offering.id if offering else None,
                template_id=vm.template_id if disk["root"] else None,
                path=disk["path"],
                vm_id=vm.id,
                device_id=0 if disk["root"] else disks.free_device(call.sim, vm),
            ),
        )
        disks.put_on(call.sim, volume, call.db.storage_pools[disk["pool"]])
