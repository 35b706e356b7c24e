# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rows of a list, however many pages the server makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .errors import ApiError

Row = dict[str, Any]
Fetch = Callable[[int, int], dict[str, Any]]

_TOO_LARGE = re.compile(r"exceed max allowed page size value: (\d+)")
_PASSES = 3
# One object may stand in a list once per zone or store: templates, ISOs, snapshots.
_IDENTITY = ("id", "zoneid", "datastoreid", "locationtype")


def allowed_size(error: ApiError) -> int | None:
    """The largest page that the server allows, when that is what it refused."""
    found = _TOO_LARGE.search(error.server_text or "")
    return int(found.group(1)) if found else None


def rows_of(answer: Mapping[str, Any]) -> list[Any]:
    """The rows in an answer: its only list, or its only object as a list of one."""
    held = [value for name, value in answer.items() if name != "count"]
    lists = [value for value in held if isinstance(value, list)]
    if lists:
        return lists[0]
    return [value for value in held if isinstance(value, dict)]


class TooMany(Exception):  # noqa: N818
    """A list has more pages than its reader wants."""


def read_all(
    fetch: Fetch,
    size: int,
    side_by_side: Callable[[Sequence[Callable[[], Any]]], list[Any]],
    most: int | None = None,
) -> list[Row]:
    """Every row once, in the server's order.

    fetch: the answer for (page, page size). side_by_side: runs calls at once and returns their results in order.
    most: how many pages at most; TooMany is raised after the first where there are more.

    The server numbers rows anew for each page: what is deleted meanwhile makes others slip to a page already read. So a
    list that shrank while it was read is read again, a few times; rows seen in any pass are kept, because a missing
    row would be taken for an object to create.
    """
    seen: dict[Any, Row] = {}
    for _pass in range(_PASSES):
        rows, steady = _read_once(fetch, size, side_by_side, most)
        seen = {**rows, **{key: row for key, row in seen.items() if key not in rows}}
        if steady:
            return list(rows.values())
    return list(seen.values())


def _read_once(
    fetch: Fetch,
    size: int,
    side_by_side: Callable[[Sequence[Callable[[], Any]]], list[Any]],
    most: int | None,
) -> tuple[dict[Any, Row], bool]:
    """One pass, and whether the list stood still meanwhile."""
    answer = fetch(1, size)
    page = rows_of(answer)
    rows = _by_key(page)
    total = _count(answer)
    if not page or (len(page) < size and len(page) >= total) or len(page) > size:
        return rows, True
    if most is not None and -(-total // size) > most:
        raise TooMany
    number, steady = 1, True
    while page and (len(page) >= size or len(rows) < total):
        # Only a total beyond this page tells how many are left; some commands count the page alone.
        left = max(1, -(-total // size) - number)
        answers = side_by_side([_page(fetch, number + step, size) for step in range(1, left + 1)])
        number += left
        before = len(rows)
        for answer in answers:
            page = rows_of(answer)
            rows.update(_by_key(page))
            if _count(answer) > len(page):
                steady = steady and _count(answer) >= total
                total = _count(answer)
        if len(rows) == before:
            break
    return rows, steady


def _page(fetch: Fetch, number: int, size: int) -> Callable[[], dict[str, Any]]:
    return lambda: fetch(number, size)


def _count(answer: Mapping[str, Any]) -> int:
    count = answer.get("count")
    return count if isinstance(count, int) else 0


def _by_key(page: Sequence[Row]) -> dict[Any, Row]:
    """The rows of a page, to be merged with those of others. Within one page nothing is taken for a double."""
    found: dict[Any, Row] = {}
    for row in page:
        key, double = _key(row), 0
        while (key, double) in found:
            double += 1
        found[(key, double)] = row
    return found


def _key(row: Any) -> Any:
    if isinstance(row, dict) and row.get("id") is not None:
        return tuple(str(row.get(name)) for name in _IDENTITY)
    return json.dumps(row, sort_keys=True)
