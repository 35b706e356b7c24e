"""Rules that all list commands share, tried on every one that a root admin can call without knowing any name."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator, contract
from cloudstack_simulator.registry import COMMANDS, load_everything

load_everything()
GIVEN = {"listTemplates": {"templatefilter": "all"}, "listUsageRecords": None}
"""Parameters that a list needs; None: there is nothing to be listed without more."""
UNPAGED = frozenset({"listAffinityGroupTypes", "listConfigurationGroups", "listNetworkIsolationMethods"})
"""Lists that the server gives whole whatever page is asked for."""
OWN_ORDER = frozenset({"listEvents", "listBackupProviderOfferings"})
"""The events of a page are in the order they happened; offerings of a provider have other ids each time."""


def lists() -> list[str]:
    names = []
    for name, fact in contract.commands().items():
        entry = COMMANDS.get(name)
        wanted = [p for p in fact.params.values() if p.required]
        if not name.startswith("list") or fact.is_async or entry is None or GIVEN.get(name, {}) is None:
            continue
        if all(p.type == "uuid" or p.name in GIVEN.get(name, {}) for p in wanted):
            names.append(name)
    return sorted(names)


def parameters(sim: Simulator, command: str) -> dict[str, str] | None:
    """What the list needs: the oldest row for each id; None where there is none."""
    given = dict(GIVEN.get(command) or {})
    for parameter in contract.commands()[command].params.values():
        if parameter.required and parameter.name not in given:
            table = sim.db.table_of(parameter.entity)
            row = next(iter(table.live.values()), None) if table is not None else None
            if row is None:
                return None
            given[parameter.name] = row.uuid
    return given


def content(sim: Simulator, command: str, **params: Any) -> tuple[int, dict[str, Any], list[Any]]:
    """(status, content, rows) of a call."""
    status, body = sim.call(command, **params)
    (found,) = body.values()
    rows = next((value for value in found.values() if isinstance(value, list)), [])
    return status, found, rows


@pytest.mark.parametrize("command", lists())
def test_pages_and_counts(sandbox: Simulator, command: str) -> None:
    given = parameters(sandbox, command)
    if given is None:
        assert content(sandbox, command)[0] == 431, "the id that it needs is missing"
        return
    status, whole, rows = content(sandbox, command, **given)
    if status != 200 or "count" not in whole:
        assert status in (200, 431, 530, 531)
        return
    assert whole["count"] >= len(rows)
    if "pagesize" not in contract.commands()[command].params or command in UNPAGED:
        return
    for page, size, expected in ((1, 2, rows[:2]), (2, 1, rows[1:2]), (0, 2, rows[:2]), (-7, 1, rows[:1]), (1, 0, [])):
        status, found, shown = content(sandbox, command, **given, page=page, pagesize=size)
        assert (status, found["count"]) == (200, whole["count"])
        assert len(shown) == len(expected)
        if command not in OWN_ORDER:
            assert shown == expected
    assert content(sandbox, command, **given, page=1)[0] == 431
    assert content(sandbox, command, **given, pagesize=1)[0] == 431
    assert content(sandbox, command, **given, page=1, pagesize=501)[0] == 431


def lists_by_id() -> list[str]:
    """Those whose `id` is a row's."""
    own = ((name, contract.commands()[name].params.get("id")) for name in lists())
    return [name for name, parameter in own if parameter is not None and parameter.type == "uuid"]


@pytest.mark.parametrize("command", lists_by_id())
def test_an_id_that_was_never_given_names_nothing(sandbox: Simulator, command: str) -> None:
    given, own = parameters(sandbox, command) or {}, contract.commands()[command].params["id"]
    status, found, _rows = content(sandbox, command, **{**given, "id": "11111111-2222-3333-4444-555555555555"})
    if own.since:
        assert status in (200, 431)
    else:
        assert status == 431
        assert "or entity does not exist" in found["errortext"] or "missing parameter" in found["errortext"]
