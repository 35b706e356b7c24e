"""The module `simulator` against one that runs, in process: what it changes, shows, and leaves as it was."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_task
from ansible_collections.cloudstack.ops.tests.support.ports import reserved_port
from cloudstack_simulator.running import RunningSimulator

RULE = {"do": "slow", "name": "late", "command": ["listZones"], "seconds": 2.0}


@pytest.fixture
def running(cloudstack_simulator_factory: Callable[..., RunningSimulator]) -> RunningSimulator:
    return cloudstack_simulator_factory()


def simulator(where: RunningSimulator, **options: Any) -> dict[str, Any]:
    connection = {"api_url": where.endpoint, "api_key": where.key, "api_secret": where.secret}
    flags = {name: options.pop(name, False) for name in ("check", "diff")}
    return run_task(
        "simulator", {"state": "started", "start_timeout": 90, **connection, **options}, environ={}, **flags
    )


def test_rules_are_laid_down_once_and_shown(running: RunningSimulator) -> None:
    shown = simulator(running, faults=[RULE], check=True, diff=True)
    assert (shown["changed"], running.sim.faults.rules) == (True, [])
    assert shown["diff"]["before"] == "state: started\n"
    assert '"name": "late"' in shown["diff"]["after"]
    assert simulator(running, faults=[RULE])["changed"]
    assert not simulator(running, faults=[RULE], diff=True)["changed"]
    other = simulator(running, faults=[{**RULE, "seconds": 3.0}], diff=True)["diff"]
    assert ('"seconds": 2.0' in other["before"], '"seconds": 3.0' in other["after"]) == (True, True)
    assert not simulator(running)["changed"]
    assert simulator(running, faults=[])["changed"]
    assert running.sim.faults.rules == []


def test_a_wrong_rule_changes_nothing(running: RunningSimulator) -> None:
    simulator(running, faults=[RULE])
    refused = simulator(running, faults=[{"do": "explode"}])
    assert refused["failed"]
    assert "do is 'explode'; it has to be one of" in refused["msg"]
    assert [rule.name for rule in running.sim.faults.rules] == ["late"]


def test_none_is_left_running_whose_rules_were_refused(running: RunningSimulator) -> None:
    with reserved_port() as port:
        connection = {"api_url": f"http://127.0.0.1:{port}/client/api", "api_key": "k", "api_secret": "s"}
        started = {"state": "started", "start_timeout": 90, "faults": [{"do": "explode"}], **connection}
        assert "do is 'explode'" in run_task("simulator", started, environ={})["msg"]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=60)
        assert run_task("simulator", {**started, "state": "stopped"}, environ={}) == {"changed": False}
