"""A certificate brought to every console proxy and secondary storage VM, seen by TLS handshakes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput, JobTimeout, LostAnswer
from tests.integration.resources.conftest import Cloud
from tests.integration.resources.test_system_vm_certificate import DOMAIN, SETTINGS, Authority, Certified

MODULE = "system_vm_certificate_rollout"
CHANGES = ("updateConfiguration", "uploadCustomCertificate", "destroySystemVm")


class Proxies(Certified):
    """A cloud whose system VMs listen for TLS on the loopback."""

    def __init__(self, populate: str = "") -> None:
        Cloud.__init__(self, rate=None, system_vm_tls=True, populate=populate)

    def roll_out(self, wish: dict[str, Any], *, check: bool = False, **more: Any) -> dict[str, Any]:
        given = {name: value for name, value in wish.items() if name != "timeout"}
        given = {"probe_addresses": self.addresses(), "retries": 0, "step_timeout": 600, **given, **more}
        return self.run(MODULE, check=check, **given)

    def set_up(self) -> None:
        """Settings as the certificate needs them, read by the management server."""
        for name, value in SETTINGS.items():
            self.client.run("updateConfiguration", {"name": name, "value": value})
        self.restart()

    def restart(self) -> None:
        """The management server starts again, in another second than that of the last change."""
        self.client.clock.sleep(2)
        self.running.sim.restart()

    def fault(self, **rule: Any) -> Fault:
        return Fault(self, self.running.sim.faults.add(rule))

    def sent(self) -> dict[str, int]:
        return {name: self.running.sim.counters.calls[name] for name in CHANGES}


class Fault:
    def __init__(self, cloud: Proxies, rule: Any) -> None:
        self._cloud, self._rule = cloud, rule

    def end(self) -> None:
        self._cloud.running.sim.faults.remove(self._rule)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def cloud() -> Iterator[Proxies]:
    found = Proxies()
    yield found
    found.close()


def test_from_nothing_to_served_with_one_upload(cloud, authority):
    wish = authority.wish(authority.server())
    planned = cloud.roll_out(wish, check=True)
    assert (planned["changed"], cloud.changes) == (True, 0)
    steps = [entry["step"] for entry in planned["plan"] if "step" in entry]
    assert [step.partition(" ")[0] for step in steps] == ["set"] * 4 + ["stop:"] + ["upload"] * 3
    assert f"192-168-2-2.{DOMAIN}. IN A 192.168.2.2\n" in planned["dns_records"]
    assert planned["dns_records"].count("\n") == 199

    stopped = cloud.roll_out(wish)
    assert (stopped["failed"], stopped["restart_needed"], cloud.sent()["uploadCustomCertificate"]) == (True, True, 0)
    assert "consoleproxy.sslEnabled" in stopped["msg"]
    again = cloud.roll_out(wish)
    assert (again["failed"], again["restart_needed"], again["changed"], cloud.changes) == (True, True, False, 0)
    with pytest.raises(InvalidInput) as wrong:
        cloud.roll_out(wish, servers_restarted=True)
    assert (wrong.value.option, cloud.changes) == ("servers_restarted", 0)

    cloud.restart()
    done = cloud.roll_out(wish)
    assert not done.get("failed"), done["msg"]
    assert set(done["counts"]) <= {"already", "done"}
    assert cloud.sent() == {"updateConfiguration": 4, "uploadCustomCertificate": 3, "destroySystemVm": 1}
    assert {vm["fingerprint"] for vm in done["system_vms"]} == {done["certificate"]["fingerprint"]}

    for check in (True, False):
        again = cloud.roll_out(wish, check=check)
        assert (again["changed"], cloud.changes, again["counts"]) == (False, 0, {"already": 2})

    # A renewal by the same authority: the chain is served already, and the old one is left while it is good.
    renewed = authority.wish(authority.server(21))
    assert cloud.roll_out(renewed, renew_days=30)["changed"] is False
    due = cloud.roll_out(renewed, renew_days=100)
    assert set(due["counts"]) <= {"already", "done"}
    assert [label.partition(":")[0] for label in due["uploads"]] == ["server certificate"]


def test_accepted_and_not_served_is_a_failure_that_touches_no_other(cloud, authority):
    cloud.set_up()
    cloud.fault(do="certificate-ignored", object="v-*")
    failed = cloud.roll_out(authority.wish(authority.server()), settle=5)
    assert failed["failed"]
    assert "the server took the certificate, but v-" in failed["msg"]
    assert cloud.sent()["destroySystemVm"] == 1


def test_a_certificate_that_is_not_served_is_named_before_the_console_that_does_not_open(authority):
    cloud = Proxies("hosts=2,vms=1,routers=1,hypervisor=KVM")
    try:
        cloud.set_up()
        cloud.fault(do="certificate-ignored", object="v-*")
        failed = cloud.roll_out(authority.wish(authority.server()), settle=1)
        assert "the server took the certificate, but v-" in failed["msg"]
        assert "keystore" in failed["msg"]
    finally:
        cloud.close()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("console-page-fails", ":443: it answered 500"),
        ("websocket-fails", ":8443: it answered 503"),
    ],
)
def test_a_certificate_behind_which_no_console_opens_is_a_failure(authority, kind, says):
    cloud = Proxies("hosts=2,vms=1,routers=1,hypervisor=KVM")
    try:
        cloud.set_up()
        cloud.fault(do=kind, object="v-*")
        failed = cloud.roll_out(authority.wish(authority.server()), settle=1)
        assert failed["failed"]
        assert "a console to open (" in failed["msg"]
        assert f".{DOMAIN}{says}" in failed["msg"]
    finally:
        cloud.close()


def test_open_consoles_are_not_cut_without_a_word(cloud, authority):
    cloud.set_up()
    looked_at = cloud.fault(do="consoles-open", where="v-*")
    wish = authority.wish(authority.server())
    for check in (True, False):
        with pytest.raises(InvalidInput, match="consoles are open: v-2-QA has 2") as caught:
            cloud.roll_out(wish, check=check)
        assert (caught.value.option, cloud.changes) == ("cut_consoles", 0)
    assert not cloud.roll_out(wish, cut_consoles=True).get("failed")
    looked_at.end()


def test_who_cannot_be_looked_at_is_a_refusal(cloud, authority):
    cloud.set_up()
    (storage,) = cloud.client.list("listSystemVms", {"systemvmtype": "secondarystoragevm"})
    with socket.socket() as taken, pytest.raises(InvalidInput, match=storage["name"]) as caught:
        taken.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        addresses = {**cloud.addresses(), storage["publicip"]: f"127.0.0.1:{taken.getsockname()[1]}"}
        cloud.roll_out(authority.wish(authority.server()), probe_addresses=addresses, settle=0)
    assert (caught.value.option, cloud.changes) == ("probe", 0)


def test_names_that_lead_elsewhere_are_a_refusal_where_that_is_asked(cloud, authority, monkeypatch):
    cloud.set_up()
    asked = []

    def resolve(name, port, *more, **options):
        if name.endswith(DOMAIN):
            asked.append(name)
            return [(2, 1, 6, "", ("198.51.100.1", 0))]
        return real(name, port, *more, **options)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(InvalidInput, match=r"leads to 198\.51\.100\.1") as caught:
        cloud.roll_out(authority.wish(authority.server()), check_dns=True)
    assert (caught.value.option, cloud.changes) == ("check_dns", 0)
    assert asked[0].startswith("192-168-2-")


def test_the_upload_waits_for_jobs_that_need_a_secondary_storage_vm(cloud, authority):
    cloud.set_up()
    cloud.fault(do="hang-job", command="extractTemplate")
    template = cloud.client.list("listTemplates", {"templatefilter": "all"})[0]
    zone = cloud.client.list("listZones")[0]["id"]
    cloud.client.run("updateTemplatePermissions", {"id": template["id"], "isextractable": True})
    job = cloud.client.start("extractTemplate", {"id": template["id"], "mode": "HTTP_DOWNLOAD", "zoneid": zone})
    wish = authority.wish(authority.server())
    with pytest.raises(JobTimeout, match="ExtractTemplate"):
        cloud.roll_out(wish, step_timeout=30)
    assert cloud.sent()["uploadCustomCertificate"] == 0
    cloud.running.sim.db.jobs.first(uuid=job.id).status = 1  # it ends when the test says so, not after some seconds
    assert not cloud.roll_out(wish, step_timeout=3600).get("failed")


def test_consoles_behind_a_load_balancer_tell_their_back_ends(cloud, authority):
    wish = authority.wish(authority.server(), load_balanced=True)
    stopped = cloud.roll_out(wish)
    assert stopped["restart_needed"]
    (row,) = cloud.client.list("listConfigurations", {"name": "consoleproxy.url.domain"})
    assert row["value"] == DOMAIN
    cloud.restart()
    done = cloud.roll_out(wish)
    assert not done.get("failed"), done["msg"]
    rows = {row["name"]: row["publicip"] for row in cloud.client.list("listSystemVms")}
    assert {end["name"]: end["address"] for end in done["back_ends"]} == rows
    assert {tuple(end["ports"]) for end in done["back_ends"] if end["type"] == "consoleproxy"} == {(443, 8080)}


@pytest.mark.parametrize("cut", [1, 3, 4])
def test_a_run_cut_off_at_any_call_is_resumed(cloud, authority, cut):
    cloud.set_up()
    before = cloud.sent()["updateConfiguration"]
    wish = authority.wish(authority.server())
    rule = cloud.fault(do="lose-answer", command=list(CHANGES), nth=cut)
    try:
        assert cloud.roll_out(wish)["failed"]
    except Exception as error:  # noqa: BLE001 - however it ends
        assert "uploadCustomCertificate" in str(error)
    rule.end()
    done = cloud.roll_out(wish)
    assert not done.get("failed"), done["msg"]
    assert cloud.sent() == {"updateConfiguration": before, "uploadCustomCertificate": 3, "destroySystemVm": 1}
    assert cloud.client.list("listAnnotations", {"annotationfilter": "all"}) == []
    assert cloud.roll_out(wish)["changed"] is False


def test_what_was_uploaded_and_is_served_by_nobody_yet_is_not_uploaded_again(cloud, authority):
    cloud.set_up()
    wish = authority.wish(authority.server())
    rules = [
        cloud.fault(do="lose-answer", command="uploadCustomCertificate", nth=3),
        cloud.fault(do="certificate-ignored", object="s-*"),
    ]
    with pytest.raises(LostAnswer, match="uploadCustomCertificate"):
        cloud.roll_out(wish)
    cloud.client.clock.sleep(30)  # the storage VM has rebooted by then, and serves what it did before
    for rule in rules:
        rule.end()
    planned = cloud.roll_out(wish, check=True)
    assert [entry for entry in planned["plan"] if "step" in entry] == []
    done = cloud.roll_out(wish, settle=1)
    assert (done["counts"], done["uploads"], cloud.sent()["uploadCustomCertificate"]) == ({"done": 2}, [], 3)
