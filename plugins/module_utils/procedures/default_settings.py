# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One setting that decides what new system VMs are made of: its scope, its value, and whether servers must restart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..client import ApiError, InvalidInput
from ..model import Row
from .facts import moment

CHANGED = "CONFIGURATION.VALUE.EDIT"


@dataclass(frozen=True)
class Wish:
    """A setting and the value that it shall have.

    scope: ``{"zoneid": ...}``, ``{"accountid": ...}`` ... or empty for the global one. place: the same for people.
    names: what ids among its values are called, for people.
    """

    name: str
    value: str
    scope: Mapping[str, str] = field(default_factory=dict)
    place: str = "globally"
    names: Mapping[str, str] = field(default_factory=dict)

    def row(self, run: Any) -> Row:
        """The setting as it is. Raises InvalidInput where this server does not have it in this scope."""
        found = _row(run, self.name, self.scope)
        if found is None:
            raise InvalidInput(
                f"this server has no setting {self.name} {self.place}",
                option="zone" if "zoneid" in self.scope else "offering",
                remedy="leave the zone out: the setting holds for the whole cloud" if self.scope
                else "this version of CloudStack does not have it",
            )  # fmt: skip
        return found

    def step(self, run: Any) -> str:
        """What is to be done, for the plan; an empty text if the setting has the value."""
        now = str(self.row(run).get("value") or "")
        if now == self.value:
            return ""
        before, after = (self.names.get(value, value) for value in (now, self.value))
        return f"set {self.name} {self.place} from {before!r} to {after!r}"

    def apply(self, run: Any) -> None:
        """Sets it and reads it back, for the server's word that it did is not enough."""
        obj = f"setting {self.name}"
        run.change("updateConfiguration", {"name": self.name, "value": self.value, **self.scope}, obj)
        now = str(self.row(run).get("value") or "")
        if now != self.value:
            raise ApiError(f"the server reported success, but the value is {now!r}", obj=obj, remedy="run again")


def _row(run: Any, name: str, scope: Mapping[str, str]) -> Row | None:
    rows = run.client.list("listConfigurations", {"name": name, **scope})
    return next((row for row in rows if row["name"] == name), None)


def own_value(run: Any, name: str, scope: Mapping[str, str]) -> str:
    """The value that holds in a narrower scope where it differs from the global one; else an empty text."""
    around, here = _row(run, name, {}), _row(run, name, scope)
    if here is None or around is None or (here.get("value") or "") == (around.get("value") or ""):
        return ""
    return str(here.get("value") or "")


def changes_of(run: Any, name: str) -> list[datetime]:
    """When a setting was changed, as far as the server's events go back.

    Their descriptions tell the name somewhere: at their end on older servers, before the new value on others.
    """
    rows = run.client.list("listEvents", {"type": CHANGED, "keyword": name, "listall": True})
    named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    told = [moment(row.get("created")) for row in rows if named.search(str(row.get("description", "")))]
    return [found for found in told if found]


def changes_it(run: Any, _due: Sequence[Any]) -> bool:
    """Whether a run has to change its setting: it has the words for that as ``step``, which are empty otherwise."""
    return bool(run.memory["step"])


def plan(run: Any, due: Sequence[Any]) -> Sequence[str]:
    """The change of the setting, for the plan of a run."""
    return [run.memory["step"]] if changes_it(run, due) else []


def restart_needed(run: Any, wish: Wish) -> bool:
    """Whether management servers run that read the setting before it got its value.

    Settings that are not dynamic are read once, at the start of a management server. The moment of the last change is
    that of its event; where there is none any more, the option ``servers_restarted`` decides.
    Raises InvalidInput if that option says what cannot be.
    """
    if wish.row(run).get("isdynamic") is True:
        return False
    said = run.option("servers_restarted")
    changed = max(changes_of(run, wish.name), default=None)
    started = [
        found
        for row in run.client.list("listManagementServers")
        if row.get("state") == "Up" and (found := moment(row.get("lastserverstart")))
    ]
    if changed is None or not started:
        return not said
    if min(started) >= changed:
        return False
    if said:
        raise InvalidInput(
            f"a management server has run since {min(started)}, but {wish.name} was changed at {changed}",
            option="servers_restarted",
            remedy="restart all management servers, one after the other, then run again",
        )
    return True
