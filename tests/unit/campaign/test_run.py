"""A campaign on made-up targets: what is touched, in which waves, when it stops, what it reports."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.campaign import (
    BLOCKED,
    DONE,
    DUE,
    LEFT,
    UNDER_WAY,
    Procedure,
    Standing,
    Target,
    as_operation,
    run,
    work,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.campaign.options import rules
from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, FakeClock, InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.client.counters import Counters
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile import Task


class World:
    """Routers of version 1 that should have 2; ``trouble[name]`` is how often the step of a router fails."""

    def __init__(self, count: int = 6, trouble: dict[str, int] | None = None) -> None:
        self.clock = FakeClock()
        self.counters = Counters()
        self.version = {f"r{number}": 1 for number in range(count)}
        self.trouble = dict(trouble or {})
        self.steps: list[str] = []
        self.told: list[str] = []
        self.pairs: dict[str, str] = {}
        self.standing_of: dict[str, Standing] = {}
        self.on_step: Callable[[str], None] = lambda name: None
        self._lock = threading.Lock()

    def parallel(self, calls: list[Callable[[], Any]]) -> list[Any]:
        return [call() for call in calls]

    def targets(self, _run: Any) -> list[Target]:
        return [
            Target(name, name, "router", ("z",), pair=self.pairs.get(name, ""), interrupts=(f"net of {name}",), cut=3)
            for name in self.version
        ]

    def standing(self, _run: Any, target: Target) -> Standing:
        if target.name in self.standing_of:
            return self.standing_of[target.name]
        return Standing(DONE) if self.version[target.name] == 2 else Standing(DUE, "old")

    def act(self, _run: Any, target: Target) -> None:
        with self._lock:
            self.counters.changes += 1
            self.steps.append(target.name)
            self.clock.sleep(1)
        self.on_step(target.name)
        if self.trouble.get(target.name, 0):
            self.trouble[target.name] -= 1
            raise ApiError(f"{target.name} refused")
        self.version[target.name] = 2

    def verify(self, _run: Any, target: Target) -> None:
        assert self.version[target.name] == 2

    def go(
        self, *, check: bool = False, diff: bool = False, procedure: dict[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        record = Procedure(
            name="router_upgrade", summary="", noun="router", targets=self.targets, standing=self.standing,
            act=self.act, verify=self.verify,
        )  # fmt: skip
        operation = as_operation(replace(record, **(procedure or {})))
        defaults = {option.name: option.default for option in operation.options if option.default is not None}
        self.task = Task(
            operation, {**defaults, **options}, _View(self), check=check, diff=diff, progress=self.told.append
        )
        return operation.run(self.task)


class _View:
    def __init__(self, client: Any) -> None:
        self.client = client


def states(result: dict[str, Any]) -> dict[str, str]:
    return {target["name"]: target["state"] for target in result["report"]["targets"]}


def test_all_reach_the_goal_and_a_second_run_touches_nobody():
    world = World()
    assert world.go()["counts"] == {"done": 6}
    again = world.go()
    assert not again["changed"]
    assert again["counts"] == {"already": 6}
    assert len(world.steps) == 6


def test_check_mode_prints_the_whole_plan_and_takes_no_step():
    world = World(3)
    result = world.go(check=True, canaries=1)
    assert world.steps == []
    assert [(entry["target"], entry["wave"], entry["interrupts"]) for entry in result["plan"]] == [
        ("r0", 1, ["net of r0"]), ("r1", 2, ["net of r1"]), ("r2", 2, ["net of r2"]),
    ]  # fmt: skip
    assert result["changed"]


def test_in_check_mode_plan_and_report_together_name_everybody_once():
    world = World(4)
    world.version["r1"] = 2
    world.standing_of = {"r2": Standing(BLOCKED, "a job is running"), "r3": Standing(LEFT, "stopped")}
    result = world.go(check=True)
    assert [entry["target"] for entry in result["plan"]] == ["r0"]
    assert states(result) == {"r1": "already", "r2": "skipped", "r3": "left"}
    assert result["counts"] == {"already": 1, "left": 1, "skipped": 1, "waiting": 1}


def test_people_see_the_plan_in_check_mode_and_as_the_difference():
    plan = [
        "wave 1: router r0 (z): old; interrupts net of r0 for about 3 s",
        "  r0 gets 2",
        "wave 2: router r1 (z): old; interrupts net of r1 for about 3 s",
        "  r1 gets 2",
    ]
    details = {"plan_details": lambda _run, target: [f"{target.name} gets 2"]}
    world = World(2)
    assert "diff" not in world.go(check=True, canaries=1, procedure=details)
    assert world.told == plan
    expected = {"prepared": "".join(f"{line}\n" for line in plan)}
    assert world.go(check=True, diff=True, canaries=1, procedure=details)["diff"] == expected
    assert world.go(diff=True, canaries=1, procedure=details)["diff"] == expected
    assert "diff" not in world.go(diff=True, procedure=details)


def test_a_scope_with_nothing_in_it_is_told():
    world = World(0)
    assert not world.go()["changed"]
    assert world.told == ["there is no router in the scope given"]


def test_a_plan_that_is_too_long_to_read_is_cut_and_says_so():
    world = World(203)
    world.go(check=True)
    assert (len(world.told), world.told[-1]) == (201, "... and 3 more lines")


def test_one_that_is_at_its_goal_is_told_as_one():
    told = World(2, {"r1": 9}).go()["msg"]
    assert told.endswith("used up): 1 router is at its goal, 1 failed, 0 were left; r1: r1 refused")


def test_waiting_is_told_once_a_minute_while_nothing_is_new():
    world = World(1)

    def verify(run: Any, target: Target) -> None:
        begun = run.clock.monotonic()
        run.wait_for(target, "the agent", lambda: run.clock.monotonic() - begun > 150 or "the agent")

    world.go(procedure={"verify": verify})
    assert world.told.count("routers 0/1, r0: waiting for the agent") == 3


def test_a_failed_canary_saves_the_rest():
    world = World(5, {"r0": 9})
    result = world.go(canaries=1, failure_budget=3, retries=0)
    assert world.steps == ["r0"]
    assert result["failed"]
    assert "a canary failed" in result["msg"]
    assert states(result)["r4"] == "skipped"


def test_a_step_is_tried_again_as_often_as_allowed_and_not_more():
    world = World(2, {"r0": 1, "r1": 9})
    result = world.go(retries=2, failure_budget=1)
    assert world.steps.count("r0") == 2
    assert world.steps.count("r1") == 3
    assert states(result) == {"r0": "done", "r1": "failed"}
    assert not result["failed"], "one failure is within the budget"


def test_the_failure_budget_stops_what_has_not_begun():
    world = World(6, {"r0": 9, "r1": 9})
    result = world.go(retries=0, failure_budget=1)
    assert world.steps == ["r0", "r1"]
    assert "failure budget" in result["msg"]
    assert result["counts"] == {"failed": 2, "skipped": 4}


def test_the_partner_of_a_failed_one_is_left_alone():
    world = World(3, {"r0": 9})
    world.pairs = {"r0": "p", "r1": "p"}
    result = world.go(retries=0, failure_budget=5)
    assert states(result) == {"r0": "failed", "r1": "skipped", "r2": "done"}


def test_a_brake_that_is_pulled_already_or_never_can_be_is_refused(tmp_path):
    """Before tenants are told; a plan of what is left may be made all the same."""
    world, brake = World(), tmp_path / "stop"
    with pytest.raises(InvalidInput, match=r"folder .* does not exist"):
        world.go(stop_file=str(tmp_path / "nowhere" / "stop"))
    brake.touch()
    with pytest.raises(InvalidInput, match="there already") as caught:
        world.go(stop_file=str(brake))
    assert (caught.value.option, world.steps) == ("stop_file", [])
    assert len(world.go(stop_file=str(brake), check=True)["plan"]) == 6


def test_what_reached_its_goal_before_its_turn_was_not_interrupted():
    world = World(2)
    world.on_step = lambda name: world.version.update(r1=2)
    result = world.go()
    assert states(result) == {"r0": "done", "r1": "already"}
    assert [bool(target["begun"] or target["ended"]) for target in result["report"]["targets"]] == [True, False]


def test_the_stop_file_is_a_brake(tmp_path):
    world = World(4)
    world.on_step = lambda name: (tmp_path / "stop").touch()
    result = world.go(stop_file=str(tmp_path / "stop"))
    assert result["counts"] == {"done": 1, "skipped": 3}
    assert "stop file" in result["msg"]
    (tmp_path / "stop").unlink()
    world.on_step = lambda name: None
    assert world.go()["counts"] == {"already": 1, "done": 3}


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_user_may_interrupt_and_what_is_under_way_is_verified():
    world, before = World(4), signal.getsignal(signal.SIGINT)
    world.on_step = lambda name: press_ctrl_c() if name == "r1" else None
    result = world.go()
    assert (result["failed"], result["interrupted"], result["changed"]) == (True, True, True)
    assert "interrupted" in result["msg"]
    assert states(result) == {"r0": "done", "r1": "done", "r2": "skipped", "r3": "skipped"}
    assert signal.getsignal(signal.SIGINT) is before


def test_a_target_that_is_yet_to_be_tried_again_uses_up_no_budget():
    """Another ends well while the first rests before its second try."""
    world, threads = World(2, {"r0": 1}), {}

    def is_told(words: str) -> Callable[[], bool]:
        return lambda: any(words in text for text in world.told)

    def step(name: str) -> None:
        threads[name] = threading.get_ident()
        if name == "r1":
            _until(is_told("trying again"))

    def rest(seconds: float) -> None:
        if threads.get("r0") == threading.get_ident() and is_told("trying again")():
            _until(is_told("r1 done"))
        world.clock.advance(seconds)

    world.on_step, world.clock.sleep = step, rest
    result = world.go(retries=1, retry_delay=30, parallel=2, failure_budget=0, per_host=0)
    assert (result["counts"], result.get("failed")) == ({"done": 2}, None)


def _until(look: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not look():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_progress_tells_failures_and_the_time_that_is_left():
    world = World(40, {"r3": 9})
    world.on_step = lambda _name: world.clock.sleep(60)
    world.go(retries=0, failure_budget=1)
    told = [text for text in world.told if " done" in text]
    assert told[2].startswith("routers 3/40: ")
    assert told[12].startswith("routers 13/40, about 27 min left: ")
    assert told[-1].startswith("routers 40/40, 1 failed: ")


def test_what_is_blocked_or_none_of_its_business_is_not_touched():
    world = World(3)
    world.standing_of = {"r0": Standing(BLOCKED, "a job is running"), "r1": Standing(LEFT, "stopped")}
    result = world.go()
    assert world.steps == ["r2"]
    assert states(result) == {"r0": "skipped", "r1": "left", "r2": "done"}
    assert "a job is running" in world.task.warnings[0]


def test_a_target_whose_end_is_unknown_is_called_unsafe():
    world = World(1, {"r0": 9})

    def vanish(name):
        world.standing_of[name] = Standing(BLOCKED, "gone")

    world.on_step = vanish
    result = world.go(retries=0)
    assert states(result) == {"r0": "unsafe"}
    assert "unsafe, look at them first: r0" in result["msg"]


def test_a_step_that_an_earlier_run_took_is_proved_and_not_taken_again():
    world = World(2)
    world.standing_of = {"r0": Standing(UNDER_WAY, "a new one is starting")}
    world.version["r0"] = 2
    planned = world.go(check=True)
    assert [entry["reason"] for entry in planned["plan"]] == ["a new one is starting", "old"]
    assert world.go()["counts"] == {"done": 2}
    assert world.steps == ["r1"]


def test_what_looks_done_after_a_failed_step_must_still_prove_it():
    world = World(1, {"r0": 1})
    proofs = []

    def verify(_run, target):
        proofs.append(target.name)
        if len(proofs) == 1:
            raise ApiError("not yet")

    def look_done(name):
        world.standing_of[name] = Standing(DONE)

    world.on_step = look_done
    result = world.go(retries=2, procedure={"verify": verify})
    assert (world.steps, proofs, states(result)) == (["r0"], ["r0", "r0"], {"r0": "done"})


def test_a_target_that_cannot_be_tried_again_is_a_failure():
    world = World(1, {"r0": 1})

    def stop(name):
        world.standing_of[name] = Standing(LEFT, "stopped")

    world.on_step = stop
    result = world.go(retries=3)
    assert (world.steps, states(result)) == (["r0"], {"r0": "unsafe"})
    assert result["failed"]


def test_many_targets_are_judged_by_one_look_and_again_one_by_one_before_their_steps():
    world, asked = World(3), []

    def standing(run, target):
        asked.append(target.name)
        return world.standing(run, target)

    record = {"standings": lambda run, targets: [world.standing(run, t) for t in targets], "standing": standing}
    world.go(check=True, procedure=record)
    assert asked == []
    world.go(procedure=record)
    assert asked == ["r0", "r1", "r2"]


def test_a_run_that_breaks_off_leaves_its_report_and_tells_the_tenants(tmp_path, monkeypatch):
    world, told = World(2), []
    monkeypatch.setattr(run, "send_notice", lambda _run, moment, _content: told.append(moment))

    def crash(_name):
        raise RuntimeError("a mistake in the procedure")

    world.on_step = crash
    with pytest.raises(RuntimeError):
        world.go(report=str(tmp_path / "run"), retries=0)
    assert json.loads((tmp_path / "run.json").read_text())["counts"] == {"failed": 1, "waiting": 1}
    assert told == ["before", "after"]


def test_ctrl_c_in_a_pause_between_batches_is_a_brake_too():
    world = World(2)
    real = world.clock.sleep

    def sleep(seconds):
        if len(world.steps) == 1 and seconds == work.LOOK_EVERY:
            press_ctrl_c()
        real(seconds)

    world.on_step = lambda name: setattr(world.clock, "sleep", sleep)
    result = world.go(batch="1", pause=50)
    assert (states(result), "interrupted" in result["msg"]) == ({"r0": "done", "r1": "skipped"}, True)


def test_steps_begin_only_inside_the_window():
    world = World(1)
    world.clock = FakeClock()
    result = world.go(window="03:00-03:05", time_zone="Europe/Berlin")
    begun = result["report"]["targets"][0]["begun"]
    assert (begun % 86400) // 60 in (60, 61, 62, 63, 64, 120, 121, 122, 123, 124), "03:00 there is 01:00 or 02:00 UTC"


@pytest.mark.parametrize(("window", "now", "hours"), [
    ("04:00-05:00", "2026-03-28T22:00", 4), ("22:00-23:00", "2026-03-28T22:30", 21.5),
    ("02:30-03:30", "2026-03-29T00:00", 1), ("02:15-02:45", "2026-03-29T00:00", 24.25),
    ("04:00-05:00", "2026-10-24T22:00", 5), ("02:00-02:30", "2026-10-25T00:30", 0.5),
    ("23:00-05:00", "2026-03-29T02:59", 0), ("23:00-05:00", "2026-03-29T03:00", 18),
])  # fmt: skip
def test_a_window_opens_by_the_clock_on_the_wall_when_it_jumps(window, now, hours):
    """Berlin skips 02:00 to 03:00 on the one day, and has it twice on the other; ``now`` is in UTC."""
    found = rules({"window": window, "time_zone": "Europe/Berlin"}).window
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
    assert found.seconds_until_open(moment) == hours * 3600


def test_what_failed_is_not_tried_again_outside_the_window():
    world = World(1, {"r0": 1})
    world.on_step = lambda name: world.clock.sleep(600)
    result = world.go(window="03:00-03:05", retries=3)
    assert (world.steps, states(result)) == (["r0"], {"r0": "failed"})


@pytest.mark.parametrize(("options", "names"), [
    ({"window": "25:00-1"}, "window"), ({"window": "1:00-2:00", "time_zone": "Mars"}, "time_zone"),
    ({"batch": "0"}, "batch"), ({"batch": "120%"}, "batch"), ({"parallel": -1}, "parallel"),
    ({"parallel": 0}, "parallel"), ({"step_timeout": 0}, "step_timeout"),
    ({"retries": -1}, "retries"),
])  # fmt: skip
def test_nonsense_is_refused_by_name(options, names):
    world = World()
    with pytest.raises(InvalidInput) as caught:
        world.go(**options)
    assert names in str(caught.value)
    assert world.steps == []


def test_what_can_lose_data_must_be_confirmed_by_typing():
    world = World(1)
    record = {"confirm": lambda _run, due: "destroy r0"}
    with pytest.raises(InvalidInput, match="confirm"):
        world.go(procedure=record)
    assert world.steps == []
    world.go(procedure=record, confirm="destroy r0")
    assert world.steps == ["r0"]


def test_batches_rest_between_each_other():
    world = World(4)
    report = world.go(batch="50%", pause=100)["report"]
    begun = [target["begun"] for target in report["targets"]]
    assert begun[2] - begun[1] >= 100
    assert begun[1] - begun[0] < 100


def test_the_report_is_written_for_machines_and_for_people(tmp_path: Path):
    world = World(2, {"r1": 9})
    world.go(report=str(tmp_path / "run"), retries=0)
    assert json.loads((tmp_path / "run.json").read_text())["counts"] == {"done": 1, "failed": 1}
    page = (tmp_path / "run.html").read_text()
    assert page.count("<rect") == 2
    assert "net of r0" in page
    assert page.count(">failed</text>") == 1, "what the colour says is said in words too"
    assert page.index("<b>r1</b> failed") < page.index("<svg"), "what somebody has to look at comes first"
    assert page.index("<td>r1</td>") < page.index("<td>r0</td>")
    with pytest.raises(InvalidInput, match="report"):
        World(1).go(report=str(tmp_path / "no" / "run"))


def test_a_long_report_names_in_its_picture_only_what_did_not_end_well(tmp_path: Path):
    world = World(400, {"r7": 9})
    world.go(report=str(tmp_path / "run"), retries=0, failure_budget=1, parallel=20)
    picture = (tmp_path / "run.html").read_text().partition("</svg>")[0]
    assert picture.count("<rect") == 400
    assert picture.count('<text x="8"') == 1
    assert ">r7 · net of r7</text>" in picture


def test_a_long_campaign_that_failed_prints_what_matters_and_writes_all(tmp_path: Path):
    world = World(500, {"r7": 9})
    result = world.go(report=str(tmp_path / "run"), retries=0, parallel=20, batch="490")
    assert result["failed"] and result["msg"].endswith(f"; see {tmp_path / 'run'}.html")
    assert sum(result["counts"].values()) == 500
    assert (len(result["plan"]), len(result["report"]["targets"]) + result["report"]["left_out"]) == (200, 500)
    assert {"r7"} == {target["name"] for target in result["report"]["targets"] if target["state"] == "failed"}
    assert len(json.loads((tmp_path / "run.json").read_text())["targets"]) == 500


def test_a_step_that_sent_nothing_is_no_change():
    world = World(1)

    def act(_run, target):
        world.version[target.name] = 2

    result = world.go(procedure={"act": act})
    assert (result["counts"], result["changed"]) == ({"done": 1}, False)
    assert World(1).go()["changed"]
