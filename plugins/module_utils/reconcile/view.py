# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading: each question is asked once, references by name find exactly one object."""

from __future__ import annotations

import difflib
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..client import Ambiguous, CloudStackError, InvalidInput, NotFound
from ..model import Resource, Row
from .same import holds_scope

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


class PlannedId(str):
    """Stands in for the id of an object that would exist if the plan were carried out."""

    __slots__ = ()


def looks_like_id(value: Any) -> bool:
    return isinstance(value, str) and bool(_UUID.match(value))


class View:
    """The server as seen by one task or one document.

    ``whole``: kinds are read completely, once, and answered from memory; worth it for documents. Otherwise lists
    are filtered at the server by exact name. ``kinds`` are the resource records by name.
    """

    def __init__(self, client: Any, kinds: Mapping[str, Resource], *, whole: bool = False, check: bool = False) -> None:
        self.client = client
        self.kinds = kinds
        self.whole = whole
        self.check = check
        self.notes: list[str] = []
        #: Kind and name of what the document around is going to create; the rest of unknown names are errors.
        self.planned: set[tuple[str, str]] | None = None
        self._answers: dict[tuple[Any, ...], list[Row]] = {}
        self._by_name: dict[tuple[Any, ...], dict[str, list[Row]]] = {}
        self._locks: dict[tuple[Any, ...], threading.Lock] = {}
        self._guard = threading.Lock()

    def rows(self, resource: Resource, filters: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows of a kind under exact server-side filters (parameter to value); asked once."""
        sent = {**resource.commands.fixed.get("list", {}), **(filters or {})}
        if any(isinstance(value, PlannedId) for value in sent.values()):
            return []
        key = (resource.name, tuple(sorted((name, str(value)) for name, value in sent.items())))
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._answers:
                try:
                    self._answers[key] = self.client.list(resource.commands.list, sent)
                except CloudStackError as error:
                    if not _is_gone(error, sent, resource):
                        raise
                    self._answers[key] = []
            return self._answers[key]

    def candidates(self, resource: Resource, name: str, extra: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows that may be called ``name``: filtered at the server, or from memory of the whole kind."""
        first = resource.identity[0]
        parameter = resource.commands.filters.get(first)
        if not self.whole or not parameter:
            return self.rows(resource, {**({parameter: name} if parameter else {}), **(extra or {})})
        rows = self.rows(resource, extra)
        key = (resource.name, tuple(sorted((extra or {}).items())))
        with self._guard:
            index = self._by_name.get(key)
            if index is None:
                index = {}
                field = resource.option(first).row_field
                for row in rows:
                    index.setdefault(str(row.get(field)), []).append(row)
                self._by_name[key] = index
            return index.get(str(name), [])

    def fresh(self, resource: Resource) -> View:
        """A view that asks the server anew about one kind and answers everything else from this one."""
        return Fresh(self, resource)

    def learn(self, resource: Resource, row: Row | None, gone: str = "") -> None:
        """Takes in an object that was just changed (``row``) or removed (its id as ``gone``)."""
        with self._guard:
            keys = [key for key in self._answers if key[0] == resource.name]
            for key in keys:
                if self.whole and len(keys) == 1:
                    self._replace(key, resource, row, gone)
                else:
                    del self._answers[key]
            for key in [key for key in self._by_name if key[0] == resource.name]:
                if not (self.whole and len(keys) == 1 and row is not None):
                    del self._by_name[key]

    def _replace(self, key: tuple[Any, ...], resource: Resource, row: Row | None, gone: str) -> None:
        id_field = resource.commands.id_field
        changed = gone if row is None else str(row.get(id_field))
        kept = [known for known in self._answers[key] if str(known.get(id_field)) != changed]
        self._answers[key] = kept if row is None else [*kept, row]
        if row is not None:
            field = resource.option(resource.identity[0]).row_field
            for index in (index for place, index in self._by_name.items() if place[0] == resource.name):
                for rows in index.values():
                    rows[:] = [known for known in rows if str(known.get(id_field)) != changed]
                index.setdefault(str(row.get(field)), []).append(row)

    def find(self, kind: str, value: Any, scope: Mapping[str, Any] | None = None) -> Row:
        """The one object of a kind by name or id.

        ``scope`` are option values around the reference (zone, pod, domain ...); those that the kind knows narrow
        the search. Raises NotFound with the nearest names, Ambiguous with the ids. In check mode an object that is
        not there yet gives a stand-in, because an earlier task of the same run may be about to make it.
        """
        resource = self.kinds[kind]
        if not isinstance(value, str) or not value:
            raise InvalidInput(
                f"{resource.noun}: {value!r} is no name or id", option=kind, remedy="give a name or an id"
            )
        id_field = resource.commands.id_field
        if looks_like_id(value):
            found = self._by_id(resource, value)
            if found:
                return found[0]
        scope = {key: item for key, item in (scope or {}).items() if item is not None}
        try:
            extra = self._parent_filters(resource, scope)
            rows = self._named(resource, value, extra)
        except NotFound:
            if not self._will_exist(resource, value):
                raise
            rows = []
        matching = [row for row in rows if holds_scope(self, resource, scope, row)]
        unique = {str(row.get(id_field)): row for row in matching}
        if len(unique) == 1:
            return next(iter(unique.values()))
        if unique:
            raise Ambiguous(
                f"{len(unique)} objects are called {value!r} ({resource.noun}): {', '.join(sorted(unique))}",
                obj=f"{resource.noun} {value}",
                remedy="give the id instead of the name",
            )
        if self._will_exist(resource, value):
            standing_in = PlannedId(f"(id of {resource.noun} {value})")
            return {id_field: standing_in, "id": standing_in, resource.option(resource.identity[0]).row_field: value}
        raise self._unknown(resource, value, scope)

    def _will_exist(self, resource: Resource, value: str) -> bool:
        """Whether an unknown name is one that the document creates, or in check mode an earlier task may create."""
        if self.planned is not None:
            return (resource.name, value) in self.planned
        if self.check:
            note = f"{resource.noun} {value!r} does not exist; the plan takes it that an earlier step creates it"
            if note not in self.notes:
                self.notes.append(note)
        return self.check

    def _by_id(self, resource: Resource, value: str) -> list[Row]:
        if self.whole:
            id_field = resource.commands.id_field
            return (
                [row for row in self.rows(resource) if row.get(id_field) == value]
                if not resource.commands.parents
                else []
            )
        return self.rows(resource, {resource.commands.id: value})

    def _named(self, resource: Resource, value: str, extra: Mapping[str, Any]) -> list[Row]:
        if resource.refer:
            filters, is_meant = resource.refer(value)
            rows = self.rows(resource, extra) if self.whole else self.rows(resource, {**filters, **extra})
            return [row for row in rows if is_meant(row)]
        field = resource.option(resource.identity[0]).row_field
        return [row for row in self.candidates(resource, value, extra) if row.get(field) == value]

    def _parent_filters(self, resource: Resource, scope: Mapping[str, Any]) -> dict[str, Any]:
        """Ids of the parents without which a kind's list command answers nothing useful."""
        filters = {}
        for option, parameter in resource.commands.parents.items():
            if option not in scope:
                continue
            around = {key: item for key, item in scope.items() if key != option}
            filters[parameter] = self.find(resource.option(option).refers_to, scope[option], around)["id"]
        return filters

    def _unknown(self, resource: Resource, value: str, scope: Mapping[str, Any]) -> NotFound:
        field = resource.option(resource.identity[0]).row_field
        try:
            rows = self.rows(resource, self._parent_filters(resource, scope))
            names = [str(row[field]) for row in rows if row.get(field) and holds_scope(self, resource, scope, row)]
        except CloudStackError:
            names = []
        close = difflib.get_close_matches(value, names, n=3)
        remedy = (
            f"did you mean {' or '.join(repr(name) for name in close)}?"
            if close
            else "check the name, or create it first"
        )
        within = ", ".join(
            f"{key} {item}" for key, item in scope.items() if resource.has(key) and key in resource.scope
        )
        return NotFound(
            f"{resource.noun} {value!r} does not exist" + (f" in {within}" if within else ""),
            obj=f"{resource.noun} {value}",
            remedy=remedy,
        )

    def parallel(self, questions: Iterable[Callable[[], Any]]) -> list[Any]:
        """Asks independent questions side by side; answers in order."""
        return self.client.parallel(list(questions))


class Fresh(View):
    """The server about one kind, asked anew each time; what else is needed comes from the view around it."""

    def __init__(self, around: View, resource: Resource) -> None:
        super().__init__(around.client, around.kinds, check=around.check)
        self._around = around
        self._kind = resource.name

    def rows(self, resource: Resource, filters: Mapping[str, Any] | None = None) -> list[Row]:
        if resource.name != self._kind:
            return self._around.rows(resource, filters)
        self._answers.clear()
        return super().rows(resource, filters)

    def find(self, kind: str, value: Any, scope: Mapping[str, Any] | None = None) -> Row:
        return self._around.find(kind, value, scope)

    def fresh(self, resource: Resource) -> View:
        return self if resource.name == self._kind else self._around.fresh(resource)

    def learn(self, resource: Resource, row: Row | None, gone: str = "") -> None:
        self._around.learn(resource, row, gone)


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
