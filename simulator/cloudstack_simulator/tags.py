"""Resource tags, by the uuid of what they are on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .access import PROJECT, project_of
from .model.operations import ResourceTag
from .model.tenants import domain_path

if TYPE_CHECKING:
    from .model.tenants import Account
    from .simulator import Simulator
    from .tables import Row

TAGGABLE: dict[str, str] = {}
"""Lower-cased resource type of createTags → table that holds such rows. Each area adds its own with `taggable`."""


def taggable(kind: str, table: str) -> None:
    """Announce that rows of a table may carry tags under the server's type word (`UserVm`, `Volume` …)."""
    TAGGABLE[kind.lower()] = table


class Tags:
    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def put(
        self, kind: str, row: Row, key: str, value: str, account_id: int, customer: str | None = None
    ) -> ResourceTag:
        tag: ResourceTag = self.sim.db.tags.add(
            ResourceTag(
                resource=row.uuid,
                resource_type=kind,
                key=key,
                value=value,
                account_id=account_id,
                customer=customer,
            )
        )
        return tag

    def of(self, row: Row) -> list[ResourceTag]:
        """The row's tags, oldest first."""
        return self.sim.db.tags.where(resource=row.uuid)

    def views(self, row: Row) -> list[dict[str, Any]]:
        """The `tags` field of the row's answer: keys and values (empty list without tags)."""
        if not self.sim.db.tags.live:
            return []
        return [{"key": tag.key, "value": tag.value} for tag in self.of(row)]

    def full_views(self, row: Row) -> list[dict[str, Any]]:
        """The same of those few answers that show tags as listTags does."""
        if not self.sim.db.tags.live:
            return []
        return [self.view(tag) for tag in self.of(row)]

    def view(self, tag: ResourceTag) -> dict[str, Any]:
        account = self.sim.db.accounts[tag.account_id]
        domain = self.sim.db.domains[account.domain_id]
        return {
            "key": tag.key,
            "value": tag.value,
            "resourcetype": tag.resource_type,
            "resourceid": tag.resource,
            **self._owner(account),
            "domainid": domain.uuid,
            "domain": domain.name,
            "domainpath": domain_path(domain),
            "customer": tag.customer,
        }

    def _owner(self, account: Account) -> dict[str, Any]:
        """The account, or the project whose own account it is."""
        project = project_of(self.sim.db, account.id) if account.account_type == PROJECT else None
        return {"account": account.name} if project is None else {"projectid": project.uuid, "project": project.name}

    def has_any(self, kind: str, row: Row, wanted: list[tuple[str | None, str | None]]) -> bool:
        """Whether the row has one of these tags under that type word; a value of None takes any."""
        mine = {(t.key, t.value) for t in self.of(row) if t.resource_type.lower() == kind.lower()}
        keys = {key for key, _value in mine}
        return any(key in keys if value is None else (key, value) in mine for key, value in wanted)

    def drop(self, row: Row) -> None:
        """Remove all tags of a row that goes away."""
        for tag in self.of(row):
            self.sim.db.tags.delete(tag)
