"""Registered user data, and its link to templates."""

from __future__ import annotations

from typing import Any

from ...access import owner as finalize_owner
from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal
from ...model.instances import UserData
from ...registry import SUCCESS, command
from ..common import completed, has_notes, owner_fields
from . import inputs

POLICIES = ("ALLOWOVERRIDE", "APPEND", "DENYOVERRIDE")


def data_view(call: Call, row: UserData) -> dict[str, Any]:
    return {
        "id": row.uuid,
        "name": row.name,
        **owner_fields(call, row.account_id),
        "userdata": row.text,
        "params": row.params,
        "hasannotations": has_notes(call, row),
    }


def _check_name(call: Call, owner: Any) -> None:
    if call.db.user_data.first(account_id=owner.id, name=call.params.name):
        raise InvalidParameter(f"A userdata with name {call.params.name} already exists for this account.")


@command("registerCniConfiguration")
def register_cni(call: Call) -> dict[str, Any]:
    p, owner = call.params, finalize_owner(call)
    _check_name(call, owner)
    text = inputs.user_data(call, p.cniconfig) or ""
    row = call.db.user_data.add(
        UserData(name=p.name, account_id=owner.id, text=text, params=p.params, for_clusters=True)
    )
    completed(call, "REGISTER.CNI.CONFIG", "registering CNI configuration. CNI Configuration Name", row, name=row.name)
    return {"cniconfig": data_view(call, row)}


@command("registerUserData")
def register(call: Call) -> dict[str, Any]:
    p = call.params
    owner = finalize_owner(call)
    text = inputs.user_data(call, p.userdata)
    _check_name(call, owner)
    same = next((r for r in call.db.user_data.where(account_id=owner.id) if r.text == text), None)
    if same is not None:
        raise InvalidParameter(f"Userdata {same.name} with same content already exists for this account.")
    row = call.db.user_data.add(UserData(name=p.name, account_id=owner.id, text=text or "", params=p.params))
    completed(call, "REGISTER.USER.DATA", "registering user data. User Data Name", row, name=row.name)
    return {"userdata": data_view(call, row)}


@command("listUserData")
def list_data(call: Call) -> dict[str, Any]:
    return _listing(call, "userdata", for_clusters=False)


@command("listCniConfiguration")
def list_cni(call: Call) -> dict[str, Any]:
    return _listing(call, "cniconfig", for_clusters=True)


def _listing(call: Call, name: str, *, for_clusters: bool) -> dict[str, Any]:
    p = call.params
    return call.listing(
        name,
        call.db.user_data,
        data_view,
        where=[equal("id", p.id), equal("name", p.name), equal("for_clusters", for_clusters)],
        keyword=("name",),
        owned=True,
        newest_first=True,
    )


@command("deleteUserData")
def delete(call: Call) -> dict[str, Any]:
    row = _remove(call)
    completed(call, "DELETE.USER.DATA", "deleting user data. User Data Name", row, name=row.name)
    return SUCCESS


@command("deleteCniConfiguration")
def delete_cni(call: Call) -> dict[str, Any]:
    row = _remove(call)
    completed(call, "DELETE.CNI.CONFIG", "deleting CNI configuration. CNI Configuration Name", row, name=row.name)
    return SUCCESS


def _remove(call: Call) -> UserData:
    row = call.params.id
    owner = finalize_owner(call)
    if not row or row.removed is not None or row.account_id != owner.id:
        raise InvalidParameter(
            f"A UserData with id '{row.id}' does not exist for account {owner.name} in specified domain id",
            uuids=((call.db.domains[owner.domain_id].uuid, "domainId"),),
        )
    if any(t.user_data_id == row.id for t in call.db.templates):
        raise CloudRuntime(f"Userdata {row.name} cannot be removed as it is linked to active template/templates")
    if any(vm.user_data_id == row.id for vm in call.db.vms.where(vm_type="User")):
        raise CloudRuntime(f"Userdata {row.name} cannot be removed as it is being used by some VMs")
    call.db.user_data.delete(row)
    return row


@command("linkUserDataToTemplate")
def link(call: Call) -> dict[str, Any]:
    p = call.params
    if p.templateid is not None and p.isoid is not None:
        raise InvalidParameter("Both template ID and ISO ID are passed, API accepts only one")
    template = p.templateid if p.templateid is not None else p.isoid
    if template is None:
        raise InvalidParameter("Atleast one of template ID or ISO ID needs to be passed")
    if not template or template.removed is not None:
        raise InvalidParameter(f"unable to find template with id {template.id}")
    policy = (p.userdatapolicy or POLICIES[0]).upper() if p.userdataid is not None else None
    if policy is not None and policy not in POLICIES:
        raise CloudRuntime(
            "Failed to link userdata to template, due to: No enum constant "
            f"com.cloud.user.UserData.UserDataOverridePolicy.{policy}"
        )
    template.user_data_id = p.userdataid.id if p.userdataid is not None else None
    template.user_data_policy = policy
    return {"template": _linked_view(call, template)}


def _linked_view(call: Call, template: Any) -> dict[str, Any]:
    """A template as this command answers it: without what belongs to a zone."""
    data, guest_os = call.db.user_data.get(template.user_data_id), call.db.guest_os.get(template.guest_os_id)
    return {
        "id": template.uuid,
        "name": template.name,
        "displaytext": template.display_text,
        "ispublic": template.public,
        "created": timestamp(template.created),
        "isready": False,
        "format": template.format,
        "bootable": template.bootable,
        "isfeatured": False,
        "crossZones": False,
        "ostypeid": guest_os.uuid if guest_os else None,
        "ostypename": guest_os.display_name if guest_os else None,
        "templatetype": template.kind,
        "hypervisor": template.hypervisor,
        **owner_fields(call, template.account_id),
        "bits": template.bits,
        "isdynamicallyscalable": template.dynamically_scalable,
        "userdataid": data.uuid if data else None,
        "userdataname": data.name if data else None,
        "userdatapolicy": template.user_data_policy if data else None,
        "userdataparams": data.params if data else None,
        "tags": [],
    }
