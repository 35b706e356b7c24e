# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Size and disk offering of many volumes; what would cut off data is asked for twice (C7, C8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import ACT, BLOCKED, CHECK, DONE, DUE, VERIFY, Procedure, Stage, Standing, Target, given, when
from ..client import ApiError, InvalidInput
from ..model import Option, Row
from .facts import ZONE
from .long_jobs import change, time_for
from .volume_facts import (
    ACCOUNT,
    DOMAIN,
    GIB,
    INSTANCES,
    KIND,
    PROJECT,
    TAGS,
    VOLUMES,
    obstacle,
    place_of,
    selected_volumes,
    size_text,
    volume_now,
)
from .volume_marks import instance_now
from .volume_moves import PARTIAL
from .volume_plans import refuse_blocked

OF_FILES = ("NetworkFilesystem", "SharedMountPoint", "Filesystem", "Gluster")
"""Types of pools on which KVM keeps volumes as QCOW2 files."""


def _targets(run: Any) -> Sequence[Target]:
    name = run.option("disk_offering")
    run.memory["offering"] = run.view.find("disk_offering", name, {}) if name else None
    _check_size(run, run.memory["offering"])
    found = []
    for row in selected_volumes(run, everything=bool(run.option("tags"))):
        found.append(Target(id=row["id"], name=row["name"], kind="volume", place=place_of(row)))
    return found


def _check_size(run: Any, offering: Row | None) -> None:
    size = run.option("size")
    if size is not None and size < 1:
        raise InvalidInput("size must be at least 1 GB", option="size", remedy="give a size in GB")
    if size is not None and offering is not None and not offering.get("iscustomized"):
        raise InvalidInput(
            f"disk offering {offering['name']} has a size of its own, {offering.get('disksize')} GB",
            option="size",
            remedy="leave out size, or give an offering that leaves it to users",
        )


def _wanted(run: Any, row: Row) -> int:
    """Bytes that a volume shall have: as asked, as its new offering has, else what it has."""
    offering = run.memory["offering"]
    if run.option("size") is not None:
        return int(run.option("size")) * GIB
    if offering is not None and not offering.get("iscustomized"):
        return int(offering["disksize"]) * GIB
    return int(row.get("size") or 0)


def _differences(run: Any, row: Row) -> list[str]:
    offering, found = run.memory["offering"], []
    if offering is not None and row.get("diskofferingid") != offering["id"]:
        found.append(f"offering {row.get('diskofferingname') or 'none'} -> {offering['name']}")
    if _wanted(run, row) != int(row.get("size") or 0):
        found.append(f"{size_text(row)} -> {_wanted(run, row) / GIB:g} GB")
    return found


def _shrinks(run: Any, row: Row) -> bool:
    return _wanted(run, row) < int(row.get("size") or 0)


def _standing(run: Any, target: Target) -> Standing:
    row = volume_now(run, target.id)
    if row is None:
        return Standing(DONE, "is gone")
    differences = _differences(run, row)
    if not differences:
        return Standing(DONE)
    if row.get("state") not in ("Ready", "Allocated"):
        return Standing(BLOCKED, f"is {row.get('state')}")
    why_not = obstacle(run, [row]) or _not_by_size(run, row) or _not_as_root(run, row) or _not_by_tags(run, row)
    return Standing(BLOCKED, why_not) if why_not else Standing(DUE, ", ".join(differences))


def _not_by_size(run: Any, row: Row) -> str:
    if not _shrinks(run, row):
        return ""
    if not run.option("shrink_ok"):
        return f"has {size_text(row)}, and {_wanted(run, row) / GIB:g} GB would cut off its end: set shrink_ok"
    if row.get("hypervisor") == "VMware":
        return "VMware cannot shrink a volume"
    if row.get("hypervisor") == "KVM" and row.get("state") == "Ready" and _pool(run, row).get("type") in OF_FILES:
        return f"KVM cannot shrink a QCOW2 file, which it is on {row.get('storage')}"
    return ""


def _pool(run: Any, row: Row) -> Row:
    rows = run.client.list("listStoragePools", {"id": row["storageid"]}) if row.get("storageid") else []
    return rows[0] if rows else {}


def _not_as_root(run: Any, row: Row) -> str:
    """What the compute offering says about root disks stands above the disk offering."""
    if row.get("type") != "ROOT":
        return ""
    machine = instance_now(run, str(row.get("virtualmachineid") or ""))
    if machine is None:
        return ""
    if machine.get("state") != "Stopped" and row.get("hypervisor") != "KVM":
        return "the instance must be stopped first"
    found = run.client.list("listServiceOfferings", {"id": machine["serviceofferingid"]})
    offering = found[0] if found else {}
    if offering.get("isvolatile"):
        run.task.warn(f"{row['name']} is made anew at each reboot of {machine['name']}, as its compute offering says")
    if offering.get("diskofferingstrictness") and run.memory["offering"] is not None:
        return f"compute offering {offering['name']} fixes the disk offering: change the compute offering instead"
    if offering.get("rootdisksize"):
        return f"compute offering {offering['name']} fixes the size of root disks: change the compute offering instead"
    return ""


def _not_by_tags(run: Any, row: Row) -> str:
    """Where the pool lacks a tag of the new offering the server moves the volume, if it is allowed to."""
    offering = run.memory["offering"]
    if offering is None or run.option("auto_migrate") or not row.get("storageid"):
        return ""
    have = set(str(_pool(run, row).get("tags") or "").split(","))
    missing = set(str(offering.get("tags") or "").split(",")) - {""} - have
    return f"its pool {row.get('storage')} lacks {', '.join(sorted(missing))}: set auto_migrate" if missing else ""


def _preflight(run: Any, due: Sequence[Target]) -> None:
    refuse_blocked(run)
    rows = [volume_now(run, target.id) for target in due]
    run.memory["shrinking"] = [row["name"] for row in rows if row is not None and _shrinks(run, row)]


def _confirm(run: Any, _due: Sequence[Target]) -> str:
    """The size, typed once more, where data may be cut off."""
    offering = run.memory["offering"]
    size = run.option("size") or (offering or {}).get("disksize")
    return f"{size} GB" if run.memory["shrinking"] else ""


def _resizes(run: Any, _due: Sequence[Target]) -> bool:
    """Whether the size or the rates of a volume may change while it keeps its offering."""
    return not run.option("disk_offering") or any(
        run.option(name) is not None for name in ("size", "min_iops", "max_iops")
    )


def _act(run: Any, target: Target) -> None:
    row = volume_now(run, target.id)
    if row is None:
        return
    offering = run.memory["offering"]
    given = {"miniops": run.option("min_iops"), "maxiops": run.option("max_iops")}
    params = {"id": target.id, **{key: value for key, value in given.items() if value is not None}}
    if _shrinks(run, row):
        params["shrinkok"] = True
    if run.option("auto_migrate"):
        params["automigrate"] = True
    if offering is None or row.get("diskofferingid") == offering["id"]:
        change(run, "resizeVolume", {**params, "size": _wanted(run, row) // GIB}, target.title)
        return
    if offering.get("iscustomized"):
        params["size"] = -(-_wanted(run, row) // GIB)
    change(run, "changeOfferingForVolume", {**params, "diskofferingid": offering["id"]}, target.title)


def _verify(run: Any, target: Target) -> None:
    """Size and offering as the volume itself tells them, to the byte."""

    def look() -> bool | str:
        row = volume_now(run, target.id)
        if row is None:
            raise ApiError("the volume is gone", obj=target.title, remedy="somebody removed it meanwhile")
        if row.get("state") not in ("Ready", "Allocated"):
            return f"it to be ready (is {row.get('state')})"
        differences = _differences(run, row)
        if differences:
            raise ApiError(
                f"the server says that it was done, but the volume still differs: {', '.join(differences)}",
                obj=target.title,
            )
        return True

    run.wait_for(target, "the size and offering asked for", look)


VOLUME_OFFERING_CHANGE = Procedure(
    name="volume_offering_change",
    noun="volume",
    summary="Change size or disk offering of many volumes",
    description=(
        "Gives volumes another disk offering, another size, or both, one after the other.",
        "Where the offering leaves the size to users and none is given, each volume keeps its size.",
    ),
    notes=(
        "Growing a volume does not grow the file system in it.",
        "Shrinking cuts off the end of a volume: it needs O(shrink_ok), and the size typed once more in O(confirm).",
        "For root disks the compute offering stands above the disk offering.",
    ),
    options=(
        ZONE, VOLUMES, INSTANCES, KIND, ACCOUNT, DOMAIN, PROJECT, TAGS,
        Option("disk_offering", "ref", help="The offering that the volumes shall have.", refers_to="disk_offering",
               behaviour=True),
        Option("size", "int", help="Size that the volumes shall have.", unit="GB", behaviour=True),
        Option("min_iops", "int", help="Lowest rate, for offerings that leave it to users.", unit="operations/s",
               behaviour=True),
        Option("max_iops", "int", help="Highest rate, for offerings that leave it to users.", unit="operations/s",
               behaviour=True),
        Option("shrink_ok", "bool", default=False, help="Whether volumes may be cut off.", behaviour=True),
        Option("auto_migrate", "bool", default=False, behaviour=True,
               help="Whether the server may move a volume to a pool that has the tags of the offering."),
        PARTIAL, time_for(hours=4),
    ),
    sequence=(
        Stage(CHECK, "List the volumes; refuse what compute offerings, tags or snapshots forbid", each=False),
        Stage(CHECK, "Ask for the size once more where data would be cut off", each=False),
        Stage(ACT, "Resize the volume, or change its offering"),
        Stage(VERIFY, "Read size and offering from the volume itself"),
    ),
    constraints={"required_one_of": [["names", "instances", "tags"], ["disk_offering", "size"]]},
    returns={"refused": ("list", "What cannot be changed, and why.")},
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    confirm=_confirm,
    sends=(
        *when(given("disk_offering"), "changeOfferingForVolume"),
        *when(_resizes, "resizeVolume"),
    ),
    act=_act,
    verify=_verify,
)  # fmt: skip
