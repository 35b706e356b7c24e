"""Sessions: login, cookies and session key, an ended session, logout."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, LostAnswer, Unauthorized
from ansible_collections.cloudstack.ops.tests.unit.client.scripted import Reply, ok, refused

COOKIES = ["JSESSIONID=node0abc; Path=/client; HttpOnly", "sessionkey=Zk-1_x; Path=/client/api; HttpOnly; SameSite=Lax"]
ZONES = ("listZones", ok("listZones", count=1, zone=[{"id": "z1"}]))
ENDED = refused("listZones", 401, "unable to verify user credentials and/or request signature", None)
LOGOUT = ("logout", ok("logout", description="success"))


def login(key="Zk-1_x"):
    return ("login", Reply({"loginresponse": {"sessionkey": key, "type": "1"}}, 200, {"Set-Cookie": COOKIES}))


@pytest.fixture
def make_user(make_client):
    return lambda **more: make_client(username="admin", password="hunter22 ü", **more)


def test_login_then_cookies_and_key_in_the_body(server, make_user):
    server.script(login(), ZONES, ZONES, LOGOUT)
    client = make_user(domain="ROOT/a", method="get")
    client.call("listZones")
    client.call("listZones")
    client.close()
    first, second, third, last = server.requests
    assert {r.method for r in server.requests} == {"POST"}
    assert {str(r.query) for r in server.requests} == {"{}"}
    assert first.body == {
        "command": "login",
        "response": "json",
        "username": "admin",
        "password": "hunter22 ü",
        "domain": "ROOT/a",
    }
    assert "Cookie" not in first.headers
    for request in (second, third, last):
        assert request.body["sessionkey"] == "Zk-1_x"
        assert sorted(request.headers["Cookie"].split("; ")) == ["JSESSIONID=node0abc", "sessionkey=Zk-1_x"]
        assert not {"apikey", "signature", "password"} & request.body.keys()


def test_nothing_is_sent_at_close_without_a_session(server, make_user):
    make_user().close()
    assert server.requests == []


@pytest.mark.parametrize("trouble", [Reply("", 500), Reply(cut=True)])
def test_a_failed_logout_is_nobodys_problem(server, make_user, trouble):
    server.script(login(), ZONES, ("logout", trouble))
    client = make_user()
    client.call("listZones")
    client.close()


@pytest.mark.parametrize("command", ["listZones", "deleteZone"])
def test_an_ended_session_is_begun_anew_once(server, make_user, command):
    server.script(login(), (command, ENDED), login("new-1"), (command, ok(command, success=True)), LOGOUT)
    client = make_user()
    assert client.call(command) == {"success": True}
    client.close()
    assert server.requests[3].body["sessionkey"] == "new-1"


def test_a_session_that_is_never_accepted_is_an_error(server, make_user):
    server.script(login(), ("listZones", ENDED), login(), ("listZones", ENDED), LOGOUT)
    with pytest.raises(Unauthorized, match="cookies JSESSIONID and sessionkey"):
        make_user().call("listZones")


def test_a_refused_login_says_what_to_check(server, make_user):
    text = "Failed to authenticate user admin in domain 1; please provide valid credentials"
    server.script(("login", refused("login", 531, text, None)))
    with pytest.raises(Unauthorized, match=r"^login: the login was refused: Failed .* Check user name") as it:
        make_user().call("createVolume")
    assert "hunter22" not in str(it.value.as_dict())


def test_a_change_is_not_repeated_in_a_session_either(server, make_user):
    server.script(login(), ("createVolume", Reply(cut=True)), LOGOUT)
    with pytest.raises(LostAnswer):
        make_user().call("createVolume")


def test_session_secrets_are_hidden(server, make_user):
    server.script(login(), ("listZones", refused("listZones", 530, "Zk-1_x node0abc hunter22%20%C3%BC")), LOGOUT)
    with pytest.raises(ApiError) as caught:
        make_user().call("listZones")
    assert caught.value.server_text == "******** ******** ********"


def test_threads_share_one_session(server, make_user):
    server.answer = lambda request: login()[1] if request.command == "login" else ZONES[1]
    client = make_user()
    client.parallel([lambda: client.call("listZones")] * 6)
    assert server.commands.count("login") == 1


def test_threads_renew_an_ended_session_once(server, make_user):
    keys = iter(["old", "new"])

    def answer(request):
        if request.command == "login":
            return login(next(keys))[1]
        if request.command == "listZones":
            return ENDED if request.params["sessionkey"] == "old" else ZONES[1]
        return LOGOUT[1]

    server.answer = answer
    client = make_user()
    assert len(client.parallel([lambda: client.call("listZones")] * 6)) == 6
    assert server.commands.count("login") == 2


def test_a_forked_child_logs_in_for_itself_and_leaves_its_parents_session(server, make_user):
    keys = iter(["parent", "child"])

    def answer(request):
        return login(next(keys))[1] if request.command == "login" else ok(request.command)

    server.answer = answer
    client = make_user()
    client.call("listZones")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            client.call("listZones")
            client.close()
            status = 0
        finally:
            os._exit(status)
    deadline = time.monotonic() + 20
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        assert time.monotonic() < deadline, "the child hangs"
        time.sleep(0.01)
    assert ended[1] == 0
    client.call("listZones")
    assert [(r.command, r.params.get("sessionkey")) for r in server.requests] == [
        ("login", None),
        ("listZones", "parent"),
        ("login", None),
        ("listZones", "child"),
        ("logout", "child"),
        ("listZones", "parent"),
    ]
