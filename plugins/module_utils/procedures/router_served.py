# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network or VPC that routers serve, and what the server says of it after a restart (F3)."""

from __future__ import annotations

from typing import Any

from ..campaign import Target
from ..client import of_all_owners
from ..model import Row

LISTS = {"network": "listNetworks", "vpc": "listVPCs"}


def served(run: Any, target: Target) -> Row | None:
    """The network or VPC of a target as it is now; None where it is there no more."""
    kind, target_id, _name = target.facts["serves"]
    rows = of_all_owners(run.client, LISTS[kind], {"id": target_id})
    return rows[0] if rows else None


def has_shut_down(run: Any, target: Target) -> bool:
    """Whether a network needs no router any more: the server shuts idle networks down, or somebody deleted it."""
    if target.facts["serves"][0] == "vpc":
        return False
    row = served(run, target)
    return row is None or row.get("state") in ("Allocated", "Shutdown", "Destroy")


def still_requires_restart(run: Any, target: Target) -> bool:
    """Whether the server says so after a restart with cleanup by this run; a live patch leaves it as it was."""
    if target.id not in run.memory.get("restarted", ()):
        return False
    return bool((served(run, target) or {}).get("restartrequired"))
