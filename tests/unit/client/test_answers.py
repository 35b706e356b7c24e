"""What the server says, and what the user is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    Ambiguous,
    Answer,
    ApiError,
    CloudStackError,
    Drift,
    InvalidInput,
    JobFailed,
    LostAnswer,
    NotAllowed,
    NotFound,
    Redactor,
    Unauthorized,
    WrongEndpoint,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.client.answers import Call, payload
from ansible_collections.cloudstack.ops.tests.unit.client.scripted import Reply, ok, refused

RECORDINGS = Path(__file__).parents[4] / "shared" / "cloudstack" / "recordings"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
UNVERIFIED = "unable to verify user credentials and/or request signature"
PAGE = "<!DOCTYPE html><html><body>Welcome</body></html>"


def read(reply: Reply, command="listZones", changing=False, signed=True):
    return payload(Answer(reply.status, reply.headers, reply.data()), Call(command, changing, "zone z"), NOW, signed)


def error_of(reply: Reply, **about) -> CloudStackError:
    with pytest.raises(CloudStackError) as caught:
        read(reply, **about)
    return caught.value


def recorded():
    for file in sorted(RECORDINGS.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            exchange = json.loads(line)
            if "command" in exchange:
                yield exchange


def test_recorded_answers():
    """Each answer of the real server is either its only key's content or the error with the server's own words."""
    if not RECORDINGS.exists():
        pytest.skip("the recordings of a real server are not at hand")
    kinds = {401: {Unauthorized, NotAllowed}, 432: {NotAllowed}}
    answers = errors = 0
    for exchange in recorded():
        body, status = exchange["body"], exchange["status"]
        if not isinstance(body, dict):
            continue
        reply = Reply(body, status)
        (content,) = body.values()
        if status == 200:
            assert read(reply, exchange["command"]) == content
            answers += 1
            continue
        error = error_of(reply, command=exchange["command"])
        wanted = {Unauthorized} if exchange["command"] == "login" else kinds.get(status, {ApiError})
        assert type(error) in wanted, exchange
        assert (error.code, error.cs_code) == (content["errorcode"], content.get("cserrorcode"))
        assert (error.server_text or "") == content.get("errortext", "").strip()
        errors += 1
    assert answers > 1000
    assert errors > 500


def test_recorded_answers_that_are_not_objects():
    """Login refuses in a bare string or null, a session without command gets nothing, XML comes when JSON is lost."""
    if not RECORDINGS.exists():
        pytest.skip("the recordings of a real server are not at hand")
    kinds = []
    for exchange in recorded():
        if not isinstance(exchange["body"], dict):
            body = exchange["body"] if str(exchange["body"]).startswith("<?xml") else json.dumps(exchange["body"])
            error = error_of(Reply("" if body == '""' else body, exchange["status"]), command=exchange["command"])
            kinds.append((exchange["command"], exchange["status"], type(error)))
    assert sorted(kinds, key=str) == sorted(
        [
            ("", 200, WrongEndpoint),
            ("listZones", 200, WrongEndpoint),
            ("listZones", 200, WrongEndpoint),
            ("listZones", 401, WrongEndpoint),
            ("listZones", 431, WrongEndpoint),
            ("login", 405, ApiError),
            ("login", 531, Unauthorized),
        ],
        key=str,
    )


def test_the_only_key_is_taken_whatever_it_is():
    assert read(Reply({"updateImageStoreresponse": {"imagestore": {"id": "1"}}})) == {"imagestore": {"id": "1"}}
    assert read(Reply({"null": {"success": True}})) == {"success": True}


def test_refusal_has_the_servers_words_and_codes():
    error = error_of(refused("deleteZone", 431, "A zone with ID: 2 does not exist."), command="deleteZone")
    assert isinstance(error, ApiError)
    assert str(error) == (
        "deleteZone (zone z): the server refused the call: A zone with ID: 2 does not exist [code 431]"
    )
    assert error.as_dict() == {
        "kind": "ApiError",
        "message": "the server refused the call",
        "command": "deleteZone",
        "object": "zone z",
        "server_text": "A zone with ID: 2 does not exist.",
        "code": 431,
        "cs_code": 4350,
    }


@pytest.mark.parametrize(
    ("code", "text", "remedy"),
    [
        (400, "State changing command x needs to be sent using POST request", "set api_http_method to post"),
        (431, "Filter all can be specified by admin only", "keys of an administrator"),
        (429, "The given user has reached his/her account api limit", "run fewer side by side"),
        (530, "Internal error executing command, please contact your system administrator", "run it as root admin"),
        (535, "Maximum number of resources of type 'volume' exceeded", "raise the limit"),
        (533, "Insufficient capacity", "make room"),
        (530, None, None),
    ],
)
def test_refusals_with_a_known_way_out(code, text, remedy):
    error = error_of(refused("x", code, text))
    assert (error.remedy or "").find(remedy or "") >= 0
    assert "gave no reason" in error.message or text


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (0, "Check api_key and api_secret"),
        (30, "Check api_key and api_secret"),
        (700, "clock is 700 seconds behind the server's"),
        (-900, "clock is 900 seconds ahead of the server's"),
    ],
)
def test_wrong_clock_is_told_from_wrong_key(ahead, says):
    reply = refused("listZones", 401, UNVERIFIED, None)
    reply.headers["Date"] = format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)
    error = error_of(reply)
    assert isinstance(error, Unauthorized)
    assert says in str(error)


@pytest.mark.parametrize("date", [None, "yesterday", "Fri, 01 May 2026 12:00:00"])
def test_a_useless_date_header_accuses_nobody(date):
    reply = refused("listZones", 401, UNVERIFIED, None)
    reply.headers["Date"] = date
    assert "clock" not in str(error_of(reply))


def test_unknown_command_is_told_from_wrong_key():
    error = error_of(Reply({"errorresponse": {"errorcode": 401, "errortext": UNVERIFIED}}, 401))
    assert isinstance(error, NotAllowed)
    assert "does not know this command" in str(error)


def test_role_without_the_command():
    text = "The API [listHosts] does not exist or is not available for the account for user id [1]."
    error = error_of(Reply({"errorresponse": {"errorcode": 432, "errortext": text}}, 432))
    assert isinstance(error, NotAllowed)
    assert "Check the role" in str(error)
    text = "The given command 'listHosts' either does not exist, is not available for user."
    assert isinstance(error_of(refused("listHosts", 401, text)), NotAllowed)


def test_second_factor():
    assert "use an API key" in (error_of(refused("login", 511, "2FA"), command="login").remedy or "")


def test_session_that_is_not_accepted_points_to_cookies():
    assert "cookies" in str(error_of(refused("listZones", 401, UNVERIFIED), signed=False))


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(PAGE), "the answer is a web page (HTTP 200). Check api_url; it usually ends with /client/api"),
        (Reply(PAGE, 404), "web page (HTTP 404) [code 404]. Check api_url"),
        (Reply(""), "the answer is empty (HTTP 200)"),
        (Reply("<?xml version='1.0'?><x/>"), "the answer is XML though JSON was asked for"),
        (Reply({"status": "up", "version": 3}), "not JSON as the API writes it"),
        (Reply({"message": "no route"}, 404), "not JSON as the API writes it"),
        (Reply(b'{"listzonesresponse": {"\xff": 1}}'), "not JSON as the API writes it"),
        (Reply([1, 2]), "not JSON as the API writes it"),
        (Reply("", 401), "a login of its own"),
        (Reply("", 407), "give user name and password in api_proxy"),
        (Reply("", 413), "requests of this size"),
        (Reply("", 414), "set api_http_method to post"),
        (Reply("", 301, {"Location": "https://new/client/api?apikey=k"}), "redirect to https://new/client/api)"),
        (Reply("", 302, {"Location": "/client/"}), "redirect to /client/)"),
        (Reply("", 302), "redirect to nowhere)"),
    ],
)
def test_what_is_not_cloudstack(reply, says):
    error = error_of(reply)
    assert isinstance(error, WrongEndpoint)
    assert says in str(error)
    assert "apikey" not in str(error)


@pytest.mark.parametrize("reply", [Reply(""), Reply('{"cut":'), Reply(PAGE, 502), Reply("", 504), Reply(PAGE, 500)])
def test_a_change_whose_answer_is_unreadable_may_have_been_done(reply):
    error = error_of(reply, command="createVolume", changing=True)
    assert isinstance(error, LostAnswer)
    assert "look at the object before repeating it" in (error.remedy or "")


@pytest.mark.parametrize("reply", [Reply(PAGE), Reply(PAGE, 404), Reply("", 301, {"Location": "/x"})])
def test_a_change_that_cloudstack_never_saw_is_not_in_doubt(reply):
    assert isinstance(error_of(reply, command="createVolume", changing=True), WrongEndpoint)


def test_busy_proxy():
    error = error_of(Reply(PAGE, 503))
    assert isinstance(error, ApiError)
    assert error.code == 503
    assert "is not ready" in str(error)


def test_errors_carry_what_they_know():
    errors = [
        (InvalidInput("size is no number", option="size", value="x"), {"option": "size", "value": "x"}),
        (NotFound("no zone z", nearest=["z1"]), {"nearest": ["z1"]}),
        (Ambiguous("two zones z", ids=["1", "2"], remedy="give id"), {"ids": ["1", "2"]}),
        (
            Drift("size", differences={"s": {"current": 1, "wanted": 2}}),
            {"differences": {"s": {"current": 1, "wanted": 2}}},
        ),
        (JobFailed("the job failed", job_id="0-1", code=530), {"job_id": "0-1", "code": 530}),
    ]
    for error, facts in errors:
        assert facts.items() <= error.as_dict().items()
        assert error.as_dict()["kind"] == type(error).__name__
    assert str(errors[2][0]) == "two zones z. Give id (ids: 1, 2)"
    assert str(errors[4][0]) == "the job failed [code 530, job 0-1]"


def test_errors_hide_secrets_from_the_start_and_the_connections_on_demand():
    error = InvalidInput(
        "password=abcd of hunter22",
        option="api_password",
        value="x",
        obj="user hunter22",
        remedy="not hunter22, token=abcd",
    )
    assert "abcd" not in str(error)
    assert error.value != "x"
    error.scrubbed(Redactor(["hunter22"]))
    drift = Drift("d", differences={"a": {"current": "hunter22"}}).scrubbed(Redactor(["hunter22"]))
    for one in (error, drift):
        assert "hunter22" not in f"{one} {one!r} {one.as_dict()} {one.args}"


def test_a_payload_needs_no_content():
    assert read(ok("listZones")) == {}
