"""A cloud of 3 zones, 60 hosts and 2,000 routers where every twentieth step fails, worked by the great procedures.

What counts is the server's own call log: nothing that reached its goal is disrupted again, and nobody is tried more
often than ``retries`` allow.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed, VirtualCloud
from cloudstack_simulator.commands.appliances.ageing import age
from cloudstack_simulator.populating import Wanted, populate
from tests.integration.procedures.test_certificate_rollout import Proxies
from tests.integration.resources.conftest import Cloud
from tests.integration.resources.test_system_vm_certificate import Authority

ROUTERS = 2000
CLOUD = f"hosts=60,vms={2 * ROUTERS},routers={ROUTERS},zones=3,hypervisor=KVM"
RETRIES = 2
DISRUPTIVE = ("restartNetwork", "rebootRouter", "destroySystemVm", "migrateSecondaryStorageData")
PREVENTING = ("fail-job", "claim-success", "router-lost")
"""Faults after which a step has to be taken again."""
FAULTS = [
    {"do": "fail-job", "command": ["restartNetwork", "destroySystemVm"], "probability": 0.02},
    {"do": "claim-success", "command": ["restartNetwork", "destroySystemVm"], "probability": 0.01},
    {"do": "lose-answer", "command": ["restartNetwork", "destroySystemVm"], "probability": 0.01},
    {"do": "router-lost", "probability": 0.01},
]
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(900)]


class Large(VirtualCloud):
    """The cloud, and what its call log says of disruptive calls since the last look."""

    def __init__(self) -> None:
        super().__init__(seed=5)
        populate(self.sim, Wanted.parse(CLOUD))
        self._log = io.StringIO()
        self.sim.begin(self._log)
        self.disturb()

    def disturb(self, rules: list[dict[str, Any]] = FAULTS) -> None:
        self.sim.faults.use({"seed": 11, "rules": rules})

    def prevented(self) -> int:
        """How many steps came to nothing by a rule."""
        return sum(rule.fired for rule in self.sim.faults.rules if rule.do in PREVENTING)

    def disrupted(self) -> Counter[str]:
        """Objects to the number of disruptive calls about them."""
        calls = [json.loads(line) for line in self._log.getvalue().splitlines()]
        self._log.seek(0)
        self._log.truncate()
        names = [call["params"] for call in calls if call["command"] in DISRUPTIVE]
        return Counter(params.get("id") or params.get("srcpool", "") for params in names)

    def system_vms(self, field: str, **where: Any) -> set[str]:
        return {row[field] for row in self.client.list("listSystemVms", where)}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Large]:
    found = Large()
    age(found.sim)
    yield found
    found.client.close()


def finish(cloud: Large, module: str, **options: Any) -> dict[str, Any]:
    """Runs until nothing is left, without faults from the second run on; each failed target is taken up once more."""
    first = cloud.run(module, retries=RETRIES, **options)
    touched, failed = cloud.disrupted(), first["counts"].get("failed", 0) + first["counts"].get("unsafe", 0)
    prevented = cloud.prevented()
    assert not first.get("failed"), first.get("msg")
    assert max(touched.values()) <= RETRIES + 1
    reached = {target["id"] for target in first["report"]["targets"] if target["state"] in ("done", "already")}

    cloud.sim.faults.clear()
    second = cloud.run(module, retries=RETRIES, **options)
    assert not second.get("failed")
    again = cloud.disrupted()
    assert not reached & set(again), "what reached its goal was disrupted again"
    assert len(again) <= failed
    third = cloud.run(module, **options)
    assert (third["changed"], cloud.changes, cloud.disrupted()) == (False, 0, Counter())
    return {**first, "touched": touched, "prevented": prevented}


def test_two_thousand_routers_are_upgraded_though_every_twentieth_step_fails(cloud):
    planned = cloud.run("virtual_router_upgrade", check=True, parallel=40)
    assert (len(planned["plan"]), cloud.changes) == (ROUTERS, 0)
    assert cloud.calls < 40
    options = {"parallel": 40, "per_host": 2, "canaries": 3, "batch": "10%", "failure_budget": 20}

    # The run is killed amid its work, then taken up again.
    with pytest.raises(Killed):
        cloud.run("virtual_router_upgrade", **options, retries=RETRIES,
                  fault=Fault("killed_after", 700, lambda command: command == "restartNetwork"))  # fmt: skip
    cloud.sim.advance(120)
    before, touched = cloud.prevented(), cloud.disrupted()
    assert sum(touched.values()) <= len(touched) + before
    result = finish(cloud, "virtual_router_upgrade", **options)
    together = touched + result["touched"]
    assert len(together) == ROUTERS
    assert sum(together.values()) <= ROUTERS + result["prevented"], "only what a fault prevented was tried again"
    rows = cloud.client.list("listRouters", {"listall": True})
    assert Counter(row["softwareversion"] for row in rows) == {"4.22.0.0": ROUTERS}


@pytest.mark.parametrize("kind", ["consoleproxy", "secondarystoragevm"])
def test_the_default_offering_is_swapped_in_all_zones(cloud, kind):
    # Three targets: a twentieth of them would be none.
    cloud.disturb([{"do": "fail-job", "command": "destroySystemVm", "nth": 1}, {"do": "agent-silent", "nth": 9}])
    wanted = {
        "name": f"big {kind}", "displaytext": f"big {kind}", "issystem": True, "systemvmtype": kind, "cpunumber": 2,
        "cpuspeed": 500, "memory": 2048,
    }  # fmt: skip
    offering = cloud.client.run("createServiceOffering", wanted)["serviceoffering"]["id"]
    options = {"system_vm_type": kind, "offering": f"big {kind}"}
    if kind == "secondarystoragevm":
        assert cloud.run("default_system_offering", **options)["restart_needed"]
        cloud.sim.advance(60)
        cloud.sim.restart()
    finish(cloud, "default_system_offering", **options)
    assert cloud.system_vms("serviceofferingid", systemvmtype=kind) == {offering}
    assert cloud.system_vms("agentstate") == {"Up"}


def test_the_template_of_all_system_vms_and_routers_is_replaced(cloud):
    cloud.disturb()
    guest_os = cloud.client.list("listOsTypes", {"description": "Debian GNU/Linux 12 (64-bit)"})[0]["id"]
    wanted = {
        "name": "next", "displaytext": "next", "zoneid": "-1", "format": "QCOW2", "hypervisor": "KVM",
        "isrouting": True, "ostypeid": guest_os, "url": "http://images.example.com/system.qcow2",
    }  # fmt: skip
    template = cloud.client.run("registerTemplate", wanted)["template"][0]["id"]
    cloud.sim.advance(600)
    cloud.client.run("updateTemplate", {"id": template, "templatetype": "SYSTEM"})
    options = {"template": "next", "routers": True, "parallel": 40, "per_host": 2, "failure_budget": 20}
    finish(cloud, "system_vm_template_replacement", **options)
    assert cloud.system_vms("templateid") == {template}
    assert {row["templateid"] for row in cloud.client.list("listRouters", {"listall": True})} == {template}


def test_secondary_storage_is_moved_though_migrations_fail(cloud):
    zone = next(row for row in cloud.client.list("listZones") if row["name"] == "Populated")
    first = {"listall": True, "type": "ROOT", "zoneid": zone["id"], "page": 1, "pagesize": 1}
    cloud.client.run("createSnapshot", {"volumeid": cloud.client.call("listVolumes", first)["volume"][0]["id"]})
    store = {"name": "spare", "provider": "NFS", "url": "nfs://10.3.0.9/spare", "zoneid": zone["id"]}
    cloud.client.run("addImageStore", store)
    cloud.sim.advance(600)
    cloud.disturb([
        {"do": "fail-job", "command": "migrateSecondaryStorageData", "nth": 1},
        {"do": "claim-success", "command": "migrateSecondaryStorageData", "nth": 2},
    ])  # fmt: skip
    finish(cloud, "secondary_storage_migration", zone="Populated", image_store="Populated-images")


class LargeProxies(Proxies):
    """The large cloud whose system VMs listen for TLS on the loopback."""

    def __init__(self) -> None:
        Cloud.__init__(self, rate=None, system_vm_tls=True, populate=CLOUD)


def test_a_certificate_is_rolled_out_in_all_zones_though_a_destroy_fails():
    cloud, authority = LargeProxies(), Authority()
    try:
        cloud.set_up()
        cloud.fault(do="fail-job", command="destroySystemVm", nth=2)
        wish = authority.wish(authority.server())
        done = cloud.roll_out(wish, retries=RETRIES)
        assert not done.get("failed"), done["msg"]
        assert len({vm["name"] for vm in done["system_vms"]}) == 6
        assert {vm["fingerprint"] for vm in done["system_vms"]} == {done["certificate"]["fingerprint"]}
        assert cloud.sent()["uploadCustomCertificate"] == 3
        assert cloud.sent()["destroySystemVm"] <= 6 + 1
        again = cloud.roll_out(wish)
        assert (again["changed"], cloud.changes, again["counts"]) == (False, 0, {"already": 6})
    finally:
        cloud.close()
