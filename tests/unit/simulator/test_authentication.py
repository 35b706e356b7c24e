"""Who is let in: keys that may be used, and servers that insist on POST and timestamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.auth import signature
from cloudstack_simulator.clock import RunningClock


def signed(sim: Simulator, user: Any, command: str, **params: str) -> dict[str, str]:
    sent = {"command": command, "response": "json", "apikey": user.api_key, **params}
    return {**sent, "signature": signature(sent, user.secret_key)}


@pytest.fixture
def ann(sim: Simulator, people: dict[str, Any]) -> Any:
    sim.call("registerUserKeys", id=people["ann"].user.uuid)
    return people["ann"].user


@pytest.mark.parametrize(
    ("user", "account", "setting", "status"),
    [
        ("INHERIT", "INHERIT", True, 200),
        ("INHERIT", "INHERIT", False, 401),
        ("INHERIT", "ENABLED", False, 200),
        ("INHERIT", "DISABLED", True, 401),
        ("ENABLED", "DISABLED", False, 200),
        ("DISABLED", "ENABLED", True, 401),
    ],
)
def test_the_innermost_word_on_keys_counts(
    sim: Simulator, ann: Any, user: str, account: str, setting: bool, status: int
) -> None:
    ann.api_key_access = user
    sim.db.accounts[ann.account_id].api_key_access = account
    sim.settings.set("api.key.access", setting)
    assert sim.handle(signed(sim, ann, "listZones"))[0] == status


@pytest.fixture
def strict(sim: Simulator) -> Simulator:
    sim.settings.set("enforce.post.requests.and.timestamps", True)
    sim.begin()
    return sim


def expiring(sim: Simulator, seconds: float) -> dict[str, str]:
    moment = datetime.fromtimestamp(sim.clock.now() + seconds, UTC)
    return {"signatureversion": "3", "expires": moment.strftime("%Y-%m-%dT%H:%M:%S+0000")}


@pytest.mark.parametrize(("seconds", "status"), [(600, 200), (960, 401), (-60, 401)])
def test_where_timestamps_are_enforced_requests_expire_soon(strict: Simulator, seconds: float, status: int) -> None:
    request = signed(strict, strict.admin.user, "listZones", **expiring(strict, seconds))
    assert strict.handle(request, "GET")[0] == status


def test_a_clock_that_runs_ahead_does_not_make_the_signatures_of_callers_old() -> None:
    clock = RunningClock(rate=60.0)
    sim = Simulator(clock=clock)
    clock.advance_to(clock.now() + 7200)
    for seconds, status in ((60, 200), (-60, 401)):
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        expires = {"signatureversion": "3", "expires": moment.strftime("%Y-%m-%dT%H:%M:%S+0000")}
        assert sim.handle(signed(sim, sim.admin.user, "listZones", **expires))[0] == status


def test_where_timestamps_are_enforced_every_request_has_one(strict: Simulator) -> None:
    assert strict.handle(signed(strict, strict.admin.user, "listZones"))[0] == 401


def test_changes_need_post(strict: Simulator) -> None:
    request = signed(strict, strict.admin.user, "createDomain", name="d", **expiring(strict, 60))
    status, body = strict.handle(request, "GET")
    assert status == 400
    assert body["createdomainresponse"]["errortext"] == (
        "State changing command createDomain needs to be sent using POST request"
    )
    assert strict.handle(request, "POST")[0] == 200


def log_in(sim: Simulator, password: str = "password-of-ann", name: str = "ann") -> Any:
    sent = {"command": "login", "username": name, "password": password, "domain": "a", "response": "json"}
    return sim.reply(sent)


@pytest.mark.parametrize("locked", ["user", "account"])
def test_who_is_disabled_or_locked_neither_logs_in_nor_calls(sim: Simulator, ann: Any, locked: str) -> None:
    session = log_in(sim)
    row = ann if locked == "user" else sim.db.accounts[ann.account_id]
    row.state = "disabled" if locked == "user" else "locked"
    assert sim.handle(signed(sim, ann, "listZones"))[0] == 401
    key = session.cookies["sessionkey"]
    for text in ("unable to verify user credentials", "unable to verify user credentials and/or request signature"):
        status, body = sim.handle(
            {"command": "listZones", "response": "json", "sessionkey": key}, "GET", session.cookies
        )
        assert (status, body["listzonesresponse"]["errortext"]) == (401, text)
    refusal = log_in(sim).body["loginresponse"]["errortext"]
    assert refusal.startswith('User UserAccount {"accountName":"ann",')
    assert "is disabled/locked. Please contact the administrator." in refusal


def test_five_wrong_passwords_in_a_row_disable_a_user(sim: Simulator, ann: Any) -> None:
    for _ in range(4):
        assert "please provide valid credentials" in log_in(sim, "wrong").body["loginresponse"]["errortext"]
    assert log_in(sim).status == 200
    for _ in range(5):
        assert ann.state == "enabled"
        log_in(sim, "wrong")
    assert ann.state == "disabled"
    assert "is disabled/locked" in log_in(sim).body["loginresponse"]["errortext"]
    sim.call("enableUser", id=ann.uuid)
    log_in(sim, "wrong")
    assert log_in(sim).status == 200


def test_logins_and_logouts_are_events_of_the_user(sim: Simulator, ann: Any) -> None:
    session = log_in(sim)
    assert sim.handle({"command": "logout", "response": "json"}, "GET", session.cookies)[0] == 200
    events = [event for event in sim.db.events if event.type.startswith("USER.LOG")]
    assert [(e.type, e.user_id, e.resource) for e in events] == [
        ("USER.LOGIN", ann.id, ann.uuid),
        ("USER.LOGOUT", ann.id, ann.uuid),
    ]
    assert events[0].description == "user has logged in from IP Address /127.0.0.1"
