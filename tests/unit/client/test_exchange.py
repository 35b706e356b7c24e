"""What is sent again, what never, and what is said about it."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    Answer,
    ApiError,
    Client,
    CloudStackError,
    ConnectFailed,
    Connection,
    FakeClock,
    InvalidInput,
    LostAnswer,
    TimedOut,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.client.transport import NotSent, Unanswered
from ansible_collections.cloudstack.ops.tests.unit.client.scripted import KEY, SECRET, Reply, ok, refused

ZONES = ok("listZones", count=1, zone=[{"id": "z1"}])
BUSY_PAGE = Reply("<html>maintenance</html>", 503)
CUT = Reply(cut=True)
PART = Reply({"listzonesresponse": {"zone": []}}, part=True)


@pytest.mark.parametrize("trouble", [BUSY_PAGE, Reply("", 502), Reply("", 504), Reply("", 429), CUT, PART])
def test_a_read_is_tried_again(server, make_client, clock, trouble):
    told = []
    client = make_client(progress=told.append)
    server.script(("listZones", trouble), ("listZones", trouble), ("listZones", ZONES))
    assert client.call("listZones") == {"count": 1, "zone": [{"id": "z1"}]}
    assert len(clock.slept) == 2
    assert 0.3 < clock.slept[0] < clock.slept[1] <= 1
    assert client.counters.as_dict() == {
        "calls": 3,
        "changes": 0,
        "polls": 0,
        "retries": 2,
        "commands": {"listZones": 3},
    }
    assert len(told) == 2
    assert "trying again in" in told[0]


@pytest.mark.parametrize(("trouble", "kind"), [(BUSY_PAGE, ApiError), (CUT, ConnectFailed), (PART, ConnectFailed)])
def test_a_read_is_given_up_at_last(server, make_client, clock, trouble, kind):
    client = make_client(retries=2)
    server.script(*[("listZones", trouble)] * 3)
    with pytest.raises(kind) as caught:
        client.call("listZones")
    assert len(clock.slept) == 2
    assert caught.value.command == "listZones"
    assert caught.value.remedy


def test_back_off_is_bounded_and_the_servers_wish_respected(server, make_client, clock):
    client = make_client(retries=9)
    asks = Reply("", 503, {"Retry-After": "7"}), Reply("", 503, {"Retry-After": "86400"})
    server.script(*[("listZones", BUSY_PAGE)] * 7, *[("listZones", a) for a in asks], ("listZones", ZONES))
    client.call("listZones")
    assert max(clock.slept[:7]) <= 8
    assert clock.slept[7:] == [7, 60]


@pytest.mark.parametrize("trouble", [Reply("", 502), BUSY_PAGE, Reply("", 504), CUT, PART])
def test_a_change_is_never_sent_again_blindly(server, client, trouble):
    server.script(("createVolume", trouble))
    with pytest.raises(LostAnswer, match=r"createVolume \(volume data1\): the call was sent, but") as caught:
        client.call("createVolume", {"name": "data1"}, obj="volume data1")
    assert caught.value.as_dict()["object"] == "volume data1"
    assert client.counters.changes == 1


@pytest.mark.parametrize(
    "trouble", [refused("createVolume", 503, "Maintenance or shutdown has been initiated"), Reply("", 429)]
)
def test_a_change_that_was_surely_not_executed_is_sent_again(server, client, trouble):
    server.script(("createVolume", trouble), ("createVolume", ok("createVolume", jobid="j", id="v")))
    assert client.call("createVolume")["id"] == "v"


def test_a_refusal_is_final(server, client, clock):
    server.script(("createVolume", refused("createVolume", 530, "no")), ("listZones", refused("listZones", 530, "no")))
    for command in ("createVolume", "listZones"):
        with pytest.raises(ApiError):
            client.call(command)
    assert clock.slept == []


def test_the_caller_may_know_better_what_changes(server, client):
    server.script(("createVolume", CUT), ("createVolume", ok("createVolume")), ("listZones", CUT))
    assert client.call("createVolume", changing=False) == {}
    with pytest.raises(LostAnswer):
        client.call("listZones", changing=True)


def test_a_value_without_a_form_is_refused_before_anything_is_sent(client):
    with pytest.raises(InvalidInput, match=r"^createTags: the value of tags is of type dict"):
        client.call("createTags", {"tags": {"a": "b"}})
    assert client.counters.calls == 0


def test_each_attempt_is_signed_anew(server, client):
    server.script(("listZones", BUSY_PAGE), ("listZones", ZONES))
    client.call("listZones")
    first, second = (request.params["expires"] for request in server.requests)
    assert first <= second
    assert server.requests[0].params["signature"]


def test_secrets_that_the_server_repeats_are_hidden(server, client):
    text = "Unable to add host with hunter+22%, see password=hunter+22% or hunter%2B22%25"
    server.script(
        ("addHost", refused("addHost", 530, text)),
        ("listHosts", refused("listHosts", 530, f"{text} {KEY} {SECRET}")),
        ("updateX", refused("updateX", 530, "what: s3-hunter")),
    )
    with pytest.raises(ApiError) as first:
        client.call("addHost", {"url": "http://h", "password": "hunter+22%"})
    with pytest.raises(ApiError) as second:
        client.call("listHosts")
    with pytest.raises(ApiError) as third:
        client.call("updateX", {"details[0].key": "secretkey", "details[0].value": "s3-hunter"})
    for caught in (first, second, third):
        shown = f"{caught.value} {caught.value.as_dict()} {caught.value!r}"
        for secret in ("hunter", KEY, SECRET):
            assert secret not in shown
        assert caught.value.__context__ is None


class Stub:
    """A transport that meets one fate after the other and counts what the server executed."""

    def __init__(self, fates):
        self.fates = list(fates)
        self.executed = 0

    def send(self, method, fields, headers, read_timeout=None):
        fate = self.fates.pop(0) if self.fates else "answer"
        if fate == "refused":
            raise NotSent(ConnectFailed("refused"))
        if fate == "never":
            raise NotSent(ConnectFailed("unknown host"), again=False)
        if fate == "busy":
            return Answer(429, {}, b"")
        self.executed += fate != "lost before"
        if fate in ("lost before", "lost after"):
            raise Unanswered("the connection broke")
        if fate == "timeout":
            raise Unanswered("no answer came in time", timed_out=True)
        if fate == "gateway":
            return Answer(502, {}, b"")
        return Answer(200, {}, b'{"xresponse": {"success": true}}')

    def close(self):
        return


FATES = ["refused", "never", "busy", "lost before", "lost after", "timeout", "gateway", "answer"]


@given(st.lists(st.sampled_from(FATES)), st.integers(0, 3))
def test_whatever_happens_a_change_is_executed_at_most_once(fates, retries):
    stub = Stub(fates)
    client = Client(Connection("http://h/client/api", KEY, SECRET, retries=retries), FakeClock(), stub)
    try:
        client.call("createVolume")
        assert stub.executed == 1
    except LostAnswer:
        assert stub.executed <= 1
    except CloudStackError:
        assert stub.executed == 0
    assert client.counters.calls <= retries + 1


@given(st.lists(st.sampled_from(FATES)), st.integers(0, 3))
def test_whatever_happens_a_read_ends_with_its_answer_or_a_harmless_error(fates, retries):
    stub = Stub(fates)
    client = Client(Connection("http://h/client/api", KEY, SECRET, retries=retries), FakeClock(), stub)
    try:
        assert client.call("listZones") == {"success": True}
    except (ConnectFailed, TimedOut, ApiError):
        assert fates
    assert client.counters.calls <= retries + 1


def test_parallel_raises_the_first_error_when_all_have_ended(server, client):
    server.answer = lambda request: ZONES
    done = []

    def fail(text):
        raise ValueError(text)

    with pytest.raises(ValueError, match="first"):
        client.parallel([lambda: fail("first"), lambda: fail("second"), lambda: done.append(client.call("listZones"))])
    assert len(done) == 1
    assert client.parallel([]) == []


def test_that_nobody_answers_is_found_out_by_one_call(server, make_client):
    server.close()
    client, asked = make_client(retries=2), []
    with pytest.raises(ConnectFailed):
        client.parallel([lambda: client.call("listZones"), *[lambda: asked.append("more")] * 5])
    assert (client.counters.calls, asked) == (3, [])


def test_the_others_need_not_wait_for_more_than_the_first_answer(server, client):
    """The first call may read a list of many pages."""
    server.answer = lambda request: ZONES
    others = threading.Event()

    def long():
        client.call("listZones")
        return others.wait(30)

    assert client.parallel([long, others.set]) == [True, None]
