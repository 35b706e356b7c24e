# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading: each question is asked once, and what was answered is known from then on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any

from ..client import CloudStackError
from ..model import Resource, Row
from .memory import Shelf


class PlannedId(str):
    """Stands in for the id of an object that would exist if the plan were carried out."""

    __slots__ = ()


Question = tuple[str, tuple[tuple[str, str], ...]]
"""A kind and the filters that its list was asked with."""


def question(resource: Resource, sent: Mapping[str, Any]) -> Question:
    return (resource.name, tuple(sorted((name, str(value)) for name, value in sent.items())))


def exact_filters(resource: Resource) -> dict[str, str]:
    """List parameters that let through exactly the rows that hold their value: parameter to field."""
    exact = {resource.commands.id: resource.commands.id_field}
    for name, parameter in resource.commands.filters.items():
        if resource.has(name) and resource.option(name).row_field:
            exact[parameter] = resource.option(name).row_field
    return exact


class Answers:
    """What the server answered to the questions of one task or one document.

    ``whole``: kinds are read completely, once, and answered from memory; worth it for documents. Otherwise lists
    are filtered at the server by exact name.
    """

    def __init__(self, client: Any, *, whole: bool) -> None:
        self.client = client
        self.whole = whole
        #: Kind to the names that a document says, where that is all it wants of the kind: a list of many pages is
        #: then not read, but asked for these names.
        self.mentioned: Mapping[str, Collection[str]] = {}
        self._answers: dict[Question, list[Row]] = {}
        self._shelves: dict[Question, Shelf | None] = {}
        self._exact: dict[str, dict[str, str]] = {}
        self._locks: dict[Question, threading.Lock] = {}
        self._guard = threading.Lock()

    def rows(self, resource: Resource, filters: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows of a kind under exact server-side filters (parameter to value); asked once."""
        sent = {**resource.commands.fixed.get("list", {}), **(filters or {})}
        if any(isinstance(value, PlannedId) for value in sent.values()):
            return []
        if not self.whole:
            return self._ask(resource, sent)
        exact = self._exact.get(resource.name)
        if exact is None:
            exact = self._exact[resource.name] = exact_filters(resource)
        known = {parameter: exact[parameter] for parameter in filters or {} if parameter in exact}
        base = {parameter: value for parameter, value in sent.items() if parameter not in known}
        shelf = self._shelf(resource, base)
        if shelf is None:
            return self._ask(resource, sent)
        if not known:
            return shelf.rows
        first, *others = known
        found = shelf.where(known[first], sent[first])
        if first == resource.commands.id and not found:
            # A list under other filters may hold it: what a project owns, what is inactive.
            return self._ask(resource, sent)
        return [row for row in found if all(str(row.get(known[p])) == str(sent[p]) for p in others)]

    def read_ahead(self, resource: Resource, filters: Mapping[str, Any] | None = None) -> None:
        """Reads what questions about a kind are going to need: all of it, or what was mentioned of a long list."""
        sent = {**resource.commands.fixed.get("list", {}), **(filters or {})}
        if not any(isinstance(value, PlannedId) for value in sent.values()):
            self._shelf(resource, sent)

    def _ask(self, resource: Resource, sent: Mapping[str, Any]) -> list[Row]:
        key = question(resource, sent)
        with self._lock_of(key):
            if key not in self._answers:
                try:
                    self._answers[key] = self.client.list(resource.commands.list, sent)
                except CloudStackError as error:
                    if not _is_gone(error, sent, resource):
                        raise
                    self._answers[key] = []
            return self._answers[key]

    def _shelf(self, resource: Resource, base: Mapping[str, Any]) -> Shelf | None:
        """A whole list in memory; None where it is too long for what is wanted of it."""
        key = question(resource, base)
        with self._lock_of(key):
            if key not in self._shelves:
                rows = self._read_whole(resource, base)
                self._shelves[key] = None if rows is None else Shelf(resource, base, rows)
            return self._shelves[key]

    def _read_whole(self, resource: Resource, base: Mapping[str, Any]) -> list[Row] | None:
        names = self.mentioned.get(resource.name)
        parameter = resource.commands.filters.get(resource.identity[0])
        if not names or not parameter:
            return self.client.list(resource.commands.list, base)
        rows = self.client.list_short(resource.commands.list, base, pages=len(names))
        if rows is None:
            self.parallel([partial(self._ask, resource, {**base, parameter: name}) for name in names])
        return rows

    def _lock_of(self, key: Question) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())

    def candidates(self, resource: Resource, name: str, extra: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows that may be called ``name``: filtered at the server, or from memory of the whole kind."""
        first = resource.option(resource.identity[0])
        parameter = resource.commands.filters.get(first.name)
        if parameter:
            return self.rows(resource, {**(extra or {}), parameter: name})
        plain = first.type == "str" and first.row_field and not first.equal and not first.decode
        if not self.whole or not (plain or resource.canonical):
            return self.rows(resource, extra)
        base = {**resource.commands.fixed.get("list", {}), **(extra or {})}
        if any(isinstance(item, PlannedId) for item in base.values()):
            return []
        shelf = self._shelf(resource, base)
        return shelf.where(first.row_field, resource.canonical(name) if resource.canonical else name) if shelf else []

    def holding(self, resource: Resource, field: str, value: str) -> list[Row]:
        """Rows of a kind that hold a text in a field by which the server can't filter."""
        shelf = self._shelf(resource, resource.commands.fixed.get("list", {})) if self.whole else None
        if shelf is not None:
            return shelf.where(field, value)
        return [row for row in self.rows(resource) if str(row.get(field)) == value]

    def forget(self, resource: Resource) -> None:
        """From now on the server is asked anew about one kind."""
        with self._guard:
            for store in (self._answers, self._shelves):
                for key in [key for key in store if key[0] == resource.name]:
                    del store[key]

    def learn(
        self, resource: Resource, row: Row | None, gone: str = "", place: Mapping[str, Any] | None = None
    ) -> None:
        """Takes in an object that was just changed (``row``) or removed (its id as ``gone``).

        ``place``: parameters of the one list that it stands in, where the row does not tell.
        """
        with self._guard:
            for key in [key for key in self._answers if key[0] == resource.name]:
                del self._answers[key]
            shelves = [shelf for key, shelf in self._shelves.items() if key[0] == resource.name and shelf]
        for shelf in shelves:
            if place is not None and not shelf.is_of(place):
                continue
            if row is None:
                shelf.drop(gone)
            else:
                shelf.put(row)

    def parallel(self, questions: Iterable[Callable[[], Any]]) -> list[Any]:
        """Asks independent questions side by side; answers in order."""
        return self.client.parallel(list(questions))


def _is_gone(error: CloudStackError, sent: Mapping[str, Any], resource: Resource) -> bool:
    """Some lists answer an unknown id with a refusal instead of an empty list [api_facts 1.6, dispatcher text]."""
    return (
        resource.commands.id in sent
        and error.code == 431
        and (
            "entity does not exist" in str(error.server_text)
            or "Unable to find" in str(error.server_text)
            or "doesn't exist" in str(error.server_text)
        )
    )
