"""A zone of KVM hosts with spare storage, a template and instances: what storage procedures are tried on."""

from __future__ import annotations

from typing import Any

import pytest

from .virtual import VirtualCloud

ZONE = "north"
PLACE = {"zone": ZONE}
IN_CLUSTER = {**PLACE, "pod": "rack", "cluster": "kvm"}
MINUTES = 200.0


def cuts(calls: int, *kinds: str) -> list[Any]:
    """(kind, at) for every kind of fault at every changing call; each fifth outside the exhaustive run as well."""
    found = [(kind, at) for at in range(calls) for kind in kinds]
    return [
        pytest.param(kind, at, id=f"{kind}-{at}", marks=[pytest.mark.exhaustive] if number % 5 else [])
        for number, (kind, at) in enumerate(found)
    ]


def document() -> dict[str, Any]:
    """One cluster of three hosts with the pools ps1 and ps2, and the image store ss1."""
    hosts = [{"name": f"h{n}", "url": f"http://10.0.0.1{n}", "username": "root", "password": "p"} for n in range(1, 4)]
    pools = [{"name": f"ps{n}", "storage_url": f"nfs://10.0.0.5/p{n}"} for n in (1, 2)]
    cluster = {"name": "kvm", "hypervisor": "KVM", "hosts": hosts, "storage_pools": pools}
    pod = {"name": "rack", "gateway": "10.0.0.1", "netmask": "255.255.255.0", "start_ip": "10.0.0.50",
           "end_ip": "10.0.0.99", "clusters": [cluster]}  # fmt: skip
    networks = [
        {"name": "mgmt", "isolation_methods": ["VLAN"], "state": "enabled", "tags": ["mgmt"],
         "traffic_types": [{"traffic_type": "Management", "kvm_networklabel": "cloudbr0"}]},
        {"name": "guest", "isolation_methods": ["VLAN"], "vlan": ["500-599"], "state": "enabled", "tags": ["guest"],
         "traffic_types": [{"traffic_type": "Guest", "kvm_networklabel": "cloudbr1"},
                           {"traffic_type": "Public", "kvm_networklabel": "cloudbr1"}],
         "network_service_providers": [{"name": "VirtualRouter", "state": "enabled"}],
         "vlan_ip_ranges": [{"start_ip": "198.51.100.10", "end_ip": "198.51.100.200", "gateway": "198.51.100.1",
                             "netmask": "255.255.255.0", "vlan": "50", "for_virtual_network": True}]},
    ]  # fmt: skip
    zone = {"name": ZONE, "network_type": "Advanced", "dns1": "192.0.2.53", "internal_dns1": "10.0.0.53",
            "guest_cidr_address": "10.1.1.0/24", "state": "enabled", "physical_networks": networks, "pods": [pod],
            "image_stores": [{"name": "ss1", "provider": "NFS", "url": "nfs://10.0.0.5/secondary"}]}  # fmt: skip
    return {"zones": [zone]}


class StorageCloud(VirtualCloud):
    """The cloud, running, with the template ``golden``; short words for what tests do to it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(seed=1, **options)
        self.run("apply", cloud=document())
        self.sim.advance(MINUTES)
        self.zone = self.one("listZones")["id"]
        system = self.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]
        self.do("registerTemplate", name="golden", displaytext="golden", zoneid=self.zone, format="QCOW2",
                hypervisor="KVM", ostypeid=system["id"], url="http://images.example.com/golden.qcow2")  # fmt: skip
        self.sim.advance(MINUTES)
        offering = self.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0]["id"]
        self.network = self.do(
            "createNetwork", name="inside", displaytext="inside", zoneid=self.zone, networkofferingid=offering
        )["network"]["id"]  # fmt: skip

    def do(self, command: str, **params: Any) -> dict[str, Any]:
        return self.client.run(command, params)

    def rows(self, command: str, **params: Any) -> list[dict[str, Any]]:
        return self.client.list(command, params)

    def one(self, command: str, **params: Any) -> dict[str, Any]:
        (row,) = self.rows(command, **params)
        return row

    def deploy(self, name: str, **more: Any) -> dict[str, Any]:
        """A running instance whose root disk lies on ps1, unless ps1 is disabled."""
        offering = self.one("listServiceOfferings", name="Small Instance")["id"]
        template = self.one("listTemplates", templatefilter="all", name="golden")["id"]
        return self.do(
            "deployVirtualMachine", name=name, zoneid=self.zone, templateid=template, serviceofferingid=offering,
            networkids=self.network, **more,
        )["virtualmachine"]  # fmt: skip

    def deploy_on(self, pool: str, name: str) -> dict[str, Any]:
        others = [row for row in self.rows("listStoragePools") if row["name"] != pool and row["state"] == "Up"]
        for row in others:
            self.do("updateStoragePool", id=row["id"], enabled=False)
        machine = self.deploy(name)
        for row in others:
            self.do("updateStoragePool", id=row["id"], enabled=True)
        return machine

    def vm(self, name: str) -> dict[str, Any]:
        return self.one("listVirtualMachines", name=name, listall=True)

    def pool(self, name: str) -> dict[str, Any]:
        return self.one("listStoragePools", name=name)

    def store(self, name: str) -> dict[str, Any]:
        return self.one("listImageStores", name=name)

    def disks(self, vm: dict[str, Any]) -> list[dict[str, Any]]:
        return self.rows("listVolumes", virtualmachineid=vm["id"], listall=True)

    def snapshot(self, vm: dict[str, Any]) -> dict[str, Any]:
        made = self.do("createSnapshot", volumeid=self.disks(vm)[0]["id"])["snapshot"]
        self.sim.advance(60)
        return made

    def add_store(self, name: str) -> str:
        """A second store, as soon as the server has measured it."""
        store = self.do("addImageStore", name=name, provider="NFS", zoneid=self.zone, url=f"nfs://10.0.0.6/{name}")
        self.sim.advance(MINUTES)
        return str(store["imagestore"]["id"])

    def fails(self, do: str, **rule: Any) -> None:
        self.sim.faults.add({"do": do, **rule})
