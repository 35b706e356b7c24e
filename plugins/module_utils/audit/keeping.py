# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what is kept: volumes, snapshots, templates, offerings, counts of resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from ..model import Row
from .facts import Facts, words
from .rule import Finding, Rule


def _zone(row: Row) -> str:
    return str(row.get("zonename", ""))


def _gigabytes(row: Row) -> str:
    return f"{float(row.get('size') or 0) / 2**30:.0f} GiB"


def _orphans(facts: Facts) -> Iterator[Finding]:
    limit = timedelta(days=facts.limit("orphan_days"))
    for row in facts.rows("volumes"):
        age = facts.age(row.get("created"))
        if row.get("type") == "DATADISK" and not row.get("virtualmachineid") and age is not None and age >= limit:
            owner = row.get("account") or row.get("project")
            seen = f"{_gigabytes(row)} of {owner}, attached to nothing, {age.days} days old"
            yield Finding("volume", row["name"], seen, row["id"], _zone(row))


def _hanging_volumes(facts: Facts) -> Iterator[Finding]:
    busy = {row.get("jobinstanceid") for row in facts.rows("jobs") if row.get("jobstatus") == 0}
    for row in facts.rows("volumes"):
        state = str(row.get("state"))
        if state in ("UploadError", "UploadAbandoned") or (state in ("Migrating", "Copying") and row["id"] not in busy):
            yield Finding("volume", row["name"], f"it is {state}, and no job works on it", row["id"], _zone(row))


def _snapshots(facts: Facts) -> Iterator[Finding]:
    limit = timedelta(days=facts.limit("snapshot_days"))
    for row in facts.rows("snapshots"):
        age = facts.age(row.get("created"))
        if age is not None and age >= limit:
            seen = f"{age.days} days old, of volume {row.get('volumename')}"
            yield Finding("snapshot", row["name"], seen, row["id"], _zone(row))


def _templates(facts: Facts) -> Iterator[Finding]:
    for row in facts.rows("templates"):
        if not row.get("isready"):
            why = str(row.get("status") or "no status")
            yield Finding("template", row["name"], f"it is not ready: {why}", row["id"], _zone(row))


def _one_copy(facts: Facts) -> Iterator[Finding]:
    """Where a zone has several stores, the loss or removal of one must not take the system VM template along."""
    stores = Counter(row.get("zoneid") for row in facts.rows("image_stores"))
    for row in facts.rows("templates"):
        if row.get("templatetype") != "SYSTEM" or stores[row.get("zoneid")] < 2 or not row.get("isready"):
            continue
        copies = [
            entry.get("datastore")
            for entry in row.get("downloaddetails") or ()
            if entry.get("datastoreRole") == "Image" and entry.get("downloadState") == "DOWNLOADED"
        ]
        if len(copies) == 1:
            yield Finding("template", row["name"], f"it is on {copies[0]} only", row["id"], _zone(row))


def _offerings(source: str, noun: str, tags: str, places: str) -> Callable[[Facts], Iterable[Finding]]:
    """Offerings whose tags no pool (all of them on one), or no host, has."""
    field = "tags" if places == "storage_pools" else "hosttags"

    def look(facts: Facts) -> Iterator[Finding]:
        rules = any(row.get("istagarule") for row in facts.rows(places))
        there = [words(row.get(field)) for row in facts.rows(places)]
        for row in facts.rows(source):
            wanted = words(row.get(tags))
            if row.get("state", "Active") == "Active" and wanted and not any(wanted <= have for have in there):
                where = "storage pool" if places == "storage_pools" else "host"
                unsure = "; some have a rule for tags, which was not evaluated" if rules else ""
                seen = f"no {where} has {', '.join(sorted(wanted))}{unsure}"
                yield Finding(noun, row["name"], seen, row["id"], severity="low" if rules else "")

    return look


_GONE = ("Expunging", "Destroyed", "Destroy", "Expunged", "Error")


_RUNNING = ("Running", "Starting", "Stopping", "Migrating")


def _counts(facts: Facts) -> Iterator[Finding]:
    """Held against what is listed. By a setting the server counts only instances that run."""
    only_running = facts.setting("resource.count.running.vms.only") == "true"
    for source, field, noun in (("instances", "vmtotal", "instances"), ("volumes", "volumetotal", "volumes")):
        there = Counter(
            (row.get("account"), row.get("domainid"))
            for row in facts.rows(source)
            if row.get("account") and _is_counted(str(row.get("state")), only_running and source == "instances")
        )
        for row in facts.rows("accounts"):
            seen = there[(row["name"], row.get("domainid"))]
            told = int(row.get(field) or 0)
            if told != seen:
                path = f"{row.get('domainpath') or row.get('domain')}/{row['name']}"
                yield Finding("account", path, f"{told} {noun} are counted, {seen} are there", row["id"])


def _is_counted(state: str, only_running: bool) -> bool:
    return state in _RUNNING if only_running else state not in _GONE


RULES = (
    Rule(
        "orphaned-volume", "Volumes attached to nothing", "low",
        why="They take room that nobody uses, and their owners pay for it.",
        remedy="Ask the owner; take a snapshot; delete the volume.", modules=("volume", "snapshot"),
        needs=("volumes",), look=_orphans,
    ),
    Rule(
        "stuck-volume", "Volumes between two states", "high",
        why="Nothing can be done with them; a migration that failed half way may have left two copies.",
        remedy="Look for the volume's last job in the server's log before anything else.",
        modules=("volume",), needs=("volumes", "jobs"), look=_hanging_volumes,
    ),
    Rule(
        "old-snapshot", "Old snapshots", "low",
        why="They take room on secondary storage, and chains grow long.",
        remedy="Delete them, and let schedules keep only so many.", modules=("snapshot", "snapshot_policy"),
        needs=("snapshots",), look=_snapshots,
    ),
    Rule(
        "template-not-ready", "Templates that are not ready", "medium",
        why="In that zone no instance can be made of it; of a system VM template, no system VM.",
        remedy="Look at its status; delete and register it again, or copy it to the zone.",
        modules=("template", "system_vm_template"), needs=("templates",), look=_templates,
    ),
    Rule(
        "system-template-one-store", "System VM templates on a single store", "medium",
        why="The server lets that store be removed; after that no system VM starts any more.",
        remedy="Copy the template to the zone's other stores before one is removed.",
        modules=("system_vm_template", "secondary_storage_migration"), needs=("templates", "image_stores"),
        look=_one_copy,
    ),
    Rule(
        "compute-offering-without-pool", "Compute offerings whose storage tags fit no pool", "medium",
        why="Every deployment with it fails.", remedy="Tag a pool, change the offering's tags, or set it inactive.",
        modules=("compute_offering", "storage_pool"), needs=("compute_offerings", "storage_pools"),
        look=_offerings("compute_offerings", "compute offering", "storagetags", "storage_pools"),
    ),
    Rule(
        "compute-offering-without-host", "Compute offerings whose host tags fit no host", "medium",
        why="Every deployment with it fails.", remedy="Tag a host, change the offering's tags, or set it inactive.",
        modules=("compute_offering", "host"), needs=("compute_offerings", "hosts"),
        look=_offerings("compute_offerings", "compute offering", "hosttags", "hosts"),
    ),
    Rule(
        "system-offering-without-host", "System offerings whose host tags fit no host", "high",
        why="No system VM or router with it starts.", remedy="Tag a host, or change the offering's tags.",
        modules=("system_offering", "host"), needs=("system_offerings", "hosts"),
        look=_offerings("system_offerings", "system offering", "hosttags", "hosts"),
    ),
    Rule(
        "disk-offering-without-pool", "Disk offerings whose tags fit no pool", "medium",
        why="Every volume with it stays unallocated and cannot be attached.",
        remedy="Tag a pool, change the offering's tags, or set it inactive.",
        modules=("disk_offering", "storage_pool"), needs=("disk_offerings", "storage_pools"),
        look=_offerings("disk_offerings", "disk offering", "tags", "storage_pools"),
    ),
    Rule(
        "resource-count", "Counts of resources that drifted", "medium",
        why="Tenants are refused though they are below their limits, or are let past them.",
        remedy="Let the server count again (updateResourceCount).", modules=("api",),
        needs=("accounts", "instances", "volumes", "settings"), look=_counts,
    ),
)  # fmt: skip
