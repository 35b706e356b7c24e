"""What needs nothing from each other is worked on at the same time, jobs too, and never more than the limit."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_task
from cloudstack_simulator import Simulator
from cloudstack_simulator.running import RunningSimulator

NETWORKS = 6


def watch_jobs(sim: Simulator) -> list[int]:
    """How many jobs ran at each answer."""
    counts: list[int] = []
    answer = sim.reply

    def reply(*arguments, **more):
        found = answer(*arguments, **more)
        counts.append(sim.jobs.running())
        return found

    sim.reply = reply  # type: ignore[method-assign]
    return counts


@pytest.mark.parametrize("limit", [2, NETWORKS])
def test_jobs_run_together_and_are_asked_for_together(empty: RunningSimulator, limit: int) -> None:
    empty.sim.faults.add({"do": "hang-job", "command": "createPhysicalNetwork", "seconds": 3})
    counts = watch_jobs(empty.sim)
    networks = [{"name": f"n{number}", "isolation_methods": ["VLAN"]} for number in range(NETWORKS)]
    zone = {"name": "z", "network_type": "Advanced", "dns1": "192.0.2.53", "internal_dns1": "10.0.0.53"}
    result = run_task(
        "apply",
        {"cloud": {"zones": [{**zone, "physical_networks": networks}]}, "parallel": limit, "on_error": "stop",
         "api_url": empty.endpoint, "api_key": empty.key, "api_secret": empty.secret},
        environ={},
    )  # fmt: skip
    assert not result.get("failed"), result.get("msg")
    assert max(counts) == limit
