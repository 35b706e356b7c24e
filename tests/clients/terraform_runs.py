"""Terraform with CloudStack's provider, in a folder of its own, against a simulator."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from cloudstack_simulator.running import RunningSimulator

RUN_SECONDS = 120
CONFIGURATION = """\
provider_installation {{
  dev_overrides {{
    "cloudstack/cloudstack" = "{folder}"
  }}
  direct {{}}
}}
disable_checkpoint = true
"""


class Terraform:
    """Runs of `terraform` in `folder`; the server's keys and the variables go by the environment."""

    def __init__(self, provider: Path, folder: Path, server: RunningSimulator, variables: dict[str, str]) -> None:
        self.folder = folder
        configuration = folder / "terraform.rc"
        configuration.write_text(CONFIGURATION.format(folder=provider))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "CLOUDSTACK_"))}
        self.environment = inherited | {f"TF_VAR_{name}": value for name, value in variables.items()} | {
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "CLOUDSTACK_API_URL": server.endpoint,
            "CLOUDSTACK_API_KEY": server.key,
            "CLOUDSTACK_SECRET_KEY": server.secret,
        }  # fmt: skip

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments], cwd=self.folder, capture_output=True, text=True, check=False,
            timeout=RUN_SECONDS, env=self.environment | {f"TF_VAR_{name}": value for name, value in variables.items()},
        )  # fmt: skip

    def apply(self, *arguments: str, **variables: str) -> str:
        """Make it so; what was printed. A failure is an AssertionError with Terraform's words."""
        done = self.run("apply", "-auto-approve", "-input=false", "-no-color", *arguments, **variables)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
        return done.stdout

    def plan(self, *arguments: str, **variables: str) -> tuple[dict[str, str], dict[str, str]]:
        """What would be done: address → action; and what went wrong: address → the error."""
        done = self.run("plan", "-input=false", "-json", *arguments, **variables)
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        changes = {
            m["change"]["resource"]["addr"]: m["change"]["action"]
            for m in messages
            if m["type"] == "planned_change" and m["change"]["action"] != "read"
        }
        errors = {
            m["diagnostic"].get("address", ""): m["diagnostic"]["summary"]
            for m in messages
            if m["type"] == "diagnostic" and m["diagnostic"]["severity"] == "error"
        }
        assert bool(done.returncode) == bool(errors), done.stderr
        return changes, errors

    def output(self, name: str) -> Any:
        return json.loads(self.run("output", "-json", name).stdout)

    def resource_types(self) -> set[str]:
        """Those that the provider has."""
        told = json.loads(self.run("providers", "schema", "-json").stdout)
        (provider,) = told["provider_schemas"].values()
        return set(provider["resource_schemas"]) | {f"data {name}" for name in provider["data_source_schemas"]}
