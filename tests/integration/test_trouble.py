"""What a user sees when something about the connection or the names is wrong: one clear sentence with its remedy."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection
from ansible_collections.cloudstack.ops.plugins.module_utils.run import run_task, run_with
from ansible_collections.cloudstack.ops.tests.support.story import STORY, ZONE, prepare
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud
from ansible_collections.cloudstack.ops.tests.unit.certificates.authority import intermediate, root, server, serving


class Page(BaseHTTPRequestHandler):
    """A web server that knows no API."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><html><body>Welcome</body></html>")

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def page():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}/client/api"
    found.shutdown()
    found.server_close()


def ask(api_url: str, key: str = "some-key", secret: str = "some-secret", **options: Any) -> dict[str, Any]:
    wanted = {"name": ZONE, "state": "present", "api_url": api_url, "api_key": key, "api_secret": secret, **options}
    result = run_task("zone", wanted, environ={})
    assert result["changed"] is False
    return result


def failure(result: dict[str, Any], *words: str) -> None:
    """One line that has the words, in this order, and says what to do."""
    assert result["failed"]
    message = result["msg"]
    assert "\n" not in message
    places = [message.find(word) for word in words]
    assert -1 not in places, message
    assert places == sorted(places), message
    remedy = result["failure"]["remedy"]
    assert remedy[1:] in message


def test_wrong_key(cloudstack_simulator):
    sim = cloudstack_simulator
    failure(ask(sim.endpoint, "no-such-key", sim.secret), "refused key or signature", "Check api_key and api_secret")


def test_wrong_secret(cloudstack_simulator):
    sim = cloudstack_simulator
    failure(ask(sim.endpoint, sim.key, "no-such-secret"), "refused key or signature", "Check api_key and api_secret")
    assert sim.counters["changes"] == 0


@pytest.mark.parametrize(("hours", "word"), [(1, "ahead of"), (-1, "behind")])
def test_clock(cloudstack_simulator, hours, word):
    class Skewed:
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(hours=hours)

        def monotonic(self) -> float:
            return 0.0

        def sleep(self, _seconds: float) -> None:
            """Nothing is waited for."""

    sim = cloudstack_simulator
    client = Client(Connection(sim.endpoint, sim.key, sim.secret if hours < 0 else "wrong"), Skewed())
    with client, pytest.raises(Exception, match="clock") as caught:
        run_with(client, "zone", {"name": ZONE, "state": "present"})
    failure({"failed": True, "msg": str(caught.value), "failure": caught.value.as_dict()}, word, "Set the clock right")


def test_web_page(page):
    failure(ask(page), "does not speak CloudStack's API", "web page", "Check api_url; it usually ends with /client/api")


def test_wrong_path(cloudstack_simulator):
    failure(ask(cloudstack_simulator.url + "/api"), "HTTP 404", "Check api_url; it usually ends with /client/api")


def test_nobody_listens():
    failure(ask("http://127.0.0.1:1/client/api", api_retries=0), "connection refused", "Check that the management")


def test_plain_text_behind_https(cloudstack_simulator):
    failure(ask(cloudstack_simulator.endpoint.replace("http:", "https:")), "TLS with", "port and scheme of the URL")


def test_self_signed(tmp_path):
    with serving(tmp_path, server(), intermediate(), root()) as listener:
        url = f"https://{listener.address}/client/api"
        failure(ask(url), "TLS with", "failed", "ca_file")


def test_given_without_its_other_half():
    result = run_task("zone", {"name": ZONE, "api_url": "http://x/client/api", "api_key": "k"}, environ={})
    failure(result, "api_key is given without api_secret", "CLOUDSTACK_SECRET")


def test_page_size_of_the_server():
    """Nine hundred domains on a server whose pages hold two hundred."""
    cloud = VirtualCloud(page_size=200)
    for number in range(900):
        cloud.sim.call("createDomain", name=f"tenant-{number:03}")
    for name in ("tenant-000", "tenant-555", "tenant-899"):
        assert cloud.run("domain", path=f"ROOT/{name}")["changed"] is False
    found = cloud.run("info", kind="domain")
    assert found["count"] == 901
    account = {"username": "a", "password": "p", "first_name": "a", "last_name": "b", "email": "a@b.example.com"}
    assert cloud.run("account", name="a", domain="ROOT/tenant-777", account_type="user", **account)["changed"]
    wide = {"domains": [{"path": f"ROOT/tenant-{number:03}"} for number in range(900)]}
    assert cloud.run("apply", cloud=wide)["changed"] is False
    assert cloud.changes == 0
    with pytest.raises(Exception, match="tenant-900") as caught:
        cloud.run("account", name="b", domain="ROOT/tenant-900", account_type="user", **account)
    assert "did you mean 'ROOT/tenant-" in caught.value.remedy


TWICE = (
    ("compute_offering", "createServiceOffering", {"displaytext": "x", "cpunumber": 1, "cpuspeed": 500, "memory": 512}),
    ("disk_offering", "createDiskOffering", {"disksize": 1}),
)


@pytest.mark.parametrize(("kind", "command", "params"), TWICE, ids=[case[0] for case in TWICE])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_two_of_one_name(kind, command, params, state):
    cloud = VirtualCloud(zone="sandbox")
    ids = [next(iter(cloud.client.run(command, {"name": "twin", **params}).values()))["id"] for _ in "ab"]
    for check in (True, False):
        with pytest.raises(Exception, match="2 objects match") as caught:
            cloud.run(kind, check=check, name="twin", state=state)
        assert all(one in str(caught.value) for one in ids)
        assert "option id" in caught.value.remedy
        assert cloud.changes == 0
    volume = {"name": "v", "zone": ZONE, kind: "twin"}
    if kind == "disk_offering":
        with pytest.raises(Exception, match="2 objects are called 'twin'") as caught:
            cloud.run("volume", **volume)
        assert all(one in str(caught.value) for one in ids)
        assert cloud.run("volume", **{**volume, kind: ids[1]})["resource"]["disk_offering_id"] == ids[1]


NO_OP = {
    "compute_offering": 1, "disk_offering": 1, "system_offering": 1, "network_offering": 1, "vpc_offering": 1,
    "setting": 1, "cluster": 1, "zone": 1, "pod": 1, "domain": 1, "account": 1, "physical_network": 1,
    "storage_pool": 1, "image_store": 1, "template": 1, "iso": 1, "system_vm_template": 2, "region": 1,
    "traffic_type": 2, "network_service_provider": 2, "host": 2, "snapshot": 2, "snapshot_policy": 2, "volume": 4,
    "management_ip_range": 2, "storage_ip_range": 3, "guest_vlan_range": 2, "vlan_ip_range": 3, "system_vm": 2,
    "role": 2, "user": 2, "project": 2, "resource_limit": 2, "network": 2, "affinity_group": 1, "ssh_key_pair": 2,
    "instance": 3, "vm_snapshot": 2, "instance_schedule": 2, "instance_nic": 2,
}  # fmt: skip
"""How many calls a task may cost that finds nothing to do."""


def test_calls_of_a_task_that_finds_nothing_to_do():
    cloud = VirtualCloud(zone="sandbox")
    prepare(cloud.client)
    for part in STORY:
        cloud.run(part.module, **part.first)
    costs = {}
    for part in STORY:
        assert cloud.run(part.module, **part.first)["changed"] is False
        costs[part.module] = max(cloud.calls, costs.get(part.module, 0))
    assert {name: calls for name, calls in costs.items() if calls > NO_OP[name]} == {}


@pytest.mark.parametrize("part", [part for part in STORY if part.drift], ids=str)
def test_drift_names_current_and_wanted(part):
    cloud = VirtualCloud(zone="sandbox")
    prepare(cloud.client)
    for earlier in STORY[: STORY.index(part) + 1]:
        cloud.run(earlier.module, **earlier.first)
    for check in (True, False):
        with pytest.raises(Exception, match=r"differs in what cannot be changed") as caught:
            cloud.run(part.module, check=check, **{**part.first, **part.drift})
        for option, wanted in part.drift.items():
            assert f"{option} is " in str(caught.value)
            assert f"wanted {wanted!r}" in str(caught.value)
        assert cloud.changes == 0
