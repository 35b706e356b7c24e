# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Migration of secondary storage: an image store is emptied in rounds, proved empty and, if wanted, removed (G4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, VERIFY, Procedure, Stage, Standing, Target, given, if_allowed, when
from ..client import ApiError, CloudStackError, JobFailed, NotAllowed, NotFound, of_all_owners
from ..model import Option, Row
from . import secondary_storage_checks as checks
from .facts import ZONE, busy_with
from .long_jobs import change, time_for
from .secondary_storage_contents import MIGRATION_JOBS, Held, contents, files, referenced, summary, to_move


def _targets(run: Any) -> Sequence[Target]:
    name = run.option("image_store")
    try:
        row = run.view.find("image_store", name, {"zone": run.option("zone")})
        if checks.is_planned(row):
            raise NotFound(f"there is no image store {name}", obj=name, remedy="check the name")
    except NotFound:
        if run.option("remove"):
            return []
        raise
    checks.check_source(row)
    run.memory["source"] = row
    run.memory["destinations"] = checks.destinations(run, row)
    zone = str(row.get("zonename", ""))
    return [Target(id=row["id"], name=row["name"], kind="image store", place=(zone,),
                   interrupts=(f"new templates and snapshots on {row['name']}",), facts=row)]  # fmt: skip


def _now(run: Any, target: Target) -> Row | None:
    rows = run.client.list("listImageStores", {"id": target.id})
    return rows[0] if rows else None


def _standing(run: Any, target: Target) -> Standing:
    row = _now(run, target)
    if row is None:
        return Standing(DONE)
    if run.option("migration_type") == "balance":
        found, allowed = checks.imbalance(run, [row, *run.memory["destinations"]])
        return Standing(DUE, f"imbalance {found:.2f} is above {allowed:.2f}") if found > allowed else Standing(DONE)
    left = run.memory["left"] = to_move(contents(run, row))
    if left:
        return Standing(DUE, f"holds {summary(left)}")
    if run.option("remove"):
        return Standing(DUE, "is empty and to be removed")
    return Standing(DONE) if row.get("readonly") else Standing(DUE, "is empty, but written to")


def _preflight(run: Any, due: Sequence[Target]) -> None:
    if not due:
        return
    source, held = run.memory["source"], contents(run, run.memory["source"])
    left = run.memory.get("left", [])
    run.notes["objects"] = checks.summary_of(left)
    if not busy_with(run, MIGRATION_JOBS):
        checks.check_quiet(run, source, held)
    if left:
        checks.check_room(run, left, run.memory["destinations"])
    if run.option("remove"):
        _warn_of_attached(run, source)


def _warn_of_attached(run: Any, source: Row) -> None:
    """An instance cannot be moved once the store of the ISO in its drive has gone [procedures H1]."""
    rows = of_all_owners(run.client, "listVirtualMachines", {"details": "iso", **checks.zone_filter(source)})
    attached = sorted(str(row["name"]) for row in rows if row.get("isoid"))
    if attached:
        run.task.warn(
            f"ISOs are attached to {', '.join(attached[:10])}; detach those of {source['name']} before it is removed, "
            "or these instances cannot be moved to other hosts"
        )


def _prepare_plan(run: Any, due: Sequence[Target]) -> Sequence[str]:
    if not due:
        return []
    name, to = run.memory["source"]["name"], ", ".join(row["name"] for row in run.memory["destinations"])
    if run.option("migration_type") == "balance":
        return [f"level image store {name} and {to}"]
    left = run.memory["left"]
    return [
        f"make image store {name} read-only",
        *([f"move {summary(left)} to {to}"] if left else []),
        *([f"remove image store {name} from CloudStack; its files stay"] if run.option("remove") else []),
    ]


def _act(run: Any, target: Target) -> None:
    _await_running_migration(run, target)
    if run.option("migration_type") == "balance":
        _succeeded(_migrate(run, target), target)
        return
    try:
        if not (_now(run, target) or {}).get("readonly"):
            run.change("updateImageStore", {"id": target.id, "readonly": True}, target.title)
        _empty(run, target)
    except CloudStackError as error:
        raise _with_consequence(run, target, error) from error


def _await_running_migration(run: Any, target: Target) -> None:
    """The server takes one migration at a time; that of a run that was cut off goes on and is waited for."""
    run.wait_for(
        target,
        "the end of the migration that is running",
        lambda: not busy_with(run, MIGRATION_JOBS) or "the migration that is running",
    )


def _empty(run: Any, target: Target) -> None:
    """Round after round until nothing is left. A round that moves nothing tries the rest one by one, then gives up."""
    left = to_move(contents(run, target.facts))
    for number in range(run.option("rounds")):
        if not left:
            return
        run.task.tell(f"{target.name}, round {number + 1}: {summary(left)} to move")
        answer = _migrate(run, target)
        now = to_move(contents(run, target.facts))
        if len(now) >= len(left):
            answer = _one_by_one(run, target, now) or answer
            now = to_move(contents(run, target.facts))
        if now and len(now) >= len(left):
            raise ApiError(checks.refusal_text(now, answer.get("message", "")), obj=target.title)
        left = now
    if left:
        raise ApiError(
            checks.refusal_text(left, ""), obj=target.title, remedy="run again, or give more rounds"
        )  # fmt: skip


def _migrate(run: Any, target: Target) -> Row:
    params = {
        "srcpool": target.id,
        "destpools": [row["id"] for row in run.memory["destinations"]],
        "migrationtype": run.option("migration_type"),
    }
    return _answer(change(run, "migrateSecondaryStorageData", params, target.title))


def _answer(result: Row) -> Row:
    """A job that ends well says inside whether anything was done; some versions leave the envelope out."""
    found = result.get("imagestore", result)
    return found if isinstance(found, dict) else {}


def _succeeded(answer: Row, target: Target) -> None:
    if str(answer.get("success", True)).lower() == "false":
        raise ApiError("the migration ended without success", obj=target.title, server_text=answer.get("message"))


def _one_by_one(run: Any, target: Target, left: Sequence[Held]) -> Row:
    """Templates and snapshots that a whole migration passed over, to each destination in turn. Older servers can't."""
    answer: Row = {}
    for destination in run.memory["destinations"]:
        for kind in ("template", "snapshot"):
            ids = [one.id for one in left if one.kind == kind or (kind == "template" and one.kind == "ISO")]
            if not ids:
                continue
            params = {"srcpool": target.id, "destpool": destination["id"], f"{kind}s": ids}
            try:
                answer = _answer(change(run, "migrateResourceToAnotherSecondaryStorage", params, target.title))
            except (ApiError, JobFailed, NotAllowed) as error:
                answer = {"message": error.server_text}
        left = to_move(contents(run, target.facts))
        if not left:
            break
    return answer


def _with_consequence(run: Any, target: Target, error: CloudStackError) -> CloudStackError:
    """Says how the store is left: the server never makes it writable again by itself."""
    if run.option("restore_writable"):
        run.change("updateImageStore", {"id": target.id, "readonly": False}, target.title)
        text = f"image store {target.name} is writable again"
    else:
        text = (
            f"image store {target.name} stays read-only; make it writable if it is to be used on (module image_store)"
        )
    error.remedy = f"{error.remedy}; {text}" if error.remedy else text
    return error


def _verify(run: Any, target: Target) -> None:
    """Neither the lists nor the files of the store show anything that is not on another store too."""
    if run.option("migration_type") == "balance":
        return
    held = contents(run, target.facts)
    left = to_move(held)
    there = files(run, target.facts)
    # Files of templates that no host of the zone can use are in no list; the server brings them to each store.
    stray = [row for row in referenced(there) if not row.get("templateid")]
    run.notes["unknown_files"] = [row["path"] for row in there if row not in referenced(there)]
    if left or stray:
        raise ApiError(
            checks.refusal_text(left, "") if left else f"its files still show {stray[0]['path']}", obj=target.title
        )
    row = _now(run, target)
    if row is not None and not row.get("readonly"):
        raise ApiError("the store is written to again", obj=target.title, remedy="find out by whom, then run again")


def _finish(run: Any, due: Sequence[Target]) -> None:
    if not run.option("remove") or run.option("migration_type") == "balance":
        return
    for target in due:
        if _now(run, target) is None:
            continue
        checks.check_system_templates(run, target.facts)
        if run.notes.get("unknown_files"):
            run.task.warn(f"{len(run.notes['unknown_files'])} files on {target.name} belong to nothing in CloudStack")
        run.change("deleteImageStore", {"id": target.id}, target.title)
        if _now(run, target) is not None:
            raise ApiError("the server says that it was removed, but lists it", obj=target.title)


def _confirm(run: Any, due: Sequence[Target]) -> str:
    return due[0].name if due and run.option("remove") else ""


SECONDARY_STORAGE_MIGRATION = Procedure(
    name="secondary_storage_migration",
    noun="image store",
    summary="Move everything from one secondary storage to others",
    description=(
        "Makes an image store read-only and moves its templates, ISOs, snapshots and uploaded volumes to other stores.",
        "It goes on in rounds until nothing is left, because the server skips what does not fit at the moment.",
        "A store counts as empty when neither the lists nor its files show anything that is not on another store too.",
    ),
    notes=(
        "The server moves between NFS stores of one zone only, one migration at a time.",
        "Its job ends well even if nothing was moved; so its message is read and the store is looked through.",
        "If it fails the store stays read-only, as the server leaves it, unless O(restore_writable) is set.",
        "Removing needs O(confirm), the name of the store.",
        "The server does not look at system VM templates when a store is removed; the module does.",
        "The version must be 4.19 or later, because older ones don't tell what lies on a store.",
    ),
    options=(
        ZONE,
        Option("image_store", "ref", help="The store that is to be emptied.", refers_to="image_store", required=True,
               behaviour=True),
        Option("destinations", "refs", help="Stores that take what is moved. Every other writable NFS store of the "
               "zone, unless told.", refers_to="image_store", behaviour=True),
        Option(
            "migration_type", default="complete", choices=("complete", "balance"), behaviour=True,
            help=("V(complete): move everything.", "V(balance): move so much that all stores are filled alike."),
        ),
        Option("remove", "bool", default=False, behaviour=True,
               help="Remove the empty store from CloudStack. Its files are not touched."),
        Option("rounds", "int", default=20, behaviour=True,
               help="At most so many migrations, while each moves something."),
        Option("restore_writable", "bool", default=False, behaviour=True,
               help="Make the store writable again if it cannot be emptied."),
        time_for(hours=24),
    ),
    sequence=(
        Stage(CHECK, "List what lies on the store; refuse while objects are unfinished or jobs use it", each=False),
        Stage(CHECK, "Check that the largest object and all together fit on the other stores", each=False),
        Stage(ACT, "Make the store read-only"),
        Stage(ACT, "Migrate in rounds; what a round skips is moved one by one"),
        Stage(VERIFY, "Look through lists and files of the store until nothing is left"),
        Stage(CHECK, "Refuse to remove it while a system VM template is on no other store", each=False),
        Stage(ACT, "Remove the store, if asked and confirmed by its name", each=False),
    ),
    returns={
        "objects": ("list", "What was to be moved: kind, id, name, size in bytes."),
        "unknown_files": ("list", "Paths of files on the store that belong to nothing in CloudStack."),
    },
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    prepare_plan=_prepare_plan,
    sends=(
        "migrateSecondaryStorageData",
        *if_allowed("migrateResourceToAnotherSecondaryStorage"),
        *when(
            given("migration_type", "complete"), "updateImageStore", *when(given("remove"), "deleteImageStore"),
        ),
    ),
    act=_act,
    verify=_verify,
    finish=_finish,
    confirm=_confirm,
)  # fmt: skip
