#!/usr/bin/env python
"""Writes scripts/facts/contract.json: what a CloudStack server says of its own commands.

Usage: python scripts/contract.py refresh [--from FILE]

Asks the server of the environment (CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY, CLOUDSTACK_SECRET ...) with listApis, as a root
admin, because others do not see all commands. ``--from`` takes the commands from a file in the written form instead.

    {"version": "4.22", "commands": {"createZone": {"async": false, "since": "..."?,
        "params": {"name": {"type": "string", "required": true?, "since": "..."?}},
        "response": {"id": "string", ...}}}}

Only the outer fields of a response are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, CloudStackError, load_connection

CONTRACT = Path(__file__).resolve().parent / "facts" / "contract.json"


def described(apis: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The rows of listApis in the written form."""
    return {
        api["name"]: {
            "async": bool(api.get("isasync")),
            "since": api.get("since"),
            "params": {param["name"]: param for param in api.get("params", ())},
            "response": {field["name"]: field["type"] for field in api.get("response", ()) if "name" in field},
        }
        for api in apis
    }


def compact(version: str, commands: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Only what descriptions, documentation and tests need, in the order of the alphabet."""
    return {
        "version": ".".join(version.split(".")[:2]),
        "commands": {
            name: {
                "async": command["async"],
                **({"since": command["since"]} if command.get("since") else {}),
                "params": {param: _parameter(facts) for param, facts in sorted(command["params"].items())},
                "response": {
                    field: kind
                    for field, kind in sorted(command["response"].items())
                    if "." not in field and "[" not in field
                },
            }
            for name, command in sorted(commands.items())
        },
    }


def _parameter(facts: Mapping[str, Any]) -> dict[str, Any]:
    kept = {"type": facts["type"], "required": facts.get("required"), "since": facts.get("since")}
    return {key: value for key, value in kept.items() if value}


def written(contract: Mapping[str, Any]) -> str:
    """One command a line, so that a diff shows what changed between two servers."""
    lines = [f"{json.dumps(name)}:{_tight(command)}" for name, command in contract["commands"].items()]
    return f'{{"version":{_tight(contract["version"])},"commands":{{\n' + ",\n".join(lines) + "\n}}\n"


def _tight(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def from_server() -> dict[str, Any]:
    """The contract of the server of the environment."""
    with Client(load_connection({}, os.environ)) as client:
        capability = client.call("listCapabilities")["capability"]
        commands = described(client.call("listApis")["api"])
    if not any(command["response"] for command in commands.values()):
        raise CloudStackError(
            "the server does not tell what its commands answer",
            command="listApis",
            remedy="ask a CloudStack server; a simulator knows the parameters alone",
        )
    return compact(capability["cloudstackversion"], commands)


def from_file(path: Path) -> dict[str, Any]:
    held = json.loads(path.read_text())
    return compact(held["version"], held["commands"])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=["refresh"])
    parser.add_argument("--from", type=Path, dest="source", help="file instead of a server")
    arguments = parser.parse_args()
    try:
        contract = from_file(arguments.source) if arguments.source else from_server()
    except CloudStackError as error:
        print(error, file=sys.stderr)
        return 1
    CONTRACT.parent.mkdir(exist_ok=True)
    CONTRACT.write_text(written(contract))
    print(f"{len(contract['commands'])} commands of CloudStack {contract['version']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
