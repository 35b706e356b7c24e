"""What a console proxy of the simulator answers to a browser."""

from __future__ import annotations

import base64
import http.client
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator

PAGE = "/resource/noVNC/vnc.html?autoconnect=true&token=t"
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}


@pytest.fixture
def running(cloudstack_simulator_factory: Callable[..., RunningSimulator]) -> RunningSimulator:
    return cloudstack_simulator_factory(zone="sandbox", seed=1, clock=RunningClock(60), system_vm_tls=True)


def answered(running: RunningSimulator, port: int, path: str, **headers: str) -> tuple[int, bytes, Any]:
    """Status, body and headers from a port of the console proxy; status 0 where nobody listens."""
    with urllib.request.urlopen(f"{running.url}/simulator/system-vms", timeout=30) as answer:
        addresses = json.load(answer)["addresses"]
    (proxy,) = running.sim.db.vms.where(vm_type="ConsoleProxy")
    connection = http.client.HTTPConnection(addresses[f"{proxy.public_ip}:{port}"], timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    except ConnectionRefusedError:
        return 0, b"", {}
    finally:
        connection.close()


def made_again(running: RunningSimulator) -> None:
    (proxy,) = running.sim.db.vms.where(vm_type="ConsoleProxy")
    running.sim.call("destroySystemVm", id=proxy.uuid)
    end = time.monotonic() + 60
    while [vm.uuid for vm in running.sim.db.vms.where(vm_type="ConsoleProxy")] in ([], [proxy.uuid]):
        assert time.monotonic() < end
        time.sleep(0.05)
    while answered(running, 80, "/")[0] == 0:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_page_of_a_console_and_its_websocket(running: RunningSimulator) -> None:
    status, body, headers = answered(running, 80, PAGE)
    assert (status, headers["Content-Type"]) == (200, "text/html")
    assert b"<title>noVNC</title>" in body
    assert answered(running, 80, "/resource/noVNC/other.html")[0] == 404
    assert answered(running, 8443, PAGE)[0] == 0  # without a certificate nothing speaks TLS

    key = base64.b64encode(b"the sample nonce").decode()
    assert key == "dGhlIHNhbXBsZSBub25jZQ=="  # with its answer in RFC 6455, 1.3
    status, _body, headers = answered(running, 8080, "/websockify?token=t", **UPGRADE, **{"Sec-WebSocket-Key": key})
    assert (status, headers["Sec-WebSocket-Accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    assert answered(running, 8080, "/websockify", **UPGRADE)[0] == 503
    assert answered(running, 8080, "/websockify?token=t")[0] == 404


@pytest.mark.parametrize(("kind", "page", "socket"), [("console-page-fails", 500, 101), ("websocket-fails", 200, 503)])
def test_rules_break_what_a_new_one_serves(running: RunningSimulator, kind: str, page: int, socket: int) -> None:
    running.sim.faults.add({"do": kind, "object": "v-*"})
    assert answered(running, 80, PAGE)[0] == 200
    made_again(running)
    assert answered(running, 80, PAGE)[0] == page
    assert answered(running, 8080, "/websockify?token=t", **UPGRADE)[0] == socket
