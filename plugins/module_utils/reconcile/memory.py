# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of one list, read once and from then on answered from memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ..model import Resource, Row


class Shelf:
    """The rows of a kind under the filters ``base``. Safe to use from several threads.

    Lists that were handed out are never changed: who reads them may go on while others put rows in.
    """

    def __init__(self, resource: Resource, base: Mapping[str, Any], rows: Iterable[Row]) -> None:
        self._resource = resource
        self._base = dict(base)
        self._id = resource.commands.id_field
        self._lock = threading.Lock()
        self._indexes: dict[str, dict[str, list[Row]]] = {}
        self._all: list[Row] | None = None
        # One object may stand in a list more than once: a template for each zone.
        self._by_id: dict[str, list[Row]] = {}
        for row in rows:
            self._by_id.setdefault(str(row.get(self._id)), []).append(row)

    @property
    def rows(self) -> list[Row]:
        with self._lock:
            if self._all is None:
                self._all = [row for rows in self._by_id.values() for row in rows]
            return self._all

    def where(self, field: str, value: Any) -> list[Row]:
        """Rows that hold a value in a field, compared as text."""
        if field == self._id:
            return self._by_id.get(str(value), [])
        with self._lock:
            index = self._indexes.get(field)
            if index is None:
                index = self._indexes[field] = {}
                for rows in self._by_id.values():
                    for row in rows:
                        index.setdefault(str(row.get(field)), []).append(row)
            return index.get(str(value), [])

    def put(self, row: Row) -> None:
        """An object that was made or changed. It leaves the shelf if the shelf's filters no longer let it in."""
        with self._lock:
            self._forget(str(row.get(self._id)))
            if self._lets_in(row):
                self._by_id[str(row.get(self._id))] = [row]
                for field, index in self._indexes.items():
                    index[str(row.get(field))] = [*index.get(str(row.get(field)), ()), row]

    def is_of(self, place: Mapping[str, Any]) -> bool:
        """Whether the shelf was read with just these parameters, beside those that every list of the kind has."""
        fixed = self._resource.commands.fixed.get("list", {})
        return {name: str(value) for name, value in self._base.items()} == {
            name: str(value) for name, value in {**fixed, **place}.items()
        }

    def drop(self, object_id: str) -> None:
        """An object that is gone."""
        with self._lock:
            self._forget(object_id)

    def _forget(self, object_id: str) -> None:
        self._all = None
        for gone in self._by_id.pop(object_id, ()):
            for field, index in self._indexes.items():
                value = str(gone.get(field))
                index[value] = [row for row in index.get(value, ()) if row is not gone]

    def _lets_in(self, row: Row) -> bool:
        """Whether what the list was filtered by (a physical network, a project) is the row's own."""
        for option, parameter in self._resource.commands.parents.items():
            field = self._resource.option(option).row_field
            if parameter in self._base and str(row.get(field, self._base[parameter])) != str(self._base[parameter]):
                return False
        return True
