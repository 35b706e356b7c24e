"""createExtension, listExtensions, updateExtension, deleteExtension, registerExtension, unregisterExtension."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter
from ...listing import equal
from ...model.extensions import Extension, ExtensionResource
from ...parameters import flat_map
from ...registry import SUCCESS, command
from ..common import check_details, completed

DIRECTORY = "/var/cloudstack/cloudstack/extensions"
SECTIONS = ("all", "resource", "external", "min")
DEEPEST = 2
"""Directories below the extension's own in which its entry point may be."""
STATES = ("Enabled", "Disabled")
PREPARES = "orchestratorrequirespreparevm"


def view(call: Call, extension: Extension, sections: tuple[str, ...] = ("all",)) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": extension.uuid,
        "name": extension.name,
        "description": extension.description,
        "type": extension.type,
        "path": f"{DIRECTORY}/{extension.path}",
        "pathready": extension.path_ready,
        "isuserdefined": extension.user_defined,
        "state": extension.state,
        "created": timestamp(extension.created),
    }
    if {"all", "resource"} & set(sections):
        rows = call.db.extension_resources.where(extension_id=extension.id)
        shown["resources"] = [_resource_view(call, row) for row in rows] or None
    if {"all", "external"} & set(sections):
        shown["details"] = dict(extension.details) or None
    return shown


def _resource_view(call: Call, row: ExtensionResource) -> dict[str, Any]:
    cluster = call.db.clusters[row.cluster_id]
    return {
        "id": cluster.uuid,
        "name": cluster.name,
        "type": "Cluster",
        "created": timestamp(row.created),
        "details": dict(row.details) or None,
    }


def _entry_point(name: str, given: str | None) -> str:
    """Its path below the directory of all extensions: in a directory of the extension's own."""
    own = re.sub(r"[^a-z0-9._-]", "_", name.lower())
    if not (given or "").strip():
        return f"{own}/{own}.sh"
    path = str(given).replace("\\", "/").removeprefix("/")
    if path == own:
        path = f"{own}/{own}"
    elif not path.startswith(own + "/"):
        path = f"{own}/{path}"
    if len([part for part in path.split("/") if part]) - 1 > DEEPEST:
        raise IllegalArgument("Entry point path cannot be nested more than two sub-directories deep")
    return path


def _state(text: str) -> str:
    if text not in STATES:
        raise InvalidParameter("Invalid state specified")
    return text


@command("createExtension")
def create(call: Call) -> dict[str, Any]:
    p = call.params
    if call.db.extensions.first(name=p.name) is not None:
        raise CloudRuntime("Extension by name already exists")
    if p.type != "Orchestrator":
        raise CloudRuntime(f"Invalid type specified - {p.type}")
    path = _entry_point(p.name, p.path)
    state = _state(p.state) if p.state else "Enabled"
    extension = call.db.extensions.add(
        Extension(
            name=p.name,
            description=p.description,
            type=p.type,
            path=path,
            state=state,
            path_ready=state == "Enabled",
            prepares_vms=p[PREPARES],
            details=flat_map(p.details),
        )
    )
    call.event("EXTENSION.CREATE", "Successfully completed creating extension", extension)
    return {"extension": view(call, extension)}


@command("listExtensions")
def list_extensions(call: Call) -> dict[str, Any]:
    p = call.params
    check_details(call, SECTIONS)
    sections = tuple(p.details or ("all",))
    return call.listing(
        "extension",
        call.db.extensions,
        lambda c, row: view(c, row, sections),
        where=[equal("id", p.id), equal("name", p.name)],
        keyword=("name",),
        newest_first=True,
    )


@command("updateExtension")
def update(call: Call) -> dict[str, Any]:
    p, extension = call.params, call.params.id
    if not extension or extension.removed is not None:
        raise InvalidParameter("Failed to find the extension")
    if p.state and p.state.lower() != extension.state.lower():
        extension.state = _state(p.state)
        extension.path_ready = extension.path_ready or extension.state == "Enabled"
    extension.description = p.get("description", extension.description)
    extension.prepares_vms = p.get(PREPARES, extension.prepares_vms)
    if p.cleanupdetails:
        extension.details = {}
    elif p.details:
        extension.details = flat_map(p.details)
    completed(call, "EXTENSION.UPDATE", "updating extension", extension)
    return {"extension": view(call, extension)}


@command("deleteExtension")
def delete(call: Call) -> dict[str, Any]:
    db, extension = call.db, call.params.id
    if extension is None or not extension or extension.removed is not None:
        raise InvalidParameter("Unable to find the extension with the specified id")
    if not extension.user_defined:
        raise InvalidParameter("System extension can not be deleted")
    if db.extension_resources.where(extension_id=extension.id):
        raise CloudRuntime("Extension has associated resources, unregister them to delete the extension")
    actions = db.custom_actions.where(extension_id=extension.id)
    if actions:
        raise CloudRuntime(f"Extension has {len(actions)} custom actions, delete them to delete the extension")
    db.extensions.remove(extension)
    completed(call, "EXTENSION.DELETE", "deleting extension", extension)
    return SUCCESS


def _cluster(call: Call, doing: str, text: str) -> Any:
    p = call.params
    if p.resourcetype != "Cluster":
        raise InvalidParameter(f"Currently only [Cluster] can be used to {doing} an extension of type Orchestrator")
    cluster = call.db.clusters.find(p.resourceid)
    if cluster is None or cluster.removed is not None:
        raise InvalidParameter(text)
    return cluster


@command("registerExtension")
def register(call: Call) -> dict[str, Any]:
    p, resources = call.params, call.db.extension_resources
    cluster = _cluster(call, "register", "Invalid cluster ID specified")
    extension = p.extensionid
    if not extension or extension.removed is not None:
        raise InvalidParameter("Invalid extension specified")
    if cluster.hypervisor != "External":
        raise CloudRuntime(f"Cluster ID: {cluster.id} is not of {cluster.hypervisor} hypervisor type")
    existing = resources.first(cluster_id=cluster.id)
    if existing is not None and existing.extension_id == extension.id:
        raise CloudRuntime(f"Extension: {extension.name} is already registered with this cluster: {cluster.name}")
    if existing is not None:
        raise CloudRuntime(f"An extension is already registered with this cluster: {cluster.name}")
    resources.add(ExtensionResource(extension_id=extension.id, cluster_id=cluster.id, details=flat_map(p.details)))
    completed(call, "EXTENSION.RESOURCE.REGISTER", "registering extension resource", extension)
    return {"extension": view(call, extension)}


@command("unregisterExtension")
def unregister(call: Call) -> dict[str, Any]:
    """A cluster that no extension is registered with is fine too."""
    cluster = _cluster(call, "unregister", "Unable to find cluster with given ID")
    existing = call.db.extension_resources.first(cluster_id=cluster.id)
    if existing is not None:
        call.db.extension_resources.delete(existing)
    completed(call, "EXTENSION.RESOURCE.UNREGISTER", "unregistering extension resource", call.params.extensionid)
    return {"extension": view(call, call.params.extensionid)}
