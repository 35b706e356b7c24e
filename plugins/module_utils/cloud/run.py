# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out the plan of a document: along the graph, side by side, with a limit and a rule for errors."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue

from ..client import CloudStackError
from ..reconcile import reconcile
from ..reconcile.execute import confirm
from ..reconcile.plan import matching
from ..reconcile.same import differences
from .document import CloudDocument, Work
from .graph import Graph, Step, dependents_of
from .progress import STILL_EVERY, Progress
from .pruning import removal_graph


def carry_out(
    cloud: CloudDocument,
    works: Sequence[Work],
    removals: Sequence[Work] = (),
    *,
    limit: int = 8,
    stop_on_error: bool = True,
) -> None:
    """Does what was planned. Errors are kept in the works; nodes that need a failed one are skipped.

    removals: what is pruned, and only when everything else is done without an error. limit: how many objects are worked
    on at the same time. stop_on_error: begin nothing new after the first error.
    """
    total = sum(work.plan.changed for work in (*works, *removals))
    progress = Progress(cloud.progress, cloud.view.client.clock, total)
    with ThreadPoolExecutor(max_workers=limit) as pool:
        _Run(cloud, works, cloud.graph, limit, stop_on_error, pool, progress).go()
        _read_back(cloud, works, pool)
        if any(work.error or work.skipped for work in works):
            for removal in removals:
                removal.skipped = "nothing is pruned after an error"
        elif removals:
            graph = removal_graph(removals, cloud.view.kinds)
            _Run(cloud, removals, graph, limit, stop_on_error, pool, progress).go()


class _Run:
    """One pass along the graph."""

    def __init__(
        self,
        cloud: CloudDocument,
        works: Sequence[Work],
        graph: Graph,
        limit: int,
        stop_on_error: bool,
        pool: ThreadPoolExecutor,
        progress: Progress,
    ) -> None:
        self.cloud = cloud
        self.graph = graph
        self.limit = limit
        self.stop_on_error = stop_on_error
        self.stopped = False
        self.pool = pool
        self.progress = progress
        self.works = {work.node: work for work in works}
        self.dependents = dependents_of(graph.needs)
        self.waiting = {step: len(first) for step, first in graph.needs.items()}

    def go(self) -> None:
        ready = deque(step for step, count in self.waiting.items() if not count)
        running: dict[Future[None], Step] = {}
        ended: SimpleQueue[Future[None]] = SimpleQueue()
        while ready or running:
            # No more than can begin at once, so that a stop holds back everything that has not begun.
            while ready and len(running) < self.limit:
                step = ready.popleft()
                if self._is_idle(step):
                    ready.extend(self._after(step))
                else:
                    self.progress.begin(step.node)
                    future = self.pool.submit(self._do, step)
                    running[future] = step
                    future.add_done_callback(ended.put)
            if running:
                future = self._next(ended)
                step = running.pop(future)
                self.progress.rest(step.node)
                future.result()
                ready.extend(self._after(step))

    def _next(self, ended: SimpleQueue[Future[None]]) -> Future[None]:
        """What ends next; meanwhile it is told from time to time what is running."""
        while True:
            try:
                return ended.get(timeout=STILL_EVERY)
            except Empty:
                self.progress.still()

    def _is_idle(self, step: Step) -> bool:
        """Whether a step needs no work: nothing planned, something it needs failed, or the run was stopped."""
        if not self._is_open(step):
            return True
        if self.stopped:
            self._skip(self.works[step.node], "stopped after an error")
            return True
        return False

    def _has_last_turn(self, work: Work) -> bool:
        """Whether something of an object is left to do when all its parts are there."""
        if not self.graph.is_held_back(work.node):
            return False
        if work.plan.action != "update":
            return True
        last = next(state for state in work.node.resource.states if state.name == work.node.options["state"])
        return any(change.option in last.sets for change in work.plan.changes)

    def _is_open(self, step: Step) -> bool:
        """Whether there is something left to do in a step."""
        work = self.works[step.node]
        if not work.plan.changed or work.error or work.skipped:
            return False
        return not step.last or self._has_last_turn(work)

    @staticmethod
    def _skip(work: Work, why: str) -> None:
        begun = f"made, but not {work.node.options['state']}: " if work.outcome else ""
        work.skipped = begun + why

    def _do(self, step: Step) -> None:
        work = self.works[step.node]
        held_back = not step.last and self.graph.is_held_back(step.node)
        context = self.cloud.context(step.node, check=False, held_back=held_back)
        context.progress = partial(self.progress.note, step.node)
        # What others are about to refer to is read back before they do, unless it is surely the only one of its name.
        needed = any(self.works[other.node].plan.changed for other in self.dependents.get(step, ()))
        context.confirm_later = not needed or (step.node.resource.unique and not step.node.resource.create)
        try:
            work.outcome = reconcile(context)
        except CloudStackError as error:
            work.error = error
            self.stopped = self.stopped or self.stop_on_error
        work.warnings.extend(text for text in context.warnings if text not in work.warnings)

    def _after(self, step: Step) -> list[Step]:
        """Steps that may begin now that this one has ended, whatever became of it."""
        work = self.works[step.node]
        if work.plan.changed and step == self.graph.end_of(step.node):
            self.progress.end(work)
        ready = []
        for other in self.dependents.get(step, ()):
            dependent = self.works[other.node]
            if (work.error or work.skipped) and self._is_open(other):
                self._skip(dependent, f"needs {work.node.title}")
            self.waiting[other] -= 1
            if not self.waiting[other]:
                ready.append(other)
        return ready


def _read_back(cloud: CloudDocument, works: Sequence[Work], pool: ThreadPoolExecutor) -> None:
    """Reads new objects back, each kind once, and settles one by one what is not as its creation said."""
    new = [work for work in works if work.outcome and work.outcome.unconfirmed]
    kinds = {work.node.resource.name: work.node.resource for work in new}
    for kind in kinds.values():
        cloud.view.forget(kind)
    cloud.view.parallel(
        [lambda kind=kind: cloud.view.rows(kind) for kind in kinds.values() if not kind.commands.parents]
    )
    doubtful = [work for work in new if not _is_there(cloud, work)]
    list(pool.map(lambda work: _settle(cloud, work), doubtful))


def _is_there(cloud: CloudDocument, work: Work) -> bool:
    """Whether the object made is the only one of its identity and as wanted."""
    context = cloud.context(work.node, check=True, held_back=_is_unfinished(cloud, work))
    try:
        rows = matching(context)
    except CloudStackError:
        return False
    if len(rows) != 1 or str(rows[0].get(context.resource.commands.id_field)) != work.outcome.unconfirmed:  # type: ignore[union-attr]
        return False
    return not differences(context.view, context.resource, context.given, rows[0])


def _is_unfinished(cloud: CloudDocument, work: Work) -> bool:
    """Whether the state that an object's parts come before was left out, so that it must not be reached here either."""
    return bool(work.skipped) and cloud.graph.is_held_back(work.node)


def _settle(cloud: CloudDocument, work: Work) -> None:
    context = cloud.context(work.node, check=False, held_back=_is_unfinished(cloud, work))
    try:
        row = confirm(context, work.outcome.unconfirmed)  # type: ignore[union-attr]
        work.outcome = replace(work.outcome, row=row)  # type: ignore[type-var]
        cloud.view.learn(work.node.resource, row)
    except CloudStackError as error:
        work.error = error
    work.warnings.extend(text for text in context.warnings if text not in work.warnings)
