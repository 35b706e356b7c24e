# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a volume can be attached where it is to go, before it is detached from where it is (C4)."""

from __future__ import annotations

from typing import Any

from ..client import InvalidInput, of_all_owners
from ..model import Row


def check_place(ctx: Any, row: Row) -> None:
    """Refuses what the server would refuse only when the volume is detached already. Raises InvalidInput."""
    wanted, attached = ctx.given.get("vm"), row.get("virtualmachineid") or ""
    if wanted is None:
        return
    goes_to = ctx.ref_id("vm") if wanted else ""
    device = ctx.given.get("device_id")
    if goes_to == attached and device in (None, row.get("deviceid")):
        return
    machines = [machine for machine in dict.fromkeys((attached, goes_to)) if machine and not ctx.is_planned(machine)]
    for machine in machines:
        _refuse_snapshots(ctx, machine)
    if goes_to in machines:
        _refuse_hypervisor(ctx, row)
        if device is not None:
            _refuse_device(ctx, row, goes_to, int(device))


def _refuse_snapshots(ctx: Any, machine: str) -> None:
    found = of_all_owners(ctx.client, "listVMSnapshot", {"virtualmachineid": machine})
    if found:
        names = ", ".join(str(one.get("displayname") or one["name"]) for one in found[:5])
        raise InvalidInput(
            f"{ctx.name}: no disk is attached to or detached from an instance that has VM snapshots ({names})",
            option="vm",
            obj=ctx.name,
            remedy="delete them first, or wait until they are not needed any more",
        )


def _refuse_hypervisor(ctx: Any, row: Row) -> None:
    kind, machine = row.get("hypervisor"), ctx.ref("vm").get("hypervisor")
    if row.get("state") == "Ready" and kind and machine and kind not in ("Any", "None", machine):
        raise InvalidInput(
            f"{ctx.name} was made by {kind}, and {ctx.given['vm']} runs on {machine}",
            option="vm",
            obj=ctx.name,
            remedy="choose an instance of the same hypervisor",
        )


def _refuse_device(ctx: Any, row: Row, machine: str, device: int) -> None:
    for other in of_all_owners(ctx.client, "listVolumes", {"virtualmachineid": machine}):
        if other.get("deviceid") == device and other["id"] != row["id"]:
            raise InvalidInput(
                f"{ctx.name}: device {device} of {ctx.given['vm']} is {other['name']}",
                option="device_id",
                obj=ctx.name,
                remedy="give another number, or leave it out",
            )
