"""A cloud of one KVM cluster, full of instances with routers, and some management servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.farm import share_agents
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator
from tests.integration.resources.conftest import Cloud, FastClock


class HostsCloud(Cloud):
    """Zone `Populated`: hosts h1, h2 ... of one cluster. A minute takes ``60 / rate`` seconds."""

    def __init__(self, *, hosts: int = 3, vms: int = 6, routers: int = 2, servers: int = 1, rate: float = 200) -> None:
        # Its time begins in the past, so that signatures made by the wall clock do not expire while it runs fast.
        clock = RunningClock(rate, start=time.time() - 3600)
        sim = Simulator(clock=clock, management_servers=servers, seed=3)
        populate(sim, Wanted(hosts=hosts, vms=vms, routers=routers, hypervisor="KVM"))
        for number, host in enumerate(sim.db.hosts.where(kind="Routing"), 1):
            host.name = f"h{number}"
        sim.settings.set("ping.interval", 10)
        if servers > 1:
            share_agents(sim)
        self.running = RunningSimulator(sim).start()
        connection = Connection(
            self.running.endpoint, key=self.running.key, secret=self.running.secret, job_timeout=900
        )
        self.client = Client(connection, clock=FastClock(rate))
        self.calls = self.changes = 0

    @property
    def sim(self) -> Simulator:
        return self.running.sim

    def host(self, name: str) -> dict[str, Any]:
        return self.client.list("listHosts", {"name": name, "type": "Routing"})[0]

    def state(self, name: str) -> tuple[str, str]:
        row = self.host(name)
        return row["state"], row["resourcestate"]

    def machines(self, name: str) -> set[str]:
        """Names of all that runs on a host."""
        number = self.sim.db.hosts.first(name=name).id
        return {vm.name for vm in self.sim.db.vms.where(host_id=number)}

    def running_now(self) -> set[str]:
        return {vm.name for vm in self.sim.db.vms.where(state="Running")}

    @contextmanager
    def fault(self, **rule: Any) -> Iterator[None]:
        made = self.sim.faults.add(rule)
        try:
            yield
        finally:
            self.sim.faults.remove(made)
