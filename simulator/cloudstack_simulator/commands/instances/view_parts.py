"""What hangs on an instance, as its answers show it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...call import Call
from ...model.instances import Instance
from ..common import owner_fields
from .sizes import is_open, size_of


def joined(
    call: Call, vm: Instance, wants: Callable[[str], bool], *others: int
) -> tuple[list[Any], list[int], list[Any]]:
    """NICs, security groups and affinity groups to show.

    The server reads an instance as rows of all combinations of these (and `others`: numbers of volumes, of tags), and
    minds what was asked for in the first row only.
    """
    db = call.db
    found = (
        ("nics", db.nics.where(vm_id=vm.id)),
        ("secgrp", vm.security_group_ids),
        ("affgrp", [g for g in map(db.affinity_groups.get, vm.affinity_group_ids) if g and g.removed is None]),
    )
    rows = math.prod(max(count, 1) for count in (*others, *(len(things) for _word, things in found)))
    nics, groups, affinity = (
        things if wants(word) or rows > max(len(things), 1) else things[1:] for word, things in found
    )
    return nics, groups, affinity


def security_group(call: Call, number: int) -> dict[str, Any]:
    group = call.db.security_groups[number]
    owner = owner_fields(call, group.account_id)
    return {
        "id": group.uuid,
        "name": group.name,
        "description": group.description,
        **{name: owner[name] for name in ("account", "projectid", "project") if name in owner},
        "ingressrule": [],
        "egressrule": [],
        "tags": [],
        "virtualmachineids": [],
    }


def template_fields(call: Call, vm: Instance) -> dict[str, Any]:
    found: dict[str, Any] = call.once(
        ("template of instances", vm.template_id), lambda: _template_fields(call.db.templates.get(vm.template_id))
    )
    return found


def _template_fields(template: Any) -> dict[str, Any]:
    if template is None:
        return {}
    return {
        "templateid": template.uuid,
        "templatename": template.name,
        "templatetype": template.kind,
        "templateformat": template.format,
        "templatedisplaytext": template.display_text,
        "passwordenabled": template.password_enabled,
    }


def network_function(call: Call, vm: Instance) -> dict[str, Any]:
    """The NICs that its template describes, with the networks that they are in."""
    template = call.db.templates.get(vm.template_id)
    if template is None or template.kind != "VNF":
        return {}
    networks = {nic.device_id: call.db.networks[nic.network_id] for nic in call.db.nics.where(vm_id=vm.id)}
    nics = []
    for nic in template.vnf_nics:
        network = networks.get(nic["deviceid"])
        place = {"networkid": network.uuid, "networkname": network.name} if network is not None else {}
        nics.append({**{k: v for k, v in nic.items() if v is not None}, **place})
    return {"vnfnics": nics, "vnfdetails": dict(template.vnf_details)}


def iso(call: Call, vm: Instance) -> dict[str, Any]:
    iso = call.db.templates.get(vm.iso_id)
    if iso is None:
        return {}
    return {"isoid": iso.uuid, "isoname": iso.name, "isodisplaytext": iso.display_text}


def compute_offering(call: Call, vm: Instance, *, named: bool, sized: bool) -> dict[str, Any]:
    """The offering by name, and the sizes, which instances of an open offering have of their own."""
    offering = call.db.service_offerings.get(vm.service_offering_id)
    if offering is None:
        return {}

    def make() -> dict[str, Any]:
        view: dict[str, Any] = {}
        if named:
            view |= {"serviceofferingid": offering.uuid, "serviceofferingname": offering.name}
        if sized:
            size = size_of(call.db, vm)
            view |= {"cpunumber": size.cpu, "cpuspeed": size.speed, "memory": size.memory}
        return view

    if is_open(offering):
        return make()
    found: dict[str, Any] = call.once(("offering of instances", offering.id, named, sized), make)
    return found


def first_volume(volumes: list[Any]) -> dict[str, Any]:
    """The oldest disk: the server calls it the root device whatever it is."""
    if not volumes:
        return {}
    return {"rootdeviceid": volumes[0].device_id, "rootdevicetype": volumes[0].kind}


def affinity_group(call: Call, vm: Instance, group: Any) -> dict[str, Any]:
    """An affinity group; the account is the instance's, also where all of a domain share the group."""
    return {
        "id": group.uuid,
        "name": group.name,
        "description": group.description,
        "account": call.db.accounts[vm.account_id].name,
    }


def gpu(call: Call, vm: Instance) -> dict[str, Any]:
    """The share of a card that the offering gives."""
    offering = call.db.service_offerings.get(vm.service_offering_id)
    if offering is None or offering.vgpu_profile_id is None:
        return {}
    profile = call.db.vgpu_profiles[offering.vgpu_profile_id]
    card = call.db.gpu_cards[profile.card_id]
    return {
        "gpucount": offering.gpu_count or 1,
        "gpucardid": card.uuid,
        "gpucardname": card.name,
        "vgpuprofileid": profile.uuid,
        "vgpuprofilename": profile.name,
    }


def backup_offering(call: Call, vm: Instance) -> dict[str, Any]:
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    return {"backupofferingid": offering.uuid, "backupofferingname": offering.name} if offering is not None else {}
