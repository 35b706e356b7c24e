"""How an instance looks in answers."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...model.instances import Instance
from ...tags import taggable
from ..common import has_notes, owner_fields, running_job, short_tags
from ..networks.views import nic_view
from . import leases, view_parts
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
    wants = _wanted(tuple(details))
    db = call.db
    user, zone, host = db.users.get(vm.user_id), db.zones[vm.zone_id], db.hosts.get(vm.host_id)
    guest_os = db.guest_os.get(vm.guest_os_id)
    volumes, tags = db.volumes.where(vm_id=vm.id), short_tags(call, vm)
    nics, groups, affinity = view_parts.joined(call, vm, wants, len(volumes), len(tags))
    if len(nics) > 1:
        nics.sort(key=lambda n: (not n.is_default, n.device_id))
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
        "securitygroup": [view_parts.security_group(call, number) for number in groups],
        "nic": [nic_view(call, n) for n in nics],
        "hypervisor": vm.hypervisor,
        "ipaddress": next((n.address for n in nics if n.is_default), None),
        **_details(call, vm),
        **_static_address(call, vm),
        "keypairs": vm.details.get("SSH.KeyPairNames"),
        "affinitygroup": [view_parts.affinity_group(call, vm, group) for group in affinity],
        "displayvm": vm.display if call.caller.is_root_admin else None,
        "isdynamicallyscalable": vm.dynamically_scalable,
        "deleteprotection": vm.delete_protection,
        "ostypeid": guest_os.uuid if guest_os else None,
        "osdisplayname": guest_os.display_name if guest_os else None,
        "pooltype": pool.pool_type if pool else None,
        "receivedbytes": 0,
        "sentbytes": 0,
        "tags": tags,
        "hasannotations": has_notes(call, vm),
        **_boot(vm),
        **_user_data(call, vm),
        **(_scaling_group(call, vm) if vm.autoscale_group_id is not None else {}),
        **(leases.fields(call, vm) if vm.lease_end is not None else {}),
        **(_group(call, vm) if wants("group") else {}),
        **(view_parts.template_fields(call, vm) if wants("tmpl") else {}),
        **(view_parts.network_function(call, vm) if wants("vnfnics") else {}),
        **(view_parts.iso(call, vm) if wants("iso") else {}),
        **view_parts.compute_offering(call, vm, named=wants("servoff"), sized=wants("servoff") or wants("stats")),
        **view_parts.gpu(call, vm),
        **(view_parts.backup_offering(call, vm) if wants("backoff") else {}),
        **(statistics(call, vm) if wants("stats") else {}),
        **(view_parts.first_volume(volumes) if wants("volume") else {}),
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
    def __init__(self, details: tuple[str, ...]) -> None:
        self.details = {d.lower() for d in details}

    def __call__(self, part: str) -> bool:
        return "all" in self.details or part in self.details


_wanted = lru_cache(maxsize=64)(_Wants)


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


def _arch(call: Call, vm: Instance) -> str:
    template = call.db.templates.get(vm.template_id)
    return template.arch if template is not None else "x86_64"
