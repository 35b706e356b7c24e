# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking images out of the cloud, and volumes back to a snapshot: deeds, not states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..client import ApiError, InvalidInput, of_all_owners
from ..model import Operation, Option
from .owned import OWNER, ZONE

_PLACE = tuple(replace(option, behaviour=True) for option in (ZONE, *OWNER))
_MODES = {"http_download": "HTTP_DOWNLOAD", "ftp_upload": "FTP_UPLOAD"}
# Kind: command, key of the answer, what it needs.
_EXTRACTED = {
    "volume": ("extractVolume", "volume", "The volume must be detached, or its instance stopped."),
    "template": ("extractTemplate", "template", "The template must be extractable, unless the caller is an admin."),
    "iso": ("extractIso", "iso", "The ISO must be extractable, unless the caller is an admin."),
}


def _found(task: Any, kind: str) -> dict[str, Any]:
    scope = {option.name: task.option(option.name) for option in _PLACE if task.option(option.name)}
    return task.view.find(kind, task.option("name"), scope)


def _extract(kind: str, task: Any) -> dict[str, Any]:
    command, key, _needs = _EXTRACTED[kind]
    mode = task.option("mode")
    if mode == "ftp_upload" and not task.option("url"):
        raise InvalidInput("mode=ftp_upload needs url", option="url", remedy="give the address to upload to")
    row = _found(task, kind)
    zone = task.view.find("zone", task.option("zone"))["id"] if task.option("zone") else row.get("zoneid")
    if task.check:
        return {"changed": True, "url": ""}
    params = {"id": row["id"], "mode": _MODES[mode], "zoneid": zone, "url": task.option("url")}
    answer = task.client.run(command, params, obj=f"{kind} {row.get('name')}").get(key) or {}
    if mode == "http_download" and not answer.get("url"):
        raise ApiError(
            f"the server reported success for {kind} {row.get('name')}, but made no link",
            command=command,
            server_text=str(answer.get("resultstring") or answer.get("status") or ""),
            remedy="check that a secondary storage VM of the zone is running",
        )
    return {"changed": True, "url": answer.get("url", ""), "state": answer.get("state", "")}


def _extraction(kind: str) -> Operation:
    noun = "ISO" if kind == "iso" else kind
    return Operation(
        name=f"{kind}_extract",
        summary=f"Make a link to download a {noun}" if kind != "iso" else "Make a link to download an ISO",
        description=(f"Copies the {noun} to a place from which it can be downloaded, and returns the link.",),
        notes=(
            _EXTRACTED[kind][2],
            (
                "Every run makes a link. It works until the time that the setting "
                "V(extract.url.expiration.interval) tells."
            ),
            "Whoever has the link can download the image, so use C(no_log) where results are kept.",
            "The server refuses if extraction is switched off by the setting V(disable.extraction).",
        ),
        options=(
            Option("name", required=True, behaviour=True, help=f"Name or id of the {noun}."),
            *_PLACE,
            Option(
                "mode",
                behaviour=True,
                default="http_download",
                choices=tuple(_MODES),
                help="Whether a link is made, or the image is sent to O(url).",
            ),
            Option("url", behaviour=True, help="Address to send the image to, with O(mode=ftp_upload)."),
        ),
        run=partial(_extract, kind),
        returns={
            "url": ("str", "The link. Empty in check mode."),
            "state": ("str", "What the server says of the extraction, V(DOWNLOAD_URL_CREATED) for example."),
        },
    )


def _revert(task: Any) -> dict[str, Any]:
    snapshot = _found(task, "snapshot")
    volume = str(snapshot.get("volumename"))
    if task.option("confirm") != volume:
        raise InvalidInput(
            f"reverting loses everything written to the volume {volume} since {snapshot.get('created')}",
            option="confirm",
            obj=f"snapshot {snapshot.get('name')}",
            remedy=f"set confirm to {volume} if that is meant; take a snapshot of the present state first",
        )
    if snapshot.get("state") != "BackedUp":
        raise InvalidInput(
            f"the snapshot is {snapshot.get('state')}, and only one that is BackedUp can be reverted to",
            option="name",
            obj=f"snapshot {snapshot.get('name')}",
            remedy="wait until it is backed up",
        )
    _must_be_stopped(task, snapshot)
    if not task.check:
        task.client.run("revertSnapshot", {"id": snapshot["id"]}, obj=f"snapshot {snapshot.get('name')}")
    return {"changed": True, "volume": volume, "snapshot": snapshot["id"]}


def _must_be_stopped(task: Any, snapshot: Mapping[str, Any]) -> None:
    """The server finds out only in its job that the volume is written to."""
    for volume in of_all_owners(task.client, "listVolumes", {"id": snapshot["volumeid"]}):
        if volume.get("vmstate") not in (None, "Stopped"):
            raise InvalidInput(
                f"instance {volume.get('vmname')} of volume {volume['name']} is {volume['vmstate']}",
                option="name",
                obj=f"snapshot {snapshot.get('name')}",
                remedy="stop it first (module instance, state: stopped)",
            )


SNAPSHOT_REVERT = Operation(
    name="snapshot_revert",
    summary="Take a volume back to a snapshot",
    description=("Overwrites a volume with what it was when the snapshot was taken.",),
    notes=(
        "Everything written since is lost; take another snapshot before.",
        "The instance of the volume must be stopped. Not every hypervisor and storage can do it.",
        "It is done in every run.",
    ),
    options=(
        Option("name", required=True, behaviour=True, help="Name or id of the snapshot."),
        *_PLACE,
        Option("confirm", required=True, behaviour=True, help="Name of the volume, as a sign that its loss is meant."),
    ),
    run=_revert,
    returns={
        "volume": ("str", "Name of the volume."),
        "snapshot": ("str", "Id of the snapshot."),
    },
)

OPERATIONS = (*(_extraction(kind) for kind in _EXTRACTED), SNAPSHOT_REVERT)
