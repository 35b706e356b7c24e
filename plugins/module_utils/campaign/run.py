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
from typing import Any

from ..client import InvalidInput, JobTimeout
from ..reconcile import Task
from ..reconcile.task import SAME_AGAIN
from .brake import brake_by_signal, stop_file
from .jobs import await_others
from .notice import send_notice
from .options import Rules, rules
from .plan import entries, lines
from .procedure import Procedure
from .report import check_place, write_report
from .rights import check_rights
from .schedule import in_order, waves
from .targets import BLOCKED, DONE, DUE, LEFT, UNDER_WAY, Target
from .timeline import Timeline
from .typed import is_confirmed
from .verdict import FAILURES, in_short, reported, verdict
from .work import await_window, carry_out

ENOUGH = 10
"""So many targets must have ended before the time of the others is estimated."""
REPORT_EVERY = 30.0
"""Seconds between two versions of the report while steps are taken."""


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
        #: How many targets need their step, and how many are worked: those whose step is yet to prove its goal too.
        self.needing = self.total = 0
        #: When the first step was begun, by the monotonic clock.
        self.first_step: float | None = None
        #: What a procedure remembers between its functions.
        self.memory: dict[str, Any] = {}
        #: Jobs that this run is waiting for.
        self.own_jobs: set[str | None] = set()
        #: Set by Ctrl-C.
        self.is_interrupted = False
        #: The file that is the brake when it appears.
        self.brake_file = stop_file(self.rules.stop_file, only_planned=task.check)
        self._changes = self.client.counters.changes
        self._stopped = ""
        self._reported = self.clock.monotonic()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the epoch, by the one injected clock."""
        return self.clock.now().timestamp()

    def option(self, name: str) -> Any:
        """An option's value. Lists that were given as one text, ``a, b``, come without blanks around their parts."""
        value = self.task.option(name)
        return [part.strip() if isinstance(part, str) else part for part in value] if isinstance(value, list) else value

    def change(self, command: str, params: dict[str, Any], obj: str) -> dict[str, Any]:
        """Sends a changing call and waits for its job. Never in check mode."""
        if self.task.check:
            raise AssertionError(f"{command} was about to be sent in check mode")
        if not self.procedure.commands:
            return self.client.run(command, params, obj=obj)
        job = self.client.start(command, params, obj=obj)
        self.own_jobs.add(job.id)
        try:
            return self.client.wait(job)
        finally:
            self.own_jobs.discard(job.id)

    def wait_for(self, target: Target, what: str, look: Callable[[], bool | str], timeout: float | None = None) -> None:
        """Looks until it returns True. A text says what is still awaited. Raises JobTimeout when time is up."""
        limit = self.rules.step_timeout if timeout is None else timeout
        begun, pause, last = self.clock.monotonic(), 0.1, ""
        said: tuple[str, float] = ("", 0.0)
        while True:
            answer = look()
            if answer is True:
                return
            if isinstance(answer, str) and answer:
                last = answer
            awaited, now = last or what, self.clock.monotonic()
            if awaited != said[0] or now - said[1] >= SAME_AGAIN:
                said = awaited, now
                self.task.tell(f"{self.progress()}, {target.name}: waiting for {awaited}")
            if self.clock.monotonic() - begun >= limit:
                raise JobTimeout(
                    f"{target.title}: {what} was not reached in {limit:.0f} s" + (f" ({last})" if last else ""),
                    obj=target.title,
                    remedy="look at the server's events; run again to continue",
                )
            self.clock.sleep(pause)
            pause = min(pause * 1.5, 5.0)

    @property
    def has_changed(self) -> bool:
        """Whether a changing call was sent, whatever became of it."""
        return bool(self.client.counters.changes > self._changes)

    def progress(self) -> str:
        """How many targets have ended, how many of them not well, and how long the rest may take."""
        ended = self.total - self.timeline.count("waiting", "running")
        failed = self.timeline.count(*FAILURES)
        return (
            f"{self.procedure.noun}s {ended}/{self.total}"
            + (f", {failed} failed" if failed else "")
            + self._rest(ended)
        )

    def _rest(self, ended: int) -> str:
        """An estimate from what has ended. None where a window or the brake decides, or for less than a minute."""
        if ended < ENOUGH or self.first_step is None or self.rules.window or self._stopped:
            return ""
        minutes = (self.clock.monotonic() - self.first_step) / ended * (self.total - ended) / 60
        hours, rest = divmod(round(minutes), 60)
        if minutes < 1:
            return ""
        return f", about {hours} h {rest} min left" if hours else f", about {rest} min left"

    # The brake

    @property
    def stopped(self) -> str:
        """Why no new step begins; empty while all is well."""
        if not self._stopped and self.is_interrupted:
            self.stop("interrupted by the user")
        if not self._stopped and self.brake_file and self.brake_file.exists():
            self.stop(f"the stop file {self.brake_file} appeared")
        return self._stopped

    def stop(self, why: str) -> None:
        with self._lock:
            if not self._stopped:
                self._stopped = why
                self.timeline.mark(self.now(), f"stopped: {why}")
                # After Ctrl-C the usual way to the user is closed.
                tell = getattr(self.task.progress, "urgent", self.task.tell) if self.is_interrupted else self.task.tell
                tell(f"stopping: {why}; what is under way is still verified")

    # The report

    def write_report(self) -> None:
        """Writes the report as it is now, if one is wanted."""
        if self.rules.report and not self.task.check:
            write_report(self.rules.report, self.timeline.as_dict())
        self._reported = self.clock.monotonic()

    def write_report_now_and_then(self) -> None:
        """So that a long campaign can be looked at, and one that was killed has left its report."""
        if self.clock.monotonic() - self._reported >= REPORT_EVERY:
            self.write_report()


def run_campaign(procedure: Procedure, task: Task) -> dict[str, Any]:
    """Runs a procedure and returns the module's result. In check mode it returns the plan and changes nothing."""
    run = Run(procedure, task)
    if run.rules.report:
        check_place(run.rules.report)
    due = _inspect(run)
    run.total = len(due)
    if procedure.preflight:
        procedure.preflight(run, due)
    planned = waves(in_order(due), canaries=run.rules.canaries, batch=run.rules.batch_size(len(due)))
    for number, wave in enumerate(planned, 1):
        for target in wave:
            run.timeline.entries[target.id].wave = number
    steps = list(procedure.prepare_plan(run, due)) if procedure.prepare_plan else []
    if due or steps:
        check_rights(run, due)
    result = {"changed": bool(run.needing or steps), "plan": entries(run, planned, steps)}
    result.update(_shown(run, lines(run, planned, steps)))
    if task.check and procedure.confirm and (wanted := procedure.confirm(run, due)):
        result["confirm"] = str(wanted)
    if task.check or not (due or steps):
        run.timeline.ended = run.now()
        run.write_report()
        return {**result, **reported(run)}
    _confirmed(run, due)
    send_notice(run, "before", result["plan"])
    try:
        with brake_by_signal(run):
            _go(run, planned, due, steps)
    finally:
        run.timeline.ended = run.now()
        run.write_report()
        send_notice(run, "after", run.timeline.as_dict())
    ended = {**result, **reported(run), **verdict(run, bool(steps))}
    return in_short(ended) if ended.get("failed") else ended


def _go(run: Run, planned: Sequence[Sequence[Target]], due: Sequence[Target], steps: Sequence[str]) -> None:
    procedure = run.procedure
    await_others(run)
    if procedure.prepare and steps:
        await_window(run)
        if not run.stopped:
            run.notes.update(procedure.prepare(run, due) or {})
    carry_out(run, planned)
    if procedure.finish and not run.stopped and not run.timeline.count(*FAILURES):
        procedure.finish(run, due)


def _inspect(run: Run) -> list[Target]:
    """Reads all targets and how they stand, side by side; returns those that are due or under way."""
    procedure, targets = run.procedure, list(run.procedure.targets(run))
    if procedure.standings:
        standings = list(procedure.standings(run, targets))
    else:
        standings = run.client.parallel([lambda target=target: procedure.standing(run, target) for target in targets])
    if not targets:
        run.task.tell(f"there is no {procedure.noun} in the scope given")
    due = []
    for target, standing in zip(targets, standings, strict=True):
        state = {DONE: "already", LEFT: "left", BLOCKED: "skipped"}.get(standing.state, "waiting")
        run.timeline.add(target, state, standing.reason)
        if standing.state in (DUE, UNDER_WAY):
            due.append(target)
            run.needing += standing.state == DUE
        elif standing.state == BLOCKED:
            run.task.warn(f"not touched: {target.title}: {standing.reason}")
    return due


def _confirmed(run: Run, due: Sequence[Target]) -> None:
    wanted = run.procedure.confirm(run, due) if run.procedure.confirm else ""
    if wanted and not is_confirmed(wanted, run.rules.confirm):
        raise InvalidInput(
            f"{run.procedure.name} stops or loses here what its plan names, and wants to be confirmed",
            option="confirm",
            remedy=f"look at the plan in check mode, then give confirm: {str(wanted)!r}",
        )


def _shown(run: Run, lines: Sequence[str]) -> dict[str, Any]:
    """Shows the plan to people: as the task's difference if they asked for that, else in check mode as it is made."""
    if run.task.diff and lines:
        return {"diff": {"prepared": "".join(f"{line}\n" for line in lines)}}
    if run.task.check:
        for line in lines:
            run.task.tell(line)
    return {}
