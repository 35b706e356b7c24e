"""Settings: values, defaults, scopes and their lookup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import contract

if TYPE_CHECKING:
    from .tables import Database, Row

GLOBAL = "Global"


@dataclass(slots=True)
class Setting:
    """One setting: its facts (fields of listConfigurations) and its stored text."""

    name: str
    facts: dict[str, Any]
    value: str | None
    scoped: dict[tuple[str, int], str] = field(default_factory=dict)
    """(scope, number of the row) → stored text."""

    @property
    def type(self) -> str:
        return self.facts["type"]

    @property
    def default(self) -> str | None:
        return self.facts.get("defaultvalue")


def scope_of(row: Row) -> str:
    """The scope word of a row: Zone, Cluster, StoragePool, ImageStore, Domain, Account."""
    return type(row).__name__


class Settings:
    def __init__(self, db: Database) -> None:
        self.db = db
        self.by_name = {f["name"]: Setting(f["name"], f, f.get("defaultvalue")) for f in contract.facts("settings.json")}

    def use_developer_values(self) -> None:
        """Take the recorded server's own values (the sandbox start)."""
        for setting in self.by_name.values():
            if "developer" in setting.facts:
                setting.value = setting.facts["developer"]

    def set(self, name: str, value: Any, scope: Row | None = None) -> None:
        """Store a value as text, globally or for one row."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if scope is None:
            self.by_name[name].value = text
        else:
            self.by_name[name].scoped[scope_of(scope), scope.id] = text

    def text(self, name: str, scope: Row | None = None) -> str | None:
        """The stored text that is in effect for a row: its own, its parents', the global one."""
        setting = self.by_name[name]
        if setting.scoped:
            for row in self._outwards(scope):
                found = setting.scoped.get((scope_of(row), row.id))
                if found is not None:
                    return found
        return setting.value

    def value(self, name: str, scope: Row | None = None) -> Any:
        """The effective value with its type: bool, int or float where the setting says so, else text or None."""
        text = self.text(name, scope)
        kind = self.by_name[name].type
        if text is None or text == "":
            return {"Boolean": False}.get(kind)
        if kind == "Boolean":
            return text.strip().lower() == "true"
        if kind in ("Number", "Decimal", "Range"):
            try:
                number = float(text)
            except ValueError:
                return text
            return int(number) if kind == "Number" and number.is_integer() else number
        return text

    def _outwards(self, row: Row | None) -> list[Any]:
        """The row and the rows around it, innermost first."""
        chain: list[Any] = []
        while row is not None:
            chain.append(row)
            row = self._parent(row)
        return chain

    def _parent(self, row: Any) -> Any:
        for attribute, table in (("cluster_id", "clusters"), ("zone_id", "zones")):
            number = getattr(row, attribute, None)
            if number is not None:
                return self.db.tables[table].get(number)
        if hasattr(row, "parent_id"):
            return self.db.domains.get(row.parent_id)
        if scope_of(row) == "Account":
            return self.db.domains.get(row.domain_id)
        return None
