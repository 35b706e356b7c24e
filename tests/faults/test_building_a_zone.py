"""The example zone with a fault at any of its calls: it ends with a clear error or succeeds, the next run finishes."""

from __future__ import annotations

from functools import cache

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.virtual import FAULTS, Fault, Killed, VirtualCloud, census

READ_FAULTS = ("cut", "late", "busy", "killed_before")
CHANGES = 57
"""Changing calls that the example needs; a test below holds it against the server's count."""
READS = 95
"""Reading calls that a fault is tried at. How often jobs are asked for differs a little from run to run."""
FIXED_SHARE = 11
"""Every test but each eleventh is left to the exhaustive run."""


@cache
def undisturbed():
    """What an undisturbed build leaves: objects by table and name, changing calls, reading calls."""
    cloud = VirtualCloud()
    assert cloud.run("apply", cloud=example())["changed"]
    return census(cloud.sim), cloud.changes, cloud.calls - cloud.changes


def build_with(fault: Fault) -> None:
    cloud = VirtualCloud()
    try:
        result = cloud.run("apply", fault=fault, cloud=example())
    except Killed:
        result = None
    except CloudStackError as error:
        result = {"failed": True, "failure": error.as_dict()}
    if result and result.get("failed"):
        assert result["failure"]["message"]
        assert result["failure"].get("remedy") or result["failure"].get("server_text")
    assert fault.hit, "there was no such call"

    # What the server had begun for a run that is gone ends before somebody starts the next.
    cloud.sim.settle()
    following = cloud.run("apply", cloud=example())
    assert not following.get("failed"), following["msg"]
    assert census(cloud.sim) == undisturbed()[0]
    again = cloud.run("apply", cloud=example())
    assert (again["changed"], cloud.changes) == (False, 0)


def everywhere(kinds: tuple[str, ...], calls: int):
    """Every kind of fault at every call; a fixed share of them also outside the exhaustive run."""
    product = [(at, kind) for at in range(calls) for kind in kinds]
    return [
        pytest.param(kind, at, id=f"{kind}-{at}", marks=[pytest.mark.exhaustive] if number % FIXED_SHARE else [])
        for number, (at, kind) in enumerate(product)
    ]


@pytest.mark.parametrize(("kind", "at"), everywhere(FAULTS, CHANGES))
def test_fault_at_a_changing_call(kind, at):
    build_with(Fault(kind, at, is_changing))


@pytest.mark.parametrize(("kind", "at"), everywhere(READ_FAULTS, READS))
def test_fault_at_a_reading_call(kind, at):
    build_with(Fault(kind, at, lambda command: not is_changing(command)))


def test_every_call_is_tried():
    _objects, changes, reads = undisturbed()
    assert changes == CHANGES
    assert reads >= READS
