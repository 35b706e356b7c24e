"""createTemplate: a template from a volume or a snapshot."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...access import entity_owner
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, JavaError, PermissionDenied
from ...model.images import SYSTEM, Template, TemplateCopy
from ...parameters import flat_map
from ...registry import allocate, command
from .. import hypervisors
from ..common import DEFAULT_ARCHITECTURE, architecture
from ..volumes.encryption import is_encrypted
from . import rows
from .register import add
from .view import image_view


@allocate("createTemplate")
def allocate_template(call: Call) -> Template:
    p = call.params
    source = _source(call)
    owner = entity_owner(call)
    _check_rights(call, owner)
    volume = _check_source(call, source)
    call.sim.limits.check(owner, "template")
    call.sim.limits.check(owner, "secondary_storage", (volume or source).size)
    live(p.ostypeid, "GuestOS with ID: {id} does not exist.")
    parent = call.db.templates.get(volume.template_id) if volume is not None else None
    fake = hypervisors.is_fake(source.hypervisor)
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
            featured=_is_admin(call) and p.get("isfeatured", False),
            extractable=parent is not None and parent.extractable and parent.kind != SYSTEM,
            password_enabled=p.get("passwordenabled", False),
            ssh_key_enabled=p.get("sshkeyenabled", False),
            dynamically_scalable=p.get("isdynamicallyscalable", False),
            requires_hvm=p.get("requireshvm", True),
            tag=p.templatetag,
            arch=parent.arch if parent is not None else architecture(p.arch) or DEFAULT_ARCHITECTURE,
            source_template_id=parent.id if parent is not None else None,
            details=_details(call, volume, parent),
        ),
    )


def _details(call: Call, volume: Any, parent: Template | None) -> dict[str, str]:
    """Those of the template before, of the instance it was used for, and of the call: the later, the stronger."""
    vm = call.db.vms.get(volume.vm_id) if volume is not None else None
    before = dict(parent.details) if parent is not None and parent.removed is None else {}
    return {**before, **(dict(vm.details) if vm is not None else {}), **flat_map(call.params.details)}


def _source(call: Call) -> Any:
    """The volume or snapshot that is named; a volume goes first."""
    p = call.params
    word, given = ("volume", p.volumeid) if p.volumeid is not None else ("snapshot", p.snapshotid)
    if given is None:
        raise InvalidParameter("Unable to find snapshot by id=null")
    live(given, f"Unable to find {word} by id={{id}}")
    call.check_access(given)
    return given


def _is_admin(call: Call) -> bool:
    return call.caller.is_root_admin or call.caller.is_domain_admin


def _check_rights(call: Call, owner: Any) -> None:
    p = call.params
    if p.templatetag is not None and not call.caller.is_root_admin:
        raise PermissionDenied("Parameter templatetag can only be specified by a Root Admin, permission denied")
    if p.ispublic and not _is_admin(call) and not call.setting("allow.public.user.templates", owner):
        raise PermissionDenied(f"Failed to create template {p.name}, only private templates can be created.")


def _check_source(call: Call, source: Any) -> Any:
    """The volume that it is made from in the end, None when that is gone for good."""
    p = call.params
    if p.zoneid is not None and p.snapshotid is None:
        raise InvalidParameter(
            "Failed to create private template record, zone ID can only be specified together with snapshot ID."
        )
    if p.volumeid is not None and p.snapshotid is not None:
        raise InvalidParameter(
            f"Failed to create private template record, please specify only one of volume ID ({p.volumeid.id}) and "
            f"snapshot ID ({p.snapshotid.id})"
        )
    if p.volumeid is not None:
        _check_volume(call, source)
        return source
    volume = call.db.volumes.get(source.volume_id)
    _check_snapshot(call, source, volume)
    return volume


def _check_volume(call: Call, volume: Any) -> None:
    if is_encrypted(call.sim, volume):
        raise JavaError("Cannot create templates from encrypted volumes")
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None and vm.state != "Stopped":
        raise CloudRuntime(
            f"Unable to create private template for volume: {volume}; volume is attached to a non-stopped VM, "
            "please stop the VM first"
        )


def _check_snapshot(call: Call, snapshot: Any, volume: Any) -> None:
    if is_encrypted(call.sim, volume):
        raise JavaError("Cannot create templates from snapshots of encrypted volumes")
    if snapshot.state != "BackedUp":
        raise InvalidParameter(
            f"Snapshot {snapshot} is not in BackedUp state yet and can't be used for template creation"
        )
    if call.params.zoneid is not None:
        live(call.params.zoneid, "Failed to create private template record, invalid zone specified")


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
