"""The GPUs of a host: what agents of the test hypervisor report, what is left of them, and who has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...hash_order import in_hash_order
from ...model.gpu import GpuCard, GpuDevice, VgpuProfile

if TYPE_CHECKING:
    from ...model.hosts import Host
    from ...simulator import Simulator

WHOLE_CARD = "passthrough"
"""The profile that every card has: all of it to one instance."""
SPLIT = "VGPUOnly"
"""Type of a card that is given away in parts only."""
VENDOR, VENDOR_ID = "Simulator", "1234"
BASIC, PRO = ("5678", "Graphics Card Basic", 8192), ("89ab", "Graphics Card Pro", 16384)
"""(device id, name, MiB) of the cards that the test hypervisor has."""
SLOTS = (
    ("00:01.0", BASIC, "0"), ("00:02.0", BASIC, "0"), ("00:03.0", BASIC, "1"), ("00:04.0", BASIC, "1"),
    ("00:05.0", PRO, "0"), ("00:06.0", PRO, "0"), ("00:07.0", PRO, "1"), ("00:08.0", PRO, "1"),
)  # fmt: skip
"""(bus address, card, NUMA node) of those in each host."""
PARTS = (
    ("sim-8q", 8192, 4, (4096, 2160), 2), ("sim-4q", 4096, 2, (1920, 1080), 4),
    ("sim-2q", 2048, 1, (1920, 1080), 8), ("sim-2q", 2048, 1, (1920, 1080), 8),
)  # fmt: skip
"""(profile, MiB, heads, resolution, most of a card) of the parts that each large card is split into."""


def report(sim: Simulator, host: Host) -> None:
    """Take in the devices that a host's agent tells of; their cards and profiles are made when they are new."""
    for address, model, node in SLOTS:
        card = _card(sim, model)
        parent = _device(sim, host, card, (WHOLE_CARD, model[2], 1, (4096, 2160), 1), address, node)
        if model is PRO:
            parent.kind = SPLIT
            for part in PARTS:
                _device(sim, host, card, part, sim.ids.uuid(), node).parent_id = parent.id
    refresh(sim, host)


def _card(sim: Simulator, model: tuple[str, str, int]) -> GpuCard:
    number, name, _ram = model
    found: GpuCard = sim.db.gpu_cards.first(vendor_id=VENDOR_ID, device_id=number) or sim.db.gpu_cards.add(
        GpuCard(name=f"{VENDOR} {name}", vendor_id=VENDOR_ID, vendor_name=VENDOR, device_id=number, device_name=name)
    )
    return found


def _device(sim: Simulator, host: Host, card: GpuCard, share: tuple[Any, ...], address: str, node: str) -> GpuDevice:
    name, ram, heads, (width, height), most = share
    profile = sim.db.vgpu_profiles.first(card_id=card.id, name=name) or sim.db.vgpu_profiles.add(
        VgpuProfile(
            name=name, description=name, card_id=card.id, most_per_card=most, video_ram=ram, max_heads=heads,
            max_x=width, max_y=height,
        )
    )  # fmt: skip
    device: GpuDevice = sim.db.gpu_devices.add(
        GpuDevice(host_id=host.id, bus_address=address, card_id=card.id, profile_id=profile.id, numa_node=node)
    )
    return device


def refresh(sim: Simulator, host: Host) -> None:
    """Write down what the host has of each card and profile, and what is left."""
    db = sim.db
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for device in db.gpu_devices.where(host_id=host.id):
        profile = db.vgpu_profiles[device.profile_id]
        kinds = groups.setdefault(db.gpu_cards[device.card_id].name, {})
        kind = kinds.setdefault(profile.name, _kind(profile))
        there = int(device.managed and device.kind != SPLIT)
        kind["maxcapacity"] += there
        kind["remainingcapacity"] += int(there and device.vm_id is None)
    host.gpu_groups = tuple(
        {"gpugroupname": name, "vgpu": [groups[name][kind] for kind in in_hash_order(groups[name])]}
        for name in in_hash_order(groups)
    )
    kinds_of_all = [kind for kinds in groups.values() for kind in kinds.values()]
    host.gpu_total = sum(kind["maxcapacity"] for kind in kinds_of_all)
    host.gpu_used = host.gpu_total - sum(kind["remainingcapacity"] for kind in kinds_of_all)


def _kind(profile: VgpuProfile) -> dict[str, Any]:
    return {
        "vgputype": profile.name,
        "videoram": profile.video_ram,
        "maxheads": profile.max_heads,
        "maxresolutionx": profile.max_x,
        "maxresolutiony": profile.max_y,
        "maxvgpuperpgpu": profile.most_per_card,
        "remainingcapacity": 0,
        "maxcapacity": 0,
    }


def state_of(sim: Simulator, device: GpuDevice) -> str:
    """A split card is allocated in part as long as some of its parts are still free."""
    parts = sim.db.gpu_devices.where(host_id=device.host_id, parent_id=device.id)
    taken = [part.vm_id is not None for part in parts] or [device.vm_id is not None]
    if all(taken):
        return "Allocated"
    return "PartiallyAllocated" if any(taken) else "Free"


def wanted(sim: Simulator, vm: Any) -> tuple[VgpuProfile | None, int]:
    """(profile, number) of the GPUs that a VM's offering gives it."""
    offering = sim.db.service_offerings.get(vm.service_offering_id)
    if offering is None or offering.vgpu_profile_id is None:
        return None, 0
    return sim.db.vgpu_profiles[offering.vgpu_profile_id], offering.gpu_count or 1


def _available(sim: Simulator, host: Host, vm: Any, profile: VgpuProfile) -> list[GpuDevice]:
    """Those that the VM could have on a host, its own first."""
    found = [
        device
        for device in sim.db.gpu_devices.where(host_id=host.id, profile_id=profile.id)
        if device.managed and device.kind != SPLIT and device.vm_id in (None, vm.id)
    ]
    return sorted(found, key=lambda device: device.vm_id is None)


def fits(sim: Simulator, host: Host, vm: Any) -> bool:
    profile, count = wanted(sim, vm)
    return profile is None or len(_available(sim, host, vm, profile)) >= count


def take(sim: Simulator, vm: Any, host: Host) -> None:
    """The VM starts on the host: what it had elsewhere is free again."""
    profile, count = wanted(sim, vm)
    if profile is None:
        return
    chosen = _available(sim, host, vm, profile)[:count]
    release(sim, vm)
    for device in chosen:
        device.vm_id = vm.id
    refresh(sim, host)


def release(sim: Simulator, vm: Any) -> None:
    for device in sim.db.gpu_devices.where(vm_id=vm.id):
        device.vm_id = None
        refresh(sim, sim.db.hosts[device.host_id])


def stopped(sim: Simulator, vm: Any) -> None:
    """A stopped VM keeps its GPUs, unless the setting says otherwise."""
    if sim.db.gpu_devices.where(vm_id=vm.id):
        domain = sim.db.domains[sim.db.accounts[vm.account_id].domain_id]
        if sim.settings.value("gpu.detach.on.stop", domain):
            release(sim, vm)
