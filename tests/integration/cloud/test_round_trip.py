"""Export and apply are each other's opposite: for an empty cloud, the example, and a thousand objects."""

from __future__ import annotations

from collections import Counter
from typing import Any
from zlib import crc32

import pytest
import yaml

from ansible_collections.cloudstack.ops.plugins.module_utils.cloud import Node, parse
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.entries import is_default
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.yaml_text import document_text
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES
from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.story import STORY, prepare
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud
from cloudstack_simulator.populating import Wanted, populate

SECRET = "of-the-hosts"


def a_thousand() -> dict[str, Any]:
    """Zones with clusters and pools, tenants, offerings and settings: 1,000 entries."""
    clusters = [
        {
            "name": f"c{number:02}",
            "hypervisor": "KVM",
            "hosts": [{"name": f"10.{number}.0.{host}", "url": f"http://10.{number}.0.{host}", "username": "root",
                       "password": SECRET, "host_tags": [f"t{host % 3}"]} for host in range(1, 9)],
            "storage_pools": [{"name": f"c{number:02}-{pool}", "storage_url": f"nfs://10.200.{number}.5/p{pool}",
                               "storage_tags": ["ssd"]} for pool in range(2)],
        }
        for number in range(1, 21)
    ]  # fmt: skip
    pods = [
        {"name": f"rack{number}", "gateway": f"172.16.{number}.1", "netmask": "255.255.255.0",
         "start_ip": f"172.16.{number}.10", "end_ip": f"172.16.{number}.99",
         "clusters": clusters[number * 4 : number * 4 + 4]}
        for number in range(5)
    ]  # fmt: skip
    zone = {"name": "big", "network_type": "Advanced", "dns1": "192.0.2.53", "internal_dns1": "10.0.0.53", "pods": pods}
    tenants = [f"ROOT/tenant{number:03}" for number in range(150)]
    return {
        "settings": [{"name": "expunge.delay", "value": "60"}],
        "disk_offerings": [{"name": f"d{n:03}", "disk_size": n + 1, "storage_tags": ["ssd"]} for n in range(200)],
        "compute_offerings": [
            {"name": f"s{n:03}", "cpu_number": n % 8 + 1, "cpu_speed": 1000, "memory": 512 * (n % 9 + 1),
             "offer_ha": n % 2 == 0}
            for n in range(123)
        ],
        "domains": [{"path": path, "network_domain": f"{path[5:]}.example.com"} for path in tenants],
        "accounts": [
            {"name": f"a{n % 2}", "domain": tenants[n // 2], "username": f"u{n:03}", "password": SECRET,
             "email": f"u{n}@example.com", "first_name": "U", "last_name": str(n)}
            for n in range(300)
        ],
        "zones": [zone],
    }  # fmt: skip


def count_of(document: dict[str, Any]) -> int:
    return sum(
        1 + count_of({key: value for key, value in entry.items() if isinstance(value, list)})
        for entries in document.values()
        for entry in entries
        if isinstance(entry, dict)
    )


def as_applied(document: Any) -> Any:
    """An exported document with the values of its variables."""
    if isinstance(document, dict):
        return {key: as_applied(value) for key, value in document.items()}
    if isinstance(document, list):
        return [as_applied(item) for item in document]
    return SECRET if isinstance(document, str) and document.startswith("{{") else document


DOCUMENTS = {"empty": dict, "example": example, "a thousand": a_thousand}


@pytest.fixture(scope="module", params=DOCUMENTS)
def built(request) -> tuple[str, VirtualCloud, dict[str, Any]]:
    """A cloud that a document was applied to, and its export."""
    cloud = VirtualCloud()
    result = cloud.run("apply", cloud=DOCUMENTS[request.param](), parallel=4)
    assert not result.get("failed"), result.get("msg")
    return request.param, cloud, cloud.run("export")


def test_a_thousand_are_a_thousand():
    assert count_of(a_thousand()) == 1000


def test_an_exported_cloud_is_as_its_document_says(built):
    name, cloud, exported = built
    again = cloud.run("apply", cloud=as_applied(exported["document"]))
    assert (again["changed"], cloud.changes, again["plan"]) == (False, 0, [])
    assert again["counts"]["unchanged"] == exported["count"] >= count_of(DOCUMENTS[name]())


def test_the_document_builds_the_same_cloud_anew(built):
    _name, _cloud, exported = built
    other = VirtualCloud()
    result = other.run("apply", cloud=as_applied(exported["document"]), parallel=4)
    assert not result.get("failed"), result.get("msg")
    assert other.run("export")["document"] == exported["document"]


def test_what_was_applied_is_what_is_exported(built):
    """Every value of the document is in the export, but for what a new object has by itself."""
    name, _cloud, exported = built
    there = {told(node): node.options for node in parse(exported["document"], RESOURCES)}
    for node in parse(DOCUMENTS[name](), RESOURCES):
        for option, value in node.options.items():
            same = as_compared(there[told(node)].get(option)) == as_compared(value)
            assert same or is_usual(node, option, value), (node.path, option, value, there[told(node)])


def told(node: Node) -> tuple[Any, ...]:
    """What an object is recognized by; a host goes by its address, for the agent gives it its name."""
    called = node.options["url"] if node.resource.name == "host" else node.name
    return (node.resource.name, called, node.options["domain"] if node.resource.name == "account" else "")


def as_compared(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value


def is_usual(node: Node, option: str, value: Any) -> bool:
    """Defaults, and what the server does not tell."""
    if option == "state" or (node.resource.name == "host" and option == "name"):
        return value in (*node.resource.initial_states, "present") or option == "name"
    described = node.resource.option(option)
    return bool(described.placeholder) or described.behaviour or is_default(described, value, node.options)


PER_OBJECT = (
    "listConfigurations", "listStorageNetworkIpRange", "listTrafficTypes", "listNetworkServiceProviders",
    "listDedicatedGuestVlanRanges", "listTemplatePermissions", "listIsoPermissions",
)  # fmt: skip


def test_the_export_of_a_cloud_costs_a_call_or_two_for_each_kind(built):
    _name, cloud, _exported = built
    cloud.run("export")
    assert cloud.changes == 0
    calls = Counter(cloud.transport.commands)
    # These are listed for each object that has some: settings in every scope, what belongs to a pod or a network.
    for command in PER_OBJECT:
        calls.pop(command, None)
    assert max(calls.values()) <= 2, calls


def test_no_secret_is_exported_and_every_variable_is_named(built):
    _name, _cloud, exported = built
    text = document_text(exported["document"])
    assert SECRET not in text
    assert {part.split(" }}")[0] for part in text.split("{{ ")[1:]} == set(exported["variables"])


def test_the_file_is_the_document_and_stays_as_it_is_while_the_cloud_does(tmp_path):
    cloud = VirtualCloud(zone="sandbox")
    exported = cloud.run("export")
    file = tmp_path / "cloud.yml"
    assert cloud.run("export", check=True, file=str(file))["changed"]
    assert not file.exists()
    assert cloud.run("export", file=str(file))["changed"]
    assert yaml.safe_load(file.read_text()) == exported["document"]
    written = file.stat().st_mtime_ns
    assert not cloud.run("export", file=str(file))["changed"]
    assert file.stat().st_mtime_ns == written
    cloud.run("export", file=str(file), variable="cloud_document", schema="cloud.schema.json")
    assert yaml.safe_load(file.read_text()) == {"cloud_document": exported["document"]}
    assert "# yaml-language-server: $schema=cloud.schema.json" in file.read_text()


@pytest.mark.parametrize("more", ["", "hosts=100,vms=300"])
def test_a_cloud_that_no_document_made_is_as_its_export_says(more):
    """The recorded zone, and a large one. Their agents get addresses of their own, so these differ when built anew."""
    cloud = VirtualCloud(zone="sandbox")
    if more:
        populate(cloud.sim, Wanted.parse(more))
    exported = cloud.run("export")["document"]
    again = cloud.run("apply", cloud=as_applied(exported))
    assert (again["changed"], cloud.changes, again["plan"]) == (False, 0, [])
    other = VirtualCloud()
    result = other.run("apply", cloud=with_addresses(as_applied(exported)), parallel=4)
    assert not result.get("failed"), result.get("msg")
    assert with_addresses(other.run("export")["document"]) == with_addresses(exported)


def with_addresses(document: dict[str, Any]) -> dict[str, Any]:
    """Addresses that no agent draws by chance: one that another host has would be that host.

    Whoever answers for agents of the fake hypervisor looks for their word in the address.
    """
    for zone in document["zones"]:
        for pod in zone["pods"]:
            for cluster in pod["clusters"]:
                for host in cluster.get("hosts", ()):
                    host["url"] = f"http://sim-{crc32(host['name'].encode()):08x}"
    return document


def of_every_kind() -> tuple[VirtualCloud, dict[str, Any]]:
    """A zone beside whose own objects the story of all modules makes some, and that story's document."""
    cloud = VirtualCloud(zone="sandbox", seed=1)
    prepare(cloud.client)
    document: dict[str, Any] = {}
    for part in STORY:
        if part.module in RESOURCES and part.module != "system_vm_template":
            document.setdefault(RESOURCES[part.module].document_key, []).append(dict(part.first))
    return cloud, document


def test_objects_of_every_kind_go_there_and_back():
    cloud, document = of_every_kind()
    assert not cloud.run("apply", cloud=document).get("failed")
    exported = cloud.run("export")["document"]
    assert len({node.resource.name for node in parse(as_applied(exported), RESOURCES)}) > 15
    again = cloud.run("apply", cloud=as_applied(exported))
    assert (again["changed"], cloud.changes, again["plan"]) == (False, 0, [])
    other, _document = of_every_kind()
    result = other.run("apply", cloud=as_applied(exported))
    assert (result["changed"], result.get("msg")) == (True, None)
    assert other.run("export")["document"] == exported
