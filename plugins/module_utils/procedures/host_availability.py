# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether instances would be started again when their host is lost (J3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..model import Row


def zone_setting(run: Any, name: str, zone_id: str) -> str:
    """Value of a setting in a zone, where it has that scope, or of the whole cloud."""
    for scope in ({"zoneid": zone_id}, {}):
        rows = [row for row in run.client.list("listConfigurations", {"name": name, **scope}) if row["name"] == name]
        if rows:
            return str(rows[0].get("value") or "")
    return ""


def restart_obstacles(run: Any, zone_id: str, hosts: Iterable[Row]) -> list[str]:
    """Why nothing would be started again in a zone; ``hosts`` are those of the zone."""
    found = []
    if zone_setting(run, "vm.ha.enabled", zone_id) == "false":
        found.append("vm.ha.enabled is false, so no instance is started again")
    tag = zone_setting(run, "ha.tag", zone_id)
    tagged = [row for row in hosts if tag and tag in str(row.get("hosttags") or "").split(",")]
    usable = [row for row in tagged if (row.get("state"), row.get("resourcestate")) == ("Up", "Enabled")]
    if tag and not usable:
        found.append(f"ha.tag is {tag!r} and no usable host carries that tag, so no instance is started again")
    return found
