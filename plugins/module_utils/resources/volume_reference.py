# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How snapshots and their policies name the volume they are about, and the places that hold copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..client import Ambiguous, InvalidInput, NotFound
from ..model import Option, Row
from .owned import OWNER, ZONE, project_of

ZONE_OF_VOLUME = replace(
    ZONE,
    help="Zone of the volume; tells volumes of the same name apart.",
    name_field="",
    by_name=False,
    behaviour=True,
)
OWNER_OF_VOLUME = tuple(
    replace(option, on_create=False, help=f"{word} that owns the volume.{more}")
    for option, word, more in zip(
        OWNER,
        ("Domain of the account", "Account", "Project"),
        (" A path (V(ROOT/customers)) or an id.", " Needs O(domain).", " Excludes O(account)."),
        strict=True,
    )
)

VOLUME = (
    Option(
        "volume",
        "ref",
        help="The volume. Names are not unique: zone, domain, account and project narrow them, or give the id.",
        api="volumeid",
        refers_to="volume",
        name_field="volumename",
    ),
    Option(
        "vm",
        "ref",
        help=(
            "Instance whose volume is meant, where O(volume) is not given.",
            "If it has more than one, O(device_id) or O(volume_type) tells which.",
        ),
        refers_to="instance",
        behaviour=True,
        aliases=("instance",),
    ),
    Option("device_id", "int", help="Number of the volume in O(vm); 0 is the root disk.", behaviour=True),
    Option("volume_type", help="Kind of the volume in O(vm).", choices=("ROOT", "DATADISK"), behaviour=True),
)


def check_volume(given: Mapping[str, Any]) -> None:
    if given.get("volume") and given.get("vm"):
        raise InvalidInput("volume and vm exclude each other", option="vm", remedy="leave out one of the two")
    for name in ("device_id", "volume_type"):
        if given.get(name) is not None and not given.get("vm"):
            raise InvalidInput(f"{name} needs vm", option=name, remedy="give vm, or name the volume itself")


def volume_of(ctx: Any) -> Row | None:
    """The volume that the task names, by itself or by its instance; None if it names none."""
    if ctx.given.get("volume"):
        return ctx.ref("volume")
    if not ctx.given.get("vm"):
        return None
    vm = ctx.ref("vm")
    rows = [row for row in disks_of(ctx, vm) if _meant(ctx, row)]
    where = f"{ctx.name}: instance {ctx.given['vm']}"
    if not rows:
        raise NotFound(f"{where} has no such volume", obj=ctx.name, remedy="check device_id and volume_type")
    if len(rows) > 1:
        found = ", ".join(f"{row.get('name')} (device_id {row.get('deviceid')})" for row in rows)
        raise Ambiguous(f"{where} has {len(rows)} volumes: {found}", obj=ctx.name, remedy="give device_id")
    return rows[0]


def disks_of(ctx: Any, vm: Row) -> list[Row]:
    """The volumes of an instance. What a project owns is left out of lists that do not name the project."""
    owner = project_of(vm)
    found: list[Row] = ctx.view.rows(ctx.view.kinds["volume"], {"virtualmachineid": vm["id"], **owner})
    return found


def _meant(ctx: Any, row: Row) -> bool:
    number, kind = ctx.given.get("device_id"), ctx.given.get("volume_type")
    return (number is None or row.get("deviceid") == int(number)) and (kind is None or row.get("type") == kind)


class Place(str):
    """A zone or storage pool that holds copies; prints as its name. ``own``: the volume's own, never asked for."""

    id: str
    own: bool

    __slots__ = ("id", "own")

    @classmethod
    def of(cls, row: Mapping[str, Any], own_id: str) -> Place:
        place = cls(row.get("name") or row["id"])
        place.id = str(row["id"])
        place.own = place.id == own_id
        return place


def same_places(want: Iterable[str], have: Iterable[Place] | None) -> bool:
    """Names or ids against places; the volume's own may be left out."""
    wanted, places = set(want), list(have or ())
    known = {text for place in places for text in (str(place), place.id)}
    return wanted <= known and all(place.own or wanted & {str(place), place.id} for place in places)
