# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who uses a template: instances, and the profiles that autoscale groups make instances from.

A profile is changed only while its groups are disabled, so a remark at the group tells that it has to be enabled again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..client import ApiError, of_all_owners
from ..model import Row
from .volume_marks import Marks

SCALING = ("ENABLED", "SCALING")
COMMANDS = ("updateAutoScaleVmProfile", "disableAutoScaleVmGroup", "enableAutoScaleVmGroup")


@dataclass(frozen=True)
class Profile:
    """A profile of autoscale groups that names the template, and these groups."""

    row: Row
    groups: Sequence[Row]

    @property
    def title(self) -> str:
        """For people: a profile has no name of its own."""
        names = ", ".join(sorted(str(group.get("name") or group["id"]) for group in self.groups))
        return f"autoscale group {names}" if names else f"autoscale profile {self.row['id']}, of no group"


def instances(run: Any, template: str) -> list[str]:
    """Names of the instances that were made from it."""
    return sorted({row["name"] for row in of_all_owners(run.client, "listVirtualMachines", {"templateid": template})})


def profiles(run: Any, template: str) -> list[Profile]:
    """Profiles of accounts and projects that name it."""
    found = of_all_owners(run.client, "listAutoScaleVmProfiles", {"templateid": template})
    ask: list[Callable[[], list[Row]]] = [partial(_groups, run, row) for row in found]
    return [Profile(row, groups) for row, groups in zip(found, run.client.parallel(ask), strict=True)]


def _groups(run: Any, profile: Row) -> list[Row]:
    return of_all_owners(run.client, "listAutoScaleVmGroups", {"vmprofileid": profile["id"]})


class Repointing:
    """Gives profiles another template. What a run that was cut off has disabled is found by its remark."""

    def __init__(self, run: Any, template: str) -> None:
        self._run = run
        self._marks = Marks(run, f"after the replacement of template {template}", "AUTOSCALE_VM_GROUP")

    def is_cut_off(self) -> bool:
        """Whether groups are still disabled, or still have their remark."""
        return bool(self._marks.read())

    def repoint(self, profile: Profile, template: Row) -> None:
        """Disables its groups that scale, changes it, and sees that the server did."""
        known = self._marks.read()
        for group in profile.groups:
            if str(group.get("state")).upper() in SCALING:
                if group["id"] not in known:
                    self._marks.add_one({"id": group["id"], "name": profile.title})
                self._run.change("disableAutoScaleVmGroup", {"id": group["id"]}, profile.title)
        params = {"id": profile.row["id"], "templateid": template["id"]}
        self._run.change("updateAutoScaleVmProfile", params, profile.title)
        now = of_all_owners(self._run.client, "listAutoScaleVmProfiles", {"id": profile.row["id"]})
        if any(row.get("templateid") != template["id"] for row in now):
            raise ApiError(
                "the server reported success, but its profile has the old template still",
                obj=profile.title,
                remedy="look at the server's events; run again to continue",
            )

    def enable_again(self) -> None:
        """Enables the groups that were disabled for this, whoever did it, and takes their remarks away."""
        for group_id, mark in self._marks.read().items():
            rows = of_all_owners(self._run.client, "listAutoScaleVmGroups", {"id": group_id})
            if rows and str(rows[0].get("state")).upper() not in SCALING:
                name = rows[0].get("name") or group_id
                self._run.change("enableAutoScaleVmGroup", {"id": group_id}, f"autoscale group {name}")
            self._marks.remove(mark)
