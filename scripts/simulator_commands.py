"""What the simulator has to know of each command: parameters in the server's order of checks, entities, jobs.

Sources: the server's contract, `api_parameters.md` and the recordings, all of the shared material.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

LIST_BASES = {
    "plain": ["keyword", "page", "pagesize"],
    "domain": ["listall", "domainid", "isrecursive"],
    "account": ["account"],
    "project": ["projectid"],
    "tagged": ["tags"],
}
TYPES = {"str": "string", "id": "uuid", "bool": "boolean", "int": "integer"}
PARAMETER = re.compile(
    r"`(?P<name>[^`]+)`(?P<required>\*\*!\*\*)? (?P<type>\[?[a-z]+\]?)(?::(?P<entity>\w+))?(?P<rest>[^`]*)"
)


def documented_commands(text: str) -> dict[str, dict[str, Any]]:
    """The rows of the command tables of `api_parameters.md`: parameters in field order, entities, validators."""
    commands: dict[str, dict[str, Any]] = {}
    for line in text.split("\n## B.")[0].splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) < 7 or cells[1] not in ("S", "A", "AC"):
            continue
        name, kind, roles, since, response, base = cells[:6]
        users, _mark, admins = "|".join(cells[6:]).partition("— root admin only:")
        params = {m["name"]: documented_parameter(m, False) for m in PARAMETER.finditer(users)}
        first = {m["name"]: documented_parameter(m, True) for m in PARAMETER.finditer(admins)}
        commands[name] = {
            "creates": kind == "AC",
            "roles": "" if roles == "–" else roles,
            "since": since,
            "response": response,
            "params": first | params | base_parameters(base),
        }
    return commands


def documented_parameter(match: re.Match[str], admin: bool) -> dict[str, Any]:
    kind = match["type"]
    fact: dict[str, Any] = {}
    if kind.startswith("["):
        fact["of"] = TYPES.get(kind.strip("[]"), kind.strip("[]"))
    if match["entity"]:
        fact["entity"] = match["entity"]
    check = re.search(r"\{(\w+)\}", match["rest"])
    if check:
        fact["check"] = check[1]
    if admin or "[A only]" in match["rest"]:
        fact["admin"] = True
    return fact


def base_parameters(base: str) -> dict[str, dict[str, Any]]:
    names: list[str] = []
    for kind, more in LIST_BASES.items():
        if not base:
            break
        names = more + names
        if kind == base:
            break
    entities = {"domainid": "Domain", "projectid": "Project"}
    return {n: ({"entity": entities[n]} if n in entities else {}) for n in names}


def entity_guesses(contract: dict[str, Any], documented: dict[str, Any]) -> dict[str, str]:
    """Which entity a parameter means when only its `related` commands are known: {command: entity} by votes."""
    votes: dict[str, Counter[str]] = {}
    for name, command in documented.items():
        for parameter, fact in command["params"].items():
            if "entity" not in fact or "of" in fact:
                continue
            for related in contract.get(name, {}).get("params", {}).get(parameter, {}).get("related", []):
                votes.setdefault(related, Counter())[fact["entity"]] += 1
    return {command: counter.most_common(1)[0][0] for command, counter in votes.items()}


ALIASES = {
    "FromGlobalLoadBalancerRule": "GlobalLoadBalancerRule",
    "ToGlobalLoadBalancerRule": "GlobalLoadBalancerRule",
    "GuestNetworkIpv6Prefixe": "GuestNetworkIpv6Prefix",
    "Ipv4SubnetsForGuestNetwork": "Ipv4SubnetForGuestNetwork",
    "Ipv4SubnetsForZone": "Ipv4SubnetForZone",
    "Ipv6FirewallRule": "FirewallRule",
    "IsoVm": "Iso",
    "LoadBalancer": "FirewallRule",
    "SharedFileSystem": "SharedFS",
    "TemplateDirectDownloadCertificate": "DirectDownloadCertificate",
}
"""Guessed and documented names that mean an entity of another name."""


NAMED = {"asnrangeid": "ASNRange", "customactionid": "CustomAction", "parentid": "Ipv4SubnetForZone"}
"""What a parameter of a name means where no document says so."""
SERVICE_COMMANDS = (
    "addNodesToKubernetesCluster", "addVirtualMachinesToKubernetesCluster", "changeSharedFileSystemDiskOffering",
    "changeSharedFileSystemServiceOffering", "deleteVnfTemplate", "deployVnfAppliance", "destroySharedFileSystem",
    "expungeSharedFileSystem", "listCustomActions", "listSharedFileSystemProviders", "listVnfAppliances",
    "recoverSharedFileSystem", "registerVnfTemplate", "removeNodesFromKubernetesCluster",
    "removeVirtualMachinesFromKubernetesCluster", "restartSharedFileSystem", "runCustomAction",
    "startSharedFileSystem", "stopSharedFileSystem", "updateSharedFileSystem", "updateVnfTemplate",
)  # fmt: skip
"""Commands for every type of role that the documents leave out."""
NAMED_LISTS = {
    "affinitygroupids": "AffinityGroup", "bgppeerids": "BgpPeer", "networkids": "Network",
    "securitygroupids": "SecurityGroup",
}  # fmt: skip
"""The same for lists of ids."""


def own_entity(command: str) -> str:
    """The entity that the `id` of a command most likely names: `PortableIpRange` for `deletePortableIpRange`."""
    return re.sub(r"^[a-z]+(?=[A-Z])", "", command).removesuffix("s")


def entities_by_name(documented: dict[str, Any]) -> dict[str, str]:
    """What a parameter of a name means in most commands: {"zoneid": "Zone", …}."""
    votes: dict[str, Counter[str]] = {}
    for command in documented.values():
        for parameter, fact in command["params"].items():
            if parameter != "id" and "entity" in fact:
                votes.setdefault(parameter, Counter())[fact["entity"]] += 1
    return {parameter: counter.most_common(1)[0][0] for parameter, counter in votes.items()}


def parameter_fact(contract: dict[str, Any], documented: dict[str, Any], guesses: dict[str, str]) -> dict[str, Any]:
    fact: dict[str, Any] = {"type": contract["type"]}
    if contract["required"]:
        fact["required"] = True
    if contract["length"] != 255:
        fact["length"] = contract["length"]
    if contract.get("since"):
        fact["since"] = contract["since"]
    fact |= documented
    if fact["type"] == "uuid" and "entity" not in fact:
        found = Counter(guesses[r] for r in contract.get("related", []) if r in guesses)
        if found:
            fact["entity"] = found.most_common(1)[0][0]
    return fact


def job_facts(recordings: Path) -> dict[str, list[Any]]:
    """{command: [Java class, instance type, has an instance id]} from the polls that follow the commands."""
    facts: dict[str, list[Any]] = {}
    for path in sorted(recordings.glob("*.jsonl")):
        submitted: dict[str, str] = {}
        for line in path.read_text().splitlines()[1:]:
            call = json.loads(line)
            if not isinstance(call["body"], dict) or not call["body"]:
                continue
            answer = next(iter(call["body"].values()))
            if not isinstance(answer, dict):
                continue
            if call["command"] == "queryAsyncJobResult" and "cmd" in answer:
                command = submitted.get(answer["jobid"])
                if command:
                    has_id = "jobinstanceid" in answer or facts.get(command, [0, 0, False])[2]
                    facts[command] = [answer["cmd"], answer.get("jobinstancetype"), has_id]
            elif isinstance(answer.get("jobid"), str):
                submitted[answer["jobid"]] = call["command"]
    return facts


def command_facts(shared: Path) -> dict[str, Any]:
    contract = json.loads((shared / "contract.json").read_text())["commands"]
    documented = documented_commands((shared / "api_parameters.md").read_text())
    guesses, by_name = entity_guesses(contract, documented), NAMED | entities_by_name(documented)
    jobs = job_facts(shared / "recordings")
    facts: dict[str, Any] = {}
    for name, command in sorted(contract.items()):
        roles = "ARDU" if name in SERVICE_COMMANDS else ""
        known = documented.get(name, {"creates": False, "roles": roles, "response": None, "params": {}})
        order = [p for p in known["params"] if p in command["params"]]
        order += [p for p in command["params"] if p not in known["params"]]
        facts[name] = {
            "async": command["async"],
            "creates": known["creates"],
            "roles": known["roles"],
            "response": known["response"],
            "since": command.get("since"),
            "job": jobs.get(name),
            "params": {p: parameter_fact(command["params"][p], known["params"].get(p, {}), guesses) for p in order},
        }
        own = facts[name]["params"].get("id")
        if own is not None and own["type"] == "uuid":
            own.setdefault("entity", own_entity(name))
        for parameter, fact in facts[name]["params"].items():
            if fact["type"] == "uuid" and "entity" not in fact and parameter in by_name:
                fact["entity"] = by_name[parameter]
            if fact["type"] == "list" and "of" not in fact and parameter in NAMED_LISTS:
                fact |= {"of": "uuid", "entity": NAMED_LISTS[parameter]}
            if fact.get("entity") in ALIASES:
                fact["entity"] = ALIASES[fact["entity"]]
        facts[name] = {k: v for k, v in facts[name].items() if v not in (None, "", False) or k == "async"}
    return facts
