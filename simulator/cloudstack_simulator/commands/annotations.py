"""Annotations."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..clock import timestamp
from ..errors import JavaError, PermissionDenied, ServerApiError
from ..listing import contains, equal, matching
from ..model.annotations import Annotation
from ..registry import command
from ..tables import Row

TABLES = {
    "HOST": "hosts", "DOMAIN": "domains", "VM": "vms", "VOLUME": "volumes", "SNAPSHOT": "snapshots",
    "VM_SNAPSHOT": "vm_snapshots", "INSTANCE_GROUP": "instance_groups", "SSH_KEYPAIR": "ssh_keys",
    "USER_DATA": "user_data", "NETWORK": "networks", "VPC": "vpcs", "PUBLIC_IP_ADDRESS": "ip_addresses",
    "VPN_CUSTOMER_GATEWAY": "vpn_customer_gateways", "TEMPLATE": "templates", "ISO": "templates",
    "KUBERNETES_CLUSTER": "kubernetes_clusters", "SERVICE_OFFERING": "service_offerings",
    "DISK_OFFERING": "disk_offerings", "NETWORK_OFFERING": "network_offerings", "ZONE": "zones", "POD": "pods",
    "CLUSTER": "clusters", "PRIMARY_STORAGE": "storage_pools", "SECONDARY_STORAGE": "image_stores", "VR": "vms",
    "SYSTEM_VM": "vms", "AUTOSCALE_VM_GROUP": "scaling_groups", "MANAGEMENT_SERVER": "management_servers",
    "OBJECT_STORAGE": "object_stores",
}  # fmt: skip
"""Kinds that may be annotated, with the table of their rows."""


def has_annotations(call: Call, row: Row) -> bool:
    """The `hasannotations` field of an answer: is there one that the caller may read?"""
    notes = call.db.annotations
    found = notes.where(entity_uuid=row.uuid) if notes.live else ()
    return any(call.caller.is_root_admin or not note.admins_only for note in found)


def annotation_view(call: Call, note: Annotation) -> dict[str, Any]:
    user = call.db.users[note.user_id]
    return {
        "id": note.uuid,
        "entitytype": note.entity_type,
        "entityid": note.entity_uuid,
        "entityname": _entity_name(call, note),
        "annotation": note.annotation,
        "userid": user.uuid,
        "username": user.username,
        "adminsonly": note.admins_only,
        "created": timestamp(note.created),
        "removed": timestamp(note.removed) if call.command == "listAnnotations" else None,
    }


def _entity_name(call: Call, note: Annotation) -> str | None:
    table = call.db.tables.get(TABLES[note.entity_type])
    row = table.find(note.entity_uuid) if table is not None else None
    return getattr(row, "instance_name", None) or getattr(row, "name", None)


@command("addAnnotation")
def add_annotation(call: Call) -> dict[str, Any]:
    p = call.params
    kind = (p.entitytype or "").upper()
    if kind and kind not in TABLES:
        raise ServerApiError(530, f"'{p.entitytype}' is not a valid EntityType to put annotations on")
    if not p.entityid or not kind:
        raise ServerApiError(530, "I have to have an entity to set an annotation on!")
    note = call.db.annotations.add(
        Annotation(
            entity_uuid=p.entityid,
            entity_type=kind,
            annotation=p.annotation or "",
            user_id=call.caller.user.id,
            admins_only=bool(p.adminsonly and call.caller.is_root_admin),
        )
    )
    call.event(
        "ANNOTATION.CREATE", f"Successfully completed creating an annotation on an entity. {kind} Id: {p.entityid}"
    )
    return {"annotation": annotation_view(call, note)}


@command("listAnnotations")
def list_annotations(call: Call) -> dict[str, Any]:
    """With `id` alone nothing is found: the server looks for the id among the entities."""
    p = call.params
    own = p.annotationfilter == "self"
    filters = [
        equal("entity_uuid", p.id),
        equal("entity_uuid", p.entityid),
        equal("entity_type", p.entitytype),
        contains("annotation", p.keyword),
        equal(lambda note: call.db.users[note.user_id].uuid, p.userid),
        equal("user_id", call.caller.user) if own else None,
        None if call.caller.is_root_admin else matching(lambda note: not note.admins_only),
    ]
    return call.listing("annotation", call.db.annotations, annotation_view, where=filters)


def _annotation(call: Call) -> Annotation:
    notes = call.db.annotations
    note: Annotation | None = notes.find(call.params.id)
    if note is None or note.removed is not None:
        raise JavaError(
            'Cannot invoke "org.apache.cloudstack.annotation.AnnotationVO.getEntityType()" because "annotation" is null'
        )
    if note.user_id != call.caller.user.id and not call.caller.is_root_admin:
        raise PermissionDenied(
            "Only administrators or entry owner users can delete annotations, cannot remove annotation"
        )
    return note


@command("updateAnnotationVisibility")
def update_annotation_visibility(call: Call) -> dict[str, Any]:
    note = _annotation(call)
    note.admins_only = call.params.adminsonly
    return {"annotation": annotation_view(call, note)}


@command("removeAnnotation")
def remove_annotation(call: Call) -> dict[str, Any]:
    note = _annotation(call)
    call.db.annotations.remove(note)
    call.event(
        "ANNOTATION.REMOVE", f"Successfully completed removing an annotation on an entity. Annotation Id: {note.uuid}"
    )
    return {"annotation": annotation_view(call, note)}
