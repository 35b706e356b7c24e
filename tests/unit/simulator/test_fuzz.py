"""Whatever is sent, there is an answer in one of the server's forms, and never a mistake of the simulator itself."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudstack_simulator import Simulator, contract
from cloudstack_simulator.registry import COMMANDS, load_everything

load_everything()
pytestmark = pytest.mark.timeout(600)
EXAMPLES = int(os.environ.get("CLOUDSTACK_SIMULATOR_FUZZ", "300"))
"""How many requests are tried; CI sets 20000."""
MODELLED = sorted(name for name, entry in COMMANDS.items() if entry.handler is not None)
WORDS = st.one_of(
    st.sampled_from(
        ["", "0", "-1", "1", "2", "999999", "true", "false", "null", "10.1.1.1", "10.1.1.0/24", "all", "a,b", "x" * 300]
    ),
    st.sampled_from(
        ["2020-01-01", "http://10.1.1.1/x.qcow2", "KVM", "Advanced", "10.1.1.300", "nfs://h/p", "1-2", "%", "_"]
    ),
    st.text(max_size=12),
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A number as a value stands for the id of one of the rows that there are then."""
    command = draw(st.sampled_from(MODELLED))
    params = contract.commands()[command].params
    chosen = draw(st.lists(st.sampled_from(sorted(params)), unique=True, max_size=8)) if params else []
    needed = [name for name, p in params.items() if p.required] if draw(st.booleans()) else []
    request: dict[str, Any] = {"command": command, "response": "json"}
    for name in dict.fromkeys([*chosen, *needed]):  # in an order that a seed decides
        kind = params[name].type
        value = st.one_of(st.integers(0, 9999), WORDS) if kind in ("uuid", "list") else WORDS
        suffix = draw(st.sampled_from(["[0].key", "[0].value", "[0].a", "[1].b", "", "["])) if kind == "map" else ""
        request[name + suffix] = draw(value)
    return request


@pytest.fixture(scope="module")
def busy() -> Simulator:
    """A zone that the fuzzing turns upside down."""
    return Simulator(zone="sandbox", seed=1)


def start_servers(sim: Simulator) -> None:
    """A server that a request shut down would refuse every job after it."""
    for server in sim.db.management_servers:
        server.state = "Up"


def ids_of(sim: Simulator) -> list[str]:
    return [row.uuid for table in sim.db.tables.values() for row in list(table)[:3]]


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=requests())
def test_every_request_is_answered(busy: Simulator, drawn: dict[str, Any]) -> None:
    start_servers(busy)
    ids = ids_of(busy)
    request = {name: ids[value % len(ids)] if isinstance(value, int) else value for name, value in drawn.items()}
    status, body = busy.handle_as(request)
    assert status in (200, 400, 401, 405, 430, 431, 432, 530, 531, 532, 533, 534, 535, 536, 537), request
    content = next(iter(body.values()))
    assert "The simulator failed" not in str(content), request
    if status != 200:
        assert content["errorcode"] == status
    job = content.get("jobid") if isinstance(content, dict) else None
    busy.advance(2)
    if isinstance(job, str) and busy.db.jobs.find(job) is not None:
        assert "The simulator failed" not in str(busy.db.jobs.find(job).result), request
