# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document that gives changed objects their former values back, and what it cannot give back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..reconcile import Change
from ..reconcile.same import differences
from ..reconcile.values import MISSING
from .document import CloudDocument, Work
from .entries import value_of

_REASONS = {
    "delete": "is removed, with what is in it",
    "replace": "is replaced: objects made meanwhile keep the new one",
}


@dataclass(frozen=True)
class Restoration:
    """``document``: apply it to restore. ``lost``: sentences about what it does not restore, in the plan's order."""

    document: dict[str, list[dict[str, Any]]]
    lost: tuple[str, ...]


def restoration(cloud: CloudDocument, works: Sequence[Work]) -> Restoration:
    """What a plan is about to change, as it is now."""
    document: dict[str, list[dict[str, Any]]] = {}
    lost: list[str] = []
    new = sum(1 for work in works if work.plan.action == "create")
    for work in works:
        if work.plan.action == "update":
            entry, missing = _former(cloud, work)
            lost += missing
            if entry:
                document.setdefault(work.node.resource.document_key, []).append(entry)
        elif work.plan.action in _REASONS:
            lost.append(f"{work.node.title} {_REASONS[work.plan.action]}")
    if new:
        lost.append(f"{new} new object{'s' if new > 1 else ''}: state=absent in an entry removes what it made")
    return Restoration(document, tuple(lost))


def _former(cloud: CloudDocument, work: Work) -> tuple[dict[str, Any], list[str]]:
    """An entry with the former values of the options that change, and a sentence for each that it cannot have."""
    former: dict[str, Any] = {}
    lost = []
    for change in work.plan.changes:
        for name, value in _values_before(cloud, work, change):
            one_way = work.node.resource.option(change.option).one_way
            if value is MISSING or (one_way and not value):
                lost.append(f"{work.node.title}: {name} has no value now that could be set again")
                continue
            former[name] = value
            if one_way:
                lost.append(f"{work.node.title}: {name} may not come back, for {one_way}")
    return ({**_telling(work), **former} if former else {}), lost


def _values_before(cloud: CloudDocument, work: Work, change: Change) -> Iterator[tuple[str, Any]]:
    resource, row = work.node.resource, work.plan.row or {}
    option = resource.option(change.option)
    if option.hidden:
        yield "state", _state_before(cloud, work, change) or MISSING
        return
    # Ids are exact, whatever names there will be by then.
    value = value_of(option, row, lambda _kind, object_id: object_id)
    if value is MISSING and option.type in ("set", "refs", "list", "records"):
        value = []
    if option.type == "map" and value is not MISSING:
        wanted = work.node.options.get(option.name, {})
        value = {key: value[key] for key in wanted if key in value} or MISSING
    if value == "" and option.name != "value":
        value = MISSING
    yield option.name, value


def _state_before(cloud: CloudDocument, work: Work, change: Change) -> str:
    """The state that stands for the former value of a hidden option."""
    resource, row = work.node.resource, work.plan.row or {}
    for state in resource.states:
        if change.option in state.sets and not differences(cloud.view, resource, state.sets, row):
            return state.name
    return ""


def _telling(work: Work) -> dict[str, Any]:
    """What tells the object, as it will be called when it is restored."""
    resource, options = work.node.resource, work.node.options
    telling = {name: options[name] for name in (*resource.identity, *resource.scope) if name in options}
    if "id" in options:
        telling["id"] = options["id"]
    return telling
