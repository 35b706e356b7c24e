"""One story that every module has a part in: an object made, changed and removed, in an order that works.

It is told to a cloud that has the recorded zone, beside which it makes one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ZONE = "Sandbox-simulator"
NEW = "told"
HERE = {"zone": NEW}
POD = {"zone": NEW, "pod": "told-pod"}
CLUSTER = {**POD, "cluster": "told-cluster"}
NETWORK = {"zone": NEW, "physical_network": "told-network"}
SIZES = {"cpu_number": 1, "cpu_speed": 500, "memory": 512}
IMAGE = {
    "format": "VHD",
    "hypervisor": "Simulator",
    "os_type": "CentOS 7",
    "url": "http://images.example.com/a.vhd.bz2",
}
SERVICES = {
    "supported_services": ["Dhcp", "Dns"],
    "service_providers": [{"service": name, "provider": "VirtualRouter"} for name in ("Dhcp", "Dns")],
}


@dataclass(frozen=True)
class Part:
    """``key`` says which object, ``create`` what it is at first, ``change`` what becomes of it.

    ``drift``: what cannot be changed. ``remove`` is None where the module removes nothing, else options to say with
    it. ``leaves``: another part's removal takes this object along.
    """

    module: str
    key: dict[str, Any]
    create: dict[str, Any] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)
    drift: dict[str, Any] = field(default_factory=dict)
    remove: dict[str, Any] | None = field(default_factory=dict)

    def __str__(self) -> str:
        return self.module

    @property
    def first(self) -> dict[str, Any]:
        return {**self.key, **self.create}

    @property
    def changed(self) -> dict[str, Any]:
        return {**self.key, **self.create, **self.change}


NAMED = {"name": "told"}
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q story"
# fmt: off
STORY = (
    Part("region", NAMED, {"region_id": 7, "endpoint": "http://a.example.com"}, {"endpoint": "http://b.example.com"}),
    Part("setting", {"name": "expunge.interval"}, {"value": "3600"}, {"value": "7200"}, remove=None),
    Part("domain", {"path": "ROOT/told"}, {"network_domain": "a.example.com"}, {"network_domain": "b.example.com"}),
    Part(
        "account",
        {"name": "teller", "domain": "ROOT/told"},
        {
            "account_type": "user", "username": "teller", "password": "of-the-teller", "email": "teller@example.com",
            "first_name": "Tel", "last_name": "Ler",
        },
        {"network_domain": "teller.example.com"},
        {"account_type": "domain_admin"},
    ),
    Part(
        "role", NAMED,
        {"type": "User", "rules": [{"rule": "listUsers", "permission": "deny"}, {"rule": "list*"}]},
        {"rules": [{"rule": "list*"}, {"rule": "listUsers", "permission": "deny"}, {"rule": "stop*"}]},
    ),
    Part(
        "user", {"username": "tale", "domain": "ROOT/told"},
        {"account": "teller", "password": "of-the-tale", "email": "tale@example.com", "first_name": "Ta",
         "last_name": "Le"},
        {"email": "other@example.com", "state": "locked"},
    ),
    Part(
        "project", {"name": "told", "domain": "ROOT/told"}, {"account": "teller"},
        {"display_text": "changed", "state": "suspended"}, {"account": "nobody"},
    ),
    Part(
        "resource_limit", {"resource_type": "user_vm", "domain": "ROOT/told"}, {"max": 5}, {"max": 6}, remove=None,
    ),
    Part(
        "zone", NAMED,
        {"network_type": "Advanced", "dns1": "192.0.2.53", "internal_dns1": "10.0.0.53",
         "guest_cidr_address": "10.1.1.0/24"},
        {"dns2": "192.0.2.54"},
        {"network_type": "Basic"},
    ),
    Part("physical_network", {"name": "told-network", **HERE}, {"vlan": ["500-509"]}, {"state": "enabled"}),
    Part("traffic_type", {"traffic_type": "Guest", **NETWORK}, {}, {"kvm_networklabel": "cloudbr1"}),
    Part("traffic_type", {"traffic_type": "Public", **NETWORK}, {}, {"kvm_networklabel": "cloudbr2"}),
    Part("traffic_type", {"traffic_type": "Management", **NETWORK}),
    Part("traffic_type", {"traffic_type": "Storage", **NETWORK}),
    Part("network_service_provider", {"name": "Netscaler", **NETWORK}, {}, {"state": "enabled"}),
    Part(
        "vlan_ip_range", {"start_ip": "198.51.100.10", "vlan": "50", **NETWORK},
        {"end_ip": "198.51.100.20", "gateway": "198.51.100.1", "netmask": "255.255.255.0",
         "for_virtual_network": True},
        {"end_ip": "198.51.100.30"},
    ),
    Part(
        "pod", {"name": "told-pod", **HERE},
        {"gateway": "10.9.0.1", "netmask": "255.255.255.0", "start_ip": "10.9.0.10", "end_ip": "10.9.0.20"},
        {"end_ip": "10.9.0.30"},
    ),
    Part(
        "management_ip_range", {"start_ip": "10.9.0.100", "vlan": "90", **POD},
        {"end_ip": "10.9.0.110", "gateway": "10.9.0.1", "netmask": "255.255.255.0"},
    ),
    Part(
        "storage_ip_range", {"start_ip": "10.9.1.10", **POD},
        {"end_ip": "10.9.1.20", "gateway": "10.9.1.1", "netmask": "255.255.255.0"},
    ),
    Part("guest_vlan_range", {"vlan_range": "500-502", **NETWORK}, {"account": "teller", "domain": "ROOT/told"}),
    Part(
        "cluster", {"name": "told-cluster", **POD}, {"hypervisor": "KVM"}, {"state": "disabled"},
        {"hypervisor": "LXC"},
    ),
    Part(
        "host", {"name": "told-host", "url": "http://10.9.0.50", **CLUSTER},
        {"username": "root", "password": "of-the-host", "host_tags": ["a", "b"]},
        {"host_tags": ["a"], "annotation": "told"},
        remove={"force": True},
    ),
    Part(
        "storage_pool", {"name": "told-pool", **CLUSTER},
        {"storage_url": "nfs://10.9.1.5/primary", "scope": "cluster", "storage_tags": ["ssd"]},
        {"storage_tags": ["hdd"]},
        {"storage_url": "nfs://10.9.1.6/primary"},
        remove={"force": True},
    ),
    Part(
        "image_store", {"name": "told-store", **HERE}, {"provider": "NFS", "url": "nfs://10.9.1.5/secondary"},
        {"state": "read_only"}, {"provider": "S3"},
    ),
    Part("disk_offering", NAMED, {"disk_size": 5, "storage_tags": ["b", "a"]}, {"storage_tags": []}, {"disk_size": 6}),
    Part("compute_offering", NAMED, {**SIZES, "host_tags": ["x"]}, {"display_text": "changed"}, {"memory": 1024}),
    Part(
        "system_offering", {"name": "told proxy"}, {**SIZES, "system_vm_type": "consoleproxy"},
        {"display_text": "changed"}, {"memory": 1024},
    ),
    Part(
        "network_offering", NAMED, {"guest_ip_type": "Isolated", **SERVICES}, {"state": "enabled"},
        {"conserve_mode": False},
    ),
    Part(
        "vpc_offering", NAMED,
        {"supported_services": ["Dhcp"], "service_providers": [{"service": "Dhcp", "provider": "VpcVirtualRouter"}]},
        {"state": "enabled"}, {"supported_services": ["Dhcp", "Dns"]},
    ),
    Part(
        "volume", {"name": "told", "zone": ZONE, "domain": "ROOT", "account": "admin"}, {"disk_offering": "Small"},
        {"disk_offering": "Medium", "tags": [{"key": "purpose", "value": "story"}]},
    ),
    Part("snapshot", NAMED, {"volume": "ready", "zone": ZONE}, {"tags": [{"key": "purpose", "value": "story"}]}),
    Part(
        "snapshot_policy", {"volume": "ready", "interval_type": "daily"},
        {"schedule": "30:02", "time_zone": "Europe/Zurich", "max_snaps": 3}, {"schedule": "31:03"},
    ),
    Part(
        "template", NAMED, {**IMAGE, "zones": [ZONE], "is_public": True}, {"is_public": False, "details": {"b": "2"}},
        {"format": "QCOW2"},
    ),
    Part(
        "iso", {"name": "told iso"},
        {"url": "http://images.example.com/a.iso", "os_type": "CentOS 7", "zones": [ZONE]},
        {"display_text": "changed"}, {"url": "http://images.example.com/b.iso"},
    ),
    Part(
        "system_vm_template", {"name": "told system"}, {**IMAGE, "template_type": "ROUTING"},
        {"template_type": "SYSTEM"}, {"format": "RAW"},
    ),
    Part(
        "network", {"name": "told", "zone": ZONE},
        {"network_offering": "DefaultIsolatedNetworkOfferingWithSourceNatService"}, {"display_text": "changed"},
    ),
    Part("affinity_group", {"name": "told", "domain": "ROOT", "account": "admin"}, {"type": "host anti-affinity"}),
    Part("ssh_key_pair", {"name": "told", "domain": "ROOT", "account": "admin"}, {"public_key": PUBLIC_KEY}),
    Part(
        "instance", {"name": "told", "zone": ZONE},
        {"compute_offering": "of-instance", "template": "of-instance", "networks": ["told"], "state": "stopped"},
        {"display_name": "changed", "affinity_groups": ["told"], "ssh_key_pairs": ["told"]},
        {"template": "told"},
        remove={"expunge": True, "confirm": "told"},
    ),
    Part(
        "instance_nic", {"vm": "told", "network": "aside"},
        {"ip_address": "10.1.1.50", "secondary_ips": ["10.1.1.60"]},
        {"ip_address": "10.1.1.60", "secondary_ips": ["10.1.1.50", "10.1.1.61"]},
        {"mac_address": "02:00:5e:00:00:02"},
    ),
    Part("vm_snapshot", {"name": "told", "vm": "told"}, {"description": "of the story"}),
    Part(
        "instance_schedule", {"name": "told", "vm": "told"}, {"action": "stop", "schedule": "0 20 * * *"},
        {"schedule": "30 20 * * MON-FRI", "enabled": False}, {"action": "start"},
    ),
    Part(
        "system_vm", {"zone": ZONE, "system_vm_type": "consoleproxy"},
        {"service_offering": "told proxy", "state": "started"},
        remove=None,
    ),
)
# fmt: on

READING = (
    ("info", {"kind": "zone", "filters": {"name": ZONE}}),
    ("api", {"command": "listZones"}),
    ("apply", {"cloud": {"disk_offerings": [{"name": "Small"}]}}),
)
"""What only reads, in a playbook that is run again and again."""


def prepare(client: Any) -> None:
    """A volume called ready, attached to an instance, so that snapshots of it can be taken; a network for a NIC."""
    zone = client.list("listZones", {"name": ZONE})[0]["id"]
    offering = client.run("createServiceOffering", {
        "name": "of-instance", "displaytext": "x", "cpunumber": 1, "cpuspeed": 500, "memory": 512,
    })["serviceoffering"]["id"]  # fmt: skip
    os_type = client.list("listOsTypes", {"description": "CentOS 7"})[0]["id"]
    template = client.run("registerTemplate", {
        "name": "of-instance", "displaytext": "x", "zoneid": zone, "ostypeid": os_type, "hypervisor": "Simulator",
        "format": "VHD", "url": IMAGE["url"],
    })["template"][0]["id"]  # fmt: skip
    while not client.list("listTemplates", {"templatefilter": "all", "id": template})[0]["isready"]:
        client.clock.sleep(1)
    kind = client.list("listNetworkOfferings", {"name": "DefaultIsolatedNetworkOfferingWithSourceNatService"})[0]["id"]
    network = client.run(
        "createNetwork", {"name": "n", "displaytext": "n", "zoneid": zone, "networkofferingid": kind}
    )["network"]["id"]  # fmt: skip
    # Nobody else is in there, so its addresses are free.
    client.run("createNetwork", {"name": "aside", "displaytext": "a", "zoneid": zone, "networkofferingid": kind})
    machine = client.run("deployVirtualMachine", {
        "name": "of-volumes", "zoneid": zone, "templateid": template, "serviceofferingid": offering,
        "networkids": network, "startvm": False,
    })["virtualmachine"]["id"]  # fmt: skip
    small = client.list("listDiskOfferings", {"name": "Small"})[0]["id"]
    volume = client.run("createVolume", {"name": "ready", "zoneid": zone, "diskofferingid": small})["volume"]["id"]
    client.run("attachVolume", {"id": volume, "virtualmachineid": machine})


def removal(part: Part) -> dict[str, Any]:
    """Options that remove a part's object."""
    return {**part.key, **(part.remove or {}), "state": "absent"}
