"""Backups, quota, webhooks, object storage, DRS plans."""

from __future__ import annotations

from typing import Any

from ..tables import Row, entity, fresh


@entity("backup_offerings", "BackupOffering", indexes=("zone_id", "name"))
class BackupOffering(Row):
    name: str
    description: str
    external_id: str
    zone_id: int
    provider: str = "dummy"
    user_driven: bool = True


@entity("backups", "Backup", indexes=("vm_id", "account_id", "offering_id"))
class Backup(Row):
    name: str
    vm_id: int
    account_id: int
    zone_id: int
    offering_id: int
    size: int
    volumes: str
    """JSON text, as the server stores it."""
    description: str | None = None
    status: str = "BackedUp"
    external_id: str = "dummy-external-id"
    schedule_id: int | None = None
    vm_details: dict[str, str] = fresh(dict)
    """What is needed to make the instance anew, as it was when it was backed up."""


@entity("backup_schedules", "BackupSchedule", indexes=("vm_id", "account_id"))
class BackupSchedule(Row):
    vm_id: int
    account_id: int
    interval_type: str
    schedule: str
    timezone: str
    max_backups: int = 0
    quiesce: bool | None = None
    next_run: float | None = None
    job: str | None = None
    """The job that took its last backup."""


@entity("backup_repositories", "BackupRepository", indexes=("zone_id", "name"))
class BackupRepository(Row):
    name: str
    address: str
    type: str
    zone_id: int
    provider: str = "nas"
    mount_options: str = ""
    capacity: int | None = None
    cross_zone: bool | None = None


@entity("quota_tariffs", indexes=("usage_type", "name"))
class QuotaTariff(Row):
    name: str
    usage_type: int
    value: float
    effective: float
    description: str | None = None
    activation_rule: str | None = None
    end: float | None = None
    position: int = 1
    is_built_in: bool = False


@entity("quota_credits", indexes=("account_id",))
class QuotaCredit(Row):
    account_id: int
    credit: float
    user_id: int


@entity("quota_emails", indexes=("type",))
class QuotaEmail(Row):
    """The text of a mail about quota."""

    type: str
    subject: str
    body: str
    locale: str
    updated: float


@entity("quota_accounts", indexes=("account_id",))
class QuotaAccount(Row):
    account_id: int
    min_balance: float = 0.0


@entity("quota_email_choices", indexes=("account_id",))
class QuotaEmailChoice(Row):
    """Whether an account gets a kind of mail."""

    account_id: int
    email_id: int
    enabled: bool


@entity("webhooks", "Webhook", indexes=("account_id", "name"))
class Webhook(Row):
    name: str
    account_id: int
    domain_id: int
    payload_url: str
    description: str | None = None
    state: str = "Enabled"
    scope: str = "Local"
    secret_key: str | None = None
    ssl_verification: bool = True


@entity("webhook_deliveries", "WebhookDelivery", indexes=("webhook_id",))
class WebhookDelivery(Row):
    webhook_id: int
    event_id: int
    event_type: str
    server_id: int
    headers: str
    payload: str
    success: bool
    response: str
    start: float
    end: float


@entity("object_stores", "ObjectStore", indexes=("name",))
class ObjectStore(Row):
    name: str
    url: str
    provider: str
    size: int | None = None
    details: dict[str, str] = fresh(dict)


@entity("buckets", "Bucket", indexes=("account_id", "object_store_id", "name"))
class Bucket(Row):
    name: str
    account_id: int
    object_store_id: int
    quota: int
    state: str = "Created"
    size: int = 0
    encryption: bool = False
    versioning: bool = False
    object_locking: bool = False
    policy: str | None = None


@entity("drs_plans", "ClusterDrsPlan", indexes=("cluster_id",))
class DrsPlan(Row):
    cluster_id: int
    event: str
    type: str = "MANUAL"
    status: str = "IN_PROGRESS"
    migrations: list[dict[str, Any]] = fresh(list)


@entity("console_sessions", "ConsoleSession", indexes=("vm_id",))
class ConsoleSession(Row):
    """A link to an instance's console that somebody asked for."""

    vm_id: int
    account_id: int
    user_id: int
    host_id: int | None
