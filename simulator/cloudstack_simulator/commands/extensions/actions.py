"""Custom actions of extensions: add, list, update, delete, run."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter, NotModelled
from ...listing import equal, matching
from ...model.extensions import CustomAction
from ...parameters import flat_map
from ...registry import SUCCESS, command
from ..common import completed

RESOURCES = ("VirtualMachine",)
ROLES = ("Admin", "ResourceAdmin", "DomainAdmin", "User")
FORMATS = {"NONE": None, "UUID": "STRING", "EMAIL": "STRING", "PASSWORD": "STRING", "URL": "STRING",
           "DECIMAL": "NUMBER"}  # fmt: skip
"""Forms of values, and the type that has them."""
TYPES = ("STRING", "NUMBER", "BOOLEAN", "DATE")
INTERNAL = "Internal error running action"


def view(call: Call, action: CustomAction) -> dict[str, Any]:
    extension = call.db.extensions.get(action.extension_id)
    return {
        "id": action.uuid,
        "name": action.name,
        "description": action.description,
        "resourcetype": action.resource_type,
        "allowedroletypes": list(action.role_types),
        "successmessage": action.success_message,
        "errormessage": action.error_message,
        "timeout": action.timeout,
        "enabled": action.enabled,
        "created": timestamp(action.created),
        "extensionid": extension.uuid if extension else None,
        "extensionname": extension.name if extension else None,
        "parameters": [dict(parameter) for parameter in action.parameters],
        "details": dict(action.details),
    }


def _resource_type(text: str) -> str:
    for kind in RESOURCES:
        if kind.lower() == text.lower():
            return kind
    raise InvalidParameter(f"Invalid resource type specified: {text}. Valid values are: [{', '.join(RESOURCES)}]")


def _roles(names: list[str]) -> list[str]:
    for name in names:
        if name not in ROLES:
            raise InvalidParameter(f"Invalid role specified - {name}")
    return [role for role in ROLES if role in names]


def _parameters(call: Call) -> list[dict[str, Any]]:
    entries = [entry for _index, entry in sorted((call.params.parameters or {}).items()) if isinstance(entry, dict)]
    return [_parameter(entry) for entry in entries]


def _parameter(entry: dict[str, str]) -> dict[str, Any]:
    name, kind = (entry.get("name") or "").strip(), (entry.get("type") or "").strip().upper()
    if not name:
        raise InvalidParameter("Invalid parameter specified with empty name")
    if not kind:
        raise InvalidParameter(f"No type specified for parameter: {name}")
    if kind not in TYPES:
        raise InvalidParameter(f"Invalid type: {entry['type']} specified for parameter: {name}")
    form = (entry.get("validationformat") or "NONE").strip().upper()
    if form not in FORMATS or FORMATS[form] not in (None, kind):
        raise InvalidParameter(f"Invalid validation format: {entry['validationformat']} specified for type: {kind}")
    options = [o.strip() for o in (entry.get("valueoptions") or "").split(",") if o.strip()]
    return {
        "name": name,
        "type": kind,
        "validationformat": form,
        "required": (entry.get("required") or "").lower() == "true",
        **({"valueoptions": options} if options else {}),
    }


@command("addCustomAction")
def add(call: Call) -> dict[str, Any]:
    p, extension = call.params, call.params.extensionid
    if not re.fullmatch(r"[a-zA-Z0-9 _-]+", p.name):
        raise InvalidParameter(
            f"Invalid action name: {p.name}. It can contain only alphabets, numbers, hyphen, underscore and space"
        )
    if call.db.custom_actions.first(extension_id=extension.id, name=p.name) is not None:
        raise CloudRuntime("Action by name already exists")
    if not extension or extension.removed is not None:
        raise InvalidParameter("Specified extension can not be found")
    parameters = _parameters(call)
    kind = _resource_type(p.resourcetype) if p.resourcetype else None
    if kind is None and extension.type == "Orchestrator":
        kind = RESOURCES[0]
    action = call.db.custom_actions.add(
        CustomAction(
            name=p.name,
            extension_id=extension.id,
            description=p.description,
            resource_type=kind,
            role_types=_roles([*(p.allowedroletypes or []), "Admin"]),
            success_message=p.successmessage,
            error_message=p.errormessage,
            timeout=p.get("timeout", 3),
            enabled=bool(p.enabled),
            parameters=parameters,
            details=flat_map(p.details),
        )
    )
    call.event("EXTENSION.CUSTOM.ACTION.ADD", "Successfully completed adding extension custom action", action)
    return {"extensioncustomaction": view(call, action)}


@command("listCustomActions")
def list_actions(call: Call) -> dict[str, Any]:
    """Whatever `enabled` says, enabled ones are meant; others than admins see what their type of role may run."""
    p = call.params
    if p.resourcetype and p.resourcetype not in RESOURCES:
        raise InvalidParameter("Invalid resource type specified")
    extension = p.extensionid
    if extension is None and p.resourcetype and p.resourceid:
        extension = _extension_of(call, p.resourceid)
    role = call.caller.role.role_type
    filters = [
        equal("id", p.id),
        equal("name", p.name or None),
        equal("extension_id", extension),
        equal("enabled", True) if p.enabled is not None else None,
        matching(lambda a: a.resource_type in (None, p.resourcetype)) if p.resourcetype else None,
        matching(lambda a: role in a.role_types) if role != "Admin" else None,
    ]
    return call.listing(
        "extensioncustomaction", call.db.custom_actions, view, where=filters, keyword=("name",), newest_first=True
    )


def _extension_of(call: Call, uuid: str) -> Any:
    vm = call.db.vms.find(uuid)
    host = call.db.hosts.get(vm.host_id or vm.last_host_id) if vm is not None else None
    row = call.db.extension_resources.first(cluster_id=host.cluster_id) if host is not None else None
    if row is None:
        raise InvalidParameter("Internal error listing custom actions with specified resource")
    return call.db.extensions[row.extension_id]


@command("updateCustomAction")
def update(call: Call) -> dict[str, Any]:
    p, action = call.params, call.params.id
    if not action or action.removed is not None:
        raise CloudRuntime("Action not found")
    kind = _resource_type(p.resourcetype) if p.resourcetype is not None else action.resource_type
    roles = _roles(p.allowedroletypes) if p.allowedroletypes else action.role_types
    parameters = _parameters(call)
    action.resource_type, action.role_types = kind, roles
    action.description = p.description if (p.description or "").strip() else action.description
    for name, field in (
        ("successmessage", "success_message"),
        ("errormessage", "error_message"),
        ("timeout", "timeout"),
        ("enabled", "enabled"),
    ):
        if p[name] is not None:
            setattr(action, field, p[name])
    if p.cleanupparameters or parameters:
        action.parameters = [] if p.cleanupparameters else parameters
    if p.cleanupdetails or p.details:
        action.details = {} if p.cleanupdetails else flat_map(p.details)
    completed(call, "EXTENSION.CUSTOM.ACTION.UPDATE", "updating extension custom action", action)
    return {"extensioncustomaction": view(call, action)}


@command("deleteCustomAction")
def delete(call: Call) -> dict[str, Any]:
    action = call.params.id
    if action is None or not action or action.removed is not None:
        raise InvalidParameter("Unable to find the custom action with the specified id")
    call.db.custom_actions.remove(action)
    completed(call, "EXTENSION.CUSTOM.ACTION.DELETE", "deleting extension custom action", action)
    return SUCCESS


@command("runCustomAction")
def run(call: Call) -> Any:
    """What the server refuses. The entry point itself would run on the servers: nothing here can do what it does."""
    p, action = call.params, call.params.customactionid
    if not action or action.removed is not None:
        raise InvalidParameter(INTERNAL)
    role = call.caller.role.role_type
    if (role != "Admin" and role not in action.role_types) or not action.enabled:
        raise InvalidParameter(INTERNAL)
    extension = call.db.extensions[action.extension_id]
    if extension.removed is not None or extension.state != "Enabled":
        raise CloudRuntime(INTERNAL)
    if action.resource_type is None and not p.resourcetype:
        raise InvalidParameter("Resource type not specified for the action")
    if p.resourcetype and p.resourcetype.lower() not in [kind.lower() for kind in RESOURCES]:
        raise CloudRuntime(INTERNAL)
    vm = call.db.vms.find(p.resourceid)
    if vm is None or vm.removed is not None:
        raise CloudRuntime(INTERNAL)
    if vm.hypervisor != "External":
        raise InvalidParameter(INTERNAL)
    raise NotModelled(call.command)
