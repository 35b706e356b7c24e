"""The life of shared file systems, from the first deployment to the end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...access import entity_owner
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, JavaError, PermissionDenied
from ...model.instances import SHARE, Instance
from ...model.shared_fs import SharedFileSystem
from ...registry import SUCCESS, allocate, at_install, command, on_account_removal
from ..instances import life, made
from ..offerings import usable
from ..volumes import lifecycle as disks
from ..volumes.sizes import GIB
from .view import PROVIDER, view

if TYPE_CHECKING:
    from ...model.tenants import Account
    from ...simulator import Simulator

Steps = Generator[float, None, Any]
FORMATS = ("EXT4", "XFS")
LONGEST_NAME = 63
CLEANUP_FACTOR = 1.024
"""The server multiplies the seconds of the delay by 1024 where it means milliseconds."""


def same_share(call: Call) -> Any:
    return ("shared file system", call.params.id)


def _done(call: Call, what: str, text: str, share: SharedFileSystem) -> None:
    call.event(f"SHAREDFS.{what}", f"Successfully completed {text}", share, resource_type="SharedFS")


def check_zone(zone: Any) -> Any:
    if not zone or zone.removed is not None:
        raise InvalidParameter(f"Unable to find zone by ID: {zone.id}")
    if zone.allocation_state == "Disabled":
        raise PermissionDenied(f"Cannot perform this operation, zone ID: {zone.uuid} is currently disabled")
    if zone.network_type == "Basic" or zone.security_groups:
        raise PermissionDenied("This feature is supported only on Advanced Zone without security groups")
    return zone


def check_disk_offering(call: Call, zone: Any) -> None:
    p, offering = call.params, call.params.diskofferingid
    usable.check_disk(call, call.caller.account, offering, zone)
    if not offering.customized and p.size is not None:
        raise InvalidParameter("Size provided with a non-custom disk offering")
    if not offering.custom_iops and (p.miniops is not None or p.maxiops is not None):
        raise InvalidParameter("Iops provided with a non-custom-iops disk offering")


def check_service_offering(call: Call, zone: Any) -> None:
    offering = call.params.serviceofferingid
    if (offering.cpu or 0) < call.setting("sharedfsvm.min.cpu.count", zone):
        raise InvalidParameter(
            "Service offering's number of cpu should be greater than or equal to sharedfsvm.min.cpu.count"
        )
    if (offering.memory or 0) < call.setting("sharedfsvm.min.ram.size", zone):
        raise InvalidParameter("Service offering's ram size should be greater than or equal to sharedfsvm.min.ram.size")
    if not offering.offer_ha:
        raise InvalidParameter("Service offering's should be HA enabled")


def _check_network(call: Call, owner: Any) -> None:
    network, domain = call.params.networkid, call.params.domainid
    if not network or network.removed is not None:
        raise InvalidParameter(f"Unable to find a network with Network ID {network.id}")
    foreign = network.acl_type != "Account" or network.account_id != owner.id
    if network.guest_type == "Shared" and (foreign or (domain is not None and network.domain_id != domain.id)):
        raise InvalidParameter(
            "Shared network which is not Account scoped and not belonging to the same account can not be used to "
            "create a Shared FileSystem"
        )


@allocate("createSharedFileSystem")
def allocate_share(call: Call) -> SharedFileSystem:
    p = call.params
    owner = entity_owner(call)
    zone = check_zone(p.zoneid)
    check_disk_offering(call, zone)
    if p.get("provider", PROVIDER) != PROVIDER:
        raise CloudRuntime("Invalid sharedfs provider name!")
    check_service_offering(call, zone)
    _check_network(call, owner)
    if p.filesystem.upper() not in FORMATS:
        raise InvalidParameter("Invalid File system format specified. Supported formats are EXT4 and XFS")
    if call.db.shared_file_systems.first(name=p.name, account_id=owner.id) is not None:
        raise InvalidParameter(
            "There already exists a Shared FileSystem with this name for the given account and domain."
        )
    share: SharedFileSystem = call.db.shared_file_systems.add(
        SharedFileSystem(
            name=p.name,
            description=p.description,
            account_id=owner.id,
            zone_id=zone.id,
            service_offering_id=p.serviceofferingid.id,
            filesystem=p.filesystem.upper(),
        )
    )
    call.event(
        "SHAREDFS.CREATE", "Successfully created entity for Allocating Shared FileSystem", share, state="Created",
        resource_type="SharedFS",
    )  # fmt: skip
    return share


@command("createSharedFileSystem", sync=lambda call: ("shared file system", call.created))
def create(call: Call) -> Steps:
    share: SharedFileSystem = call.created
    try:
        vm = _new_vm(call, share)
        made.add(call, vm, call.params.networkid)
        volume = disks.new_data(call.sim, vm, call.params.diskofferingid, size=_size(call))
        volume.min_iops, volume.max_iops = call.params.miniops, call.params.maxiops
        share.vm_id, share.volume_id = vm.id, volume.id
        yield from made.start(call, vm)
    except CloudRuntime:
        share.state = "Error"
        raise
    share.state = "Ready"
    _done(call, "CREATE", "Deploying Shared FileSystem", share)
    return {"sharedfilesystem": view(call, share)}


def _size(call: Call) -> int:
    offering, size = call.params.diskofferingid, call.params.size
    return int((size or 0) * GIB if offering.customized else offering.size)


def _new_vm(call: Call, share: SharedFileSystem) -> Instance:
    sim, zone = call.sim, call.db.zones[share.zone_id]
    kinds = sorted({h.hypervisor for h in call.db.hosts.where(zone_id=zone.id, kind="Routing")})
    if not kinds:
        raise CloudRuntime(f"No supported hypervisor found for zone {zone}.")
    hypervisor = sim.choose("hypervisor", kinds, zone=zone)
    template = made.system_template(call, zone, hypervisor)
    if template is None:
        raise CloudRuntime(f"Unable to find the systemvm template for {hypervisor} or it was not downloaded in {zone}.")
    suffix = sim.ids.octets(6).hex()
    name = "fsvm-" + "".join(c for c in share.name if c.isascii() and (c.isalnum() or c == "-"))
    return Instance(
        name=f"{name[: LONGEST_NAME - len(suffix) - 1]}-{suffix}",
        vm_type="User",
        account_id=share.account_id,
        zone_id=zone.id,
        service_offering_id=share.service_offering_id,
        template_id=template.id,
        hypervisor=hypervisor,
        ha_enabled=True,
        serves=SHARE,
    )


def share_of(call: Call) -> SharedFileSystem:
    share = call.params.id
    if share is None or not share or share.removed is not None:
        raise JavaError
    call.check_access(share)
    return share


def _start(call: Call, share: SharedFileSystem) -> Steps:
    if share.state != "Stopped":
        raise InvalidParameter("Shared FileSystem can be started only if it is in the [Stopped] state")
    share.state = "Starting"
    try:
        yield from life.start(call, call.db.vms[share.vm_id])
    except CloudRuntime:
        share.state = "Stopped"
        raise
    share.state = "Ready"


def _stop(call: Call, share: SharedFileSystem) -> Steps:
    if share.state != "Ready":
        raise InvalidParameter("Shared FileSystem can be stopped only if it is in the Ready state")
    share.state = "Stopping"
    try:
        yield from life.stop(call, call.db.vms[share.vm_id])
    except CloudRuntime:
        share.state = "Ready"
        raise
    share.state = "Stopped"


@command("startSharedFileSystem", sync=same_share)
def start(call: Call) -> Steps:
    share = share_of(call)
    yield from _start(call, share)
    _done(call, "START", "Starting Shared FileSystem", share)
    return {"sharedfilesystem": view(call, share)}


@command("stopSharedFileSystem", sync=same_share)
def stop(call: Call) -> Steps:
    share = share_of(call)
    yield from _stop(call, share)
    _done(call, "STOP", "Stopping Shared FileSystem", share)
    return {"sharedfilesystem": view(call, share)}


@command("restartSharedFileSystem", sync=same_share)
def restart(call: Call) -> Steps:
    """`cleanup` makes the instance's root disk anew; the data stays either way."""
    share = share_of(call)
    if share.state not in ("Ready", "Stopped"):
        raise InvalidParameter(
            "Restart Shared FileSystem can be done only if the shared filesystem is in [Ready, Stopped] states"
        )
    if call.params.cleanup:
        yield from _make_anew(call, call.db.vms[share.vm_id])
    else:
        if share.state != "Stopped":
            yield from _stop(call, share)
        yield from _start(call, share)
    _done(call, "RESTART", "Restarting Shared FileSystem", share)
    return SUCCESS


def _make_anew(call: Call, vm: Instance) -> Steps:
    was_running = vm.state == "Running"
    if was_running:
        yield from life.stop(call, vm)
    disks.reset_root(call.sim, vm, call.db.templates[vm.template_id or 0])
    if was_running:
        yield from life.start(call, vm)


@command("destroySharedFileSystem", sync=same_share)
def destroy(call: Call) -> Steps:
    share = share_of(call)
    if share.state == "Ready" and call.params.forced:
        yield from _stop(call, share)
    if share.state not in ("Stopped", "Error"):
        raise InvalidParameter("Shared FileSystem can be destroyed only if it is in the [Stopped, Error] states")
    was_broken = share.state == "Error"
    share.state, share.destroyed_at = "Destroyed", call.now
    _done(call, "DESTROY", "Destroy Shared FileSystem", share)
    if call.params.expunge or was_broken:
        yield from _expunge(call, share)
    return SUCCESS


@command("recoverSharedFileSystem")
def recover(call: Call) -> dict[str, Any]:
    share = share_of(call)
    if share.state != "Destroyed":
        raise InvalidParameter("The Shared FileSystem should be in the Destroyed state to be recovered")
    share.state, share.destroyed_at = "Stopped", None
    _done(call, "RECOVER", "Recover Shared FileSystem", share)
    return SUCCESS


@command("expungeSharedFileSystem", sync=same_share)
def expunge(call: Call) -> Steps:
    share = share_of(call)
    if share.state not in ("Destroyed", "Expunging", "Error"):
        raise InvalidParameter(
            "Shared FileSystem can be expunged only if it is in the [Destroyed, Expunging, Error] states"
        )
    yield from _expunge(call, share)
    return SUCCESS


def _expunge(call: Call, share: SharedFileSystem) -> Steps:
    share.state = "Expunging"
    yield 0.2
    _end(call.sim, share)
    _done(call, "EXPUNGE", "Expunge Shared FileSystem", share)


def _end(sim: Simulator, share: SharedFileSystem) -> None:
    """Its instance and data go, whatever they are doing."""
    vm, volume = sim.db.vms.get(share.vm_id), sim.db.volumes.get(share.volume_id)
    if vm is not None and vm.removed is None:
        made.forget(sim, vm)
    if volume is not None and volume.removed is None:
        disks.destroy(sim, volume)
    sim.tags.drop(share)
    sim.db.shared_file_systems.remove(share)


@at_install(order=60)
def start_cleaner(sim: Simulator) -> None:
    sim.scheduler.after(_interval(sim), clean, sim)


def _interval(sim: Simulator) -> float:
    return max(1.0, float(sim.settings.value("sharedfs.cleanup.interval") or 14400))


def clean(sim: Simulator) -> None:
    """Expunge what has been destroyed for long enough."""
    delay = float(sim.settings.value("sharedfs.cleanup.delay") or 0) * CLEANUP_FACTOR
    for share in sim.db.shared_file_systems:
        if share.state == "Destroyed" and (share.destroyed_at or 0) + delay <= sim.clock.now():
            _end(sim, share)
    sim.scheduler.after(_interval(sim), clean, sim)


@on_account_removal(order=5)
def forget_shares(sim: Simulator, account: Account) -> None:
    for share in sim.db.shared_file_systems.where(account_id=account.id):
        sim.tags.drop(share)
        sim.db.shared_file_systems.remove(share)
