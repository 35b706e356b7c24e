"""listSnapshots: a row for each copy of a snapshot."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...call import Call
from ...errors import InvalidParameter
from ...listing import Filter, equal, matching, tagged
from ...model.volumes import Snapshot
from ...registry import command
from ..common import by_ids
from .view import snapshot_view

KINDS = ("MANUAL", "RECURRING", "TEMPLATE", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "GROUP", "FROM_GROUP")
RECURRING = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY")


class Copy(NamedTuple):
    """A snapshot in one of its zones (None: on its volume's pool alone)."""

    snapshot: Snapshot
    zone: int | None

    @property
    def id(self) -> int:
        return self.snapshot.id

    @property
    def account_id(self) -> int:
        return self.snapshot.account_id

    @property
    def order(self) -> str:
        """A text on the server: 10 comes before 9."""
        where = "Primary" if self.zone is None else f"Image_{self.snapshot.stores.get(self.zone)}"
        return f"{self.snapshot.id}_{where}"


@command("listSnapshots")
def list_snapshots(call: Call) -> dict[str, Any]:
    p = call.params
    if p.volumeid:
        call.check_access(p.volumeid)
    filters = [
        by_ids(call),
        equal("name", p.name),
        equal("volume_id", p.volumeid),
        _by_kind(call),
        _by_location(call),
        tagged(call, "Snapshot"),
    ]
    return call.listing(
        "snapshot",
        _rows(call),
        lambda inner, row: snapshot_view(inner, row.snapshot, row.zone),
        where=[
            *(_of_snapshot(chosen) for chosen in filters if chosen is not None),
            equal("zone", p.zoneid),
            # The server looks for the pool's number among the image stores.
            matching(lambda r: p.storageid.id in r.snapshot.stores.values()) if p.storageid is not None else None,
            _in_store(p.imagestoreid),
            _with_word(p.keyword),
        ],
        owned=True,
        sort=lambda row: row.order,
    )


def _rows(call: Call) -> list[Copy]:
    unique, zone = call.params.showunique, call.params.zoneid
    found = []
    for snapshot in call.db.snapshots:
        zones: list[int | None] = [*snapshot.zone_ids] or [None]
        if unique:
            zones = [zone.id] if zone is not None and zone.id in zones else zones[:1]
        found += [Copy(snapshot, number) for number in zones]
    return found


def _of_snapshot(chosen: Filter) -> Filter:
    return matching(lambda row: chosen.test(row.snapshot))


def _in_store(store: Any) -> Filter | None:
    return matching(lambda row: row.snapshot.stores.get(row.zone) == store.id) if store is not None else None


def _with_word(word: str | None) -> Filter | None:
    return matching(lambda row: word.lower() in row.snapshot.name.lower()) if word else None


def _by_kind(call: Call) -> Any:
    """The interval only counts together with a volume, as on the server."""
    p = call.params
    if p.snapshottype is not None:
        kind = p.snapshottype.upper()
        if kind not in KINDS:
            raise InvalidParameter(f"Unsupported snapshot type {p.snapshottype}")
        if kind == "RECURRING":
            return matching(lambda s: s.kind in RECURRING)
        return equal("kind", kind)
    if p.intervaltype is not None and p.volumeid is not None:
        if p.intervaltype.upper() not in KINDS:
            raise InvalidParameter(f"Unsupported snapshot interval type {p.intervaltype}")
        return equal("kind", p.intervaltype)
    return matching(lambda s: s.kind not in ("TEMPLATE", "GROUP"))


def _by_location(call: Call) -> Any:
    """Where the copy is: on primary storage only as long as there is none on secondary storage."""
    text = call.params.locationtype
    if text is None:
        return None
    where = text.strip().upper()
    if where not in ("PRIMARY", "SECONDARY"):
        raise InvalidParameter(f"Invalid locationtype specified, {text}")
    return matching(lambda s: bool(s.stores) is (where == "SECONDARY"))
