"""Simulators whose clock stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloudstack_simulator import Simulator


@pytest.fixture
def sim() -> Simulator:
    """A server as after installation."""
    return Simulator(seed=1)


@pytest.fixture(scope="module")
def sandbox() -> Simulator:
    """The recorded clean zone, shared by the tests of a module."""
    return Simulator(zone="sandbox", seed=1)


@pytest.fixture
def people(sim: Simulator) -> dict[str, Any]:
    """Callers by name: admin; owner (domain admin of /a), ann and bob (users in /a), eve (user in /a/deep)."""
    make: Callable[..., tuple[int, Any]] = sim.call
    a = make("createDomain", name="a")[1]["createdomainresponse"]["domain"]["id"]
    deep = make("createDomain", name="deep", parentdomainid=a)[1]["createdomainresponse"]["domain"]["id"]
    callers = {"admin": sim.admin}
    for name, kind, domain in (("owner", 2, a), ("ann", 0, a), ("bob", 0, a), ("eve", 0, deep)):
        status, _body = make(
            "createAccount", username=name, accounttype=kind, domainid=domain, email="e@example.com",
            firstname="F", lastname="L", password="password-of-" + name,
        )  # fmt: skip
        assert status == 200
        callers[name] = sim.auth.caller_of(sim.db.users.first(username=name))
    return callers
