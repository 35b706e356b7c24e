"""Notices before and after a procedure, as a mail server and a web hook get them."""

from __future__ import annotations

import email.policy
import json
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.playing import play
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.commands.appliances.ageing import age
from cloudstack_simulator.populating import Wanted, populate
from cloudstack_simulator.running import RunningSimulator

PLAN = {
    "changed": True,
    "plan": [
        {"target": "r-1-VM", "interrupts": ["network shop"], "expected_cut": 20.0},
        {"target": "r-2-VM", "interrupts": ["network office"], "expected_cut": 0.0},
        {"step": "set something"},
    ],
    "report": {"procedure": "virtual_router_upgrade"},
}
TARGETS = [
    {"name": "r-1-VM", "state": "done", "interrupts": ["network shop"], "begun": 1000.0, "ended": 1021.0},
    {"name": "r-2-VM", "state": "failed", "interrupts": ["network office"], "begun": 1100.0, "ended": 1110.0,
     "reason": "the job failed"},
    {"name": "r-3-VM", "state": "skipped", "interrupts": [], "begun": 0.0, "ended": 0.0, "reason": "budget used up"},
]  # fmt: skip
ENDED = {
    "changed": True, "failed": True, "msg": "1 failed", "counts": {"done": 1, "failed": 1, "skipped": 1},
    "report": {"procedure": "virtual_router_upgrade", "targets": TARGETS},
}  # fmt: skip


BUILT_IN = 600.0
"""Simulated seconds that building takes; the clock begins so much earlier, so that signatures are not too old."""


class Sink:
    """What came in; one address is refused."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.logins: list[Any] = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - name of the hook
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - name of the hook
        self.mails.append(message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"

    def authenticate(self, _server, _session, _envelope, _mechanism, data: LoginPassword) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


class Server(Controller):
    """On a free port."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(
            sink, hostname="127.0.0.1", port=0, ready_timeout=60.0, authenticator=sink.authenticate,
            auth_require_tls=False,
        )  # fmt: skip

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    server = Server(found)
    server.start()
    found.port = server.port
    yield found
    server.stop()


@pytest.fixture
def hook() -> Iterator[Any]:
    """A web hook that keeps what it gets."""
    taken: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Be quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.taken = taken
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def cloud() -> VirtualCloud:
    return VirtualCloud()


def mail(sink: Sink, **more: Any) -> dict[str, Any]:
    return {"mail_to": ["a@example.com", "b@example.com"], "mail_from": "cloud@example.com",
            "mail_server": "127.0.0.1", "mail_port": sink.port, "mail_security": "none", **more}  # fmt: skip


def test_before_each_address_gets_what_will_be_interrupted(cloud, sink, hook):
    told = cloud.run("notice", moment="before", result=PLAN, text="Tonight.", url=hook.url, **mail(sink))
    assert (told["sent"], told["changed"]) == (True, False)
    assert [(one["To"], one["From"]) for one in sink.mails] == [
        ("a@example.com", "cloud@example.com"), ("b@example.com", "cloud@example.com"),
    ]  # fmt: skip
    assert sink.mails[0]["Subject"] == "Announcement: virtual router upgrade, 2 interruptions planned"
    text = sink.mails[0].get_content().replace("\r\n", "\n")
    assert text.startswith("Tonight.")
    assert "- network shop (r-1-VM), about 20 s" in text
    assert "- network office (r-2-VM)\n" in text
    assert hook.taken == [{"moment": "before", "subject": told["subject"], "text": told["text"], "counts": {}}]


def test_after_it_says_what_is_done_and_what_is_not(cloud, sink):
    cloud.run("notice", moment="after", result=ENDED, title="routers", **mail(sink))
    assert sink.mails[0]["Subject"] == "Failed: routers (1 done, 1 failed, 1 skipped)"
    text = sink.mails[0].get_content().replace("\r\n", "\n")
    assert "network shop (r-1-VM), 1970-01-01 00:16:40 UTC, 21 s" in text
    assert "- r-2-VM: the job failed" in text
    assert "- r-3-VM: budget used up" in text


def test_nothing_is_sent_in_check_mode_or_when_nothing_was_to_do(cloud, sink):
    assert not cloud.run("notice", check=True, moment="before", result=PLAN, **mail(sink))["sent"]
    idle = {"changed": False, "plan": []}
    assert not cloud.run("notice", moment="before", result=idle, **mail(sink))["sent"]
    assert sink.mails == []
    cloud.run("notice", moment="before", result=idle, always=True, **mail(sink))
    assert "Nothing will be interrupted" in sink.mails[0].get_content()


def test_who_cannot_be_reached_is_named_and_the_others_are(cloud, sink):
    with pytest.raises(InvalidInput, match="nobody@example") as caught:
        cloud.run("notice", moment="before", result=PLAN, **mail(sink, mail_to=["nobody@example.com", "a@example.com"]))
    assert (caught.value.option, [one["To"] for one in sink.mails]) == ("mail_to", ["a@example.com"])


@pytest.mark.parametrize(("more", "option"), [
    ({"mail_port": 1}, "mail_server"), ({"mail_from": None}, "mail_from"), ({"mail_to": []}, "mail_to"),
    ({"mail_security": "starttls"}, "mail_server"), ({"mail_user": "u", "mail_password": "wrong"}, "mail_server"),
])  # fmt: skip
def test_what_is_wrong_is_named_without_the_password(cloud, sink, more, option):
    with pytest.raises(InvalidInput) as caught:
        cloud.run("notice", moment="before", result=PLAN, **mail(sink, **more))
    assert caught.value.option == option
    assert "wrong" not in str(caught.value)
    assert sink.mails == []


def test_the_mail_server_s_user_is_logged_in(cloud, sink):
    cloud.run("notice", moment="before", result=PLAN, **mail(sink, mail_user="u", mail_password="right"))
    assert (sink.logins[0], len(sink.mails)) == ((b"u", b"right"), 2)


RESTART = """\
- name: Restart the simulated servers
  ansible.builtin.uri:
    url: "{{ simulator }}/simulator/restart"
    method: POST
    body_format: json
    body: {}
"""
BOOKS = ("virtual_router_upgrade", "default_system_offering", "system_vm_template_replacement")


def template(cloud: VirtualCloud, name: str) -> str:
    """A system VM template that is ready in the zone."""
    guest_os = cloud.client.list("listOsTypes", {"description": "Debian GNU/Linux 12 (64-bit)"})[0]["id"]
    image = {"name": name, "displaytext": name, "zoneid": "-1", "format": "QCOW2", "hypervisor": "KVM",
             "isrouting": True, "ostypeid": guest_os, "url": "http://images.example.com/system.qcow2"}  # fmt: skip
    made = str(cloud.client.run("registerTemplate", image)["template"][0]["id"])
    cloud.sim.advance(300)
    cloud.client.run("updateTemplate", {"id": made, "templatetype": "SYSTEM"})
    return made


def test_playbooks_tell_before_and_after_and_restart_the_servers_in_between(tmp_path, sink, hook):
    cloud = VirtualCloud(clock=RunningClock(60.0, start=time.time() - BUILT_IN))
    populate(cloud.sim, Wanted(hosts=2, vms=2, routers=2, hypervisor="KVM"))
    wanted = {"name": "big", "displaytext": "big", "issystem": True, "systemvmtype": "secondarystoragevm",
              "cpunumber": 1, "cpuspeed": 500, "memory": 1024}  # fmt: skip
    offering = cloud.client.run("createServiceOffering", wanted)["serviceoffering"]["id"]
    next_template = template(cloud, "next")
    age(cloud.sim)
    (tmp_path / "restart.yml").write_text(RESTART)
    book = tmp_path / "book.yml"
    book.write_text("".join(f"- ansible.builtin.import_playbook: cloudstack.ops.{name}\n" for name in BOOKS))
    variables = {
        "notice_mail_to": ["a@example.com"], "notice_mail_from": "cloud@example.com",
        "notice_mail_server": "127.0.0.1", "notice_mail_port": sink.port, "notice_mail_security": "none",
        "notice_url": hook.url, "virtual_router_upgrade_parallel": 2,
        "default_system_offering_type": "secondarystoragevm", "default_system_offering_offering": "big",
        "management_servers_restart_tasks": str(tmp_path / "restart.yml"), "management_servers_drain_only": True,
        "system_vm_template_replacement_template": "next",
    }  # fmt: skip
    with RunningSimulator(cloud.sim) as running:
        variables["simulator"] = running.url
        played = play(running, tmp_path, book, variables=variables).succeeded()
    assert [one["Subject"] for one in sink.mails] == [
        "Announcement: virtual router upgrade, 2 interruptions planned", "Ended: virtual router upgrade (2 done)",
        # The swap of the offering has already made one of them anew, from the newest template.
        "Announcement: system vm template replacement, 1 interruption planned",
        "Ended: system vm template replacement (1 already, 1 done)",
    ]  # fmt: skip
    assert [one["moment"] for one in hook.taken] == ["before", "after"] * 2
    assert hook.taken[1]["counts"] == {"done": 2}
    swaps = [task for task in played.ours if task.action == "cloudstack.ops.default_system_offering"]
    assert [(task.result["restart_needed"], task.result["counts"]) for task in swaps] == [
        (True, {"left": 1}), (False, {"done": 1}),
    ]  # fmt: skip
    rows = cloud.client.list("listSystemVms")
    assert {row["templateid"] for row in rows} == {next_template}
    assert {row["serviceofferingid"] for row in rows if row["systemvmtype"] == "secondarystoragevm"} == {offering}
