"""Annotations."""

from __future__ import annotations

from ..call import Call
from ..tables import Row


def has_annotations(call: Call, row: Row) -> bool:
    """The `hasannotations` field of an answer: is there one that the caller may read?"""
    found = call.db.annotations.where(entity_uuid=row.uuid)
    return any(call.caller.is_root_admin or not note.admins_only for note in found)
