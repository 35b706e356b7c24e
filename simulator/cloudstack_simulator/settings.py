"""Settings: values, defaults, scopes and their lookup."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from . import contract

if TYPE_CHECKING:
    from .tables import Database, Row

WIDER = {
    "Cluster": (("zone_id", "zones"),),
    "StoragePool": (("cluster_id", "clusters"), ("zone_id", "zones")),
    "ImageStore": (("zone_id", "zones"),),
    "Account": (("domain_id", "domains"),),
    "Domain": (("parent_id", "domains"),),
}
"""Where a scope's row names the row of the next wider scope."""
CLUSTER_DETAILS = {
    "cpu.overprovisioning.factor": "cpuOvercommitRatio",
    "mem.overprovisioning.factor": "memoryOvercommitRatio",
}
"""Settings whose value for a cluster is one of its details, so that each cluster has its own."""


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


@lru_cache(maxsize=4096)
def _typed(text: str | None, kind: str) -> bool | int | float | str | None:
    if text is None or text == "":
        return False if kind == "Boolean" else None
    if kind == "Boolean":
        return text.strip().lower() == "true"
    if kind in ("Number", "Decimal", "Range"):
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if kind == "Number" and number.is_integer() else number
    return text


def scope_of(row: Row) -> str:
    """The scope word of a row: Zone, Cluster, StoragePool, ImageStore, Domain, Account."""
    return type(row).__name__


class Settings:
    def __init__(self, db: Database) -> None:
        self.db = db
        facts = sorted(contract.facts("settings.json"), key=lambda fact: fact["name"].lower())
        self.by_name = {f["name"]: Setting(f["name"], dict(f), f.get("defaultvalue")) for f in facts}

    def use_developer_values(self) -> None:
        """Take the recorded server's own values and defaults (the sandbox start)."""
        for setting in self.by_name.values():
            if "developerdefault" in setting.facts:
                setting.facts["defaultvalue"] = setting.value = setting.facts["developerdefault"]
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
        if setting.scoped or name in CLUSTER_DETAILS:
            for row in self._outwards(scope):
                found = self.own_text(setting, row)
                if found is not None:
                    return found
        return setting.value

    @staticmethod
    def own_text(setting: Setting, row: Any) -> str | None:
        """The text that is stored for just this row, or None."""
        found = setting.scoped.get((scope_of(row), row.id))
        if found is None and setting.name in CLUSTER_DETAILS and scope_of(row) == "Cluster":
            found = row.details.get(CLUSTER_DETAILS[setting.name])
        return found

    def scopes(self, name: str) -> list[str]:
        """The scopes a setting may be set in, lower case: zone, cluster, storagepool, imagestore, domain, account."""
        return [scope for scope, names in contract.facts("setting_scopes.json").items() if name in names]

    def value(self, name: str, scope: Row | None = None) -> Any:
        """The effective value with its type: bool, int or float where the setting says so, else text or None."""
        return _typed(self.text(name, scope), self.by_name[name].type)

    def _outwards(self, row: Row | None) -> list[Any]:
        """The row and the rows around it, innermost first."""
        chain: list[Any] = []
        while row is not None:
            chain.append(row)
            row = self._parent(row)
        return chain

    def _parent(self, row: Any) -> Any:
        """The row of the next wider scope, None when that is the global one."""
        for attribute, table in WIDER.get(scope_of(row), ()):
            number = getattr(row, attribute, None)
            if number is not None:
                return self.db.tables[table].get(number)
        return None
