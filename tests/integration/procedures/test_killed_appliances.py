"""Procedures on system VMs and routers whose process is killed at any of their changing calls, and run again."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed, VirtualCloud
from cloudstack_simulator.commands.appliances.ageing import age
from cloudstack_simulator.populating import Wanted, populate

DISRUPTIVE = ("destroySystemVm", "restartNetwork", "rebootRouter", "stopRouter", "destroyRouter")
RUNS: dict[str, tuple[dict[str, Any], int]] = {
    "system_vm_refresh": ({}, 4),
    "default_system_offering": ({"system_vm_type": "consoleproxy", "offering": "consoleproxy"}, 2),
    "system_vm_template_replacement": ({"template": "next", "routers": True}, 6),
    "virtual_router_upgrade": ({"method": "restart"}, 2),
    "virtual_router_offering": ({"offering": "domainrouter"}, 2),
}
"""Module to its options and how many disruptive calls it takes in all."""


@pytest.fixture
def cloud() -> VirtualCloud:
    """Two zones with their system VMs and a router each, all of the release before."""
    found = VirtualCloud(seed=3)
    populate(found.sim, Wanted(hosts=2, vms=4, routers=2, zones=2, hypervisor="KVM"))
    for kind in ("consoleproxy", "domainrouter"):
        wanted = {"name": kind, "displaytext": kind, "issystem": True, "systemvmtype": kind, "cpunumber": 1,
                  "cpuspeed": 500, "memory": 1024}  # fmt: skip
        found.client.run("createServiceOffering", wanted)
    guest_os = found.client.list("listOsTypes", {"description": "Debian GNU/Linux 12 (64-bit)"})[0]["id"]
    image = {"name": "next", "displaytext": "next", "zoneid": "-1", "format": "QCOW2", "hypervisor": "KVM",
             "isrouting": True, "ostypeid": guest_os, "url": "http://images.example.com/system.qcow2"}  # fmt: skip
    template = found.client.run("registerTemplate", image)["template"][0]["id"]
    found.sim.advance(600)
    found.client.run("updateTemplate", {"id": template, "templatetype": "SYSTEM"})
    age(found.sim)
    return found


@pytest.mark.parametrize("kind", ["killed_before", "killed_after"])
@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("module", list(RUNS))
def test_killed_at_a_call_and_run_again_nothing_is_disrupted_twice(cloud, module, place, kind):
    options, needed = RUNS[module]
    at = {"first": 0, "last": needed - 1}[place]
    with pytest.raises(Killed):
        cloud.run(module, **options, fault=Fault(kind, at, lambda command: command in DISRUPTIVE))
    disrupted = sum(cloud.sim.counters.calls[name] for name in DISRUPTIVE)
    ended = cloud.run(module, **options)
    disrupted += sum(cloud.sim.counters.calls[name] for name in DISRUPTIVE)
    assert not ended.get("failed"), ended["msg"]
    assert disrupted == needed
    assert set(ended["counts"]) <= {"already", "done"}
    again = cloud.run(module, **options)
    assert (again["changed"], cloud.changes) == (False, 0)
