"""Icons: uploadResourceIcon, listResourceIcon, deleteResourceIcon."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from .. import icons
from ..access import may_use_account
from ..call import Call
from ..errors import ApiError, InvalidParameter, PermissionDenied, ServerApiError
from ..model.operations import ResourceIcon
from ..model.tenants import account_text
from ..parameters import UUID
from ..registry import SUCCESS, command
from .tags import KINDS

IMAGES = (b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"BM")
"""How the kinds of images begin that the server reads."""


def _kind(call: Call) -> str:
    word = call.params.resourcetype
    for kind in (*icons.TABLES, *KINDS):
        if kind.lower() == word.lower():
            return str(kind)
    raise InvalidParameter(f"Invalid resource type {word}")


def _rows(call: Call, kind: str) -> list[Any]:
    if kind not in icons.TABLES:
        raise InvalidParameter(f"The resource type {kind} doesn't support resource icons")
    table, rows = call.db.tables[icons.TABLES[kind]], []
    for given in call.params.resourceids:
        row = table.find(given) if UUID.fullmatch(given) else table.get(int(given)) if given.isdigit() else None
        if row is None or row.removed is not None:
            raise InvalidParameter(f"Unable to find resource by uuid {given} and type {kind}")
        rows.append(row)
    return rows


def _check_access(call: Call, kind: str, row: Any) -> None:
    """Who may touch an object may give it a picture; what nobody owns belongs to the system."""
    system = call.db.accounts.the(name="system")
    number = row.id if kind == "Account" else getattr(row, "account_id", None)
    owner = call.db.accounts.get(number or getattr(row, "project_account_id", None)) or system
    if not may_use_account(call.caller, owner, call.db):
        raise PermissionDenied(
            f"{account_text(call.caller.account)} does not have permission to operate with resource "
            f"{account_text(owner)}"
        )


def _is_image(text: str) -> bool:
    try:
        return base64.b64decode(text, validate=True).startswith(IMAGES)
    except (binascii.Error, ValueError):
        return False


def _wrapped(error: ApiError) -> ServerApiError:
    """The server makes an internal error of whatever went wrong."""
    return ServerApiError(530, error.text)


@command("uploadResourceIcon")
def upload(call: Call) -> dict[str, Any]:
    try:
        if not _is_image(call.params.base64image):
            raise InvalidParameter("Invalid image uploaded")
        kind = _kind(call)
        rows = _rows(call, kind)
        for row in rows:
            _check_access(call, kind, row)
    except ApiError as error:
        raise _wrapped(error) from None
    for row in rows:
        icon = icons.of(call.sim, kind, row.uuid)
        if icon is None:
            call.db.resource_icons.add(
                ResourceIcon(resource=row.uuid, resource_type=kind, image=call.params.base64image)
            )
        else:
            icon.image = call.params.base64image
    call.event("UPLOAD.RESOURCE.ICON", "Successfully completed uploading resource icon", rows[-1])
    return SUCCESS


@command("listResourceIcon")
def list_icons(call: Call) -> dict[str, Any]:
    kind = _kind(call)
    found = [i for i in (icons.of(call.sim, kind, given) for given in call.params.resourceids) if i is not None]
    return call.listing("icon", found, lambda _call, icon: icons.view(icon))


@command("deleteResourceIcon")
def delete(call: Call) -> dict[str, Any]:
    try:
        kind = _kind(call)
        rows = [row for row in _rows(call, kind) if icons.of(call.sim, kind, row.uuid)]
        for row in rows:
            _check_access(call, kind, row)
    except ApiError as error:
        raise _wrapped(error) from None
    if not rows:
        raise ServerApiError(530, "Failed to delete resource image")
    for row in rows:
        call.db.resource_icons.delete(icons.of(call.sim, kind, row.uuid))
    call.event("DELETE.RESOURCE.ICON", "Successfully completed deleting resource icon", rows[-1])
    return SUCCESS
