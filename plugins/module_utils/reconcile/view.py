# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading: each question is asked once, references by name find exactly one object."""

from __future__ import annotations

import difflib
import re
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any

from ..client import Ambiguous, ApiError, CloudStackError, InvalidInput, NotFound
from ..model import Resource, Row
from .memory import Shelf
from .same import holds_scope

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


OWNERS = ("domain", "account", "project")
"""Options that say whose an object is."""


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
        #: Whether the document around is going to create an object of this kind, name and scope; other unknown names
        #: are errors then.
        self.planned: Callable[[Resource, str, Mapping[str, Any]], bool] | None = None
        #: Whether the document around wants such an object to be absent, so that nobody is surprised if it is.
        self.leaving: Callable[[Resource, str, Mapping[str, Any]], bool] | None = None
        #: Whether an earlier task of this run in check mode would have made an object of this kind, name and scope.
        self.earlier: Callable[[str, str, Mapping[str, Any]], bool] | None = None
        #: Whether only what is there counts, or what was planned for certain: procedures act on nothing else.
        self.strict = False
        #: Kind to the names that a document says, where that is all it wants of the kind: a list of many pages is
        #: then not read, but asked for these names.
        self.mentioned: Mapping[str, Collection[str]] = {}
        #: Kinds of which the caller may not list all (see Commands.for_users).
        self._confined: set[str] = set()
        self._answers: dict[Question, list[Row]] = {}
        self._shelves: dict[Question, Shelf | None] = {}
        self._found: dict[str, dict[tuple[Any, ...], Row]] = {}
        self._scopes: dict[str, tuple[str, ...]] = {}
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

    def fresh(self, resource: Resource) -> View:
        """A view that asks the server anew about one kind and answers everything else from this one."""
        return Fresh(self, resource)

    def forget(self, resource: Resource) -> None:
        """From now on the server is asked anew about one kind."""
        with self._guard:
            for store in (self._answers, self._shelves):
                for key in [key for key in store if key[0] == resource.name]:
                    del store[key]
            self._found.pop(resource.name, None)

    def learn(
        self, resource: Resource, row: Row | None, gone: str = "", place: Mapping[str, Any] | None = None
    ) -> None:
        """Takes in an object that was just changed (``row``) or removed (its id as ``gone``).

        ``place``: parameters of the one list that it stands in, where the row does not tell.
        """
        with self._guard:
            for key in [key for key in self._answers if key[0] == resource.name]:
                del self._answers[key]
            self._found.pop(resource.name, None)
            shelves = [shelf for key, shelf in self._shelves.items() if key[0] == resource.name and shelf]
        for shelf in shelves:
            if place is not None and not shelf.is_of(place):
                continue
            if row is None:
                shelf.drop(gone)
            else:
                shelf.put(row)

    def find(self, kind: str, value: Any, scope: Mapping[str, Any] | None = None) -> Row:
        """The one object of a kind by name or id.

        ``scope`` are option values around the reference (zone, pod, domain ...); those that the kind knows narrow
        the search. Raises NotFound with the nearest names, Ambiguous with the ids. In check mode an object that is
        not there yet gives a stand-in, because an earlier task of the same run may be about to make it; where
        ``strict`` is set, only if one is known to be.
        """
        resource = self.kinds[kind]
        if not isinstance(value, str) or not value:
            raise InvalidInput(
                f"{resource.noun}: {value!r} is no name or id", option=kind, remedy="give a name or an id"
            )
        around = scope or {}
        scope = {name: around[name] for name in self._narrowing(resource) if around.get(name) is not None}
        key = (value, *((name, str(item)) for name, item in scope.items()))
        known = self._found.get(kind, {}).get(key)
        if known is None:
            known = self._search(resource, value, scope)
            if not isinstance(known.get("id"), PlannedId):
                self._found.setdefault(kind, {})[key] = known
        return known

    def _narrowing(self, resource: Resource) -> tuple[str, ...]:
        """Options that tell objects of one name apart, and what in turn tells those apart that they refer to."""
        known = self._scopes.get(resource.name)
        if known is None:
            names = dict.fromkeys((*resource.scope, *resource.commands.parents))
            self._scopes[resource.name] = tuple(names)
            for name in tuple(names):
                if resource.has(name) and resource.option(name).refers_to in self.kinds:
                    names.update(dict.fromkeys(self._narrowing(self.kinds[resource.option(name).refers_to])))
            known = self._scopes[resource.name] = tuple(names)
        return known

    def visible(self, resource: Resource, filters: Mapping[str, Any]) -> list[Row]:
        """Rows that the caller may use, his own and others', under exact server-side filters."""
        return self._as_far_as_allowed(resource, lambda extra: self.rows(resource, {**filters, **extra}))

    def _as_far_as_allowed(self, resource: Resource, ask: Callable[[Mapping[str, Any]], list[Row]]) -> list[Row]:
        ways = resource.commands.for_users
        if resource.name not in self._confined:
            try:
                return ask({})
            except ApiError as error:
                # "Filter all can be specified by admin only" [api_facts 2.7].
                if not ways or error.code not in (401, 431, 531):
                    raise
                self._confined.add(resource.name)
        found = self.parallel([partial(ask, extra) for extra in ways])
        id_field = resource.commands.id_field
        return list({(row.get(id_field), row.get("zoneid")): row for rows in found for row in rows}.values())

    def _search(self, resource: Resource, value: str, scope: Mapping[str, Any]) -> Row:
        id_field = resource.commands.id_field
        if looks_like_id(value):
            found = self.visible(resource, {resource.commands.id: value})
            if found:
                return found[0]
        try:
            parents = self.parent_filters(resource, scope)
            rows = self._as_far_as_allowed(resource, lambda extra: self._named(resource, value, {**parents, **extra}))
        except NotFound:
            if not self._will_exist(resource, value, scope):
                raise
            rows = []
        matching = [row for row in rows if holds_scope(self, resource, scope, row)]
        if not matching and resource.is_shared:
            place = {name: item for name, item in scope.items() if name not in OWNERS}
            shared = [row for row in rows if resource.is_shared(row)]
            matching = [row for row in shared if holds_scope(self, resource, place, row)]
        unique = {str(row.get(id_field)): row for row in matching}
        if len(unique) == 1:
            return next(iter(unique.values()))
        if unique:
            raise Ambiguous(
                f"{len(unique)} objects are called {value!r} ({resource.noun}): {', '.join(sorted(unique))}",
                obj=f"{resource.noun} {value}",
                remedy="give the id instead of the name",
            )
        if self._will_exist(resource, value, scope):
            standing_in = PlannedId(f"(id of {resource.noun} {value})")
            return {id_field: standing_in, "id": standing_in, resource.option(resource.identity[0]).row_field: value}
        raise self._unknown(resource, value, scope)

    def _will_exist(self, resource: Resource, value: str, scope: Mapping[str, Any]) -> bool:
        """Whether an unknown name is one that the document creates, or in check mode an earlier task may create."""
        if self.planned is not None:
            return self.planned(resource, value, scope)
        if self.check and self.earlier is not None and self.earlier(resource.name, value, scope):
            return True
        if self.check and not self.strict:
            note = f"{resource.noun} {value!r} does not exist; the plan takes it that an earlier step creates it"
            if note not in self.notes:
                self.notes.append(note)
            return True
        return False

    def _named(self, resource: Resource, value: str, extra: Mapping[str, Any]) -> list[Row]:
        if resource.refer:
            filters, is_meant = resource.refer(value)
            in_memory = self.whole and resource.canonical
            rows = self.candidates(resource, value, extra) if in_memory else self.rows(resource, {**filters, **extra})
            return [row for row in rows if is_meant(row)]
        field = resource.option(resource.identity[0]).row_field
        return [row for row in self.candidates(resource, value, extra) if row.get(field) == value]

    def parent_filters(self, resource: Resource, scope: Mapping[str, Any]) -> dict[str, Any]:
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
            rows = self.visible(resource, self.parent_filters(resource, scope))
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
            nearest=close,
            expected=self.leaving is not None and self.leaving(resource, value, scope),
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

    def learn(
        self, resource: Resource, row: Row | None, gone: str = "", place: Mapping[str, Any] | None = None
    ) -> None:
        self._around.learn(resource, row, gone, place)


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
