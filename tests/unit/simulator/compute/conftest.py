"""A running zone with an isolated network, and the short words that tests of instances need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Cloud, Operator


@dataclass
class Place:
    """Where the instances of a test go."""

    cloud: Cloud
    network: str
    template: str
    offering: str

    @property
    def op(self) -> Operator:
        return self.cloud.op

    def order(self, name: str, **more: Any) -> dict[str, Any]:
        """The parameters of a deployment."""
        return {
            "name": name, "zoneid": self.cloud.zone, "templateid": self.template, "serviceofferingid": self.offering,
            "networkids": self.network, **more,
        }  # fmt: skip

    def deploy(self, name: str, **more: Any) -> dict[str, Any]:
        vm: dict[str, Any] = self.op.do("deployVirtualMachine", **self.order(name, **more))["virtualmachine"]
        return vm

    def look(self, vm: dict[str, Any]) -> dict[str, Any]:
        return self.op.only("listVirtualMachines", id=vm["id"], listall="true")

    def used(self) -> int:
        """MHz that instances take of all hosts."""
        return sum(host.cpu_used for host in self.cloud.sim.db.hosts.where(kind="Routing"))

    def used_by_instances(self) -> int:
        """The same without what system VMs and routers take."""
        others = [vm for vm in self.cloud.sim.db.vms if vm.vm_type != "User" and vm.host_id is not None]
        offerings = self.cloud.sim.db.service_offerings
        return self.used() - sum(offerings[vm.service_offering_id].speed or 0 for vm in others)

    def count(self, kind: str) -> int:
        return self.cloud.sim.limits.count(self.cloud.sim.admin.account, kind)

    def mock(self, command: str, value: str, **more: Any) -> None:
        self.op.do("configureSimulator", zoneid=self.cloud.zone, name=command, value=value, **more)


@pytest.fixture
def place(running: Cloud) -> Place:
    op = running.op
    offering = op.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")
    network = op.do(
        "createNetwork", name="inside", displaytext="inside", zoneid=running.zone, networkofferingid=offering["id"]
    )["network"]["id"]
    template = op.only("listTemplates", templatefilter="all", name="golden")["id"]
    return Place(running, network, template, op.only("listServiceOfferings", name="Small Instance")["id"])
