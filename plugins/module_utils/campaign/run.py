# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One campaign on its way: inspect, take the step, verify, within limits, until done or stopped.

The cloud itself is the journal: what is at its goal is skipped, so a campaign that was cut off is resumed by running
it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from ..client import CloudStackError, InvalidInput, JobTimeout
from ..reconcile import Task
from .notice import send_notice
from .options import Rules, rules
from .procedure import Procedure
from .report import write_report
from .schedule import Queue, in_order, waves
from .targets import BLOCKED, DONE, DUE, LEFT, Target
from .timeline import Entry, Timeline

LOOK_EVERY = 1.0
"""Seconds between two looks at the brake while steps are under way or a window is closed."""


class Run:
    """What a procedure's functions see: the task, its options, the clock, and a way to wait for a goal."""

    def __init__(self, procedure: Procedure, task: Task) -> None:
        self.procedure = procedure
        self.task = task
        self.client = task.client
        self.clock = task.clock
        self.view = task.view
        self.rules: Rules = rules(task.given)
        self.timeline = Timeline(procedure.name, self.now())
        #: What goes into the module's result beside the report.
        self.notes: dict[str, Any] = {}
        #: What a procedure remembers between its functions.
        self.memory: dict[str, Any] = {}
        self._stopped = ""
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the epoch, by the one injected clock."""
        return self.clock.now().timestamp()

    def option(self, name: str) -> Any:
        return self.task.option(name)

    def change(self, command: str, params: dict[str, Any], obj: str) -> dict[str, Any]:
        """Sends a changing call and waits for its job. Never in check mode."""
        if self.task.check:
            raise AssertionError(f"{command} was about to be sent in check mode")
        return self.client.run(command, params, obj=obj)

    def wait_for(self, target: Target, what: str, look: Callable[[], bool | str], timeout: float | None = None) -> None:
        """Looks until it returns True. A text says what is still awaited. Raises JobTimeout when time is up."""
        limit = self.rules.step_timeout if timeout is None else timeout
        begun, pause, last = self.clock.monotonic(), 0.1, ""
        while True:
            answer = look()
            if answer is True:
                return
            if isinstance(answer, str) and answer:
                last = answer
            self.task.tell(f"{self.progress()}, {target.name}: waiting for {last or what}")
            if self.clock.monotonic() - begun >= limit:
                raise JobTimeout(
                    f"{target.title}: {what} was not reached in {limit:.0f} s" + (f" ({last})" if last else ""),
                    obj=target.title,
                    remedy="look at the server's events; run again to continue",
                )
            self.clock.sleep(pause)
            pause = min(pause * 1.5, 5.0)

    def progress(self) -> str:
        timeline = self.timeline
        ended = timeline.count("done", "failed", "skipped", "unsafe")
        return f"{self.procedure.noun}s {ended}/{ended + timeline.count('waiting', 'running')}"

    # The brake

    @property
    def stopped(self) -> str:
        """Why no new step begins; empty while all is well."""
        if not self._stopped and self.rules.stop_file and Path(self.rules.stop_file).exists():
            self.stop(f"the stop file {self.rules.stop_file} appeared")
        return self._stopped

    def stop(self, why: str) -> None:
        with self._lock:
            if not self._stopped:
                self._stopped = why
                self.timeline.mark(self.now(), f"stopped: {why}")
                self.task.tell(f"stopping: {why}; what is under way is still verified")


def run_campaign(procedure: Procedure, task: Task) -> dict[str, Any]:
    """Runs a procedure and returns the module's result. In check mode it returns the plan and changes nothing."""
    run = Run(procedure, task)
    due = _inspect(run)
    if procedure.preflight:
        procedure.preflight(run, due)
    planned = waves(in_order(due), canaries=run.rules.canaries, batch=run.rules.batch_size(len(due)))
    for number, wave in enumerate(planned, 1):
        for target in wave:
            run.timeline.entries[target.id].wave = number
    steps = list(procedure.prepare_plan(run, due)) if procedure.prepare_plan else []
    result = {"changed": bool(due or steps), "plan": _plan(run, planned, steps)}
    if task.check or not (due or steps):
        return {**result, **_reported(run)}
    _confirmed(run, due)
    send_notice(run, "before", result["plan"])
    if procedure.prepare and steps:
        run.notes.update(procedure.prepare(run, due) or {})
    _carry_out(run, planned)
    if procedure.finish and not run.stopped and not run.timeline.count("failed", "unsafe"):
        procedure.finish(run, due)
    run.timeline.ended = run.now()
    send_notice(run, "after", run.timeline.as_dict())
    return {**result, **_reported(run), **_verdict(run, bool(steps))}


def _inspect(run: Run) -> list[Target]:
    """Reads all targets and how they stand, side by side; returns those that are due."""
    targets = list(run.procedure.targets(run))
    standings = run.client.parallel([lambda target=target: run.procedure.standing(run, target) for target in targets])
    due = []
    blocked = []
    for target, standing in zip(targets, standings, strict=True):
        state = {DONE: "already", DUE: "waiting", LEFT: "left", BLOCKED: "skipped"}[standing.state]
        run.timeline.add(target, state, standing.reason)
        if standing.state == DUE:
            due.append(target)
        elif standing.state == BLOCKED:
            blocked.append(f"{target.title}: {standing.reason}")
    for text in blocked:
        run.task.warn(f"not touched: {text}")
    return due


def _confirmed(run: Run, due: Sequence[Target]) -> None:
    wanted = run.procedure.confirm(run, due) if run.procedure.confirm else ""
    if wanted and run.rules.confirm != wanted:
        raise InvalidInput(
            f"{run.procedure.name} can lose data here and wants to be confirmed",
            option="confirm",
            remedy=f"look at the plan in check mode, then give confirm: {wanted!r}",
        )


def _plan(run: Run, planned: Sequence[Sequence[Target]], steps: Sequence[str]) -> list[dict[str, Any]]:
    """What will happen, in order, for check mode and the report."""
    plan: list[dict[str, Any]] = [{"step": text} for text in steps]
    for number, wave in enumerate(planned, 1):
        for target in wave:
            plan.append(
                {
                    "wave": number,
                    "target": target.name,
                    "kind": target.kind,
                    "place": "/".join(part for part in target.place if part),
                    "host": target.host,
                    "reason": run.timeline.entries[target.id].reason,
                    "interrupts": list(target.interrupts),
                    "expected_cut": target.cut,
                }
            )
    return plan


def _carry_out(run: Run, planned: Sequence[Sequence[Target]]) -> None:
    for number, wave in enumerate(planned):
        if number and not run.stopped:
            run.timeline.mark(run.now(), f"wave {number} ended")
            _canaries_must_live(run, number)
            _rest(run, run.rules.pause if number > 1 or not run.rules.canaries else 0.0)
        _Wave(run, wave).go()


def _canaries_must_live(run: Run, ended: int) -> None:
    if ended == 1 and run.rules.canaries and run.timeline.count("failed", "unsafe"):
        run.stop("a canary failed")


def _rest(run: Run, seconds: float) -> None:
    """Sleeps in short pieces, so that the brake works at once."""
    until = run.clock.monotonic() + seconds
    while not run.stopped and run.clock.monotonic() < until:
        run.clock.sleep(min(LOOK_EVERY, until - run.clock.monotonic()))


class _Wave:
    """The targets between two barriers."""

    def __init__(self, run: Run, targets: Sequence[Target]) -> None:
        self.run = run
        self.queue = Queue(targets, run.rules.limits)

    def go(self) -> None:
        run = self.run
        running: dict[Future[None], Target] = {}
        with ThreadPoolExecutor(max_workers=run.rules.limits.overall) as pool:
            while True:
                try:
                    if not self._begin(pool, running):
                        break
                    finished, _rest_of_them = wait(running, timeout=LOOK_EVERY, return_when=FIRST_COMPLETED)
                    for future in finished:
                        self._end(running.pop(future), future)
                except KeyboardInterrupt:
                    run.stop("interrupted by the user")
        for target in self.queue.waiting():
            self._skip(target, run.stopped)

    def _begin(self, pool: ThreadPoolExecutor, running: dict[Future[None], Target]) -> bool:
        """Begins what may begin; False when nothing is under way any more."""
        run = self.run
        while not run.stopped:
            closed = run.rules.window.seconds_until_open(run.now()) if run.rules.window else 0.0
            if closed:
                if running:
                    break
                run.timeline.mark(run.now(), "waiting for the window")
                run.task.tell(f"{run.progress()}: outside the window, {closed / 60:.0f} minutes to wait")
                _rest(run, closed)
                continue
            target = self.queue.take()
            if target is None:
                break
            running[pool.submit(self._step, target)] = target
        return bool(running)

    def _step(self, target: Target) -> None:
        run, entry = self.run, self.run.timeline.entries[target.id]
        entry.state, entry.begun = "running", run.now()
        try:
            _to_its_goal(run, target, entry)
        finally:
            entry.ended = run.now()

    def _end(self, target: Target, future: Future[None]) -> None:
        run, entry = self.run, self.run.timeline.entries[target.id]
        error = future.exception()
        if error is not None:
            entry.state = entry.state if entry.state == "unsafe" else "failed"
            entry.reason = str(error)
            for partner in self.queue.drop(target):
                self._skip(partner, f"its partner {target.name} failed")
        self.queue.ended(target)
        run.task.tell(f"{run.progress()}: {target.name} {entry.state}" + (f": {entry.reason}" if error else ""))
        if run.timeline.count("failed", "unsafe") > run.rules.failure_budget:
            run.stop("the failure budget is used up")
        if error is not None and not isinstance(error, CloudStackError):
            raise error

    def _skip(self, target: Target, why: str) -> None:
        entry = self.run.timeline.entries[target.id]
        entry.state, entry.reason = "skipped", why


def _to_its_goal(run: Run, target: Target, entry: Entry) -> None:
    """Tries the step as often as allowed. Before each try the target is inspected anew: the cloud is the journal."""
    procedure = run.procedure
    while True:
        standing = procedure.standing(run, target)
        if standing.state == DONE:
            entry.state = "done" if entry.attempts else "already"
            return
        if standing.state != DUE:
            entry.state, entry.reason = "skipped", standing.reason
            return
        entry.attempts += 1
        try:
            procedure.act(run, target)
            procedure.verify(run, target)
        except CloudStackError as error:
            entry.state = "unsafe"
            if entry.attempts > run.rules.retries or run.stopped:
                _judge(run, target, entry)
                if entry.state == "done":
                    return
                raise
            run.task.tell(f"{run.progress()}: {target.name} failed, trying again: {error}")
            entry.state = "running"
            _rest(run, run.rules.retry_delay)
            continue
        entry.state, entry.reason = "done", ""
        return


def _judge(run: Run, target: Target, entry: Entry) -> None:
    """After the last failure: at its goal all the same, safely as before, or unknown."""
    try:
        standing = run.procedure.standing(run, target)
    except CloudStackError:
        return
    entry.state = {DONE: "done", DUE: "failed"}.get(standing.state, "unsafe")


def _reported(run: Run) -> dict[str, Any]:
    report = run.timeline.as_dict()
    if run.rules.report and not run.task.check:
        write_report(run.rules.report, report)
    return {"report": report, "counts": report["counts"], **run.notes}


def _verdict(run: Run, prepared: bool) -> dict[str, Any]:
    """Whether the run is a failure, and the sentence that says what is done, left and unsafe."""
    timeline = run.timeline
    touched = any(entry.attempts for entry in timeline.entries.values())
    verdict: dict[str, Any] = {"changed": touched or prepared}
    failed = [entry for entry in timeline.entries.values() if entry.state in ("failed", "unsafe")]
    if not failed and not run.stopped:
        return verdict
    waiting = timeline.count("skipped")
    words = [
        f"{timeline.count('done', 'already')} {run.procedure.noun}s are at their goal",
        f"{len(failed)} failed",
        f"{waiting} were left",
    ]
    if timeline.count("unsafe"):
        words.append("unsafe, look at them first: " + ", ".join(e.target.name for e in failed if e.state == "unsafe"))
    why = f" ({run.stopped})" if run.stopped else ""
    first = f"; {failed[0].target.name}: {failed[0].reason}" if failed else ""
    within = len(failed) <= run.rules.failure_budget and not run.stopped
    return {**verdict, "failed": not within, "msg": f"{run.procedure.name}{why}: {', '.join(words)}{first}"}
