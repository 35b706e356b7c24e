"""Passwords of hosts: sent once, proved by logging in, shown to nobody."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.procedures.host_login import Login, takes_password
from ansible_collections.cloudstack.ops.tests.support import ssh
from cloudstack_simulator.commands.hosts.add import fingerprint
from tests.integration.procedures.hosts_cloud import HostsCloud

OLD, NEW = "the-old-one", "a-new-one-4711"


class Machines(HostsCloud):
    """Hosts whose machines can be logged in to over SSH."""

    def __init__(self, folder) -> None:
        super().__init__(hosts=2, vms=0, routers=0)
        self.stack = contextlib.ExitStack()
        self.places = {}
        for name in ("h1", "h2"):
            host = self.sim.db.hosts.first(name=name)
            host.username, host.stored_password, host.own_password = "root", fingerprint(OLD), fingerprint(OLD)
            lets_in = self._door(host)
            self.places[name] = self.stack.enter_context(ssh.listening(lets_in))
        self.known = ssh.write_known_hosts(folder / "known", list(self.places.values()))

    @staticmethod
    def _door(host):
        return lambda username, password: (username, fingerprint(password)) == ("root", host.own_password)

    def passwords(self, name: str) -> tuple[bool, bool]:
        """Whether (the server, the machine) has the new password."""
        host = self.sim.db.hosts.first(name=name)
        return host.stored_password == fingerprint(NEW), host.own_password == fingerprint(NEW)

    def set(self, **options):
        given = {"username": "root", "password": NEW, "probe_addresses": self.places, "known_hosts": self.known}
        return self.run("host_password", **{**given, "retries": 0, **options})


@pytest.fixture
def cloud(tmp_path) -> Iterator[Machines]:
    found = Machines(tmp_path)
    yield found
    found.stack.close()


def test_a_password_is_changed_once_and_proved(cloud):
    planned = cloud.set(check=True)
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert planned["plan"][0]["reason"] == "h1 refuse the password"
    done = cloud.set()
    assert (done["counts"], done["verified"]) == ({"done": 2}, True)
    assert {cloud.passwords(name) for name in ("h1", "h2")} == {(True, True)}
    assert (cloud.set()["changed"], cloud.changes) == (False, 0)
    assert NEW not in str((planned, done))


def test_a_machine_that_kept_its_old_password_is_found(cloud):
    """The agent goes away between the look at it and the change: the server reports success."""
    with cloud.fault(do="agents-down", where="h1", command="updateHostPassword"):
        failed = cloud.set(names=["h1"])
        assert failed["failed"] and "reported success, and h1 refuse the new password" in failed["msg"]
        assert cloud.passwords("h1") == (True, False)
    assert cloud.set(names=["h1"])["counts"] == {"done": 1}
    assert cloud.passwords("h1") == (True, True)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("way", ["lose-answer", "reset"])
def test_a_run_that_is_cut_off_is_resumed(cloud, way, number):
    """After a lost answer the machine itself tells that the password is there, so it is not sent again."""
    with cloud.fault(do=way, command="updateHostPassword", nth=number):
        cloud.set(retries=0)
    assert not cloud.set().get("failed")
    assert {cloud.passwords(name) for name in ("h1", "h2")} == {(True, True)}
    assert cloud.changing["updateHostPassword"] <= 2 + (way == "reset")
    assert (cloud.set()["changed"], cloud.changes) == (False, 0)


def test_an_agent_that_is_away_is_refused(cloud):
    with cloud.fault(do="agents-down", where="h1"), pytest.raises(InvalidInput, match=r"h1 is Down.*its old one"):
        cloud.set(names=["h1"])
    assert cloud.changes == 0


def test_what_nobody_knows_needs_force(cloud):
    with pytest.raises(InvalidInput, match="never tells which password") as caught:
        cloud.set(names=["h1"], probe="none")
    assert (caught.value.option, cloud.changes) == ("force", 0)
    done = cloud.set(names=["h1"], probe="none", force=True)
    assert (done["verified"], "nobody looked" in done["warnings"][0]) == (False, True)
    with pytest.raises(InvalidInput, match="h2 refuse the password that the server shall use"):
        cloud.set(names=["h2"], update_on_host=False, force=True)
    cloud.sim.db.hosts.first(name="h2").own_password = fingerprint(NEW)
    assert cloud.set(names=["h2"], update_on_host=False, force=True)["counts"] == {"done": 1}
    assert cloud.passwords("h2") == (True, True)


def test_a_password_is_shown_only_to_a_known_machine(cloud, tmp_path):
    seen = []
    with ssh.listening(lambda _user, password: bool(seen.append(password))) as stranger:
        with pytest.raises(InvalidInput, match="not found in known_hosts"):
            cloud.set(names=["h1"], probe_addresses={"h1": stranger})
        assert (seen, cloud.changes) == ([], 0)
        assert cloud.set(names=["h1"], probe_addresses={"h1": stranger}, host_key_checking=False, check=True)["changed"]
        assert seen == [NEW]


def test_a_machine_that_cannot_be_asked_is_an_error(cloud):
    with pytest.raises(InvalidInput, match="cannot be asked whether it takes the password") as caught:
        cloud.set(names=["h1"], probe_addresses={"h1": "127.0.0.1:1"})
    assert (caught.value.option, cloud.changes) == ("probe", 0)


def test_hosts_of_one_cluster_of_xenserver_go_together(cloud):
    for name in ("h1", "h2"):
        cloud.sim.db.hosts.first(name=name).hypervisor = "XenServer"
    cluster = cloud.host("h1")["clustername"]
    cloud.sim.db.clusters.first(name=cluster).hypervisor = "XenServer"
    with pytest.raises(InvalidInput, match="shares its password with its whole cluster"):
        cloud.set(names=["h1"])
    done = cloud.set()
    assert (done["counts"], cloud.changes) == ({"done": 1}, 1)
    assert {cloud.passwords(name) for name in ("h1", "h2")} == {(True, True)}
    cloud.sim.db.hosts.first(name="h2").hypervisor = "VMware"
    with pytest.raises(InvalidInput, match=r"h2 \(VMware\)"):
        cloud.set()


def test_users_that_differ_are_the_servers_refusal(cloud):
    cloud.sim.db.hosts.first(name="h1").username = "admin"
    failed = cloud.set(names=["h1"])
    assert failed["failed"] and "username is not same" in failed["msg"]
    assert NEW not in str(failed)


def test_a_port_that_speaks_no_ssh_is_an_error_and_nothing_on_the_screen(capfd, monkeypatch):
    """Where nobody takes its messages, the library of SSH writes them to the screen from a thread."""
    monkeypatch.setattr(logging.root, "handlers", [])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        with pytest.raises(InvalidInput, match="cannot be asked"):
            takes_password(Login("127.0.0.1", listening.getsockname()[1], "root"), NEW)
    assert capfd.readouterr().err == ""
