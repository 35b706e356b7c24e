"""updateVirtualMachine."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter
from ...model.instances import Instance
from ...parameters import flat_map
from ...registry import command
from ..common import completed
from . import counting, guards, inputs, interfaces, leases, placement, sizes
from .power import the_instance
from .views import instance_view


def _refuse(text: str) -> CloudRuntime:
    """What a refused change becomes on its way out."""
    return CloudRuntime(f"Failed to update VM, due to: {text}")


@command("updateVirtualMachine")
def update(call: Call) -> dict[str, Any]:
    p = call.params
    vm = the_instance(call, p.id, "unable to find virtual machine with id: {id}")
    guards.refuse_share(vm)
    if vm.state in ("Destroyed", "Expunging"):
        raise _refuse(f"Vm {vm} is not in the right state")
    guest_os = _guest_os(call)
    if p.haenable and not call.db.service_offerings[vm.service_offering_id].offer_ha:
        raise _refuse("Can't enable ha for the vm as it's created from the Service offering having HA disabled")
    if p.isdynamicallyscalable:
        _check_scalable(call, vm)
    if p.name and p.name.lower() != vm.name.lower():
        nics = call.db.nics.where(vm_id=vm.id)
        interfaces.check_host_name(call, vm, [call.db.networks[n.network_id] for n in nics], p.name)
    if p.instancename and any(other.id != vm.id for other in call.db.vms if other.instance_name == p.instancename):
        raise _refuse(f"Instance name : {p.instancename} is not unique")
    _update_details(call, vm)
    _update_user_data(call, vm)
    _update_security_groups(call, vm)
    if p.extraconfig and not call.setting("enable.additional.vm.configuration", call.caller.account):
        raise _refuse("attempted setting extraconfig but enable.additional.vm.configuration is disabled")
    try:
        leases.update(call, vm)
    except ApiError as error:
        raise _refuse(error.text or "") from None
    if guest_os is not None:
        vm.guest_os_id = guest_os.id
    if p.group is not None:
        inputs.put_in_group(call, vm, p.group)
    _update_plain(call, vm)
    completed(call, "VM.UPDATE", "updating Vm. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm)}


PLAIN = {
    "name": "name",
    "displayname": "display_name",
    "haenable": "ha_enabled",
    "displayvm": "display",
    "isdynamicallyscalable": "dynamically_scalable",
    "deleteprotection": "delete_protection",
    "instancename": "instance_name",
}
"""Parameters that just become a field of the instance."""


def _update_plain(call: Call, vm: Instance) -> None:
    for parameter, field in PLAIN.items():
        if call.params[parameter] is not None:
            setattr(vm, field, call.params[parameter])
    if call.params.customid:
        call.db.vms.change_uuid(vm, call.params.customid)


def _guest_os(call: Call) -> Any:
    guest_os = call.params.ostypeid
    if guest_os is not None and (not guest_os or guest_os.removed is not None):
        raise InvalidParameter("Please specify a valid guest OS ID.")
    return guest_os


def _check_scalable(call: Call, vm: Instance) -> None:
    reasons = (
        (call.db.templates[vm.template_id].dynamically_scalable, "its template does not have dynamic scaling enabled"),
        (
            call.db.service_offerings[vm.service_offering_id].dynamic_scaling,
            "its service offering does not have dynamic scaling enabled",
        ),
        (
            call.setting("enable.dynamic.scale.vm", call.db.zones[vm.zone_id]),
            "corresponding global setting is set to false",
        ),
    )
    for fine, reason in reasons:
        if not fine:
            raise _refuse(f"Dynamic Scaling cannot be enabled for the VM since {reason}")


def _update_details(call: Call, vm: Instance) -> None:
    p = call.params
    if p.cleanupdetails:
        vm.details = {k: v for k, v in vm.details.items() if k in KEPT}
        return
    given = {k: str(v) for k, v in flat_map(p.details).items()}
    if not given:
        return
    if any(k.lower().startswith("extraconfig") for k in given):
        raise InvalidParameter("'extraconfig' should not be included in details as key")
    if LEASE_DETAILS & {k.lower() for k in given}:
        raise InvalidParameter("lease parameters should not be included in details as key")
    _check_allowed(call, given)
    kept = {k: v for k, v in vm.details.items() if k in KEPT}
    sizes_given = {k: v for k, v in given.items() if k in SIZES}
    if sizes_given:
        given |= _sizes(call, vm, {**kept, **sizes_given})
    before = sizes.size_of(call.db, vm)
    vm.details = {**kept, **given}
    counting.change_size(call.sim, vm, before)
    placement.resize(call.sim, vm, before)


def _check_allowed(call: Call, given: dict[str, str]) -> None:
    """Refuse details that only root admins may give."""
    if call.caller.is_root_admin:
        return
    for setting, kind in (("user.vm.denied.details", "restricted"), ("user.vm.readonly.details", "read-only")):
        names = {name.strip() for name in str(call.setting(setting) or "").split(",")}
        for name in given:
            if name in names:
                raise InvalidParameter(f"You're not allowed to add or edit the {kind} setting: {name}")


SIZES = frozenset(name for name, _field in sizes.FIELDS)


def _sizes(call: Call, vm: Instance, wanted: dict[str, str]) -> dict[str, str]:
    """The checked sizes of an instance whose offering leaves them open; of another one nothing changes."""
    offering = call.db.service_offerings[vm.service_offering_id]
    return sizes.custom_details(call, offering, wanted) if sizes.is_open(offering) else {}


LEASE_DETAILS = frozenset({"leaseduration", "leaseexpiryaction", "leaseexpirydate", "leaseactionexecution"})
KEPT = frozenset({"cpuNumber", "cpuSpeed", "memory", "SSH.PublicKey", "SSH.KeyPairNames", "Encrypted.Password"})
"""Details that an update of the details leaves alone."""


def _update_user_data(call: Call, vm: Instance) -> None:
    p = call.params
    if p.userdata is None and p.userdataid is None:
        return
    inputs.give_user_data(call, vm, call.db.templates.get(vm.template_id))


def _update_security_groups(call: Call, vm: Instance) -> None:
    """Other security groups, for an instance that has some."""
    groups = inputs.security_groups(call, vm.account_id)
    if groups is None or not vm.security_group_ids:
        return
    if vm.state != "Stopped":
        raise _refuse(f"VM {vm.uuid} must be stopped prior to update security groups")
    vm.security_group_ids = groups
