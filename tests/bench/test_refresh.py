"""What it takes to see that 500 objects are as they should be: a whole document at once, and one object by one.

Terraform and OpenTofu read every object by itself, ten at a time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.tests.bench.conftest import LATENCY, Server
from ansible_collections.cloudstack.ops.tests.clients import environment, go_environment
from ansible_collections.cloudstack.ops.tests.clients.terraform_runs import Terraform

COUNT = 500
TURNS = 5
SIDE_BY_SIDE = 10
PROVIDER = {"terraform": {"required_providers": {"cloudstack": {"source": "cloudstack/cloudstack"}}}}
pytestmark = pytest.mark.timeout(900)


def test_500_unchanged_against_a_refresh_one_by_one(server, tmp_path):
    document = {"compute_offerings": [compute(n) for n in range(COUNT // 2)]}
    document["network_offerings"] = [network(n) for n in range(COUNT // 2)]
    other, how = by_terraform(server, tmp_path, document) or by_hand(server, tmp_path, document)
    turns = [(server.run(document, "plan", tmp_path), other()) for _turn in range(TURNS)]
    assert all(told["changed"] == 0 for told, _seconds in turns)
    ours, theirs = median(told["plan"] for told, _seconds in turns), median(seconds for _told, seconds in turns)
    print(
        f"\n{COUNT} objects unchanged: planned in {ours:.3f} s with {turns[0][0]['calls']} calls; "
        f"{how} {theirs:.2f} s: ratio {theirs / ours:.1f} (aim 10)"
    )
    assert theirs / ours >= 10


def compute(number: int) -> dict[str, Any]:
    return {
        "name": f"size{number:05}", "display_text": f"size {number}", "cpu_number": number % 8 + 1, "cpu_speed": 1000,
        "memory": 512 * (number % 9 + 1), "offer_ha": number % 2 == 0,
    }  # fmt: skip


def network(number: int) -> dict[str, Any]:
    return {
        "name": f"wire{number:05}",
        "display_text": f"wire {number}",
        "guest_ip_type": "L2",
        "traffic_type": "Guest",
    }


def by_terraform(server: Server, folder: Path, document: dict[str, Any]) -> tuple[Callable[[], float], str] | None:
    """Make the objects with Terraform; how long it takes to refresh them, less what it takes with none.

    None without Terraform's provider.
    """
    try:
        provider = go_environment.terraform_provider()
    except environment.NoClientsError as error:
        print(f"\nwithout Terraform's provider, since {error}")
        return None
    full, empty = (started(provider, folder / name, server) for name in ("full", "empty"))
    shared = {"limit_cpu_use": False, "storage_type": "shared", "host_tags": ""}
    resources = {
        "cloudstack_service_offering": {one["name"]: one | shared for one in document["compute_offerings"]},
        "cloudstack_network_offering": {one["name"]: one for one in document["network_offerings"]},
    }
    (full.folder / "main.tf.json").write_text(json.dumps(PROVIDER | {"resource": resources}))
    full.apply()

    def seconds() -> float:
        return refreshed(server, full) - refreshed(server, empty)

    return seconds, "a plan by Terraform, less one of nothing,"


def started(provider: Path, folder: Path, server: Server) -> Terraform:
    folder.mkdir()
    (folder / "main.tf.json").write_text(json.dumps(PROVIDER))
    return Terraform(provider, folder, server.running, {})


def refreshed(server: Server, terraform: Terraform) -> float:
    """Seconds of a plan, which begins with a refresh, that finds nothing to change."""
    server.running.sim.latency = LATENCY
    try:
        begun = time.perf_counter()
        done = terraform.run("plan", "-detailed-exitcode", "-input=false", "-no-color")
        seconds = time.perf_counter() - begun
    finally:
        server.running.sim.latency = 0.0
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return seconds


def by_hand(server: Server, folder: Path, document: dict[str, Any]) -> tuple[Callable[[], float], str]:
    """Make the objects with the engine; the least that a refresh can take: one call for each, and nothing else."""
    server.run(document, "apply", folder, latency=0.0)
    running = server.running
    wanted = {one["name"] for entries in document.values() for one in entries}
    rows = [("listServiceOfferings", row.uuid) for row in running.sim.db.service_offerings if row.name in wanted]
    rows += [("listNetworkOfferings", row.uuid) for row in running.sim.db.network_offerings if row.name in wanted]
    assert len(rows) == COUNT

    def seconds() -> float:
        running.sim.latency = LATENCY
        try:
            with Client(Connection(running.endpoint, running.key, running.secret)) as client:
                begun = time.perf_counter()
                with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
                    list(pool.map(lambda one: client.call(one[0], {"id": one[1]}), rows))
                return time.perf_counter() - begun
        finally:
            running.sim.latency = 0.0

    return seconds, "the least that Terraform's refresh can take is"
