# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies on an image store: by the lists of templates, ISOs, snapshots and volumes, and by its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..client import ApiError, of_all_owners
from ..model import Row

IMAGE_JOBS = r"(Snapshot|Template|Iso|ExtractVolume|UploadVolume|Upload\w*Url)\w*Cmd"
"""Jobs that read or write secondary storage, by the class name that listAsyncJobs tells."""
WRITING_JOBS = r"^(Create|Copy|Register|Upload|GetUpload)"
"""Those of them that only write, and so go to another store than a read-only one."""
MIGRATION_JOBS = r"Migrate(SecondaryStorageData|ResourcesToAnotherSecondaryStorage)\w*Cmd"
SEEDED = ("SYSTEM", "BUILTIN")
"""Template types that the server brings to each store by itself, and does not look at when a store is removed."""
ON_STORE = ("DOWNLOADED", "UPLOADED", "BYPASSED")
_NO_DATA = ("Allocated", "Error", "Destroyed", "Destroying")
UPLOADING = ("NotUploaded", "UploadInProgress", "UploadOp", "Uploaded")
_ID_FIELDS = ("templateid", "snapshotid", "volumeid")
MOST_FOLDERS = 10_000


@dataclass(frozen=True)
class Held:
    """An object on a store. size: bytes there, 0 where the server does not tell."""

    kind: str
    id: str
    name: str
    size: int
    ready: bool
    state: str
    elsewhere: tuple[str, ...] = ()
    """Names of other stores with a complete copy of it."""
    broken: tuple[str, ...] = ()
    """Names of other stores with a copy that is not complete; a migration would take it for one."""
    template_type: str = ""
    hypervisor: str = ""

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def replaceable(self) -> bool:
        """The server's own, with a copy elsewhere: nothing is lost when the store goes."""
        return self.template_type in SEEDED and bool(self.elsewhere)


def contents(run: Any, store: Row) -> list[Held]:
    """Every object on a store that the server knows of."""
    here = {"imagestoreid": store["id"]}
    questions = [
        lambda: _images(run, store, "template", "listTemplates", {"templatefilter": "all", **here}),
        lambda: _images(run, store, "ISO", "listIsos", {"isofilter": "all", **here}),
        lambda: _snapshots(run, here),
        lambda: _uploaded_volumes(run, store),
    ]
    found = {held.id: held for some in run.client.parallel(questions) for held in some}
    return sorted(found.values(), key=lambda held: (held.kind, held.name, held.id))


def _images(run: Any, store: Row, kind: str, command: str, params: dict[str, Any]) -> list[Held]:
    zone = {"zoneid": store["zoneid"]} if store.get("zoneid") else {}
    rows = of_all_owners(run.client, command, {**zone, **params})
    return [held for row in rows if (held := _image(store, kind, row))]


def _image(store: Row, kind: str, row: Row) -> Held | None:
    places = [place for place in row.get("downloaddetails") or () if place.get("datastoreRole") == "Image"]
    own = [place for place in places if place.get("datastoreId") == store["id"]]
    if places and not own:
        return None
    state = str(own[0].get("downloadState")) if own else ("DOWNLOADED" if row.get("isready") else "unknown")
    others = [place for place in places if place not in own]
    return Held(
        kind=kind,
        id=str(row["id"]),
        name=str(row.get("name", "")),
        size=int(row.get("physicalsize") or row.get("size") or 0),
        ready=state in ON_STORE,
        state=state,
        elsewhere=tuple(str(place.get("datastore")) for place in others if is_complete(place)),
        broken=tuple(str(place.get("datastore")) for place in others if not is_complete(place)),
        template_type=str(row.get("templatetype") or ""),
        hypervisor=str(row.get("hypervisor") or ""),
    )


def is_complete(place: Row) -> bool:
    """Whether a place of a template's ``downloaddetails`` has all of it."""
    return place.get("downloadState") in ON_STORE


def _snapshots(run: Any, params: dict[str, Any]) -> list[Held]:
    return [
        Held("snapshot", str(row["id"]), str(row.get("name", "")), int(row.get("physicalsize") or 0),
             row.get("state") == "BackedUp", str(row.get("state")))
        for row in of_all_owners(run.client, "listSnapshots", params)
        if row.get("state") not in _NO_DATA
    ]  # fmt: skip


def _uploaded_volumes(run: Any, store: Row) -> list[Held]:
    """Uploaded volumes that no primary storage has yet. Lists do not tell their store, its files do."""
    zone = {"zoneid": store["zoneid"]} if store.get("zoneid") else {}
    questions = [partial(of_all_owners, run.client, "listVolumes", {"state": state, **zone}) for state in UPLOADING]
    # A server that does not know the filter answers with all volumes.
    rows = [row for rows in run.client.parallel(questions) for row in rows if row.get("state") in UPLOADING]
    waiting = {row["id"]: row for row in rows}
    if not waiting:
        return []
    here = {str(file["volumeid"]): file for file in files(run, store, "volumes") if file.get("volumeid")}
    return [
        Held("volume", str(row["id"]), str(row.get("name", "")),
             int(here.get(row["id"], row).get("size") or 0), row.get("state") == "Uploaded", str(row.get("state")))
        for row in waiting.values()
        if row["id"] in here or (row.get("state") != "Uploaded" and not store.get("readonly"))
    ]  # fmt: skip


def files(run: Any, store: Row, below: str = "") -> list[Row]:
    """Every file of a store (rows of listImageStoreObjects). A folder that does not exist has none."""
    found: list[Row] = []
    folders, seen = [below], 0
    while folders:
        seen += len(folders)
        if seen > MOST_FOLDERS:
            raise ApiError(
                f"image store {store['name']} has more than {MOST_FOLDERS} folders, so it cannot be looked through",
                obj=store["name"],
                remedy="look at the export itself, and remove what CloudStack does not know of",
            )
        listed = run.client.parallel([lambda path=path: _folder(run, store, path) for path in folders])
        entries = [(path, row) for path, rows in zip(folders, listed, strict=True) for row in rows]
        found += [{**row, "path": f"{path}/{row['name']}".strip("/")} for path, row in entries if not _is_folder(row)]
        folders = [f"{path}/{row['name']}".strip("/") for path, row in entries if _is_folder(row)]
    return found


def _is_folder(row: Row) -> bool:
    return bool(row.get("isdirectory"))


def _folder(run: Any, store: Row, path: str) -> list[Row]:
    try:
        return run.client.list("listImageStoreObjects", {"id": store["id"], **({"path": path} if path else {})})
    except ApiError as error:
        if "doesn't exist" in str(error.server_text):
            return []
        raise


def referenced(rows: Iterable[Row]) -> list[Row]:
    """The files that belong to a template, snapshot or volume."""
    return [row for row in rows if any(row.get(field) for field in _ID_FIELDS)]


def to_move(held: Iterable[Held]) -> list[Held]:
    """What is not on another store too, and what the server does not bring there by itself."""
    return [one for one in held if not one.replaceable]


def summary(held: Sequence[Held]) -> str:
    """``3 templates, 12 snapshots, 41.5 GB``."""
    kinds = sorted({one.kind for one in held})
    counts = [f"{n} {kind}{'s' if n > 1 else ''}" for kind in kinds if (n := sum(one.kind == kind for one in held))]
    return ", ".join([*counts, gigabytes(sum(one.size for one in held))])


def gigabytes(size: float) -> str:
    return f"{size / (1 << 30):.1f} GB"


def names(held: Sequence[Held], most: int = 5) -> str:
    """The first few by name."""
    return ", ".join(one.title for one in held[:most]) + (f" and {len(held) - most} more" if len(held) > most else "")
