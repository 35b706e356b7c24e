"""Probing over real TLS on the loopback, and what the operation makes of it."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.certificates import UnreachableError, look
from ansible_collections.cloudstack.ops.plugins.module_utils.client import FakeClock, InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile import Task
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import OPERATIONS

from .authority import DOMAIN, NOW, intermediate, root, server, serving

OPERATION = OPERATIONS["system_vm_certificate"]


class FakeCloud:
    """System VMs by name with a listener each; an upload of the key makes those in ``following`` serve it."""

    def __init__(self, listeners, following=()):
        self.clock = FakeClock(NOW)
        self.listeners = listeners
        self.following = following
        self.calls = []
        self.wanted = None
        self.settings = {}

    def list(self, command, params=None):
        if command == "listSystemVms":
            kinds = {"v": "consoleproxy", "s": "secondarystoragevm"}
            return [
                {
                    "id": f"id-{name}", "name": name, "systemvmtype": kinds[name[0]], "zoneid": "z1", "zonename": "one",
                    "publicip": "203.0.113.7", "state": "Running",
                }
                for name in self.listeners
            ]  # fmt: skip
        if command in ("listAnnotations", "listZones"):
            return [] if command == "listAnnotations" else [{"id": "z1"}]
        assert command == "listConfigurations"
        return [{"name": name, "value": value} for name, value in self.settings.items() if name == params["name"]]

    def run(self, command, params=None, obj=None):
        if command in ("addAnnotation", "removeAnnotation"):
            return {"annotation": {"id": "remark"}}
        self.calls.append((command, params))
        if command == "destroySystemVm":
            name = params["id"].removeprefix("id-")
            self.listeners[f"{name[0]}-9"] = self.listeners.pop(name)
            self.listeners[f"{name[0]}-9"].show(*self.wanted)
        elif "privatekey" in params:
            for name in self.following:
                self.listeners[name].show(*self.wanted)
        return {}

    @staticmethod
    def parallel(calls):
        return [call() for call in calls]


@pytest.fixture
def listener(tmp_path):
    """Opens listeners that serve what they are told; closes them in the end."""
    opened = []

    def start(*served):
        manager = serving(tmp_path, *served)
        opened.append(manager)
        return manager.__enter__()

    yield start
    for manager in opened:
        manager.__exit__(None, None, None)


WANTED = (server(), intermediate(), root())
OLD = (server(7), intermediate(), root())
# Serves the old certificate and not the chain either.
BARE = (server(7),)


def run(cloud, check=False, **changes):
    cloud.wanted = WANTED
    given = {option.name: option.default for option in OPERATION.options if option.default is not None}
    given.update(
        certificate=WANTED[0].pem,
        private_key=WANTED[0].key_pem,
        chain=[intermediate().pem, root().pem],
        domain=DOMAIN,
        probe_addresses={name: listener.address for name, listener in cloud.listeners.items()},
    )
    if changes.get("recreate"):
        given["probe_addresses"] |= {f"{name[0]}-9": at for name, at in given["probe_addresses"].items()}
    given.update(changes)
    task = Task(OPERATION, given, SimpleNamespace(client=cloud), check=check)
    return OPERATION.run(task), task


def commands(cloud):
    return [command if "name" not in (params or {}) else params["name"] for command, params in cloud.calls]


def test_nothing_is_done_where_all_serve_the_certificate(listener):
    cloud = FakeCloud({"v-1": listener(*WANTED), "s-2": listener(*WANTED)})
    result, task = run(cloud)
    assert (result["changed"], result["verified"], cloud.calls) == (False, True, [])
    assert {vm["state"] for vm in result["system_vms"]} == {"wanted"}
    assert result["certificate"]["fingerprint"] == result["system_vms"][0]["fingerprint"]
    assert task.warnings == []


def test_renewal_spares_the_chain_that_is_served_already(listener):
    cloud = FakeCloud({"v-1": listener(*OLD)}, following=("v-1",))
    result, _task = run(cloud)
    assert (result["changed"], result["verified"]) == (True, True)
    assert commands(cloud) == ["uploadCustomCertificate"]
    again, _task = run(cloud)
    assert again["changed"] is False
    assert len(cloud.calls) == 1


def test_chain_goes_along_where_one_proxy_lacks_it(listener):
    cloud = FakeCloud({"v-1": listener(*OLD), "s-2": listener(*BARE)}, following=("v-1", "s-2"))
    run(cloud)
    assert commands(cloud) == ["root", "intermediate1", "uploadCustomCertificate"]


def test_right_certificate_without_its_intermediate_is_not_good_enough(listener):
    cloud = FakeCloud({"v-1": listener(WANTED[0])}, following=("v-1",))
    result, _task = run(cloud)
    assert result["changed"] is True
    assert len(cloud.calls) == 3


def test_check_mode_tells_the_uploads_and_sends_none(listener):
    cloud = FakeCloud({"v-1": listener(*BARE)})
    result, _task = run(cloud, check=True)
    assert (result["changed"], cloud.calls) == (True, [])
    assert [label.split(":")[0] for label in result["uploads"]] == ["root", "intermediate1", "server certificate"]


def test_proxy_that_stays_behind_fails_the_task(listener):
    cloud = FakeCloud({"v-1": listener(*OLD), "s-2": listener(*OLD)}, following=("s-2",))
    result, _task = run(cloud, timeout=60)
    assert result["failed"] is True
    assert "v-1" in result["msg"]
    assert "recreate=true" in result["msg"]
    assert sum(cloud.clock.slept) >= 60


def test_recreate_destroys_only_the_one_that_stays_behind(listener):
    cloud = FakeCloud({"v-1": listener(*OLD), "s-2": listener(*OLD)}, following=("s-2",))
    result, _task = run(cloud, timeout=60, recreate=True)
    assert result["verified"] is True
    assert [params for command, params in cloud.calls if command == "destroySystemVm"] == [{"id": "id-v-1"}]


def test_unreachable_is_unknown_and_never_good(listener):
    cloud = FakeCloud({"v-1": listener(*WANTED)})
    with socket.socket() as closed, pytest.raises(InvalidInput) as caught:
        closed.bind(("127.0.0.1", 0))  # and never listens
        run(cloud, probe_addresses={"v-1": f"127.0.0.1:{closed.getsockname()[1]}"})
    assert caught.value.option == "probe"
    assert "v-1" in caught.value.message
    assert cloud.calls == []


def test_no_running_system_vm_is_unknown_too():
    with pytest.raises(InvalidInput) as caught:
        run(FakeCloud({}))
    assert caught.value.option == "probe"


def test_without_probe_only_force_uploads(listener):
    cloud = FakeCloud({"v-1": listener(*OLD)})
    result, task = run(cloud, probe="none")
    assert (result["changed"], result["verified"], cloud.calls) == (False, False, [])
    assert any("force" in warning for warning in task.warnings)
    result, _task = run(cloud, probe="none", force=True)
    assert (result["changed"], result["verified"], len(cloud.calls)) == (True, False, 3)


def test_key_and_passphrase_are_in_no_result(listener):
    cloud = FakeCloud({"v-1": listener(*OLD)}, following=())
    result, task = run(cloud, timeout=5)
    secret = WANTED[0].key_pem.splitlines()[3]
    assert secret not in f"{result} {task.warnings}"


def test_settings_that_leave_the_certificate_unused_are_warned_of(listener):
    cloud = FakeCloud({"v-1": listener(*WANTED)})
    cloud.settings = {"consoleproxy.sslEnabled": "false", "consoleproxy.url.domain": f"*.{DOMAIN}"}
    _result, task = run(cloud)
    assert [warning.split()[2] for warning in task.warnings] == ["consoleproxy.sslEnabled"]


def test_port_without_tls_is_known_to_serve_something_else(listener):
    with socket.create_server(("127.0.0.1", 0)) as plain:
        import threading

        def answer():
            connection, _peer = plain.accept()
            with connection:
                connection.recv(10)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(10)

        threading.Thread(target=answer, daemon=True).start()
        served = look("127.0.0.1", plain.getsockname()[1], "x.example.com", 5)
    assert served.leaf == b""
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1 port 1:"):
        look("127.0.0.1", 1, "x.example.com", 2)


@pytest.mark.parametrize("address", ["203.0.113.7", "203.0.113.7:", ":443", "host:99999", "host:https"])
def test_wrong_probe_address_names_the_option(address):
    with pytest.raises(InvalidInput) as caught:
        run(FakeCloud({}), probe_addresses={"v-1": address})
    assert caught.value.option == "probe_addresses"
