# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System offerings for procedures: which one is meant, and whether system VMs could start with it at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..client import InvalidInput
from ..model import Row

SMALLEST = 512
"""MB that the current 64-bit system VM template needs [procedures A3]."""


def chosen(run: Any, kind: str) -> Row:
    """The system offering of the option ``offering``. Raises InvalidInput when VMs of this kind cannot take it."""
    row: Row = run.view.find("system_offering", run.option("offering"), {"system_vm_type": kind})
    if "systemvmtype" not in row:
        return row  # an earlier task of this check would make it
    name = f"system offering {row['name']}"
    if row["systemvmtype"] != kind:
        raise InvalidInput(
            f"{name} is for {row['systemvmtype']}, not for {kind}",
            option="offering",
            obj=name,
            remedy=f"choose a system offering with system_vm_type {kind}",
        )
    if row.get("state") not in (None, "Active"):
        raise InvalidInput(
            f"{name} is {row['state']}", option="offering", obj=name, remedy="reinstate it, or choose an active one"
        )
    if int(row.get("memory") or 0) < SMALLEST:
        run.task.warn(f"{name} has {row.get('memory')} MB; the current system VM template needs {SMALLEST} MB")
    return row


def names_by_id(run: Any, chosen_one: Row) -> dict[str, str]:
    """What system offerings are called, for plans; one that is only going to be made too."""
    rows = run.client.list("listServiceOfferings", {"issystem": True})
    return {str(row["id"]): str(row["name"]) for row in [*rows, chosen_one]}


def check_fits(run: Any, offering: Row, zones: Iterable[Row]) -> None:
    """Refuses an offering with which no system VM would start in one of the zones: consoles or images would be gone.

    The server itself takes any id, and falls back to its default without a word or has no system VM at all.
    """
    if "systemvmtype" not in offering:
        return
    for zone in zones:
        _check_storage_type(run, offering, zone)
        _check_tags(run, offering, zone)


def _check_storage_type(run: Any, offering: Row, zone: Row) -> None:
    name = "system.vm.use.local.storage"
    rows = run.client.list("listConfigurations", {"name": name, "zoneid": zone["id"]})
    rows = rows or run.client.list("listConfigurations", {"name": name})
    local = any(row["name"] == name and str(row.get("value")).lower() == "true" for row in rows)
    wanted = "local" if local else "shared"
    if offering.get("storagetype", wanted) != wanted:
        raise InvalidInput(
            f"system offering {offering['name']} uses {offering['storagetype']} storage, but system VMs of zone "
            f"{zone['name']} use {wanted} storage",
            option="offering",
            remedy=f"choose one with {wanted} storage, or change the setting {name} of the zone",
        )


def _check_tags(run: Any, offering: Row, zone: Row) -> None:
    scope = {"zoneid": zone["id"]}
    questions = (
        ("storagetags", "storage pool", "listStoragePools", "tags", lambda row: row.get("state") == "Up"),
        ("hosttags", "host", "listHosts", "hosttags", lambda row: row.get("resourcestate") == "Enabled"),
    )
    for field, noun, command, tags, is_usable in questions:
        wanted = _tags(offering, field)
        if not wanted:
            continue
        rows = run.client.list(command, {**scope, **({"type": "Routing"} if noun == "host" else {})})
        if not any(wanted <= _tags(row, tags) for row in rows if is_usable(row)):
            raise InvalidInput(
                f"no {noun} of zone {zone['name']} has the tags {', '.join(sorted(wanted))} that system offering "
                f"{offering['name']} asks for; system VMs would not start there",
                option="offering",
                remedy=f"tag a {noun} there, or choose another offering",
            )


def _tags(row: Mapping[str, Any], field: str) -> set[str]:
    return {tag.strip() for tag in str(row.get(field) or "").split(",") if tag.strip()}


def enabled_zones(run: Any, only: str = "") -> Sequence[Row]:
    """Zones that may have system VMs, or the one with this id."""
    rows = run.client.list("listZones", {"id": only} if only else {})
    return [row for row in rows if row.get("allocationstate") == "Enabled"]
