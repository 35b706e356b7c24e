"""Resource limits and counts of accounts, projects and domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .access import PROJECT
from .errors import ResourceAllocation

if TYPE_CHECKING:
    from .simulator import Simulator

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    number: int
    setting: str
    """Middle part of `max.account.X`, `max.project.X`, `max.domain.X`."""
    field: str
    """Prefix of the answer's fields: `vmlimit`, `vmtotal`, `vmavailable`."""
    unit: int = 1
    """How many of the counted units (bytes) make one unit of the limit (GiB)."""


GIB = 1 << 30
KINDS = {
    k.name: k
    for k in (
        Kind("user_vm", 0, "user.vms", "vm"),
        Kind("public_ip", 1, "public.ips", "ip"),
        Kind("volume", 2, "volumes", "volume"),
        Kind("snapshot", 3, "snapshots", "snapshot"),
        Kind("template", 4, "templates", "template"),
        Kind("project", 5, "projects", "project"),
        Kind("network", 6, "networks", "network"),
        Kind("vpc", 7, "vpcs", "vpc"),
        Kind("cpu", 8, "cpus", "cpu"),
        Kind("memory", 9, "memory", "memory"),
        Kind("primary_storage", 10, "primary.storage", "primarystorage", GIB),
        Kind("secondary_storage", 11, "secondary.storage", "secondarystorage", GIB),
        Kind("backup", 12, "backups", "backup"),
        Kind("backup_storage", 13, "backup.storage", "backupstorage", GIB),
        Kind("bucket", 14, "buckets", "bucket"),
        Kind("object_storage", 15, "object.storage", "objectstorage", GIB),
        Kind("gpu", 16, "gpus", "gpu"),
    )
}

SETTINGS = {
    (who, kind.name): f"max.{who}.{kind.setting}" for kind in KINDS.values() for who in ("account", "project", "domain")
}


class Limits:
    """Counts are kept per account and, summed up, per domain with all its ancestors. Storage counts are bytes."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def limit(self, account: Any, kind: str) -> int:
        """The account's limit in the limit's own unit; -1 is none."""
        if account.is_default or account.account_type == 1:
            return UNLIMITED
        if kind in account.limits:
            return account.limits[kind]
        who = "project" if account.account_type == PROJECT else "account"
        return self._setting(who, kind, account)

    def domain_limit(self, domain: Any, kind: str) -> int:
        """The domain's limit in the limit's own unit; -1 is none."""
        if domain.parent_id is None:
            return UNLIMITED
        if kind in domain.limits:
            return domain.limits[kind]
        return self._setting("domain", kind, domain)

    def _setting(self, who: str, kind: str, scope: Any) -> int:
        name = SETTINGS[who, kind]
        value = self.sim.settings.value(name, scope) if name in self.sim.settings.by_name else None
        return UNLIMITED if value is None else int(value)

    def count(self, owner: Any, kind: str) -> int:
        """What an account or a domain holds now (storage in bytes)."""
        return owner.counts.get(kind, 0)

    def check(self, account: Any, kind: str, more: int = 1) -> None:
        """Refuse (535) when `more` would go over the limit of the account or one of its domains."""
        if account.account_type == 1:
            return
        limit = self.limit(account, kind)
        if self._exceeds(limit, account, kind, more):
            project = (
                self.sim.db.projects.first(project_account_id=account.id) if account.account_type == PROJECT else None
            )
            who = f"Project Name = {project.name}" if project else f"Account Name = {account.name}"
            raise ResourceAllocation(
                f"Maximum amount of resources of Type = '{kind}', tag = 'null' for {who} in Domain Id = "
                f"{account.domain_id} is exceeded: {self._numbers('Account', limit, account, kind, more)}"
            )
        domain = self.sim.db.domains[account.domain_id]
        while domain.parent_id is not None:
            limit = self.domain_limit(domain, kind)
            if self._exceeds(limit, domain, kind, more):
                raise ResourceAllocation(
                    f"Maximum amount of resources of Type = '{kind}', tag = 'null' for Domain Id = {domain.id} is "
                    "exceeded: "
                    f"{self._numbers('Domain', limit, domain, kind, more)}"
                )
            domain = self.sim.db.domains[domain.parent_id]

    def _project(self, account: Any) -> Any:
        """The project whose own account this is, or None."""
        return self.sim.db.projects.first(project_account_id=account.id) if account.account_type == PROJECT else None

    def _exceeds(self, limit: int, owner: Any, kind: str, more: int) -> bool:
        return limit != UNLIMITED and self.count(owner, kind) + more > limit * KINDS[kind].unit

    def _numbers(self, holder: str, limit: int, owner: Any, kind: str, more: int) -> str:
        def shown(amount: int) -> str:
            return human_size(amount) if kind in ("primary_storage", "secondary_storage") else str(amount)

        return (
            f"{holder} Resource Limit = {shown(limit * KINDS[kind].unit)}, Current {holder} Resource Amount = "
            f"{shown(self.count(owner, kind))}, Current {holder} Resource Reservation = {shown(0)}, "
            f"Requested Resource Amount = {shown(more)}."
        )

    def add(self, account_id: int, kind: str, amount: int = 1) -> None:
        """Count `amount` more (or, negative, less) for an account and its domains."""
        account = self.sim.db.accounts[account_id]
        account.counts[kind] = max(0, account.counts.get(kind, 0) + amount)
        domain_id: int | None = account.domain_id
        while domain_id is not None:
            domain = self.sim.db.domains[domain_id]
            domain.counts[kind] = max(0, domain.counts.get(kind, 0) + amount)
            domain_id = domain.parent_id


def human_size(count: int) -> str:
    """A number of bytes as the server writes it: `(5.00 GB) 5368709120`."""
    for unit, power in (("TB", 4), ("GB", 3), ("MB", 2), ("KB", 1)):
        if count >= 1024**power:
            return f"({count / 1024**power:.2f} {unit}) {count}"
    return f"({count} bytes) {count}"
