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
