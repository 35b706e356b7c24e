"""A server in memory that knows one kind of object, for what the engine decides and not for how CloudStack answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.client import FakeClock
from ansible_collections.cloudstack.ops.plugins.module_utils.model import Commands, Option, Resource, State, Update
from ansible_collections.cloudstack.ops.plugins.module_utils.reconcile import View, make_context, reconcile

SHELF = Resource(
    name="shelf",
    noun="shelf",
    summary="Manage shelves",
    commands=Commands(list="listShelves"),
    options=(Option("name"),),
    lookup_only=True,
)


def lamp(**changes: Any) -> Resource:
    """A made-up resource with every sort of option."""
    facts: dict[str, Any] = {
        "name": "lamp",
        "noun": "lamp",
        "summary": "Manage lamps",
        "commands": Commands(list="listLamps", create="createLamp", update="updateLamp", delete="deleteLamp"),
        "options": (
            Option("name", updatable=True),
            Option("watts", "int", needed=True),
            Option("colour", updatable=True),
            Option("tags", "set", updatable=True),
            Option("shelf", "ref", refers_to="shelf", api="shelfid", name_field="shelfname", by_name=True),
            Option("sort_key", "int", updatable=True, on_create=False),
            Option("password", secret=True, field=""),
            Option("lit", "bool", updatable=True, hidden=True),
        ),
        "scope": ("shelf",),
        "states": (State("lit", {"lit": True}),),
    }
    return Resource(**{**facts, **changes})


class FakeCloud:
    """Rows of lamps and shelves; ``fail[command]`` is called instead of, or with ``after``, the real work."""

    def __init__(self, lamps: list[dict[str, Any]] | None = None) -> None:
        self.clock = FakeClock()
        self.lamps = lamps or []
        self.shelves = [{"id": "s1", "name": "top"}, {"id": "s2", "name": "bottom"}]
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.before: dict[str, Callable[[], None]] = {}
        self.after: dict[str, Callable[[], None]] = {}
        self.ignored: set[str] = set()

    @property
    def changing(self) -> list[str]:
        return [command for command, _params in self.calls if not command.startswith("list")]

    def list(self, command: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        self.calls.append((command, dict(params)))
        rows = self.lamps if command == "listLamps" else self.shelves
        return [dict(row) for row in rows if all(str(row.get(key)) == str(value) for key, value in params.items())]

    def list_short(self, command: str, params: dict[str, Any], *, pages: int) -> list[dict[str, Any]] | None:
        return self.list(command, params)

    def parallel(self, calls: list[Callable[[], Any]]) -> list[Any]:
        return [call() for call in calls]

    def run(self, command: str, params: dict[str, Any], obj: str = "") -> dict[str, Any]:
        assert obj
        self.calls.append((command, dict(params)))
        self.before.get(command, lambda: None)()
        answer = getattr(self, command)({k: v for k, v in params.items() if k not in self.ignored})
        self.after.get(command, lambda: None)()
        return answer

    def createLamp(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        row = {"id": f"l{len(self.lamps) + 1}", "created": f"2026-01-0{len(self.lamps) + 1}", **params}
        self.lamps.append(self._named(row))
        return {"lamp": dict(row)}

    def updateLamp(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        row = next(row for row in self.lamps if row["id"] == params["id"])
        row.update(params)
        return {"lamp": dict(self._named(row))}

    def deleteLamp(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.lamps[:] = [row for row in self.lamps if row["id"] != params["id"]]
        return {"success": True}

    def _named(self, row: dict[str, Any]) -> dict[str, Any]:
        names = {shelf["id"]: shelf["name"] for shelf in self.shelves}
        if row.get("shelfid"):
            row["shelfname"] = names[row["shelfid"]]
        row.pop("password", None)
        return row


def settle(
    cloud: FakeCloud, resource: Resource | None = None, *, check: bool = False, **options: Any
) -> dict[str, Any]:
    """Reconciles one lamp and returns the module's result with its diff."""
    resource = resource or lamp()
    view = View(cloud, {"lamp": resource, "shelf": SHELF}, check=check)
    return reconcile(make_context(resource, options, view, check=check)).as_result(diff=True)


__all__ = ("SHELF", "FakeCloud", "Update", "lamp", "settle")
