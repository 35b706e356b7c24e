"""A cloud of one KVM cluster, full of instances with routers, and some management servers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.farm import share_agents
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator
from tests.integration.resources.conftest import Cloud, FastClock


class _Hosts:
    """Zone `Populated`: hosts h1, h2 ... of one cluster, and how they stand."""

    sim: Simulator
    client: Client

    def fill(self, hosts: int, vms: int, routers: int) -> None:
        populate(self.sim, Wanted(hosts=hosts, vms=vms, routers=routers, hypervisor="KVM"))
        for number, host in enumerate(self.sim.db.hosts.where(kind="Routing"), 1):
            host.name = f"h{number}"
        self.sim.settings.set("ping.interval", 10)
        if len(self.sim.db.management_servers) > 1:
            share_agents(self.sim)

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


BETWEEN_RUNS = 5.0
"""Seconds from the end of one run to the begin of the next: nobody starts ansible-playbook faster."""


class HostsCloud(_Hosts, VirtualCloud):
    """In this process. Time passes only while the client waits, and between two runs, however busy this machine is."""

    def __init__(self, *, hosts: int = 3, vms: int = 6, routers: int = 2, servers: int = 1) -> None:
        super().__init__(management_servers=servers, seed=3)
        self.fill(hosts, vms, routers)
        self._earlier: Counter[str] = Counter()

    def run(self, module: str, /, **options: Any) -> dict[str, Any]:
        self.sim.advance(BETWEEN_RUNS)
        self._earlier.update(self.sim.counters.changing)  # each run counts anew
        return super().run(module, **options)

    @property
    def changing(self) -> Counter[str]:
        """Changing calls by command, since the beginning."""
        return self._earlier + self.sim.counters.changing


class PlayedHostsCloud(_Hosts, Cloud):
    """For playbooks, which come from outside and by their own clock. A minute takes ``60 / rate`` seconds."""

    def __init__(self, rate: float, *, hosts: int = 4, vms: int = 4, routers: int = 1, servers: int = 1) -> None:
        # Its time begins in the past, so that signatures made by the wall clock do not expire while it runs fast.
        clock = RunningClock(rate, start=time.time() - 3600)
        self.sim = Simulator(clock=clock, management_servers=servers, seed=3)
        self.fill(hosts, vms, routers)
        self.running = RunningSimulator(self.sim).start()
        connection = Connection(self.running.endpoint, key=self.running.key, secret=self.running.secret)
        self.client = Client(connection, clock=FastClock(rate))
        self.calls = self.changes = 0
