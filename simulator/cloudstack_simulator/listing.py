"""Everything the list commands share: filters, keyword, ownership, order, pages and counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from . import access, icons
from .errors import CloudRuntime, InvalidParameter, ParameterError
from .tables import Table

if TYPE_CHECKING:
    from .call import Call

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Filter:
    test: Callable[[Any], bool]
    field: str | None = None
    value: Any = None
    """With `field`: an equality that an index may answer."""


def equal(field: str | Callable[[Any], Any], value: Any) -> Filter | None:
    """Rows whose field equals the value: text without regard to case, a row by its number. None: no filter."""
    if value is None:
        return None
    if hasattr(value, "removed") and hasattr(value, "id"):
        value = value.id
    if isinstance(value, list):
        return any_of(field, value)
    get = _getter(field)
    name = field if isinstance(field, str) else None
    if isinstance(value, str):
        wanted = value.lower()
        return Filter(lambda row: _lowered(get(row)) == wanted, name, wanted)
    return Filter(lambda row: get(row) == value, name, value)


def any_of(field: str | Callable[[Any], Any], values: Iterable[Any] | None) -> Filter | None:
    """Rows whose field equals one of the values (rows count by their number)."""
    if values is None:
        return None
    wanted = {getattr(v, "id", v) for v in values}
    get = _getter(field)
    return Filter(lambda row: get(row) in wanted)


def contains(field: str | Callable[[Any], Any], value: str | None) -> Filter | None:
    """SQL `LIKE %value%`."""
    return None if value is None else like(field, f"%{value}%")


def like(field: str | Callable[[Any], Any], pattern: str | None) -> Filter | None:
    """SQL `LIKE pattern` as given: equality unless the pattern has `%` or `_`."""
    if pattern is None:
        return None
    expression = re.compile(
        "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern), re.IGNORECASE | re.DOTALL
    )
    get = _getter(field)
    return Filter(lambda row: expression.fullmatch(str(get(row) or "")) is not None)


def matching(test: Callable[[Any], bool]) -> Filter:
    return Filter(test)


def tagged(call: Call, kind: str) -> Filter | None:
    """The `tags` filter of list commands: `tags[0].key=…&tags[0].value=…`, one of them must be there."""
    wanted = [(e.get("key"), e.get("value")) for e in (call.params.tags or {}).values() if isinstance(e, dict)]
    if not wanted:
        return None
    return Filter(lambda row: call.sim.tags.has_any(kind, row, wanted))


def _lowered(value: Any) -> str:
    if isinstance(value, str):
        return value.lower()
    return "" if value is None else str(value).lower()


def _getter(field: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    if callable(field):
        return field
    return lambda row: getattr(row, field)


def _visible(call: Call, table: Table[Any] | None) -> Filter | None:
    """The filter of what this call may list, or None when that is everything."""
    allowed = access.visible_accounts(call)
    if allowed is None:
        return None
    index = table.buckets("account_id") if table is not None else None
    if index is not None and index.keys() <= allowed:
        return None
    if len(allowed) == 1:
        only = next(iter(allowed))
        return Filter(lambda row: row.account_id == only, "account_id", only)
    return Filter(lambda row: row.account_id in allowed)


def answer(
    call: Call,
    name: str,
    rows: Iterable[Any],
    view: Callable[[Call, Any], dict[str, Any]],
    *,
    where: Iterable[Filter | None] = (),
    keyword: Iterable[str] = (),
    owned: bool = False,
    sort: Callable[[Any], Any] | None = None,
    newest_first: bool = False,
) -> dict[str, Any]:
    """`{"count": total, name: [view, …]}` for the page asked for; `{}` when nothing matches.

    `rows`: a table (its live rows) or any rows. `keyword`: fields the `keyword` parameter looks into.
    `owned`: rows have `account_id` and the caller sees only what its account, domain, project and `listall` allow.
    `sort`: key function; without it rows are in order of their internal number.
    """
    filters = [f for f in where if f is not None]
    if keyword and call.params.keyword:
        filters.append(_keyword_filter(tuple(keyword), call.params.keyword))
    if owned:
        mine = _visible(call, rows if isinstance(rows, Table) else None)
        if mine is not None:
            filters.append(mine)
    found: Any = rows if isinstance(rows, Table) and not filters else _select(rows, filters)
    if sort is not None or newest_first:
        found = sorted(found, key=sort or (lambda row: row.id), reverse=newest_first)
    return page(call, name, found, lambda row: view(call, row))


def page(call: Call, name: str, found: Any, view: Callable[[Any], Any]) -> dict[str, Any]:
    """Cut the page asked for out of `found` (anything with a length) and build only its views."""
    total = len(found)
    if total == 0:
        return {}
    if call.params.retrieveonlyresourcecount:
        return {"count": total}
    first, size = bounds(call)
    values = found.live.values() if isinstance(found, Table) else found
    call.shared = {}
    shown = [view(row) for row in islice(values, first, None if size == UNLIMITED else first + size)]
    call.shared = None
    if call.params.showicon:
        icons.show(call, shown)
    if call.sim.jobs.pending:
        shown = [call.sim.jobs.mark(one) for one in shown]
    return {"count": total, name: shown} if shown else {"count": total}


def bounds(call: Call) -> tuple[int, int]:
    """(index of the first row, number of rows) of the page asked for; the number may be UNLIMITED."""
    size = call.params.pagesize
    default = call.sim.max_page_size
    if size is None:
        return 0, default
    if size == UNLIMITED:
        return 0, UNLIMITED
    if size < 0:
        raise CloudRuntime(f"DB Exception on: LIMIT 0, {size}")
    return (max(call.params.page or 1, 1) - 1) * size, size


def check_page(call: Call) -> None:
    """The dispatcher's checks of `page` and `pagesize`."""
    page_number, size = call.params.page, call.params.pagesize
    maximum = call.sim.max_page_size
    if size is not None and size != UNLIMITED and maximum != UNLIMITED and size > maximum:
        raise InvalidParameter(f"Page size can't exceed max allowed page size value: {maximum}")
    if size == UNLIMITED and page_number is not None:
        raise InvalidParameter("Can't specify page parameter when pagesize is -1 (Unlimited)")
    if page_number is not None and size is None:
        raise ParameterError('"pagesize" parameter is required when "page" is specified')
    if size is not None and size != UNLIMITED and page_number is None:
        raise ParameterError('"page" parameter is required when "pagesize" is specified')


def _keyword_filter(fields: tuple[str, ...], word: str) -> Filter:
    tests = [f.test for f in (contains(field, word) for field in fields) if f is not None]
    return Filter(lambda row: any(test(row) for test in tests))


def _select(rows: Iterable[Any], filters: list[Filter]) -> list[Any]:
    if isinstance(rows, Table):
        rows, filters = _narrow(rows, filters)
    for chosen in filters:
        rows = filter(chosen.test, rows)
    return list(rows)


def _narrow(table: Table[Any], filters: list[Filter]) -> tuple[Iterable[Any], list[Filter]]:
    """Let the index that leaves the fewest rows answer one of the equalities, if there is one."""
    smallest: dict[int, Any] | None = None
    for chosen in filters:
        if chosen.field == "id":
            row = table.live.get(chosen.value)
            return ([row] if row is not None else []), filters
        index = table.buckets(chosen.field) if chosen.field else None
        if index is not None:
            bucket = index.get(chosen.value, {})
            if smallest is None or len(bucket) < len(smallest):
                smallest, answered = bucket, chosen
    if smallest is None:
        return table.live.values(), filters
    return [smallest[n] for n in sorted(smallest)], [f for f in filters if f is not answered]
