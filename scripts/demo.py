"""The collection at work: build the example cloud in a simulator, look at what stands, and build it again.

The simulator listens on a free port of the loopback for as long as this runs. Exits with 0 only when the system VMs
run, the templates are ready, and the second build changed nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

ROOT = Path(__file__).resolve().parent.parent
CLOCK_RATE = 10.0  # system VMs take their time to boot; a demonstration need not
TIME_LIMIT = 300


@dataclass(frozen=True)
class Build:
    """What one run of the playbook took. seconds: wall time; calls, changes: counted by the simulator, per command."""

    seconds: float
    calls: int
    changes: dict[str, int]
    changed_tasks: int


def build(running: RunningSimulator) -> Build:
    """Run the demo playbook against the simulator. Exits with the playbook's own words when it fails."""
    running.reset_counters()
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "CLOUDSTACK_ENDPOINT": running.endpoint,
        "CLOUDSTACK_KEY": running.key,
        "CLOUDSTACK_SECRET": running.secret,
    }
    playbook = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/demo.yml", "-i", "inventories/demo"]
    begun = time.monotonic()
    done = subprocess.run(
        playbook, cwd=ROOT, env=environment, check=False, text=True, capture_output=True, timeout=TIME_LIMIT
    )
    seconds = time.monotonic() - begun
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nThe playbook failed.")
    counters = running.counters
    changed = re.search(r"\bchanged=(\d+)", done.stdout)
    return Build(seconds, counters["total"], counters["changing"], int(changed[1]) if changed else -1)


def made(changes: dict[str, int]) -> list[str]:
    """Return what was created, most first: "8 hosts" for 8 calls of addHost."""
    nouns = Counter[str]()
    for command, count in changes.items():
        verb = re.match(r"(?:create|add|register)(?=[A-Z])", command)
        if verb:
            nouns[re.sub(r"(?<=[a-z])(?=[A-Z])", " ", command[verb.end() :]).lower()] += count
    return [f"{count} {noun}{'s' * (count > 1)}" for noun, count in nouns.most_common()]


def standing(running: RunningSimulator) -> list[str]:
    """Ask the server what stands now and return a line for each system VM and template. Exits if one is not ready."""
    with Client(Connection(running.endpoint, running.key, running.secret)) as client:
        machines = client.list("listSystemVms")
        templates = client.list("listTemplates", {"templatefilter": "all"})
    lines = [f"{vm['name']} ({vm['systemvmtype']}): {vm['state']}, agent {vm.get('agentstate')}" for vm in machines]
    lines += [f"{row['name']}: {'ready' if row['isready'] else row.get('status')}" for row in templates]
    ready = [vm["state"] == "Running" for vm in machines] + [row["isready"] for row in templates]
    if len(machines) < 2 or not templates or not all(ready):
        sys.exit("Not all stands as it should:\n" + "\n".join(lines))
    return lines


def main() -> int:
    print("Building the zone of inventories/example in a simulator ...", flush=True)
    with RunningSimulator(Simulator(clock=RunningClock(CLOCK_RATE))) as running:
        first = build(running)
        lines = standing(running)
        print(
            f"Built in {first.seconds:.1f} s with {first.calls} calls, {sum(first.changes.values())} of them changing:"
        )
        print(textwrap.fill(", ".join(made(first.changes)), 100, initial_indent="  ", subsequent_indent="  "))
        print("\n".join(f"  {line}" for line in lines))
        print("Building it again ...", flush=True)
        second = build(running)
    changes = f"{sum(second.changes.values())} of them changing, {second.changed_tasks} changed tasks"
    print(f"Built again in {second.seconds:.1f} s with {second.calls} calls: {changes}.")
    return 1 if second.changes or second.changed_tasks else 0


if __name__ == "__main__":
    sys.exit(main())
