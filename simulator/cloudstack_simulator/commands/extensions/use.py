"""What other areas know of extensions: details for them, and the one that a cluster is registered with."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...model.extensions import ExtensionResource
from ...parameters import flat_map

PREFIX = "External:"
"""How details that are meant for an extension begin among the other ones."""


def external_details(call: Call) -> dict[str, str]:
    """`externaldetails` as they are kept."""
    return {f"{PREFIX}{name}": str(value) for name, value in flat_map(call.params.externaldetails).items()}


def changed(call: Call, details: dict[str, str]) -> dict[str, str]:
    """The details with those of an update, which all earlier ones make room for."""
    given = external_details(call)
    if not given and not call.params.cleanupexternaldetails:
        return details
    others = {name: value for name, value in details.items() if not name.startswith(PREFIX)}
    return others if call.params.cleanupexternaldetails else others | given


def cluster_fields(call: Call, cluster_id: int | None) -> dict[str, Any]:
    """The extension of a cluster, in its own view and in those of its hosts."""
    found = call.db.extension_resources.first(cluster_id=cluster_id)
    return extension_fields(call, found.extension_id if found is not None else None)


def extension_fields(call: Call, number: int | None) -> dict[str, Any]:
    extension = call.db.extensions.get(number)
    return {} if extension is None else {"extensionid": extension.uuid, "extensionname": extension.name}


def check_new_cluster(call: Call, hypervisor: str) -> None:
    p = call.params
    if p.extensionid is not None and hypervisor != "External":
        raise InvalidParameter("Extension can be specified only for External hypervisor type")
    if p.extensionid is not None and (not p.extensionid or p.extensionid.removed is not None):
        raise InvalidParameter("Invalid extension specified")
    if p.externaldetails and p.extensionid is None:
        raise InvalidParameter("External details can be specified only with extension")


def register_new(call: Call, cluster: Any) -> None:
    p = call.params
    if p.extensionid is not None:
        call.db.extension_resources.add(
            ExtensionResource(extension_id=p.extensionid.id, cluster_id=cluster.id, details=flat_map(p.externaldetails))
        )


def change_cluster(call: Call, cluster: Any) -> None:
    """Give the cluster's extension other details."""
    if not call.params.externaldetails:
        return
    found = call.db.extension_resources.first(cluster_id=cluster.id)
    if found is None:
        raise InvalidParameter(
            f"Cluster: {cluster.name} is not registered with any extension, details cannot be updated"
        )
    found.details = flat_map(call.params.externaldetails)


def forget_cluster(call: Call, cluster: Any) -> None:
    for row in call.db.extension_resources.where(cluster_id=cluster.id):
        call.db.extension_resources.delete(row)
