"""Webhooks that really deliver: to a receiver on the loopback that the simulator was told of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.options import parser
from tests.unit.simulator.conftest import Operator

URL = "http://chat.example.com/hook"
KEY = "a key that both know"


class Receiver:
    """An HTTP server that keeps what it gets; it answers with the status that it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], str]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def hooked(receiver: Receiver) -> Operator:
    return Operator(Simulator(seed=1, webhook_addresses={"chat.example.com": receiver.address}))


def make(op: Operator, **more: Any) -> str:
    given = {"name": "chat", "payloadurl": URL, "sslverification": "false", "scope": "Global", **more}
    return str(op.do("createWebhook", **given)["webhook"]["id"])


def test_an_event_is_posted_signed_and_listed(hooked: Operator, receiver: Receiver) -> None:
    hook = make(hooked, secretkey=KEY)
    hooked.do("createDomain", name="moon")
    hooked.sim.advance(1)
    headers, body = receiver.got[-1]
    told = json.loads(body)
    event = hooked.rows("listEvents", type="DOMAIN.CREATE")[-1]
    assert (told["event"], told["status"], told["description"]) == (
        "DOMAIN.CREATE",
        event["state"],
        event["description"],
    )
    assert (headers["X-CS-Event"], headers["X-CS-Event-ID"]) == ("DOMAIN.CREATE", event["id"])
    assert headers["Content-Type"] == "application/json; charset=UTF-8"
    expected = hmac.new(KEY.encode(), body.encode(), hashlib.sha256).digest()
    assert base64.b64decode(headers["X-CS-Signature"]) == expected
    row = hooked.rows("listWebhookDeliveries", webhookid=hook)[0]
    assert (row["success"], row["response"], row["payload"], row["eventid"]) == (True, "thanks", body, event["id"])
    assert row["startdate"] <= row["enddate"]
    assert "X-CS-Signature: " in row["headers"]
    assert KEY not in row["headers"]


def test_a_receiver_that_fails_is_tried_again_and_its_answer_kept(hooked: Operator, receiver: Receiver) -> None:
    receiver.status = 500
    make(hooked)
    hooked.do("createDomain", name="moon")
    hooked.sim.advance(1)
    assert len(receiver.got) == 3, "webhook.delivery.tries"
    row = hooked.only("listWebhookDeliveries")
    assert (row["success"], row["response"]) == (False, "thanks")


def test_hosts_that_nobody_told_of_are_out_of_reach(op: Operator) -> None:
    make(op)
    op.do("createDomain", name="moon")
    op.sim.advance(1)
    row = op.only("listWebhookDeliveries")
    assert row["success"] is False
    assert "was not told where chat.example.com is" in row["response"]


def test_scopes_and_states_decide_who_is_told(hooked: Operator, receiver: Receiver) -> None:
    admin = hooked
    role = admin.do("createRole", name="hooks", type="DomainAdmin")["role"]["id"]
    admin.do("createRolePermission", roleid=role, rule="*", permission="allow")
    domain = admin.do("createDomain", name="d")["domain"]["id"]
    admin.do(
        "createAccount", username="dora", roleid=role, domainid=domain, email="d@example.com", firstname="D",
        lastname="D", password="password-of-dora",
    )  # fmt: skip
    dora = Operator(admin.sim, admin.sim.auth.caller_of(admin.sim.db.users.first(username="dora")))
    local = make(dora, scope="Local")
    wide = make(admin, scope="Domain", domainid=domain, payloadurl=URL + "/wide")
    off = make(admin, state="Disabled", payloadurl=URL + "/off")
    admin.do("createDomain", name="elsewhere")
    dora.do("createSSHKeyPair", name="key")
    admin.sim.advance(1)
    counts = {h: len(admin.rows("listWebhookDeliveries", webhookid=h)) for h in (local, wide, off)}
    told = len([e for e in admin.sim.db.events if e.account_id == dora.caller.account.id])
    assert counts == {local: told, wide: told, off: 0}
    assert {row["webhookid"] for row in dora.rows("listWebhookDeliveries")} == {local}
    assert dora.refused("listWebhookDeliveries", webhookid=wide)[0] == 531


def test_a_delivery_is_repeated_and_removed(hooked: Operator, receiver: Receiver) -> None:
    hook = make(hooked)
    hooked.do("createDomain", name="moon")
    hooked.sim.advance(1)
    first = hooked.only("listWebhookDeliveries")
    again = hooked.do("executeWebhookDelivery", id=first["id"])["webhookdelivery"]
    assert again["id"] != first["id"]
    assert (again["payload"], again["eventid"]) == (first["payload"], first["eventid"])
    assert receiver.got[0][1] == receiver.got[1][1]
    hooked.do("deleteWebhookDelivery", id=first["id"])
    assert [row["id"] for row in hooked.rows("listWebhookDeliveries")] == [again["id"]]
    hooked.do("deleteWebhook", id=hook)
    assert hooked.rows("listWebhookDeliveries") == []


def test_a_try_is_posted_and_not_kept(hooked: Operator, receiver: Receiver) -> None:
    hook = make(hooked)
    tried = hooked.do("executeWebhookDelivery", webhookid=hook)["webhookdelivery"]
    assert (tried["success"], tried["eventtype"], tried["webhookid"]) == (True, "TEST.WEBHOOK", hook)
    other = hooked.do("executeWebhookDelivery", payloadurl="chat.example.com/other", payload="plain")
    assert "webhookid" not in other["webhookdelivery"]
    assert [body for _headers, body in receiver.got] == ['{ "CloudStack": "works!" }', "plain"]
    assert receiver.got[1][0]["Content-Type"] == "text/plain; charset=ISO-8859-1"
    assert hooked.rows("listWebhookDeliveries") == []


@pytest.mark.parametrize(
    ("command", "params", "code", "named"),
    [
        ("executeWebhookDelivery", {}, 530, "One of the id, webhookid or payloadurl must be specified"),
        ("executeWebhookDelivery", {"payloadurl": "http://127.0.0.1:1/x"}, 431, "Illegal host specified in URL."),
        ("createWebhook", {"name": "x", "payloadurl": "http://a.example.com"}, 530, "only for HTTPS URLs"),
        ("createWebhook", {"name": "x", "payloadurl": URL, "sslverification": "false"}, 530, "already in use"),
        ("listWebhooks", {"state": "enabled"}, 530, "Invalid state specified"),
        ("deleteWebhookDelivery", {"startdate": "2026-02-02", "enddate": "2026-01-01"}, 530, "Invalid enddate"),
    ],
)
def test_what_is_refused(hooked: Operator, command: str, params: dict[str, str], code: int, named: str) -> None:
    make(hooked)
    told = hooked.refused(command, **params)
    assert (told[0], named in told[1]) == (code, True), told


def test_only_the_newest_deliveries_stay(hooked: Operator) -> None:
    hooked.do("updateConfiguration", name="webhook.deliveries.limit", value="2")
    make(hooked)
    for number in range(4):
        hooked.do("createDomain", name=f"d{number}")
    hooked.sim.advance(1)
    assert hooked.do("listWebhookDeliveries")["count"] == 4
    hooked.sim.advance(3600)
    assert hooked.do("listWebhookDeliveries")["count"] == 2


def test_a_server_does_not_wait_for_a_receiver(receiver: Receiver) -> None:
    op = Operator(Simulator(clock=RunningClock(), webhook_addresses={"chat.example.com": receiver.address}))
    make(op)
    op.do("createDomain", name="moon")
    end = time.monotonic() + 30
    while not op.rows("listWebhookDeliveries"):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert op.only("listWebhookDeliveries")["success"] is True


def test_addresses_are_given_at_the_command_line() -> None:
    options = parser().parse_args(["--webhook-address", "chat.example.com=127.0.0.1:9000"])
    assert options.webhook_address == [("chat.example.com", "127.0.0.1:9000")]
    with pytest.raises(SystemExit):
        parser().parse_args(["--webhook-address", "chat.example.com"])
