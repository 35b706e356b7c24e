"""Volumes, their snapshots and snapshot policies."""

from __future__ import annotations

from ..tables import Row, entity, fresh
from ..wording import printed


@entity(
    "volumes",
    "Volume",
    indexes=("vm_id", "pool_id", "account_id", "zone_id", "state", "name", "template_id", "listed"),
)
class Volume(Row):
    name: str
    account_id: int
    zone_id: int
    kind: str = "DATADISK"
    """ROOT or DATADISK."""
    size: int = 0
    """Bytes."""
    state: str = "Allocated"
    disk_offering_id: int | None = None
    vm_id: int | None = None
    device_id: int | None = None
    attached: float | None = None
    pool_id: int | None = None
    path: str | None = None
    template_id: int | None = None
    """Of ROOT volumes: the template or ISO it was made from."""
    snapshot_id: int | None = None
    """The snapshot it was made from, as long as the job that makes it runs."""
    hypervisor: str | None = None
    """None until it lies on a pool."""
    provisioning_type: str = "thin"
    format: str | None = None
    url: str | None = None
    """Where an uploaded one came from."""
    image_store_id: int | None = None
    """Of an uploaded volume that no pool has yet."""
    min_iops: int | None = None
    max_iops: int | None = None
    display: bool = True
    listed: bool = True
    """Whether lists have it without being asked: it is displayed, and not a disk of the server's own VMs."""
    delete_protection: bool = False
    extractable: bool = True
    chain_info: str | None = None
    placed: float | None = None
    """When it came to its pool; the statistics of a disk begin a little later."""
    destroyed_at: float | None = None
    counted: bool = True
    """Whether it counts against its owner's limits (disks of routers do not)."""

    def __str__(self) -> str:
        return printed(
            "Volume", id=self.id, instanceId=self.vm_id, name=self.name, uuid=self.uuid, volumeType=self.kind
        )

    @property
    def destroyed(self) -> bool:
        return self.state in ("Destroy", "Expunging", "Expunged")


@entity("snapshots", "Snapshot", indexes=("volume_id", "account_id", "name", "state"))
class Snapshot(Row):
    name: str
    volume_id: int
    account_id: int
    zone_id: int
    size: int
    """Size of the volume when it was taken, bytes."""
    kind: str = "MANUAL"
    """MANUAL, HOURLY, DAILY, WEEKLY, MONTHLY, TEMPLATE …"""
    state: str = "Allocated"
    disk_offering_id: int | None = None
    hypervisor: str | None = None
    policy_id: int | None = None
    zone_ids: list[int] = fresh(list)
    """Zones whose secondary storage has a copy."""
    stores: dict[int, int] = fresh(dict)
    """{zone: the image store there that keeps it}."""
    physical_size: int = 0
    path: str | None = None
    """The copy's name; volumes made from it by the fake hypervisor have it too."""

    def __str__(self) -> str:
        return printed(
            "Snapshot", id=self.id, name=self.name, state=self.state, uuid=self.uuid, version="2.2",
            volumeId=self.volume_id,
        )  # fmt: skip


@entity("snapshot_policies", "SnapshotPolicy", indexes=("volume_id",))
class SnapshotPolicy(Row):
    volume_id: int
    interval: int
    """0 hourly, 1 daily, 2 weekly, 3 monthly."""
    schedule: str
    """As sent: `MM`, `MM:HH`, `MM:HH:DAY`."""
    timezone: str
    max_snaps: int
    display: bool = True
    zone_ids: list[int] = fresh(list)
    """Further zones for copies."""
    pool_ids: list[int] = fresh(list)
    """Further pools for copies."""
    next_run: float | None = None
