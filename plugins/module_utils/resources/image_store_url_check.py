# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the address of an image store can be changed safely, and what that takes: the API cannot do it (G2, G3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ..client import InvalidInput, NotFound
from ..model import Operation, Option, Row
from ..procedures.facts import busy_with
from ..procedures.secondary_storage_checks import is_planned, zone_filter
from ..procedures.secondary_storage_contents import IMAGE_JOBS, MIGRATION_JOBS, contents, summary, to_move
from .storage import same_url

STEPS = (
    "prove that the new address shows the same files: a marker file, the number of files, checksums",
    "stop every management and usage server, and the secondary storage VMs of the zone",
    "dump the database cloud, and look that the dump is whole",
    "in one transaction: UPDATE image_store SET url = {new} WHERE uuid = {id} AND url = {old}; exactly one row",
    "change the column name of that row as well, if it holds the old address; leave parent, which is found out anew",
    "look for the old address in image_store_details",
    "look for it in the columns url and download_url of template_store_ref, volume_store_ref and snapshot_store_ref",
    "start the servers, and destroy the secondary storage VMs, because a reboot mounts the old address again",
    "unmount the old address on every host",
    "run image_store with the new address, and look that every template is ready; then make the store writable",
    "to go back: the same update with both addresses exchanged, as long as nothing new was written",
)


def _check(task: Any) -> dict[str, Any]:
    name, url = task.option("image_store"), str(task.option("url"))
    _check_url(url)
    store = task.view.find("image_store", name, {"zone": task.option("zone")})
    if is_planned(store):
        raise NotFound(f"there is no image store {name}", obj=name, remedy="check the name")
    if same_url(url, store.get("url")):
        return {"changed": False, "problems": [], "steps": []}
    problems = _problems(task, store, url)
    steps = [text.format(new=repr(url), old=repr(store.get("url")), id=repr(store["id"])) for text in STEPS]
    result = {"changed": False, "problems": problems, "steps": steps}
    if problems:
        text = f"the address of image store {store['name']} is not to be changed now: {'; '.join(problems)}"
        return {**result, "failed": True, "msg": text}
    return result


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme.lower() != "nfs" or not parts.netloc or parts.path in ("", "/"):
        raise InvalidInput(
            f"url {url!r} is no NFS address", option="url", remedy="give for example nfs://10.0.0.5/secondary"
        )


def _problems(task: Any, store: Row, url: str) -> list[str]:
    """Everything that speaks against it, so that it can be mended at once."""
    stores = task.client.list("listImageStores")
    held = contents(task, store)
    jobs = busy_with(task, f"{IMAGE_JOBS}|{MIGRATION_JOBS}")
    unfinished = [one.title for one in held if not one.ready]
    found = [f"{row['name']} has the new address already" for row in stores if same_url(url, row.get("url"))]
    if jobs:
        found.append(f"these jobs use secondary storage: {', '.join(jobs)}")
    if unfinished:
        found.append(f"{len(unfinished)} objects are not ready ({', '.join(unfinished[:3])})")
    if not store.get("readonly"):
        found.append("it is written to; make it read-only first (image_store, state read_only)")
    others = [row["name"] for row in stores if _can_take(row, store)]
    if others and not task.option("without_migration"):
        found.append(
            f"{', '.join(others)} can take over {summary(to_move(held))} through the API, without any of the risks: "
            "use secondary_storage_migration, or set without_migration if that is out of the question"
        )
    return found


def _can_take(row: Row, store: Row) -> bool:
    same_zone = zone_filter(row) == zone_filter(store)
    return row["id"] != store["id"] and same_zone and not row.get("readonly") and row.get("providername") == "NFS"


IMAGE_STORE_URL_CHECK = Operation(
    name="image_store_url_check",
    summary="Check whether the address of a secondary storage can be changed",
    description=(
        "Reads what speaks against another address of an image store, and fails if anything does.",
        "If nothing does, the steps are returned that an operator takes at the database and on the machines.",
        "The API cannot change the address; nothing is changed here either.",
    ),
    notes=(
        "Moving the data to a second store is the better way; see M(cloudstack.ops.secondary_storage_migration).",
        "A name or a floating address of the NFS server saves the next change.",
    ),
    options=(
        Option("zone", "ref", help="Zone of the store.", refers_to="zone", behaviour=True),
        Option("image_store", "ref", help="The store.", refers_to="image_store", required=True, behaviour=True),
        Option("url", help="The new address, such as V(nfs://10.0.0.6/secondary).", required=True, behaviour=True),
        Option(
            "without_migration", "bool", default=False, behaviour=True,
            help="Accept the risks of the database, though the data could be moved to another store.",
        ),
    ),
    run=_check,
    returns={
        "problems": ("list", "What speaks against it, one sentence each."),
        "steps": ("list", "What an operator does, in order."),
    },
    reads_only=True,
)  # fmt: skip

OPERATIONS = (IMAGE_STORE_URL_CHECK,)
