"""The simulator on a socket, as any client meets it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import itertools
import json
import re
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
import requests

from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.side import picture

pytest_plugins: list[str] = []


def signed(running: RunningSimulator, params: dict[str, str]) -> dict[str, str]:
    """The request's parameters with a signature, computed by the published rule alone."""
    params = {"response": "json", "apiKey": running.key, **params}
    text = "&".join(
        f"{name}={urllib.parse.quote_plus(value, safe='*').replace('+', '%20')}"
        for name, value in sorted(params.items())
    ).lower()
    digest = hmac.new(running.secret.encode(), text.encode(), hashlib.sha1).digest()
    return {**params, "signature": base64.b64encode(digest).decode()}


@pytest.fixture
def running(cloudstack_simulator_factory: Callable[..., RunningSimulator]) -> RunningSimulator:
    return cloudstack_simulator_factory(key="k", secret="s")


def ask(running: RunningSimulator, method: str = "POST", **params: str) -> requests.Response:
    send: dict[str, Any] = (
        {"data": signed(running, params)} if method == "POST" else {"params": signed(running, params)}
    )
    return requests.request(method, running.endpoint, timeout=10, **send)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("value", ["plain", "a b+c", "Ünï 漢字 *'()!&=%", "x/y?z#"])
def test_signed_requests_are_answered(running: RunningSimulator, method: str, value: str) -> None:
    answer = ask(running, method, command="listDomains", keyword=value)
    assert (answer.status_code, answer.json()) == (200, {"listdomainsresponse": {}})
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_a_wrong_signature_is_refused(running: RunningSimulator) -> None:
    params = signed(running, {"command": "listDomains"}) | {"keyword": "smuggled"}
    answer = requests.get(running.endpoint, params=params, timeout=30)
    assert answer.status_code == 401
    assert answer.headers["X-Description"] == "unable to verify user credentials and/or request signature"


def test_without_response_json_the_answer_is_xml(running: RunningSimulator) -> None:
    answer = ask(running, command="listDomains", response="xml")
    assert answer.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert re.match(r'<\?xml version="1.0" encoding="UTF-8"\?><listdomainsresponse cloud-stack-version="4', answer.text)


def test_a_session(running: RunningSimulator) -> None:
    with requests.Session() as session:
        credentials = {"command": "login", "username": "admin", "password": "password", "response": "json"}
        assert session.get(running.endpoint, params=credentials, timeout=30).status_code == 405
        login = session.post(running.endpoint, data=credentials, timeout=30)
        key = login.json()["loginresponse"]["sessionkey"]
        asked = {"command": "listRoles", "response": "json", "sessionkey": key}
        assert session.get(running.endpoint, params=asked, timeout=30).json()["listrolesresponse"]["count"] == 9
        session.get(running.endpoint, params={"command": "logout", "response": "json"}, timeout=30)
        assert session.get(running.endpoint, params=asked, timeout=30).status_code == 401


def test_a_job_ends_by_itself(running: RunningSimulator) -> None:
    made = ask(running, command="createProject", name="p").json()["createprojectresponse"]
    job, end = {"jobstatus": 0}, time.monotonic() + 30
    while not job["jobstatus"]:
        assert time.monotonic() < end
        job = ask(running, command="queryAsyncJobResult", jobid=made["jobid"]).json()["queryasyncjobresultresponse"]
    assert job["jobresult"]["project"]["id"] == made["id"]


def test_counters_tell_reading_from_changing(running: RunningSimulator) -> None:
    ask(running, command="listDomains")
    ask(running, command="createDomain", name="d")
    ask(running, command="createDomain", name="d")
    counters = requests.get(f"{running.url}/simulator/counters", timeout=30).json()
    assert counters["calls"] == {"listDomains": 1, "createDomain": 2}
    assert counters["changing"] == {"createDomain": 2}
    assert counters["errors"] == {"createDomain": 1}
    requests.delete(f"{running.url}/simulator/counters", timeout=30)
    assert running.counters["total"] == 0


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("GET", {}),
        ("GET", {"params": {"command": "\ud800".encode("utf-8", "surrogatepass")}}),
        ("GET", {"params": [("command", "listZones"), ("command", "listPods")]}),
        ("POST", {"data": b"\xff\xfe\x00", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
        ("POST", {"data": b"{}", "headers": {"Content-Type": "application/json"}}),
        ("POST", {"data": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}),
        ("POST", {"data": b"a=b", "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}}),
        ("POST", {"data": "command=login&username[]=x&password=%00"}),
        ("PUT", {}),
        ("DELETE", {}),
    ],
)
def test_hostile_requests_get_an_answer_and_no_traceback(
    running: RunningSimulator, method: str, options: dict[str, Any]
) -> None:
    answer = requests.request(method, running.endpoint, timeout=10, **options)
    assert 400 <= answer.status_code < 600
    assert "Traceback" not in answer.text
    assert "simulator failed" not in answer.text
    assert ask(running, command="listDomains").status_code == 200


def test_the_log_hides_secrets(cloudstack_simulator_factory: Callable[..., RunningSimulator]) -> None:
    written = io.StringIO()
    running = cloudstack_simulator_factory(key="the-key", secret="the-secret", log_to=written)
    names = {"email": "e@example.com", "firstname": "F", "lastname": "L", "accounttype": "0"}
    ask(running, command="createAccount", username="u", password="hush-hush", **names)
    ask(running, command="updateConfiguration", name="alert.smtp.password", value="hush-hush")
    ask(running, command="createAccount", username="v", password="hush-hush" * 40, **names)
    ask(running, command="addImageStore", provider="NFS", url="nfs://user:hush-hush@10.1.1.1/x")
    ask(
        running,
        command="addImageStore",
        provider="S3",
        **{"details[0].key": "secretkey", "details[0].value": "hush-hush"},
    )
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["command"] for line in lines][:2] == ["createAccount", "updateConfiguration"]
    assert lines[0]["params"] == {
        "username": "u",
        "password": "<hidden>",
        "apiKey": "<hidden>",
        **names,
        "signature": "<hidden>",
    }
    for secret in ("hush-hush", "the-key", "the-secret"):
        assert secret not in written.getvalue()


def test_simulated_time_runs_as_fast_as_told() -> None:
    clock = RunningClock(rate=1000.0, start=0.0)
    assert clock.real_seconds(10.0) == pytest.approx(0.01)
    clock.advance_to(500.0)
    assert clock.now() >= 500.0


@pytest.mark.parametrize("name", ["a/b", "a b?c#d", "100%", "<b>", "ü/../x", "%2e"])
def test_a_rule_of_any_name_is_switched_and_removed(running: RunningSimulator, name: str) -> None:
    path = f"{running.url}/simulator/faults"
    assert requests.post(path, json={"do": "reset", "name": name}, timeout=30).status_code == 201
    own = f"{path}/{urllib.parse.quote(name, safe='')}"
    assert requests.patch(own, json={"enabled": False}, timeout=30).json()["enabled"] is False
    assert requests.delete(own, timeout=30).json()["rules"] == []


def test_all_readers_of_the_page_share_a_look(running: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    cloud = picture.cloud
    monkeypatch.setattr(picture, "cloud", lambda sim: looks.append(time.monotonic()) or cloud(sim))
    readers = [requests.get(f"{running.url}/simulator/live", stream=True, timeout=30) for _number in range(20)]
    for reader in readers:
        assert b"event: cloud" in next(reader.iter_content(1 << 16))
        reader.close()
    assert all(after - before > 0.3 for before, after in itertools.pairwise(looks))


def test_time_goes_on_after_something_went_wrong(running: RunningSimulator) -> None:
    done: list[str] = []
    running.sim.scheduler.after(0.0, lambda: 1 / 0)
    running.sim.scheduler.after(0.0, done.append, "later")
    end = time.monotonic() + 30
    while not done and time.monotonic() < end:
        ask(running, command="listDomains")
    assert done == ["later"]
