# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the upload of a certificate got, for a run after one that was cut off before any system VM served it.

No command tells which certificate the server has; its events tell that something was uploaded, and when. So a remark
at a zone, which admins see, says which certificate was begun, and the uploads since then are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..client import ApiError, NotAllowed
from .bundle import Bundle
from .upload import Upload

UPLOADED = "UPLOAD.CUSTOM.CERTIFICATE"
_ABOUT = "cloudstack.ops: upload of the certificate"
Send = Callable[[str, Mapping[str, Any], str], Mapping[str, Any]]
"""Sends a changing call: command, parameters, object."""


class Journal:
    """What a run before this one has uploaded. ``is_open``: there is a remark, so it did not get to its end."""

    def __init__(self, client: Any, bundle: Bundle) -> None:
        self._client = client
        self._text = f"{_ABOUT} {bundle.facts['fingerprint']}, in "
        self._rows = self._remarks()

    @property
    def is_open(self) -> bool:
        return bool(self._rows)

    def left(self, calls: Sequence[Upload]) -> list[Upload]:
        """The calls that are still to be sent: all of them where that is not certain."""
        own = [row for row in self._rows if str(row.get("annotation")) == f"{self._text}{len(calls)} calls"]
        since = _moment(own[0].get("created")) if len(own) == len(self._rows) == 1 else None
        sent = self._uploads_since(since) if since else 0
        # More than were begun: somebody else has uploaded something since.
        return list(calls[sent:]) if sent <= len(calls) else list(calls)

    def begin(self, calls: Sequence[Upload], left: Sequence[Upload], send: Send) -> str:
        """Writes the remark before the first call. Returns why there is none, where the caller may not write one."""
        if len(left) < len(calls):
            return ""
        self.end(send)
        try:
            zone = self._client.list("listZones")[0]["id"]
            text = f"{self._text}{len(calls)} calls"
            wanted = {"entitytype": "ZONE", "entityid": zone, "annotation": text, "adminsonly": True}
            self._rows = [dict(send("addAnnotation", wanted, "remark at a zone")["annotation"])]
        except (NotAllowed, ApiError) as error:
            return f"no remark about the upload could be written: {error.message}"
        return ""

    def end(self, send: Send) -> None:
        """Takes the remark away: it is served, or it is not and the next run has to upload it anew."""
        rows, self._rows = self._rows, []
        for row in rows:
            send("removeAnnotation", {"id": row["id"]}, "remark at a zone")

    def _remarks(self) -> list[Mapping[str, Any]]:
        try:
            rows = self._client.list("listAnnotations", {"keyword": _ABOUT, "annotationfilter": "all"})
        except (NotAllowed, ApiError):
            return []
        return [row for row in rows if str(row.get("annotation", "")).startswith(_ABOUT)]

    def _uploads_since(self, since: datetime) -> int:
        rows = self._client.list("listEvents", {"type": UPLOADED, "listall": True})
        ended = [_moment(row.get("created")) for row in rows if row.get("state") == "Completed"]
        return sum(1 for moment in ended if moment and moment >= since)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
