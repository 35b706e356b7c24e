"""updateVirtualMachine."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter
from ...model.instances import Instance
from ...registry import command
from ..common import completed
from ..networks import dhcp_options
from ..volumes import lifecycle as disks
from . import counting, guards, inputs, interfaces, leases, update_details
from .power import the_instance
from .views import instance_view


@command("updateVirtualMachine")
def update(call: Call) -> dict[str, Any]:
    vm = the_instance(call, call.params.id, "Failed to update VM, due to: unable to find virtual machine with id: {id}")
    try:
        _update(call, vm)
    except ApiError as error:
        raise CloudRuntime(f"Failed to update VM, due to: {error.text}") from None
    completed(call, "VM.UPDATE", "updating Vm. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm)}


def _update(call: Call, vm: Instance) -> None:
    """In the server's order, which keeps what it did before it refuses the rest."""
    _check_guest_os(call)
    groups = inputs.security_groups(call, vm.account_id)
    guards.refuse_share(vm)
    text, text_id = inputs.finalize_user_data(call, _own_text(call, vm))
    _show(call, vm)
    update_details.update(call, vm)
    leases.update(call, vm)
    _check_plain(call, vm)
    if call.params.group is not None:
        inputs.put_in_group(call, vm, call.params.group)
    if call.params.isdynamicallyscalable:
        _check_scalable(call, vm)
    _check_name(call, vm)
    options = dhcp_options.by_network(call)
    dhcp_options.check(options, _networks(call, vm))
    dhcp_options.keep(call, vm, options)
    _update_security_groups(vm, groups)
    _update_user_data(call, vm, text, text_id)
    _update_plain(call, vm)


PLAIN = {
    "name": "name",
    "displayname": "display_name",
    "haenable": "ha_enabled",
    "isdynamicallyscalable": "dynamically_scalable",
    "deleteprotection": "delete_protection",
    "instancename": "instance_name",
}
"""Parameters that just become a field of the instance."""


def _update_plain(call: Call, vm: Instance) -> None:
    for parameter, field in PLAIN.items():
        if call.params[parameter] is not None:
            setattr(vm, field, call.params[parameter])
    if call.params.ostypeid is not None:
        vm.guest_os_id = call.params.ostypeid.id
    if call.params.customid:
        call.db.vms.change_uuid(vm, call.params.customid)


def _check_guest_os(call: Call) -> None:
    guest_os = call.params.ostypeid
    if guest_os is not None and (not guest_os or guest_os.removed is not None):
        raise InvalidParameter("Please specify a valid guest OS ID.")


def _check_plain(call: Call, vm: Instance) -> None:
    p = call.params
    if p.instancename and any(other.id != vm.id for other in call.db.vms if other.instance_name == p.instancename):
        raise CloudRuntime(f"Instance name : {p.instancename} is not unique")
    if vm.state in ("Error", "Expunging"):
        raise InvalidParameter(f"Vm {vm} is not in the right state")
    wants_ha = p.haenable if p.haenable is not None else vm.ha_enabled
    if wants_ha and not call.db.service_offerings[vm.service_offering_id].offer_ha:
        raise InvalidParameter(
            "Can't enable ha for the vm as it's created from the Service offering having HA disabled"
        )


def _networks(call: Call, vm: Instance) -> list[Any]:
    return [call.db.networks[nic.network_id] for nic in call.db.nics.where(vm_id=vm.id)]


def _check_name(call: Call, vm: Instance) -> None:
    if call.params.name and call.params.name != vm.name:
        interfaces.check_host_name(call, vm, _networks(call, vm), call.params.name)


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
            raise InvalidParameter(f"Dynamic Scaling cannot be enabled for the VM since {reason}")


def _show(call: Call, vm: Instance) -> None:
    """Show the instance and its volumes to its owner, or hide them; what is hidden does not count."""
    wanted = call.params.displayvm
    if wanted is None or wanted is vm.display:
        return
    if not wanted:
        counting.count(call.sim, vm, -1)
    vm.display = wanted
    if wanted:
        counting.count(call.sim, vm, 1)
    for volume in disks.of_vm(call.sim, vm):
        disks.display(call.sim, volume, on=wanted)


def _own_text(call: Call, vm: Instance) -> Any:
    """The template, where the call gives user data that its own may not let through."""
    given = call.params.userdata or call.params.userdataid is not None
    return call.db.templates.get(vm.template_id) if given else None


def _update_user_data(call: Call, vm: Instance, text: str | None, text_id: int | None) -> None:
    """What is not given stays: a text of the call's own leaves the link to registered user data."""
    vm.user_data = text if text is not None else vm.user_data
    vm.user_data_id = text_id if text_id is not None else vm.user_data_id
    vm.user_data_details = inputs.user_data_details(call) or vm.user_data_details


def _update_security_groups(vm: Instance, groups: list[int] | None) -> None:
    """Other security groups, for an instance that has some."""
    if groups is None or not vm.security_group_ids:
        return
    if vm.state != "Stopped":
        raise InvalidParameter(f"VM {vm.uuid} must be stopped prior to update security groups")
    vm.security_group_ids = groups
