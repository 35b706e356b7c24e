# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every object of a kind, for what looks at a whole cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Resource, Row
from ..reconcile import Context, View

ALL_PROJECTS = "-1"


def every_row(view: View, resource: Resource, around: Mapping[str, Any] | None = None) -> list[Row]:
    """All objects of a kind; of a kind that is listed under parents, those of all parents, or of the one told."""
    given = dict(around or {})
    missing = [option for option in needed_parents(resource) if option not in given]
    if missing:
        kind = view.kinds[resource.option(missing[0]).refers_to]
        parents = [str(row[kind.commands.id_field]) for row in every_row(view, kind)]
        lists = view.parallel(
            [lambda one=one: every_row(view, resource, {**given, missing[0]: one}) for one in parents]
        )
        return [row for rows in lists for row in rows]
    if resource.listed:
        return list(resource.listed(Context(resource, given, view, check=True)))
    filters = view.parent_filters(resource, given)
    rows = view.rows(resource, filters)
    if "project" in resource.commands.parents and "project" not in given:
        # Current servers answer with what accounts own as well.
        known = {row.get(resource.commands.id_field) for row in rows}
        of_all = view.rows(resource, {**filters, resource.commands.parents["project"]: ALL_PROJECTS})
        rows = [*rows, *(row for row in of_all if row.get(resource.commands.id_field) not in known)]
    return rows


def needed_parents(resource: Resource) -> list[str]:
    """Options without whose id the list command tells nothing. Without a project it tells what no project owns."""
    return [option for option in resource.commands.parents if option != "project"]


def is_built_in(resource: Resource, row: Row) -> bool:
    """Whether the object came with the server."""
    return bool(resource.built_in and resource.built_in(row))
