"""How an instance looks in answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...model.instances import Instance
from ...tags import taggable
from ..common import has_notes, owner_fields, running_job, short_tags
from ..networks.views import nic_view
from . import leases
from .sizes import is_open, size_of
from .statistics import statistics

taggable("UserVm", "vms")

DETAILS = (
    "all",
    "group",
    "nics",
    "stats",
    "secgrp",
    "tmpl",
    "servoff",
    "diskoff",
    "backoff",
    "iso",
    "volume",
    "min",
    "affgrp",
    "vnfnics",
)
"""Words of the `details` parameter."""
ALL = ("all",)


def instance_view(
    call: Call, vm: Instance, details: Collection[str] = ALL, *, full: bool | None = None
) -> dict[str, Any]:
    """`details`: which parts; `full`: with what only root admins read (host, internal name), by default as they may."""
    full = call.caller.is_root_admin if full is None else full
    wants = _Wants(details)
    db = call.db
    user, zone, host = db.users.get(vm.user_id), db.zones[vm.zone_id], db.hosts.get(vm.host_id)
    guest_os = db.guest_os.get(vm.guest_os_id)
    nics = db.nics.where(vm_id=vm.id)
    if len(nics) > 1:
        nics.sort(key=lambda n: (not n.is_default, n.device_id))
    volumes = db.volumes.where(vm_id=vm.id)
    show_nics = wants("nics") or max(len(nics), 1) * max(len(volumes), 1) > 1
    pool = db.storage_pools.get(volumes[0].pool_id) if volumes else None
    data_offering = db.disk_offerings.get(vm.disk_offering_id)
    view: dict[str, Any] = {
        "id": vm.uuid,
        "name": vm.name,
        "displayname": vm.display_name or vm.name,
        **owner_fields(call, vm.account_id),
        "userid": user.uuid if user else None,
        "username": user.username if user else None,
        "created": timestamp(vm.created),
        "lastupdated": timestamp(vm.updated),
        "state": vm.state,
        "haenable": vm.ha_enabled,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "hostcontrolstate": _control_state(host),
        "diskofferingid": data_offering.uuid if data_offering else None,
        "diskofferingname": data_offering.name if data_offering else None,
        "guestosid": guest_os.uuid if guest_os else None,
        "securitygroup": [_security_group(call, number) for number in vm.security_group_ids],
        "nic": [nic_view(call, n) for n in nics] if show_nics else [],
        "hypervisor": vm.hypervisor,
        "ipaddress": next((n.address for n in nics if n.is_default), None) if show_nics else None,
        **_details(call, vm),
        **_static_address(call, vm),
        "keypairs": vm.details.get("SSH.KeyPairNames"),
        "affinitygroup": _affinity(call, vm),
        "displayvm": vm.display if call.caller.is_root_admin else None,
        "isdynamicallyscalable": vm.dynamically_scalable,
        "deleteprotection": vm.delete_protection,
        "ostypeid": guest_os.uuid if guest_os else None,
        "osdisplayname": guest_os.display_name if guest_os else None,
        "pooltype": pool.pool_type if pool else None,
        "receivedbytes": 0,
        "sentbytes": 0,
        "tags": short_tags(call, vm),
        "hasannotations": has_notes(call, vm),
        **_boot(vm),
        **_user_data(call, vm),
        **(_scaling_group(call, vm) if vm.autoscale_group_id is not None else {}),
        **(leases.fields(call, vm) if vm.lease_end is not None else {}),
        **(_group(call, vm) if wants("group") else {}),
        **(_template(call, vm) if wants("tmpl") else {}),
        **(_network_function(call, vm) if wants("vnfnics") else {}),
        **(_iso(call, vm) if wants("iso") else {}),
        **(_offering(call, vm) if wants("servoff") else {}),
        **_gpu(call, vm),
        **(_backup_offering(call, vm) if wants("backoff") else {}),
        **(statistics(call, vm) if wants("stats") else {}),
        **(_first_volume(volumes) if wants("volume") else {}),
        **running_job(call, vm),
    }
    if call.params.userdata is True:
        view["userdata"] = vm.user_data
    if full:
        view |= {
            "hostid": host.uuid if host else None,
            "hostname": host.name if host else None,
            "instancename": vm.instance_name,
            "arch": _arch(call, vm),
        }
    return view


class _Wants:
    def __init__(self, details: Collection[str]) -> None:
        self.details = {d.lower() for d in details}

    def __call__(self, part: str) -> bool:
        return "all" in self.details or part in self.details


def _security_group(call: Call, number: int) -> dict[str, Any]:
    group = call.db.security_groups[number]
    return {
        "id": group.uuid,
        "name": group.name,
        "description": group.description,
        "account": call.db.accounts[group.account_id].name,
        "ingressrule": [],
        "egressrule": [],
        "tags": [],
        "virtualmachineids": [],
    }


def gone_view() -> dict[str, Any]:
    """What is left to show of an instance that was expunged by the command itself."""
    return {"securitygroup": [], "nic": [], "affinitygroup": [], "deleteprotection": False, "tags": []}


def _control_state(host: Any) -> str | None:
    """The host as root admins may use it: Enabled, Disabled, Maintenance …"""
    if host is None:
        return None
    if host.state != "Up":
        return "Offline" if host.resource_state == "Enabled" else host.resource_state
    return str(host.resource_state)


def _details(call: Call, vm: Instance) -> dict[str, Any]:
    """The details, for others than root admins without those that are hidden from them."""
    if call.caller.is_root_admin:
        return {"details": dict(vm.details)}
    hidden = {name.strip() for name in str(call.setting("user.vm.denied.details") or "").split(",")}
    return {
        "details": {name: value for name, value in vm.details.items() if name not in hidden},
        "readonlydetails": call.setting("user.vm.readonly.details"),
    }


def _static_address(call: Call, vm: Instance) -> dict[str, Any]:
    """The public address of its static NAT."""
    address = call.db.ip_addresses.first(vm_id=vm.id)
    return {"publicip": address.address, "publicipid": address.uuid} if address is not None else {}


def _backup_offering(call: Call, vm: Instance) -> dict[str, Any]:
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    return {"backupofferingid": offering.uuid, "backupofferingname": offering.name} if offering is not None else {}


def _gpu(call: Call, vm: Instance) -> dict[str, Any]:
    """The share of a card that the offering gives."""
    offering = call.db.service_offerings.get(vm.service_offering_id)
    profile = call.db.vgpu_profiles.get(offering.vgpu_profile_id) if offering else None
    if profile is None:
        return {}
    card = call.db.gpu_cards[profile.card_id]
    return {
        "gpucount": offering.gpu_count or 1,
        "gpucardid": card.uuid,
        "gpucardname": card.name,
        "vgpuprofileid": profile.uuid,
        "vgpuprofilename": profile.name,
    }


def _boot(vm: Instance) -> dict[str, Any]:
    if "UEFI" in vm.details:
        return {"boottype": "Uefi", "bootmode": vm.details["UEFI"].lower()}
    return {"boottype": "Bios", "bootmode": "legacy"} if not vm.details else {}


def _user_data(call: Call, vm: Instance) -> dict[str, Any]:
    row = call.db.user_data.get(vm.user_data_id)
    if row is None:
        return {}
    template = call.db.templates.get(vm.template_id)
    return {
        "userdataid": row.uuid,
        "userdataname": row.name,
        "userdatadetails": vm.user_data_details,
        "userdatapolicy": template.user_data_policy if template is not None else None,
    }


def _scaling_group(call: Call, vm: Instance) -> dict[str, Any]:
    group = call.db.scaling_groups.get(vm.autoscale_group_id)
    return {"autoscalevmgroupid": group.uuid, "autoscalevmgroupname": group.name} if group else {}


def _group(call: Call, vm: Instance) -> dict[str, Any]:
    group = call.db.instance_groups.get(vm.group_id)
    return {"groupid": group.uuid, "group": group.name} if group else {}


def _template(call: Call, vm: Instance) -> dict[str, Any]:
    key = ("template of instances", vm.template_id)
    if call.shared is not None and key in call.shared:
        found: dict[str, Any] = call.shared[key]
        return found
    template = call.db.templates.get(vm.template_id)
    if template is None:
        return {}
    view = {
        "templateid": template.uuid,
        "templatename": template.name,
        "templatetype": template.kind,
        "templateformat": template.format,
        "templatedisplaytext": template.display_text,
        "passwordenabled": template.password_enabled,
    }
    if call.shared is not None:
        call.shared[key] = view
    return view


def _network_function(call: Call, vm: Instance) -> dict[str, Any]:
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


def _iso(call: Call, vm: Instance) -> dict[str, Any]:
    iso = call.db.templates.get(vm.iso_id)
    if iso is None:
        return {}
    return {"isoid": iso.uuid, "isoname": iso.name, "isodisplaytext": iso.display_text}


def _offering(call: Call, vm: Instance) -> dict[str, Any]:
    key = ("offering of instances", vm.service_offering_id)
    if call.shared is not None and key in call.shared:
        found: dict[str, Any] = call.shared[key]
        return found
    offering, size = call.db.service_offerings.get(vm.service_offering_id), size_of(call.db, vm)
    if offering is None:
        return {}
    view = {
        "serviceofferingid": offering.uuid,
        "serviceofferingname": offering.name,
        "cpunumber": size.cpu,
        "cpuspeed": size.speed,
        "memory": size.memory,
    }
    if call.shared is not None and not is_open(offering):
        call.shared[key] = view
    return view


def _first_volume(volumes: list[Any]) -> dict[str, Any]:
    """The oldest disk: the server calls it the root device whatever it is."""
    if not volumes:
        return {}
    return {"rootdeviceid": volumes[0].device_id, "rootdevicetype": volumes[0].kind}


def _affinity(call: Call, vm: Instance) -> list[dict[str, Any]]:
    groups = [call.db.affinity_groups.get(n) for n in vm.affinity_group_ids]
    return [
        {
            "id": group.uuid,
            "name": group.name,
            "description": group.description,
            "account": call.db.accounts[group.account_id].name,
        }
        for group in groups
        if group is not None and group.removed is None
    ]


def _arch(call: Call, vm: Instance) -> str:
    template = call.db.templates.get(vm.template_id)
    return template.arch if template is not None else "x86_64"
