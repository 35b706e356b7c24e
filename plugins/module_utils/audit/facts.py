# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit knows of a cloud: every list read once, the lists side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ..client import ApiError, InvalidInput, NotAllowed, of_all_owners
from ..model import Row
from ..procedures.facts import moment

SOURCES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "accounts": ("listAccounts", {"listall": True}),
    "affinity_groups": ("listAffinityGroups", {"listall": True}),
    "balancers": ("listInternalLoadBalancerVMs", {"listall": True}),
    "capacity": ("listCapacity", {}),
    "clusters": ("listClusters", {}),
    "compute_offerings": ("listServiceOfferings", {}),
    "disk_offerings": ("listDiskOfferings", {}),
    "hosts": ("listHosts", {"type": "Routing"}),
    "image_stores": ("listImageStores", {}),
    "instances": ("listVirtualMachines", {"listall": True, "details": "affgrp"}),
    "jobs": ("listAsyncJobs", {"listall": True}),
    "management_servers": ("listManagementServers", {}),
    "pods": ("listPods", {}),
    "routers": ("listRouters", {"listall": True}),
    "settings": ("listConfigurations", {}),
    "snapshots": ("listSnapshots", {"listall": True}),
    "storage_pools": ("listStoragePools", {}),
    "system_offerings": ("listServiceOfferings", {"issystem": True}),
    "system_vms": ("listSystemVms", {}),
    "templates": ("listTemplates", {"templatefilter": "all", "listall": True}),
    "volumes": ("listVolumes", {"listall": True}),
    "zones": ("listZones", {}),
}
OF_PROJECTS = ("affinity_groups", "balancers", "instances", "routers", "snapshots", "volumes")
"""Lists that leave out what belongs to projects unless they are asked for it."""
THRESHOLDS: Mapping[str, float] = {
    "reserved_addresses": 80, "public_addresses": 85, "guest_vlans": 85, "pool_used": 80, "pool_allocated": 90,
    "image_store_used": 85, "job_hours": 12, "orphan_days": 30, "snapshot_days": 90, "certificate_days": 30,
}  # fmt: skip
"""Percent, hours and days from which on something is found."""
SHARES = ("reserved_addresses", "public_addresses", "guest_vlans", "pool_used", "image_store_used")
"""Percent of what cannot be more than full; pools can be allocated more than once over."""


class Facts:
    """Rows by the names of SOURCES, the thresholds, and the moment of the audit.

    ``missing`` says why a list could not be read: the server has no such command, or the caller may not use it.
    """

    def __init__(self, task: Any) -> None:
        self.task = task
        self.client = task.client
        self.now: datetime = task.clock.now()
        self.thresholds = thresholds(task.option("thresholds") or {})
        self.missing: dict[str, str] = {}
        self._rows: dict[str, list[Row]] = {}
        self._settings: dict[str, str] | None = None

    def read(self, names: Iterable[str]) -> None:
        """Reads these lists side by side, each once. The calls within a long list go side by side too."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._rows]
        for name, rows in zip(wanted, self.client.parallel([partial(self._read, n) for n in wanted]), strict=True):
            self._rows[name] = rows

    def _read(self, name: str) -> list[Row]:
        command, params = SOURCES[name]
        try:
            ask = partial(of_all_owners, self.client) if name in OF_PROJECTS else self.client.list
            rows: list[Row] = ask(command, params)
        except NotAllowed as error:
            self.missing[name] = f"{command}: {error.message}"
            return []
        except ApiError as error:
            # The command is allowed, what we ask with it is not: "Filter all can be specified by admin only".
            if error.code not in (431, 531):
                raise
            self.missing[name] = f"{command}: {error.server_text or error.message}"
            return []
        return rows

    def rows(self, name: str) -> list[Row]:
        return self._rows[name]

    def ask(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        """Further questions, side by side."""
        return list(self.client.parallel(calls))

    @property
    def objects(self) -> int:
        """How many objects were looked at."""
        return sum(len(rows) for name, rows in self._rows.items() if name != "settings")

    def setting(self, name: str) -> str | None:
        """Global value of a setting; None where the server has no such setting."""
        if self._settings is None:
            self._settings = {row["name"]: str(row.get("value") or "") for row in self.rows("settings")}
        return self._settings.get(name)

    def limit(self, name: str) -> float:
        return self.thresholds[name]

    def age(self, text: Any) -> timedelta | None:
        """How long ago ``2026-01-02T03:04:05+0000`` was; None for what is no moment."""
        begun = moment(text)
        return self.now - begun if begun is not None else None


def thresholds(given: Mapping[str, Any]) -> dict[str, float]:
    """All thresholds, with those given in place of the usual. Raises InvalidInput."""
    unknown = sorted(set(given) - set(THRESHOLDS))
    if unknown:
        raise InvalidInput(
            f"there is no threshold {', '.join(unknown)}",
            option="thresholds",
            remedy=f"use {', '.join(sorted(THRESHOLDS))}",
        )
    found = dict(THRESHOLDS)
    for name, value in given.items():
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            found[name] = -1
        if not 0 <= found[name] < math.inf:
            raise InvalidInput(
                f"the threshold {name} is {value!r}", option="thresholds", remedy="give a number of 0 or more"
            )
        if name in SHARES and found[name] > 100:
            raise InvalidInput(
                f"the threshold {name} is {value!r} percent, and nothing would ever be found",
                option="thresholds",
                remedy="give 0 to 100, or name the rule in without",
            )
    return found


def percent(used: Any, total: Any) -> float:
    """Used of total in percent; 0 where nothing is there to be used."""
    whole = float(total or 0)
    return 100.0 * float(used or 0) / whole if whole > 0 else 0.0


def words(text: Any) -> set[str]:
    """Tags as the server lists them: separated by commas."""
    return {word.strip() for word in str(text or "").split(",") if word.strip()}
