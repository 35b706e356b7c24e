"""Ids that root admins choose themselves (`customid`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .errors import InvalidParameter, PermissionDenied

if TYPE_CHECKING:
    from .call import Call
    from .tables import Table

FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def given(call: Call, table: Table[Any]) -> str | None:
    """The id that a call wants for a row of the table: of the right form, and nobody's yet."""
    wanted: str | None = call.params.customid
    if wanted is None:
        return None
    if not call.caller.is_root_admin:
        raise PermissionDenied("Please check your permissions, you are not allowed to create/update custom id")
    if not FORM.fullmatch(wanted):
        raise InvalidParameter(f"UUID: {wanted} doesn't follow the UUID format")
    other = table.find(wanted)
    if other is not None and other.removed is None:
        raise InvalidParameter(f"UUID: {wanted} already exists so can't create/update with custom id")
    return wanted


def check_change(call: Call) -> None:
    """Commands that change something refuse a wrong id before they look at anything else."""
    parameter = call.fact.params.get("id")
    if "customid" not in call.fact.params or call.fact.creates or parameter is None:
        return
    table = call.db.table_of(parameter.entity)
    if table is not None:
        given(call, table)
