"""Primary storage pools and image stores."""

from __future__ import annotations

from ..tables import Row, entity, fresh
from ..wording import printed


@entity("storage_pools", "StoragePool", indexes=("cluster_id", "pod_id", "zone_id", "host_id", "name"))
class StoragePool(Row):
    name: str
    zone_id: int
    pod_id: int | None
    cluster_id: int | None
    pool_type: str
    address: str
    path: str
    scope: str
    """CLUSTER, ZONE or HOST."""
    hypervisor: str | None
    """The hypervisor it was given for; of cluster pools the cluster's."""
    provider: str = "DefaultPrimary"
    host_id: int | None = None
    """Of local storage: the host it is in."""
    port: int = 0
    user_info: str | None = None
    state: str = "Up"
    managed: bool = False
    capacity: int = 0
    """Bytes."""
    allocated: int = 0
    """Bytes promised to volumes and templates when capacities were last counted."""
    used: int = 0
    """Bytes on disk, as the statistics say."""
    foreign: int = 0
    """Bytes that others have put on it, so that less room is left."""
    measured: bool = False
    """Whether the storage statistics have come in once."""
    capacity_iops: int | None = None
    used_iops: int | None = None
    tags: list[str] = fresh(list)
    is_tag_rule: bool = False
    details: dict[str, str] = fresh(dict)
    storage_access_groups: list[str] = fresh(list)
    unmounted: list[int] = fresh(list)
    """Hosts of its scope that could not mount it; the others are connected."""
    waiting: list[int] = fresh(list)
    """Instances that its maintenance stopped, to be started again when it ends."""

    def __str__(self) -> str:
        return printed("StoragePool", id=self.id, name=self.name, poolType=self.pool_type, uuid=self.uuid)


@entity("image_stores", "ImageStore", indexes=("zone_id", "name"))
class ImageStore(Row):
    name: str
    url: str | None
    """None of object stores that are named by their endpoint."""
    provider: str
    protocol: str | None
    zone_id: int | None
    scope: str = "ZONE"
    """ZONE or REGION."""
    role: str = "Image"
    """Image, or ImageCache: staging for what lies on an object store."""
    read_only: bool = False
    capacity: int | None = None
    """Bytes, as told by updateImageStore."""
    used: int | None = None
    """Bytes taken, once a storage VM has told the statistics collector."""
    full: bool = False
    """Nothing more can be written to it, whatever the sizes say."""
    details: dict[str, str] = fresh(dict)

    def __str__(self) -> str:
        return printed("ImageStore", id=self.id, name=self.name, uuid=self.uuid)
