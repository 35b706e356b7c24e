# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asynchronous jobs: which run, since when, and waiting for one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..client import InvalidInput
from ..model import Operation, Option, Row
from ..reconcile.present import SECRET_FIELDS


def _run(task: Any) -> dict[str, Any]:
    if task.option("id"):
        return _waited(task)
    least = timedelta(hours=float(task.option("older_than") or 0))
    pattern = str(task.option("command") or "").lower()
    jobs = [
        shown
        for row in task.client.list("listAsyncJobs", {"listall": True})
        if row.get("jobstatus") == 0 and (shown := _shown(task, row))["age"] >= least.total_seconds() / 3600
        and pattern in shown["command"].lower()
    ]  # fmt: skip
    jobs.sort(key=lambda job: -job["age"])
    result: dict[str, Any] = {"changed": False, "count": len(jobs), "jobs": jobs}
    if jobs and task.option("fail"):
        oldest = jobs[0]
        told = f"{len(jobs)} jobs run; the oldest, {oldest['command']} ({oldest['id']}), for {oldest['age']:.1f} hours"
        return {**result, "failed": True, "msg": told}
    return result


def _shown(task: Any, row: Row) -> dict[str, Any]:
    begun = datetime.strptime(str(row["created"]), "%Y-%m-%dT%H:%M:%S%z")
    return {
        "id": row.get("jobid") or row.get("id"),
        "command": str(row.get("cmd", "")).rpartition(".")[2],
        "account": row.get("account"),
        "domain": row.get("domainpath"),
        "object": row.get("jobinstanceid"),
        "object_type": row.get("jobinstancetype"),
        "created": row["created"],
        "age": round((task.clock.now() - begun).total_seconds() / 3600, 3),
        "management_server": row.get("managementservername"),
    }


def _waited(task: Any) -> dict[str, Any]:
    timeout = task.option("timeout")
    if timeout is not None and int(timeout) < 0:
        raise InvalidInput("timeout is negative", option="timeout", remedy="give 0 or more seconds")
    task.tell(f"waiting for job {task.option('id')}")
    result = task.client.wait(task.option("id"), timeout)
    return {"changed": False, "count": 0, "jobs": [], "result": _plain(result)}


def _plain(value: Any) -> Any:
    """Without passwords and keys: the result of a job may be an instance with its new password."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name.lower() not in SECRET_FIELDS}
    return [_plain(item) for item in value] if isinstance(value, list) else value


JOB = Operation(
    name="job",
    summary="List running jobs, find stuck ones, wait for one",
    description=(
        "Lists the asynchronous jobs that run, the oldest first; those that have run too long are stuck.",
        "With O(id) waits for that job and gives its result; a job that failed fails the task.",
    ),
    notes=(
        "No command ends a job. One whose management server is gone ends with the restart of that server.",
        "Every error about a job that was not waited for to its end names its id.",
    ),
    options=(
        Option("id", behaviour=True, help="Wait for this job."),
        Option("timeout", "int", unit="s", behaviour=True, help="How long to wait for it."),
        Option("older_than", "float", unit="hours", default=0.0, behaviour=True, help="Only jobs that run longer."),
        Option("command", behaviour=True, help="Only jobs with this in the name of their command."),
        Option("fail", "bool", default=False, behaviour=True, help="Fail where such a job runs."),
    ),
    run=_run,
    reads_only=True,
    constraints={"mutually_exclusive": [("id", "fail"), ("id", "command")]},
    returns={
        "count": ("int", "How many jobs run."),
        "jobs": ("list", "Id, command, owner, object, age in hours and management server of each."),
        "result": ("dict", "Result of the job that O(id) names, without secrets."),
    },
)  # fmt: skip

OPERATIONS = (JOB,)
