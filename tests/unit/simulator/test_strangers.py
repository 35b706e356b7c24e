"""Pages of other sites, unreadable bodies and connections that never get on: refused, and nobody else notices."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Callable, Iterator

import pytest
import requests

from cloudstack_simulator import Simulator, intake
from cloudstack_simulator.intake import Doorkeeper
from cloudstack_simulator.running import RunningSimulator

FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="command"\r\n'
    b"Content-Type: text/plain; charset=unicode_escape\r\n\r\n\\ud800\r\n--x--\r\n"
)
RULE = {"do": "reset", "name": "theirs"}


@pytest.fixture(scope="module")
def sandbox() -> Simulator:
    return Simulator(zone="sandbox", seed=1)


@pytest.fixture
def running(cloudstack_simulator_factory: Callable[..., RunningSimulator]) -> RunningSimulator:
    return cloudstack_simulator_factory()


@pytest.mark.parametrize("path", ["/", "/simulator/live", "/simulator/faults", "/simulator/counters"])
def test_a_name_that_was_bent_to_the_loopback_is_refused(running: RunningSimulator, path: str) -> None:
    answer = requests.get(running.url + path, headers={"Host": f"evil.example.com:{running.port}"}, timeout=30)
    assert answer.status_code == 403
    assert answer.json()["error"].startswith("'evil.example.com' is not a name of this server; use 127.0.0.1")


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "cloud.localhost", "127.0.0.1", "[::1]", "simulator"])
def test_its_own_names_are_taken(running: RunningSimulator, name: str) -> None:
    headers = {"Host": f"{name}:{running.port}"}
    assert requests.get(running.url + "/simulator/faults", headers=headers, timeout=30).status_code == 200


@pytest.mark.parametrize("host", ["[", "[::1", "[x]", "\u00e9.example.com"])
def test_half_a_host_is_no_name(running: RunningSimulator, host: str) -> None:
    for headers in ({"Host": host.encode()}, {"Origin": f"http://{host}".encode()}):
        answer = requests.delete(running.url + "/simulator/faults", headers=headers, timeout=30)
        assert answer.status_code in (400, 403)


@pytest.mark.parametrize(
    ("command", "name", "more"),
    [
        ("createWebhook", "payloadurl", {"name": "w"}),
        ("addImageStore", "url", {"provider": "NFS"}),
        ("addSecondaryStorage", "url", {}),
        ("createStoragePool", "url", {"name": "p", "scope": "zone", "hypervisor": "KVM"}),
    ],
)
def test_half_an_address_is_no_url(sandbox: Simulator, command: str, name: str, more: dict[str, str]) -> None:
    zone = {"zoneid": sandbox.db.zones.first().uuid} if command != "createWebhook" else {}
    for url in ("http://[", "http://[x]/"):
        status, body = sandbox.call(command, **zone, **more, **{name: url})
        assert status in (431, 530), body
        assert f"{url} is not a valid uri" in str(body)


def test_the_name_that_it_was_told_is_its_own() -> None:
    assert Doorkeeper("Cloud.example.com").is_own("cloud.example.com")
    assert not Doorkeeper("0.0.0.0").is_own("cloud.example.com")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/simulator/faults"), ("DELETE", "/simulator/faults"), ("PUT", "/simulator/faults"),
     ("POST", "/simulator/stop"), ("POST", "/simulator/restart"), ("DELETE", "/simulator/counters")],
)  # fmt: skip
def test_a_page_of_another_origin_changes_nothing(running: RunningSimulator, method: str, path: str) -> None:
    running.sim.faults.add({"do": "slow", "name": "ours"})
    for origin in ("https://evil.example.com", "null", f"http://127.0.0.1:{running.port + 1}"):
        headers = {"Origin": origin}
        answer = requests.request(method, running.url + path, json=RULE, headers=headers, timeout=30)
        assert answer.status_code == 403
    assert [rule.name for rule in running.sim.faults.rules] == ["ours"]
    own = requests.post(running.url + "/simulator/faults", json=RULE, headers={"Origin": running.url}, timeout=30)
    assert own.status_code == 201


def test_the_api_is_open_under_any_name(running: RunningSimulator) -> None:
    """Signatures guard it, and people name their clouds as they like."""
    assert requests.get(running.endpoint, headers={"Host": "cloud.example.com"}, timeout=30).status_code == 401


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (f"{FORM}; charset=utf-7", b"command=%2B2AA-"),
        (f"{FORM}; charset=unicode_escape", b"command=\\ud800x"),
        (f"{FORM}; charset=unicode_escape", b"command=login&username=\\udfff&password=x"),
        (f"{FORM}; charset=rot13", b"command=a"),
        ("multipart/form-data; boundary=x", MULTIPART),
    ],
)  # fmt: skip
def test_halves_of_characters_reach_neither_log_nor_page(
    cloudstack_simulator_factory: Callable[..., RunningSimulator], kind: str, body: bytes
) -> None:
    raw = io.BytesIO()
    running = cloudstack_simulator_factory(log_to=io.TextIOWrapper(raw, encoding="utf-8"))
    answer = requests.post(running.endpoint, data=body, headers={"Content-Type": kind}, timeout=30)
    assert answer.status_code in (401, 531)
    assert raw.getvalue().count(b"\n") == 1
    with requests.get(running.url + "/simulator/live", stream=True, timeout=30) as live:
        lines = live.iter_lines()
        assert b"event: activity" in (next(lines) for _line in range(6))


def test_a_body_that_does_not_unpack_is_refused(running: RunningSimulator, caplog: pytest.LogCaptureFixture) -> None:
    headers = {"Content-Type": FORM, "Content-Encoding": "gzip"}
    with caplog.at_level(logging.ERROR):
        assert requests.post(running.endpoint, data=b"command=a", headers=headers, timeout=30).status_code == 400
    assert caplog.records == []


def test_a_body_that_does_not_come_is_not_waited_for(
    running: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PATIENCE", 0.1)
    head = f"POST /client/api HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 19\r\n\r\nc"
    with socket.create_connection((running.host, running.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 Request Timeout")


def test_who_never_ends_his_request_is_in_nobodys_way(running: RunningSimulator) -> None:
    def loiterers() -> Iterator[socket.socket]:
        for _number in range(200):
            connection = socket.create_connection((running.host, running.port), timeout=30)
            head = f"POST /client/api HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 19\r\n\r\n"
            connection.sendall(head.encode() + b"command=login")
            yield connection

    held = list(loiterers())
    assert requests.get(running.url + "/simulator/counters", timeout=30).status_code == 200
    for connection in held:
        connection.close()
    assert requests.get(running.url + "/simulator/counters", timeout=30).json()["total"] == 0


@pytest.mark.parametrize(
    ("head", "status"),
    [("", b"408"), ("Content-Encoding: gzip\r\n", b"400")],
    ids=["does not come", "does not unpack"],
)
def test_a_body_beside_the_api_is_judged_alike(
    running: RunningSimulator, monkeypatch: pytest.MonkeyPatch, head: str, status: bytes
) -> None:
    monkeypatch.setattr(intake, "PATIENCE", 0.1 if status == b"408" else 30.0)
    head += "Host: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    words = f"PUT /simulator/faults HTTP/1.1\r\n{head}\r\n"
    with socket.create_connection((running.host, running.port), timeout=20) as connection:
        connection.sendall(words.encode() + (b"{" if status == b"408" else b"123456789"))
        assert connection.recv(4096).split()[1] == status
