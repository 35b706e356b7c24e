"""deleteTemplate and deleteIso."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.images import SYSTEM, Template
from ...registry import SUCCESS, check, command
from . import rows


@check("deleteTemplate")
def template_exists(call: Call) -> None:
    template: Template = call.params.id
    if template and template.removed is not None:
        raise InvalidParameter(f"Unable to find UUID for id [{template.id}] of type [VirtualMachineTemplate]")


@command("deleteTemplate")
def delete_template(call: Call) -> Generator[float, None, Any]:
    template: Template = call.params.id
    if not template:
        raise InvalidParameter(f"unable to find template with id {template.id}")
    users = _users(call, template)
    if users and not call.params.forced:
        raise InvalidParameter(
            f"Unable to delete template: {template} because VM instances: [{', '.join(map(str, users))}] are using it."
        )
    call.check_access(template)
    if template.is_iso:
        raise InvalidParameter("Please specify a valid template.")
    _check_arrived(call, template, "template")
    if template.kind == SYSTEM and not call.params.issystem:
        raise InvalidParameter("Could not delete template as it is a SYSTEM template and isSystem is set to false.")
    _check_stores(call, template)
    yield 0.2
    _delete(call, template, "TEMPLATE")
    return SUCCESS


def _users(call: Call, template: Template) -> list[Any]:
    zone = call.params.zoneid
    return [
        vm
        for vm in call.db.vms.where(template_id=template.id)
        if vm.state != "Expunging" and (zone is None or vm.zone_id == zone.id)
    ]


@command("deleteIso")
def delete_iso(call: Call) -> Generator[float, None, Any]:
    template: Template = call.params.id
    if not template or template.removed is not None:
        raise InvalidParameter(f"unable to find iso with id {template.id}")
    call.check_access(template)
    if not template.is_iso:
        raise InvalidParameter("Please specify a valid iso.")
    if any(getattr(vm, "iso_id", None) == template.id for vm in call.db.vms.where(vm_type="User")):
        raise InvalidParameter("Unable to delete iso, as it's used by other vms")
    _check_stores(call, template)
    _check_arrived(call, template, "iso")
    yield 0.2
    _delete(call, template, "ISO")
    return SUCCESS


def _check_arrived(call: Call, template: Template, word: str) -> None:
    copies = call.db.template_copies.where(template_id=template.id)
    if any(copy.state == "NOT_UPLOADED" for copy in copies):
        raise InvalidParameter(
            f"The {word} is either getting uploaded or it may be initiated shortly, please wait for it to be completed"
        )


def _check_stores(call: Call, template: Template) -> None:
    zone = call.params.zoneid
    if zone and not template.direct_download and not rows.stores_of(call.sim, zone):
        raise InvalidParameter("Failed to find a secondary storage in the specified zone.")


def _check_complete(call: Call, template: Template) -> None:
    """What is on its way cannot be stopped."""
    zone = call.params.zoneid
    for copy in call.db.template_copies.where(template_id=template.id, state="DOWNLOAD_IN_PROGRESS"):
        if not zone or copy.zone_id in (zone.id, None):
            raise CloudRuntime("Please specify a template that is not currently being downloaded.")


def _delete(call: Call, template: Template, word: str) -> None:
    zone, sim = call.params.zoneid, call.sim
    _check_complete(call, template)
    if zone is not None and zone:
        rows.drop_from_zone(sim, template, zone)
    if zone is None or not sim.db.template_zones.where(template_id=template.id):
        rows.drop(sim, template)
    call.event(f"{word}.DELETE", f"Successfully completed deleting {word.lower()}", template)
