"""A document that changes, replaces, adds and prunes, with a fault at any of its calls: the next run finishes it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.virtual import FAULTS, Fault, Killed, VirtualCloud, census

CHANGES = 17
"""Changing calls that the change needs; a test below holds it against the server's count."""
READS = 36
FIXED_SHARE = 7
"""Every test but each seventh is left to the exhaustive run."""
PRUNED = ("disk_offering", "host", "domain")


def changed() -> dict[str, Any]:
    """The example after some work on it."""
    document = example()
    zone = document["zones"][0]
    document["settings"].append({"name": "event.purge.delay", "value": "30"})
    document["compute_offerings"][0] |= {"memory": 2048, "immutable_drift": "replace"}
    document["compute_offerings"].append({"name": "huge", "cpu_number": 16, "cpu_speed": 2000, "memory": 131072})
    document["disk_offerings"] = [
        {"name": "data 50 GB", "disk_size": 50, "storage_tags": ["ssd", "fast"]},
        {"name": "data 99 GB", "disk_size": 99},
        *({"name": name} for name in ("Small", "Medium", "Large", "Custom")),
    ]
    document["network_offerings"][0]["display_text"] = "Isolated"
    document["domains"] = [{"path": "ROOT/customers"}, {"path": "ROOT/customers/other"}]
    zone["dns2"] = "192.0.2.55"
    zone["pods"][1]["clusters"][0]["hosts"][0]["host_tags"] = ["ssd", "gpu"]
    del zone["pods"][0]["clusters"][1]["hosts"][2]
    zone["pods"][1]["clusters"].append({"name": "kvm4", "hypervisor": "KVM", "hosts": [
        {"name": "kvm4-h1", "url": "http://10.0.2.41", "username": "root", "password": "of-the-hosts"},
    ]})  # fmt: skip
    return document


def ready() -> VirtualCloud:
    cloud = VirtualCloud()
    cloud.run("apply", cloud=example())
    return cloud


def change(cloud: VirtualCloud, fault: Fault | None = None) -> dict[str, Any] | None:
    """The result; None if the run was killed."""
    try:
        return cloud.run("apply", fault=fault, cloud=changed(), prune=list(PRUNED))
    except Killed:
        return None
    except CloudStackError as error:
        return {"failed": True, "failure": error.as_dict()}


@cache
def undisturbed():
    """What is there afterwards, changing calls, reading calls."""
    cloud = ready()
    result = change(cloud)
    assert result and not result.get("failed"), result
    calls, changes = cloud.calls, cloud.changes
    return census(cloud.sim), changes, calls - changes


def changed_with(fault: Fault) -> None:
    cloud = ready()
    result = change(cloud, fault)
    assert fault.hit, "there was no such call"
    if result and result.get("failed"):
        assert result["failure"]["message"]
    cloud.sim.settle()
    following = change(cloud)
    assert following and not following.get("failed"), following
    assert census(cloud.sim) == undisturbed()[0]
    again = change(cloud)
    assert again and (again["changed"], cloud.changes) == (False, 0), again["plan"]


def everywhere(kinds: tuple[str, ...], calls: int):
    """Every kind of fault at every call; a fixed share of them also outside the exhaustive run."""
    product = [(at, kind) for at in range(calls) for kind in kinds]
    return [
        pytest.param(kind, at, id=f"{kind}-{at}", marks=[pytest.mark.exhaustive] if number % FIXED_SHARE else [])
        for number, (at, kind) in enumerate(product)
    ]


@pytest.mark.parametrize(("kind", "at"), everywhere(FAULTS, CHANGES))
def test_fault_at_a_changing_call(kind, at):
    changed_with(Fault(kind, at, is_changing))


@pytest.mark.parametrize(("kind", "at"), everywhere(("cut", "busy", "killed_before"), READS))
def test_fault_at_a_reading_call(kind, at):
    changed_with(Fault(kind, at, lambda command: not is_changing(command)))


def test_every_call_is_tried():
    _objects, changes, reads = undisturbed()
    assert changes == CHANGES
    assert reads >= READS
