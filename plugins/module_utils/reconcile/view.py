# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding: references by name or id find exactly one object."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..client import Ambiguous, ApiError, CloudStackError, InvalidInput, NotFound
from ..model import Resource, Row
from .answers import Answers, PlannedId
from .same import holds_scope

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


OWNERS = ("domain", "account", "project")
"""Options that say whose an object is."""


def looks_like_id(value: Any) -> bool:
    return isinstance(value, str) and bool(_UUID.match(value))


class View(Answers):
    """The server as seen by one task or one document. ``kinds`` are the resource records by name."""

    def __init__(self, client: Any, kinds: Mapping[str, Resource], *, whole: bool = False, check: bool = False) -> None:
        super().__init__(client, whole=whole)
        self.kinds = kinds
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
        #: Kinds of which the caller may not list all (see Commands.for_users).
        self._confined: set[str] = set()
        self._found: dict[str, dict[tuple[Any, ...], Row]] = {}
        self._scopes: dict[str, tuple[str, ...]] = {}

    def fresh(self, resource: Resource) -> View:
        """A view that asks the server anew about one kind and answers everything else from this one."""
        return Fresh(self, resource)

    def forget(self, resource: Resource) -> None:
        super().forget(resource)
        self._found.pop(resource.name, None)

    def learn(
        self, resource: Resource, row: Row | None, gone: str = "", place: Mapping[str, Any] | None = None
    ) -> None:
        super().learn(resource, row, gone, place)
        self._found.pop(resource.name, None)

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
        matching = self._alive(resource, value, scope, matching)
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

    def _alive(self, resource: Resource, value: str, scope: Mapping[str, Any], rows: list[Row]) -> list[Row]:
        """Without what is destroyed, if there is anything else of that name, or will be."""
        if resource.is_gone is None:
            return rows
        alive = [row for row in rows if not resource.is_gone(row)]
        return alive if alive or self._is_planned(resource, value, scope) else rows

    def _is_planned(self, resource: Resource, value: str, scope: Mapping[str, Any]) -> bool:
        """Whether the document creates an object of this name, or in check mode an earlier task would."""
        if self.planned is not None:
            return self.planned(resource, value, scope)
        return bool(self.check and self.earlier is not None and self.earlier(resource.name, value, scope))

    def _will_exist(self, resource: Resource, value: str, scope: Mapping[str, Any]) -> bool:
        """Whether an unknown name is planned for certain, or in check mode may be what an earlier step creates."""
        if self._is_planned(resource, value, scope):
            return True
        if self.planned is None and self.check and not self.strict:
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
