# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that is down and is to stay out of service when it comes back (K3).

The server takes one into maintenance at once, without looking at what it still counts on it, where a setting allows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .host_availability import zone_setting
from .hosts import RESIDENTS, machines, neighbours, residents, short_list, titled

SETTING = "set.host.down.to.maintenance"
ON_THE_WAY = ("Starting", "Stopping", "Migrating")


def is_down(row: Mapping[str, Any]) -> bool:
    """Whether the server is sure that a host is gone, not only that its agent is silent."""
    return row.get("state") == "Down"


def why_not_parked(run: Any, row: Mapping[str, Any]) -> list[str]:
    """Why a host that is down must not be taken into maintenance now."""
    allowed = zone_setting(run, SETTING, row["zoneid"])
    if allowed != "true":
        state = allowed or "not known to this server"
        why = f"setting {SETTING} of its zone is {state}; set it to true, or see host_degraded once the machine is off"
    elif here := residents(run, row["id"]):
        names = short_list(titled(one) for one in here)
        why = f"{names} still count as on it: restarts may be pending; wait for them, or see host_degraded"
    elif moving := _on_the_way(run, row):
        why = f"restarts may be pending: {short_list(moving)}; wait for them"
    else:
        return []
    return [f"its agent is Down, and {why}"]


def _on_the_way(run: Any, row: Mapping[str, Any]) -> list[str]:
    """Machines that start, stop or move on the other hosts of its cluster: perhaps those that it has lost."""
    others = {other["id"] for other in neighbours(run, row)}
    questions = [(kind, {"zoneid": row["zoneid"], "state": state}) for kind in RESIDENTS for state in ON_THE_WAY]
    answers = run.client.parallel([partial(machines, run, kind, asked) for kind, asked in questions])
    found = {
        one["id"]: f"{titled({**one, 'kind': kind})} is {one['state']}"
        for (kind, _asked), rows in zip(questions, answers, strict=True)
        for one in rows
        if one.get("hostid") in others
    }
    return sorted(found.values())
