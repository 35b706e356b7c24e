# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asynchronous jobs: what they are, what a poll says about one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import ApiError, CloudStackError, ConnectFailed, JobFailed, LostAnswer, TimedOut, TlsFailed, WrongEndpoint

_FACTOR = 1.5


@dataclass(frozen=True)
class Job:
    """A command that was started.

    id: the job's, or ``None`` where the command answered at once; then ``result`` is its answer.
    object_id: id of the object being created, where the server told it.
    obj: the object as the user calls it, for messages.
    """

    id: str | None
    command: str
    object_id: str | None = None
    obj: str | None = None
    result: dict[str, Any] | None = None


@dataclass
class Watch:
    """A job that is waited for: when to ask next. Times are those of the monotonic clock."""

    job: Job
    started: float
    deadline: float
    pause: float
    due: float
    told: float
    trouble: CloudStackError | None = None

    def schedule(self, now: float, longest: float) -> None:
        """The next poll: each pause half as long again as the last, none over ``longest`` or past the deadline."""
        self.due = min(now + self.pause, max(self.deadline, now))
        self.pause = min(self.pause * _FACTOR, longest)


def outcome(job: Job, answer: dict[str, Any]) -> dict[str, Any] | CloudStackError | None:
    """What a poll's answer says: the job's result, its failure, or ``None`` while it runs."""
    status = str(answer.get("jobstatus", "0"))
    if status == "1":
        result = answer.get("jobresult")
        return result if isinstance(result, dict) else {} if result is None else {"jobresult": result}
    if status in ("2", "3"):
        return _failure(job, answer, status == "3")
    return None


def _failure(job: Job, answer: dict[str, Any], cancelled: bool) -> JobFailed:
    result = answer.get("jobresult")
    details = result if isinstance(result, dict) else {"errortext": result}
    text = str(details.get("errortext") or "").strip() or None
    code = details.get("errorcode") or answer.get("jobresultcode") or None
    said = "the job was cancelled" if cancelled else "the job failed"
    return JobFailed(
        said if text else f"{said} and gave no reason",
        command=job.command,
        obj=job.obj,
        server_text=text,
        code=code if isinstance(code, int) else None,
        job_id=job.id,
        remedy=None if text else "look for the job in the management server's log",
    )


def poll_failure(job: Job, error: CloudStackError) -> CloudStackError | None:
    """What a poll that failed means for the job: the error that ends the waiting, or ``None`` to ask again.

    The job runs whether or not we can ask for it, so only an answer that will not change ends the waiting.
    """
    if isinstance(error, ApiError) and error.code == 431 and "jobid" in (error.server_text or "").lower():
        return LostAnswer(
            "the server no longer knows the job, so its outcome is unknown",
            command=job.command,
            obj=job.obj,
            server_text=error.server_text,
            job_id=job.id,
        )
    passing = isinstance(error, (ConnectFailed, TimedOut, WrongEndpoint)) and not isinstance(error, TlsFailed)
    busy = isinstance(error, ApiError) and (error.code == 429 or 500 <= (error.code or 0) < 530)
    if passing or busy:
        return None
    error.job_id = job.id
    error.obj = error.obj or job.obj
    return error
