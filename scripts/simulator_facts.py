#!/usr/bin/env python
"""Write the simulator's facts (simulator/cloudstack_simulator/facts/) from the shared material next to the project.

Usage: python scripts/simulator_facts.py [--shared DIR]

`commands.json`: {command: {"async": bool, "creates": bool, "since": str?, "roles": str, "response": str?,
"job": [class, instance type or null, has instance id]?, "params": {name: {...}}}} with the parameters in the
server's order of checks. A parameter has "type" and, where they apply, "required", "length" (not 255), "since",
"entity", "of" (element type of a list), "check" (validator), "admin" (accepted from root admins only).
`settings.json`: the settings as listConfigurations shows them; `developer` holds the recorded server's own
value, `developerdefault` its own default.
`roles.json`: built-in roles with their rules in order (`!` marks a deny).
`offerings.json`: built-in offerings; `providers.json`: network services, their providers, traffic implementors.
`network_services.json`: {provider: {service: capabilities}} as networks show them.
`responses.json`: the fields of answers with their types.
No id of the recorded server is written.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from simulator_commands import command_facts

ROOT = Path(__file__).resolve().parent.parent
FACTS = ROOT / "simulator" / "cloudstack_simulator" / "facts"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NEVER_CARRIED = ("security.singlesignon.key", "custom.cs.identifier")
SHORTENED = {"account.cleanup.interval": "86400", "expunge.delay": "86400", "expunge.interval": "86400"}
"""Settings whose very default the recorded server's developer data shortens, with an installation's default."""


def setting_facts(catalogues: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings as listed; those changed on the recorded server keep its value under `developer`."""
    facts = []
    for row in catalogues["listConfigurations"]["configuration"]:
        fact = {k: v for k, v in row.items() if k != "value"}
        value = row.get("value")
        if value != row.get("defaultvalue"):
            fact["developer"] = value
        if row["name"] in NEVER_CARRIED:
            fact.pop("developer", None)
        if row["name"] in SHORTENED:
            fact |= {"defaultvalue": SHORTENED[row["name"]], "developerdefault": row["defaultvalue"]}
        facts.append(fact)
    return facts


def role_facts(catalogues: dict[str, Any]) -> dict[str, Any]:
    """The built-in roles, and all their rules in the order they were made: [role's index, rule, description?]."""
    roles = catalogues["listRoles"]["role"]
    names = [role["name"] for role in roles]
    return {
        "roles": [
            {k: role[k] for k in ("name", "type", "description", "isdefault", "ispublic") if k in role}
            for role in roles
        ],
        "rules": [
            [names.index(row["rolename"]), ("" if row["permission"] == "allow" else "!") + row["rule"]]
            + ([row["description"]] if "description" in row else [])
            for row in catalogues["listRolePermissions"]["rolepermission"]
        ],
    }


def network_service_facts(recordings: Path) -> dict[str, dict[str, Any]]:
    """{provider: {service: [{"name", "value", "canchooseservicecapability"}]}} of the networks that were recorded."""
    facts: dict[str, dict[str, Any]] = {}
    for area in ("networks_isolated", "networks_shared_l2", "vpcs"):
        for line in (recordings / f"{area}.jsonl").read_text().splitlines()[1:]:
            call = json.loads(line)
            if call["command"] != "createNetwork" or call["status"] != 200:
                continue
            for service in call["body"]["createnetworkresponse"]["network"]["service"]:
                known = facts.setdefault(service["provider"][0]["name"], {})
                known.setdefault(service["name"], service["capability"])
    return facts


def offering_facts(catalogues: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The built-in offerings by kind, in the order of their numbers, as listed but without ids, dates and scopes."""
    lists = {
        "disk": ("listDiskOfferings", "diskoffering"),
        "compute": ("listServiceOfferings", "serviceoffering"),
        "system": ("listServiceOfferings issystem=true", "serviceoffering"),
        "network": ("listNetworkOfferings", "networkoffering"),
        "vpc": ("listVPCOfferings", "vpcoffering"),
    }
    facts = {}
    for kind, (command, key) in lists.items():
        rows = [
            {k: v for k, v in row.items() if not k.endswith("id") and not k.startswith(("diskoffering", "created"))}
            for row in catalogues[command][key]
        ]
        for row in rows:
            if "service" in row:
                services = row.pop("service")
                row["services"] = {s["name"]: [p["name"] for p in s["provider"]] for s in services}
                row["capabilities"] = {c["name"]: c["value"] for s in services for c in s.get("capability", [])}
        facts[kind] = rows
    return facts


def provider_facts(catalogues: dict[str, Any], recordings: Path) -> dict[str, Any]:
    """Network services with their providers and capabilities, and the implementors of traffic types, as listed.

    The implementors are in the order of the recording: that of the catalogue is another one by chance.
    """
    lines = (recordings / "zone_build_teardown.jsonl").read_text().splitlines()[1:]
    calls = (json.loads(line) for line in lines)
    listed = next(c["body"] for c in calls if c["command"] == "listTrafficTypeImplementors")
    return {
        "services": catalogues["listSupportedNetworkServices"]["networkservice"],
        "implementors": listed["listtraffictypeimplementorsresponse"]["traffictypeimplementorresponse"],
    }


def recorded_answer(recordings: Path, command: str, key: str) -> list[Any]:
    """The longest list under `key` that a recording has for a command, without ids and times."""
    lists: list[list[Any]] = [[]]
    for path in sorted(recordings.glob("*.jsonl")):
        for line in path.read_text().splitlines()[1:]:
            call = json.loads(line)
            if call["command"] == command and call["status"] == 200:
                lists.append(next(iter(call["body"].values())).get(key, []))
    return [clean(row) for row in max(lists, key=len)]


def catalogue_facts(catalogues: dict[str, Any], recordings: Path) -> dict[str, Any]:
    """Lists that are built into the server."""
    types = {row["usageType"]: row for row in recorded_answer(recordings, "quotaTariffList", "quotatariff")}
    return {
        "event_types": [row["name"] for row in catalogues["listEventTypes"]["eventtype"]],
        "alert_types": alert_types(catalogues, recordings),
        "hypervisors": [row["name"] for row in catalogues["listHypervisors"]["hypervisor"]],
        "deployment_planners": [row["name"] for row in catalogues["listDeploymentPlanners"]["deploymentPlanner"]],
        "storage_providers": recorded_answer(recordings, "listStorageProviders", "dataStoreProvider"),
        "backup_providers": recorded_answer(recordings, "listBackupProviders", "providers"),
        "usage_types": [
            row | {"unit": types[row["id"]]["usageUnit"], "discriminator": types[row["id"]]["usageDiscriminator"]}
            if row["id"] in types else row
            for row in usage_types(recordings)
        ],
        "quota_emails": [
            {k: v for k, v in row.items() if k != "last_updated"}
            for row in recorded_answer(recordings, "quotaEmailTemplateList", "quotaemailtemplate")
        ],
    }  # fmt: skip


def alert_types(catalogues: dict[str, Any], recordings: Path) -> list[list[Any]]:
    """In the recorded server's order, which the recordings show the beginning of."""
    recorded = recorded_answer(recordings, "listAlertTypes", "alerttype")
    rest = [row for row in catalogues["listAlertTypes"]["alerttype"] if row not in recorded]
    return [[row["alerttypeid"], row["name"]] for row in recorded + rest]


def response_facts(shared: Path) -> list[list[Any]]:
    """[[commands, {field: type}], ...]: what answers hold; `a[].b` is the field `b` of the objects in the list `a`."""
    shapes: dict[str, list[str]] = {}
    for command, fact in json.loads((shared / "contract.json").read_text())["commands"].items():
        shapes.setdefault(json.dumps(fact.get("response") or {}), []).append(command)
    return [[commands, json.loads(shape)] for shape, commands in shapes.items()]


def usage_types(recordings: Path) -> list[dict[str, Any]]:
    for line in (recordings / "ops_features.jsonl").read_text().splitlines()[1:]:
        call = json.loads(line)
        if call["command"] == "listUsageTypes":
            return call["body"]["listusagetypesresponse"]["usagetype"]
    return []


def guest_os_facts(catalogues: dict[str, Any]) -> dict[str, Any]:
    """Categories of guest operating systems in order, and the systems as [name, category]; hypervisor capabilities."""
    return {
        "categories": [[row["name"], row["isfeatured"]] for row in catalogues["listOsCategories"]["oscategory"]],
        "systems": [[row["description"], row["oscategoryname"]] for row in catalogues["listOsTypes"]["ostype"]],
        "hypervisors": [
            clean(row) | ({"id": row.get("id")} if not UUID.fullmatch(row.get("id", "")) else {})
            for row in catalogues["listHypervisorCapabilities"]["hypervisorCapabilities"]
        ],
    }


def clean(value: Any) -> Any:
    """The value without ids and times, at every depth."""
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items() if k not in ("id", "created") and not UUID.fullmatch(str(v))}
    return [clean(v) for v in value] if isinstance(value, list) else value


def write(name: str, facts: Any) -> None:
    FACTS.mkdir(parents=True, exist_ok=True)
    (FACTS / name).write_text(
        json.dumps(facts, ensure_ascii=True, separators=(",", ":")).replace('},"', '},\n"') + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "cloudstack")
    shared = parser.parse_args().shared
    catalogues = json.loads((shared / "catalogues.json").read_text())
    write("setting_groups.json", [clean(g) for g in catalogues["listConfigurationGroups"]["configurationgroup"]])
    write("commands.json", command_facts(shared))
    write("settings.json", setting_facts(catalogues))
    write("roles.json", role_facts(catalogues))
    write("network_services.json", network_service_facts(shared / "recordings"))
    write("offerings.json", offering_facts(catalogues))
    write("providers.json", provider_facts(catalogues, shared / "recordings"))
    write("catalogue.json", catalogue_facts(catalogues, shared / "recordings"))
    write("responses.json", response_facts(shared))
    write("guest_os.json", guest_os_facts(catalogues))


if __name__ == "__main__":
    main()
