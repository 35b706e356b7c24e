"""Malformed and hostile requests on the wire: always an answer, never a traceback, and the server lives on."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudstack_simulator import Simulator, contract
from cloudstack_simulator.auth import signature
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator

pytestmark = pytest.mark.timeout(600)
EXAMPLES = int(os.environ.get("CLOUDSTACK_SIMULATOR_FUZZ", "300"))
"""How many requests each test tries; CI sets 20000."""
QUIET = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
BROKEN = ("Traceback", "The simulator failed", "Server got itself in trouble")
TEXT = st.text(max_size=40)
NAMES = st.one_of(
    st.sampled_from(
        ["command", "response", "apiKey", "apikey", "signature", "signatureVersion", "expires", "sessionkey", "page",
         "pagesize", "listall", "id", "details[0].key", "details[", "]", "[0]", "tags[0].key", "tags[-1].x",
         "a[9999999999].b"]
    ),
    TEXT,
)  # fmt: skip
VALUES = st.one_of(st.sampled_from(["json", "xml", "3", "-1", "1", "9" * 400, "\x00", "listZones", "login"]), TEXT)
COMMANDS = st.one_of(st.sampled_from(sorted(contract.commands())), TEXT)
LETTERS = st.text("GETPOSDLUH /?&=%client.api:HTP1.\r\n\t\x00\x7f\xff0123456789", max_size=300)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    with RunningSimulator(Simulator(seed=1, clock=RunningClock())) as server:
        yield server


@QUIET
@given(command=COMMANDS, extra=st.dictionaries(NAMES, VALUES, max_size=5), signed=st.booleans(), get=st.booleans())
def test_any_parameters(
    running: RunningSimulator, command: str, extra: dict[str, str], signed: bool, get: bool
) -> None:
    """In process, as the server hands them on; a fresh row of faults is not needed to break something."""
    params = {"command": command, **extra}
    if signed:
        params = {**params, "apiKey": running.key}
        params["signature"] = signature({k: v for k, v in params.items() if k != "signature"}, running.secret)
    reply = running.sim.reply(params, "GET" if get else "POST", {})
    assert 200 <= reply.status < 600
    assert not any(word in str(reply.body) for word in BROKEN), params


@QUIET
@given(octets=st.one_of(st.binary(max_size=300), LETTERS.map(lambda text: text.encode("latin-1"))))
def test_any_octets(running: RunningSimulator, octets: bytes) -> None:
    with socket.create_connection((running.host, running.port), timeout=60) as connection:
        connection.sendall(octets + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert not any(word.encode() in answer for word in BROKEN), octets


@QUIET
@given(
    path=st.sampled_from(
        ["/client/api", "/simulator/faults", "/simulator/faults/x", "/simulator/page/x", "/simulator/stop"]
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]),
    body=st.one_of(
        st.binary(max_size=80), st.sampled_from([b"{}", b"[]", b'{"rules": 3}', b'{"rules": [1]}', b'{"do": []}'])
    ),
    kind=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
    ),
)
def test_any_body(running: RunningSimulator, path: str, method: str, body: bytes, kind: str) -> None:
    with requests.Session() as session:
        answer = session.request(method, running.url + path, data=body, headers={"Content-Type": kind}, timeout=60)
    assert answer.status_code < 500
    assert not any(word in answer.text for word in BROKEN)


def test_the_server_still_answers(running: RunningSimulator) -> None:
    assert running.sim.call("listDomains")[0] == 200
    assert requests.get(running.url + "/simulator/counters", timeout=60).status_code == 200
