# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way to call a CloudStack server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, Union

from .answers import Call
from .clock import Clock, SystemClock
from .commands import is_changing
from .connection import Connection
from .counters import Counters
from .errors import ApiError, CloudStackError, ConnectFailed, InvalidInput, JobTimeout, TimedOut
from .exchange import Exchange
from .jobs import Job, Watch, outcome, poll_failure
from .maps import encode
from .paging import TooMany, allowed_size, read_all
from .redact import secrets_in
from .transport import HttpTransport, Transport

T = TypeVar("T")
Ended = Union[dict[str, Any], CloudStackError]  # noqa: UP007 (a linter of ansible-test trips over |)
Rows = list[dict[str, Any]]

_QUERY_JOB = "queryAsyncJobResult"
_NOBODY = (ConnectFailed, TimedOut)
# A poll is a small question: an answer that takes longer will not come.
_POLL_TIMEOUT = 30.0
_TELL_EVERY = 10.0
_LOOK_AGAIN = 0.05
"""Seconds between two looks whether a call that nobody has answered has ended."""


class Client:
    """Calls commands, waits for jobs, reads lists. Safe to use from several threads; a context manager.

    connection: where and as whom. clock, transport: replaced in tests. progress: told in plain sentences what is
    being waited for.

    Methods raise CloudStackError or one of its subclasses, free of secrets. ``obj`` names, for messages, the object
    that a call is about.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock | None = None,
        transport: Transport | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.connection = connection
        self.clock: Clock = clock or SystemClock()
        self.redactor = connection.redactor()
        self._progress = progress
        self._page_size = connection.page_size
        transport = transport or HttpTransport(connection, self.clock)
        self._exchange = Exchange(connection, self.clock, transport, self.redactor, progress)

    @property
    def counters(self) -> Counters:
        """What was sent so far."""
        return self._exchange.counters

    def call(
        self,
        command: str,
        params: Mapping[str, Any] | None = None,
        *,
        changing: bool | None = None,
        obj: str | None = None,
    ) -> dict[str, Any]:
        """Sends one command and returns what it answered, without the envelope.

        params: names as in the API, values as ``maps.encode`` takes them. changing: overrides what the name says.

        Reading calls are sent again when they fail on the way. A changing call is sent again only if it surely was not
        executed; where that is unknown LostAnswer is raised.
        """
        return self._send(Call(command, is_changing(command) if changing is None else changing, obj), params)

    def start(self, command: str, params: Mapping[str, Any] | None = None, *, obj: str | None = None) -> Job:
        """Sends a command and does not wait for its job. A command that answers at once is a job that has ended."""
        answer = self.call(command, params, obj=obj)
        job_id = answer.get("jobid")
        # The answer about a job carries its id too, but is itself what was asked for.
        if not isinstance(job_id, str) or command == _QUERY_JOB:
            return Job(None, command, obj=obj, result=answer)
        return Job(job_id, command, answer.get("id"), obj)

    def wait(self, job: Job | str, timeout: float | None = None) -> dict[str, Any]:
        """The result of a job (``{"volume": {...}}``), once it has ended.

        job: from ``start``, or the id of any job. timeout: seconds, instead of the connection's ``job_timeout``.

        Raises JobFailed, JobTimeout, or LostAnswer when the server no longer knows the job.
        """
        ended = self.wait_all([job if isinstance(job, Job) else Job(job, _QUERY_JOB)], timeout=timeout)[0]
        if isinstance(ended, CloudStackError):
            raise ended
        return ended

    def wait_all(
        self,
        jobs: Sequence[Job],
        on_progress: Callable[[Job, Ended], None] | None = None,
        timeout: float | None = None,
    ) -> list[Ended]:
        """Waits for all the jobs together. In their order: each one's result, or its error, which is not raised.

        on_progress: called with a job and what became of it as soon as that is known.
        """
        found: dict[int, Ended] = {}

        def ended(index: int, what: Ended) -> None:
            found[index] = what
            if on_progress:
                on_progress(jobs[index], what)

        watches: dict[int, Watch] = {}
        for index, job in enumerate(jobs):
            if job.id is None:
                ended(index, job.result or {})
            else:
                watches[index] = self._watch(job, timeout)
        while watches:
            self.clock.sleep(max(0.0, min(watch.due for watch in watches.values()) - self.clock.monotonic()))
            now = self.clock.monotonic()
            due = [index for index, watch in watches.items() if watch.due <= now]
            answers: Sequence[Ended | None] = self.parallel([self._poller(watches[index]) for index in due])
            for index, what in zip(due, answers, strict=True):
                if what is not None:
                    del watches[index]
                    ended(index, what)
        return [found[index] for index in range(len(jobs))]

    def run(
        self,
        command: str,
        params: Mapping[str, Any] | None = None,
        *,
        obj: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Sends a command and, where it started a job, waits for it. The final content: ``{"volume": {...}}``."""
        return self.wait(self.start(command, params, obj=obj), timeout)

    def parallel(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """Runs independent calls side by side; results in order. The first error is raised when all have ended.

        Where the server was not heard yet the first goes ahead until it is: that nobody is there one call finds out,
        not each.
        """
        if len(calls) < 2:
            return [call() for call in calls]
        with ThreadPoolExecutor(min(len(calls), self.connection.parallel)) as pool:
            running = [pool.submit(calls[0])]
            while not self._exchange.heard.wait(_LOOK_AGAIN) and not running[0].done():
                pass
            if self._exchange.heard.is_set() or not isinstance(running[0].exception(), _NOBODY):
                running += [pool.submit(call) for call in calls[1:]]
        return [future.result() for future in running]

    def list(self, command: str, params: Mapping[str, Any] | None = None) -> Rows:
        """All rows of a list command, over as many pages as it takes; one request where one page holds them."""
        return self._list(command, params)

    def list_short(self, command: str, params: Mapping[str, Any] | None = None, *, pages: int) -> Rows | None:
        """The same for a list of no more than so many pages; None, after one request, for a longer one."""
        try:
            return self._list(command, params, pages)
        except TooMany:
            return None

    def _list(self, command: str, params: Mapping[str, Any] | None, most: int | None = None) -> Rows:
        given = dict(params or {})
        if {"page", "pagesize"} & given.keys():
            raise InvalidInput(
                "a list is read with all its pages",
                command=command,
                option="page",
                remedy="leave out page and pagesize",
            )

        def fetch(page: int, size: int) -> dict[str, Any]:
            return self.call(command, {**given, "page": page, "pagesize": size}, changing=False)

        while True:
            size = self._page_size
            try:
                return read_all(fetch, size, self.parallel, most)
            except ApiError as error:
                allowed = allowed_size(error)
                if allowed is None or not 0 < allowed < size:
                    raise
                self._page_size = min(self._page_size, allowed)

    def close(self) -> None:
        """Ends the session and all connections."""
        self._exchange.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self,
        call: Call,
        params: Mapping[str, Any] | None,
        retries: int | None = None,
        read_timeout: float | None = None,
    ) -> dict[str, Any]:
        try:
            fields = encode(params)
            self.redactor.add(*secrets_in(fields))
            fields = {**fields, "command": call.command, "response": "json"}
            return self._exchange.send(call, fields, retries, read_timeout)
        except CloudStackError as error:
            error.command = error.command or call.command
            failure = error.scrubbed(self.redactor)
        raise failure

    def _watch(self, job: Job, timeout: float | None) -> Watch:
        now = self.clock.monotonic()
        limit = self.connection.job_timeout if timeout is None else timeout
        watch = Watch(job, now, now + limit, self.connection.poll_first, now, now)
        watch.schedule(now, self.connection.poll_max)
        return watch

    def _poller(self, watch: Watch) -> Callable[[], Ended | None]:
        return lambda: self._poll(watch)

    def _poll(self, watch: Watch) -> Ended | None:
        """Asks for a job once: what became of it, or ``None`` when there is to be another poll."""
        job = watch.job
        try:
            answer = self._send(Call(_QUERY_JOB, obj=job.obj), {"jobid": job.id}, retries=0, read_timeout=_POLL_TIMEOUT)
            what, watch.trouble = outcome(job, answer), None
        except CloudStackError as error:
            what, watch.trouble = poll_failure(job, error), error
        now = self.clock.monotonic()
        if what is None and now >= watch.deadline:
            what = self._job_timeout(watch, now)
        if isinstance(what, CloudStackError):
            return what.scrubbed(self.redactor)
        if what is None:
            watch.schedule(now, self.connection.poll_max)
            self._tell_waiting(watch, now)
        return what

    def _job_timeout(self, watch: Watch, now: float) -> JobTimeout:
        job = watch.job
        last = f"; the last poll failed: {watch.trouble.message}" if watch.trouble else ""
        return JobTimeout(
            f"job {job.id} has not ended after {now - watch.started:.0f} seconds{last}",
            command=job.command,
            obj=job.obj,
            job_id=job.id,
            remedy="it may still finish: wait for this job id before anything is repeated, or raise job_timeout",
        )

    def _tell_waiting(self, watch: Watch, now: float) -> None:
        if self._progress and now - watch.told >= _TELL_EVERY:
            watch.told = now
            name = watch.job.obj or watch.job.command
            self._progress(f"{name}: waiting for job {watch.job.id} for {now - watch.started:.0f} s")
