"""What a new instance is made from: a template or an ISO, or on KVM a volume or a snapshot that is there already."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...access import check_launch
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...model.volumes import Snapshot, Volume
from ..images import rows as images


class Source(NamedTuple):
    """The template, and the volume that becomes the root disk or the snapshot of which one is made."""

    template: Any
    volume: Volume | None = None
    snapshot: Snapshot | None = None

    def size(self) -> int | None:
        """Bytes of a root disk that is not made from the template."""
        given = self.volume or self.snapshot
        return given.size if given is not None else None


def of_call(call: Call) -> Source:
    """The source; of a volume or snapshot the template is taken as if the call had named it, a removed one too."""
    p = call.params
    if sum(x is not None for x in (p.templateid, p.volumeid, p.snapshotid)) != 1:
        raise CloudRuntime(
            "Please provide only one of the following parameters - template ID, volume ID or snapshot ID"
        )
    if p.templateid is not None:
        template = _template(call)
        _check_network_function(call, template)
        return Source(template)
    volume = _volume(call) if p.volumeid is not None else None
    snapshot = _snapshot(call) if volume is None else None
    disk = volume or call.db.volumes.get(p.snapshotid.volume_id)
    template = call.db.templates.get(getattr(disk, "template_id", None))
    if "KVM" not in (getattr(template, "hypervisor", None), (p.hypervisor or "").upper()):
        raise InvalidParameter(
            "Deploying a virtual machine with existing volume/snapshot is supported only from KVM hypervisors"
        )
    _check_network_function(call, template)
    p.replace("templateid", template)
    return Source(template, volume, snapshot)


def _template(call: Call) -> Any:
    p = call.params
    template = p.templateid
    if not template or template.removed is not None:
        raise InvalidParameter(f"Unable to use template {template.id}")
    check_launch(call.caller, template, call.db)
    if template.kind == "SYSTEM":
        raise InvalidParameter(f"Unable to use system template {template} to deploy a user vm")
    if template.is_iso and p.diskofferingid is None:
        raise InvalidParameter("Installing from ISO requires a disk offering to be specified for the root disk.")
    if template.is_iso and not template.bootable:
        raise InvalidParameter(f"Installing from ISO requires an ISO that is bootable: {template}")
    if not images.is_ready(call.sim, template, p.zoneid):
        raise InvalidParameter(f"The template {template.id} is not available for use")
    return template


def _volume(call: Call) -> Volume:
    volume: Volume = live(call.params.volumeid, "Could not find volume with id={id}")
    _check_disk(call, volume)
    if volume.vm_id is not None:
        raise InvalidParameter(f"The volume {volume} is already attached to a VM {volume.vm_id}")
    call.check_access(volume)
    if volume.destroyed:
        raise InvalidParameter("Please specify a volume that is not destroyed.")
    return volume


def _snapshot(call: Call) -> Snapshot:
    snapshot: Snapshot = live(call.params.snapshotid, "Could not find snapshot with id={id}")
    call.check_access(snapshot)
    _check_disk(call, call.db.volumes[snapshot.volume_id])
    if snapshot.state != "BackedUp":
        raise InvalidParameter(
            f"Snapshot {snapshot} is not in BackedUp state yet and can't be used for volume creation"
        )
    return snapshot


def _check_disk(call: Call, volume: Volume) -> None:
    pool = call.db.storage_pools.get(volume.pool_id)
    if pool is None or pool.scope != "ZONE":
        raise InvalidParameter("Deployment of virtual machine is supported only for Zone-wide storage pools")
    template = call.db.templates.get(volume.template_id)
    if template is None or template.is_iso:  # the server keeps an ISO apart from the template that a disk was made of
        raise InvalidParameter("The provided volume/snapshot doesn't have a template to deploy a VM")


def _check_network_function(call: Call, template: Any) -> None:
    """A network function needs a network for each NIC that its template requires; an appliance is one."""
    if template.kind != "VNF":
        if call.command == "deployVnfAppliance":
            raise InvalidParameter("Can't deploy VNF appliance from a non-VNF template")
        return
    networks = call.params.networkids or []
    if not networks:
        raise InvalidParameter("VNF nics list is empty")
    for nic in template.vnf_nics:
        if nic["required"] and len(networks) <= nic["deviceid"]:
            raise InvalidParameter(
                "VNF nic is required but not found: VnfTemplateNic "
                f'{{"deviceId":{nic["deviceid"]},"deviceName":"{nic["name"]}","templateId":{template.id}}}'
            )
