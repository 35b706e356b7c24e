"""The order of a real cloud's document, which follows from the records and not from the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cloudstack.ops.plugins.module_utils.cloud import Node, parse
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.graph import Graph, Step
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES

EXAMPLE = Path(__file__).parents[3] / "inventories/example/group_vars/clouds/cloud.yml"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return yaml.safe_load(EXAMPLE.read_text())["cloud_document"]


@pytest.fixture(scope="module")
def graph(document) -> Graph:
    return Graph(parse(document, RESOURCES), RESOURCES)


def node(graph: Graph, kind: str, name: str) -> Node:
    return next(node for node in graph.nodes if (node.resource.name, node.name) == (kind, name))


def before(graph: Graph, step: Step) -> set[Step]:
    """Every step that surely has ended when this one begins."""
    seen: set[Step] = set()
    waiting = [step]
    while waiting:
        for first in graph.needs[waiting.pop()]:
            if first not in seen:
                seen.add(first)
                waiting.append(first)
    return seen


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        (("pod", "rack1"), ("zone", "frankfurt")),
        (("host", "kvm1-h1"), ("cluster", "kvm1")),
        (("host", "kvm1-h1"), ("traffic_type", "Guest")),
        (("storage_pool", "kvm1-ssd"), ("host", "kvm1-h3")),
        (("storage_ip_range", "10.0.11.50"), ("traffic_type", "Storage")),
        (("vlan_ip_range", "198.51.100.10"), ("traffic_type", "Public")),
        (("domain", "ROOT/customers/acme"), ("domain", "ROOT/customers")),
        (("template", "debian-12"), ("image_store", "frankfurt-nfs")),
        (("template", "debian-12"), ("storage_pool", "kvm3-ssd")),
    ],
)
def test_what_is_needed_comes_first(graph, later, earlier):
    first = before(graph, Step(node(graph, *later)))
    assert graph.end_of(node(graph, *earlier)) in first or Step(node(graph, *earlier)) in first


def test_a_zone_is_enabled_after_all_its_parts_and_before_what_runs_in_it(graph):
    zone = node(graph, "zone", "frankfurt")
    enabled = Step(zone, last=True)
    assert graph.is_held_back(zone)
    inside = {step.node.resource.name for step in before(graph, enabled)}
    assert inside == {
        "zone", "physical_network", "traffic_type", "network_service_provider", "vlan_ip_range", "pod", "cluster",
        "host", "storage_pool", "storage_ip_range", "image_store",
    }  # fmt: skip
    assert enabled in before(graph, Step(node(graph, "template", "debian-12")))


def test_a_pool_does_not_wait_for_hosts_of_another_cluster(graph):
    first = before(graph, Step(node(graph, "storage_pool", "kvm1-ssd")))
    assert {step.node.name for step in first if step.node.resource.name == "host"} == {"kvm1-h1", "kvm1-h2", "kvm1-h3"}


def test_flat_lists_have_the_same_order_as_nested_ones(document, graph):
    flat = Graph(parse(flattened(document), RESOURCES), RESOURCES)
    assert steps(flat) == steps(graph)


def steps(graph: Graph) -> dict[Any, set[Any]]:
    def key(step: Step) -> Any:
        scope = tuple(str(step.node.options.get(name)) for name in step.node.resource.scope)
        return (step.node.resource.name, step.node.name, scope, step.last)

    return {key(step): {key(other) for other in first} for step, first in graph.needs.items()}


def flattened(document: dict[str, Any]) -> dict[str, Any]:
    """The same objects, each kind a list of its own, references written out, in the opposite order."""
    flat: dict[str, Any] = {}
    for made in reversed(parse(document, RESOURCES)):
        flat.setdefault(made.resource.document_key, []).append(made.options)
    return flat
