"""Event-Driven Ansible for real: something happens in a simulated cloud, a rule matches, a playbook of ours runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.tests.clients import environment
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.commands.appliances.ageing import age
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

PLACE = environment.ROOT / ".cache/eda"
PACKAGES = ("ansible-rulebook>=1.3,<2", "ansible-core>=2.19,<2.20", "requests", "jmespath", "netaddr")
PATIENCE = 180
GUIDE = environment.ROOT / "docs/docsite/rst/runbooks.rst"


@pytest.fixture(scope="module")
def rulebook_python() -> Path:
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("ansible-rulebook needs Java 17, and there is none")
    try:
        return environment.made(PLACE, PACKAGES, "3.11")
    except environment.NoClientsError as error:
        pytest.skip(str(error))


@pytest.fixture
def cloud() -> Iterator[RunningSimulator]:
    sim = Simulator(clock=RunningClock(), seed=3)
    populate(sim, Wanted(hosts=2, vms=2, routers=1, hypervisor="KVM"))
    with RunningSimulator(sim) as running:
        yield running


class Rulebook:
    """ansible-rulebook on its way, with nothing but the collection below ``folder``."""

    def __init__(self, python: Path, cloud: RunningSimulator, folder: Path, name: str) -> None:
        place = folder / "collections/ansible_collections/cloudstack"
        place.mkdir(parents=True)
        (place / "ops").symlink_to(environment.ROOT)
        self.folder, self.output = folder, folder / "output"
        (folder / "vars.yml").write_text(
            yaml.safe_dump({"state_file": str(folder / "state.json"), "report": str(folder / "report")})
        )
        (folder / "inventory.yml").write_text(yaml.safe_dump({"clouds": {"hosts": {"here": {}}}}))
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "CLOUDSTACK_"))}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [
                    str(python.with_name("ansible-rulebook")), "--rulebook", name, "--inventory",
                    str(folder / "inventory.yml"), "--vars", str(folder / "vars.yml"), "--print-events",
                ],
                stdout=output, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True,
                env={
                    **clean, "PATH": f"{python.parent}{os.pathsep}{clean['PATH']}", "HOME": str(folder),
                    "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"),
                    "CLOUDSTACK_ENDPOINT": cloud.endpoint, "CLOUDSTACK_KEY": cloud.key,
                    "CLOUDSTACK_SECRET": cloud.secret,
                },
            )  # fmt: skip

    def wait_until(self, what: str, look: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not look():
            assert self.process.poll() is None, f"ansible-rulebook ended before {what}:\n{self.told()}"
            assert time.monotonic() < until, f"{what} did not happen:\n{self.told()}"
            time.sleep(0.1)

    def told(self) -> str:
        return self.output.read_text()

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)


@pytest.fixture
def rulebook(rulebook_python: Path, cloud: RunningSimulator, tmp_path: Path) -> Iterator[Callable[[str], Rulebook]]:
    begun: list[Rulebook] = []

    def begin(name: str) -> Rulebook:
        begun.append(Rulebook(rulebook_python, cloud, tmp_path, name))
        begun[-1].wait_until("the source listens", (tmp_path / "state.json").exists)
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.stop()


def order(cloud: RunningSimulator, command: str, **params: Any) -> None:
    with Client(Connection(cloud.endpoint, cloud.key, cloud.secret)) as client:
        client.run(command, params)


def test_a_host_that_is_lost_has_the_cloud_audited(rulebook, cloud, tmp_path):
    """With the rulebook that is shipped; a setting that was changed is told, and no rule stumbles over an event."""
    running = rulebook("cloudstack.ops.cloudstack_events")
    cloud.sim.faults.add({"do": "agents-down", "where": "*"})
    order(cloud, "updateConfiguration", name="expunge.delay", value="7200")
    running.wait_until("the audit", (tmp_path / "report.json").exists)
    running.wait_until("the end of its playbook", lambda: "PLAY RECAP" in running.told())
    running.stop()
    assert "host-down" in (tmp_path / "report.json").read_text()
    told = running.told()
    assert "admin changed a setting: " in told
    assert "ERROR" not in told and "failed=0" in told
    assert cloud.secret not in told


def of_the_guide() -> list[dict[str, Any]]:
    """The rulebook that the guide shows."""
    lines = GUIDE.read_text().split("\n")
    begin = lines.index("   - name: Which routers are behind, and what would their upgrade interrupt?")
    length = next(number for number, line in enumerate(lines[begin:]) if line and not line.startswith(" "))
    found: list[dict[str, Any]] = yaml.safe_load("\n".join(lines[begin : begin + length]))
    return found


def test_the_rulebook_of_the_guide_makes_a_plan_and_changes_nothing(rulebook, cloud, tmp_path):
    book = of_the_guide()
    book[0]["sources"][0]["cloudstack.ops.cloudstack_events"]["state_file"] = str(tmp_path / "state.json")
    (tmp_path / "book.yml").write_text(yaml.safe_dump(book))
    age(cloud.sim)
    running = rulebook(str(tmp_path / "book.yml"))
    cloud.sim.counters.reset()
    wrong = {"type": 299, "name": "ALERT.SERVICE.DOMAINROUTER.TEST", "description": "a router does not answer"}
    order(cloud, "generateAlert", **wrong)
    running.wait_until("the end of the playbook", lambda: "PLAY RECAP" in running.told())
    running.stop()
    assert "r-3-VM: software 4.20.1.0 instead of" in running.told() and "interrupts network" in running.told()
    assert set(cloud.sim.counters.changing) == {"generateAlert"}
