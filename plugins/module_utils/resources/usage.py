# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The usage server: did its job run, has it counted, and making up for a run that was missed."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..client import InvalidInput, JobTimeout, NotAllowed
from ..model import Operation, Option
from ..procedures.facts import moment

_SETTINGS = (
    "enable.usage.server", "usage.stats.job.exec.time", "usage.execution.timezone", "usage.aggregation.timezone",
    "usage.stats.job.aggregation.range", "usage.sanity.check.interval",
)  # fmt: skip
_PAUSE = 15.0


def _run(task: Any) -> dict[str, Any]:
    settings = {name: _setting(task, name) for name in _SETTINGS}
    day = _day(task, settings)
    job, problems = _job(task, settings)
    records = _records(task, day)
    past = not records and _counted_past(job, day, settings)
    if not records:
        problems.append(f"there are no usage records of {day}")
    if past:
        problems.append(f"it has counted up to {job['last_successful_job']}, and another run does not go back")
    result: dict[str, Any] = {
        "changed": False, "day": day.isoformat(), "records": records, "settings": settings, "usage_server": job,
        "problems": problems,
    }  # fmt: skip
    if not records and task.option("generate") and not past and not _is_away(job, settings):
        result["changed"] = True
        if not task.check:
            _generate(task, day, result)
    if result["problems"] and not (task.check and result["changed"]):
        return {**result, "failed": True, "msg": f"usage of {day}: " + "; ".join(result["problems"])}
    return result


def _setting(task: Any, name: str) -> str:
    rows = [row for row in task.client.list("listConfigurations", {"name": name}) if row["name"] == name]
    return str(rows[0].get("value") or "") if rows else ""


def _day(task: Any, settings: dict[str, str]) -> date:
    """The day asked for; else yesterday, where the days of the records begin and end."""
    given = task.option("day")
    if given:
        try:
            return date.fromisoformat(str(given))
        except ValueError:
            raise InvalidInput(f"{given!r} is no day", option="day", value=given, remedy="give 2026-03-31") from None
    zone = _zone(settings)
    if zone is None:
        task.warn("the time zone of the usage settings is unknown here; days are counted in UTC")
    return (task.clock.now().astimezone(zone or UTC) - timedelta(days=1)).date()


def _zone(settings: dict[str, str]) -> ZoneInfo | None:
    """The time zone in which the days of the records begin and end, None when it is unknown here."""
    name = settings["usage.aggregation.timezone"] or settings["usage.execution.timezone"] or "UTC"
    try:
        return ZoneInfo("Etc/GMT" if name == "GMT" else name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _counted_past(job: dict[str, Any], day: date, settings: dict[str, str]) -> bool:
    """Whether the latest job has counted the whole day already: a run begins where that one ended."""
    last = moment(job.get("last_successful_job"))
    return last is not None and last.astimezone(_zone(settings) or UTC).date() >= day


def _job(task: Any, settings: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What the usage server says of itself, and what is wrong with that."""
    problems = []
    if settings["enable.usage.server"].lower() != "true":
        problems.append("enable.usage.server is not true, so nothing is recorded")
    if settings["usage.stats.job.aggregation.range"] not in ("", "1440"):
        minutes = settings["usage.stats.job.aggregation.range"]
        task.warn(f"the job runs every {minutes} minutes; records of a day come in parts")
    try:
        told = task.client.call("listUsageServerMetrics").get("usageMetrics") or {}
    except NotAllowed:
        return {}, problems
    last = moment(told.get("lastsuccessfuljob"))
    facts = {"state": told.get("state"), "host": told.get("hostname"), "last_successful_job": None}
    if last is not None and last.year > 1970:
        facts["last_successful_job"] = last.isoformat()
    if told.get("state") != "Up":
        problems.append(f"the usage server is {told.get('state')}")
    if last is None or task.clock.now() - last > timedelta(hours=36):
        problems.append(f"its last successful job was at {facts['last_successful_job'] or 'no time that is known'}")
    return facts, problems


def _is_away(job: dict[str, Any], settings: dict[str, str]) -> bool:
    """Whether nobody would take an order: it would wait in a table, and the next run of the task would add another."""
    return settings["enable.usage.server"].lower() != "true" or job.get("state", "Up") != "Up"


def _records(task: Any, day: date) -> int:
    asked = {"startdate": day.isoformat(), "enddate": day.isoformat(), "page": 1, "pagesize": 1}
    return int(task.client.call("listUsageRecords", asked).get("count") or 0)


def _generate(task: Any, day: date, result: dict[str, Any]) -> None:
    """Asks for the missed run. The server only passes it on, so the records themselves are awaited."""
    asked = {"startdate": day.isoformat(), "enddate": day.isoformat()}
    task.client.run("generateUsageRecords", asked, obj=f"usage of {day}")
    until = task.clock.monotonic() + float(task.option("timeout"))
    while not (records := _records(task, day)):
        if task.clock.monotonic() >= until:
            raise JobTimeout(
                f"the server took the order, but there are no usage records of {day}",
                command="generateUsageRecords",
                remedy="see that the usage server runs, look at its log, and run again later",
            )
        task.tell(f"waiting for usage records of {day}")
        task.clock.sleep(_PAUSE)
    result["records"] = records
    result["problems"] = [text for text in result["problems"] if not text.startswith("there are no usage records")]


USAGE_JOB = Operation(
    name="usage_job",
    summary="See that the usage server has counted a day, and make up for a missed run",
    description=(
        "Looks at the usage server, at its last successful job and at the records of a day.",
        "Fails with all that is wrong.",
    ),
    notes=(
        "Its settings are data like all others: see M(cloudstack.ops.setting).",
        "The server says that a run was ordered even where no usage server runs; so the records are awaited.",
        "No run is ordered while the usage server is away.",
        "A run begins where the latest successful one ended; a day before that is not counted again, nor ordered.",
    ),
    options=(
        Option("day", behaviour=True,
               help="The day, such as V(2026-03-31). Without it yesterday in the time zone of the records."),
        Option("generate", "bool", default=False, behaviour=True,
               help="Order the run of that day where there are no records of it."),
        Option("timeout", "int", default=900, unit="s", behaviour=True, help="How long to wait for its records."),
    ),
    run=_run,
    returns={
        "day": ("str", "The day that was looked at."),
        "records": ("int", "Number of usage records of that day."),
        "usage_server": ("dict", "State, host and last successful job, where the server tells them."),
        "settings": ("dict", "The settings that decide when and what is counted."),
        "problems": ("list", "What is wrong, in sentences."),
    },
)  # fmt: skip

OPERATIONS = (USAGE_JOB,)
