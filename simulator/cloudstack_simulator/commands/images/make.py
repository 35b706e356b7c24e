"""createTemplate: a template from a volume or a snapshot."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...access import entity_owner
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.images import Template, TemplateCopy
from ...parameters import flat_map
from ...registry import allocate, command
from .. import hypervisors
from ..volumes.encryption import is_encrypted
from . import checks, rows
from .register import add
from .view import image_view


@allocate("createTemplate")
def allocate_template(call: Call) -> Template:
    p = call.params
    owner = entity_owner(call)
    source = _source(call)
    if p.templatetag is not None and not call.caller.is_root_admin:
        raise PermissionDenied("Parameter templatetag can only be specified by a Root Admin, permission denied")
    checks.visibility(call, owner, cross_zones=False, what="template")
    live(p.ostypeid, "GuestOS with ID: {id} does not exist.")
    call.sim.limits.check(owner, "template")
    volume = source if p.volumeid is not None else call.db.volumes.get(source.volume_id)
    vm = call.db.vms.get(volume.vm_id) if volume is not None else None
    fake = hypervisors.is_fake(source.hypervisor)
    parent = call.db.templates.get(volume.template_id) if volume is not None else None
    return add(
        call,
        Template(
            name=p.name,
            display_text=p.displaytext or p.name,
            account_id=owner.id,
            format="RAW" if fake else {"KVM": "QCOW2", "VMware": "OVA"}.get(source.hypervisor or "", "VHD"),
            hypervisor=source.hypervisor,
            guest_os_id=p.ostypeid.id,
            public=p.get("ispublic", False),
            featured=p.get("isfeatured", False),
            extractable=False,
            password_enabled=p.get("passwordenabled", False),
            dynamically_scalable=p.get("isdynamicallyscalable", False),
            requires_hvm=p.get("requireshvm", True),
            tag=p.templatetag,
            source_template_id=parent.id if parent is not None else None,
            details={**(dict(vm.details) if vm is not None else {}), **flat_map(p.details)},
        ),
    )


def _source(call: Call) -> Any:
    p = call.params
    if p.volumeid is not None and p.snapshotid is not None:
        raise InvalidParameter(
            f"Failed to create private template record, please specify only one of volume ID ({p.volumeid.id}) and "
            f"snapshot ID ({p.snapshotid.id})"
        )
    if p.volumeid is None:
        if p.snapshotid is None:
            raise InvalidParameter("Unable to find snapshot by id=null")
        snapshot = live(p.snapshotid, "Unable to find snapshot by id={id}")
        call.check_access(snapshot)
        if snapshot.state != "BackedUp":
            raise InvalidParameter(
                f"Snapshot {snapshot} is not in BackedUp state yet and can't be used for template creation"
            )
        if is_encrypted(call.sim, call.db.volumes.get(snapshot.volume_id)):
            raise CloudRuntime("Cannot create templates from snapshots of encrypted volumes")
        return snapshot
    if p.zoneid is not None:
        raise InvalidParameter(
            "Failed to create private template record, zone ID can only be specified together with snapshot ID."
        )
    volume = live(p.volumeid, "Unable to find volume by id={id}")
    call.check_access(volume)
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None and vm.state != "Stopped":
        raise CloudRuntime(
            f"Unable to create private template for volume: {volume}; volume is attached to a non-stopped VM, "
            "please stop the VM first"
        )
    if is_encrypted(call.sim, volume):
        raise CloudRuntime("Cannot create templates from encrypted volumes")
    return volume


@command("createTemplate")
def create_template(call: Call) -> Generator[float, None, Any]:
    template: Template = call.created
    p, sim = call.params, call.sim
    source = p.volumeid or p.snapshotid
    zone = p.zoneid or call.db.zones[source.zone_id]
    stores = rows.stores_of(sim, zone)
    if not stores:
        rows.drop(sim, template)
        raise CloudRuntime(f"cannot find an image store for zone {zone.id}")
    yield 0.4
    rows.put_in_zone(sim, template, zone)
    if not hypervisors.is_fake(template.hypervisor):
        template.size = template.physical_size = source.size
    copy = sim.db.template_copies.add(
        TemplateCopy(template_id=template.id, store_id=stores[0].id, zone_id=stores[0].zone_id)
    )
    rows.count_copy(sim, template, copy, 1)
    call.event("TEMPLATE.CREATE", f"Successfully completed creating template. Template Id: {template.uuid}", template)
    return {"template": image_view(call, rows.image_rows(sim, [template])[0])}
