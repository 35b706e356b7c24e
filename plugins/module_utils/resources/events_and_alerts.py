# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old events and alerts out of the way, and a test of the mail that tells of alerts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ..client import ApiError, InvalidInput
from ..model import Commands, Operation, Option, Resource

EVENT = Resource(
    name="event",
    noun="event",
    summary="Events",
    commands=Commands(list="listEvents", fixed={"list": {"listall": True}}, filters={"type": "type", "level": "level"}),
    identity=("type",),
    options=(
        Option("type", help="Type, such as V(VM.CREATE)."),
        Option("level", help="V(INFO), V(WARN) or V(ERROR)."),
        Option("description", help="What happened."),
        Option("account", help="Whose doing it was."),
    ),
    lookup_only=True,
)
ALERT = Resource(
    name="alert",
    noun="alert",
    summary="Alerts",
    commands=Commands(list="listAlerts"),
    options=(Option("name", help="Name, such as V(ALERT.COMPUTE.HOST)."), Option("description", help="What happened.")),
    lookup_only=True,
)

RESOURCES = (EVENT, ALERT)

_CHUNK = 200
"""Alerts named in one call: their ids must fit into what a server takes."""
_TEST_TYPE = 299
"""A type that the server has none of its own for, so that the name is ours [observed.md]."""
_MAIL_SETTINGS = ("alert.email.addresses", "alert.email.sender", "alert.smtp.host")


def _until(task: Any) -> datetime:
    days = int(task.option("older_than"))
    if days < 0:
        raise InvalidInput("older_than is negative", option="older_than", remedy="give 0 or more days")
    until: datetime = task.clock.now() - timedelta(days=days)
    return until.replace(microsecond=0)


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S%z")


def _fused(task: Any, noun: str, number: int) -> None:
    """A wrong number of days must not clear years of history."""
    most = int(task.option("most"))
    if number > most:
        raise InvalidInput(
            f"{number} {noun}s are older, more than most allows ({most})",
            option="most",
            value=most,
            remedy="look at older_than and type; raise most if that many are really meant",
        )


def _events(task: Any) -> dict[str, Any]:
    until, kind = _until(task), task.option("type")
    which = {"enddate": _moment(until), **({"type": kind} if kind else {})}
    found = task.client.call("listEvents", {**which, "listall": True, "page": 1, "pagesize": 1})
    number = int(found.get("count") or 0)
    _fused(task, "event", number)
    if number and not task.check:
        task.client.run(_command(task, "Events"), which, obj=f"{number} events")
    return _told(task, number, until)


def _alerts(task: Any) -> dict[str, Any]:
    """listAlerts has no filter by time, so they are picked here and named by id."""
    until, kind = _until(task), task.option("type")
    rows = [
        row
        for row in task.client.list("listAlerts")
        if _sent(row) <= until and kind in (None, str(row.get("type")), row.get("name"))
    ]
    _fused(task, "alert", len(rows))
    ids = [row["id"] for row in rows]
    if not task.check:
        for start in range(0, len(ids), _CHUNK):
            task.client.run(_command(task, "Alerts"), {"ids": ids[start : start + _CHUNK]}, obj=f"{len(ids)} alerts")
    return _told(task, len(rows), until)


def _sent(row: Any) -> datetime:
    return datetime.strptime(str(row["sent"]), "%Y-%m-%dT%H:%M:%S%z")


def _command(task: Any, noun: str) -> str:
    return ("delete" if task.option("delete") else "archive") + noun


def _told(task: Any, number: int, until: datetime) -> dict[str, Any]:
    done = "deleted" if task.option("delete") else "archived"
    return {"changed": bool(number), "count": number, "until": until.isoformat(), "action": done if number else "none"}


def _mail(task: Any) -> dict[str, Any]:
    """Nobody can be asked whether a mail arrived, so all that can be seen is seen, and the rest is said."""
    values = {}
    for name in _MAIL_SETTINGS:
        rows = [row for row in task.client.list("listConfigurations", {"name": name}) if row["name"] == name]
        values[name] = str(rows[0].get("value") or "") if rows else ""
    empty = [name for name, value in values.items() if not value]
    if empty:
        raise InvalidInput(
            f"no mail would be sent: {', '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty",
            obj=f"setting {empty[0]}",
            remedy="set them with the module setting, and restart the management servers",
        )
    name, to = task.option("name"), values["alert.email.addresses"]
    text = f"{task.option('description')} ({_moment(task.clock.now())})"
    result = {"changed": True, "description": text, "recipients": [one.strip() for one in to.split(",") if one.strip()]}
    if task.check:
        return result
    task.client.run("generateAlert", {"type": _TEST_TYPE, "name": name, "description": text}, obj=name)
    if not any(row.get("description") == text for row in task.client.list("listAlerts", {"name": name})):
        raise ApiError(
            "the server took the alert and does not list it",
            command="generateAlert",
            remedy="look at the log of the management server",
        )
    task.warn(f"the alert is there; whether a mail reached {to} has to be seen in the mailbox")
    return result


def _archive(noun: str, example: str, run: Callable[[Any], dict[str, Any]]) -> Operation:
    return Operation(
        name=f"{noun}_archive",
        summary=f"Archive or delete old {noun}s",
        description=(
            f"Takes {noun}s out of the list that are older than so many days, and refuses where these are too many.",
        ),
        notes=(f"Archived {noun}s stay in the database; deleted ones are gone.",),
        options=(
            Option("older_than", "int", required=True, unit="days", behaviour=True, help="Only what is older."),
            Option("type", behaviour=True, help=f"Only {noun}s of this type, such as {example}."),
            Option("delete", "bool", default=False, behaviour=True, help="Delete instead of archive."),
            Option(
                "most", "int", default=10000, behaviour=True,
                help=f"A fuse: where more {noun}s are older, nothing is done and the task fails.",
            ),
        ),
        run=run,
        returns={
            "count": ("int", f"How many {noun}s were archived or deleted; in check mode would be."),
            "until": ("str", "The moment up to which."),
            "action": ("str", "V(archived), V(deleted) or V(none)."),
        },
    )  # fmt: skip


EVENT_ARCHIVE = _archive("event", "V(USER.LOGIN)", partial(_events))
ALERT_ARCHIVE = _archive("alert", "V(7), or its name V(ALERT.COMPUTE.HOST)", partial(_alerts))

ALERT_MAIL_TEST = Operation(
    name="alert_mail_test",
    summary="Send a test alert by mail",
    description=(
        "Refuses where settings say that no mail would be sent, generates an alert, and sees that the server has it.",
    ),
    notes=("Whether the mail arrived cannot be asked of the server. The task reports a change every time.",),
    options=(
        Option("name", default="ALERT.TEST", behaviour=True, help="Name of the alert."),
        Option("description", default="Test of the alert mail", behaviour=True, help="Its text; the time is added."),
    ),
    run=_mail,
    returns={
        "description": ("str", "The text to look for in the mailbox."),
        "recipients": ("list", "Who should have got it."),
    },
)

OPERATIONS = (EVENT_ARCHIVE, ALERT_ARCHIVE, ALERT_MAIL_TEST)
