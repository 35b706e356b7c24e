"""What the server checks about disks of offerings: storage and provisioning type, cache mode, rates, IOPS."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter, ServerApiError
from ...model.offerings import DiskOffering

GIB = 1 << 30
RATES = {
    f"{unit}{way}rate{more}": f"disk{unit.title()}{way.title()}Rate{shown}"
    for unit in ("bytes", "iops")
    for way in ("read", "write")
    for more, shown in (("", ""), ("max", "Max"), ("maxlength", "MaxLength"))
}
"""I/O limits: parameter → field of the answer."""
CACHE_MODES = ("none", "writeback", "writethrough", "hypervisor_default")


def uses_local_storage(text: str | None) -> bool:
    if (text or "shared").lower() not in ("local", "shared"):
        raise InvalidParameter(f"Invalid storage type {text} specified, valid types are: 'local' and 'shared'")
    return (text or "").lower() == "local"


def provisioning_type(text: str | None) -> str:
    kind = (text or "thin").lower()
    if kind not in ("thin", "sparse", "fat"):
        raise ServerApiError(530, "Code is not implemented")
    return kind


def cache_mode(text: str | None) -> str | None:
    if text is not None and text.lower() not in CACHE_MODES:
        raise InvalidParameter(
            f"Invalid cache mode ({text}). Please specify one of the following valid cache mode parameters: none, "
            "writeback, writethrough or hypervisor_default."
        )
    return text.lower() if text is not None else None


def rates(call: Call) -> dict[str, int]:
    """The I/O limits that a call gives; what is no limit is not kept."""
    return {name: call.params[name] for name in RATES if (call.params[name] or 0) > 0}


def check_rates(call: Call) -> None:
    """Refuse limits of a disk offering that contradict each other, or bursts that are too long."""
    found = {name: call.params[name] for name in RATES}
    for unit in ("IOPS", "Bytes"):
        for way in ("Read", "Write"):
            name = f"{unit.lower()}{way.lower()}rate"
            normal, highest = found.get(name), found.get(name + "max")
            if normal is not None and highest is not None and normal > highest:
                raise InvalidParameter(
                    f"{unit} {way} rate ({normal}) cannot be greater than {unit} {way} maximum rate ({highest})"
                )
    for unit in ("IOPS", "Bytes"):
        for way in ("Read", "Write"):
            _check_length(call, unit, way, found.get(f"{unit.lower()}{way.lower()}ratemaxlength"))


def _check_length(call: Call, unit: str, way: str, seconds: int | None) -> None:
    setting = f"vm.disk.{unit.lower()}.maximum.{way.lower()}.length"
    limit = call.setting(setting) if setting in call.sim.settings.by_name else 0
    if seconds is not None and limit and seconds > limit:
        raise InvalidParameter(
            f"{unit} {way.lower()} max length ({seconds} seconds) cannot be greater than {setting} ({limit} seconds)"
        )


def iops(call: Call, custom: bool | None) -> tuple[int | None, int | None]:
    """Minimum and maximum IOPS: they count only where customised IOPS are switched off explicitly."""
    lowest, highest = call.params.miniops, call.params.maxiops
    if custom is None or custom:
        return None, None
    if lowest is None and highest is None:
        return 0, 0
    if lowest is None or lowest <= 0:
        raise InvalidParameter("The min IOPS must be greater than 0.")
    highest = 0 if highest is None else highest
    if lowest > highest:
        raise InvalidParameter("The min IOPS must be less than or equal to the max IOPS.")
    return lowest, highest


def size(call: Call, gigabytes: int) -> int:
    """Bytes of a disk of so many gigabytes, within the limits."""
    if gigabytes < 1:
        raise InvalidParameter("Please specify a disk size of at least 1 GB.")
    check_maximum(call, gigabytes)
    return gigabytes * GIB


def check_maximum(call: Call, gigabytes: int) -> None:
    limit = call.setting("storage.max.volume.size")
    if gigabytes > limit:
        raise InvalidParameter(f"The maximum size for a disk is {limit} GB.")


def refuse_storage_policy(call: Call) -> None:
    """Storage policies come from VMware; without one there is none to choose."""
    if call.params.storagepolicy is not None:
        raise InvalidParameter("Please specify a valid vSphere storage policy id")


def snapshot_reserve(value: int | None) -> int | None:
    if value is not None and value < 0:
        raise InvalidParameter("If provided, Hypervisor Snapshot Reserve must be greater than or equal to 0.")
    return value


def disk_fields(offering: DiskOffering) -> dict[str, Any]:
    """What answers about a service offering and about a disk offering show of the disk in common."""
    return {
        "provisioningtype": offering.provisioning_type,
        "storagetype": "local" if offering.use_local_storage else "shared",
        "iscustomizediops": offering.custom_iops,
        "miniops": offering.min_iops,
        "maxiops": offering.max_iops,
        "hypervisorsnapshotreserve": offering.hypervisor_snapshot_reserve,
        "cacheMode": offering.cache_mode,
        **{field: offering.rates.get(name) for name, field in RATES.items()},
    }


def check_storage_tags(call: Call, offering: DiskOffering, tags: list[str]) -> None:
    """Refuse new tags that a pool with disks of the offering doesn't have."""
    for volume in call.db.volumes:
        pool = call.db.storage_pools.get(volume.pool_id)
        if volume.disk_offering_id != offering.id or pool is None or volume.destroyed or set(tags) <= set(pool.tags):
            continue
        raise InvalidParameter(
            f"There are active volumes using the disk offering {offering}, and the pool {pool} doesn't have the "
            "new tags. The "
            f"following volumes are using the mentioned disk offering [{volume}]. Please first add the new tags to the "
            "mentioned storage pools before adding them to the disk offering."
        )
