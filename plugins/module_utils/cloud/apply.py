# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a whole cloud as its document says: plan everything, then work along the graph, side by side.

Nothing is changed before every object has been planned without an error. Each object goes through the same
reconciliation as a single task; a task is a document of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from ..client import CloudStackError
from ..model import Resource
from ..reconcile import Context, Outcome, Plan, View, make_context, reconcile
from ..reconcile.plan import plan as make_plan
from .graph import dependencies
from .nodes import DocumentInvalid, Node, Problem, parse

Progress = Callable[[str], None]


@dataclass(eq=False)
class Work:
    """One node on its way: planned, then done, failed or skipped because something it needs failed."""

    node: Node
    plan: Plan
    outcome: Outcome | None = None
    error: CloudStackError | None = None
    skipped: str = ""
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "kind": self.node.resource.name,
            "name": self.node.name,
            "path": self.node.path,
            **self.plan.as_dict(),
        }
        if self.error:
            entry["error"] = str(self.error)
        if self.skipped:
            entry["skipped"] = self.skipped
        return entry


class CloudDocument:
    """A document held against one server."""

    def __init__(
        self,
        client: Any,
        document: Mapping[str, Any],
        kinds: Mapping[str, Resource],
        *,
        progress: Progress | None = None,
    ) -> None:
        self.nodes = parse(document, kinds)
        self.needs = dependencies(self.nodes)
        self.view = View(client, kinds, whole=True)
        self.progress = progress
        self.view.planned = {(node.resource.name, node.name) for node in self.nodes if not node.absent}

    def plan(self) -> list[Work]:
        """Plans every node by reading alone. Raises DocumentInvalid with every problem and its place."""
        self._read_kinds()
        works, problems = [], []
        for node in self.nodes:
            try:
                context = self._context(node, check=True)
                works.append(Work(node, make_plan(context), warnings=context.warnings))
            except CloudStackError as error:
                problems.append(Problem(node.path, str(error)))
        if problems:
            raise DocumentInvalid(problems)
        return works

    def _read_kinds(self) -> None:
        """Reads the kinds that the document has, side by side, each once."""
        kinds = {node.resource.name: node.resource for node in self.nodes}
        plain = [kind for kind in kinds.values() if not kind.commands.parents and not kind.rows]
        self.view.parallel([lambda kind=kind: self.view.rows(kind) for kind in plain])

    def _context(self, node: Node, *, check: bool, held_back: bool = False) -> Context:
        options = dict(node.options)
        if held_back:
            options["state"] = "present"
        return make_context(node.resource, options, self.view, check=check, progress=self.progress)

    def carry_out(self, works: Sequence[Work], *, limit: int = 8, stop_on_error: bool = True) -> None:
        """Does what was planned. Errors are kept in the works; nodes that need a failed one are skipped."""
        _Run(self, works, limit, stop_on_error).go()

    def do(self, work: Work, *, held_back: bool) -> Outcome:
        """Reconciles one node for real. ``held_back`` leaves a state for later that needs what is nested inside."""
        context = self._context(work.node, check=False, held_back=held_back)
        try:
            return reconcile(context)
        finally:
            work.warnings.extend(text for text in context.warnings if text not in work.warnings)


Step = tuple[Work, bool]
"""A piece of work and whether it is the finishing of a held-back state."""


class _Run:
    """One pass along the graph."""

    def __init__(self, cloud: CloudDocument, works: Sequence[Work], limit: int, stop_on_error: bool) -> None:
        self.cloud = cloud
        self.limit = limit
        self.stop_on_error = stop_on_error
        self.stopped = False
        by_node = {work.node: work for work in works}
        self.waiting: dict[Step, set[Step]] = {}
        for work in works:
            first: set[Step] = {(by_node[node], False) for node in cloud.needs[work.node]}
            self.waiting[(work, False)] = first
            if finishes_later(work.node):
                inner: set[Step] = {(by_node[node], False) for node in work.node.below()}
                self.waiting[(work, True)] = {(work, False), *inner}
        self.dependents: dict[Step, list[Step]] = {}
        for step, first in self.waiting.items():
            for other in first:
                self.dependents.setdefault(other, []).append(step)
        self.total = sum(1 for work in works if work.plan.changed)
        self.done = 0

    def go(self) -> None:
        running: dict[Future[None], Step] = {}
        ready = [step for step, first in self.waiting.items() if not first]
        with ThreadPoolExecutor(max_workers=self.limit) as pool:
            while ready or running:
                # No more than can begin at once, so that a stop holds back everything that has not begun.
                while ready and len(running) < self.limit:
                    step = ready.pop(0)
                    if self._idle(step):
                        ready.extend(self._finished(step))
                    else:
                        running[pool.submit(self._work, step)] = step
                if not running:
                    break
                finished, _rest = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    step = running.pop(future)
                    future.result()
                    ready.extend(self._finished(step))

    def _idle(self, step: Step) -> bool:
        """Whether a step needs no work: nothing planned, something it needs failed, or the run was stopped."""
        work, _finishing = step
        if not work.plan.changed or work.error or work.skipped:
            return True
        if self.stopped:
            work.skipped = "stopped after an error"
            return True
        return False

    def _work(self, step: Step) -> None:
        work, finishing = step
        try:
            outcome = self.cloud.do(work, held_back=finishes_later(work.node) and not finishing)
            work.outcome = outcome
        except CloudStackError as error:
            work.error = error
            if self.stop_on_error:
                self.stopped = True

    def _finished(self, step: Step) -> list[Step]:
        work, finishing = step
        if work.plan.changed and (finishing or not finishes_later(work.node)):
            self.done += 1
            if self.cloud.progress:
                word = "failed" if work.error else "skipped" if work.skipped else "done"
                self.cloud.progress(f"{self.done}/{self.total} {work.node.title} {word}")
        ready = []
        for other in self.dependents.get(step, []):
            if (work.error or work.skipped) and not other[0].error and not other[0].skipped and other[0].plan.changed:
                other[0].skipped = f"needs {work.node.title}"
            self.waiting[other].discard(step)
            if not self.waiting[other]:
                ready.append(other)
        return ready


def finishes_later(node: Node) -> bool:
    """Whether the node's state is reached only when everything nested inside is there (a zone that is enabled)."""
    if not node.inside or node.absent:
        return False
    return any(state.name == node.options.get("state") and state.last for state in node.resource.states)
