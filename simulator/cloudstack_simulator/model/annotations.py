"""Annotations: comments on any object."""

from __future__ import annotations

from ..tables import Row, entity


@entity("annotations", "Annotation", indexes=("entity_uuid",))
class Annotation(Row):
    entity_uuid: str
    entity_type: str
    annotation: str
    user_id: int
    admins_only: bool = False
