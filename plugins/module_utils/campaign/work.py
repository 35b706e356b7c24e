# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a campaign: wave by wave, side by side within limits, each until its target is at its goal."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from ..client import CloudStackError
from .jobs import await_others
from .schedule import Queue
from .targets import DONE, DUE, UNDER_WAY, Target
from .timeline import Entry

LOOK_EVERY = 1.0
"""Seconds between two looks at the brake while steps are under way or a window is closed."""


def carry_out(run: Any, planned: Sequence[Sequence[Target]]) -> None:
    """Works all waves, or as many as the brake allows. What is left over is marked as skipped."""
    for number, targets in enumerate(planned):
        if number and not run.stopped:
            run.timeline.mark(run.now(), f"wave {number} ended")
            _canaries_must_live(run, number)
            rest(run, run.rules.pause if number > 1 or not run.rules.canaries else 0.0)
        _Wave(run, targets).go()


def await_window(run: Any) -> None:
    """Waits until steps may begin, or until the brake is pulled."""
    while not run.stopped:
        closed = run.rules.window.seconds_until_open(run.now()) if run.rules.window else 0.0
        if not closed:
            return
        run.timeline.mark(run.now(), "waiting for the window")
        run.task.tell(f"{run.progress()}: outside the window, {closed / 60:.0f} minutes to wait")
        rest(run, closed)


def _is_closed(run: Any) -> bool:
    """Whether no step may begin now, not even a second try."""
    return bool(run.rules.window and run.rules.window.seconds_until_open(run.now()))


def rest(run: Any, seconds: float) -> None:
    """Sleeps in short pieces, so that the brake works at once."""
    until = run.clock.monotonic() + seconds
    while not run.stopped and run.clock.monotonic() < until:
        run.clock.sleep(min(LOOK_EVERY, until - run.clock.monotonic()))


def _canaries_must_live(run: Any, ended: int) -> None:
    if ended == 1 and run.rules.canaries and run.timeline.count("failed", "unsafe"):
        run.stop("a canary failed")


class _Wave:
    """The targets between two barriers."""

    def __init__(self, run: Any, targets: Sequence[Target]) -> None:
        self.run = run
        self.queue = Queue(targets, run.rules.limits)

    def go(self) -> None:
        run = self.run
        running: dict[Future[None], Target] = {}
        with ThreadPoolExecutor(max_workers=run.rules.limits.overall) as pool:
            while self._begin(pool, running):
                finished, _others = wait(running, timeout=LOOK_EVERY, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._end(running.pop(future), future)
        for target in self.queue.waiting():
            run.timeline.turn(target, "skipped", run.stopped)

    def _begin(self, pool: ThreadPoolExecutor, running: dict[Future[None], Target]) -> bool:
        """Begins what may begin; False when nothing is under way any more."""
        run = self.run
        while not run.stopped:
            if _is_closed(run):
                if running:
                    break
                await_window(run)
                continue
            target = self.queue.take()
            if target is None:
                break
            running[pool.submit(self._step, target)] = target
        return bool(running)

    def _step(self, target: Target) -> None:
        run, entry = self.run, self.run.timeline.entries[target.id]
        run.timeline.turn(target, "running")
        entry.begun = run.now()
        if run.first_step is None:
            run.first_step = run.clock.monotonic()
        try:
            _to_its_goal(run, target, entry)
        finally:
            entry.ended = run.now() if entry.begun else 0.0

    def _end(self, target: Target, future: Future[None]) -> None:
        run, entry = self.run, self.run.timeline.entries[target.id]
        error = future.exception()
        if error is not None:
            run.timeline.turn(target, "unsafe" if entry.state == "unsafe" else "failed", str(error))
            for partner in self.queue.drop(target):
                run.timeline.turn(partner, "skipped", f"its partner {target.name} failed")
        self.queue.ended(target)
        run.task.tell(f"{run.progress()}: {target.name} {entry.state}" + (f": {entry.reason}" if error else ""))
        run.write_report_now_and_then()
        if run.timeline.count("failed", "unsafe") > run.rules.failure_budget:
            run.stop("the failure budget is used up")
        if error is not None and not isinstance(error, CloudStackError):
            raise error


def _to_its_goal(run: Any, target: Target, entry: Entry) -> None:
    """Tries the step as often as allowed; raises the last error when its goal was not reached."""
    last: CloudStackError | None = None
    for tries_left in range(run.rules.retries, -1, -1):
        try:
            if _tried(run, target, entry, again=last is not None):
                return
        except CloudStackError as error:
            last = error
        if not tries_left or run.stopped or _is_closed(run):
            break
        run.task.tell(f"{run.progress()}: {target.name} failed, trying again: {last}")
        rest(run, run.rules.retry_delay)
        await_others(run)
    run.timeline.turn(target, _judged(run, target))
    if last is not None and entry.state != "done":
        raise last


def _tried(run: Any, target: Target, entry: Entry, *, again: bool) -> bool:
    """One try, after a new look: the cloud is the journal. False: it cannot be tried again as it stands now.

    After a step nothing but the proof counts: what looks done may only have lost what it was.
    """
    standing = run.procedure.standing(run, target)
    if standing.state not in (DUE, UNDER_WAY) and not again:
        entry.begun = 0.0
        run.timeline.turn(target, "already" if standing.state == DONE else "skipped", standing.reason)
        return True
    if standing.state not in (DUE, UNDER_WAY, DONE):
        return False
    if standing.state == DUE:
        entry.attempts += 1
        run.procedure.act(run, target)
    run.procedure.verify(run, target)
    run.timeline.turn(target, "done", "")
    return True


def _judged(run: Any, target: Target) -> str:
    """After the last failure: at its goal all the same, safely as before, or unknown."""
    try:
        state = run.procedure.standing(run, target).state
        if state == DONE:
            run.procedure.verify(run, target)
            run.timeline.turn(target, "done", "")
    except CloudStackError:
        return "unsafe"
    return {DONE: "done", DUE: "failed"}.get(state, "unsafe")
