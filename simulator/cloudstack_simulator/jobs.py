"""Asynchronous jobs: queueing by sync key, running handlers as steps of the clock, results."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from . import custom_ids
from .envelope import prune
from .errors import ApiError
from .farm import serving
from .model.operations import Job

if TYPE_CHECKING:
    from .call import Call
    from .registry import Registered
    from .simulator import Simulator

START_DELAY = 0.02
SHOWN_ON = frozenset({"Account", "DomainRouter", "Host", "StoragePool", "VirtualMachine", "Volume"})
"""Instance types whose objects carry `jobid` and `jobstatus` while a job is at them; its own result still does."""
RUNNING, SUCCEEDED, FAILED = 0, 1, 2


class Jobs:
    """Runs the handlers of asynchronous commands.

    A handler that is a generator takes simulated time: each `yield SECONDS` lets that much pass.
    """

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self._queues: dict[Any, deque[tuple[Call, Registered]]] = {}
        self.pending: dict[str, Job] = {}
        """The running job by the uuid of what it is about."""

    def submit(self, call: Call, entry: Registered, uuid: str | None = None) -> Job:
        job = self.sim.db.jobs.add(
            Job(
                command=call.fact.job_class,
                user_id=call.caller.user.id,
                account_id=call.caller.account.id,
                instance_type=call.fact.instance_type,
                server_id=serving(self.sim).id if len(self.sim.db.management_servers) > 1 else None,
            ),
            uuid=uuid,
        )
        call.job = job
        if call.fact.has_instance_id:
            job.instance = getattr(_instance(call, entry), "uuid", None)
            if job.instance is None:
                job.instance_type = None
        if job.instance is not None and job.instance_type in SHOWN_ON:
            self.pending[job.instance] = job
        key = job.sync_key = _sync_key(entry.sync(call)) if entry.sync else None
        if key is None:
            self.sim.scheduler.after(START_DELAY, self._start, call, entry)
            return job
        queue = self._queues.setdefault(key, deque())
        queue.append((call, entry))
        if len(queue) == 1:
            self.sim.scheduler.after(START_DELAY, self._start, call, entry)
        return job

    def _start(self, call: Call, entry: Registered) -> None:
        if not self.sim.faults.job(self, call):
            self.run(call, entry)

    def run(self, call: Call, entry: Registered) -> None:
        """Run the handler of a job, whatever fault rules say."""
        assert entry.handler is not None
        try:
            custom_ids.check_change(call)
            outcome = entry.handler(call)
        except Exception as error:  # noqa: BLE001 - a job never takes the server down
            self.fail(call, error)
            return
        if isinstance(outcome, Generator):
            self._step(call, outcome)
        else:
            self.succeed(call, outcome)

    def _step(self, call: Call, steps: Generator[float, None, Any]) -> None:
        try:
            pause = next(steps)
        except StopIteration as end:
            self.succeed(call, end.value)
        except Exception as error:  # noqa: BLE001
            self.fail(call, error)
        else:
            self.sim.scheduler.after(pause, self._step, call, steps)

    def succeed(self, call: Call, result: Any) -> None:
        """End a job well with the answer's content."""
        content = prune(result)
        for shown in content.values():
            if isinstance(shown, dict):
                self.mark(shown)
        self._finish(call, SUCCEEDED, 0, content)

    def turn_to(self, job: Job, uuid: str | None) -> None:
        """What the job is about has got another id, or none that shows the job."""
        if job.instance is not None:
            self.pending.pop(job.instance, None)
        job.instance = uuid
        if uuid is not None:
            self.pending[uuid] = job

    def mark(self, view: dict[str, Any]) -> dict[str, Any]:
        """Add `jobid` and `jobstatus` to the view of an object that a job is at."""
        job = self.pending.get(view.get("id", ""))
        if job is not None:
            view |= {"jobid": job.uuid, "jobstatus": job.status}
        return view

    def fail(self, call: Call, error: Exception) -> None:
        """End a job with an error, as its result shows it."""
        if isinstance(error, ApiError):
            code, text = error.job_code, error.text
        else:
            code, text = 530, self.sim.unexpected(call.command, error)
        self._finish(call, FAILED, code, prune({"errorcode": code, "errortext": text}))

    def _finish(self, call: Call, status: int, code: int, result: Any) -> None:
        job: Job = call.job
        job.status, job.result_code, job.result = status, code, result
        job.completed = self.sim.clock.now()
        if job.instance is not None and self.pending.get(job.instance) is job:
            del self.pending[job.instance]
        queue = self._queues.get(job.sync_key)
        if queue:
            queue.popleft()
            if queue:
                following, entry = queue[0]
                self.sim.scheduler.after(START_DELAY, self._start, following, entry)
            else:
                del self._queues[job.sync_key]

    def running(self) -> int:
        """How many jobs have not ended."""
        return len(self.sim.db.jobs.where(status=RUNNING))


def _instance(call: Call, entry: Registered) -> Any:
    if entry.instance is not None:
        return entry.instance(call)
    if call.created is not None:
        return call.created
    for name, parameter in call.fact.params.items():
        if parameter.type == "uuid" and parameter.required:
            return call.params[name.lower()]
    return call.params.id


def _sync_key(key: Any) -> Any:
    """Rows in a key count by kind and number."""
    if isinstance(key, tuple):
        return tuple(_sync_key(part) for part in key)
    return (type(key).__name__, key.id) if hasattr(key, "removed") else key
