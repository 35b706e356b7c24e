"""Kinds of GPU cards, and the parts that they can be given away in."""

from __future__ import annotations

from ..tables import Row, entity
from ..wording import printed


@entity("gpu_cards", "GpuCard", indexes=("name",))
class GpuCard(Row):
    name: str
    vendor_id: str
    vendor_name: str
    device_id: str
    device_name: str

    def __str__(self) -> str:
        return printed("GpuCard", deviceId=self.device_id, id=self.id, uuid=self.uuid, vendorId=self.vendor_id)


@entity("vgpu_profiles", "VgpuProfile", indexes=("card_id", "name"))
class VgpuProfile(Row):
    name: str
    card_id: int
    description: str | None = None
    most_per_card: int | None = None
    video_ram: int | None = None
    """MiB."""
    max_heads: int | None = None
    max_x: int | None = None
    max_y: int | None = None


@entity("gpu_devices", "GpuDevice", indexes=("host_id", "card_id", "profile_id", "vm_id"))
class GpuDevice(Row):
    """A card in a host, or a part of one."""

    host_id: int
    bus_address: str
    card_id: int
    profile_id: int
    kind: str = "PCI"
    parent_id: int | None = None
    numa_node: str | None = None
    managed: bool = True
    vm_id: int | None = None
