"""deployVirtualMachine."""

from __future__ import annotations

from typing import Any

from ... import contract, custom_ids
from ...access import account_text, check_launch, entity_owner
from ...call import Call
from ...errors import ApiError, InvalidParameter, PermissionDenied
from ...model.instances import Instance
from ...registry import allocate, command
from ..gpu import stock
from ..networks import dhcp_options, services
from ..offerings import usable
from ..volumes import lifecycle as volumes
from . import (
    counting,
    destination,
    extra_config,
    inputs,
    interfaces,
    kept_details,
    leases,
    life,
    passwords,
    placement,
    sizes,
    source,
    wanted_disks,
)
from .journal import journaled
from .passwords import DEPLOYING
from .views import instance_view

HYPERVISORS = ("Simulator", "KVM", "VMware", "XenServer", "Hyperv", "LXC", "Ovm3", "External")


@allocate("deployVirtualMachine")
def allocate_instance(call: Call) -> Instance:
    p = call.params
    offering, found = p.serviceofferingid, source.of_call(call)
    template = found.template
    owner = entity_owner(call)
    _check_owner(call, owner)
    if offering.state == "Inactive":
        raise InvalidParameter(f"Service offering is inactive: [{offering.uuid}].")
    usable.check(call, owner, offering, p.zoneid)
    if p.diskofferingid is not None:
        usable.check(call, owner, p.diskofferingid, p.zoneid)
    check_launch(call.sim.system_for(owner), template, call.db)
    lease = leases.wanted_for_new(call, offering)
    details = kept_details.of_call(call)
    sizes.refuse_for_fixed(offering, details)
    custom = sizes.custom_details(call, offering, details)
    disks = wanted_disks.of_call(call, found, details)
    text, text_id = inputs.finalize_user_data(call, template)
    pairs = inputs.key_pairs(call, owner.id)
    affinity = inputs.affinity_groups(call, owner)
    groups = _security_groups(call, owner)
    wanted = interfaces.wanted_for_new(call, owner)
    options = dhcp_options.by_network(call)
    dhcp_options.check(options, [w.network for w in wanted])
    destination.of_call(call)
    _check_user_data_service(call, template, wanted[0].network, text, pairs)
    _check_groups_guard(call, groups, wanted)
    wanted_disks.check_local(call)
    wanted_disks.check_root(template, details)
    vm = _new(call, owner, template, {**details, **custom})
    _check_limits(call, owner, vm, disks)
    call.db.vms.add(vm, uuid=custom_ids.given(call, call.db.vms))
    vm.instance_name = f"i-{owner.id}-{vm.id}-{call.setting('instance.name')}"
    vm.name = p.name or f"{call.setting('instance.name')}-{vm.uuid}"
    vm.display_name = p.displayname
    interfaces.check_host_name(call, vm, [w.network for w in wanted], vm.name)
    vm.user_data, vm.user_data_id, vm.affinity_group_ids = text, text_id, affinity
    vm.user_data_details = inputs.user_data_details(call)
    vm.security_group_ids = groups
    if pairs:
        inputs.keep_keys(vm, pairs)
    if p.group:
        inputs.put_in_group(call, vm, p.group)
    if lease is not None:
        leases.give(call.sim, vm, *lease)
    _give(call, vm, wanted, template, disks)
    dhcp_options.keep(call, vm, options)
    extra_config.keep(call, vm)
    if p.copyimagetags:
        _copy_tags(call, template, vm)
    return vm


def _hypervisor(call: Call, template: Any) -> str:
    """The template's hypervisor; an ISO has none, so the call names it."""
    given = next((h for h in HYPERVISORS if h.lower() == (call.params.hypervisor or "").lower()), None)
    if template.hypervisor and template.hypervisor != "None":
        if given not in (None, template.hypervisor):
            raise InvalidParameter(
                "Hypervisor passed to the deployVm call, is different from the hypervisor type of the template"
            )
        return str(template.hypervisor)
    if given is None:
        raise InvalidParameter(
            "hypervisor parameter is needed to deploy VM or the hypervisor parameter value passed is invalid"
        )
    return given


def _security_groups(call: Call, owner: Any) -> list[int]:
    zone = call.params.zoneid
    groups = inputs.security_groups(call, owner.id) or []
    if groups and zone.network_type != "Basic" and not zone.security_groups:
        raise InvalidParameter("Can't create vm with security groups; security group feature is not enabled per zone")
    return groups


def _check_user_data_service(call: Call, template: Any, network: Any, text: str | None, pairs: list[Any]) -> None:
    """Refuse what the default network cannot hand to the instance."""
    if services.supports(call.db, network, "UserData"):
        return
    where = f"there is no support for UserData service in the default network {network.name}/{network.uuid}"
    if text:
        raise InvalidParameter(f"Unable to deploy VM as UserData is provided while deploying the VM, but {where}.")
    if pairs:
        raise InvalidParameter(f"Unable to deploy VM as SSH keypair is provided while deploying the VM, but {where}")
    if template.password_enabled:
        raise InvalidParameter(f"Unable to deploy VM as template {template} is password enabled, but {where}")


def _check_groups_guard(call: Call, groups: list[int], wanted: list[interfaces.Wanted]) -> None:
    if groups and not any(services.supports(call.db, w.network, "SecurityGroup") for w in wanted):
        raise InvalidParameter(
            "Unable to deploy vm with security groups as SecurityGroup service is not enabled for the vm's network"
        )


def _check_owner(call: Call, owner: Any) -> None:
    zone = call.params.zoneid
    if owner.state == "disabled":
        raise PermissionDenied(f"The owner of vm to deploy is disabled: {account_text(owner)}")
    if not zone or zone.removed is not None:
        raise InvalidParameter(f"Unable to find zone by id={zone.id}")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone}")


def _new(call: Call, owner: Any, template: Any, details: dict[str, str]) -> Instance:
    p = call.params
    iso, hypervisor = template.is_iso, _hypervisor(call, template)
    return Instance(
        name="",
        vm_type="User",
        account_id=owner.id,
        zone_id=p.zoneid.id,
        state="Stopped",
        service_offering_id=p.serviceofferingid.id,
        template_id=template.id,
        iso_id=template.id if iso else None,
        hypervisor=hypervisor,
        details={**kept_details.kept(call, template, hypervisor, details), DEPLOYING: "true"},
        user_id=_user_of(call, owner),
        disk_offering_id=p.diskofferingid.id if p.diskofferingid else None,
        guest_os_id=template.guest_os_id,
        display=p.get("displayvm", True),
        ha_enabled=p.serviceofferingid.offer_ha,
        dynamically_scalable=_is_scalable(call, template),
    )


def _user_of(call: Call, owner: Any) -> int:
    """Who deploys for another account does so as its first user."""
    users = call.db.users.where(account_id=owner.id) if owner.id != call.caller.account.id else []
    return int(min((user.id for user in users), default=call.caller.user.id))


def _is_scalable(call: Call, template: Any) -> bool:
    p = call.params
    return bool(
        p.get("dynamicscalingenabled", True)
        and template.dynamically_scalable
        and p.serviceofferingid.dynamic_scaling
        and call.setting("enable.dynamic.scale.vm", p.zoneid)
    )


def _check_limits(call: Call, owner: Any, vm: Instance, disks: wanted_disks.Wanted) -> None:
    limits = call.sim.limits
    counting.check(call.sim, owner, sizes.size_of(call.db, vm), stock.wanted(call.sim, vm)[1])
    limits.check(owner, "volume", (disks.root is None) + len(disks.data))
    limits.check(owner, "primary_storage", disks.bytes_of(call.params.templateid))


def _copy_tags(call: Call, template: Any, vm: Instance) -> None:
    for tag in call.sim.tags.of(template):
        call.sim.tags.put("UserVm", vm, tag.key, tag.value, vm.account_id)


def _give(call: Call, vm: Instance, wanted: list[Any], template: Any, disks: wanted_disks.Wanted) -> None:
    """NICs and disks. Without a free address the instance stays behind in state Error."""
    try:
        interfaces.give(call, vm, wanted)
    except ApiError:
        vm.state, vm.updated = "Error", call.now
        raise
    counting.count(call.sim, vm, 1)
    wanted_disks.make(call, vm, template, disks)
    root = volumes.of_vm(call.sim, vm)[0]
    call.event(
        "VOLUME.CREATE",
        "Successfully created entity for creating ROOT volume. "
        f"Volume Type: ROOTVolume Id: {root.uuid} Vm Id: {vm.uuid}",
        root,
        state="Created",
    )


@command("deployVirtualMachine", sync=lambda call: ("vm", call.created))
@journaled("VM.CREATE", "deploying Vm", lambda call: call.created)
def deploy(call: Call) -> Any:
    p, vm = call.params, call.created
    if p.startvm is False:
        yield life.STEP
        return {"virtualmachine": instance_view(call, vm)}
    try:
        password = passwords.of_first_start(call, vm)
        check_start(call, vm)
        yield from life.start(call, vm, where=destination.of_call(call, vm))
    except ApiError as error:
        give_up(call, vm)
        raise life.refused(vm, error) from None
    vm.details.pop(DEPLOYING, None)
    return {"virtualmachine": instance_view(call, vm) | password}


def check_start(call: Call, vm: Instance) -> None:
    """Refuse ways to start that the hypervisor does not have, and planners that nobody knows."""
    if call.params.bootintosetup:
        raise InvalidParameter(f"bootintosetup makes no sense for {vm.hypervisor}")
    planner = call.params.deploymentplanner
    if planner is not None and planner not in contract.facts("catalogue.json")["deployment_planners"]:
        raise InvalidParameter(f"Can't find a planner by name {planner}")


def give_up(call: Call, vm: Instance) -> None:
    """A new instance could not start: it stays in state Error and counts no longer."""
    vm.details[placement.RESERVED] = "false"
    vm.affinity_group_ids = []
    life.set_state(call.sim, vm, "Error")
    counting.count(call.sim, vm, -1)
    call.sim.events.alert(
        8, "ALERT.USERVM", f"Failed to deploy Vm {vm}, on Host null with Id: null", zone=call.db.zones[vm.zone_id]
    )
