"""The ports that rules open, as somebody outside finds them."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator


@pytest.fixture
def running() -> Iterator[RunningSimulator]:
    """One network with a router and an instance that runs."""
    sim = Simulator(seed=1, clock=RunningClock(60))
    populate(sim, Wanted.parse("hosts=1,vms=1,routers=1,hypervisor=KVM"))
    with RunningSimulator(sim, public_ports=True) as found:
        yield found


def do(running: RunningSimulator, command: str, **params: Any) -> dict[str, Any]:
    status, body = running.sim.call(command, **params)
    content: dict[str, Any] = next(iter(body.values()))
    assert status == 200, content
    end = time.monotonic() + 30
    while "jobid" in content and not running.sim.db.jobs.find(content["jobid"]).status:
        assert time.monotonic() < end, command
        time.sleep(0.01)
    return content


def answering(running: RunningSimulator) -> list[str]:
    """Addresses with their ports that take a connection, of those that the simulator tells."""
    with urllib.request.urlopen(f"{running.url}/simulator/public-ports", timeout=30) as told:
        addresses = json.load(told)["addresses"]
    found = []
    for place, loopback in addresses.items():
        host, _colon, port = loopback.partition(":")
        with socket.socket() as tried:
            tried.settimeout(30)
            if tried.connect_ex((host, int(port))) == 0:
                found.append(place)
    return found


def test_a_port_answers_while_its_rule_its_router_and_its_instance_do(running: RunningSimulator) -> None:
    db = running.sim.db
    (router,), (vm,) = db.vms.where(vm_type="DomainRouter"), db.vms.where(vm_type="User")
    ip = next(ip for ip in db.ip_addresses if ip.is_source_nat)
    assert answering(running) == []
    ports = {"ipaddressid": ip.uuid, "protocol": "tcp", "publicport": 22, "privateport": 22}
    do(running, "createPortForwardingRule", virtualmachineid=vm.uuid, **ports)
    place = [f"{ip.address}:22"]
    assert answering(running) == place

    do(running, "stopVirtualMachine", id=vm.uuid, forced=True)
    assert answering(running) == []
    do(running, "startVirtualMachine", id=vm.uuid)
    assert answering(running) == place
    do(running, "stopRouter", id=router.uuid)
    assert answering(running) == []
    do(running, "startRouter", id=router.uuid)
    assert answering(running) == place

    running.sim.faults.add({"do": "rules-lost", "object": router.name})
    do(running, "rebootRouter", id=router.uuid)
    assert answering(running) == []


def test_a_firewall_that_is_closed_lets_nobody_in(running: RunningSimulator) -> None:
    db = running.sim.db
    (vm,), ip = db.vms.where(vm_type="User"), next(ip for ip in db.ip_addresses if ip.is_source_nat)
    ports = {"ipaddressid": ip.uuid, "protocol": "tcp", "publicport": 22, "privateport": 22}
    do(running, "createPortForwardingRule", virtualmachineid=vm.uuid, openfirewall=False, **ports)
    assert answering(running) == []
    do(running, "createFirewallRule", ipaddressid=ip.uuid, protocol="tcp", startport=20, endport=30)
    assert answering(running) == [f"{ip.address}:22"]
