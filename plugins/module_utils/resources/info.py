# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading objects of any kind."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ..client import CloudStackError, InvalidInput
from ..model import Operation, Option, Resource, Row
from ..reconcile.present import SECRET_FIELDS, present
from ..reconcile.same import holds

try:
    import jmespath
    from jmespath.exceptions import JMESPathError

    HAS_JMESPATH = True
except ImportError:
    HAS_JMESPATH = False

_SINGLE = frozenset(("str", "int", "float", "bool", "ref"))


def _run(task: Any) -> dict[str, Any]:
    query = _compiled(task.option("query"))
    resource = _resource(task.view.kinds, task.option("kind"))
    named, params = _parameters(task, resource)
    rows = task.view.visible(resource, params)
    # A server ignores parameters that it doesn't know, so what was asked for is held against the rows once more.
    rows = [row for row in rows if all(holds(task.view, resource.option(n), v, row, named) for n, v in named.items())]
    shown = [_without_secrets(row) if task.option("raw") else present(resource, row) for row in rows]
    result: dict[str, Any] = {"changed": False, "count": len(shown)}
    return {**result, "resources": shown} if query is None else {**result, "result": query.search(shown)}


def _compiled(query: str | None) -> Any:
    if query is None:
        return None
    if not HAS_JMESPATH:
        raise CloudStackError(
            "query needs the Python library jmespath", remedy="install jmespath where the task runs, or leave out query"
        )
    try:
        return jmespath.compile(query)
    except JMESPathError as error:
        raise InvalidInput(
            f"query can't be read: {str(error).splitlines()[0]}", option="query", value=query, remedy="see jmespath.org"
        ) from None


def _resource(kinds: Mapping[str, Resource], kind: str) -> Resource:
    if kind in kinds:
        return kinds[kind]
    close = difflib.get_close_matches(kind, kinds, n=3)
    raise InvalidInput(
        f"there is no kind {kind!r}",
        option="kind",
        value=kind,
        remedy=f"did you mean {' or '.join(close)}?" if close else f"use one of {', '.join(sorted(kinds))}",
    )


def _parameters(task: Any, resource: Resource) -> tuple[dict[str, Any], dict[str, Any]]:
    """Filters by option names, and all of them as parameters of the list command."""
    named: dict[str, Any] = {}
    params: dict[str, Any] = {}
    given = task.option("filters") or {}
    for name, value in given.items():
        if name == "id":
            params[resource.commands.id] = value
        elif resource.has(name):
            option = resource.option(name)
            params[_parameter(resource, option)] = _value(task, option, value, given)
            named[name] = value
        else:
            params[name] = value
    return named, params


def _parameter(resource: Resource, option: Option) -> str:
    commands = resource.commands
    known = commands.filters.get(option.name) or commands.parents.get(option.name)
    if known:
        return known
    if option.type not in _SINGLE or not option.row_field or option.decode:
        raise InvalidInput(
            f"{resource.noun}: the server can't filter by {option.name}",
            option="filters",
            remedy="filter by it in query, or give a parameter of the list command",
        )
    return option.row_field


def _value(task: Any, option: Option, value: Any, around: Mapping[str, Any]) -> Any:
    if option.type != "ref":
        return value
    scope = {name: item for name, item in around.items() if name != option.name}
    return task.view.find(option.refers_to, str(value), scope)["id"]


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_secrets(item) for name, item in value.items() if name.lower() not in SECRET_FIELDS}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def info(kinds: Mapping[str, Row | Resource]) -> Operation:
    """The operation, with the kinds there are for its documentation."""
    return Operation(
        name="info",
        summary="Read objects of any kind",
        description=(
            (
                "Lists objects of a kind with all their properties, filtered by the server, completely however many "
                "there are."
            ),
            "Names of properties are those of the kind's module.",
        ),
        notes=(
            "Passwords and keys are left out of what is read.",
            "The server lists templates and ISOs once for each zone that has a copy.",
        ),
        options=(
            Option(
                "kind",
                required=True,
                behaviour=True,
                choices=tuple(sorted(kinds)),
                help="What to read: the name of the kind's module, in the singular.",
            ),
            Option(
                "filters",
                "map",
                behaviour=True,
                help=(
                    "Options of the kind's module with the values that objects must have; references by name or id.",
                    "Also V(id), and parameters of the list command by their own name (V(keyword), V(hypervisor) ...).",
                ),
            ),
            Option(
                "query",
                behaviour=True,
                help=(
                    "A JMESPath expression on the list of objects; the answer is returned as RV(result).",
                    "V([].name) gives all names.",
                ),
            ),
            Option(
                "raw",
                "bool",
                behaviour=True,
                default=False,
                help="Give the properties under the API's own names.",
            ),
        ),
        run=_run,
        reads_only=True,
        returns={
            "count": ("int", "How many objects were read."),
            "resources": ("list", "The objects, if O(query) is not given."),
            "result": ("raw", "What O(query) made of them."),
        },
    )
