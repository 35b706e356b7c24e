"""What Terraform's provider for CloudStack makes of the simulator: made, looked at, changed, lost, taken away.

Where the provider itself is wrong, `AREAS` says how: what is pinned there has to happen, and nothing else.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.tests.clients import environment, go_environment
from ansible_collections.cloudstack.ops.tests.clients.terraform_runs import Terraform
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

CONFIGURATIONS = Path(__file__).with_name("terraform")
RATE = 1000.0
"""The provider asks for a job at once and then every second or more: jobs had better be done at once."""
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtr7MB0JMHuKoa8HqpXcZkZTLD0l0bTbNcSKIdC6r0C"
PASSED_BY = {"jobs", "events", "alerts", "template_pools", "resource_details"}
"""What stays behind on a server, too."""


@dataclass(frozen=True)
class Area:
    """One configuration, what its data sources read, and how the provider errs in it."""

    seen: dict[str, Any]
    populated: str = ""
    """A further zone, as ``--populate`` says it."""
    again: dict[str, str] = field(default_factory=dict)
    """Never at rest: address → why."""
    stuck: dict[str, str] = field(default_factory=dict)
    """Changed, and still not as wanted: address → why."""
    unseen: dict[str, str] = field(default_factory=dict)
    """Not missed when gone."""
    broken: dict[str, str] = field(default_factory=dict)
    """Cannot be read when gone."""
    left: dict[str, int] = field(default_factory=dict)
    """Table → how many rows more it has after all was destroyed."""


AREAS = {
    "tenant": Area(
        seen={"instance": "Running", "address": True, "key": True, "offering": "Small Instance"},
        again={"cloudstack_autoscale_vm_profile.webs": "takes parameters that it was not given for unknown"},
        stuck={"cloudstack_disk.moved": "resizeVolume gives the size of the new offering and keeps the old one"},
        broken={
            "cloudstack_attach_volume.loose": "a volume that is not there is an error",
            "cloudstack_firewall.service": "rules are listed by an address that was released",
        },
        left={"instance_groups": 1, "security_groups": 1},  # what an instance named, and the account's default
    ),
    "vpc": Area(seen={"offering": "Default VPC offering", "connection": True}),
    # The hypervisor of the sandbox brings up no guests that could become a cluster.
    "kubernetes": Area(
        seen={"state": "Running"},
        populated="hosts=4,vms=2,routers=1,hypervisor=KVM",
        left={"service_offerings": 1, "disk_offerings": 1},  # deleted, that is inactive
    ),
    "operator": Area(
        seen={"netmask": "255.255.255.0", "template": "Simulator", "offering": "Shared", "user": "second@example.com"},
        unseen={
            "cloudstack_account.shop": "never read",
            "cloudstack_user.help": "never read",
            "cloudstack_user.second": "never read",
            "cloudstack_domain.customers": "never read",
            "cloudstack_domain.first": "never read",
            "cloudstack_disk_offering.archive": "never read",
        },
        broken={"data.cloudstack_user.second": "read at once, since the user is thought to be there"},
        left={
            "service_offerings": 1,  # deleted ones are inactive, and so is
            "disk_offerings": 1 + 1,  # the disk offering of each; the provider deletes no disk offering
        },
    ),
}


@pytest.fixture(scope="module")
def provider() -> Path:
    try:
        return go_environment.terraform_provider()
    except environment.NoClientsError as error:
        pytest.skip(str(error))


@contextmanager
def quick(populated: str = "") -> Iterator[RunningSimulator]:
    sim = Simulator(zone="sandbox", seed=1, clock=RunningClock(RATE))
    sim.settings.set("endpoint.url", "https://cloud.example.com/client/api")
    if populated:
        populate(sim, Wanted.parse(populated))
    with RunningSimulator(sim) as server:
        yield server


def started(provider: Path, folder: Path, server: RunningSimulator, *files: str) -> Terraform:
    for name in ("provider.tf", *files):
        shutil.copy(CONFIGURATIONS / name, folder)
    db = server.sim.db
    return Terraform(provider, folder, server, {
        "public_key": PUBLIC_KEY,
        "password": "Of-all-users-1",
        "physical_network": db.physical_networks.first(name="Sandbox-pnet").uuid,
        "disk_offering": db.disk_offerings.first(name="Small").uuid,
        "user_role": db.roles.first(name="User").uuid,
        "cluster": db.clusters.first(name="C0").uuid,
    })  # fmt: skip


def rows(server: RunningSimulator) -> dict[str, int]:
    return {name: len(table) for name, table in server.sim.db.tables.items() if name not in PASSED_BY}


def left_behind(server: RunningSimulator, before: dict[str, int], wanted: dict[str, int]) -> dict[str, int]:
    """Table → how many rows more than before, once the server has done what it does by itself in a while."""
    end = time.monotonic() + 20
    while True:
        found = {table: count - before[table] for table, count in rows(server).items() if count != before[table]}
        if found == wanted or time.monotonic() >= end:
            return found
        time.sleep(0.1)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", AREAS)
def test_resources_are_made_changed_missed_and_destroyed(name: str, provider: Path, tmp_path: Path) -> None:
    area = AREAS[name]
    with quick(area.populated) as server:
        before = rows(server)
        terraform = started(provider, tmp_path, server, f"{name}.tf")
        for step, restless in (("1", {*area.again}), ("2", {*area.again, *area.stuck})):
            terraform.apply(step=step)
            assert terraform.output("seen") == area.seen
            changes, errors = terraform.plan(step=step)
            assert (set(changes), errors) == (restless, {}), f"step {step}"

        state = tmp_path / "terraform.tfstate"
        known = state.read_text()
        terraform.apply("-destroy", step="2")
        assert left_behind(server, before, area.left) == area.left

        state.write_text(known)
        changes, errors = terraform.plan(step="2")
    there = set(re.findall(r'^resource "(\w+)" "(\w+)"', (tmp_path / f"{name}.tf").read_text(), re.MULTILINE))
    missed = {tuple(address.split("[")[0].split(".")) for address in changes}
    silent = {tuple(address.split(".")) for address in (*area.unseen, *area.broken) if not address.startswith("data.")}
    assert set(errors) == set(area.broken), errors
    assert missed == there - silent


@pytest.mark.timeout(60)
def test_every_kind_of_resource_is_tried(provider: Path, tmp_path: Path) -> None:
    text = "\n".join((CONFIGURATIONS / f"{name}.tf").read_text() for name in AREAS)
    tried = set(re.findall(r'^resource "(\w+)"', text, re.MULTILINE))
    looked_up = {f"data {kind}" for kind in re.findall(r'^data "(\w+)"', text, re.MULTILINE)}
    with quick() as server:
        assert tried | looked_up == started(provider, tmp_path, server).resource_types()
