# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From ids to the names by which a document refers to objects."""

from __future__ import annotations

from collections import Counter

from ..model import Resource, Row
from ..reconcile import View
from ..reconcile.view import looks_like_id


class Names:
    """Names of a server's objects, each kind read once and whole.

    A name that two objects share, in the same zone, domain ... if the kind has such a scope, is no name: the id stands
    in for it. Of an object that is not listed there is nothing to say (the hidden disk offering of a compute offering).
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[str, dict[str, str]] = {}

    def __call__(self, kind: str, object_id: str) -> str:
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = self._read(self._view.kinds[kind])
        # What is no id is a name already.
        return known.get(object_id, "") if looks_like_id(object_id) else object_id

    def _read(self, resource: Resource) -> dict[str, str]:
        places: dict[str, tuple[str, ...]] = {}
        for row in self._view.rows(resource):
            places[str(row.get(resource.commands.id_field))] = _place(resource, row)
        count = Counter(places.values())
        return {
            object_id: place[0] if place[0] and count[place] == 1 else object_id for object_id, place in places.items()
        }


def name_in(resource: Resource, row: Row) -> str:
    """What a listed object is called."""
    return str(row.get(resource.option(resource.identity[0]).row_field) or "")


def _place(resource: Resource, row: Row) -> tuple[str, ...]:
    """The name of an object, and the zone, domain ... in which it has to be the only one of that name."""
    scope = (resource.option(name).row_field for name in resource.scope)
    return (name_in(resource, row), *(str(row.get(field)) for field in scope))
