# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what runs: hosts, servers, system VMs, routers, jobs and instances that hang."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..model import Row
from ..procedures.facts import same_version, version_key
from ..procedures.routers import unsettled_pair
from .facts import Facts, words
from .rule import Finding, Rule

_ON_THEIR_WAY = ("Starting", "Stopping", "Migrating")
_QUIET = ("Maintenance", "PrepareForMaintenance", "ErrorInMaintenance", "ErrorInPrepareForMaintenance")


def _zone(row: Row) -> str:
    return str(row.get("zonename", ""))


def _hosts(facts: Facts) -> Iterator[Finding]:
    for row in facts.rows("hosts"):
        state, resource = row.get("state"), str(row.get("resourcestate", ""))
        if resource.startswith("ErrorIn"):
            yield Finding("host", row["name"], f"maintenance ended in {resource}", row["id"], _zone(row))
        elif state != "Up" and resource not in _QUIET:
            yield Finding("host", row["name"], f"its agent is {state} ({resource})", row["id"], _zone(row))


def _servers(facts: Facts) -> Iterator[Finding]:
    for row in facts.rows("management_servers"):
        if row.get("state") != "Up":
            yield Finding("management server", row["name"], f"it is {row.get('state')}", row["id"])


def _pools(facts: Facts) -> Iterator[Finding]:
    for row in facts.rows("storage_pools"):
        if row.get("state") not in ("Up", "Disabled"):
            yield Finding("storage pool", row["name"], f"it is {row.get('state')}", row["id"], _zone(row))


def _system_vms(facts: Facts) -> Iterator[Finding]:
    kinds = {"consoleproxy": "console proxy", "secondarystoragevm": "secondary storage VM"}
    usable = {row["zoneid"] for row in facts.rows("hosts") if row.get("state") == "Up"}
    serving = set()
    for row in facts.rows("system_vms"):
        fake = row.get("hypervisor") == "Simulator" and row.get("systemvmtype") == "consoleproxy"
        if row.get("state") == "Running" and (fake or row.get("agentstate") == "Up"):
            serving.add((row["zoneid"], row["systemvmtype"]))
        elif row.get("state") == "Running":
            seen = f"it runs, but its agent is {row.get('agentstate') or 'away'}"
            yield Finding("system VM", row["name"], seen, row["id"], _zone(row), severity="high")
    for zone in facts.rows("zones"):
        if zone.get("type") == "Edge":
            continue  # its pods have no addresses for system VMs
        for kind, noun in kinds.items():
            needs_one = zone.get("allocationstate") == "Enabled" and zone["id"] in usable
            if needs_one and (zone["id"], kind) not in serving:
                yield Finding("zone", zone["name"], f"no {noun} serves", zone["id"], zone["name"])


def _ha_tag(facts: Facts) -> Iterator[Finding]:
    tag = facts.setting("ha.tag")
    if tag and not any(row.get("hahost") or tag in words(row.get("hosttags")) for row in facts.rows("hosts")):
        yield Finding("setting", "ha.tag", f"it is {tag!r}, and no host has this tag")


def _unsecured(facts: Facts) -> Iterator[Finding]:
    for row in facts.rows("hosts"):
        details = row.get("details") or {}
        if row.get("hypervisor") == "KVM" and str(details.get("secured", "")).lower() == "false":
            yield Finding("host", row["name"], "its agent has no certificate of the cloud", row["id"], _zone(row))


def _routers(facts: Facts) -> Iterator[tuple[Row, str]]:
    for source in ("routers", "balancers"):
        for row in facts.rows(source):
            yield row, _zone(row)


def _behind(facts: Facts) -> Iterator[Finding]:
    """``requiresupgrade`` is false after an update of the code alone, so versions are compared too [procedures F5]."""
    server = next((row.get("version") for row in facts.rows("management_servers") if row.get("state") == "Up"), "")
    least = facts.setting("minreq.sysvmtemplate.version")
    for row, zone in _routers(facts):
        reasons = []
        if least and row.get("version") and version_key(row["version"]) < version_key(least):
            reasons.append(f"template {row['version']} is below {least}")
        software = row.get("softwareversion")
        if software and server and not same_version(software, server):
            reasons.append(f"software {software} instead of {server}")
        if row.get("requiresupgrade") and not reasons:
            reasons.append("the server says that it requires an upgrade")
        if reasons:
            yield Finding("virtual router", row["name"], "; ".join(reasons), row["id"], zone)


def _unhealthy(facts: Facts) -> Iterator[Finding]:
    pairs: dict[str, list[Row]] = {}
    for row, zone in _routers(facts):
        if row.get("healthchecksfailed"):
            yield Finding("virtual router", row["name"], "its health checks fail", row["id"], zone)
        if row.get("isredundantrouter"):
            pairs.setdefault(str(row.get("vpcid") or row.get("guestnetworkid")), []).append(row)
    for rows in pairs.values():
        told = unsettled_pair(rows)
        if told:
            yield Finding("virtual router", rows[0]["name"], told, rows[0]["id"], _zone(rows[0]))


def _jobs(facts: Facts) -> Iterator[Finding]:
    limit = timedelta(hours=facts.limit("job_hours"))
    for row in facts.rows("jobs"):
        age = facts.age(row.get("created"))
        if row.get("jobstatus") == 0 and age is not None and age >= limit:
            name = str(row.get("cmd", "")).rpartition(".")[2] or "job"
            seen = f"it has run for {age.total_seconds() / 3600:.0f} hours"
            yield Finding("job", name, seen, str(row.get("jobid") or row.get("id") or ""))


def _hanging(facts: Facts) -> Iterator[Finding]:
    limit = timedelta(hours=facts.limit("job_hours"))
    for row in facts.rows("instances"):
        age = facts.age(row.get("lastupdated") or row.get("created"))
        if row.get("state") in _ON_THEIR_WAY and age is not None and age >= limit:
            seen = f"it has been {row['state']} for {age.total_seconds() / 3600:.0f} hours"
            yield Finding("instance", row["name"], seen, row["id"], _zone(row))


def _together(facts: Facts) -> Iterator[Finding]:
    strict = {
        row["id"]: row for row in facts.rows("affinity_groups") if "anti-affinity" in str(row.get("type", "")).lower()
    }
    places: dict[tuple[str, str], list[Row]] = {}
    for row in facts.rows("instances"):
        for group in row.get("affinitygroup") or ():
            if group.get("id") in strict and row.get("hostid"):
                places.setdefault((group["id"], row["hostid"]), []).append(row)
    for (ident, _host), rows in places.items():
        if len(rows) < 2:
            continue
        group = strict[ident]
        names = ", ".join(sorted(row["name"] for row in rows))
        mild = "low" if "non-strict" in str(group.get("type", "")).lower() else ""
        yield Finding(
            "affinity group", group["name"], f"{names} run on one host, {rows[0].get('hostname')}", id=ident,
            zone=_zone(rows[0]), severity=mild,
        )  # fmt: skip


RULES = (
    Rule(
        "host-down", "Hosts", "critical",
        why="Instances on it may be down; nothing new is placed there.",
        remedy="Look at the agent's log on the host; end a failed maintenance or begin it anew.",
        modules=("host_maintenance",), needs=("hosts",), look=_hosts,
    ),
    Rule(
        "management-server-down", "Management servers", "critical",
        why="Agents and jobs hang on fewer servers, or on none.",
        remedy="Start the service and look at its log.", needs=("management_servers",), look=_servers,
    ),
    Rule(
        "pool-state", "State of primary storage", "high",
        why="Volumes on it cannot be used, or nothing new is placed there.",
        remedy="End the maintenance, or begin it anew once what stopped it is mended.",
        modules=("storage_pool",), needs=("storage_pools",), look=_pools,
    ),
    Rule(
        "system-vm-down", "Console proxies and secondary storage VMs", "critical",
        why="Without them there are no consoles, no templates, no snapshots in the zone.",
        remedy="Look at the alerts of the zone; addresses, capacity or the system VM template may be lacking.",
        modules=("system_vm_refresh", "system_vm"), needs=("system_vms", "zones", "hosts"), look=_system_vms,
    ),
    Rule(
        "ha-tag", "Hosts for restarted instances", "high",
        why="Instances with high availability are restarted on hosts with this tag only: on none.",
        remedy="Tag hosts with it, or clear the setting.",
        modules=("host", "setting"), needs=("settings", "hosts"), look=_ha_tag,
    ),
    Rule(
        "host-unsecured", "Agents without a certificate", "medium",
        why="Live migration and consoles of such a host are not encrypted.",
        remedy="Provision a certificate for the host (provisionCertificate).",
        modules=("api",), needs=("hosts",), look=_unsecured,
    ),
    Rule(
        "router-behind", "Virtual routers behind", "medium",
        why="They serve, but every change to their network fails until they are renewed.",
        remedy="Upgrade them in order.", modules=("virtual_router_upgrade",),
        needs=("routers", "balancers", "settings", "management_servers"), look=_behind,
    ),
    Rule(
        "router-unhealthy", "Virtual routers that are not well", "high",
        why="Networks may be without service, or a pair would not take over.",
        remedy="Look at the health checks; restart the network with cleanup.",
        modules=("virtual_router_upgrade",), needs=("routers", "balancers"), look=_unhealthy,
    ),
    Rule(
        "stuck-job", "Jobs that do not end", "high",
        why="They hold their objects: nothing else can be done with these.",
        remedy="Look for the job's id in the server's log; a restart of its management server ends it.",
        modules=("job",), needs=("jobs",), look=_jobs,
    ),
    Rule(
        "stuck-instance", "Instances between two states", "high",
        why="Nothing can be done with them, and hosts cannot be emptied.",
        remedy="Find the job that failed in the log, then stop the instance by force.",
        modules=("instance",), needs=("instances",), look=_hanging,
    ),
    Rule(
        "anti-affinity", "Instances that must not be together", "high",
        why="One host's failure takes down all of them.",
        remedy="Move one of them to another host.", modules=("instance",), needs=("instances", "affinity_groups"),
        look=_together,
    ),
)  # fmt: skip
