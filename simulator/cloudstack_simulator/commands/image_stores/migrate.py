"""Moving what lies on one image store to others."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.images import Template
from ...model.pools import ImageStore
from ...model.volumes import Snapshot
from ...registry import command
from .. import hypervisors
from ..images import rows
from .contents import Held, capacity, contents

if TYPE_CHECKING:
    from ...simulator import Simulator

COMPLETE, BALANCE = "COMPLETE", "BALANCE"
SECONDS_PER_FILE = 0.2
NOT_READY = (
    "as there are data objects which are not Ready - i.e, they may be in Migrating, creating, copying, etc. states"
)
BUSY = "A migrate job is in progress, please try again later"

Move = Generator[float, None, dict[str, Any]]


@dataclass
class Room:
    """Bytes of a store: as its statistics say, and what the moves so far will have changed."""

    store: ImageStore
    total: int
    free: int

    @property
    def used_share(self) -> float:
        return (self.total - self.free) / self.total


@command("migrateSecondaryStorageData")
def migrate_data(call: Call) -> Move:
    p = call.params
    policy = (p.migrationtype or COMPLETE).upper()
    if policy not in (COMPLETE, BALANCE):
        raise CloudRuntime("Not a valid migration policy")
    source = _store(p.srcpool, "Cannot find secondary storage with id")
    _check_nfs(source)
    targets = [s for s in p.destpools if s and s.removed is None and s is not source and _takes(source, s)]
    if not targets:
        raise CloudRuntime(
            "No destination valid store(s) available to migrate. Couldbe due to invalid store ID(s) or store(s) are "
            "read-only. Terminating Migration of data"
        )
    if _is_running(call):
        return _answer(BUSY + "...", success=False, policy=policy)
    answer = yield from _move_all(call, source, targets, policy)
    names = ", ".join(store.name for store in targets)
    call.event(
        "IMAGE.STORE.MIGRATE.DATA",
        "Successfully completed migrating Image store data. "
        f"Migrating files/data objects from : {source.name} to: [{names}]",
        source,
    )
    return answer


def _store(store: Any, text: str) -> ImageStore:
    if not store or store.removed is not None:
        raise CloudRuntime(f"{text}: {store.id}")
    found: ImageStore = store
    return found


def _check_nfs(*stores: ImageStore) -> None:
    if any(store.provider != "NFS" for store in stores):
        raise InvalidParameter("Migration of datastore objects is supported only for NFS based image stores")


def _takes(source: ImageStore, target: ImageStore) -> bool:
    return not target.read_only and target.provider == "NFS" and _same_zone(source, target)


def _same_zone(source: ImageStore, target: ImageStore) -> bool:
    return None in (source.zone_id, target.zone_id) or source.zone_id == target.zone_id


def _is_running(call: Call) -> bool:
    """Only one such job at a time; the caller's own is one."""
    return sum(job.command == "migrateSecondaryStorageData" for job in call.db.jobs.where(status=0)) > 1


def _answer(message: str, *, success: bool, policy: str | None = None) -> dict[str, Any]:
    return {"imagestore": {"message": message, "migrationtype": policy, "success": success}}


def _move_all(call: Call, source: ImageStore, targets: list[ImageStore], policy: str) -> Move:
    sim = call.sim
    if policy == COMPLETE and not all(held.complete for held in contents(sim, source)):
        raise CloudRuntime(f"Complete migration failed {NOT_READY}")
    files = _movable(contents(sim, source))
    if not files:
        return _answer(f"No files in Image store: {source} to migrate", success=True, policy=policy)
    if policy == COMPLETE:
        source.read_only = True
    rooms = _rooms([source, *targets])
    if policy == BALANCE and _imbalance(rooms) < call.setting("image.store.imbalance.threshold"):
        return _answer("Migration not required as system seems balanced", success=True, policy=policy)
    steps = _Steps(call, rooms, policy)
    moved = 0
    while files and steps.failed is None:
        held = files.pop(0)
        target = steps.target_for(held, more=bool(files))
        if target is None:
            continue
        yield SECONDS_PER_FILE
        move(sim, held, source, target.store)
        moved += 1
    message, success = steps.result()
    return _answer(f"{message}. successful migrations: {moved}", success=success, policy=policy)


def _movable(files: Iterable[Held]) -> list[Held]:
    """The largest first. What belongs to the fake hypervisor is no file."""
    found = [h for h in files if h.complete and not hypervisors.is_fake(h.row.hypervisor)]
    return sorted(found, key=lambda held: -held.size)


def _rooms(stores: list[ImageStore]) -> list[Room]:
    rooms = [Room(store, capacity(store), _free(store)) for store in stores if store.used is not None]
    if len(rooms) < len(stores):
        raise CloudRuntime("Stats Collector hasn't yet collected metrics from the Image store, kindly try again later")
    return rooms


def _free(store: ImageStore) -> int:
    return 0 if store.full else capacity(store) - (store.used or 0)


def _imbalance(rooms: list[Room]) -> float:
    """Standard deviation of the free shares, relative to their mean."""
    shares = [room.free / room.total for room in rooms]
    return pstdev(shares) / fmean(shares)


class _Steps:
    """Decides where each file goes, as the server does, and what it says in the end."""

    def __init__(self, call: Call, rooms: list[Room], policy: str) -> None:
        self.source, self.rooms, self.policy = rooms[0], rooms, policy
        self.threshold = float(call.setting("secondary.storage.capacity.threshold"))
        self.imbalance = float(call.setting("image.store.imbalance.threshold"))
        self.skipped = 0
        self.failed: tuple[str, bool] | None = None

    def target_for(self, held: Held, *, more: bool) -> Room | None:
        """The store that a file shall go to, None when it stays where it is."""
        ordered = sorted(self.rooms, key=lambda room: -room.free)
        target = ordered[0]
        if target is self.source:
            if self.policy == BALANCE:
                text = "Seems like source datastore has more free capacity than the destination(s)" if more else ""
                self.failed = (text + "Image stores have been attempted to be balanced", True)
                return None
            target = ordered[1]
        if held.size > target.free:
            self.skipped += 1
            return None
        if not self._shall_move(held, target):
            if self.policy == COMPLETE:
                text = "Complete migration failed. Please set the source Image store to read-write mode"
                self.failed = (f"{text} if you want to continue using it", False)
            return None
        self.source.free += held.size
        target.free -= held.size
        return target

    def _shall_move(self, held: Held, target: Room) -> bool:
        has_room = target.used_share <= self.threshold
        if self.policy == COMPLETE:
            return has_room
        before = _imbalance(self.rooms)
        after = _imbalance([
            Room(r.store, r.total, r.free + held.size * ((r is self.source) - (r is target))) for r in self.rooms
        ])  # fmt: skip
        return after <= before and before > self.imbalance and has_room

    def result(self) -> tuple[str, bool]:
        if self.failed is not None:
            return self.failed
        if self.policy == COMPLETE and self.skipped:
            text = "Migration completed. Not all data objects were migrated."
            return f"{text} Some were probably skipped due to lack of storage capacity.", False
        return "Migration completed", True


def move(sim: Simulator, held: Held, source: ImageStore, target: ImageStore) -> None:
    """One file goes from store to store; where the target has it already, the source's is dropped."""
    row = held.row
    if isinstance(row, Template):
        _move_template(sim, row, source, target)
    elif isinstance(row, Snapshot):
        row.stores = {zone: target.id if store == source.id else store for zone, store in row.stores.items()}
    else:
        row.image_store_id = target.id


def _move_template(sim: Simulator, template: Template, source: ImageStore, target: ImageStore) -> None:
    there = sim.db.template_copies.first(template_id=template.id, store_id=target.id)
    for copy in sim.db.template_copies.where(template_id=template.id, store_id=source.id):
        if there is None:
            copy.store_id, copy.zone_id = target.id, target.zone_id
        else:
            rows.count_copy(sim, template, copy, -1)
            sim.db.template_copies.delete(copy)


@command("migrateResourceToAnotherSecondaryStorage")
def migrate_resources(call: Call) -> Move:
    p, sim = call.params, call.sim
    if _is_running(call):
        return _answer(BUSY + ".", success=False)
    if p.srcpool is p.destpool:
        raise InvalidParameter("Source and destination image stores cannot be same")
    source = _store(p.srcpool, "Cannot find secondary storage with id")
    target = _store(p.destpool, "Cannot find secondary storage with id")
    _check_nfs(source, target)
    if target.read_only:
        raise InvalidParameter("Destination image store is read-only. Cannot migrate resources to it")
    if not _same_zone(source, target):
        raise InvalidParameter("Source and destination stores are not in the same zone.")
    wanted = [*(p.templates or []), *(p.snapshots or [])]
    chosen = [held for held in contents(sim, source) if held.row in wanted]
    if not all(held.complete for held in chosen):
        raise CloudRuntime(f"Migration failed {NOT_READY}")
    files = _movable(chosen)
    if not files:
        return _answer(f"No files in Image store: {source.uuid} to migrate", success=True)
    room = _rooms([target])[0]
    threshold = float(call.setting("secondary.storage.capacity.threshold"))
    moved, message, success = 0, "Migration completed", True
    for held in files:
        if held.size > room.free:
            continue
        if room.used_share > threshold:
            message, success = "Migration failed. Destination store doesn't have enough capacity for migration", False
            break
        yield SECONDS_PER_FILE
        move(sim, held, source, target)
        room.free -= held.size
        moved += 1
    _tell(call, source, target)
    return _answer(f"{message}. successful migrations: {moved}", success=success)


def _tell(call: Call, source: ImageStore, target: ImageStore) -> None:
    p = call.params
    templates, snapshots = (", ".join(row.uuid for row in rows_ or []) for rows_ in (p.templates, p.snapshots))
    call.event(
        "IMAGE.STORE.MIGRATE.RESOURCES",
        "Successfully completed migrating Image store resources to another image store. Migrating templates "
        f"({templates}) and snapshots ({snapshots}) from : {source.name} to: {target.name}",
        source,
    )
