"""Annotations."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..clock import timestamp
from ..errors import CloudRuntime, JavaError, PermissionDenied
from ..listing import Filter, contains, equal, matching
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
DOMAIN_ADMINS = frozenset({"DOMAIN", "SERVICE_OFFERING", "DISK_OFFERING"})
"""Kinds that domain admins may annotate, users not."""
ADMINS = frozenset({
    "NETWORK_OFFERING", "ZONE", "POD", "CLUSTER", "HOST", "PRIMARY_STORAGE", "SECONDARY_STORAGE", "VR", "SYSTEM_VM",
    "MANAGEMENT_SERVER", "OBJECT_STORAGE",
})  # fmt: skip
"""Kinds that only root admins may annotate."""


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


def _entity(call: Call, kind: str, uuid: str) -> Any:
    """The living row that is meant, or None: annotations are kept for ids that were never anything, too."""
    table = call.db.tables.get(TABLES[kind])
    row = table.find(uuid) if table is not None else None
    return row if row is not None and row.removed is None else None


def _entity_name(call: Call, note: Annotation) -> str | None:
    row = _entity(call, note.entity_type, note.entity_uuid)
    return getattr(row, "instance_name", None) or getattr(row, "name", None)


def _refused_kinds(call: Call) -> frozenset[str]:
    """The kinds that the caller may neither annotate nor read about in lists of many things."""
    caller = call.caller
    if caller.is_root_admin:
        return frozenset()
    return ADMINS if caller.is_domain_admin else ADMINS | DOMAIN_ADMINS


def _is_callers(call: Call, kind: str, uuid: str) -> bool:
    """Whether the caller reaches the annotated thing. Of a thing that is not there nobody but admins may speak."""
    if call.caller.is_root_admin:
        return True
    if kind not in TABLES or kind in _refused_kinds(call):
        return False
    row = _entity(call, kind, uuid)
    try:
        if kind == "DOMAIN" and row is not None:
            call.check_domain(row)
        elif kind not in DOMAIN_ADMINS:
            if row is None:
                raise CloudRuntime(f"Could not find an entity with type: {kind} and ID: {uuid}")
            if kind == "NETWORK" and row.acl_type == "Domain":
                call.check_domain(call.db.domains[row.domain_id])
            else:
                call.check_access(row)
    except PermissionDenied:
        return False
    return True


@command("addAnnotation")
def add_annotation(call: Call) -> dict[str, Any]:
    """Users may annotate what others own, as long as it is there: that it is not theirs is only logged."""
    p, kind = call.params, call.params.entitytype
    if p.entityid is None:
        raise JavaError("I have to have an entity to set an annotation on!")
    if kind is None:
        raise JavaError("Name is null")
    if kind not in TABLES:
        raise JavaError(f"'{kind}' is not a valid EntityType to put annotations on")
    if kind in _refused_kinds(call):
        raise CloudRuntime(f"User: {call.caller.user.username} is not allowed to add annotations on type: {kind}")
    _is_callers(call, kind, p.entityid)
    note = call.db.annotations.add(
        Annotation(
            entity_uuid=p.entityid,
            entity_type=kind,
            annotation=p.annotation or "",
            user_id=call.caller.user.id,
            admins_only=bool(p.adminsonly),
        )
    )
    call.event(
        "ANNOTATION.CREATE",
        f"Successfully completed creating an annotation on an entity. {kind} Id: {p.entityid}",
        _entity(call, kind, p.entityid),
    )
    return {"annotation": annotation_view(call, note)}


@command("listAnnotations")
def list_annotations(call: Call) -> dict[str, Any]:
    """The newest first."""
    p = call.params
    where = [_by_id(call)] if p.id is not None else _by_entity(call)
    return call.listing(
        "annotation",
        call.db.annotations,
        annotation_view,
        where=where,
        sort=lambda note: (-int(note.created), note.id),
    )


def _by_id(call: Call) -> Filter:
    """By its id an annotation is found only with its author, by admins if it is for admins, by others if it is not."""
    p = call.params
    own = (p.annotationfilter or "all").lower()

    def is_meant(note: Annotation) -> bool:
        author = call.db.users[note.user_id]
        return (
            note.uuid == p.id
            and author.uuid == p.userid
            and (own == "all" or (own == "self" and author is call.caller.user))
            and note.admins_only == call.caller.is_root_admin
        )

    return matching(is_meant)


def _by_entity(call: Call) -> list[Filter | None]:
    """The filters of annotations of one thing, of a kind of things, or of all that the caller reaches."""
    p, caller = call.params, call.caller
    own = (p.annotationfilter or "").lower() == "self"
    author = p.userid or None
    filters = [
        equal("entity_uuid", p.entityid or None),
        equal("entity_type", p.entitytype or None),
        contains("annotation", p.keyword or None),
        equal(lambda note: call.db.users[note.user_id].uuid, author),
        equal("user_id", caller.user) if own and (author is None or p.entityid) else None,
    ]
    if caller.is_root_admin:
        return filters
    filters.append(matching(lambda note: not note.admins_only))
    if p.entityid:
        _check_entity(call)
    else:
        filters.append(matching(lambda note: _is_callers(call, note.entity_type, note.entity_uuid)))
    return filters


def _check_entity(call: Call) -> None:
    """Who asks about one thing reads what is open to all, his or not; only there has to be such a thing."""
    p = call.params
    first = call.db.annotations.first(entity_uuid=p.entityid)
    kind = p.entitytype or (first.entity_type if first is not None else None)
    if kind is not None:
        _is_callers(call, kind, p.entityid)


def _annotation(call: Call) -> Annotation | None:
    note: Annotation | None = call.db.annotations.find(call.params.id)
    return None if note is None or note.removed is not None else note


@command("updateAnnotationVisibility")
def update_annotation_visibility(call: Call) -> dict[str, Any]:
    p, note = call.params, _annotation(call)
    if note is None or not call.caller.is_root_admin:
        what = f"Type: {note.entity_type}" if note is not None else f"Annotation id:{p.id} does not exist"
        raise CloudRuntime(
            "Only admins can update annotations' visibility. Cannot update visibility for annotation with id: "
            f"{p.id} - {what}"
        )
    note.admins_only = p.adminsonly
    return {"annotation": annotation_view(call, note)}


@command("removeAnnotation")
def remove_annotation(call: Call) -> dict[str, Any]:
    note = _annotation(call)
    if note is None:
        raise JavaError(
            'Cannot invoke "org.apache.cloudstack.annotation.AnnotationVO.getEntityType()" because "annotation" is null'
        )
    if note.user_id != call.caller.user.id and not call.caller.is_root_admin:
        raise CloudRuntime(
            "Only administrators or entity owner users can delete annotations, cannot remove annotation with uuid: "
            f"{note.uuid} - type: {note.entity_type} "
        )
    call.db.annotations.remove(note)
    call.event(
        "ANNOTATION.REMOVE",
        f"Successfully completed removing an annotation on an entity. Annotation Id: {note.uuid}",
        _entity(call, note.entity_type, note.entity_uuid),
    )
    return {"annotation": annotation_view(call, note)}
